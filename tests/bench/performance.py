#!/usr/bin/python3
"""Measures models' shapes with random weights and writes docs/performance.md with its plots.

    tests/bench/performance.py [--quick] [--models NAME,...] [--types NAME,...] [--parts NAME,...]
    tests/bench/performance.py --render           the document again, from the results that were measured last

Part by part: every model and type is compiled, run by `graphc bench`, and deleted (models); `matmul_bench` compares kernels
with oneDNN (kernels), and measures those for AVX2 (avx2); `attention_bench` (attention); `step_bench` (steps);
`compile_speed.py` (compile).
Results are kept in build/performance as they come, so that a run which was interrupted goes on where it stopped;
--fresh measures again what the other flags name. --quick takes a small model and short runs, and writes into
build/performance-quick:
it shows that the script works, not what graphc can do.
"""
import argparse
import datetime
import json
import pathlib
import shlex
import subprocess
import sys

import performance_document
from model_speed import BIN, ROOT, SHAPES, config

MODELS = ("tinyllama", "llama-3.2-1b", "llama-2-7b")
TYPES = {  # flags of `graphc compile`
    "f32": "--dtype f32 --weight-dtype f32",
    "bf16": "--dtype bf16",
    "w8": "--dtype bf16 --quant w8",
    "w4": "--dtype bf16 --quant w4",
    "w8a8": "--dtype bf16 --quant w8a8",
    "w4a8": "--dtype bf16 --quant w4a8",
}
TOO_LARGE = {("llama-2-7b", "f32")}
BENCHES = (  # flags of `graphc bench`
    "-p 512,2048 -n 128 -r 3",
    "-p 0 -n 64 -d 2048,4096 -r 3",
    "-p 0 -n 64 -r 3 -b 4",
    "-p 512 -n 32 -r 3 -t 1",
)
QUICK_BENCHES = ("-p 64 -n 8 -d 0,64 -r 1 -t 2 -b 1,2",)
SUITES = {  # Google Benchmark programs of each part with their flags
    "kernels": (("matmul_bench", "--benchmark_filter=/t2/"),),
    "avx2": (("matmul_bench", "--target=x86-64-v3 --benchmark_filter=^tinyllama-1.1b/gate_up/.*/T(1|4|512)/t2/"),
             ("attention_bench", "--target=x86-64-v3 --benchmark_filter=^tinyllama-1.1b/.*/D4096/t2/")),
    "attention": (("attention_bench", "--benchmark_filter=/t2/"),),
    "steps": (("step_bench", "--benchmark_filter=/t2/|^sampling/"),),
}
QUICK_SUITES = {
    "kernels": (("matmul_bench", "--benchmark_filter=^tinyllama-1.1b/attn_out/(bf16|w8a8)/T(1|512)/t2/ --rounds=1"),),
    "avx2": (("matmul_bench", "--target=x86-64-v3 --benchmark_filter=^tinyllama-1.1b/attn_out/bf16/T4/t2/ --rounds=1"),),
    "attention": (("attention_bench", "--benchmark_filter=^tinyllama-1.1b/.*/bf16/D512/t2/ --rounds=1"),),
    "steps": (("step_bench", "--benchmark_filter=^(norm/bf16/2048/T1/t2/|sampling/default/32000) --rounds=1"),),
}
COMPILE = ""
QUICK_COMPILE = "--shape small --layers 2 --types bf16,w4 -r 1"
PARTS = ("models", *SUITES, "compile")


class Measurements:
    """Results in a folder, a JSON file each, with the commands that made them."""

    def __init__(self, folder, fresh):
        self.folder, self.fresh = folder, fresh
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name):
        return self.folder / f"{name}.json"

    def keep(self, name, measure):
        """The result of that name, measured unless it is there and nobody wants it fresh."""
        if self.fresh or not self.path(name).exists():
            print(f"measuring {name}", flush=True)
            self.path(name).write_text(json.dumps(measure(), indent=1))
        return json.loads(self.path(name).read_text())

    def all(self):
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))}


