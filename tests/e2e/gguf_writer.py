"""GGUF files of the networks in numpy_decoder: what llama.cpp's converter makes of a Hugging Face folder."""
import re
import struct

import numpy as np

PLAIN = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "model.final_layernorm": "output_norm",
         "lm_head": "output"}
PARTS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "self_attn.qkv_proj": "attn_qkv", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
         "post_attention_layernorm": "ffn_norm", "self_attn.dense": "attn_output", "mlp.fc1": "ffn_up",
         "mlp.fc2": "ffn_down"}
POST_NORMS = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
              "post_feedforward_layernorm": "post_ffw_norm"}


def tensor_name(kind, name):
    stem, end = name.rsplit(".", 1)
    if stem in PLAIN:
        return f"{PLAIN[stem]}.{end}"
    layer, part = re.fullmatch(r"model\.layers\.(\d+)\.(.*)", stem).groups()
    parts = {**PARTS, **POST_NORMS} if kind in ("gemma2", "gemma3_text") else PARTS
    return f"blk.{layer}.{parts[part]}.{end}"


def pairs_side_by_side(array, heads):
    """Rows of each head's halves as pairs of neighbours."""
    rest = array.shape[1:]
    return np.ascontiguousarray(array.reshape(heads, 2, -1, *rest).swapaxes(1, 2)).reshape(-1, *rest)


def convert(config, tensors):
    """(metadata, tensors) of the file."""
    kind = config["model_type"]
    architecture = {"phi": "phi2"}.get(kind, kind.removesuffix("_text"))
    result = {}
    for name, array in tensors.items():
        if kind == "llama" and re.search(r"\.[qk]_proj\.", name):
            array = pairs_side_by_side(array, config["num_attention_heads" if ".q_" in name else "num_key_value_heads"])
        if kind.startswith("gemma") and "norm" in name:
            array = array + np.float32(1)
        result[tensor_name(kind, name)] = array
    head_dim = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    keys = {"context_length": config["max_position_embeddings"], "embedding_length": config["hidden_size"],
            "block_count": config["num_hidden_layers"], "feed_forward_length": config["intermediate_size"],
            "attention.head_count": config["num_attention_heads"],
            "attention.head_count_kv": config["num_key_value_heads"] or config["num_attention_heads"],
            "rope.freq_base": config["rope_theta"],
            "rope.dimension_count": int(head_dim * config.get("partial_rotary_factor", 0.5 if kind == "phi" else 1)),
            "attention.key_length": head_dim, "attention.value_length": head_dim}
    if kind == "phi":
        keys["attention.layer_norm_epsilon"] = config["layer_norm_eps"]
    else:
        keys["attention.layer_norm_rms_epsilon"] = config["rms_norm_eps"]
    for key, own in (("attn_logit_softcapping", "attn_logit_softcapping"),
                     ("final_logit_softcapping", "final_logit_softcapping"),
                     ("sliding_window", "attention.sliding_window"),
                     ("sliding_window_pattern", "attention.sliding_window_pattern"),
                     ("original_max_position_embeddings", "rope.scaling.original_context_length")):
        if config.get(key) and not (kind.startswith("qwen") and key == "sliding_window"):
            keys[own] = config[key]
    scaling = config.get("rope_scaling") or {}
    for which in ("long", "short"):
        if f"{which}_factor" in scaling:
            result[f"rope_factors_{which}.weight"] = np.array(scaling[f"{which}_factor"], np.float32)
    scaling_type = scaling.get("rope_type", scaling.get("type"))
    if scaling_type in ("linear", "yarn"):
        keys["rope.scaling.type"], keys["rope.scaling.factor"] = scaling_type, scaling["factor"]
        if "original_max_position_embeddings" in scaling:
            keys["rope.scaling.original_context_length"] = scaling["original_max_position_embeddings"]
    metadata = {"general.architecture": architecture, **{f"{architecture}.{k}": v for k, v in keys.items()}}
    return metadata, result


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value(item):
    if isinstance(item, str):
        return struct.pack("<I", 8) + string(item)
    if isinstance(item, float):
        return struct.pack("<If", 6, item)
    return struct.pack("<II", 4, item)


class Blocks:
    """A matrix of a quantized type: its bytes, and the numbers that they stand for."""

    def __init__(self, number, data, numbers):
        self.number, self.data, self.shape, self.numbers = number, data, numbers.shape, numbers.astype(np.float32)


def blocks_of(kind, random, rows, columns, size):
    """Random blocks of 32 numbers of a magnitude of about `size`."""
    count = rows * columns // 32
    number, most, bits = {"Q4_0": (2, 8, 4), "Q4_1": (3, 8, 4), "Q8_0": (8, 128, 8)}[kind]
    scale = (size / most * random.uniform(0.5, 1.5, (count, 1))).astype(np.float16)
    q = random.integers(0, 2 ** bits, (count, 32))
    head = scale.view(np.uint8)
    if kind == "Q8_0":
        q = (q - 128).astype(np.int8)
        numbers, body = scale.astype(np.float64) * q, q.view(np.uint8)
    else:
        body = (q[:, :16] | q[:, 16:] << 4).astype(np.uint8)
        numbers = scale.astype(np.float64) * (q - 8 if kind == "Q4_0" else q)
    if kind == "Q4_1":
        minimum = (-size * random.uniform(0.5, 1.5, (count, 1))).astype(np.float16)
        head, numbers = np.hstack([head, minimum.view(np.uint8)]), numbers + minimum.astype(np.float64)
    return Blocks(number, np.hstack([head, body]).tobytes(), numbers.reshape(rows, columns))


TYPES = {np.dtype(np.float32): 0, np.dtype(np.float16): 1}


def write(path, metadata, tensors, version=3):
    """`tensors`: arrays of f32 or f16, or Blocks."""
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, item in metadata.items():
        header += string(key) + value(item)
    data = b""
    for name, tensor in tensors.items():
        number = tensor.number if isinstance(tensor, Blocks) else TYPES[tensor.dtype]
        header += string(name) + struct.pack("<I", len(tensor.shape))
        header += struct.pack(f"<{len(tensor.shape)}Q", *reversed(tensor.shape)) + struct.pack("<IQ", number, len(data))
        data += tensor.data if isinstance(tensor, Blocks) else tensor.tobytes()
        data += b"\0" * (-len(data) % 32)
    header += b"\0" * (-len(header) % 32)
    path.write_bytes(header + data)
