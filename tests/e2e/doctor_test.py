"""What `graphc doctor` says of the machine that the test runs on."""
import ctypes
import json
import os
import unittest

import program


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def report(self, *options, env=None):
        return json.loads(self.graphc("doctor", "--json", *options, env=env).stdout)

    def test_limits(self):
        report = self.report("-t", "1")
        self.assertEqual(report["schema"], 1)
        [limits] = report["limits"]
        self.assertEqual(limits["threads"], 1)
        self.assertGreater(limits["read_gbps"], 0.1)
        self.assertIn("f32", [peak["type"] for peak in limits["peaks"]])
        for peak in limits["peaks"]:
            self.assertGreater(peak["gops"], 0.5, peak)

    def test_facts(self):
        report = self.report("--no-limits")
        self.assertIsNone(report["limits"])
        self.assertIn(report["cpu"]["usable_cpus"], range(1, 1 + len(os.sched_getaffinity(0))))
        version = json.loads(self.graphc("version", "--json").stdout)
        usable = sorted(f["name"] for f in report["cpu"]["features"] if f["usable"])
        self.assertEqual(usable, version["features"])
        self.assertEqual(report["cpu"]["level"], version["level"])
        self.assertRegex(report["versions"]["MLIR, LLVM and lld"], r"^22\.")
        kinds = {cache["kind"] for cache in report["cpu"]["caches"]}
        self.assertLessEqual(kinds, {"data", "instruction", "unified"})

    def test_version_of_onednn_is_that_which_products_come_from(self):
        report = self.report("--no-limits")
        provider = program.GRAPHC.parent.parent / "lib" / "libgraphc-onednn.so"
        if not provider.exists():
            self.assertNotIn("oneDNN", report["versions"])
            self.assertTrue(any("--matmul=onednn" in note for note in report["notes"]))
            self.skipTest("built without oneDNN")
        # Through the provider's handle: of the library that it links.
        version = ctypes.CDLL(str(provider)).dnnl_version
        version.restype = ctypes.POINTER(ctypes.c_int * 3)
        self.assertEqual(report["versions"]["oneDNN"], ".".join(map(str, version().contents)))

    def test_masked_features(self):
        report = self.report("--no-limits", env={"GRAPHC_CPU_MASK": "avx2"})
        self.assertIsNone(report["cpu"]["level"])
        self.assertTrue(any("no plan runs here" in note for note in report["notes"]))

    def test_text_and_usage(self):
        run = self.graphc("doctor", "--no-limits")
        self.assertIn(b"Processor", run.stdout)
        self.assertEqual(run.stderr, b"")
        self.assertEqual(self.graphc("doctor", "-t", "0", check=False).returncode, 2)


if __name__ == "__main__":
    program.main(needs_shared=False)
