"""How much likelihood the types of weights, activations and caches cost, on a text of 2044 tokens.

The story model finds Shakespeare hard, so its perplexity moves with the rounding of single tokens: from one
type to the next, the difference of the mean negative log likelihoods is known to 0.10 % of perplexity with
bf16 and to 1.5 % with int4 (one standard error of the tokens' differences). Where a bound of perplexity is no
wider than that, the mean negative log likelihood has it, and perplexity three standard errors.
"""
import json
import math
import unittest

import program

FOLDER = program.SHARED / "stories260K"
BOS = 1
TYPES = {"f32": ("--dtype", "f32"), "bf16": ("--dtype", "bf16"), "w8": ("--quant", "w8"),
         "w8a8": ("--quant", "w8a8"), "w4": ("--quant", "w4"), "w4a8": ("--quant", "w4a8")}


class Types(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.targets = ("native", program.LEVELS[0])
        cls.graphc = program.Graphc()
        cls.tokens = json.loads((FOLDER / "goldens" / "shakespeare_a.json").read_text())["tokens"]
        cls.seen = {}

    def measure(self, name, *options, target="native"):
        """What `graphc perplexity` says of the excerpt with a plan of this type."""
        key = (name, options, target)
        if key not in self.seen:
            plan = self.graphc.plan(FOLDER / "hf", *TYPES[name], "--target", target)
            ids = ",".join(map(str, [BOS, *self.tokens]))
            run = self.graphc("perplexity", plan, "--json", "--tokens", ids, *options)
            self.seen[key] = json.loads(run.stdout)
            self.assertEqual(self.seen[key]["tokens"], len(self.tokens))
        return self.seen[key]

    def expect_close(self, key, name, other, bound, *options, target="native"):
        """Holds two types to a relative bound, and says what was found."""
        got = self.measure(name, *options, target=target)[key]
        want = self.measure(other, *options, target=target)[key]
        change = got / want - 1
        where = " ".join(map(str, (target, *options)))
        with self.subTest(key=key, type=name, than=other, where=where):
            print(f"{where}: {key} of {name} {got:.5f}, of {other} {want:.5f}, {100 * change:+.3f} %")
            self.assertLessEqual(abs(change), bound)
            self.assertNotEqual(change, 0, "nothing was rounded")
        return change

    def test_perplexity(self):
        for target in self.targets:
            for name, other, bound in (("w8", "f32", 0.003), ("w8a8", "f32", 0.003),
                                       ("w4a8", "w4", 0.005)):
                self.expect_close("perplexity", name, other, bound, target=target)

    def test_likelihood(self):
        for name, other, bound in (("bf16", "f32", 0.001), ("w8", "f32", 0.003),
                                   ("w8a8", "f32", 0.003), ("w4", "f32", 0.015),
                                   ("w4a8", "w4", 0.005)):
            self.expect_close("mean_nll", name, other, bound)

    def test_perplexity_within_three_standard_errors(self):
        for target in self.targets:
            self.expect_close("perplexity", "bf16", "f32", 3 * 0.0010, target=target)
            change = self.expect_close("perplexity", "w4", "f32", 3 * 0.0154, target=target)
            self.assertLess(change, 0.015, "int4 finds the text harder")

    def test_types_keep_their_distance_in_other_windows(self):
        """Windows of half the length begin twice as often, where rows of integers cost the most."""
        for options in (("-c", 256), ("-c", 256, "--stride", 64)):
            for name, other, bound in (("w8", "f32", 0.003), ("bf16", "f32", 0.003),
                                       ("w8a8", "f32", 0.005), ("w4a8", "w4", 0.005)):
                self.expect_close("perplexity", name, other, bound, *options)

    def test_windows_are_those_of_their_tokens(self):
        """A result is the mean over windows that are run by themselves, whatever the type."""
        ids, context, stride = self.tokens[:150], 48, 20
        for name in ("f32", "w4a8"):
            plan = self.graphc.plan(FOLDER / "hf", *TYPES[name])
            total, scored, windows = 0, 0, 0
            for begin in range(0, len(ids), stride):
                window = [BOS, *ids[begin:begin + context - 1]]
                rows = self.graphc.forward(plan, [window])[1][:-1]
                of_tokens = program.nll(rows, window[1:])[max(scored - begin, 0):]
                total, scored, windows = total + of_tokens.sum(), scored + len(of_tokens), windows + 1
                if scored == len(ids):
                    break
            run = self.graphc("perplexity", plan, "--json", "-c", context, "--stride", stride,
                              "--tokens", ",".join(map(str, [BOS, *ids])))
            result = json.loads(run.stdout)
            with self.subTest(type=name):
                self.assertEqual((result["tokens"], result["windows"]), (scored, windows))
                self.assertAlmostEqual(result["mean_nll"], total / scored, places=6)
                self.assertAlmostEqual(result["perplexity"], math.exp(total / scored), places=3)

    def test_nothing_else_changes_a_result(self):
        for name in TYPES:
            want = self.measure(name)
            for options in (("-c", 512), ("-c", 512, "--stride", 511), ("-t", 1), ("-t", 2),
                            ("--chunk", 37)):
                got = self.measure(name, *options)
                with self.subTest(type=name, options=options):
                    for key in ("mean_nll", "perplexity", "windows"):
                        self.assertEqual(got[key], want[key], key)


if __name__ == "__main__":
    program.main()
