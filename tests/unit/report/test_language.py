"""The report's own sentences: every one in every language and in use, none anywhere else."""

import ast
import re
from pathlib import Path

import pytest

import conformance.report
from conformance.report.analysis.clients import ClientState
from conformance.report.analysis.comparison import Impact, Standing
from conformance.report.analysis.difference import Kind
from conformance.report.language import LANGUAGES, Phrase, catalogue, page_catalogue, say
from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

HOME = Path(conformance.report.__file__).parent
CATALOGUE = catalogue()
PAGE = page_catalogue()
HOMES = (HOME, HOME.parent / "pytest_plugin", HOME.parent / "cli")
SOURCES = "\n".join(
    path.read_text("utf-8")
    for home in HOMES
    for path in home.rglob("*")
    if path.suffix in (".py", ".j2", ".js") and path.is_file()
)
FAMILIES = {
    "status": [*Status],
    "behaviour": [*Behaviour],
    "verdict": [*Verdict, "undocumented"],
    "source": [*Source],
    "group": GROUPS,
    "page.theme": ["auto", "light", "dark"],
    "filter.view": ["differs", "open", "all"],
    "comparison": [*Standing, *Impact],
    "comparison.source": ["live", "local"],
    "comparison.client": [*ClientState],
    "difference": [f"{kind}.{part}" for kind in Kind for part in ("title", "says")],
    "run.kind": ["inconclusive", "not-run", "not-applicable"],
    "difference.new": ["cases"],
    "difference.gone": ["cases"],
}
"""Keys that the report puts together: a family and a name of ours."""

MADE = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
MEANT = {f"{key}.means" for key in MADE if key.split(".")[0] in ("status", "behaviour", "verdict", "source")}
NAMED = set(re.findall(r"""["':]([a-z]+(?:\.[a-z_]+)+)(?=["';])""", SOURCES))
IN_OTHERS = {key for said in CATALOGUE.values() for key in re.findall(r"\{(\w+\.[\w.]+)\}", str(said))}
"""Keys of sentences that stand in other sentences."""


NO_KEYS = {"head.js", "badge.json", "comparison.json", "badge.svg", "site.css", "site.js"}
"""What looks like a key, and is the name of a file."""


def parts(phrase: Phrase) -> list[str]:
    return [phrase] if isinstance(phrase, str) else list(phrase.values())


def places(phrase: Phrase) -> set[str]:
    return {place for part in parts(phrase) for place in re.findall(r"\{(\w+)\}", part)}


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_sentence_is_in_every_language(key: str) -> None:
    said = CATALOGUE[key]
    assert set(said) == set(LANGUAGES)
    assert all(part.strip() for phrase in said.values() for part in parts(phrase))
    for phrase in said.values():
        assert isinstance(phrase, str) or set(phrase) == {"one", "other"}
    if key != "page.notice":  # the English one stands in the report itself
        assert places(said["en"]) == places(said["zh"])
    own = re.sub(r"\{[\w.]+\}|--[\w-]+", "", "".join(parts(said["zh"])))
    assert re.search("[\u3001-\u9fff\uff00-\uffef]", own) or not re.search(r"\w", own)
    assert not re.search("[\u4e00-\u9fff]", "".join(parts(said["en"])))


def test_every_sentence_that_is_asked_for_is_there() -> None:
    assert set(CATALOGUE) >= MADE | MEANT | IN_OTHERS
    families = {key.split(".")[0] for key in CATALOGUE}
    asked = {key for key in NAMED if key.split(".")[0] in families}
    assert asked - NO_KEYS <= set(CATALOGUE)


def test_the_page_asks_for_no_sentence_that_only_english_has() -> None:
    page = [HOME / "render/templates/index.html.j2", HOME / "render/html.py", HOME / "render/grid.py"]
    page += (HOME / "render/templates/page").iterdir()
    asked = {
        key for path in page for key in re.findall(r"""["':]([a-z]+(?:\.[a-z_]+)+)(?=["';])""", path.read_text("utf-8"))
    }
    assert asked & set(CATALOGUE) <= set(PAGE)


def test_every_sentence_is_asked_for() -> None:
    assert set(CATALOGUE) - MADE - MEANT - NAMED - IN_OTHERS == set()


@pytest.mark.parametrize(
    "path",
    [*HOME.glob("render/*.py"), *HOME.glob("analysis/*.py"), HOME.parent / "pytest_plugin" / "endings.py"],
    ids=lambda path: path.name,
)
def test_no_module_has_a_sentence_of_its_own(path: Path) -> None:
    """Words in a string of a rendering would be said in one output only; what is raised for programmers may stay."""
    tree = ast.parse(path.read_text("utf-8"))
    quiet = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    quiet |= {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Raise) for inner in ast.walk(node)}
    quiet |= {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "description"
        for inner in ast.walk(node.value)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet
    ]
    words = [text for text in found if re.search("[a-z]{2,} [a-z]{2,}", text, re.IGNORECASE)]
    assert [text for text in words if not re.search("[<>{}=;]", text)] == [], "markup and style aside"


@pytest.mark.parametrize("path", [*HOME.glob("render/templates/*.md.j2")], ids=lambda path: path.name)
def test_no_template_of_markdown_has_a_word_of_its_own(path: Path) -> None:
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"))
    assert set(re.findall("[A-Za-z]+", bare)) <= {"br"}


def test_simulated_evidence_is_worded_once() -> None:
    text = (HOME / "strings.yaml").read_text("utf-8")
    assert text.count("SIMULATED EVIDENCE") == 1
    assert "SIMULATED EVIDENCE" not in SOURCES


def test_what_is_filled_in_is_never_filled_in_again() -> None:
    assert say("page.title", title="{title} {0} {t}") == "{title} {0} {t}: conformance report"


def test_a_count_of_one_is_one() -> None:
    assert [say("head.models", count=count) for count in (0, 1, 2)] == ["0 models", "1 model", "2 models"]


def test_a_word_may_stand_in_a_sentence() -> None:
    assert say("head.cells", "zh", count=3, source={"t": "source.simulator"}) == "3 项来自模拟器"
