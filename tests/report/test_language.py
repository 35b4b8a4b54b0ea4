"""The report's own sentences: every one in every language, every one in use, none anywhere else."""

import re
from pathlib import Path

import pytest

import conformance.report
from conformance.report.language import CATALOGUE, LANGUAGES, Phrase, say
from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

HOME = Path(conformance.report.__file__).parent
SOURCES = "\n".join(
    path.read_text("utf-8") for path in HOME.rglob("*") if path.suffix in (".py", ".j2", ".js") and path.is_file()
)
FAMILIES = {
    "status": [*Status],
    "behaviour": [*Behaviour],
    "verdict": [*Verdict, "undocumented"],
    "source": [*Source],
    "group": GROUPS,
    "page.theme": ["auto", "light", "dark"],
    "filter.view": ["differs", "open", "all"],
}
"""Keys that the report puts together: a family and a name of ours."""

MADE = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
MEANT = {f"{key}.means" for key in MADE if key.split(".")[0] in ("status", "behaviour", "verdict", "source")}
NAMED = set(re.findall(r"""["':]([a-z]+(?:\.[a-z_]+)+)(?=["';])""", SOURCES))


def parts(phrase: Phrase) -> list[str]:
    return [phrase] if isinstance(phrase, str) else list(phrase.values())


def places(phrase: Phrase) -> set[str]:
    return {place for part in parts(phrase) for place in re.findall(r"\{(\w+)\}", part)}


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_sentence_is_there_in_every_language(key: str) -> None:
    said = CATALOGUE[key]
    assert set(said) == set(LANGUAGES)
    assert all(part.strip() for phrase in said.values() for part in parts(phrase))
    for phrase in said.values():
        assert isinstance(phrase, str) or set(phrase) == {"one", "other"}
    if key != "page.notice":  # the English one stands in the report itself
        assert places(said["en"]) == places(said["zh"])
    assert re.search("[\u4e00-\u9fff\uff00-\uffef]", "".join(parts(said["zh"]))), "this is no Chinese"
    assert not re.search("[\u4e00-\u9fff]", "".join(parts(said["en"])))


def test_every_sentence_that_is_asked_for_is_there() -> None:
    assert set(CATALOGUE) >= MADE | MEANT
    families = {key.split(".")[0] for key in CATALOGUE}
    asked = {key for key in NAMED if key.split(".")[0] in families}
    assert asked - {"head.js"} <= set(CATALOGUE)


def test_every_sentence_is_asked_for() -> None:
    assert set(CATALOGUE) - MADE - MEANT - NAMED == set()


def test_what_is_filled_in_is_never_filled_in_again() -> None:
    assert say("page.title", title="{title} {0} {t}") == "{title} {0} {t}: conformance report"


def test_a_count_of_one_is_one() -> None:
    assert [say("head.models", count=count) for count in (0, 1, 2)] == ["0 models", "1 model", "2 models"]


def test_a_word_may_stand_in_a_sentence() -> None:
    assert say("head.cells", "zh", count=3, source={"t": "source.simulator"}) == "3 项来自模拟器"
