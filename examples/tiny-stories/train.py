# SPDX-License-Identifier: Apache-2.0
"""Trains the tiny-stories model from nothing: stories, tokenizer, weights.

    python3 train.py                    # about 20 minutes on two cores that have AMX
    python3 train.py --stories 1500 --out /tmp/tiny   # a quick check

Needs PyTorch (1.13 or later) and nothing else. Everything is seeded; the files that it
writes are described in README.md.
"""
from __future__ import annotations

import argparse
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from bpe import SPECIALS, Tokenizer, learn_merges
from checkpoint import round_weights, save
from model import Config, Llama
from optimizer import Optimizer
from story_grammar import write_story
from story_words import ANIMALS, BOYS, GIRLS

SEED = 20240501
HELD_OUT = 1_000_000_000  # Seeds of stories from here on are never trained on.
IGNORE = -100
CAST_WEIGHT = 6.0  # Of the words that tell who is meant, against 1 for any other.
PROMPTS = ("Once upon a time", "Once upon a time, there was a little fox named Ruby.", "")


@dataclass(frozen=True)
class Plan:
    """How the model is trained."""

    steps: int
    batch: int = 16
    adam_rate: float = 2e-3
    muon_rate: float = 0.02
    warmup: int = 40
    decay: float = 0.05
    clip: float = 1.0

    def part(self, step: int) -> float:
        """The part of the peak rates: a linear rise, then a cosine to a hundredth."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))


def train_tokenizer(vocab_size: int, stories: int = 20_000) -> Tokenizer:
    """Learns the tokenizer on the first stories."""
    texts = (write_story(seed)[0] for seed in range(stories))
    return Tokenizer(learn_merges(texts, vocab_size - 256 - len(SPECIALS)))


def encode_stories(tokenizer: Tokenizer, first: int, count: int, limit: int) -> list[list[int]]:
    """Stories as token rows, from the beginning token to the ending token."""
    rows = ([*tokenizer.encode(write_story(seed)[0]), tokenizer.end]
            for seed in range(first, first + count))
    return [row for row in rows if len(row) <= limit]


def make_batches(rows: list[list[int]], size: int, rng: random.Random) -> list[list[list[int]]]:
    """Packs stories of like length together, so that little padding is needed."""
    batches = []
    chunk = size * 64
    for start in range(0, len(rows), chunk):
        part = sorted(rows[start:start + chunk], key=len)
        groups = [part[at:at + size] for at in range(0, len(part), size)]
        rng.shuffle(groups)
        batches += groups
    return batches


def token_weights(tokenizer: Tokenizer) -> Tensor:
    """What each token counts in training.

    Few words of a story are names and kinds of animals, and a wrong one spoils it: they count more,
    so that the model learns early to look up whom the story is about.
    """
    cast = {*GIRLS, *BOYS, *(animal.name for animal in ANIMALS)}
    return torch.tensor([CAST_WEIGHT if tokenizer.decode([token]).strip() in cast else 1.0
                         for token in range(len(tokenizer.tokens))])


def batch_loss(model: Llama, rows: list[list[int]], weights: Tensor | None = None) -> Tensor:
    """The mean loss per token of a batch; each story starts at position 0."""
    length = max(map(len, rows)) - 1
    ids = torch.tensor([row[:-1] + [0] * (length + 1 - len(row)) for row in rows])
    targets = torch.tensor([row[1:] + [IGNORE] * (length + 1 - len(row)) for row in rows])
    logits = model(ids).float().flatten(0, 1)
    return F.cross_entropy(logits, targets.flatten(), weight=weights,
                           ignore_index=IGNORE)


@torch.no_grad()
def held_out_loss(model: Llama, tokenizer: Tokenizer, count: int = 128) -> tuple[float, float]:
    """The loss on stories never seen, and what the grammar itself would score on them."""
    rows = encode_stories(tokenizer, HELD_OUT, count, model.config.max_position_embeddings)
    nats = sum(write_story(seed)[1] for seed in range(HELD_OUT, HELD_OUT + count)) / count
    total = sum(batch_loss(model, [row]).item() * (len(row) - 1) for row in rows)
    tokens = sum(len(row) - 1 for row in rows)
    return total / tokens, nats * len(rows) / tokens


@torch.no_grad()
def sample(model: Llama, tokenizer: Tokenizer, prompt: str, temperature: float) -> str:
    """Continues a prompt to the end of the story; temperature 0 is greedy."""
    ids = tokenizer.encode(prompt)
    while len(ids) < model.config.max_position_embeddings:
        logits = model(torch.tensor([ids]))[0, -1]
        if temperature:
            token = int(torch.multinomial((logits / temperature).softmax(-1), 1))
        else:
            token = int(logits.argmax())
        if token == tokenizer.end:
            break
        ids.append(token)
    return tokenizer.decode(ids)


def train(model: Llama, tokenizer: Tokenizer, stories: int, out: Path) -> None:
    """Trains the model for one pass over fresh stories, with a checkpoint now and then."""
    rows = encode_stories(tokenizer, 0, stories, model.config.max_position_embeddings)
    batches = make_batches(rows, Plan.batch, random.Random(SEED))
    plan = Plan(len(batches))
    print(f"{len(rows)} stories, {sum(map(len, rows))} tokens, {plan.steps} steps", flush=True)
    weights = token_weights(tokenizer)
    optimizer = Optimizer(model, plan.adam_rate, plan.muon_rate, plan.decay)
    start, recent = time.time(), 0.0
    for step, batch in enumerate(batches):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = batch_loss(model, batch, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        optimizer.step(plan.part(step))
        recent = loss.item() if step == 0 else 0.95 * recent + 0.05 * loss.item()
        if step % 10 == 0 or step + 1 == plan.steps:
            print(f"step {step:5d}  loss {recent:.4f}  {time.time() - start:6.0f} s", flush=True)
        if step % 250 == 249:
            save(out, model, tokenizer)


def main() -> None:
    """Runs the training and prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", type=int, default=26_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    config = Config()
    tokenizer = train_tokenizer(config.vocab_size)
    model = Llama(config)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    train(model, tokenizer, options.stories, options.out)
    round_weights(model)
    torch.set_num_threads(1)  # Rows of one story are too small to share.
    save(options.out, model, tokenizer)
    loss, floor = held_out_loss(model, tokenizer)
    print(f"held-out loss {loss:.4f}; the grammar itself would score {floor:.4f}")
    for prompt in PROMPTS:
        for temperature in (0.0, 0.8):
            print(f"\n--- {prompt!r} at temperature {temperature}\n"
                  + sample(model, tokenizer, prompt, temperature), flush=True)


if __name__ == "__main__":
    main()
