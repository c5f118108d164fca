"""The golden Llama with grouped heads: logits and greedy ids at every level and optimization."""
import json
import unittest

import numpy as np
import program

FOLDER = program.SHARED / "golden_hf" / "llama_gqa"
PASSES = ("fuse-attention", "join-matmuls", "fuse-norm-into-matmul", "fuse-epilogue",
          "fuse-rope-and-append")


class LlamaGqa(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.prompts = {p["id"]: p["tokens"]
                       for p in json.loads((FOLDER / "inputs.json").read_text())["prompts"]}
        cls.cases = json.loads((FOLDER / "expected.json").read_text())["results"]

    def check(self, *options):
        plan = self.graphc.plan(FOLDER, "--dtype", "f32", *options)
        for case in self.cases:
            with self.subTest(prompt=case["id"]):
                tokens, greedy = self.prompts[case["id"]], case["greedy"]
                sequences, rows = self.graphc.forward(plan, [tokens], len(greedy))
                self.assertEqual(sequences[0]["tokens"], greedy)
                want = np.load(FOLDER / case["logits"])
                first = case.get("logits_first_row", 0)
                got = rows[first:first + len(want)]
                self.assertLess(program.relative_error(got, want), 1e-4)

    def bf16_rows(self, case, *disabled):
        """Logits of a prompt in bf16, without these passes."""
        options = [word for name in disabled for word in ("--disable-pass", name)]
        plan = self.graphc.plan(FOLDER, "--dtype", "bf16", *options)
        return self.graphc.forward(plan, [self.prompts[case["id"]]])[1]

    def test_every_pass_can_be_left_out_in_bf16(self):
        for name in PASSES:
            for case in self.cases:
                with self.subTest(disabled=name, prompt=case["id"]):
                    got = self.bf16_rows(case, name)[case.get("logits_first_row", 0):]
                    want = np.load(FOLDER / case["logits"])[:len(got)]  # without generated tokens
                    self.assertEqual(got.shape, want.shape)
                    # Numbers of 8 bits; 0.01 to 0.04 with all passes and with none.
                    self.assertLess(program.distance(got, want), 0.08)

    def test_rows_in_bf16_are_prepared_without_a_change(self):
        # Without fuse-norm-into-matmul a product's rows come in bf16, of another width than its
        # kernel reads; without fuse-epilogue too, they come in f32 and are rounded then.
        disabled = ("fuse-norm-into-matmul", "fuse-epilogue")
        text = self.graphc("dump", FOLDER, "--dtype", "bf16", "--disable-pass", disabled[0],
                           "--stage", "plan").stdout.decode()
        self.assertRegex(text, r"prepare_rows %\w+ : \(tensor<\?x344xbf16>\) -> tensor<\?x352xbf16>")
        for case in self.cases:
            with self.subTest(prompt=case["id"]):
                self.assertTrue(np.array_equal(self.bf16_rows(case, disabled[0]),
                                               self.bf16_rows(case, *disabled)))

    def test_fused_on_every_level(self):
        for level in program.levels():
            with self.subTest(level=level):
                self.check("--target", level)

    def test_unfused_on_every_level(self):
        for level in program.levels():
            with self.subTest(level=level):
                self.check("-O0", "--target", level)

    def test_every_pass_can_be_left_out(self):
        for name in PASSES:
            with self.subTest(disabled=name):
                self.check("--disable-pass", name)

    def test_report_has_no_miss(self):
        report = self.graphc.path("report.json")
        self.graphc("compile", FOLDER, "-o", self.graphc.path("reported.gcplan"),
                    "--report", report)
        passes = json.loads(report.read_text())["passes"]
        self.assertTrue(any(p["hits"] for p in passes if p["name"] == "fuse-attention"))
        self.assertEqual([m for p in passes for m in p["misses"]], [])

    def test_a_layer_is_five_fused_operators(self):
        text = self.graphc("dump", FOLDER, "--stage", "fused").stdout.decode()
        layer = text[text.index("func.func private"):]
        layer = layer[:layer.index("return")]
        fused = [line for line in layer.splitlines() if "graphc." in line and
                 ("graphc.fused_" in line or "graphc.flash_attention" in line)]
        self.assertEqual(len(fused), 5, layer)
        self.assertNotIn("softmax", text)

    def test_dumps_are_inputs_again(self):
        tokens = self.prompts["p7"]
        _, want = self.graphc.forward(self.graphc.plan(FOLDER, "--dtype", "f32"), [tokens], 4)
        for stage in ("graph", "fused", "plan"):
            with self.subTest(stage=stage):
                text = self.graphc("dump", FOLDER, "--dtype", "f32", "--stage", stage).stdout
                dumped = self.graphc.path(f"{stage}.mlir")
                dumped.write_bytes(text)
                types = ("--dtype", "f32") if stage == "graph" else ()  # else the text has them
                _, got = self.graphc.forward(self.graphc.plan(dumped, *types), [tokens], 4)
                self.assertTrue(np.array_equal(got, want))


if __name__ == "__main__":
    program.main()
