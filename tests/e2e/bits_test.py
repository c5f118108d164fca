"""The same bits for any number of threads, chunk size and batch, on the example model."""
import unittest

import numpy as np
import program

MODEL = program.ROOT / "examples" / "tiny-stories"


class Bits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        random = np.random.default_rng(7)
        cls.prompts = [[0, *map(int, random.integers(2, 1000, size))] for size in (1, 17, 70, 140)]

    def check(self, *options):
        extras = (("-t", 1), ("-t", 2), ("--chunk", 1), ("--chunk", 7), ("--chunk", 512), ("-t", 2, "--chunk", 16))
        program.check_same_bits(self, self.graphc, self.graphc.plan(MODEL, *options), self.prompts, 6, extras,
                                name=options)

    def test_f32(self):
        self.check("--dtype", "f32")

    def test_bf16(self):
        self.check("--dtype", "bf16")

    def test_int8_cache(self):
        for dtype in ("f32", "bf16"):
            self.check("--dtype", dtype, "--kv-cache", "int8")

    def test_int8_cache_with_quantized_weights(self):
        for scheme in ("w8", "w4", "w8a8", "w4a8"):  # other tiles of rows
            self.check("--dtype", "bf16", "--quant", scheme, "--kv-cache", "int8")

    def test_cache_of_another_type(self):
        self.check("--dtype", "f32", "--kv-cache", "bf16")
        self.check("--dtype", "bf16", "--kv-cache", "f32")

    def test_lowest_level(self):
        for options in (("--dtype", "f32"), ("--dtype", "bf16"),
                        ("--dtype", "f32", "--quant", "w8", "--kv-cache", "int8"),
                        ("--dtype", "bf16", "--quant", "w4", "--kv-cache", "int8"),
                        ("--dtype", "bf16", "--quant", "w8a8", "--kv-cache", "int8"),
                        ("--dtype", "f32", "--quant", "w4a8", "--kv-cache", "int8")):
            self.check(*options, "--target", program.LEVELS[0])


if __name__ == "__main__":
    program.main(needs_shared=False)
