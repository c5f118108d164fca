#!/usr/bin/python3
"""How fast a checkpoint becomes a plan, how much memory that takes, and how soon the plan computes a token.

    tests/bench/compile_speed.py [--shape tinyllama] [--layers 10] [--types w4,...] [-t 2] [-r 3] [-o md|json]
                                 [--folder build]

Writes a checkpoint of normal random numbers in bf16 into a temporary folder, compiles it for each type, and runs each
plan. The checkpoint is in the page cache then; the first run of each kind is not counted. Before each compilation as
many bytes as the plan has are written to a file, for that can be the limit: a folder in memory (--folder /dev/shm) shows
more of packing itself.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import performance_sections
from model_speed import BIN, ROOT, SHAPES, config, run_watched

TYPES = {  # flags of `graphc compile`, and the GB of checkpoint a second that are wanted
    "f32": ("--dtype f32 --weight-dtype f32", None),
    "bf16": ("--dtype bf16", 1),
    "w8": ("--dtype bf16 --quant w8", 0.3),
    "w8 absmax": ("--dtype bf16 --quant w8 --quant-scale absmax", None),
    "w4": ("--dtype bf16 --quant w4", 0.3),
    "w4 absmax": ("--dtype bf16 --quant w4 --quant-scale absmax", None),
    "w8a8": ("--dtype bf16 --quant w8a8", 0.3),
    "w4a8": ("--dtype bf16 --quant w4a8", 0.3),
}
PROMPT_TOKENS = 16
SUMMARY = re.compile(r"passes ([0-9.]+) s, code ([0-9.]+) s, weights ([0-9.]+) s")


def tensors(shape):
    """Names and shapes of a Llama checkpoint's tensors."""
    hidden, forward, vocabulary = shape["hidden_size"], shape["intermediate_size"], shape["vocab_size"]
    width = shape.get("head_dim", hidden // shape["num_attention_heads"])
    rows = shape["num_attention_heads"] * width
    key_rows = shape["num_key_value_heads"] * width
    layer = {"self_attn.q_proj": (rows, hidden), "self_attn.k_proj": (key_rows, hidden),
             "self_attn.v_proj": (key_rows, hidden), "self_attn.o_proj": (hidden, rows),
             "mlp.gate_proj": (forward, hidden), "mlp.up_proj": (forward, hidden), "mlp.down_proj": (hidden, forward),
             "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,)}
    result = {"model.embed_tokens.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    if not shape.get("tie_word_embeddings"):
        result["lm_head.weight"] = (vocabulary, hidden)
    for i in range(shape["num_hidden_layers"]):
        result |= {f"model.layers.{i}.{name}.weight": size for name, size in layer.items()}
    return result


def bf16(numbers):
    """The bits, rounded to nearest even."""
    bits = numbers.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_checkpoint(folder, shape):
    """Returns the bytes of all tensors, and of the largest."""
    (folder / "config.json").write_text(json.dumps(shape))
    sizes = {name: 2 * int(np.prod(extents)) for name, extents in tensors(shape).items()}
    header, offset = {}, 0
    for name, extents in tensors(shape).items():
        header[name] = {"dtype": "BF16", "shape": extents, "data_offsets": [offset, offset + sizes[name]]}
        offset += sizes[name]
    text = json.dumps(header).encode()
    random = np.random.default_rng(1)
    with open(folder / "model.safetensors", "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for extents in tensors(shape).values():
            numbers = random.standard_normal(extents, dtype=np.float32)
            out.write(bf16(numbers * np.float32(0.02) if len(extents) == 2 else 1 + numbers * np.float32(0.05)))
    return offset, max(sizes.values())


def settle(*files):
    """Everything on disk, and these files gone, for so long that a virtual machine has given their memory back to its host."""
    for file in files:
        file.unlink(missing_ok=True)
    subprocess.run(["sync"], check=True)
    time.sleep(3)


def write_gbps(file, size):
    """Rate of writing zeros to a new file: the limit of a plan that is mostly written. On a virtual machine it can be a tenth of
    what memory copies, for the host has to find memory for the page cache."""
    settle(file)
    block = bytes(1 << 20)
    start = time.perf_counter()
    with open(file, "wb") as out:
        for _ in range(size >> 20):
            out.write(block)
    seconds = time.perf_counter() - start
    file.unlink()
    return (size >> 20 << 20) / seconds / 1e9


def compile_once(command, plan):
    """Seconds and MB of one compilation, and the rate of writing as many bytes right before."""
    rate = write_gbps(plan.with_suffix(".zeros"), plan.stat().st_size) if plan.exists() else 0
    settle(plan)
    seconds, own, text = run_watched(command)
    summary = SUMMARY.search(text)
    if not summary:
        raise SystemExit(f"{command[0]}: expected a summary of passes, code and weights but got: {text.strip()}")
    passes, code, weights = map(float, summary.groups())
    return {"seconds": seconds, "own_mb": own, "code_seconds": passes + code, "weights_seconds": weights,
            "write_gbps": rate, "written_gbps": plan.stat().st_size / weights / 1e9}


def first_token(plan, threads):
    """Milliseconds until the first token, and what the program says they went into."""
    prompt = ",".join(str(token) for token in range(1, PROMPT_TOKENS + 1))
    command = [BIN / "graphc", "run", plan, "--tokens", prompt, "-n", "1", "--temp", "0", "-t", str(threads), "-q", "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        text = child.stdout.read(1)  # comes with the first token, which is the last
        seconds = time.perf_counter() - start
        text += child.stdout.read()
    if child.returncode:
        raise SystemExit(child.returncode)
    timings = json.loads(text)["timings"]
    return {"first_token_ms": seconds * 1e3, "load_ms": timings["load_ms"], "prefill_ms": timings["prefill_ms"],
            "start_ms": seconds * 1e3 - timings["prefill_ms"]}


def warm_prefill_ms(plan, threads):
    command = [BIN / "graphc", "bench", plan, "-p", str(PROMPT_TOKENS), "-n", "0", "-t", str(threads), "-q", "-o", "json"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return PROMPT_TOKENS / json.loads(text)["results"][0]["tokens_per_second"]["median"] * 1e3


def medians(measure, repetitions):
    """Of what `measure` returns, after a run that is not counted; of memory the most."""
    measure()
    runs = [measure() for _ in range(repetitions)]
    return {key: (max if key == "own_mb" else statistics.median)(run[key] for run in runs) for key in runs[0]}


def measure(options, folder):
    shape = config(options.shape) | {"num_hidden_layers": options.layers}
    checkpoint, largest = write_checkpoint(folder, shape)
    plan = folder / "model.gcplan"
    result = {"shape": options.shape, "folder": str(options.folder).replace(str(ROOT) + "/", ""), "layers": options.layers, "threads": options.threads,
              "checkpoint_bytes": checkpoint, "memory_bound_mb": 4 * largest / 1e6 + 300, "prompt_tokens": PROMPT_TOKENS,
              "compile": [], "start": []}
    for name in options.types.split(","):
        print(f"compile {name}", file=sys.stderr, flush=True)
        flags, wanted = TYPES[name]
        command = [BIN / "graphc", "compile", folder, "-o", plan, "-t", str(options.threads), *flags.split()]
        case = medians(lambda: compile_once(command, plan), options.repetitions)
        result["compile"].append({"type": name, **case, "gbps": checkpoint / case["weights_seconds"] / 1e9,
                                  "wanted_gbps": wanted, "plan_bytes": plan.stat().st_size})
        if "absmax" not in name:  # the plan is as that with the search
            result["start"].append({"type": name, **medians(lambda: first_token(plan, options.threads), 5),
                                    "warm_prefill_ms": warm_prefill_ms(plan, options.threads)})
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--shape", choices=SHAPES, default="tinyllama")
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--types", default=",".join(TYPES), help="comma-separated: " + ", ".join(TYPES))
    parser.add_argument("-t", "--threads", type=int, default=2)
    parser.add_argument("-r", "--repetitions", type=int, default=3)
    parser.add_argument("--folder", default=ROOT / "build", help="where the temporary folder is made")
    parser.add_argument("-o", "--output", choices=("md", "json"), default="md")
    options = parser.parse_args()
    unknown = [name for name in options.types.split(",") if name not in TYPES]
    if unknown:
        parser.error(f"unknown types: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        result = measure(options, pathlib.Path(folder))
    print(json.dumps(result, indent=1) if options.output == "json" else performance_sections.compiling(result))


if __name__ == "__main__":
    main()
