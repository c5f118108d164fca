"""Plans that `graphc run MODEL` makes on the way: found again, made again when something changed, kept within a limit."""
import json
import os
import shutil
import subprocess
import unittest

import program

MODEL = program.ROOT / "examples" / "tiny-stories"
RUN = ("-p", "Once upon a time", "-n", 8, "--temp", 0)


class Cache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def setUp(self):
        self.home = self.graphc.path(self.id().split(".")[-1])
        self.home.mkdir()
        self.env = {"XDG_CACHE_HOME": str(self.home)}
        self.model = self.home / "model"
        shutil.copytree(MODEL, self.model)

    def run_model(self, *options, env=None, check=True):
        return self.graphc("run", self.model, *RUN, *options, env={**self.env, **(env or {})}, check=check)

    def entries(self):
        return json.loads(self.graphc("cache", "list", "--json", env=self.env).stdout)["entries"]

    def compiled(self, result):
        return b"kernels for" in result.stderr

    def test_the_second_run_compiles_nothing(self):
        first, second = self.run_model(), self.run_model()
        self.assertTrue(self.compiled(first))
        self.assertFalse(self.compiled(second))
        self.assertEqual(first.stdout, second.stdout)
        plan = self.graphc.plan(MODEL)
        self.assertEqual(self.graphc("run", plan, *RUN).stdout, first.stdout)
        entry, = self.entries()
        self.assertEqual(entry["model"], str(self.model))

    def test_what_changes_the_plan_makes_another_one(self):
        self.run_model()
        self.assertTrue(self.compiled(self.run_model("--dtype", "bf16")))
        self.assertTrue(self.compiled(self.run_model("-c", 64)))
        self.assertEqual(len(self.entries()), 3)
        config = self.model / "config.json"
        config.write_text(config.read_text() + "\n")
        self.assertTrue(self.compiled(self.run_model()))
        weights = self.model / "model.safetensors"
        os.utime(weights, (1, 1))
        self.assertTrue(self.compiled(self.run_model()))

    def test_a_damaged_plan_is_made_again(self):
        self.run_model()
        plan = self.entries()[0]["plan"]
        with open(plan, "r+b") as file:
            file.truncate(1000)
        again = self.run_model()
        self.assertTrue(self.compiled(again))
        self.assertFalse(self.compiled(self.run_model()))

    def test_of_two_at_once_one_compiles(self):
        runs = [subprocess.Popen([str(program.GRAPHC), "run", str(self.model), *map(str, RUN)],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **self.env})
                for _ in range(2)]
        results = [run.communicate(timeout=300) for run in runs]
        self.assertEqual([run.returncode for run in runs], [0, 0], results)
        self.assertEqual(results[0][0], results[1][0])
        self.assertEqual(sum(b"kernels for" in err for _, err in results), 1)

    def test_the_limit_removes_what_was_used_longest_ago(self):
        self.run_model()
        size = self.entries()[0]["bytes"]
        self.run_model("--max-chunk", 16, env={"GRAPHC_CACHE_LIMIT": str(size * 3 // 2)})
        entry, = self.entries()
        self.assertIn("--max-chunk=16", entry["options"])
        off = self.run_model("--max-chunk", 32, env={"GRAPHC_CACHE_LIMIT": "0"})
        self.assertTrue(self.compiled(off))
        self.assertEqual(len(self.entries()), 1)
        bad = self.run_model(env={"GRAPHC_CACHE_LIMIT": "much"}, check=False)
        self.assertEqual(bad.returncode, 2)
        self.assertIn("GRAPHC_CACHE_LIMIT", bad.stderr.decode())

    def test_list_clear_path(self):
        self.run_model()
        listed = self.graphc("cache", "list", env=self.env).stdout.decode()
        self.assertIn(str(self.model), listed)
        self.assertIn("1 plan,", listed)
        self.assertEqual(self.graphc("cache", "path", env=self.env).stdout.decode().strip(), str(self.home / "graphc"))
        self.assertIn("removed", self.graphc("cache", "clear", env=self.env).stdout.decode())
        self.assertEqual(self.entries(), [])
        self.assertEqual(self.graphc("cache", "lst", env=self.env, check=False).returncode, 2)

    def test_without_a_cache_the_plan_is_for_this_run(self):
        result = self.run_model("--no-cache")
        self.assertTrue(self.compiled(result))
        self.assertEqual(self.entries(), [])

    def test_failures_leave_nothing(self):
        (self.model / "config.json").write_text("{")
        result = self.run_model(check=False)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("config.json", result.stderr.decode())
        self.assertEqual(self.entries(), [])
        plan = self.graphc.plan(MODEL)
        result = self.graphc("run", plan, *RUN, "--dtype", "bf16", check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("--dtype", result.stderr.decode())


if __name__ == "__main__":
    program.main(needs_shared=False)
