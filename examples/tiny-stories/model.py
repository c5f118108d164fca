# SPDX-License-Identifier: Apache-2.0
"""A Llama model in PyTorch whose parameters have the names of Hugging Face's."""
from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    """The shape of the model; the names are those of `LlamaConfig`."""

    vocab_size: int = 1024
    hidden_size: int = 128
    intermediate_size: int = 352
    num_hidden_layers: int = 4
    num_attention_heads: int = 8
    num_key_value_heads: int = 2
    max_position_embeddings: int = 256
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0
    initializer_range: float = 0.08

    @property
    def head_dim(self) -> int:
        """The width of one attention head."""
        return self.hidden_size // self.num_attention_heads


class RMSNorm(nn.Module):
    """Division by the root of the mean square, then a learned scale."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.eps = config.rms_norm_eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def rope_tables(config: Config) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary embedding, one row per position."""
    half = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    positions = torch.arange(config.max_position_embeddings, dtype=torch.float32)
    angles = torch.outer(positions, config.rope_theta ** -half)
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Applies the rotary embedding: the second half of a head turns with the first."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Attention(nn.Module):
    """Causal attention in which several query heads share a key-value head."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, kv_width = config.hidden_size, config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, kv_width, bias=False)
        self.v_proj = nn.Linear(width, kv_width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    @torch.no_grad()
    def start_copying(self) -> None:
        """Starts the output as the inverse of the values: attention copies what it sees.

        A story names its hero time and again. To say the right name is to copy it, and a
        model that starts from random outputs takes thousands of steps to find that out.
        """
        groups = self.config.num_attention_heads // self.config.num_key_value_heads
        values = self.v_proj.weight.view(-1, self.config.head_dim, self.config.hidden_size)
        heads = values.repeat_interleave(groups, 0).flatten(0, 1)
        self.o_proj.weight.copy_(heads.T / groups)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = x.shape
        dim = self.config.head_dim
        groups = self.config.num_attention_heads // self.config.num_key_value_heads
        q = self.q_proj(x).view(rows, length, -1, dim).transpose(1, 2)
        k = self.k_proj(x).view(rows, length, -1, dim).transpose(1, 2)
        v = self.v_proj(x).view(rows, length, -1, dim).transpose(1, 2)
        q = rotate(q, cos, sin) * dim ** -0.5
        k = rotate(k, cos, sin)
        # The queries of a group lie one after another, as if they were one long head.
        q = q.reshape(rows, -1, groups * length, dim)
        weights = (q @ k.transpose(-1, -2)).view(rows, -1, groups, length, length) + mask
        mixed = weights.softmax(-1).view(rows, -1, groups * length, length) @ v
        mixed = mixed.view(rows, -1, length, dim).transpose(1, 2)
        return self.o_proj(mixed.reshape(rows, length, width))


class MLP(nn.Module):
    """The gated feed-forward network."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Attention, then the feed-forward network, each with its norm and its residual."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """The whole model; the embedding is also the output matrix."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.model.norm = RMSNorm(config)
        self.cos, self.sin = rope_tables(config)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith("down_proj.weight")
                shrink = (2 * config.num_hidden_layers) ** -0.5 if residual else 1.0
                nn.init.normal_(weight, std=config.initializer_range * shrink)
        for layer in self.model.layers:
            layer.self_attn.start_copying()

    def forward(self, ids: Tensor) -> Tensor:
        """The logits of the next token at each position of each row."""
        length = ids.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, self.cos[:length], self.sin[:length], mask)
        return self.model.norm(x) @ self.model.embed_tokens.weight.T
