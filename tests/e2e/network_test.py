"""Networks of one's own: modules as entries, rows in and out, weights, errors, exit codes."""
import json
import unittest

import numpy as np

import program

NETWORK = program.ROOT / "examples" / "mindspore-llm" / "network.json"
SMALL = ("--param", "vocab_size=50", "--param", "hidden_size=48", "--param", "ffn_hidden_size=80", "--param",
         "num_heads=3", "--param", "num_layers=2", "--param", "seq_length=40", "--param", "batch_size=2")
F32 = ("--dtype", "f32")


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def plan(self, *options):
        return self.graphc.plan(NETWORK, *SMALL, *F32, *options)

    def rows(self, plan, *arguments):
        """What a run prints, and the rows that it saves."""
        out = self.graphc.path("out.npy")
        run = self.graphc("run", plan, "-q", *arguments, "--save-result", out)
        return run.stdout.decode(), np.load(out)

    def check_fails(self, code, parts, *arguments):
        run = self.graphc(*arguments, check=False)
        self.assertEqual(run.returncode, code, run.stderr.decode())
        for part in parts:
            self.assertIn(part, run.stderr.decode())

    def test_modules_run_alone_and_print_the_shape(self):
        for entry in ("Attention", "MLP", "TransformerLayer", "RmsNorm"):
            with self.subTest(entry=entry):
                printed, rows = self.rows(self.plan("--entry", entry), "--random-input", 3)
                self.assertEqual(printed, "(2, 40, 48)\n")
                self.assertEqual(rows.shape, (2, 40, 48))
                self.assertGreater(np.abs(rows).max(), 0)
        printed, rows = self.rows(self.plan(), "--random-input", 3)
        self.assertEqual(printed, "(2, 40, 48)\n")

    def test_a_module_computes_what_it_says(self):
        x = np.random.default_rng(1).standard_normal((3, 7, 48))
        np.save(self.graphc.path("x.npy"), x)
        plan = self.plan("--entry", "RmsNorm")
        printed, rows = self.rows(plan, "--input", self.graphc.path("x.npy"))
        self.assertEqual(printed, "(3, 7, 48)\n")
        want = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
        self.assertLess(np.abs(rows - want).max(), 1e-5)

    def test_sequences_and_chunks_do_not_mix(self):
        x = np.random.default_rng(2).standard_normal((2, 40, 48)).astype(np.float32)
        np.save(self.graphc.path("x.npy"), x)
        np.save(self.graphc.path("x1.npy"), x[1])
        plan = self.plan("--entry", "TransformerLayer")
        whole = self.rows(plan, "--input", self.graphc.path("x.npy"))[1]
        chunks = self.rows(plan, "--input", self.graphc.path("x.npy"), "--chunk", 7)[1]
        printed, alone = self.rows(plan, "--input", self.graphc.path("x1.npy"))
        self.assertEqual(printed, "(40, 48)\n")
        np.testing.assert_array_equal(whole, chunks)
        np.testing.assert_array_equal(whole[1], alone)

    def test_fused_is_equal_to_unfused(self):
        for entry in ("Attention", "TransformerModel"):
            fused = self.rows(self.plan("--entry", entry), "--random-input", 5)[1]
            plain = self.rows(self.plan("--entry", entry, "-O0"), "--random-input", 5)[1]
            self.assertLess(np.abs(fused - plain).max(), 2e-5, entry)

    def test_bias_and_seed(self):
        linear = ("--entry", "Linear", "--param", "in_size=48", "--param", "out_size=32")
        plain = self.rows(self.plan(*linear), "--random-input", 1)[1]
        zeros = self.rows(self.plan(*linear, "--param", "has_bias=true"), "--random-input", 1)[1]
        other = self.rows(self.plan(*linear, "--random-weights", 9), "--random-input", 1)[1]
        np.testing.assert_array_equal(plain, zeros)  # its init
        self.assertGreater(np.abs(plain - other).max(), 1e-3)

    def test_attention_fuses(self):
        report = self.graphc.path("report.json")
        self.graphc("compile", NETWORK, *SMALL, *F32, "-o", self.graphc.path("r.gcplan"), "--report", report)
        passes = {entry["name"]: entry for entry in json.loads(report.read_text())["passes"]}
        self.assertEqual(passes["fuse-attention"]["hits"], 1)
        self.assertEqual(passes["fuse-attention"]["misses"], [])

    def test_a_dump_is_an_input_again(self):
        text = self.graphc.path("net.mlir")
        text.write_bytes(self.graphc("dump", NETWORK, *SMALL, *F32).stdout)
        again = self.graphc.plan(text, *F32)
        tokens = ("--tokens", "1,2,3,4,5")
        np.testing.assert_array_equal(self.rows(self.plan(), *tokens)[1], self.rows(again, *tokens)[1])

    def test_wrong_parameters_and_entries(self):
        compile_ = ("compile", NETWORK, "-o", self.graphc.path("no.gcplan"))
        self.check_fails(2, ["'Attenton'", "'Attention'"], *compile_, "--entry", "Attenton")
        self.check_fails(2, ["name=value"], *compile_, "--param", "x")
        self.check_fails(3, ["there is no parameter 'hiden_size'", "'hidden_size'"], *compile_, "--param", "hiden_size=1")
        self.check_fails(3, ["modules.SplitHeads.nodes[0] 'apart'", "341.3333"], *compile_, "--param", "num_heads=3")
        self.check_fails(4, ["expected an entry that yields rows"], *compile_, "--entry", "SplitHeads")
        config = self.graphc.path("config.json")
        config.write_text(json.dumps({"hidden_size": "many"}))
        self.check_fails(3, ["config.json: hidden_size"], *compile_, "--params", config)
        self.check_fails(2, ["is none"], "compile", program.ROOT / "examples" / "tiny-stories", "-o",
                         self.graphc.path("no.gcplan"), "--entry", "MLP")

    def test_wrong_input(self):
        rows, tokens = self.plan("--entry", "MLP"), self.plan()
        self.check_fails(2, ["rows of 48 numbers"], "run", rows)
        self.check_fails(2, ["rows of 48 numbers"], "run", rows, "--tokens", "1")
        self.check_fails(2, ["takes tokens"], "run", tokens, "--input", self.graphc.path("x.npy"))
        self.check_fails(2, ["-n 0"], "run", tokens, "--tokens", "1,2", "-n", 4)
        np.save(self.graphc.path("wide.npy"), np.zeros((2, 3, 49), np.float32))
        self.check_fails(3, ["(batch, length, 48)", "(2, 3, 49)"], "run", rows, "--input", self.graphc.path("wide.npy"))
        np.save(self.graphc.path("long.npy"), np.zeros((1, 41, 48), np.float32))
        self.check_fails(2, ["1 to 40 rows"], "run", rows, "--input", self.graphc.path("long.npy"))
        np.save(self.graphc.path("ints.npy"), np.zeros((1, 4, 48), np.int32))
        self.check_fails(4, ["'<i4'"], "run", rows, "--input", self.graphc.path("ints.npy"))
        good = self.graphc.path("wide.npy").read_bytes()
        for length in (0, 5, 9, 40, len(good) - 1):
            self.graphc.path("cut.npy").write_bytes(good[:length])
            self.check_fails(3, ["cut.npy"], "run", rows, "--input", self.graphc.path("cut.npy"))
        self.check_fails(2, ["BATCH,LENGTH"], "run", rows, "--random-input", 1, "--input-shape", "3")
        self.check_fails(2, ["at most 2147483648 rows"], "run", rows, "--random-input", 1, "--input-shape", "9223372036854775807,1")
        self.check_fails(4, ["rows of numbers"], "bench", rows)
        self.check_fails(2, ["likelihood"], "perplexity", tokens, "--tokens", "1,2,3")


