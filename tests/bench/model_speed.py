#!/usr/bin/python3
"""Speed of a model's shape with random weights, beside the machine's limits measured in the same run.

    tests/bench/model_speed.py [--shape tinyllama] [--dtype bf16] [--threads 2] [--repeat 3]

Decode is given as a fraction of the read loop (bytes of weights a token reads, times tokens a second), prefill as a
fraction of the dot-product loop (2 operations for each weight of the layers and each token, plus causal attention).
The limits are measured before and after every repetition; each is compared with the better of its two neighbours.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
SHAPES = {
    "tinyllama": dict(hidden_size=2048, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4,
                      intermediate_size=5632, vocab_size=32000),
    "llama-3.2-1b": dict(hidden_size=2048, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
                         head_dim=64, intermediate_size=8192, vocab_size=128256, tie_word_embeddings=True),
    "llama-2-7b": dict(hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32,
                       intermediate_size=11008, vocab_size=32000),
}


def config(shape):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "max_position_embeddings": 2048, "rope_theta": 10000.0, "torch_dtype": "bfloat16", **SHAPES[shape]}


def layer_weights(c):
    """Elements of the matrices of all layers, and of the head."""
    head_dim = c.get("head_dim", c["hidden_size"] // c["num_attention_heads"])
    q, kv = c["num_attention_heads"] * head_dim, c["num_key_value_heads"] * head_dim
    layer = c["hidden_size"] * (2 * q + 2 * kv + 3 * c["intermediate_size"])
    return layer * c["num_hidden_layers"], c["hidden_size"] * c["vocab_size"]


def limits(threads):
    return json.loads(subprocess.run([BIN / "machine_limits", str(threads)], capture_output=True, check=True).stdout)


def run(plan, threads, tokens, n):
    prompt = ",".join(str(1 + i % 1000) for i in range(tokens))
    out = subprocess.run([BIN / "graphc", "run", plan, "--tokens", prompt, "-n", str(n), "--temp", "0", "--ignore-eos",
                          "-t", str(threads), "--json"], capture_output=True, check=True)
    return json.loads(out.stdout)["timings"]


def compile_plan(folder, shape, dtype):
    """Compiles in a child process; returns the plan, seconds and the peak of its anonymous memory in MB."""
    model = folder / "config.json"
    model.write_text(json.dumps(config(shape)))
    plan = folder / "model.gcplan"
    start = time.time()
    child = subprocess.Popen([BIN / "graphc", "compile", model, "-o", plan, "--random-weights", "1", "--dtype", dtype])
    peak = 0
    while child.poll() is None:
        try:
            for line in open(f"/proc/{child.pid}/status"):
                if line.startswith("RssAnon"):
                    peak = max(peak, int(line.split()[1]) / 1e3)
        except OSError:
            pass
        time.sleep(0.02)
    if child.returncode:
        raise SystemExit(child.returncode)
    return plan, time.time() - start, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="tinyllama")
    parser.add_argument("--dtype", choices=("f32", "bf16"), default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    c = config(options.shape)
    layers, head = layer_weights(c)
    size = 2 if options.dtype == "bf16" else 4
    peak_key = "bf16_gflops" if options.dtype == "bf16" else "fma_gflops"

    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        plan, seconds, memory = compile_plan(pathlib.Path(folder), options.shape, options.dtype)
        print(f"compile: {seconds:.1f} s, own memory {memory:.0f} MB, plan {plan.stat().st_size / 1e9:.2f} GB")
        decode, prefill = [], []
        before = limits(options.threads)
        for _ in range(options.repeat):
            d = run(plan, options.threads, 8, 64)
            between = limits(options.threads)
            p = run(plan, options.threads, 512, 0)
            after = limits(options.threads)
            rate = d["decode_tokens_per_s"]
            gbps = rate * (layers + head) * size / 1e9
            read = max(before["read_gbps"], between["read_gbps"])
            decode.append(gbps / read)
            print(f"decode:  {rate:6.2f} tok/s  {gbps:6.1f} GB/s of {read:6.1f} = {gbps / read:.2f}")
            rate = p["prefill_tokens_per_s"]
            head_dim = c.get("head_dim", c["hidden_size"] // c["num_attention_heads"])
            attention = 4 * c["num_attention_heads"] * head_dim * c["num_hidden_layers"] * 512 / 2
            gflops = rate * (2 * layers + attention) / 1e9
            peak = max(between[peak_key], after[peak_key])
            prefill.append(gflops / peak)
            print(f"prefill: {rate:6.1f} tok/s  {gflops:6.0f} GFLOP/s of {peak:6.0f} = {gflops / peak:.2f}")
            before = after
        print(f"median:  decode {statistics.median(decode):.2f} of the read loop, "
              f"prefill {statistics.median(prefill):.2f} of the {peak_key.split('_')[0]} loop")


if __name__ == "__main__":
    main()
