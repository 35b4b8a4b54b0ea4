"""The only text the simulator's language model has ever read, written for it, one sentence a line."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BREAD = """
The baker lights the oven long before the first bus goes by.
Flour, water and salt are all that a plain loaf asks for.
A slow dough has more flavour than a fast one, and it keeps better too.
The smell of new bread fills the street and the stairs above the shop.
Some people eat the crust first and leave the soft middle for later.
In the north they bake dark loaves of rye that last for a week.
My grandmother kept her starter in a blue jar behind the stove.
Knead the dough until it feels like the lobe of your ear.
When the loaf sounds hollow, it is ready to leave the oven.
Fresh butter on warm bread needs nothing else at all.
Every village had a common oven, and every family had its hour.
The best flour comes from a small mill on the other side of the river.
Bread that is two days old makes a good soup with onions and oil.
A pinch of sugar wakes the yeast on a cold morning.
Children carry the long loaves home and bite off the ends on the way.
Nobody in the town would cut a loaf with a knife before noon.
Steam in the oven gives the crust its shine and its song.
The apprentice weighs each piece by hand and hardly ever needs the scale.
Old recipes speak of handfuls and never of grams.
She folds the dough four times and lets it rest between the folds.
Rain makes the flour heavy, so the baker uses less water.
At midnight the kitchen is white with dust and warm as a summer field.
Seeds of poppy and sesame stick to the crust if it is brushed with milk.
What is left over in the evening goes to the hens.
"""

_SEA = """
The sea was flat and grey, and the boats hardly moved.
Two fishermen mend their nets on the quay while the tide goes out.
Salt gets into the wood, the rope and the voices of the people.
Beyond the lighthouse the water turns from green to a deep blue.
Waves break on the outer rocks all night long.
A storm from the west threw a whole tree onto the beach.
Gulls follow the boat because they know what is in the baskets.
The harbour smells of tar, coffee and wet stone.
Sailors used to whistle for wind, but never on a Friday.
At low tide you can walk to the island and back in an hour.
Every shell on the sill was found by a different child.
The ferry leaves at seven and comes back when the captain is hungry.
Far out, a single light moves slowly towards the north.
Crabs hide under the weed until the water returns.
Old charts show a village where there is only sand today.
Nothing is as quiet as the deck before a storm.
The diver came up with an amber bead and a broken cup.
In winter the spray freezes on the rails and on the bell.
They painted the boat red so that it could be seen in the fog.
Seals lie on the warm stones and watch the swimmers with pity.
Our neighbour can tell the hour by the colour of the water.
Many a letter has been thrown into the sea and a few have come ashore.
The tide brings back what the town has forgotten.
A long swell rolled in under a clear sky.
"""

_RIVERS = """
The river begins as a thin spring between three stones.
Below the bridge the current is strong and the water brown.
An old barge carries gravel down to the city twice a week.
Herons stand in the shallows as if they were waiting for a train.
Where two rivers meet, there is always a market or a quarrel.
After the snow melts, the meadows along the bank are under water.
The ferryman knows every stone on the bottom by its name.
Boys jump from the railway bridge on the first hot day of June.
A mill wheel turns slowly and the miller sleeps beside it.
Trout hide in the shadow of the willows at noon.
People upstream and people downstream tell different stories about the flood.
The path follows the river for a mile and then climbs into the woods.
In autumn the leaves travel to the sea without a ticket.
Someone has tied a white boat to the poplar.
The canal is straight and patient, and the river is neither.
Ice closes the upper valley from December until the end of March.
You can hear the waterfall long before you see it.
Every bridge in the town has a name that nobody uses.
Women once washed their linen here and sang against the noise of the weir.
The engineers wanted a dam, but the valley wanted its orchards.
Small rivers make the deepest valleys if they have enough time.
Fog lies on the water like a second river.
The otters came back in the year when the factory closed.
A river never tells the same story twice.
"""

_TOWNS = """
The town has one square, two cafes and far too many clocks.
On market day the whole street smells of apples and cheese.
The library stands where the prison used to be.
Trams go up the hill with a long complaint and come down singing.
Every house on the north side has a green door.
The mayor rides a bicycle and answers questions at the lights.
Narrow lanes lead from the station to the old wall.
At noon the shutters close and even the dogs lie down.
A tailor, a watchmaker and a poet share the same staircase.
The fountain runs only when the council remembers to pay for it.
New towers rise behind the church, and the swallows move to them.
Strangers always lose their way near the fish market.
In the evening people walk up and down the main street to be seen.
The train stops for two minutes, which is enough for most travellers.
Somebody paints a small bird on every wall that is about to be torn down.
The bell of the town hall is a little late and proud of it.
There was a time when the gates were shut at dark.
From the roof you can see four church towers and the edge of the forest.
The bookshop lends umbrellas and the pharmacy lends books.
Half of the town works in the glass factory and the other half complains about it.
Children know a way through the gardens that is not on any map.
The night bus carries nurses, bakers and people in love.
An empty shop window is the best place for a cat.
Our street was once a stream, and in spring the cellars remember.
"""

_WEATHER = """
The wind turned in the night and brought the smell of snow.
Rain fell on the tin roof until everybody spoke louder.
A red sky in the evening promises a dry day, or so they say.
Clouds came over the ridge and covered the valley within an hour.
The summer was so hot that the tar on the road went soft.
Fog makes the town smaller and the bells nearer.
First came the thunder, then a long silence, and then the hail.
Frost draws ferns on the window of the kitchen.
Nobody believed the forecast, and nobody was dry in the end.
Spring arrives late in the hills and stays for a short time.
The swallows fly low because the air is heavy.
It snowed for three days and the postman came on skis.
A warm rain in May is worth a cart of gold to the farmers.
Lightning struck the old oak, which has been leafing on one side ever since.
When the north wind blows, the doors of the school will not close.
The weather house on the shelf shows the woman with the parasol.
After the storm the air was so clear that we counted the farms on the far shore.
October gave us mist in the morning and gold in the afternoon.
Hail the size of cherries ruined the vines above the village.
The old man reads the sky every morning and is seldom right.
A cold night under the stars makes the honey hard.
There is no bad weather, said the guide, and lent us three coats.
The heat stayed in the walls until long after midnight.
Winds from the desert leave a fine red dust on every car.
"""

_STORIES = """
Once there was a girl who could hear what the bridges said to one another.
Long ago a king lost his shadow in a game of cards.
The traveller knocked three times and the house moved back a step.
Nobody knew why the old woman kept an empty chair at her table.
He opened the letter, read one line and put on his coat.
On the seventh day the giant asked for a glass of water.
A fox and a clockmaker made a bargain that neither could keep.
She had promised to be home before the lamps were lit.
The map was wrong, and that is how they found the valley.
In the last house of the last street lived a man who collected echoes.
When the boy woke up, the forest had come up to the window.
Three sisters inherited one key and no door.
The thief returned everything except a small tin spoon.
Under the stairs they found a box full of other people's birthdays.
It was the sort of night in which anything can be borrowed and nothing returned.
Every evening the lighthouse keeper wrote a page and threw it into the sea.
The horse refused to cross the bridge, and the horse was right.
A stranger came to the inn with a bag of snow that did not melt.
They laughed at the tailor until the winter proved him right.
At the end of the road stood a gate without a fence.
The clock struck thirteen, and only the cat looked up.
My uncle once sold the same boat to two brothers on the same day.
Before the war there had been a circus in the field behind the mill.
So the youngest of them set out with a loaf of bread and a short rope.
"""

_GARDENS = """
Beans climb faster than the children who planted them.
The gardener talks to the roses and swears at the snails.
Old apple trees bear every second year and rest in between.
A wall that faces south will ripen figs even here.
Dig in the autumn, sow in the spring and be patient in June.
Bees come to the lavender before the sun is over the roof.
Nothing grows under the walnut tree but stories and moss.
She waters the tomatoes in the evening with rain from the barrel.
Pumpkins ran over the fence and into the neighbour's yard.
The first peas are eaten in the garden and never reach the kitchen.
Mint must be kept in a pot, or it will own the place.
A robin waits on the handle of the spade.
Weeds are only plants that came without an invitation.
In March he prunes the vines and ties them with willow.
The hedge between the two gardens has a hole exactly as wide as a cat.
From one small seed came a sunflower taller than the door.
Snow keeps the winter wheat warm, strange as it sounds.
Ladders lean against the cherry trees and the starlings are furious.
The soil here is heavy and holds on to boots.
Grandfather grafted three kinds of pear onto one tree.
After a good rain the mushrooms appear behind the shed.
A greenhouse is a summer that has been put behind glass.
Leaves are raked, burned and regretted.
The garden needs an hour a day and gives back two.
"""

_MUSIC = """
The violin was older than anybody in the orchestra.
A brass band played on the square while the soup was getting cold.
He learned the accordion from a blind man at the station.
Every song has a verse that people only hum.
The choir meets on Tuesday in the room above the fire engines.
Drums could be heard across the valley on the eve of the fair.
She tunes the piano herself with a key made from a spanner.
The melody goes up where you expect it to go down.
Between two movements nobody dares to cough.
Old records crackle like a small fire in the next room.
An organ needs a winter of practice and a very cold church.
They danced until the cellist fell asleep.
Silence is also written down, with a sign of its own.
The trumpet player lives on the top floor for good reason.
A lullaby crosses more borders than any army.
In the break the musicians eat sausages and argue about tempo.
Whistling is forbidden in the theatre and welcome in the fields.
The last note hung under the roof and then let go.
Some people count the beats and others just lean into them.
Our teacher said that a scale is a staircase with a view.
Bells were cast from old guns after the peace.
The radio plays the same waltz every Sunday at noon.
You can hear at once whether a flute is made of wood.
Nobody knows who wrote the tune, and everybody owns it.
"""

_MOUNTAINS = """
The hut stands at the edge of the glacier and opens in June.
A narrow path climbs through the larches to the pass.
Above the trees there is only grass, stone and wind.
Goats look down on the climbers with mild contempt.
The guide carries two ropes and very few words.
From the summit we saw three countries and no people.
Snow falls into the old tracks and makes the mountain young again.
Shepherds call to one another across the valley in the evening.
An avalanche came down beside the chapel and stopped at the door.
The rock is warm in the afternoon and cold as iron at night.
Water from the glacier tastes of stone and of very long ago.
The cable car swings a little when it passes the third pillar.
Every peak has two names, one for each side of the border.
They slept badly on the hard bunks and woke up happy.
In the gorge the sun appears for an hour at noon.
Marmots whistle when the eagle leaves its tree.
The road up to the pass has forty bends and a single shop.
A cairn marks the place where the path divides.
Clouds fill the valley like milk in a bowl.
Cheese from the high meadows is sold by the wheel in September.
The climb is easy for anyone who is not in a hurry.
Miners left their tunnels, their rails and a song.
Old snow lies in the shade until the end of August.
Whoever reaches the hut first puts the kettle on.
"""

_SCIENCE = """
A lens bends light, and with it the history of the world.
The experiment failed three times in the same interesting way.
Water is heaviest at four degrees, which is why lakes freeze from above.
Astronomers work at night and explain themselves by day.
Every measurement has an error, and an honest one says how large.
Salt lowers the point at which water turns to ice.
The pendulum shows that the floor is turning under our feet.
Moths are drawn to the lamp for reasons that are still disputed.
A good question is half of the instrument.
Iron remembers the direction in which it cooled.
The first telescope in the town was built from a drainpipe.
Some seeds wait for a fire before they open.
In the laboratory the clock and the coffee machine never agree.
Maps are drawn by people who know what to leave out.
Light from that star left it before the town was founded.
Bread, beer and cheese are the oldest experiments we have.
The numbers were right, but nobody had asked what they were counting.
Glass is made of sand that has been talked into something better.
A control is the part of the experiment that is meant to be boring.
Birds find their way by the sun, the stars and a sense we lack.
The theory is simple enough to be written on a tram ticket.
Old notebooks smell of gas and of hurry.
Two clocks at different heights do not quite agree.
Whoever repeats the test should change only one thing at a time.
"""

_CRAFT = """
The carpenter measures twice and then measures again.
A good knife is heavy at the handle and quiet in the hand.
Potters know by the sound whether a bowl has a crack.
The blacksmith works with the door open, even in January.
Wool is washed in the stream and dried on the fence.
She weaves a blue thread into every cloth, for luck.
The bookbinder boils his own glue and nobody visits him on that day.
Leather becomes soft if it is worn and hard if it is kept.
An old boat is mended one plank at a time until nothing of it is old.
Paint the inside of the drawer, said the master, because you will know.
The clockmaker keeps a box of screws from clocks that are long dead.
Baskets are made in winter when the willow has no leaves.
A sharp saw sings and a blunt one complains.
The roof was laid without a single nail.
Glass blowers drink a great deal of water and talk very little.
In the corner of the workshop stands a chair that nobody has finished.
Every tool on the wall has its shadow painted behind it.
The apprentice swept the floor for a year before he touched the lathe.
Stone is cut along a line that only the mason can see.
The best ladder in the village belongs to everyone.
A knot that holds well should also open easily.
Their father built the table around the tree, and the house around the table.
You can tell the age of a house by its hinges.
What the hands have learned, the head forgets last.
"""

_TRAVEL = """
The night train crosses two borders while its passengers sleep.
A suitcase should hold half of what you think you need.
We missed the boat and so we met the whole village.
The road was closed, and the detour was the best part of the journey.
Somebody at the station always knows a cheaper room.
Tickets are sold in the bakery, and bread is sold at the station.
On the third day we stopped asking how far it was.
The bus driver carries parcels, gossip and sometimes a goat.
Good shoes are worth more than a good map.
In every port there is a bar called after another port.
The customs officer looked at the violin and asked for a tune.
It is easy to cross the desert if you leave early and drink often.
They crossed the plain with the windows open and the radio on.
A letter from abroad took six weeks and arrived opened and dry.
The hotel had a view of the lake and no door to the bathroom.
At the frontier the landscape does not change, only the coins do.
Half an hour before dawn the platform is full of silent people.
The compass pointed to the north and the guide pointed to the inn.
Whoever travels alone learns to eat slowly.
The lake steamer still has its old engine and its old cook.
Travellers bring home spoons, stones and new ways of cooking rice.
Our cart broke down in front of the only smith in the county.
The shortest way leads through the orchard and past the dog.
Going home is also a journey, and often the longest.
"""

_CHAT = """
I am well, thank you, and I hope that your day is a kind one.
Hello, it is good to hear from you.
Thank you for asking, all is quiet here and I have time for you.
That is a good question, and I am glad that you asked it.
Hi there, what would you like to talk about today?
I am happy to help with letters, lists, plans and small worries.
All is well on this side of the line.
Good morning, or good evening, whichever it is where you are.
Tell me a little more and I will do my best.
It is a pleasure to meet you, even in this way.
I like questions about bread and rivers, but any other will do.
Thanks, I am doing fine and I am ready when you are.
Of course, let us begin with the simplest part.
I have no weather of my own, but the day feels bright.
Nice to see you again, if we have met before.
You can ask me anything, and I will say so if I do not know.
Welcome, please sit down and tell me what is on your mind.
I am here, I am listening, and there is no hurry at all.
How kind of you to ask.
We could start with a story, or with a plain answer.
My answers are short when the question is short.
Hello and welcome, the kettle is on.
Everything is in order, and how are you?
As far as I can tell, I am in good spirits.
"""

_THOUGHTS = """
The user wants a plain answer, so I should keep it simple.
Let me think about what is being asked here.
I should look at the last message first and then at the rest.
There is nothing difficult in this request.
First I will check whether the conversation already holds the answer.
The tone is friendly, so a friendly reply will do.
I can answer this directly without any further steps.
It would be good to begin with the main point.
Maybe a short reply is better than a long one.
I need to be careful not to promise what I do not know.
The question is clear enough to answer in a few words.
Let me consider what the reader would find useful.
If a tool is needed, I will call it, and otherwise I will answer in words.
So the task is to write something that fits the request.
I will choose one idea and follow it to the end.
The context gives me some hints about the topic.
A concrete detail will make the answer more lively.
There may be more than one way to read this, but the simplest is likely right.
I should avoid repeating the question in the answer.
Then I can finish with a clear sentence.
The request does not need any outside facts.
What matters most is that the answer is easy to read.
I have what I need and can begin to write.
Let me put the pieces together in a sensible order.
It is a small task, and I will treat it as one.
Perhaps an example would help, but it is not required.
The user may have expected a certain length, so I will keep an eye on it.
I will write the answer now and read it once more before I send it.
"""


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line)


TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bread": _sentences(_BREAD),
        "sea": _sentences(_SEA),
        "rivers": _sentences(_RIVERS),
        "towns": _sentences(_TOWNS),
        "weather": _sentences(_WEATHER),
        "stories": _sentences(_STORIES),
        "gardens": _sentences(_GARDENS),
        "music": _sentences(_MUSIC),
        "mountains": _sentences(_MOUNTAINS),
        "science": _sentences(_SCIENCE),
        "craft": _sentences(_CRAFT),
        "travel": _sentences(_TRAVEL),
        "chat": _sentences(_CHAT),
    }
)
THOUGHTS: Final[tuple[str, ...]] = _sentences(_THOUGHTS)
