# SPDX-License-Identifier: Apache-2.0
"""The optimizer: AdamW for embeddings and norms, Muon for the matrices of the layers.

Muon takes the running mean of the gradient of a matrix and steps in the direction of the
nearest orthogonal matrix, so that all directions of the matrix learn at the same pace. A
model as small as this one needs about half as many steps with it.
"""
from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor, nn


def orthogonalize(stack: Tensor, rounds: int = 5) -> Tensor:
    """Brings the singular values of each matrix of a stack near 1 (Newton-Schulz)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = stack.shape[1] > stack.shape[2]
    x = stack.transpose(1, 2) if tall else stack
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(rounds):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * (square @ square)) @ x
    x = x.float()
    return x.transpose(1, 2) if tall else x


class Muon:
    """Momentum made orthogonal; matrices of one shape are worked on together."""

    def __init__(self, matrices: list[nn.Parameter], decay: float, momentum: float = 0.95) -> None:
        self.groups: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
        for matrix in matrices:
            self.groups[matrix.shape].append(matrix)
        self.means = {shape: torch.zeros(len(group), *shape)
                      for shape, group in self.groups.items()}
        self.decay, self.momentum = decay, momentum

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Takes one step with the gradients as they are."""
        for shape, group in self.groups.items():
            gradients = torch.stack([matrix.grad for matrix in group])
            mean = self.means[shape].lerp_(gradients, 1 - self.momentum)
            update = orthogonalize(gradients.lerp(mean, self.momentum))
            update *= max(1.0, shape[0] / shape[1]) ** 0.5
            for matrix, change in zip(group, update):
                matrix.mul_(1 - rate * self.decay).sub_(change, alpha=rate)


class Optimizer:
    """Both optimizers, driven by one schedule: `part` runs from 1 down to 0."""

    def __init__(self, model: nn.Module, adam_rate: float, muon_rate: float,
                 decay: float) -> None:
        layers = [p for name, p in model.named_parameters() if ".layers." in name and p.dim() == 2]
        embeddings = [p for name, p in model.named_parameters() if "embed" in name]
        norms = [p for p in model.parameters() if p.dim() == 1]
        self.muon = Muon(layers, decay)
        self.adam = torch.optim.AdamW([{"params": embeddings, "weight_decay": decay},
                                       {"params": norms, "weight_decay": 0.0}],
                                      lr=adam_rate, betas=(0.9, 0.95))
        self.parameters = list(model.parameters())
        self.adam_rate, self.muon_rate = adam_rate, muon_rate

    def step(self, part: float) -> None:
        """Takes one step at a part of the peak rates and forgets the gradients."""
        for group in self.adam.param_groups:
            group["lr"] = self.adam_rate * part
        self.adam.step()
        self.muon.step(self.muon_rate * part)
        for parameter in self.parameters:
            parameter.grad = None
