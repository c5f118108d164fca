"""Weights that are stored in less than the f32 they are multiplied in: the same logits, to the bit."""
import json
import shutil
import unittest

import numpy as np
import program

EXAMPLE = program.ROOT / "examples" / "tiny-stories"
TOKENS = [1 + 37 * i % 1000 for i in range(45)]


def read_tensors(path):
    """{name: f32 array} of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + at for at in entry["data_offsets"])
        raw = np.frombuffer(data[begin:end], {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[entry["dtype"]])
        if entry["dtype"] == "BF16":
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        tensors[name] = raw.astype(np.float32).reshape(entry["shape"])
    return tensors


def write_tensors(path, tensors, types):
    """Writes f32 arrays as `types(name)`, "F32" or "F16"."""
    header, body = {}, b""
    for name, array in tensors.items():
        raw = array.astype({"F32": "<f4", "F16": "<f2"}[types(name)]).tobytes()
        header[name] = {"dtype": types(name), "shape": list(array.shape),
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


class WeightDtype(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        exact = read_tensors(EXAMPLE / "model.safetensors")
        exact = {name: array.astype(np.float16).astype(np.float32) for name, array in exact.items()}
        cls.f16 = cls.folder("f16", exact, lambda name: "F16")
        cls.wide = cls.folder("wide", exact, lambda name: "F32")
        # What f16 does not hold is kept in f32 beside it.
        large = {name: array * np.float32(1 + 2 ** -20) if "v_proj" in name else array
                 for name, array in exact.items()}
        cls.mixed = cls.folder("mixed", large, lambda name: "F32" if "v_proj" in name else "F16")
        cls.mixed_wide = cls.folder("mixed-wide", large, lambda name: "F32")

    @classmethod
    def folder(cls, name, tensors, types):
        folder = cls.graphc.path(name)
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("*.py", "*.md", "*.safetensors"))
        config = json.loads((folder / "config.json").read_text())
        config["torch_dtype"] = "float16" if types("lm_head") == "F16" else "float32"
        (folder / "config.json").write_text(json.dumps(config))
        write_tensors(folder / "model.safetensors", tensors, types)
        return folder

    def rows(self, model, *options):
        return self.graphc.forward(self.graphc.plan(model, *options), [TOKENS, TOKENS[7:12]], 6)[1]

    def weight_types(self, model, *options):
        """{element type: bytes of the weights of that type}."""
        plan = self.graphc.plan(model, *options)
        header = json.loads(self.graphc("inspect", plan, "--json").stdout)["header"]
        types = {}
        for weight in header["weights"]:
            kind = weight["type"].split("x")[-1]
            types[kind] = types.get(kind, 0) + weight["bytes"]
        return types

    def check_same(self, narrow, wide):
        np.testing.assert_array_equal(self.rows(*narrow).view(np.uint32),
                                      self.rows(*wide).view(np.uint32))

    def test_f16_checkpoints_lose_nothing_and_take_half_the_bytes(self):
        self.check_same((self.f16,), (self.wide,))
        for level in program.levels():
            for options in ((), ("-O0",), ("--disable-pass", "join-matmuls"),
                            ("--kv-cache", "bf16")):
                with self.subTest(level=level, options=options):
                    options += ("--target", level)
                    self.check_same((self.f16, *options), (self.wide, *options))
        narrow, wide = self.weight_types(self.f16), self.weight_types(self.wide)
        self.assertEqual(set(wide), {"f32"})
        self.assertEqual(set(narrow), {"f32", "f16"})
        self.assertEqual(2 * narrow["f16"] + narrow["f32"], wide["f32"])

    def test_bf16_checkpoints_in_f32_arithmetic_lose_nothing_either(self):
        for level in program.levels():
            options = ("--dtype", "f32", "--target", level)
            self.check_same((EXAMPLE, *options), (EXAMPLE, *options, "--weight-dtype", "f32"))
        self.assertIn("bf16", self.weight_types(EXAMPLE, "--dtype", "f32"))

    def test_each_tensor_keeps_its_own_type(self):
        self.check_same((self.mixed, "--disable-pass", "join-matmuls"),
                        (self.mixed_wide, "--disable-pass", "join-matmuls"))
        self.check_same((self.mixed,), (self.mixed_wide,))
        self.assertIn("f16", self.weight_types(self.mixed))

    def test_weights_left_out_of_quantization_keep_theirs(self):
        options = ("--quant", "w8", "--quant-exclude", "*down_proj*", "--quant-embeddings", "none")
        self.check_same((self.f16, *options), (self.wide, *options))
        self.assertGreater(self.weight_types(self.f16, *options)["f16"], 0)

    def test_any_type_can_be_asked_for(self):
        want = self.rows(self.wide)
        for dtype, bound in (("f32", 0), ("f16", 0), ("bf16", 0.02)):
            with self.subTest(dtype=dtype):
                options = ("--dtype", "f32", "--weight-dtype", dtype)
                self.assertIn(dtype, self.weight_types(self.wide, *options))
                self.assertLessEqual(program.relative_error(self.rows(self.wide, *options), want),
                                     bound)

    def test_random_weights_are_those_of_a_checkpoint_of_the_configured_type(self):
        types = self.weight_types(self.f16 / "config.json", "--random-weights", "1")
        self.assertGreater(types["f16"], 10 * types["f32"] / 2)

    def test_dump_of_a_plan_has_its_weights(self):
        plan = self.graphc.plan(self.f16)
        text = self.graphc("dump", plan, "--stage", "fused").stdout.decode()
        self.assertRegex(text, r"graphc.fused_linear .* rows\(f32\) .*x\d+xf16>")

    def test_what_does_not_go_together_is_said(self):
        out = self.graphc.path("no.gcplan")
        for options, code, message in (
                (("--weight-dtype", "i8"), 2, "--weight-dtype 'i8' is unknown"),
                (("--dtype", "bf16", "--weight-dtype", "f16"), 2,
                 "--weight-dtype f16 needs --dtype f32"),
                (("--matmul", "onednn", "--weight-dtype", "f16"), 4, "oneDNN converts no panels")):
            with self.subTest(options=options):
                result = self.graphc("compile", self.wide, "-o", out, *options, check=False)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(message, result.stderr.decode())
        folder = self.folder("large", {name: array * np.float32(1e9) for name, array in
                                       read_tensors(self.wide / "model.safetensors").items()},
                             lambda name: "F32")
        result = self.graphc("compile", folder, "-o", out, "--weight-dtype", "f16", check=False)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("too large for f16", result.stderr.decode())


if __name__ == "__main__":
    program.main(needs_shared=False)
