"""`graphc bench` on the example model: what it prints in each form, not how fast it is."""
import csv
import io
import json
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"
KEYS = {"test", "depth", "threads", "batch", "tokens_per_second", "limit_fraction", "achieved_gbps",
        "read_gbps", "achieved_gops", "peak_gops"}


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.plan = cls.graphc.plan(MODEL, "--dtype", "bf16")

    def bench(self, *options):
        return self.graphc("bench", self.plan, "-r", 2, *options)

    def test_json(self):
        run = self.bench("-p", 16, "-n", 8, "-d", "0,40", "-t", 1, "-b", "1,2", "-o", "json")
        document = json.loads(run.stdout)
        self.assertEqual(document["schema"], 1)
        self.assertEqual([(r["test"], r["depth"], r["batch"]) for r in document["results"]],
                         [(test, depth, batch) for depth in (0, 40) for batch in (1, 2)
                          for test in ("pp16", "tg8")])
        for result in document["results"]:
            with self.subTest(result=result):
                self.assertEqual(set(result), KEYS)
                self.assertEqual(result["threads"], 1)
                rate = result["tokens_per_second"]
                self.assertEqual(set(rate), {"min", "median", "max"})
                self.assertLessEqual(rate["min"], rate["median"])
                self.assertLessEqual(rate["median"], rate["max"])
                for key in KEYS - {"test", "depth", "tokens_per_second"}:
                    self.assertGreater(result[key], 0, key)
        self.assertEqual(run.stderr.count(b"of the limit"), 8)

    def test_bytes_of_a_step_are_those_that_inspect_says(self):
        context = 64
        plan = self.graphc.plan(MODEL, "--dtype", "bf16", "-c", context)
        decode = json.loads(self.graphc("inspect", plan, "--json").stdout)["decode"]
        out = self.graphc("bench", plan, "-r", 1, "-p", 0, "-n", 1, "-d", context - 1, "-t", 1,
                          "-o", "json", "-q").stdout
        [result] = json.loads(out)["results"]
        rate = result["tokens_per_second"]["median"]
        self.assertAlmostEqual(result["achieved_gbps"] / (rate * decode["bytes"] / 1e9), 1, 6)
        self.assertAlmostEqual(result["achieved_gops"] / (rate * decode["flops"] / 1e9), 1, 6)

    def test_profile_and_trace(self):
        trace = self.graphc.path("trace.json")
        out = self.bench("-p", 0, "-n", 3, "-t", 1, "-o", "json", "--profile", "--trace", trace,
                         "-q").stdout
        [result] = json.loads(out)["results"]
        self.assertEqual(set(result), KEYS | {"profile"})
        kernels = result["profile"]["kernels"]
        lost = [kernel["lost_ms"] for kernel in kernels]
        self.assertEqual(lost, sorted(lost, reverse=True))
        header = json.loads(self.graphc("inspect", self.plan, "--json").stdout)["header"]
        schedule = header["variants"][0]["schedule"]
        self.assertEqual(sum(kernel["calls"] for kernel in kernels), 3 * len(schedule))
        self.assertAlmostEqual(sum(kernel["share"] for kernel in kernels) +
                               result["profile"]["between_kernels_ms"] / result["profile"]["ms"], 1)
        events = json.loads(trace.read_text())["traceEvents"]
        names = [event["name"] for event in events if event.get("cat", "step") != "step"]
        self.assertEqual(names, 3 * [dispatch["location"] for dispatch in schedule])
        self.check_figures(events, kernels)

    def check_figures(self, events, kernels):
        """The events of a trace have, put together, what a profile of the same run says."""
        for kernel in kernels:
            calls = [event for event in events
                     if event.get("args", {}).get("kernel") == kernel["kernel"]]
            self.assertEqual(len(calls), kernel["calls"])
            ms = sum(event["dur"] for event in calls) / 1e3
            self.assertAlmostEqual(ms / kernel["ms"], 1, 6)
            for amount, rate in (("bytes", "gbps"), ("operations", "gops")):
                total = sum(event["args"][amount] for event in calls)
                self.assertAlmostEqual(total / 1e6 / ms, kernel[rate], 6, kernel)
            at_limit = sum(event["args"]["limit_fraction"] * event["dur"] for event in calls) / 1e3
            self.assertAlmostEqual(at_limit / ms, kernel["limit_fraction"], 6, kernel)
        for event in events:
            if event["ph"] == "X":
                gbps = event["args"]["bytes"] / 1e3 / event["dur"]
                self.assertAlmostEqual(event["args"]["gbps"], gbps, 3, event)

    def test_speed_is_compared_with_the_type_that_is_computed_with(self):
        for options, want in ((("--dtype", "bf16", "--target", "x86-64-v4-bf16"), "bf16"),
                              (("--dtype", "bf16", "--target", "x86-64-v4-bf16+widen-bf16"), "f32"),
                              (("--dtype", "bf16", "--target", "x86-64-v3"), "f32"),
                              (("--dtype", "f32"), "f32"),
                              (("--dtype", "f32", "--weight-dtype", "f16"), "f32"),
                              (("--dtype", "f32", "--quant", "w4"), "f32"),
                              (("--dtype", "bf16", "--quant", "w4", "--target", "x86-64-v3"), "f32"),
                              (("--dtype", "bf16", "--quant", "w4", "--target", "x86-64-v4-bf16"), "bf16"),
                              (("--quant", "w8a8"), "i8")):
            with self.subTest(options=options):
                plan = self.graphc.plan(MODEL, *options)
                header = json.loads(self.graphc("inspect", plan, "--json").stdout)["header"]
                kinds = {kernel["arithmetic"] for kernel in header["variants"][0]["kernels"]
                         if kernel["op"] == "graphc.fused_linear"}
                self.assertEqual(kinds, {want})

    def test_tables(self):
        markdown = self.bench("-p", 4, "-n", 0, "-t", 1, "-q", "--profile").stdout.decode()
        self.assertTrue(markdown.startswith("| test |"), markdown)
        self.assertIn("| graphc.fused_linear ", markdown)
        rows = list(csv.DictReader(io.StringIO(
            self.bench("-p", 4, "-n", 2, "-t", 1, "-q", "-o", "csv").stdout.decode())))
        self.assertEqual([row["test"] for row in rows], ["pp4", "tg2"])
        self.assertGreater(float(rows[0]["tokens_per_second_median"]), 0)

    def test_wrong_usage(self):
        for options in (("-p", "x"), ("-p", "0", "-n", "0"), ("-p", "1000000"), ("-d", "511"),
                        ("-b", "0"), ("-t", "0"), ("-t", "9999"), ("-r", "0"), ("-o", "xml"),
                        ("-o", "csv", "--profile")):
            with self.subTest(options=options):
                extra = ("-n", "8") if options[0] == "-d" else ()
                run = self.graphc("bench", self.plan, *options, *extra, check=False)
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertEqual(run.stdout, b"")


if __name__ == "__main__":
    program.main(needs_shared=False)
