"""Every family and rope kind against float64: a tiny random network each, fused and not, prompt and decode."""
import unittest

import numpy as np

import numpy_decoder
import program

CONTEXT = 96
SIZES = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 4,
         "num_key_value_heads": 2, "vocab_size": 200, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
         "rope_theta": 10000.0, "eos_token_id": 2, "torch_dtype": "float32"}
LONG = {"short_factor": [1.0, 1.1, 1.3, 1.8], "long_factor": [1.0, 1.5, 2.5, 4.0]}
PHI = {"hidden_size": 64, "num_key_value_heads": None, "layer_norm_eps": 1e-5, "rms_norm_eps": None}
GEMMA = {"head_dim": 24, "hidden_act": "gelu", "hidden_activation": None}

FAMILIES = {
    "llama": ("llama", "LlamaForCausalLM", {"attention_bias": True}),
    "mistral": ("mistral", "MistralForCausalLM", {"sliding_window": 7}),
    "mistral without a window": ("mistral", "MistralForCausalLM", {"sliding_window": None}),
    "qwen2": ("qwen2", "Qwen2ForCausalLM", {"tie_word_embeddings": True, "use_sliding_window": False,
                                           "sliding_window": 5, "max_window_layers": 1}),
    "qwen2 with windows": ("qwen2", "Qwen2ForCausalLM", {"use_sliding_window": True, "sliding_window": 5,
                                                         "max_window_layers": 1}),
    "qwen3": ("qwen3", "Qwen3ForCausalLM", {"head_dim": 16}),
    "gemma": ("gemma", "GemmaForCausalLM", GEMMA),
    "gemma2": ("gemma2", "Gemma2ForCausalLM", {**GEMMA, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 9,
                                              "query_pre_attn_scalar": 20, "attn_logit_softcapping": 5.0,
                                              "final_logit_softcapping": 3.0}),
    "gemma3": ("gemma3_text", "Gemma3ForCausalLM", {"head_dim": 16, "sliding_window": 9, "sliding_window_pattern": 2,
                                                   "query_pre_attn_scalar": 16, "rope_local_base_freq": 100.0,
                                                   "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    "phi2": ("phi", "PhiForCausalLM", {**PHI, "hidden_act": "gelu_new"}),
    "phi2 with few key heads": ("phi", "PhiForCausalLM", {**PHI, "num_key_value_heads": 2, "partial_rotary_factor": 0.75,
                                                          "tie_word_embeddings": True}),
    "phi3": ("phi3", "Phi3ForCausalLM", {"original_max_position_embeddings": 64}),
    "phi3 of short contexts": ("phi3", "Phi3ForCausalLM", {
        "hidden_size": 64, "partial_rotary_factor": 0.5, "max_position_embeddings": 256, "original_max_position_embeddings": 128,
        "rope_scaling": {"type": "longrope", **LONG}}),
    "phi3 of long contexts": ("phi3", "Phi3ForCausalLM", {
        "hidden_size": 64, "partial_rotary_factor": 0.5, "max_position_embeddings": 256, "original_max_position_embeddings": 32,
        "tie_word_embeddings": True, "rope_scaling": {"type": "su", **LONG}}),
}

ROPES = {
    "linear": {"rope_type": "linear", "factor": 2.0},
    "dynamic": {"type": "dynamic", "factor": 4.0},
    "yarn": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
    "yarn with scales": {"rope_type": "yarn", "factor": 4.0, "mscale": 0.7, "mscale_all_dim": 0.4, "beta_fast": 8,
                         "beta_slow": 2, "truncate": False},
    "yarn with a factor": {"rope_type": "yarn", "factor": 3.0, "attention_factor": 0.8},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32},
}


class Families(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphc = program.Graphc()

    def check(self, name, config, ways):
        """`ways`: options of compile and of each run."""
        network = numpy_decoder.Network(config)
        folder = self.graphc.path("".join(c if c.isalnum() else "_" for c in name))
        numpy_decoder.write_model(folder, config, network.tensors)
        tokens = [int(t) for t in np.random.default_rng(7).integers(0, config["vocab_size"], 70)]
        want = network.logits(np.array(tokens), CONTEXT)
        for options, runs in ways:
            plan = self.graphc.plan(folder, "--dtype", "f32", "-c", CONTEXT, *options)
            for extra in runs:
                _, rows = self.graphc.forward(plan, [tokens], extra=extra)
                with self.subTest(name=name, options=options, extra=extra):
                    self.assertLess(program.relative_error(rows, want), 2e-5)

    def test_families(self):
        for name, (kind, architecture, keys) in FAMILIES.items():
            self.check(name, {**SIZES, "model_type": kind, "architectures": [architecture], **keys},
                       [(("-O0",), [("--chunk", 11)]), (("-O2",), [(), ("--chunk", 1), ("--chunk", 11)])])

    def test_ropes(self):
        for name, scaling in ROPES.items():
            self.check(name, {**SIZES, "model_type": "llama", "architectures": ["LlamaForCausalLM"],
                              "rope_scaling": scaling}, [(("-O2",), [()])])

    def test_text_part_of_a_model_that_sees(self):
        kind, architecture, keys = FAMILIES["gemma3"]
        text = {**SIZES, "model_type": kind, **keys}
        network = numpy_decoder.Network(text)
        folder = self.graphc.path("seeing")
        config = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
                  "text_config": text, "vision_config": {"hidden_size": 8}}
        tensors = {"language_model." + name: array for name, array in network.tensors.items()}
        other = {"vision_tower.embeddings.weight": np.ones((3, 2), np.float32),
                 "language_model.lm_head.weight": network.tensors["model.embed_tokens.weight"]}
        numpy_decoder.write_model(folder, config, {**tensors, **other})
        plan = self.graphc.path("seeing.gcplan")
        said = self.graphc("compile", folder, "-o", plan, "-c", CONTEXT).stderr.decode()
        self.assertIn("only the text part", said)
        self.assertIn("vision_tower.*", said)
        tokens = list(range(3, 40))
        want = network.logits(np.array(tokens), CONTEXT)
        self.assertLess(program.relative_error(self.graphc.forward(plan, [tokens])[1], want), 2e-5)
        # A dump is an input again, with the same parts left out.
        dump = self.graphc.path("seeing.mlir")
        dump.write_bytes(self.graphc("dump", folder, "--stage", "graph", "-c", CONTEXT).stdout)
        self.graphc("compile", dump, "-o", plan)
        self.assertLess(program.relative_error(self.graphc.forward(plan, [tokens])[1], want), 2e-5)


if __name__ == "__main__":
    program.main(needs_shared=False)
