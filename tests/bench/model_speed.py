#!/usr/bin/python3
"""Speed of a model's shape with random weights: compiles it, then runs `graphc bench` beside the machine's limits.

    tests/bench/model_speed.py [--shape tinyllama] [--compile "--dtype bf16"] [BENCH FLAGS ...]

What follows the script's own flags goes to `graphc bench`, e.g. -t 1,2 -d 0,2048 -r 3 --profile.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
SHAPES = {
    "tinyllama": dict(hidden_size=2048, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4,
                      intermediate_size=5632, vocab_size=32000),
    "llama-3.2-1b": dict(hidden_size=2048, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
                         head_dim=64, intermediate_size=8192, vocab_size=128256, tie_word_embeddings=True),
    "small": dict(hidden_size=1024, num_hidden_layers=4, num_attention_heads=16, num_key_value_heads=4,
                  intermediate_size=2816, vocab_size=32000),
    "llama-2-7b": dict(hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32,
                       intermediate_size=11008, vocab_size=32000),
}


def config(shape):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "max_position_embeddings": 8192, "rope_theta": 10000.0, "torch_dtype": "bfloat16", **SHAPES[shape]}


def run_watched(command):
    """Runs a command; returns seconds, the peak of its anonymous memory in MB, and what it wrote to stderr."""
    start = time.time()
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stderr=errors)
        peak = 0
        while child.poll() is None:
            peak = max(peak, own_megabytes(child.pid))
            time.sleep(0.02)
        seconds = time.time() - start
        errors.seek(0)
        text = errors.read()
    if child.returncode:
        sys.stderr.write(text)
        raise SystemExit(child.returncode)
    return seconds, peak, text


def own_megabytes(pid):
    """Anonymous memory of a process; 0 when it has ended."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1e3
    except OSError:
        pass
    return 0


def compile_plan(folder, shape, options):
    """Compiles in a child process; returns the plan, seconds and the peak of its anonymous memory in MB."""
    model = folder / "config.json"
    model.write_text(json.dumps(config(shape)))
    plan = folder / "model.gcplan"
    seconds, peak, _ = run_watched([BIN / "graphc", "compile", model, "-o", plan, "--random-weights", "1", *options])
    return plan, seconds, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--shape", choices=SHAPES, default="tinyllama")
    parser.add_argument("--compile", default="--dtype bf16", help="flags for graphc compile")
    options, bench = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        plan, seconds, memory = compile_plan(pathlib.Path(folder), options.shape, options.compile.split())
        size = plan.stat().st_size / 1e9
        print(f"compile: {seconds:.1f} s, own memory {memory:.0f} MB, plan {size:.2f} GB", flush=True)
        raise SystemExit(subprocess.run([BIN / "graphc", "bench", plan, *bench]).returncode)


if __name__ == "__main__":
    main()
