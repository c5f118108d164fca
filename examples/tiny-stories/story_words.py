# SPDX-License-Identifier: Apache-2.0
"""The words of the story grammar: names, animals, places, things and feelings.

`WORDS` maps the name of a slot to the values it can take. A value is either a
string (`{place}`) or a record whose fields belong together (`{fear.name}`,
`{fear.truth}`), so that a story which is about thunder stays about thunder.
"""
from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence, Union

Record = Mapping[str, str]
Value = Union[str, Record]


class Kind(NamedTuple):
    """What a character is, where it lives, and what it has for hands."""

    name: str
    home: str
    paws: str


def _words(text: str) -> tuple[str, ...]:
    """Splits a comma-separated list over several lines into its phrases."""
    return tuple(" ".join(part.split()) for part in text.split(","))


def _records(fields: str, *rows: str) -> tuple[Record, ...]:
    """Builds records from rows of ` / `-separated fields."""
    names = fields.split()
    table = [[cell.strip() for cell in row.split(" / ")] for row in rows]
    assert all(len(cells) == len(names) for cells in table), fields
    return tuple(dict(zip(names, cells)) for cells in table)


GIRLS = _words("Lily, Mia, Rosie, Ella, Luna, Ruby, Hazel, Molly")

BOYS = _words("Tom, Ben, Max, Oliver, Leo, Finn, Toby, Milo")

ANIMALS = tuple(Kind(*row.split()) for row in """fox den paws; rabbit burrow paws;
    bear cave paws; mouse hole paws; hedgehog nest paws; squirrel nest paws;
    otter den paws; panda cave paws; kitten cottage paws; turtle cottage feet;
    pony stable hooves; penguin igloo flippers""".split(";"))

GIRL, BOY = Kind("girl", "house", "hands"), Kind("boy", "house", "hands")

WORDS: Mapping[str, Sequence[Value]] = {
    "adj": _words("""little, small, tiny, brave, shy, curious, cheerful, gentle, clever, kind,
        playful, sleepy, quiet, merry, young, friendly"""),
    "homeadj": _words("cozy, tiny, warm, snug, neat, quiet, crooked, pretty"),
    "spot": _words("""by the river, at the edge of the forest, under an old oak tree,
        on top of a green hill, near a quiet pond, beside a clear stream, not far from the sea,
        at the end of a winding lane, in the middle of a sunny meadow, behind an apple orchard,
        at the foot of a mountain, next to a garden full of roses"""),
    "time": _words("""One morning, One day, One sunny morning, One afternoon, One bright day,
        One fine day, One spring morning, One windy day, One autumn day, One summer day,
        Early one morning, One Sunday"""),
    "place": _words("""the meadow, the forest, the pond, the orchard, the hill, the beach,
        the garden, the village, the river, the market, the old mill, the waterfall, the bridge,
        the red barn, the lake"""),
    "hobby": _words("""sing, dance in the rain, look at the stars, paint pictures, tell stories,
        collect shiny stones, splash in puddles, chase butterflies, pick flowers, read books,
        bake cookies, watch the clouds, play hide and seek, listen to the birds, play the flute,
        count the stars, dig in the garden, roll down the hill, draw maps, make funny faces"""),
    "color": _words("red, blue, green, yellow, purple, orange, golden, silver, white, pink"),
    "toy": _words("""ball, kite, drum, hat, scarf, whistle, boat, blanket, bell, ribbon, bucket,
        umbrella, flute, wagon, button, teapot"""),
    "family": _words("grandmother, grandfather, mother, father, aunt, uncle"),
    "inside": _words("""under the bed, behind the door, in the cupboard, under the table,
        in the big basket, behind the chair, under the pillow, on the top shelf"""),
    "under": _words("""under a big leaf, behind an old stump, inside a hollow log,
        behind a mossy rock, in the tall grass, beneath a rose bush, at the bottom of a ditch,
        between the roots of an oak tree, in a pile of leaves, beside a puddle"""),
    "food": _words("""pot of soup, basket of cherries, basket of strawberries, bowl of nuts,
        stack of pancakes, bag of apples, plate of sandwiches, jar of honey"""),
    "baked": _words("""apple pie, blueberry pie, carrot cake, honey cake, cherry tart,
        pumpkin pie, plate of cookies, loaf of bread, lemon cake"""),
    "cake": _words("honey cake, carrot cake, lemon cake, chocolate cake, cherry cake"),
    "berry": _words("blueberries, raspberries, blackberries, gooseberries, cranberries"),
    "flower": _words("sunflower, red rose, yellow tulip, white rose, red poppy, apple tree"),
    "seat": _words("""under an oak tree, on a mossy rock, on a fallen log, beside a rose bush,
        on the old bench, by the garden gate, at the side of the path"""),
    "plaything": _words("ball, kite, hoop, drum, wagon, balloon"),
    "sky": _words("""under the stars, under the bright moon, in the golden evening light,
        as the sun went down, while the first stars came out"""),
    "weather": _words("""The sun was shining and the birds were singing., The sky was clear
        and blue., A soft wind was blowing through the trees., The air smelled of flowers.,
        The grass was still wet with dew., White clouds were drifting by."""),
    "fear": _records(
        "name when then help truth",
        "the dark / Whenever the sun went down / When the sun went down / "
        "lit a little lantern / The dark is only the blanket of the night",
        "thunder / Whenever the sky turned black / When the sky turned black / "
        "sat down close beside {h} / Thunder is only the clouds clapping",
        "the wind / Whenever the wind howled / When the wind began to howl / "
        "closed the window and made some tea / The wind is only the trees talking",
        "shadows / Whenever the shadows grew long / When the shadows grew long / "
        "made a shadow rabbit on the wall / A shadow is only a friend of the light",
        "deep water / Whenever {he} stood by the lake / When they stood by the lake / "
        "stayed close beside {h} / The water will carry you if you are calm",
        "high places / Whenever {he} saw a tall tree / When they came to a tall tree / "
        "climbed beside {h} / Just take one small step at a time"),
    "trap": _records(
        "where tool how",
        "stuck in a muddy hole / a long rope / pulled and pulled",
        "trapped under a fallen branch / a saw / cut the branch in two",
        "caught in a thorn bush / a pair of scissors / cut the thorns one by one",
        "stuck between two big rocks / a strong stick / pushed with all {his} might",
        "stuck at the top of a tall tree / a wooden ladder / climbed up very carefully",
        "caught in an old net / a pair of scissors / cut the knots one by one"),
    "project": _records(
        "thing fail better",
        "raft / It sank like a stone / They tied the logs together with strong rope",
        "treehouse / It fell down with a crash / They used longer nails and thicker boards",
        "bridge / It broke in the middle / They used bigger stones this time",
        "sandcastle / A wave washed it away / They built it farther from the sea",
        "swing / The rope snapped in two / They braided three ropes into one",
        "kite / It would not fly at all / They gave it a long tail of ribbons",
        "tower / It wobbled and fell over / They put the biggest blocks at the bottom"),
    "fragile": _words("cup, vase, plate, lamp, clock, mirror, jar, bowl"),
}
