"""Drives the built graphc through its command line, as a user does."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("GRAPHC_SHARED_DATA", ROOT.parent / "shared" / "data"))
GRAPHC = pathlib.Path(os.environ.get("GRAPHC", ROOT / "build" / "release" / "bin" / "graphc"))
SKIPPED = 77  # what ctest takes for "skipped"


class Graphc:
    """Runs commands; plans live in a temporary folder for as long as the object."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="graphc-e2e-")
        self.plans = {}

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def __call__(self, *args, check=True, env=None, stdin=subprocess.DEVNULL):
        result = subprocess.run([str(GRAPHC), *map(str, args)], capture_output=True, stdin=stdin,
                                timeout=600, env={**os.environ, **(env or {})})
        if check and result.returncode != 0:
            raise AssertionError(f"graphc {' '.join(map(str, args))}: exit {result.returncode}:\n"
                                 + result.stderr.decode(errors="replace")[-2000:])
        return result

    def plan(self, model, *options):
        """The plan of a model with these options, compiled once."""
        key = (str(model), options)
        if key not in self.plans:
            out = self.path(f"{len(self.plans)}.gcplan")
            self("compile", model, "-o", out, *options)
            self.plans[key] = out
        return self.plans[key]

    def forward(self, plan, sequences, n=0, extra=()):
        """Greedy run over token sequences: (sequences of --json, result rows)."""
        rows = self.path("rows.npy")
        args = ["run", plan, "-n", n, "--temp", 0, "--ignore-eos", "--json", "--save-result", rows]
        for tokens in sequences:
            args += ["--tokens", ",".join(map(str, tokens))]
        out = json.loads(self(*args, *extra).stdout)
        return out["sequences"], np.load(rows)


LEVELS = ("x86-64-v3", "x86-64-v4", "x86-64-v4-bf16", "x86-64-v4-amx")  # each has all of the one before


def levels():
    """The x86 levels that this machine can run."""
    best = json.loads(Graphc()("version", "--json").stdout)["level"]
    return LEVELS[:LEVELS.index(best) + 1]


def nll(rows, tokens):
    """Negative log likelihood of each token after its row of logits."""
    rows = rows.astype(np.float64)
    top = rows.max(1)
    total = top + np.log(np.exp(rows - top[:, None]).sum(1))
    return total - rows[np.arange(len(rows)), tokens]


def distance(got, want):
    """Distance of all numbers as a fraction of their size."""
    return float(np.linalg.norm(got - want) / np.linalg.norm(want))


def llama_config(**sizes):
    """What a config.json of the Llama family says, with these sizes."""
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0, "torch_dtype": "float32", **sizes}


def check_same_bits(test, graphc, plan, prompts, count, options, batch_options=((),), name=()):
    """Every sequence has the same rows with each of `options`, and in a batch with all others."""
    alone = [graphc.forward(plan, [tokens], count)[1] for tokens in prompts]
    for extra in options:
        for tokens, want in zip(prompts, alone):
            with test.subTest(name=name, extra=extra, length=len(tokens)):
                test.assertTrue(np.array_equal(graphc.forward(plan, [tokens], count, extra)[1], want))
    for extra in batch_options:
        with test.subTest(name=name, extra=extra, batch=len(prompts)):
            together = graphc.forward(plan, prompts, count, extra)[1]
            test.assertTrue(np.array_equal(together, np.concatenate(alone)))


def relative_error(got, want):
    """Largest difference as a fraction of the largest wanted value."""
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}"
    return float(np.abs(got - want).max() / np.abs(want).max())


def main(needs_shared=True):
    """Runs the unittests of the calling script; skips, loudly, where the shared data is absent."""
    if needs_shared and not SHARED.exists():
        print(f"SKIPPED: no test data at {SHARED}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
