"""GGUF files of every type against exact logits, with the file's own numbers: in f32, in bf16 and in integers."""
import json
import unittest

import numpy as np

import program

# As a fraction of all logits.
BF16_BOUND = 2e-2
KEPT = {"Q4_0": "i4:f16, 32", "Q4_1": "ui4:f16, 32", "Q5_0": "i5:f16, 32", "Q5_1": "ui5:f16, 32", "Q8_0": "i8:f16, 32",
        "Q4_K_M": "ui4:f16, 32, 256", "Q5_K_M": "ui5:f16, 32, 256", "Q6_K": "i6:f16, 16, 256",
        "IQ4_NL": "i4 of nonlinear:f16, 32",
        "IQ4_XS": "i4 of nonlinear:f16, 32, 256"}


class GgufTypes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def records(self):
        for folder in (program.SHARED / "gguf_quant", program.SHARED / "stories260K" / "gguf"):
            for record in json.loads((folder / "expected.json").read_text())["results"]:
                yield folder, record

    def test_logits(self):
        for folder, record in self.records():
            want = np.load(folder / record["logits"])
            for options, bound in ((("--dtype", "f32"), 1e-3), (("--dtype", "bf16"), BF16_BOUND),
                                   ((), 1.5 * record["llama_cpp_rel_l2"] + 1e-3)):
                with self.subTest(file=record["file"], options=options):
                    plan = self.graphc.plan(folder / record["file"], *options)
                    rows = self.graphc.forward(plan, [record["tokens"]])[1]
                    self.assertLessEqual(program.distance(rows, want), bound)

    def test_numbers_are_kept(self):
        for name, kept in KEPT.items():
            with self.subTest(type=name):
                dump = self.graphc("dump", program.SHARED / "gguf_quant" / f"rand256-{name}.gguf", "--stage", "fused")
                text = dump.stdout.decode().replace(" :", ":").replace(": ", ":")
                self.assertIn("graphc.quantize keep", dump.stdout.decode())
                self.assertIn(f"!graphc.quant<{kept}>", text)

    def test_inspect_says_what_became_of_each_tensor(self):
        file = program.SHARED / "gguf_quant" / "rand256-Q4_K_M.gguf"
        kept = self.graphc("inspect", "-v", self.graphc.plan(file)).stdout.decode()
        self.assertRegex(kept, r"attn\.[a-z]+ 0 .*blk\.0\.attn_q\.weight Q4_K.*: kept")
        rounded = self.graphc("inspect", "-v", self.graphc.plan(file, "--quant", "w8")).stdout.decode()
        self.assertRegex(rounded, r"mlp\.down 0 .*<- blk\.0\.ffn_down\.weight Q[46]_K: rounded")

    def test_bits(self):
        random = np.random.default_rng(3)
        prompts = [[int(t) for t in random.integers(3, 500, length)] for length in (1, 9, 40)]
        for name in ("Q4_K_M", "Q5_K_M", "Q6_K", "Q4_0", "IQ4_XS"):
            plan = self.graphc.plan(program.SHARED / "gguf_quant" / f"rand256-{name}.gguf")
            program.check_same_bits(self, self.graphc, plan, prompts, 4,
                                    (("-t", 1), ("-t", 2), ("--chunk", 1), ("--chunk", 7)), name=name)


if __name__ == "__main__":
    program.main()
