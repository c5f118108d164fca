"""A real model: greedy stories, logits and likelihood of a text."""
import json
import unittest

import numpy as np
import program

FOLDER = program.SHARED / "stories260K"


class Stories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.plan = cls.graphc.plan(FOLDER / "hf", "--dtype", "f32")
        cls.cases = json.loads((FOLDER / "goldens" / "greedy.json").read_text())["results"]

    def test_greedy_ids_and_logits(self):
        for case in self.cases:
            with self.subTest(case=case["id"]):
                greedy = case["greedy"]
                sequences, rows = self.graphc.forward(self.plan, [case["prompt_tokens"]],
                                                      len(greedy))
                self.assertEqual(sequences[0]["tokens"], greedy)
                want = np.load(FOLDER / "goldens" / f"logits_{case['id']}.npy")
                count = min(len(want), len(rows))
                self.assertLess(np.abs(rows[:count] - want[:count]).max(), 1e-3)

    def test_greedy_texts(self):
        for case in self.cases:
            with self.subTest(case=case["id"]):
                out = self.graphc("run", self.plan, "-p", case["prompt"], "-n", len(case["greedy"]),
                                  "--temp", 0, "--json").stdout
                sequence = json.loads(out)["sequences"][0]
                self.assertEqual(sequence["prompt_tokens"], case["prompt_tokens"])
                self.assertEqual(case["prompt"] + sequence["text"], case["text"])

    def test_mean_nll(self):
        excerpt = json.loads((FOLDER / "goldens" / "shakespeare_a.json").read_text())
        step, values = excerpt["window"] - 1, []
        for i in range(0, excerpt["count"], step):
            window = [1] + excerpt["tokens"][i:i + step]
            _, rows = self.graphc.forward(self.plan, [window])
            values.append(program.nll(rows[:-1], window[1:]))
        mean = float(np.concatenate(values).mean())
        self.assertLess(abs(mean - excerpt["mean_nll"]), 1e-4)


if __name__ == "__main__":
    program.main()