class Goldens(unittest.TestCase):
    def test_the_text_of_the_graph_takes_weights_by_name(self):
        folder = program.SHARED / "mindspore_net" / "small"
        if not folder.exists():
            self.skipTest(f"no test data: {folder}")
        graphc = program.Graphc()
        options = ("--params", folder / "config.json", *F32)
        text = graphc.path("net.mlir")
        text.write_bytes(graphc("dump", NETWORK, *options).stdout)
        plan = graphc.plan(text, "--weights", str(folder / "model.safetensors"), *F32)
        case = json.loads((folder / "inputs.json").read_text())["cases"][1]
        rows = graphc.forward(plan, case["tokens"])[1]
        want = np.load(folder / case["hidden"]).reshape(rows.shape)
        self.assertLess(np.abs(rows - want).max(), 1e-5)

    def test_a_part_takes_its_weights_out_of_the_whole(self):
        folder = program.SHARED / "mindspore_net" / "small"
        if not folder.exists():
            self.skipTest(f"no test data: {folder}")
        graphc = program.Graphc()
        options = ("--params", str(folder / "config.json"), "--weights", str(folder / "model.safetensors"), *F32)
        x = np.random.default_rng(4).standard_normal((1, 6, 96)).astype(np.float32)
        np.save(graphc.path("x.npy"), x)
        rows = {}
        for entry in ("layers.1.attention.q", "layers.2.attention.q"):
            plan = graphc.plan(NETWORK, *options, "--entry", entry)
            graphc("run", plan, "--input", graphc.path("x.npy"), "--save-result", graphc.path("y.npy"))
            header = int.from_bytes((folder / "model.safetensors").read_bytes()[:8], "little")
            data = (folder / "model.safetensors").read_bytes()
            begin, end = json.loads(data[8:8 + header])[entry + ".weight"]["data_offsets"]
            weight = np.frombuffer(data[8 + header + begin:8 + header + end], np.float32).reshape(96, 96)
            rows[entry] = np.load(graphc.path("y.npy"))
            self.assertLess(np.abs(rows[entry] - x @ weight.T).max(), 1e-5)


if __name__ == "__main__":
    program.main(needs_shared=False)
