"""Long contexts: threads share the work on one sequence, with the bits of one thread alone."""
import json
import unittest

import numpy as np
import program

# Fewer key heads than threads: without shares of the context, threads would have nothing to do.
CONFIG = program.llama_config(max_position_embeddings=4096, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
                              num_attention_heads=4, num_key_value_heads=1, vocab_size=300)


class LongContext(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()
        cls.model = cls.graphc.path("long.json")
        cls.model.write_text(json.dumps(CONFIG))
        random = np.random.default_rng(3)
        # Within a piece of the context, just behind one, and several.
        cls.prompts = [[*map(int, random.integers(2, 300, size))] for size in (300, 511, 1700)]

    def check(self, *options):
        plan = self.graphc.plan(self.model, "--random-weights", 5, *options)
        threads = [("-t", count) for count in (1, 2, 3)]
        program.check_same_bits(self, self.graphc, plan, self.prompts, 5, threads, threads, options)

    def test_f32(self):
        self.check("--dtype", "f32")

    def test_bf16(self):
        self.check("--dtype", "bf16")

    def test_int8_cache(self):
        self.check("--dtype", "bf16", "--kv-cache", "int8")


if __name__ == "__main__":
    program.main(needs_shared=False)
