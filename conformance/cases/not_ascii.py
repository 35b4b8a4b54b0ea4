"""Text of other letters than ASCII: read, dropped, or spoilt on its way to the model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from conformance.cases.baseline import zone_of
from conformance.cases.common import (
    BALLAST,
    POSITIVE_CONTROL,
    QUESTION,
    ROOM,
    compared,
    control,
    rejected,
    user,
)
from conformance.cases.counts import Growth, Zone
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Json, Observation


@experiment("messages.text")
def what_is_not_ascii_is_read(api: Endpoint) -> Observation:
    """A message may be in any language, and may hold emoji.

    Honoured: a codeword of Chinese signs and an emoji comes back, or the prompt grows by a Chinese text. Ignored:
    neither; or the codeword comes back damaged the same way every time, as question marks or in another encoding; or
    a text of other letters is as large as one of question marks; or emoji are neither said nor counted.
    """
    asked = f"{QUESTION} 请只回答名字。"

    def said(words: str, name: str = _NAME) -> dict[str, Json]:
        # The name is given in English, so that it needs no command of Chinese to say it again.
        told = f"The name of the office cat is {name}. {words}".strip()
        return {"messages": [user(f"{told}\n\n{asked}")], "max_tokens": ROOM}

    before = control(api, **said("", "a secret"))
    after = api.ask("treatment", **said(_CHINESE))
    if not after.ok:
        return rejected("a Chinese text", after)
    if _CODEWORD in after.text and _CODEWORD not in before.text:
        if _EMOJI not in after.text and _as_marks_behind(api, said, after):
            words = f"emoji are damaged: {_NAME} comes back with question marks for its own, {_DAMAGED} times"
            return Observation(Behaviour.IGNORED, words, signals=("text",))
        if _EMOJI not in after.text and _are_emoji_lost(api, said, before):
            words = f"emoji are dropped: {_NAME} comes back without its own, and the prompt does not grow by a hundred"
            return Observation(Behaviour.IGNORED, words, signals=("text", "size"))
        return Observation(Behaviour.HONOURED, "the codeword came back", signals=("text",))
    if found := _spoilt(api, said, after):
        return found
    return _weighed(api, said, before, after)


Said = Callable[[str, str], dict[str, Json]]
"""A request with these words in it, and this name for the office cat."""


def _as_marks_behind(api: Endpoint, said: Said, after: Reply) -> bool:
    """Whether the emoji of the codeword comes back as signs that stand for what nobody could read, every time."""

    def is_damaged(reply: Reply) -> bool:
        return re.search(rf"{_CODEWORD}(\ufffd+|\?{{2,}})", reply.text) is not None

    again = (control(api, "treatment", **said(_CHINESE, _NAME)) for _ in range(_DAMAGED - 1))
    return is_damaged(after) and all(map(is_damaged, again))


def _are_emoji_lost(api: Endpoint, said: Said, before: Reply) -> bool:
    """Whether the emoji of the codeword is never said, and a prompt does not grow by a hundred of them, either time."""
    for _ in range(_DAMAGED - 1):
        if _EMOJI in control(api, "treatment", **said(_CHINESE, _NAME)).text:
            return False
    english = control(api, POSITIVE_CONTROL, **said(BALLAST, "a secret"))
    for first in ("Signs:", "Other signs:"):
        many = control(api, "treatment, emoji", **said(f"{first} {_MANY_EMOJI}", "a secret"))
        if zone_of(api, Growth((before,), (many,), (before,), (english,))) is not Zone.NOTHING:
            return False
    return True


def _as_marks(api: Endpoint, said: Said) -> str:
    """That letters are counted as if each were a question mark, in words; empty where they are not.

    Where the service counts characters, or words, any letters are as many as question marks: then it says nothing.
    """

    def size(words: str) -> int | None:
        return control(api, "treatment, letters and marks", **said(words, "a secret")).size

    letters = size(_RUSSIAN)
    marks = [re.sub(r"\w", "?" * width, _RUSSIAN) for width in (1, 2)]
    if letters is None or letters not in map(size, marks):
        return ""
    if size(BALLAST) == size(re.sub(r"\w", "?", BALLAST)):
        return ""
    return f"a text of Russian letters is not read: the prompt has {letters} tokens, as with a question mark for each"


_RUSSIAN = (
    "Контора стоит на углу тихой улицы, между булочной и мастерской, где чинят велосипеды. Утром свет падает через "
    "высокие окна на длинный деревянный стол, за которым все работают. Здесь одиннадцать стульев и четыре лампы."
)
"""Letters of two bytes each: no tokenizer has as many tokens for them as for a question mark in the place of each."""

_UNITS: Mapping[str, int] = {"utf-32-le": 4, "utf-16-le": 2, "utf-8": 1}
_EMOJI = "🦊"
_MANY_EMOJI = " ".join(chr(code) for code in range(0x1F400, 0x1F464))
"""A hundred different ones, a space between each two: what counts words counts them too."""

_CODEWORD = "墨团团"
_NAME = f"{_CODEWORD}{_EMOJI}"
_MARKS = {len(name.encode(encoding)) // size for name in (_CODEWORD, _NAME) for encoding, size in _UNITS.items()}
"""How many question marks may stand for the name: one for a character, for half a surrogate pair, or for a byte."""

_DAMAGED = 5
"""How often the codeword must come back damaged before the service is blamed: no model does that by itself."""

_ENCODINGS = ("latin-1", "cp1252", "gbk", "shift_jis", "koi8-r")
"""What UTF-8 has been read as by mistake."""


def _damage(reply: Reply) -> str:
    """How the codeword came back where a program has spoilt it, in words; empty where it did not."""
    said = reply.text
    misread = [_CODEWORD.encode().decode(encoding, "replace") for encoding in _ENCODINGS]
    if any(words.strip("\ufffd") and words in said for words in misread):
        return "in another encoding"
    marks = {len(found) for found in re.findall("[?\ufffd]+", said)}
    if marks & _MARKS:
        return "as question marks"
    if json.dumps(_CODEWORD)[1:-1] in said.lower():
        return "as JSON has it"
    return ""


def _spoilt(api: Endpoint, said: Said, after: Reply) -> Observation | None:
    """What the codeword became on its way, or that it never came; None where the count has to decide.

    Growth is not sight: question marks are counted as well as what they stand for.

    Raises:
        Inconclusive: it comes back damaged now and then.
    """
    if how := _damage(after):
        if any(_damage(control(api, "treatment", **said(_CHINESE, _NAME))) != how for _ in range(_DAMAGED - 1)):
            raise Inconclusive(f"the codeword comes back {how}, and not every time")
        words = f"a Chinese text is damaged: the codeword {_CODEWORD} comes back {how}, {_DAMAGED} times"
        return Observation(Behaviour.IGNORED, words, signals=("text",))
    if _is_never_said(api, said):
        words = f"a Chinese text is not read: the name {_CODEWORD} comes back in none of {_DAMAGED} replies, though the"
        words += " model writes Chinese, and a name of Latin letters in the same text in all of them"
        return Observation(Behaviour.IGNORED, words, signals=("text",))
    return None


def _is_never_said(api: Endpoint, said: Said) -> bool:
    """Whether a model that writes Chinese never says the codeword, where it says another name every time.

    A model that has no Chinese of its own may read the signs and still not write them: then the count decides.
    """
    asked = "Write the numbers from one to five in Chinese characters, and nothing else."
    written = control(api, f"{POSITIVE_CONTROL}, asked in English", messages=[user(asked)], max_tokens=ROOM)
    if not all(sign in written.text for sign in "一二三四五"):
        return False
    for _ in range(_DAMAGED):
        if "Quorvendil" not in control(api, f"{POSITIVE_CONTROL}, Latin", **said(_CHINESE, "Quorvendil")).text:
            return False
        if _CODEWORD in control(api, "treatment", **said(_CHINESE, _NAME)).text:
            return False
    return True


_CHINESE = (
    "办公室在一条安静街道的拐角处，一边是面包店，一边是修自行车的铺子。早晨，阳光从高高的窗户照进来，"
    "落在大家一起工作的长木桌上。屋里有十一把椅子、四盏灯、两台打印机，还有一只走得稍慢的旧钟。星期一给植物浇水，星期三整理"
    "信件，星期五窗户一直开到傍晚，屋里便有了雨水和面包的气味。来访的客人要按两次铃，擦净鞋子，在门边的绿本子上写下名字，"
    "然后再走上二楼。"
)


def _weighed(api: Endpoint, said: Said, before: Reply, after: Reply) -> Observation:
    """What the prompt's size says of a Chinese text, where the model does not say what stands in it.

    Raises:
        Inconclusive: the service counts words, or nothing that follows the prompt.
    """

    def sized(arm: str, words: str) -> Reply:
        return control(api, arm, **said(words, "a secret"))

    # How many tokens a Chinese text has is the service's affair: the same text twice has twice as many.
    twice = sized("treatment, twice", f"这段文字写了两遍。{_CHINESE}\n\n{_CHINESE}")
    growth = Growth((after,), (twice,), (before,), (after,))
    if zone_of(api, growth) is Zone.EXPECTED:
        if how := _as_marks(api, said):
            return Observation(Behaviour.IGNORED, how, signals=("size",))
        return Observation(Behaviour.HONOURED, f"a Chinese text is read: {compared(growth)}", signals=("size",))
    english, joined = sized(POSITIVE_CONTROL, BALLAST), sized(f"{POSITIVE_CONTROL}, one word", BALLAST.replace(" ", ""))
    lost = [Growth((before,), (some,), (before,), (english,)) for some in (after, twice)]
    in_words = Growth((before,), (joined,), (before,), (english,))
    if zone_of(api, in_words) is Zone.NOTHING:
        raise Inconclusive("the service counts words, and a Chinese text has no spaces between its own")
    # Asked before, not long ago, the text may be cached and not counted: with other first words it is not.
    anew = sized("treatment, anew", f"今天下雨。{_CHINESE}")
    lost.append(Growth((before,), (anew,), (before,), (english,)))
    if any(zone_of(api, each) is not Zone.NOTHING for each in lost):
        raise Inconclusive(f"the service's count does not follow the prompt: {compared(growth)}")
    return Observation(Behaviour.IGNORED, f"a Chinese text is not read: {compared(lost[0])}", signals=("size",))
