# SPDX-License-Identifier: Apache-2.0
"""Plots close to home: fears, mishaps, surprises and things that are made by hand.

The mark-up is described in story_grammar.py.
"""
from __future__ import annotations

AFRAID = """
<opening> But {h} had a secret. {He} was afraid of {fear.name}. {fear.when}, {he} began to tremble.

{time}, {h} told {f} the {f.kind} about it. [{f} did not laugh.|{f} nodded.] "[Everyone is afraid
of something|I used to be afraid too]," {f.he} said. "[I will stay with you|We will be brave
together]."

{fear.then}, {f} {fear.help}. "{fear.truth}," said {f}. {h} took a deep breath. [{His} heart beat
fast, but {he} did not run away.|{He} counted to ten, and {he} did not run away.] [Little by little
|After a while], the fear grew smaller. "I did it!" [cried {h}|said {h} proudly]. "[Being brave
does not mean that you are never afraid|You are braver than you think]," said {f}.
[<goodnight>|<oldfriends>]
"""

BROKEN = """
<opening> {time}, {h} was playing with a {color} {plaything} in the house, although {his} {family}
had told {him} not to. Crash! The {plaything} hit a {fragile}, and the {fragile} [broke into
pieces|fell on the floor and broke].

[{h}'s heart beat fast.|Oh no!] {He} [hid the pieces|put the pieces] {inside}. But [{h} could not
eat {his} dinner|all day long {he} felt terrible|{his} tummy hurt and {he} could not smile]. [At
last|In the evening], {h} went to {his} {family}. "I broke the {fragile}," {he} said [with tears in
{his} eyes|in a tiny voice]. "I am very sorry."

{His} {family} [gave {him} a hug|took {him} in both arms]. "[Thank you for telling me the truth|It
was brave of you to tell me]." Together they [glued|put] the pieces back together. [It did not look
new, but {h} liked it even more than before.|And {h} felt as light as a feather.] <goodnight>
"""

BIRTHDAY = """
<opening> [Today|It was a special day, because today] was {h}'s birthday. {He} [jumped out of
bed|got up early] and waited for {his} friends. But nobody came.

{h} went to see {f} the {f.kind}. "[Do you know what day it is|Is today not a special day]?" {he}
asked. "It is [Monday|Tuesday|Thursday|Friday]," said {f}, "and I am very busy." {h} walked to
{place}, but nobody was there. <sad>

[When it got dark|In the evening], {h} went home and opened the door. "Surprise!" All {his} friends
were there! There was a {cake} with candles on the table, and {f} gave {him} a {color} {toy}. "[We
have been getting ready all day!|Did you really think we would forget?]" {f} [said with a
smile|laughed]. [<happy>|They danced and sang all night.|It was the best birthday
ever.|<goodnight>]
"""

SEED = """
<opening> {time}, {his} {family} gave {him} a tiny seed. "[Plant it and be patient|Take good care
of it]," said {his} {family}. {h} planted it {spot} and gave it some water.

The next day, {h} [ran|hurried] to look. Nothing had grown. {He} waited [one day, two days, three
days|a whole week]. Still nothing! "[This seed is lazy|It will never grow]," said {h} to {f} the
{f.kind}. "[Good things take time|Give it time]," said {f}. So {h} waited.

Then, [one warm morning|after a night of rain], there was a little green leaf! It grew [taller and
taller|bigger and bigger], until it was a beautiful {flower}. [<happy>|"You were right," {he} said
to {f}.] [<goodnight>|<oldfriends>]
"""

SLEEPLESS = """
<opening> One night, {h} could not sleep. {He} turned to the left. {He} turned to the right. {He}
counted [sheep|stars|to a hundred].

So {h} tiptoed outside and saw that a light was on at {f}'s {f.home}. {f} the {f.kind} was awake
too. "I cannot sleep," said {h}. "[Neither can I|I am not tired either]," said {f}. They sat down
{seat} and [looked at the sky|listened to the crickets]. {f} told a story about [a cloud that
wanted to be a sheep|a star that was afraid of heights|a snail that sailed across the sea|a mouse
that lived on the moon]. {h} told a story about [a fish that learned to sing|a tree that went for a
walk|a king who lost his crown|a teapot that could talk].

The stories grew longer and slower, and [their eyes grew heavy|their voices grew softer]. "Good
night, {h}," [whispered|said] {f}. But {h} did not answer. {He} was already fast asleep. [And the
moon smiled down on them both.|Soon {f} was asleep too, and the stars kept watch.]
"""

GREEDY = """
<opening> {time}, {h} found a bush full of ripe {berry} near {place}. "[I must tell {f}|I should
share these with {f}]," {he} thought, because {f} the {f.kind} loved {berry} too. "But first I will
eat just one."

{h} ate one. Then {he} ate two more. They were so sweet! {He} ate and ate until the whole bush was
empty. Then {his} tummy began to hurt. "Ouch," [said|cried] {h}.

[Soon|After a while], {f} found {him} {seat}. "[What happened|Are you sick]?" {f.he} asked. "I ate
all the {berry} and left none for you," said {h}. "I am sorry." {f} [laughed|smiled] and made {him}
a cup of [mint|warm] tea. "[Next time, call me|Next time, we will eat them together]," said {f}.
[When summer came again|The next year], {h} kept {his} promise, and they ate {berry} together until
the sun went down.
"""

RAIN = """
<friends> They had planned a picnic for weeks. {h} had made a {baked}, and {f} had packed a {food}.
But just as they were ready to go, dark clouds came and it began to rain.

"[Our picnic is ruined|Now we cannot go]," said {h}. <sad> Then {f} [smiled|had an idea]. "[Who
says that a picnic must be outside?|If we cannot go to the picnic, the picnic can come to us!]"
They put a {color} blanket on the floor. They [hung paper stars from the ceiling|painted a big sun
on the wall], and they ate their picnic there. [They forgot all about the rain.|They sang songs all
afternoon.|]

[Soon|At last], the rain stopped. A [big|bright] rainbow stood over {place}. "[That was the best
picnic ever|I hope it rains next time too]," said {h}. <oldfriends>
"""

HOME_PLOTS = (AFRAID, BROKEN, BIRTHDAY, SEED, SLEEPLESS, GREEDY, RAIN)
