"""Products by oneDNN (`--matmul`): near those of generated code, and without a trace where they are not wanted."""
import json
import os
import shutil
import subprocess
import unittest

import numpy as np
import program

GOLDEN = program.SHARED / "golden_hf" / "llama_gqa"
LIBRARY = "libgraphc-onednn.so"
# Panels that are not full, an odd number of heads, layers few enough to be quick.
SHAPE = program.llama_config(max_position_embeddings=640, hidden_size=160, num_hidden_layers=2, num_attention_heads=5,
                             num_key_value_heads=1, intermediate_size=352, vocab_size=500)
SMALLEST_VOCABULARY = 333
LEAST_ROWS = 32  # shorter steps are left to generated code


class OneDnn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.random = np.random.default_rng(3)

    def model(self, **changes):
        shape = {**SHAPE, **changes}
        path = self.graphc.path("-".join(map(str, [*changes.keys(), *changes.values(), "config.json"])))
        path.write_text(json.dumps(shape))
        return path

    def plan(self, choice, *options, **changes):
        return self.graphc.plan(self.model(**changes), "--random-weights", "1", "--matmul", choice, *options)

    def tokens(self, length):
        return [int(t) for t in self.random.integers(0, SMALLEST_VOCABULARY, length)]

    def report(self, model, *options):
        path = self.graphc.path("report.json")
        self.graphc("compile", model, "-o", self.graphc.path("reported.gcplan"), "--report", path, *options)
        return json.loads(path.read_text())["matmuls"]

    def kernels(self, plan):
        header = json.loads(self.graphc("inspect", plan, "--json").stdout)["header"]
        return {k["name"]: k for k in header["variants"][0]["kernels"]}


class Results(OneDnn):
    def compare(self, dtype, bound, **changes):
        for length in (LEAST_ROWS - 1, LEAST_ROWS, 47, 100, 549):
            tokens = self.tokens(length)
            want = self.graphc.forward(self.plan("generated", "--dtype", dtype, **changes), [tokens])[1]
            plan = self.plan("onednn", "--dtype", dtype, **changes)
            for threads in (1, 2, 3):
                with self.subTest(length=length, threads=threads):
                    got = self.graphc.forward(plan, [tokens], 0, ("-t", threads))[1]
                    self.assertLess(program.relative_error(got, want), bound)
                    if length < LEAST_ROWS:
                        self.assertTrue(np.array_equal(got, want), "generated code should have run")

    def test_near_generated_code_in_f32(self):
        self.compare("f32", 1e-4)

    def test_near_generated_code_in_bf16(self):
        self.compare("bf16", 0.03)

    def test_near_generated_code_with_other_shapes(self):
        self.compare("f32", 1e-4, hidden_size=144, head_dim=48, num_attention_heads=3, intermediate_size=400,
                     vocab_size=SMALLEST_VOCABULARY)

    def test_int8_cache(self):
        # The epilogue keeps a head's row until it can round it, in the scratch where the sums are too.
        tokens, flags = self.tokens(150), ("--dtype", "f32", "--kv-cache", "int8")
        want = self.graphc.forward(self.plan("generated", *flags), [tokens], 2)[1]
        got = self.graphc.forward(self.plan("onednn", *flags), [tokens], 2)[1]
        self.assertLess(program.relative_error(got, want), 0.01)

    def test_batches_and_chunks(self):
        prompts = [self.tokens(length) for length in (40, 3, 77)]
        want = self.graphc.forward(self.plan("generated", "--dtype", "f32"), prompts, 3)[1]
        for extra in ((), ("--chunk", 50), ("-t", 2)):
            with self.subTest(extra=extra):
                got = self.graphc.forward(self.plan("onednn", "--dtype", "f32"), prompts, 3, extra)[1]
                self.assertLess(program.relative_error(got, want), 1e-4)

    @unittest.skipUnless(GOLDEN.exists(), f"no test data at {GOLDEN}")
    def test_goldens(self):
        prompts = {p["id"]: p["tokens"] for p in json.loads((GOLDEN / "inputs.json").read_text())["prompts"]}
        plan = self.graphc.plan(GOLDEN, "--dtype", "f32", "--matmul", "onednn")
        for case in json.loads((GOLDEN / "expected.json").read_text())["results"]:
            with self.subTest(prompt=case["id"]):
                greedy = case["greedy"]
                sequences, rows = self.graphc.forward(plan, [prompts[case["id"]]], len(greedy))
                self.assertEqual(sequences[0]["tokens"], greedy)
                want = np.load(GOLDEN / case["logits"])
                first = case.get("logits_first_row", 0)
                self.assertLess(program.relative_error(rows[first:first + len(want)], want), 1e-4)


