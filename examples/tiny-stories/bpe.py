# SPDX-License-Identifier: Apache-2.0
"""Byte-level BPE as GPT-2 has it: training on word counts, encoding, tokenizer.json."""
from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Iterable

BEGIN, END = "<|begin|>", "<|end|>"
SPECIALS = (BEGIN, END)
# The words of GPT-2's pattern, written for Python's `re` (it has no \p{L} and \p{N}).
_WORDS = re.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

Pair = tuple[str, str]


@lru_cache(maxsize=None)
def byte_letters() -> tuple[str, ...]:
    """GPT-2's printable letter for each of the 256 bytes."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        letters.setdefault(byte, chr(0x100 + len(letters) - len(plain)))
    return tuple(letters[byte] for byte in range(256))


def split_words(text: str) -> list[str]:
    """Splits text into words, spelled in byte letters."""
    letters = byte_letters()
    return ["".join(letters[b] for b in word.encode()) for word in _WORDS.findall(text)]


def merge_pair(symbols: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """Joins each occurrence of a pair, from left to right."""
    merged: list[str] = []
    at = 0
    while at < len(symbols):
        if symbols[at:at + 2] == pair:
            merged.append(pair[0] + pair[1])
            at += 2
        else:
            merged.append(symbols[at])
            at += 1
    return tuple(merged)


def learn_merges(texts: Iterable[str], count: int) -> list[Pair]:
    """Learns merges: time and again the most frequent pair, the first in order on a tie."""
    counts = Counter(word for text in texts for word in split_words(text))
    words = {word: tuple(word) for word in counts}
    pairs: Counter[Pair] = Counter()
    homes: dict[Pair, set[str]] = defaultdict(set)

    def add(word: str, sign: int) -> None:
        for pair in zip(words[word], words[word][1:]):
            pairs[pair] += sign * counts[word]
            homes[pair].add(word)

    for word in words:
        add(word, 1)
    merges: list[Pair] = []
    while len(merges) < count:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] <= 0:
            raise ValueError(f"the text holds only {len(merges)} merges")
        merges.append(best)
        for word in homes.pop(best):
            add(word, -1)
            words[word] = merge_pair(words[word], best)
            add(word, 1)
        del pairs[best]
    return merges


class Tokenizer:
    """Encodes and decodes text; special tokens come first, then bytes, then merges."""

    def __init__(self, merges: list[Pair]) -> None:
        self.merges = merges
        self.rank = {pair: rank for rank, pair in enumerate(merges)}
        tokens = [*SPECIALS, *sorted(byte_letters()), *(a + b for a, b in merges)]
        self.ids = {token: index for index, token in enumerate(tokens)}
        self.tokens = tokens
        self.begin, self.end = self.ids[BEGIN], self.ids[END]
        self._words: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, with the beginning token and without the ending token."""
        return [self.begin, *(i for word in split_words(text) for i in self._encode_word(word))]

    def _encode_word(self, word: str) -> list[int]:
        if word not in self._words:
            symbols = tuple(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]),
                           key=lambda pair: self.rank.get(pair, len(self.rank)))
                if best not in self.rank:
                    break
                symbols = merge_pair(symbols, best)
            self._words[word] = [self.ids[symbol] for symbol in symbols]
        return self._words[word]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of tokens; special tokens have none."""
        byte = {letter: value for value, letter in enumerate(byte_letters())}
        letters = "".join(self.tokens[i] for i in ids if i >= len(SPECIALS))
        return bytes(byte[letter] for letter in letters).decode(errors="replace")

    def save(self, path: Path) -> None:
        """Writes the tokenizer.json that the `tokenizers` library reads."""
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                      "use_regex": True}
        begin = {"SpecialToken": {"id": BEGIN, "type_id": 0}}
        text = [{"Sequence": {"id": which, "type_id": at}} for at, which in enumerate("AB")]
        content = {
            "version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [
                {"id": self.ids[token], "content": token, "single_word": False, "lstrip": False,
                 "rstrip": False, "normalized": False, "special": True} for token in SPECIALS],
            "normalizer": None,
            "pre_tokenizer": byte_level,
            "post_processor": {
                "type": "TemplateProcessing", "single": [begin, text[0]],
                "pair": [begin, text[0], text[1]],
                "special_tokens": {
                    BEGIN: {"id": BEGIN, "ids": [self.begin], "tokens": [BEGIN]}}},
            "decoder": byte_level,
            "model": {
                "type": "BPE", "dropout": None, "unk_token": None,
                "continuing_subword_prefix": None, "end_of_word_suffix": None,
                "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                "vocab": self.ids, "merges": [f"{a} {b}" for a, b in self.merges]},
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