def run(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def shown(*words):
    """A command as a person would type it."""
    return shlex.join(str(word).replace(str(ROOT) + "/", "") for word in words)


def bench_model(folder, model, kind, benches):
    """Compiles and runs a model; the plan is gone afterwards."""
    config_file, plan = folder / f"{model}.config.json", folder / f"{model}-{kind}.gcplan"
    config_file.write_text(json.dumps(config(model), indent=1))
    compile_command = [BIN / "graphc", "compile", config_file, "-o", plan, "--random-weights", "1", "-q",
                       *TYPES[kind].split()]
    bench_commands = [[BIN / "graphc", "bench", plan, *bench.split(), "-o", "json"] for bench in benches]
    try:
        run(compile_command)
        size = plan.stat().st_size
        results = [result for command in bench_commands for result in json.loads(run(command))["results"]]
    finally:
        plan.unlink(missing_ok=True)
        config_file.unlink(missing_ok=True)
    return {"kind": "model", "model": model, "type": kind, "plan_bytes": size, "results": results,
            "commands": [shown(*command) for command in (compile_command, *bench_commands)]}


def bench_suites(part, suites):
    """Results of Google Benchmark programs; of what failed, the message on stderr."""
    commands = [[BIN / program, *flags.split(), "--benchmark_format=json"] for program, flags in suites]
    cases = [case for command in commands for case in json.loads(run(command))["benchmarks"]]
    for case in cases:
        if "gbps" not in case:
            print(f"{case['name']}: {case.get('error_message', 'no result')}", file=sys.stderr)
    return {"kind": part, "cases": [case for case in cases if "gbps" in case],
            "commands": [shown(*command) for command in commands]}


def bench_compile(flags):
    command = [ROOT / "tests" / "bench" / "compile_speed.py", *flags.split(), "-o", "json"]
    return {"kind": "compile", **json.loads(run(command)), "commands": [shown(*command)]}


def machine():
    command = [BIN / "graphc", "doctor", "--json"]
    return {"kind": "machine", "doctor": json.loads(run(command)), "commands": [shown(*command)],
            "version": run([BIN / "graphc", "version"]).splitlines()[0],
            "date": datetime.date.today().isoformat()}


def measure_models(options, measurements):
    benches = QUICK_BENCHES if options.quick else BENCHES
    for model in options.models.split(","):
        for kind in options.types.split(","):
            if (model, kind) not in TOO_LARGE:
                measurements.keep(f"{model}-{kind}",
                                  lambda: bench_model(measurements.folder, model, kind, benches))


def measure(options, measurements):
    measurements.keep("machine", machine)
    suites = QUICK_SUITES if options.quick else SUITES
    for part in options.parts.split(","):
        if part == "models":
            measure_models(options, measurements)
        elif part == "compile":
            measurements.keep(part, lambda: bench_compile(QUICK_COMPILE if options.quick else COMPILE))
        else:
            measurements.keep(part, lambda: bench_suites(part, suites[part]))


def check_names(parser, what, names, known):
    unknown = [name for name in names.split(",") if name not in known]
    if unknown:
        parser.error(f"unknown {what}: {', '.join(unknown)}; known are {', '.join(known)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="a small model and short runs")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured before")
    parser.add_argument("--parts", default=",".join(PARTS), help="comma-separated: " + ", ".join(PARTS))
    parser.add_argument("--models", help="comma-separated names of model_speed.py")
    parser.add_argument("--types", help="comma-separated: " + ", ".join(TYPES))
    options = parser.parse_args()
    options.models = options.models or ("small" if options.quick else ",".join(MODELS))
    options.types = options.types or ("bf16,w8a8" if options.quick else ",".join(TYPES))
    check_names(parser, "models", options.models, SHAPES)
    check_names(parser, "types", options.types, TYPES)
    check_names(parser, "parts", options.parts, PARTS)

    folder = ROOT / "build" / ("performance-quick" if options.quick else "performance")
    measurements = Measurements(folder / "results", options.fresh)
    if not options.render:
        measure(options, measurements)
    out = folder if options.quick else pathlib.Path(ROOT / "docs")
    for path in performance_document.write(out, measurements.all(), quick=options.quick):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
