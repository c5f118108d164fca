# SPDX-License-Identifier: Apache-2.0
"""Writes a model as Hugging Face stores it: config, generation config, safetensors."""
from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bpe import BEGIN, END, Tokenizer
from model import Config, Llama


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes JSON as transformers does: indented, keys in order, a newline at the end."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", "utf-8")


def config_json(config: Config, tokenizer: Tokenizer) -> dict[str, Any]:
    """The content of config.json."""
    return {
        **asdict(config), "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "attention_bias": False, "attention_dropout": 0.0, "mlp_bias": False,
        "bos_token_id": tokenizer.begin, "eos_token_id": tokenizer.end,
        "head_dim": config.head_dim, "hidden_act": "silu", "pretraining_tp": 1,
        "rope_scaling": None, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0", "use_cache": True,
    }


def generation_json(config: Config, tokenizer: Tokenizer) -> dict[str, Any]:
    """The content of generation_config.json."""
    return {
        "bos_token_id": tokenizer.begin, "eos_token_id": tokenizer.end, "do_sample": True,
        "max_length": config.max_position_embeddings, "temperature": 0.8, "top_k": 40,
        "top_p": 0.95, "transformers_version": "4.51.0",
    }


def tokenizer_json(config: Config) -> dict[str, Any]:
    """The content of tokenizer_config.json, which names the class that reads the rest."""
    return {
        "bos_token": BEGIN, "eos_token": END, "clean_up_tokenization_spaces": False,
        "model_max_length": config.max_position_embeddings,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def write_safetensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Writes tensors as bfloat16, after the length of the header and the header itself."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, tensor in tensors.items():
        start = len(data)
        data += tensor.detach().to(torch.bfloat16).contiguous().view(torch.int16).numpy().tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape),
                        "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def round_weights(model: Llama) -> None:
    """Rounds the weights to what the file holds."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.to(torch.bfloat16).float())


def save(folder: Path, model: Llama, tokenizer: Tokenizer) -> None:
    """Writes the files of the model into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config_json(model.config, tokenizer))
    write_json(folder / "generation_config.json", generation_json(model.config, tokenizer))
    write_json(folder / "tokenizer_config.json", tokenizer_json(model.config))
    tokenizer.save(folder / "tokenizer.json")
    write_safetensors(folder / "model.safetensors", dict(model.named_parameters()))
