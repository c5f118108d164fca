"""Long contexts: threads share the work on one sequence, with the bits of one thread alone."""
import json
import unittest

import numpy as np
import program

# Fewer key heads than threads: without shares of the context, threads would have nothing to do.
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
          "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 300,
          "num_attention_heads": 4, "num_key_value_heads": 1, "rms_norm_eps": 1e-5,
          "max_position_embeddings": 4096, "rope_theta": 10000.0, "torch_dtype": "bfloat16"}


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
        alone = [self.graphc.forward(plan, [tokens], 5, ("-t", 1))[1] for tokens in self.prompts]
        for threads in (2, 3):
            for tokens, want in zip(self.prompts, alone):
                with self.subTest(options=options, threads=threads, length=len(tokens)):
                    got = self.graphc.forward(plan, [tokens], 5, ("-t", threads))[1]
                    self.assertTrue(np.array_equal(got, want))
            _, together = self.graphc.forward(plan, self.prompts, 5, ("-t", threads))
            self.assertTrue(np.array_equal(together, np.concatenate(alone)))

    def test_f32(self):
        self.check("--dtype", "f32")

    def test_bf16(self):
        self.check("--dtype", "bf16")

    def test_int8_cache(self):
        self.check("--dtype", "bf16", "--kv-cache", "int8")


if __name__ == "__main__":
    program.main(needs_shared=False)
