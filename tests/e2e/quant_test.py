"""Quantized weights and caches through the command line, on the example model."""
import json
import unittest

import numpy as np
import program

MODEL = program.ROOT / "examples" / "tiny-stories"
SCHEMES = ("w8", "w4", "w8a8", "w4a8")
# Relative distance of logits from those of f32 that each may have, well above what was seen.
BOUNDS = {"w8": 0.02, "w8a8": 0.03, "w4": 0.25, "w4a8": 0.25}


class Quant(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        random = np.random.default_rng(7)
        cls.prompt = [0, *map(int, random.integers(2, 1000, 90))]

    def rows(self, *options):
        plan = self.graphc.plan(MODEL, *options)
        return self.graphc.forward(plan, [self.prompt], 0)[1]

    def logits(self, *options):
        plan = self.graphc.plan(MODEL, "--dtype", "f32", *options)
        return self.graphc.forward(plan, [self.prompt], 4)[1]

    def test_logits_are_close_to_f32(self):
        exact = self.logits()
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                rows = self.logits("--quant", scheme)[:len(self.prompt)]
                want = exact[:len(self.prompt)]
                distance = program.distance(rows, want)
                self.assertLess(distance, BOUNDS[scheme])
                self.assertGreater(distance, 1e-4, "nothing was quantized")

    def test_same_bits_for_threads_chunks_and_batches(self):
        prompts = [self.prompt[:length] for length in (1, 13, 60)]
        for scheme in SCHEMES:
            plan = self.graphc.plan(MODEL, "--dtype", "bf16", "--quant", scheme)
            extras = (("-t", 1), ("-t", 2), ("--chunk", 1), ("--chunk", 7))
            program.check_same_bits(self, self.graphc, plan, prompts, 6, extras, name=scheme)

    def test_unfused_graphs_are_quantized_too(self):
        fused, unfused = self.logits("--quant", "w8"), self.logits("--quant", "w8", "-O0")
        self.assertLess(program.distance(unfused, fused), 1e-3)

    def test_int8_cache(self):
        for dtype in ("f32", "bf16"):
            with self.subTest(dtype=dtype):
                exact = self.rows("--dtype", dtype, "--kv-cache", "f32")
                for options in ((), ("-O0",)):
                    rows = self.rows("--dtype", dtype, "--kv-cache", "int8", *options)
                    distance = program.distance(rows, exact)
                    self.assertLess(distance, 0.02)
                    self.assertGreater(distance, 1e-4, "nothing was quantized")

    def test_bytes_of_the_cache(self):
        def per_token(*options):
            plan = self.graphc.plan(MODEL, *options)
            return json.loads(self.graphc("inspect", plan, "--json").stdout)["kv_bytes_per_token"]

        heads, numbers = 4 * 2 * 2, 16  # layers, key heads, keys and values
        for name, size in (("f32", 4 * numbers), ("bf16", 2 * numbers), ("int8", numbers + 2)):
            self.assertEqual(per_token("--kv-cache", name), heads * size)

    def test_larger_groups_take_fewer_bytes(self):
        sizes = [self.graphc.plan(MODEL, "--quant", "w4", "--group-size", group).stat().st_size
                 for group in ("32", "64", "128", "channel")]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertGreater(sizes[0], sizes[-1])

    def test_excluded_weights_and_the_tied_embedding(self):
        plan = self.graphc.plan(MODEL, "--dtype", "bf16", "--quant", "w4", "--quant-exclude",
                                "*down_proj*", "--quant-embeddings", "none")
        shown = self.graphc("dump", plan, "--stage", "fused").stdout.decode()
        quantized = {line.split("@")[1].split("[")[0] for line in shown.splitlines()
                     if line.lstrip().startswith("graphc.weight @") and "quant<i4" in line}
        self.assertTrue(any("qkv" in name for name in quantized), quantized)
        self.assertFalse(any("down" in name or "embed" in name for name in quantized), quantized)

    def test_flags_that_make_no_sense(self):
        for flags in (("--quant", "w5"), ("--quant", "w4", "--group-size", "48"),
                      ("--group-size", "64"), ("--quant", "w4", "--quant-scale", "magic"),
                      ("--quant", "w4", "--quant-exclude", "[")):
            with self.subTest(flags=flags):
                result = self.graphc("compile", MODEL, "-o", "/dev/null/x", *flags, check=False)
                self.assertEqual(result.returncode, 2)
                self.assertIn(flags[-2] if len(flags) > 2 else flags[0], result.stderr.decode())


if __name__ == "__main__":
    program.main(needs_shared=False)