class Choice(OneDnn):
    def test_what_stays_generated_is_said(self):
        # 144 is a multiple of 16 and none of 32.
        matmuls = self.report(self.model(hidden_size=144, head_dim=48, num_attention_heads=3), "--random-weights",
                              "1", "--dtype", "bf16", "--matmul", "onednn")
        reasons = {m["kernel"]: (m["provider"], m["reason"]) for m in matmuls}
        self.assertEqual({provider for provider, _ in reasons.values()}, {"generated", "onednn"})
        for kernel, (provider, reason) in reasons.items():
            self.assertEqual(provider == "onednn", "352x" in kernel, kernel)
            if provider == "generated":
                self.assertIn("multiple of 32, but it is 144", reason)

    def test_quantized_weights_stay_generated(self):
        model = self.model()
        out = self.graphc.path("quantized.gcplan")
        flags = ("--random-weights", "1", "--dtype", "bf16", "--quant", "w8")
        refused = self.graphc("compile", model, "-o", out, *flags, "--matmul", "onednn", check=False)
        self.assertEqual(refused.returncode, 4)
        self.assertRegex(refused.stderr.decode(), "--matmul=onednn: .* the weight is quantized")
        self.assertFalse(out.exists())
        matmuls = self.report(model, *flags, "--quant-embeddings", "none", "--matmul", "onednn")
        self.assertEqual([m["provider"] for m in matmuls].count("onednn"), 1)

    def test_other_machines(self):
        flags = ("--random-weights", "1", "--target", "x86-64-v3")
        out = self.graphc.path("v3.gcplan")
        refused = self.graphc("compile", self.model(), "-o", out, *flags, "--matmul", "onednn", check=False)
        self.assertEqual(refused.returncode, 4)
        self.assertIn("AVX-512", refused.stderr.decode())
        for matmul in self.report(self.model(), *flags, "--matmul", "auto"):
            self.assertEqual(matmul["provider"], "generated")

    def test_auto_takes_what_was_faster(self):
        plan = self.plan("auto", "--dtype", "bf16")
        timed = [k for k in self.kernels(plan).values() if "trial" in k]
        self.assertEqual(len(timed), 5)
        for kernel in timed:
            trial = kernel["trial"]
            self.assertGreater(trial["generated_ms"], 0)
            self.assertEqual("product" in kernel, trial["provided_ms"] < trial["generated_ms"])
        shown = self.graphc("inspect", plan).stdout.decode()
        self.assertRegex(shown, r"(?s)Products\n.* ms generated, [0-9.]+ ms with oneDNN")
        for matmul in self.report(self.model(), "--random-weights", "1", "--matmul", "auto"):
            self.assertIn("ms generated", matmul["reason"])

    def test_unknown_choice(self):
        refused = self.graphc("compile", self.model(), "-o", "/dev/null/x", "--matmul", "magic", check=False)
        self.assertEqual(refused.returncode, 2)


class Library(OneDnn):
    def loaded(self, plan):
        """Whether a run of the plan loads oneDNN."""
        result = self.graphc("run", plan, "-n", 0, "--tokens", ",".join(map(str, self.tokens(40))), "--json",
                             env={"LD_DEBUG": "files"})
        return "libdnnl" in result.stderr.decode()

    def test_is_loaded_for_plans_that_use_it_alone(self):
        self.assertTrue(self.loaded(self.plan("onednn")))
        self.assertFalse(self.loaded(self.plan("generated")))

    def test_is_found_by_programs_that_embed_the_runtime(self):
        plan = self.graphc.plan(program.ROOT / "examples" / "tiny-stories", "--dtype", "bf16", "--matmul", "onednn")
        text = "Once upon a time there was a little girl who had a red ball. " * 4
        self.assertTrue(any("product" in kernel for kernel in self.kernels(plan).values()))
        want = self.graphc("run", plan, "-p", text, "-n", 9, "--temp", 0, "--json")
        self.assertGreater(len(json.loads(want.stdout)["sequences"][0]["prompt_tokens"]), LEAST_ROWS)
        found = subprocess.run([program.GRAPHC.parent / "graphc-embed", plan, text, "9"], capture_output=True,
                               env={**os.environ, "LD_DEBUG": "files"})
        self.assertEqual(found.returncode, 0, found.stderr[-2000:])
        self.assertIn(b"libdnnl", found.stderr)
        self.assertEqual(found.stdout.decode(), json.loads(want.stdout)["sequences"][0]["text"] + "\n")

    def test_is_missed_with_its_name(self):
        alone = self.graphc.path("alone")
        alone.mkdir()
        copied = shutil.copy(program.GRAPHC, alone / "graphc")
        tokens = ",".join(map(str, self.tokens(40)))
        for choice, code in (("generated", 0), ("onednn", 5)):
            with self.subTest(choice=choice):
                result = subprocess.run([copied, "run", self.plan(choice), "-n", "0", "--tokens", tokens, "--json"],
                                        capture_output=True, env={**os.environ, "LD_LIBRARY_PATH": ""})
                self.assertEqual(result.returncode, code, result.stderr)
                if code:
                    self.assertIn(LIBRARY, result.stderr.decode())
                    self.assertIn("--matmul=generated", result.stderr.decode())


if __name__ == "__main__":
    if not (program.GRAPHC.parent.parent / "lib" / LIBRARY).exists():
        print(f"SKIPPED: graphc was built without oneDNN, there is no {LIBRARY}")
        raise SystemExit(program.SKIPPED)
    if "x86-64-v4-bf16" not in program.levels():
        print("SKIPPED: this machine has no AVX-512 with bf16, which oneDNN needs for packed weights")
        raise SystemExit(program.SKIPPED)
    program.main(needs_shared=False)
