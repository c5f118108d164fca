# SPDX-License-Identifier: Apache-2.0
"""Plots about friends: finding one, helping one, quarrelling with one, sharing with one.

The mark-up is described in story_grammar.py.
"""
from __future__ import annotations

LOST_TOY = """
<opening> {His} favorite thing in the whole world was a {color} {toy}[ that {his} {family} had
made|].

{time}, [{h} wanted to play with the {toy}, but it was gone|the {toy} was gone|{h} woke up and
could not find the {toy}]. {He} looked {inside}. [It was not there.|There was no {toy}
anywhere.|<sad>] <comes> <wrong> "I have lost my {toy}," said {h}. "<comfort>," said {f}. "[I will
help you look|We will find it together|Two pairs of eyes are better than one]."

They went to {place} and looked {under}. [At last|Suddenly], {f} [shouted|cried], "[Look over
there|I see it|Come and see]!" The {color} {toy} was lying {under3}. [<happy>|<thanks>]
[<outing>|<newfriends>]
"""

STUCK = """
<opening> {time}, {h} was walking to {place} when {he} heard a [small|sad|faint] voice. "Help!
[Please help me!|Can anybody hear me?|I cannot get out!]"

It was {f}, a {f.adj} {f.kind}. {f.He} was {trap.where}. "[Do not be afraid|Hold on|Stay calm],"
[called|said] {h}. [{h} tried to do it alone with {his} {paws}, but {he} was not strong enough.|{h}
tried with {his} bare {paws}, but it was too hard.] [Then {he} had an idea.|] {He} ran home and
came back with {trap.tool}. {He} {trap.how}, and [at last|finally] {f} was free.

"You saved me!" [said {f}|cried {f}]. "[How can I ever thank you|What can I do for you]?" "[You can
be my friend|Just come and play with me|Come and have tea with me]," said {h} [with a smile|and
laughed]. <newfriends>
"""

LONELY = """
<opening> But {h} had just moved to a new {home}, and {he} [did not know anyone|played alone every
day|was lonely].

{time}, {h} [saw|met] {f}, a {f.adj} {f.kind} who was [playing|sitting] near {place}. {h} wanted to
say hello, but {he} was [too shy|a little afraid]. Then the wind blew {f}'s {color}
[hat|scarf|kite|ribbon] away, and it landed right in front of {h}. {h} picked it up. "[Is this
yours|Did you lose this]?" {he} asked [softly|shyly|in a small voice]. "[Yes, thank you|Oh yes, it
is]!" said {f}. "Would you like to play with me?"

{h} [nodded|smiled and nodded]. [They played until the sun went down.|They played all afternoon.]
[{h} was not lonely any more.|"Will you come back tomorrow?" asked {f}. "Yes!" said {h}.]
<newfriends>
"""

QUARREL = """
<friends> {time}, they found a {color} {toy} {under}. "It is mine," said {h}. "I saw it first!"
"No, it is mine," said {f}. "I picked it up!"

They pulled and they pulled, until the {toy} fell into the mud [with a splash|and was all dirty].
"[Now look what you have done|This is all your fault]!" [shouted|cried] {h}, and {he} went home.
But [at home it was very quiet|the evening was long without {f}]. [{h} tried to {hobby2} alone, but
it was no fun.|{h} felt sorry.] "[A friend is worth more than a {toy}|I miss my friend]," {he}
thought.

[The next morning|As soon as the sun came up], {h} baked a {baked} and [went|walked] to {f}'s
{f.home}. "I am sorry," said {h}. "I am sorry too," said {f}. [They shared the {baked} and|They
smiled at each other, and together they] washed the {toy}. <oldfriends>
"""

SHARING = """
<opening> {time}, {h} [baked|made] a {baked}. It smelled [wonderful|so good|sweet and warm]. "[I
will eat it all by myself|This is all for me]," {he} [thought|said].

Just then, there was a knock at the door. It was {f}, a {f.adj} {f.kind}. {f.He} was [cold and
tired|thin and hungry|wet from the rain]. "[I have not eaten all day|I am so hungry]," said {f}.
{h} looked at the {baked}. Then {he} looked at {f}. "[Come in|Please sit down]," {he} said [at
last|kindly]. "There is enough for two."

[They ate every last bit.|They sat by the fire and ate together.] And do you know what? [It tasted
twice as good|It was the best {baked} in the world]. "[A shared meal is the best meal|Food tastes
better with a friend]," said {h}. <newfriends>
"""

RACE = """
<opening> {time}, there was a big race [to {place}|around the lake|through the forest]. [All the
animals came to watch.|Everyone wanted to win the golden [cup|medal].]

"Ready, set, go!" {h} ran as fast as the wind. [Soon {he} was in front.|Soon {he} had passed all
the others.] But then {he} heard a cry. {f} the {f.kind} had [tripped over a root|slipped on a wet
stone] and hurt {f.his} leg. {h} looked at the finish line. Then {he} turned around and ran back.
"[Lean on me|Hold on to me]," {he} said to {f}. "[We will go together|I will not leave you here]."

They were the very last to arrive, but everyone [cheered|clapped]. "[You lost the race, but you won
a friend|That was better than winning]," said {his} {family}. [<newfriends>|<outing>]
"""

SNOW = """
<opening> One cold winter [morning|day], the whole world was white with snow. {h} put on {his}
{color} scarf[ that {his} {family} had knitted|] and went out to play.

Near {place}, {he} found {f}, a {f.adj} {f.kind}, who was [shivering|shaking with cold] {seat}. "I
[lost my way in the snow|have nothing warm to wear]," [whispered {f}|said {f}]. {h} took off {his}
scarf and [put|wrapped] it around {f}. "But now you are cold!" said {f}. "[Then we will share|We
can both fit]," said {h}, and the scarf was just long enough for two.

They walked [back|home] to {h}'s {homeadj} {home}. There they had hot [cocoa|soup|tea] by the fire.
<newfriends>
"""

FRIEND_PLOTS = (LOST_TOY, STUCK, LONELY, QUARREL, SHARING, RACE, SNOW)
