# SPDX-License-Identifier: Apache-2.0
"""A small grammar that writes stories, and the random walk through it.

A template is text with three kinds of mark-up:

    [one|two|three]   one of the alternatives (they nest, and may be empty)
    {slot}            a word of the story's cast or lexicon, the same all through the story
    <rule>            another template

A blank line ends a paragraph; other line breaks are spaces. A digit after the name of
a slot (`{place2}`) draws a second, different word from the same list. A capital letter
(`{He}`) writes the word with a capital letter.
"""
from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Union

from story_plots_friends import FRIEND_PLOTS
from story_plots_home import HOME_PLOTS
from story_plots_journeys import JOURNEY_PLOTS
from story_rules import RULES
from story_words import ANIMALS, BOY, BOYS, GIRL, GIRLS, WORDS, Kind, Value

PLOTS: tuple[str, ...] = FRIEND_PLOTS + HOME_PLOTS + JOURNEY_PLOTS
PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}


class Slot(NamedTuple):
    """A `{name}` of a template."""

    name: str


class Rule(NamedTuple):
    """A `<name>` of a template."""

    name: str


class Choice(NamedTuple):
    """A `[a|b]` of a template."""

    options: tuple["Sequence", ...]


Node = Union[str, Slot, Rule, Choice]
Sequence = tuple[Node, ...]
_MARKS = re.compile(r"[\[\]|]|\{[\w.]+\}|<\w+>|[^\[\]|{}<>]+")


def _parse_options(marks: list[str], closed: bool) -> tuple[Sequence, ...]:
    """Reads alternatives up to the closing bracket, or to the end of the text."""
    options: list[Sequence] = []
    nodes: list[Node] = []
    while marks:
        mark = marks.pop(0)
        if mark == "]" and closed:
            return (*options, tuple(nodes))
        if mark == "|" and closed:
            options.append(tuple(nodes))
            nodes = []
        elif mark == "[":
            nodes.append(Choice(_parse_options(marks, closed=True)))
        elif mark[0] == "{":
            nodes.append(Slot(mark[1:-1]))
        elif mark[0] == "<":
            nodes.append(Rule(mark[1:-1]))
        elif mark in "]|":
            raise ValueError(f"a stray '{mark}' in a template")
        else:
            nodes.append(mark)
    if closed:
        raise ValueError("a '[' of a template is not closed")
    return (tuple(nodes),)


@lru_cache(maxsize=None)
def parse(template: str) -> Sequence:
    """Parses a template; the result is kept, as templates are used over and over."""
    return _parse_options(_MARKS.findall(_join_lines(template)), closed=False)[0]


def _join_lines(text: str) -> str:
    """Makes each paragraph one line; a blank line stays between paragraphs."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(part for part in paragraphs if part)


@dataclass
class Character:
    """Someone in the story, with everything the templates ask about them."""

    name: str
    gender: str
    kind: Kind
    adj: str

    def word(self, key: str) -> str:
        """The word for `he`, `him`, `his`, `kind`, `home`, `paws` or `adj`."""
        he, him, his = PRONOUNS[self.gender]
        return {"he": he, "him": him, "his": his, "kind": self.kind.name, "adj": self.adj,
                "home": self.kind.home, "paws": self.kind.paws}[key]


@dataclass
class Story:
    """One walk through the grammar: its cast, the words drawn so far, its information."""

    rng: random.Random
    nats: float = 0.0
    drawn: dict[str, Value] = field(default_factory=dict)
    cast: dict[str, Character] = field(default_factory=dict)

    def pick(self, options: "tuple | list") -> "Value | Kind | Sequence":
        """Picks an option and counts the information in the choice."""
        self.nats += math.log(len(options))
        return options[self.rng.randrange(len(options))]

    def character(self, role: str) -> Character:
        """The hero (`h`) or the friend (`f`); they differ in name, kind, gender and adjective."""
        if role not in self.cast:
            others = list(self.cast.values())
            genders = [g for g in ("he", "she") if all(g != c.gender for c in others)]
            gender = self.pick(genders)
            children = [GIRL if gender == "she" else BOY] * 4 if role == "h" else []
            kinds = [k for k in (*ANIMALS, *children) if all(k != c.kind for c in others)]
            adjs = [a for a in WORDS["adj"] if all(a != c.adj for c in others)]
            names = GIRLS if gender == "she" else BOYS
            self.cast[role] = Character(self.pick(names), gender, self.pick(kinds),
                                        self.pick(adjs))
        return self.cast[role]

    def value(self, slot: str) -> Value:
        """The value of a lexicon slot; numbered slots of one list never repeat a value."""
        if slot not in self.drawn:
            pool = slot.rstrip("0123456789")
            used = [v for s, v in self.drawn.items() if s.rstrip("0123456789") == pool]
            self.drawn[slot] = self.pick([v for v in WORDS[pool] if v not in used])
        return self.drawn[slot]

    def fill(self, slot: str) -> str:
        """The text of a slot."""
        head, _, tail = slot.rpartition(".")
        key = tail.lower()
        if key in ("h", "f") and not head:
            return self.character(key).name
        if head in ("", "f") and key in ("he", "him", "his", "kind", "home", "paws", "adj"):
            text = self.character(head or "h").word(key)
        else:
            value = self.value(head or key)
            text = value if isinstance(value, str) else self.expand(value[key])
        return text[0].upper() + text[1:] if tail[0].isupper() else text

    def expand(self, template: str) -> str:
        """Expands a template to text."""
        return self.walk(parse(template))

    def walk(self, nodes: Sequence) -> str:
        """Expands a parsed template to text."""
        parts = []
        for node in nodes:
            if isinstance(node, Slot):
                parts.append(self.fill(node.name))
            elif isinstance(node, Rule):
                parts.append(self.expand(RULES[node.name]))
            elif isinstance(node, Choice):
                parts.append(self.walk(self.pick(node.options)))
            else:
                parts.append(node)
        return "".join(parts)


def tidy(text: str) -> str:
    """Closes the gaps that empty alternatives leave, and writes `an` before a vowel."""
    text = re.sub(r" +([.,!?])", r"\1", _join_lines(text))
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def write_story(seed: int) -> tuple[str, float]:
    """The story of a seed, and the nats of information that the walk put into it."""
    story = Story(random.Random(seed))
    return tidy(story.expand(story.pick(PLOTS))), story.nats
