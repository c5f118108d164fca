# SPDX-License-Identifier: Apache-2.0
"""Plots about going out into the world: losing the way, building, rescuing, discovering.

The mark-up is described in story_grammar.py.
"""
from __future__ import annotations

LOST = """
<opening> {time}, {h} followed a [yellow|blue|white] butterfly into the woods. When {he} [looked
around|stopped at last], {he} did not know where {he} was.

"[Which way is home|How will I ever get home]?" {h} [asked|whispered], but nobody answered. [The
sun was going down.|The trees looked tall and dark.|<sad>] Then {he} heard a soft voice. {f} the
{f.kind} was [sitting|standing] {seat}. "[Are you lost?" asked {f}. "Yes," said {h}. "|Why are you
crying?" asked {f}. "I am lost," said {h}. "]I live {spot}." "[I know the way|I can take you
there]," said {f}.

[The moon lit the path.|Fireflies lit the path.] At last, {h} saw a [light|lamp] in a window. It
was {his} own {home}! {His} {family} [ran out and hugged {him}|was waiting at the door].
[<thanks>|{f} stayed for dinner.] <newfriends>
"""

BUILD = """
<friends> {time}, {h} had a [big|wonderful|great] idea. "Let us build a {project.thing}!" {he}
said. "[Yes|Oh yes|What a good idea]!" said {f}. They [worked all morning|worked very hard].

[At last|By noon], the {project.thing} was ready. But, oh no! {project.fail}. "[It is no use|I give
up|We will never do it]," said {h}. "<comfort>," said {f}. "[Every mistake teaches us something|Now
we know what does not work|Let us try again]." They [thought and thought|drew a new plan|asked
{h}'s {family} for advice]. {project.better}.

And this time, it worked! The {project.thing} was [perfect|even better than they had dreamed|the
finest in the land]. [All their friends came to see it.|They tied a {color} ribbon to it.|"We make
a good team," said {h}.] [<outing>|<oldfriends>]
"""

NESTLING = """
<opening> {time}, {h} was on {his} way to {place} when {he} heard a tiny "peep, peep!" A baby bird
was [lying|sitting] {under}. It had fallen out of its nest.

"[Do not be afraid|Poor little thing]," {he} said. But the nest was very high, [much too high for
{h}|and {h} could not reach it]. <comes> "[Climb on my back|Stand on my shoulders]," said {f}. {h}
held the baby bird [gently|carefully] in {his} {paws} and climbed up. Then {he} [put|set] the bird
back into its nest.

The mother bird came flying home. She [sang her most beautiful song|sang and sang] to thank them.
[And every morning after that, a little bird sang at {h}'s window.|<goodnight>]
"""

STAR = """
<opening> One night, {h} saw a star fall from the sky. It landed near {place}. {h} [ran|hurried]
there and found it {under}. It was [small|tiny] and [warm|bright], and it was crying.

"[I have fallen from the sky|I want to go home]," said the star. {h} wrapped the star in a {color}
[scarf|blanket|towel] and went to see {f} the {f.kind}. "How can we bring a star back to the sky?"
asked {h}. {f} thought [for a long time|very hard]. "[We must climb the highest hill|We must tie it
to a kite|We must ask the wind to carry it]," {f.he} said.

So they climbed [all the way up|up, up, up] to the top of the highest hill. The star rose into the
air, higher and higher, until it was back among its sisters. [It twinkled to say thank you.|"Thank
you!" it called.] [And since that night, one star shines a little brighter over {h}'s {home}.|And
every night, {h} and {f} look up and wave to it.]
"""

BOTTLE = """
<opening> {time}, {h} was playing at the river when {he} saw a [green|blue|small] bottle in the
water. There was a [letter|note] inside! {h} [pulled it out|opened it]. It said, "[I am all alone|I
have no one to talk to]. [Please write to me|Please come and visit me]. Follow the river to the
{color} door."

{h} [put on {his} hat|packed a {food}] and went to find out who had written it. {He} walked past
{place}. {He} walked past {place2}. At last, {he} came to a {homeadj} {f.home} with a {color} door.
{He} knocked. A {f.adj} {f.kind} opened it. "[You found it|You came]!" cried the {f.kind}. {f.He}
was called {f}.

[They talked|They talked and laughed] until the stars came out. "[Now I have a friend|I will never
be lonely again]," said {f}. And [every week|every Sunday], a bottle with a letter came down the
river.
"""

STORM = """
<opening> {time}, {h} and {f} the {f.kind} went for a walk to {place}. [{weather}|] But
[suddenly|all at once], the sky turned gray and a storm began.

The wind [howled|roared] and the rain came down. "[We must find shelter|Quick, this way]!" [called|
shouted] {f}. They ran and ran until they found [a dry cave|a hollow tree|an empty barn]. Then they
saw two [bright|little] eyes. It was a [lost|frightened] little [lamb|mouse|kitten|duckling]!
"[Come and sit with us|Do not be scared]," said {h}. They shared a {food} and sang songs until the
storm was over.

[When the sun came out|When the sky was blue again], they brought the little one back to its
mother. She [thanked them with all her heart|was so happy that she cried]. [<outing>|<oldfriends>]
"""

JOURNEY_PLOTS = (LOST, BUILD, NESTLING, STAR, BOTTLE, STORM)
