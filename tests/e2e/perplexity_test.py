"""Likelihood of a text: the golden excerpt, windows, and what the command accepts."""
import json
import math
import unittest

import numpy as np
import program

FOLDER = program.SHARED / "stories260K"
BOS = 1


class Perplexity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.plan = cls.graphc.plan(FOLDER / "hf", "--dtype", "f32")
        cls.excerpt = json.loads((FOLDER / "goldens" / "shakespeare_a.json").read_text())

    def measure(self, *options):
        return json.loads(self.graphc("perplexity", self.plan, "--json", *options).stdout)

    @staticmethod
    def tokens(ids):
        return ("--tokens", ",".join(map(str, ids)))

    def test_golden_excerpt(self):
        result = self.measure("-c", self.excerpt["window"],
                              *self.tokens([BOS, *self.excerpt["tokens"]]))
        nll = np.load(FOLDER / "goldens" / self.excerpt["nll"])
        self.assertEqual(result["schema"], 1)
        self.assertEqual(result["tokens"], self.excerpt["count"])
        self.assertEqual(result["windows"], 4)
        self.assertLess(abs(result["mean_nll"] - self.excerpt["mean_nll"]), 1e-4)
        self.assertAlmostEqual(result["perplexity"], math.exp(result["mean_nll"]), places=6)
        self.assertLess(abs(result["mean_nll_standard_error"] - nll.std(ddof=1) / len(nll) ** 0.5),
                        1e-5)
        self.assertGreater(result["tokens_per_second"], 0)

    def test_int8_cache_is_close_to_f32(self):
        ids = self.tokens([BOS, *self.excerpt["tokens"]])
        for dtype, bound in (("f32", 0.003), ("bf16", 0.006)):
            nll = {}
            for cache in ("f32", "int8"):
                plan = self.graphc.plan(FOLDER / "hf", "--dtype", dtype, "--kv-cache", cache)
                run = self.graphc("perplexity", plan, "--json", "-c", 512, *ids)
                nll[cache] = json.loads(run.stdout)["mean_nll"]
            with self.subTest(dtype=dtype):
                self.assertLess(abs(nll["int8"] - nll["f32"]), bound)
                self.assertNotEqual(nll["int8"], nll["f32"])

    def test_text_is_scored_as_its_tokens_are(self):
        text = (program.SHARED / self.excerpt["text"]).read_bytes()[:self.excerpt["byte_to"]]
        file = self.graphc.path("excerpt.txt")
        file.write_bytes(text)
        of_text = self.measure("-f", file, "-t", 1)
        # The tokens of the excerpt are the first of the text's.
        self.assertGreaterEqual(of_text["tokens"], self.excerpt["count"])
        self.assertEqual(of_text["context"], 512)
        file.write_bytes(text[:500])
        ids = json.loads(self.graphc("run", self.plan, "-f", file, "-n", 0, "--json").stdout)
        ids = ids["sequences"][0]["prompt_tokens"]
        self.assertEqual(ids[0], BOS)
        of_text, of_ids = self.measure("-f", file), self.measure(*self.tokens(ids))
        self.assertEqual(of_text["tokens"], len(ids) - 1)
        self.assertEqual(of_text["mean_nll"], of_ids["mean_nll"])

    def test_more_to_go_by_makes_tokens_likelier(self):
        ids = self.tokens([BOS, *self.excerpt["tokens"][:600]])
        alone = self.measure("-c", 32, *ids)
        overlapping = self.measure("-c", 32, "--stride", 8, *ids)
        self.assertEqual(alone["tokens"], overlapping["tokens"])
        self.assertGreater(overlapping["windows"], 3 * alone["windows"])
        self.assertLess(overlapping["mean_nll"], alone["mean_nll"])

    def test_stdout_carries_the_result_alone(self):
        run = self.graphc("perplexity", self.plan, *self.tokens([BOS, 5, 6, 7]))
        self.assertIn(b"perplexity ", run.stdout)
        self.assertEqual(run.stderr, b"")

    def test_wrong_usage(self):
        for options in ((), ("-f", "x", "--tokens", "1,2"), (*self.tokens([1, 2]), "-c", 1),
                        (*self.tokens([1, 2]), "-c", 4, "--stride", 4), self.tokens([1]),
                        self.tokens([1, 512])):
            with self.subTest(options=options):
                self.assertEqual(
                    self.graphc("perplexity", self.plan, *options, check=False).returncode, 2)
        missing = self.graphc("perplexity", self.plan, "-f", "/nowhere/text", check=False)
        self.assertIn(missing.returncode, (3, 6))


if __name__ == "__main__":
    program.main()
