"""The networks of all families in float64 and numpy, written from their definitions: what plans are compared with."""
import json
import math
import struct

import numpy as np


def write_model(folder, config, tensors):
    """A model folder of a config and f32 tensors by name."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


class Network:
    """A config.json with what its family leaves unsaid; random weights in the checkpoint's names and shapes."""

    def __init__(self, config, seed=1):
        self.config, self.random, self.tensors = config, np.random.default_rng(seed), {}
        c = config
        self.kind = c["model_type"]
        self.is_gemma, self.is_phi2 = self.kind.startswith("gemma"), self.kind == "phi"
        self.layers, self.hidden, self.ffn = c["num_hidden_layers"], c["hidden_size"], c["intermediate_size"]
        self.heads = c["num_attention_heads"]
        self.kv_heads = c.get("num_key_value_heads") or self.heads
        self.head_dim = c.get("head_dim") or self.hidden // self.heads
        self.post_norms = self.kind in ("gemma2", "gemma3_text")
        self.head_norms = self.kind in ("qwen3", "gemma3_text")
        self.tied = c.get("tie_word_embeddings", self.is_gemma)
        self.make_tensors()

    # Weights -------------------------------------------------------------------------------------

    def add(self, name, *shape):
        spread = 0.4 if len(shape) == 1 else 0.6 / math.sqrt(shape[-1]) * 3
        center = 0 if self.is_gemma or name.endswith("bias") or len(shape) > 1 else 1
        self.tensors[name] = (center + spread * self.random.standard_normal(shape)).astype(np.float32)

    def add_linear(self, name, rows, columns, bias):
        self.add(name + ".weight", rows, columns)
        if bias:
            self.add(name + ".bias", rows)

    def add_norm(self, name, width):
        self.add(name + ".weight", width)
        if self.is_phi2:
            self.add(name + ".bias", width)

    def make_tensors(self):
        c, q, kv = self.config, self.heads * self.head_dim, self.kv_heads * self.head_dim
        bias = self.is_phi2 or bool(c.get("attention_bias"))
        self.add("model.embed_tokens.weight", c["vocab_size"], self.hidden)
        for i in range(self.layers):
            layer = f"model.layers.{i}."
            for norm in self.layer_norms():
                self.add_norm(layer + norm, self.hidden)
            if self.kind == "phi3":
                self.add_linear(layer + "self_attn.qkv_proj", q + 2 * kv, self.hidden, False)
            else:
                for part, rows in (("q", q), ("k", kv), ("v", kv)):
                    self.add_linear(f"{layer}self_attn.{part}_proj", rows, self.hidden, bias or self.kind == "qwen2")
            if self.head_norms:
                self.add(layer + "self_attn.q_norm.weight", self.head_dim)
                self.add(layer + "self_attn.k_norm.weight", self.head_dim)
            self.add_linear(layer + ("self_attn.dense" if self.is_phi2 else "self_attn.o_proj"), self.hidden, q, bias)
            for name, rows, columns in self.mlp_linears():
                self.add_linear(f"{layer}mlp.{name}", rows, columns, self.is_phi2 or bool(c.get("mlp_bias")))
        self.add_norm("model.final_layernorm" if self.is_phi2 else "model.norm", self.hidden)
        if not self.tied:
            self.add("lm_head.weight", c["vocab_size"], self.hidden)
        if self.is_phi2:
            self.add("lm_head.bias", c["vocab_size"])

    def layer_norms(self):
        if self.is_phi2:
            return ["input_layernorm"]
        behind = ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if self.post_norms else []
        return ["input_layernorm", "post_attention_layernorm", *behind]

    def mlp_linears(self):
        """Name, rows and columns of each."""
        hidden, ffn = self.hidden, self.ffn
        if self.is_phi2:
            return [("fc1", ffn, hidden), ("fc2", hidden, ffn)]
        if self.kind == "phi3":
            return [("gate_up_proj", 2 * ffn, hidden), ("down_proj", hidden, ffn)]
        return [("gate_proj", ffn, hidden), ("up_proj", ffn, hidden), ("down_proj", hidden, ffn)]

    # Rotary positions ----------------------------------------------------------------------------

    def rope(self, positions, context, sliding):
        """Cosines and sines of the pairs of a head, (T, R / 2) each."""
        c = self.config
        scaling, theta = c.get("rope_scaling") or {}, c.get("rope_theta", 10000.0)
        if self.kind == "gemma3_text" and sliding:
            scaling, theta = {}, c["rope_local_base_freq"]
        width = int(self.head_dim * c.get("partial_rotary_factor", 0.5 if self.is_phi2 else 1.0))
        kind, factor = scaling.get("rope_type", scaling.get("type", "default")), scaling.get("factor", 1.0)
        trained = scaling.get("original_max_position_embeddings",
                              c.get("original_max_position_embeddings", c["max_position_embeddings"]))
        if kind == "dynamic":
            length = max(context, trained)
            theta *= (factor * length / trained - (factor - 1)) ** (width / (width - 2))
        power = theta ** (np.arange(0, width, 2) / width)
        frequency, scale = 1 / power, 1.0
        if kind == "linear":
            frequency = frequency / factor
        elif kind == "llama3":
            low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
            wave = 2 * math.pi / frequency
            smooth = np.clip((trained / wave - low) / (high - low), 0, 1)
            frequency = (1 - smooth) * frequency / factor + smooth * frequency
        elif kind == "yarn":
            pair = lambda turns: width * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))
            low, high = pair(scaling.get("beta_fast", 32)), pair(scaling.get("beta_slow", 1))
            if scaling.get("truncate", True):
                low, high = math.floor(low), math.ceil(high)
            low, high = max(low, 0), min(high, width - 1)
            ramp = np.clip((np.arange(width // 2) - low) / max(high - low, 0.001), 0, 1)
            frequency = frequency / factor * ramp + frequency * (1 - ramp)
            growth = lambda weight: 0.1 * weight * math.log(factor) + 1
            scale = growth(1)
            if "mscale" in scaling:
                scale = growth(scaling["mscale"]) / growth(scaling["mscale_all_dim"])
            scale = scaling.get("attention_factor", scale)
        elif kind in ("longrope", "su"):
            frequency = frequency / scaling["long_factor" if context > trained else "short_factor"]
            grown = c["max_position_embeddings"] / trained
            scale = math.sqrt(1 + math.log(grown) / math.log(trained)) if grown > 1 else 1.0
        angle = positions[:, None] * frequency
        return np.cos(angle) * scale, np.sin(angle) * scale

    # The network ---------------------------------------------------------------------------------

    def window(self, layer):
        """Tokens that a layer sees; None: all."""
        c = self.config
        width = c.get("sliding_window")
        slides = {"mistral": True, "phi3": True,
                  "qwen2": c.get("use_sliding_window") and layer >= c.get("max_window_layers", 0),
                  "qwen3": c.get("use_sliding_window") and layer >= c.get("max_window_layers", 0),
                  "gemma2": layer % 2 == 0,
                  "gemma3_text": (layer + 1) % c.get("sliding_window_pattern", 6) != 0}.get(self.kind, False)
        if "layer_types" in c:
            slides = c["layer_types"][layer] == "sliding_attention"
        return width if slides and width else None

    def weight(self, name):
        return self.tensors[name].astype(np.float64)

    def norm(self, x, name):
        if self.is_phi2:
            x = x - x.mean(-1, keepdims=True)
            scaled = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
            return scaled * self.weight(name + ".weight") + self.weight(name + ".bias")
        scaled = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config["rms_norm_eps"])
        return scaled * (self.weight(name + ".weight") + (1 if self.is_gemma else 0))

    def linear(self, x, name):
        bias = self.tensors.get(name + ".bias", np.zeros(1)).astype(np.float64)
        return x @ self.weight(name + ".weight").T + bias

    def rotate(self, x, rope):
        cosine, sine = (part[:, None, :] for part in rope)
        half = cosine.shape[-1]
        a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
        return np.concatenate([a * cosine - b * sine, b * cosine + a * sine, rest], -1)

    def project(self, x, layer):
        """Queries, keys and values, (T, heads, head_dim) each."""
        name, q, kv = layer + "self_attn.", self.heads * self.head_dim, self.kv_heads * self.head_dim
        if self.kind == "phi3":
            parts = np.split(self.linear(x, name + "qkv_proj"), [q, q + kv], axis=-1)
        else:
            parts = [self.linear(x, f"{name}{part}_proj") for part in "qkv"]
        parts = [part.reshape(len(x), -1, self.head_dim) for part in parts]
        if self.head_norms:
            parts[:2] = [self.norm(part, f"{name}{which}_norm") for part, which in zip(parts, "qk")]
        return parts

    def attention(self, x, i, context):
        c, layer, count = self.config, f"model.layers.{i}.", len(x)
        window, positions = self.window(i), np.arange(count)
        q, k, v = self.project(x, layer)
        rope = self.rope(positions, context, sliding=window is not None)
        q, k = self.rotate(q, rope), self.rotate(k, rope)
        k, v = (np.repeat(part, self.heads // self.kv_heads, axis=1) for part in (k, v))
        scores = np.einsum("thd,shd->hts", q, k) / math.sqrt(c.get("query_pre_attn_scalar", self.head_dim))
        if c.get("attn_logit_softcapping"):
            scores = c["attn_logit_softcapping"] * np.tanh(scores / c["attn_logit_softcapping"])
        behind = positions[:, None] - positions[None, :]
        seen = (behind >= 0) & (behind < (window or count + 1))
        scores = np.where(seen, scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("hts,shd->thd", weights, v).reshape(count, -1)
        return self.linear(mixed, layer + ("self_attn.dense" if self.is_phi2 else "self_attn.o_proj"))

    def mlp(self, x, i):
        name = f"model.layers.{i}.mlp."
        if self.is_phi2:
            return self.linear(gelu_tanh(self.linear(x, name + "fc1")), name + "fc2")
        if self.kind == "phi3":
            gate, up = np.split(self.linear(x, name + "gate_up_proj"), 2, axis=-1)
        else:
            gate, up = self.linear(x, name + "gate_proj"), self.linear(x, name + "up_proj")
        if self.is_gemma:
            active = gelu_tanh(gate)
        else:
            active = gate / (1 + np.exp(-gate))
        return self.linear(active * up, name + "down_proj")

    def logits(self, tokens, context):
        """Those behind each token of a sequence, in a plan for `context` positions."""
        x = self.weight("model.embed_tokens.weight")[tokens]
        if self.is_gemma:
            x = x * math.sqrt(self.hidden)
        for i in range(self.layers):
            layer = f"model.layers.{i}."
            normed = self.norm(x, layer + "input_layernorm")
            y = self.attention(normed, i, context)
            if self.is_phi2:
                x = x + (y + self.mlp(normed, i))
                continue
            x = x + (self.norm(y, layer + "post_attention_layernorm") if self.post_norms else y)
            before = "pre_feedforward_layernorm" if self.post_norms else "post_attention_layernorm"
            y = self.mlp(self.norm(x, layer + before), i)
            x = x + (self.norm(y, layer + "post_feedforward_layernorm") if self.post_norms else y)
        head = "model.embed_tokens" if self.tied else "lm_head"
        x = self.norm(x, "model.final_layernorm" if self.is_phi2 else "model.norm")
        result = x @ self.weight(head + ".weight").T
        if self.is_phi2:
            result = result + self.weight("lm_head.bias")
        cap = self.config.get("final_logit_softcapping")
        return cap * np.tanh(result / cap) if cap else result
