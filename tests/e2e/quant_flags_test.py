"""What the flags beside --quant do to the logits: groups, how scales are found, embeddings."""
import unittest

import numpy as np
import program

MODEL = program.ROOT / "examples" / "tiny-stories"
# Relative distance of logits from those of f32 that each may have, about a third above what was seen.
GROUP_BOUNDS = {"w8": {"64": 0.019, "128": 0.028, "channel": 0.028},
                "w8a8": {"64": 0.026, "128": 0.035, "channel": 0.035},
                "w4": {"64": 0.26, "128": 0.29, "channel": 0.30},
                "w4a8": {"64": 0.26, "128": 0.29, "channel": 0.30}}
INT4_EMBEDDING_BOUNDS = {"w8": 0.135, "w8a8": 0.135, "w4": 0.25}


class QuantFlags(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        random = np.random.default_rng(7)
        cls.prompt = [0, *map(int, random.integers(2, 1000, 90))]
        cls.exact = cls.rows("--dtype", "f32")
        cls.plain = {scheme: cls.distance(scheme) for scheme in GROUP_BOUNDS}

    @classmethod
    def rows(cls, *options):
        return cls.graphc.forward(cls.graphc.plan(MODEL, *options), [cls.prompt])[1]

    @classmethod
    def distance(cls, scheme, *options):
        """Relative distance of the logits from those of f32."""
        rows = cls.rows("--dtype", "f32", "--quant", scheme, *options)
        return program.distance(rows, cls.exact)

    def test_larger_groups_are_close_to_f32(self):
        for scheme, bounds in GROUP_BOUNDS.items():
            for group, bound in bounds.items():
                with self.subTest(scheme=scheme, group=group):
                    distance = self.distance(scheme, "--group-size", group)
                    self.assertLess(distance, bound)
                    self.assertGreater(distance, self.plain[scheme], "not less exact than with 32")

    def test_scales_from_the_largest_weight_are_less_exact(self):
        distance = self.distance("w4", "--quant-scale", "absmax")
        self.assertGreater(distance, 1.05 * self.plain["w4"])
        self.assertLess(distance, 0.28)

    def test_int4_embeddings_are_close_to_f32(self):
        for scheme, bound in INT4_EMBEDDING_BOUNDS.items():
            with self.subTest(scheme=scheme):
                distance = self.distance(scheme, "--quant-embeddings", "w4")
                self.assertLess(distance, bound)
                self.assertGreater(distance, self.plain[scheme] + 0.005, "it was not rounded")

    def test_patterns_that_exclude_nothing(self):
        out = self.graphc.path("excluded.gcplan")
        run = self.graphc("compile", MODEL, "-o", out, "-q", "--quant", "w8", "--quant-exclude", "*o_proj*",
                          "--quant-exclude", "attn.qvk")
        self.assertEqual(run.stderr.decode(),
                         "graphc: warning: the pattern 'attn.qvk' excludes nothing: no weight has such a name\n")

    def test_int8_embeddings_are_the_default(self):
        self.assertEqual(self.distance("w4", "--quant-embeddings", "w8"), self.plain["w4"])
        self.assertNotEqual(self.distance("w4", "--quant-embeddings", "none"), self.plain["w4"])

    def test_generated_text_with_int4_embeddings(self):
        """The rows that decode looks up and the head it ends with, step by step as in one step."""
        plan = self.graphc.plan(MODEL, "--dtype", "f32", "--quant", "w4", "--quant-embeddings", "w4")
        sequences, rows = self.graphc.forward(plan, [self.prompt], 12)
        whole = self.graphc.forward(plan, [self.prompt + sequences[0]["tokens"][:-1]])[1]
        self.assertTrue(np.array_equal(rows, whole))


if __name__ == "__main__":
    program.main(needs_shared=False)
