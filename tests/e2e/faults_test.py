"""Models that are broken, or that change while they are used, on copies of the example model."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import program

EXAMPLE = program.ROOT / "examples" / "tiny-stories"
NAN_BF16 = b"\xc0\x7f"


class Faults(unittest.TestCase):
    def setUp(self):
        self.graphc = program.Graphc()
        self.model = self.graphc.path("model")
        shutil.copytree(EXAMPLE, self.model, ignore=shutil.ignore_patterns("*.py", "*.md"))
        self.weights = self.model / "model.safetensors"

    def put_nan(self, tensor):
        """Makes the first number of a tensor NaN."""
        data = bytearray(self.weights.read_bytes())
        length = int.from_bytes(data[:8], "little")
        entry = json.loads(data[8:8 + length])[tensor]
        at = 8 + length + entry["data_offsets"][0]
        nan = {"F32": b"\0\0" + NAN_BF16, "BF16": NAN_BF16, "F16": b"\0\x7e"}[entry["dtype"]]
        data[at:at + len(nan)] = nan
        self.weights.write_bytes(data)

    def test_e3_row18_the_operator_that_made_nan_is_named(self):
        self.put_nan("model.layers.1.mlp.down_proj.weight")
        for options in ((), ("-O0",), ("--dtype", "bf16"), ("-O0", "--dtype", "bf16")):
            with self.subTest(options=options):
                plan = self.graphc.plan(self.model, *options)
                result = self.graphc("run", plan, "-p", "Once upon a time", "-n", 3, check=False)
                self.assertEqual(result.returncode, 7)
                message = result.stderr.decode()
                self.assertRegex(message, r"sequence 0, position \d+: the logits are not numbers")
                self.assertRegex(message, r"that of layer 1 .*down.* \(graphc\.(fused_)?linear\)")

    def test_e3_row18_nan_does_not_vanish_in_integers(self):
        self.put_nan("model.layers.1.post_attention_layernorm.weight")
        for scheme in ("w8a8", "w4a8"):
            with self.subTest(scheme=scheme):
                plan = self.graphc.plan(self.model, "--quant", scheme)
                result = self.graphc("run", plan, "-p", "Once upon a time", "-n", 3, check=False)
                self.assertEqual(result.returncode, 7)
                self.assertRegex(result.stderr.decode(), r"that of layer 1 .* \(graphc\.prepare_rows\)")

    def test_e3_row18_saved_results_are_numbers(self):
        self.put_nan("model.layers.1.mlp.down_proj.weight")
        plan, rows = self.graphc.plan(self.model), self.graphc.path("rows.npy")
        for count in (0, 1):
            result = self.graphc("run", plan, "--tokens", "1,2,3", "-n", count, "--save-result", rows, check=False)
            self.assertEqual(result.returncode, 7)
            self.assertRegex(result.stderr.decode(), r"sequence 0, row 0: .* not numbers.*that of layer 1 .*down")
            self.assertFalse(rows.exists())

    def test_e3_row21_changed_sources_are_noticed(self):
        plan = self.graphc.plan(self.model)
        inspect = ("inspect", plan, "--sources", self.model)
        self.assertIn(b"config.json", self.graphc(*inspect).stdout)
        config = self.model / "config.json"
        os.utime(config, (1, 1))  # another time, the same contents
        self.graphc(*inspect)
        config.write_text(config.read_text() + "\n")
        result = self.graphc(*inspect, check=False)
        self.assertEqual(result.returncode, 5)
        self.assertEqual(len(set(re.findall(rb"xxh3:[0-9a-f]{16}", result.stderr))), 2)
        self.assertIn(b"compile the model again", result.stderr)

    def test_e3_row25_a_model_that_is_cut_short_is_damaged_input(self):
        # The report is written when the weights have been mapped and before they are packed: a
        # pipe without a reader holds the compiler there.
        pipe, plan = self.graphc.path("report"), self.graphc.path("cut.gcplan")
        os.mkfifo(pipe)
        compiler = subprocess.Popen(
            [str(program.GRAPHC), "compile", str(self.model), "-o", str(plan), "--report", str(pipe)],
            stderr=subprocess.PIPE)
        maps = pathlib.Path(f"/proc/{compiler.pid}/maps")
        deadline = time.monotonic() + 120
        while str(self.weights) not in maps.read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        os.truncate(self.weights, 4096)
        pipe.read_text()
        _, message = compiler.communicate(timeout=600)
        self.assertEqual(compiler.returncode, 3)
        self.assertIn(b"model.safetensors: the file was cut short", message)
        self.assertFalse(plan.exists())

    def test_ignored_keys_are_listed_on_request(self):
        config = json.loads((self.model / "config.json").read_text())
        config["use_cache"] = True
        (self.model / "config.json").write_text(json.dumps(config))
        plan = self.graphc.path("verbose.gcplan")
        quiet = self.graphc("compile", self.model, "-o", plan).stderr
        self.assertNotIn(b"use_cache", quiet)
        verbose = self.graphc("compile", self.model, "-o", plan, "-v").stderr.decode()
        self.assertRegex(verbose, r"config\.json: keys that change nothing .*\buse_cache\b")


if __name__ == "__main__":
    program.main(needs_shared=False)
