# SPDX-License-Identifier: Apache-2.0
"""Templates that all plots share: openings, meetings, bits of talk, endings.

The mark-up is described in story_grammar.py. The hero is `{h}` with `{he}`, `{him}` and
`{his}`; the friend is `{f}` with `{f.he}`, `{f.him}` and `{f.his}`. They are always of
different genders, so that a pronoun never leaves a doubt about who is meant.
"""
from __future__ import annotations

from typing import Mapping

RULES: Mapping[str, str] = {
    # The hero, and usually what the hero likes.
    "opening": """
        [Once upon a time, there [was|lived] a {adj} {kind} named {h}.
        |Once upon a time, a {adj} {kind} named {h} lived in a {homeadj} {home} {spot}.
        |{h} was a {adj} {kind} who lived in a {homeadj} {home} {spot}.
        |In a {homeadj} {home} {spot}, there lived a {adj} {kind} named {h}.
        |There once was a {adj} {kind} called {h}.
        |Long ago, {spot}, there lived a {adj} {kind} whose name was {h}.]
        [ <likes>|]""",
    "likes": """
        [{He} loved to {hobby}.
        |{He} liked to {hobby} and to {hobby2}.
        |More than anything else, {he} loved to {hobby}.
        |Every [day|morning|evening], {he} would {hobby}.
        |{h} always found time to {hobby}.]""",
    # The hero and the friend together.
    "friends": """
        [<opening> {His} best friend was a {f.adj} {f.kind} named {f}.
        |{h} the {kind} and {f} the {f.kind} were best friends.
            [They lived {spot}.|They loved to {hobby} together.]
        |Once upon a time, there were two friends, a {adj} {kind} named {h} and a {f.adj}
            {f.kind} named {f}. [They loved to {hobby}.|They lived {spot}.]]""",
    # The friend comes into the story.
    "comes": """
        [[Just then|At that moment|After a while|A moment later|Before long],
        [{f} the {f.kind} came by|a {f.adj} {f.kind} named {f} came along
        |along came {f}, a {f.adj} {f.kind}|{his} friend {f} the {f.kind} walked by].]""",
    "wrong": """
        "[What is wrong|What is the matter|Why are you so sad|Why do you look so sad], {h}?"
        [asked {f}|{f.he} asked].""",
    "comfort": """[Do not worry|Do not be sad|Cheer up|Dry your tears|Do not give up]""",
    "sad": """
        [{h} began to cry.|A big tear rolled down {his} cheek.|{h} sat down and sighed.
        |{h} felt very sad.|{His} heart felt as heavy as a stone.]""",
    "happy": """
        [{h} [laughed|jumped|danced] with joy.|{h} was so happy that {he} danced in a circle.
        |{h} had never been so happy.|{h} smiled from ear to ear.|{His} eyes shone with joy.]""",
    "thanks": """
        ["Thank you, {f}!" [said {h}|{he} said].|"Oh, thank you!" cried {h}.
        |{h} gave {f} a big hug.|"You are a true friend, {f}," said {h}.
        |"I could not have done it without you," {h} said to {f}.]""",
    # The end: for the hero alone, for new friends, for old friends, after a day outside.
    "goodnight": """
        [That night, {h} fell asleep with a smile.
        |And when {h} went to bed that night, {he} was the happiest {kind} in the world.
        |That evening, {h} curled up in {his} {homeadj} {home} and dreamed sweet dreams.
        |{h} never forgot that day.]""",
    "newfriends": """
        [And from that day on, {h} and {f} were the best of friends.
        |And that is how {h} and {f} became friends.
        |After that, {h} and {f} met every day to {hobby3}.
        |And so {h} and {f} lived happily ever after.]""",
    "oldfriends": """
        [And {h} and {f} stayed best friends forever.
        |After that, they were even better friends than before.
        |And so {h} and {f} lived happily ever after.]""",
    "outing": """
        [Then the two friends walked home together {sky}.
        |They laughed and played until the sun went down.
        |That evening, they shared a {food3} and told each other stories.]""",
}
