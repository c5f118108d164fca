"""Memory of a run that fills its context: what `inspect` predicts, part by part."""
import json
import os
import re
import signal
import subprocess
import unittest

import numpy as np
import program

# Tens of MB of each part: beside them the heap and stacks of the process (0.3 MB) are small. Program and libraries
# (5 MB, of files that others have mapped as well) are left out. Panels and heads that are not full.
SHAPE = program.llama_config(max_position_embeddings=4096, hidden_size=520, num_hidden_layers=4, num_attention_heads=13,
                             num_key_value_heads=13, head_dim=40, intermediate_size=1504, vocab_size=3000)
SHARE = 0.05
LAST_TOKENS = 100  # of the context: generated one by one, so that the process can be stopped among them


def resident(pid):
    """Bytes in memory: anonymous ones as '', others by the name of their file."""
    result, name = {"": 0}, ""
    with open(f"/proc/{pid}/smaps") as maps:
        for line in maps:
            start = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)", line)
            if start:
                name = start[1]
                continue
            key, _, value = line.partition(":")
            if key not in ("Rss", "Anonymous"):
                continue
            count = int(value.split()[0]) * 1024
            result[name] = result.get(name, 0) + (count if key == "Rss" else -count)
            result[""] += count if key == "Anonymous" else 0
    return result


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.model = cls.graphc.path("config.json")
        cls.model.write_text(json.dumps(SHAPE))

    def stopped_at_the_end(self, plan, context):
        """What is resident when all but a few tokens of the context are there."""
        prompt = np.random.default_rng(5).integers(0, SHAPE["vocab_size"], context - LAST_TOKENS)
        process = subprocess.Popen(
            [str(program.GRAPHC), "run", str(plan), "--tokens", ",".join(map(str, prompt)), "-c", str(context),
             "--temp", "0", "--ignore-eos", "-q"], stdout=subprocess.PIPE)
        commas = 0
        while commas < LAST_TOKENS // 2:
            text = os.read(process.stdout.fileno(), 4096)
            self.assertTrue(text, "the run ended early")
            commas += text.count(b",")
        process.send_signal(signal.SIGSTOP)
        found = resident(process.pid)
        process.kill()
        process.wait()
        process.stdout.close()
        return found

    def compare(self, what, found, wanted):
        self.assertLess(abs(found / wanted - 1), SHARE, f"{what}: {found} bytes found, {wanted} predicted")

    def check(self, *options):
        plan = self.graphc.plan(self.model, "--random-weights", "1", *options)
        parts = {use["what"]: use["bytes"] for use in json.loads(self.graphc("inspect", plan, "--json").stdout)["memory"]}
        found = self.stopped_at_the_end(plan, SHAPE["max_position_embeddings"])
        code = next(name for name in found if "graphc-code" in name)
        self.compare("weights", found[str(plan)], parts["weights"])
        self.assertLess(abs(found[code] - parts["code"]), 16 << 10)
        anonymous = sum(parts.values()) - parts["weights"] - parts["code"]
        self.compare(f"{parts}", found[""], anonymous)
        self.compare("all", found[""] + found[str(plan)] + found[code], sum(parts.values()))
        return parts, anonymous

    def test_where_most_is_cache(self):
        parts, anonymous = self.check("--dtype", "f32")
        self.assertGreater(parts["KV cache"], 0.9 * anonymous)

    def test_where_most_is_arena(self):
        parts, anonymous = self.check("--dtype", "bf16", "--kv-cache", "int8", "--max-chunk", "3996")
        self.assertGreater(parts["arena"], 0.6 * anonymous)

    def test_quantized(self):
        self.check("--dtype", "bf16", "--quant", "w8a8", "--kv-cache", "int8")

    def test_unfused(self):
        self.check("--dtype", "f32", "-O0")


if __name__ == "__main__":
    program.main(needs_shared=False)
