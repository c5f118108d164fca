"""`dump` at every stage, of the example model and of its plan."""
import os
import re
import subprocess
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"
LAYERS = 4


def functions(text):
    """Names of the functions of MLIR text or LLVM IR that have a body."""
    return re.findall(r"^\s*(?:func\.func|define)\b.*?@\"?([\w.]+)", text, re.M)


class Dump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.texts = {}

    def dump(self, stage, *options, model=MODEL):
        key = (stage, options, str(model))
        if key not in self.texts:
            result = self.graphc("dump", model, "--stage", stage, *options)
            self.assertEqual(result.stderr, b"", "only the result, and that on stdout")
            self.texts[key] = result.stdout.decode()
        return self.texts[key]

    def kernels(self):
        return re.findall(r"graphc\.kernel @([\w.]+)", self.dump("plan"))

    def test_graph_is_unfused(self):
        text = self.dump("graph")
        self.assertEqual(text, self.dump("graph", "-O0"))
        self.assertEqual(text, self.graphc("dump", MODEL).stdout.decode(), "the default stage")
        for op in ("rms_norm", "linear", "rope", "kv_append", "softmax", "silu", "select_rows"):
            self.assertIn(f"graphc.{op} ", text)
        for op in ("fused_linear", "fused_qkv", "flash_attention"):
            self.assertNotIn(f"graphc.{op} ", text)
        self.assertEqual(functions(text), ["decoder", "step"])

    def test_fused_has_five_operators_in_a_layer(self):
        layer = self.dump("fused").split("func.func private @decoder")[1].split("return")[0]
        ops = re.findall(r"graphc\.(fused_\w+|flash_attention|softmax|rms_norm|linear)\b", layer)
        self.assertEqual(ops, ["fused_qkv", "flash_attention"] + 3 * ["fused_linear"])

    def test_plan_has_a_place_for_every_operand(self):
        dispatches = [line for line in self.dump("plan").splitlines() if "graphc.dispatch" in line]
        self.assertTrue(all(re.search(r"@\w+ \[#graphc\..*\]$", line) for line in dispatches))
        for layer in range(LAYERS):
            self.assertTrue(any(f'"layer {layer} ' in line for line in dispatches))
        self.assertIn("#graphc.result", dispatches[-1])

    def test_kernels_are_one_function_for_each_kernel_of_the_plan(self):
        text = self.dump("kernels")
        self.assertEqual(functions(text), self.kernels())
        self.assertIn("vector<16xf32>", self.dump("kernels", "--target", "x86-64-v4"))
        self.assertNotIn("vector<16xf32>", self.dump("kernels", "--target", "x86-64-v3"))
        self.assertNotIn("graphc.", text)

    def test_llvm_has_an_entry_point_for_each_kernel(self):
        text = self.dump("llvm", "--target", "x86-64-v3")
        self.assertEqual(sorted(name for name in functions(text) if name.startswith("graphc_")),
                         sorted(f"graphc_{name}" for name in self.kernels()))
        self.assertIn("+avx2", text)
        self.assertNotIn("+avx512f", text)

    def test_asm_is_of_the_target(self):
        v3, v4 = (self.dump("asm", "--target", target) for target in ("x86-64-v3", "x86-64-v4"))
        for name in self.kernels():
            self.assertIn(f"graphc_{name}:", v3)
        self.assertIn("%ymm", v3)
        self.assertNotIn("%zmm", v3)
        self.assertIn("%zmm", v4)
        for text in (v3, v4):
            self.assertNotRegex(text, r"\tv?dpbf16ps")
            self.assertNotRegex(text, r"\tcall")

    def test_layer_shows_one_layer(self):
        for stage in ("graph", "fused"):
            text = self.dump(stage, "--layer", "1")
            self.assertEqual(functions(text), ["decoder"])
            self.assertIn("@attn.norm", text)
            self.assertNotIn("graphc.weight @embed", text)
        plan = self.dump("plan", "--layer", "2")
        labels = re.findall(r'graphc\.dispatch "(.*?)"', plan)
        self.assertTrue(labels and all(label.startswith("layer 2 ") for label in labels))
        some = functions(self.dump("kernels", "--layer", "2"))
        self.assertTrue(some and set(some) < set(self.kernels()), some)
        self.assertNotIn("graphc_embedding", self.dump("asm", "--layer", "2"))
        for layer in (LAYERS, -1, "x"):
            result = self.graphc("dump", MODEL, "--stage", "plan", "--layer", layer, check=False)
            self.assertEqual((result.returncode, result.stdout), (2, b""))

    def test_a_plan_shows_what_it_was_compiled_from(self):
        options = ("--dtype", "f32", "--disable-pass", "fuse-epilogue", "--target", "x86-64-v3")
        plan = self.graphc.plan(MODEL, *options)
        for stage in ("graph", "fused", "kernels"):
            with self.subTest(stage=stage):
                self.assertEqual(self.dump(stage, model=plan), self.dump(stage, *options))

    def test_random_weights_need_none(self):
        text = self.graphc("dump", MODEL / "config.json", "--random-weights", 3).stdout.decode()
        self.assertIn("graphc.random_weights = 3", text)

    def test_a_gone_reader_ends_it_quietly(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as out:
            done = subprocess.run([str(program.GRAPHC), "dump", str(MODEL), "--stage", "kernels"],
                                  stdout=out, stderr=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, (0, -13))
        self.assertEqual(done.stderr, b"")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as out:
            done = subprocess.run([str(program.GRAPHC), "dump", str(MODEL)], stdout=out,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 6)
        self.assertIn(b"graphc dump: ", done.stderr)


if __name__ == "__main__":
    program.main(needs_shared=False)
