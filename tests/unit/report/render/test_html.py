"""The report as a page: its anchors, its meaning without colour, and nothing that runs but its own script."""

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.render import page_data
from unit.report.recordings import exchange, recorded
from unit.report.rendered import page as render
from unit.report.reports import NOTICE, case, claim, everything, report, row

VOID = {"meta", "br", "input", "col", "rect", "polyline"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    ancestors: tuple[str, ...]


class Page(HTMLParser):
    """Elements in order and the text of the page; complains of tags that do not match."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(name for name, _ in self._open)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, anchor in self._open:
            if anchor:
                self.texts.setdefault(anchor, []).append(data)

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def text(self, anchor: str) -> str:
        """All text inside the element with this id, in one line."""
        return " ".join("".join(self.texts[anchor]).split())

    @property
    def ids(self) -> list[str]:
        return [element.attributes["id"] or "" for element in self.elements if "id" in element.attributes]

    @property
    def fragments(self) -> set[str]:
        links = [element.attributes.get("href") or "" for element in self.all("a")]
        return {unquote(link[1:]) for link in links if link.startswith("#")}


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(everything()))


def data(markup: str, anchor: str) -> Any:
    """What the page carries for its script under an id."""
    return json.loads(Page(markup).text(anchor))


def evidence(markup: str) -> list[dict[str, Any]]:
    """The cells of every model, with the pooled strings in their places."""
    blocks = re.findall(r'<script type="application/json" class="cells">(.*?)</script>', markup, re.DOTALL)
    pool = data(markup, "pool")

    def unpacked(value: Any) -> Any:
        match value:
            case str() if value.startswith("~~"):
                return value[1:]
            case str() if value.startswith("~"):
                return pool[int(value[1:])]
            case list():
                return [unpacked(item) for item in value]
            case dict():
                return {name: unpacked(item) for name, item in value.items()}
            case _:
                return value

    return [unpacked(json.loads(block)) for block in blocks]


def test_every_cell_has_its_slug_as_an_anchor(page: Page) -> None:
    for result in everything()["results"]:
        assert f"{result['model']}--{result['feature']}" in page.ids


def test_anchors_are_unique_and_every_link_on_the_page_leads_to_one(page: Page) -> None:
    assert [anchor for anchor, times in Counter(page.ids).items() if times > 1] == []
    assert page.fragments <= set(page.ids)


@pytest.mark.parametrize("model", ["openrouter/m 1", "100%", 'm"2"', "模型", "m#1"])
def test_models_of_any_name_have_working_anchors(model: str) -> None:
    made = Page(render(report(row("top_k", model))))
    assert made.fragments <= set(made.ids)
    assert f"{model}--top_k".replace(" ", "-") in made.ids


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("temperature", "honoured, conforms"),
        ("top_k", "honoured, exceedsdocumented ignored"),
        ("messages.image", "ignored, falls shortdocumented unsupported"),
        ("metadata", "rejected, falls shortdocumented supportedknown"),
        ("stop_sequences", "inconclusive, inconclusive"),
        ("limits.context_window", "not run, not run"),
        ("headers.x-api-key", "n/a, n/a"),
        ("tools.parallel", "honoured, undocumented"),
    ],
)
def test_a_cell_says_in_words_what_its_colour_says_and_where_it_differs(page: Page, feature: str, words: str) -> None:
    assert page.text(f"M-1--{feature}") == words


def test_the_evidence_says_all_there_is() -> None:
    markup = render(everything())
    index, (first, _) = data(markup, "index"), evidence(markup)
    seen = first["cases"][first["cells"]["temperature"]["c"][0]]
    assert seen["id"] == "matrix.yaml::M-1::temperature::works"
    assert seen["dr"] == {"t": [8], "c": [2, 1, 1, 1, 1, 1, 1]}
    assert ["p_collapsed", "7.77e-05"] in seen["st"]
    assert (seen["src"], seen["at"], seen["q"]) == ("simulator", "2026-11-23T11:00:00Z", 2)
    assert seen["k"] == "minimax/M-1/temperature/works.yaml"
    assert [arm["n"] for arm in seen["arms"]] == ["control", "treatment"]
    (claimed,) = index["claims"]["temperature"]
    assert claimed["says"] == "temperature is supported"
    assert claimed["source"] == ["Compatibility page", "https://provider.example/docs", "2026-11-01"]
    assert claimed["cases"] == {"works": ["It works.", "Honoured: it does ``what`` it is for."]}
    assert claimed["reports"] == [["2.5 gave 200", "2026-09-28", "a public study", ""]]
    assert first["cells"]["thinking"]["h"] == [0]
    assert first["cells"]["metadata"]["d"] == "reported to the provider"


def test_a_recording_is_shown_to_the_letter_and_no_secret_with_it(tmp_path: Path) -> None:
    sent = '{"model":"M-1","temperature":1.0,"messages":[]}'
    made = row(
        "temperature",
        cases=[
            recorded(
                tmp_path,
                case("M-1", "temperature", "honoured", "conforms"),
                [
                    exchange(sent, '{"content":[{"type":"text","text":"yes"}]}'),
                    exchange(
                        sent.replace("1.0", "0.01"), '{"content":[{"type":"text","text":"' + "long " * 1000 + '"}]}'
                    ),
                ],
            )
        ],
    )
    (first,) = evidence(render(report(made), cassettes=tmp_path))
    control, treatment = first["cases"][0]["arms"]
    assert control["x"]["rq"] == sent.replace('"M-1"', '"\x01"')
    assert control["x"]["h"] == [["authorization", "Bearer [redacted]"], ["content-type", "application/json"]]
    assert json.loads(control["x"]["rs"]) == {"content": [{"type": "text", "text": "yes"}]}
    assert len(treatment["x"]["rs"]) < 600
    assert treatment["x"]["rsn"] > 5000, "what is shortened says so"


def test_requests_of_one_arm_that_differ_are_both_shown(tmp_path: Path) -> None:
    arms = [{"name": "treatment", "outcome": f"{status}, text"} for status in (200, 200, 200, 400)]
    told = [exchange(f'{{"n":{number}}}', "{}", status=200) for number in (1, 1, 2, 2)]
    one = recorded(tmp_path, case("M-1", "top_k", "honoured", "conforms", arms=arms), told)
    (first,) = evidence(render(report(row("top_k", cases=[one])), cassettes=tmp_path))
    shown = [(arm["o"], arm["x"]["rq"]) for arm in first["cases"][0]["arms"]]
    assert shown == [
        ([["200, text", 2]], '{"n":1}'),
        ([["200, text", 1]], '{"n":2}'),
        ([["400, text", 1]], '{"n":2}'),
    ]


def test_a_control_stands_beside_a_treatment(tmp_path: Path) -> None:
    names = ["control"] * 3 + ["treatment"] * 3
    arms = [{"name": name, "outcome": "200, text"} for name in names]
    told = [exchange(f'{{"n":{number}}}', "{}") for number in range(6)]
    one = recorded(tmp_path, case("M-1", "top_k", "honoured", "conforms", arms=arms), told)
    (first,) = evidence(render(report(row("top_k", cases=[one])), cassettes=tmp_path))
    assert [arm["n"] for arm in first["cases"][0]["arms"]] == ["control", "treatment"] * 3


def test_a_stream_is_shown_as_a_time_line_of_its_events(tmp_path: Path) -> None:
    delta = b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"a"}}\n\n'
    body = b'event: message_start\ndata: {"type":"message_start"}\n\n' + delta * 3
    start = len(body) - 3 * len(delta)
    arrivals = [(5, start), (10, start + len(delta)), (20, len(body))]
    one = case("M-1", "stream", "honoured", "conforms", arms=[{"name": "long", "outcome": "200"}])
    made = row("stream", cases=[recorded(tmp_path, one, [exchange("{}", body.decode(), arrivals=arrivals)])])
    (first,) = evidence(render(report(made), cassettes=tmp_path))
    assert [step[:4] for step in first["cases"][0]["arms"][0]["x"]["ev"]] == [
        [5, 5, "message_start", 1],
        [10, 20, "content_block_delta", 3],
    ]


@pytest.mark.parametrize("path", ["../secret.yaml", "/etc/passwd", "a\x00b", "nothing.yaml", "damaged.yaml"])
def test_what_is_not_a_recording_of_the_report_is_not_shown(tmp_path: Path, path: str) -> None:
    inside = tmp_path / "cassettes"
    inside.mkdir()
    one = recorded(
        tmp_path, case("M-1", "top_k", "honoured", "conforms", cassette="secret.yaml"), [exchange("{}", "{}")]
    )
    (inside / "damaged.yaml").write_text("version: [")
    (first,) = evidence(render(report(row("top_k", cases=[one | {"cassette": path}])), cassettes=inside))
    assert not any("x" in arm for arm in first["cases"][0]["arms"])


def test_a_page_that_would_be_large_leaves_out_what_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_data, "_BUDGET", 40_000)
    rows = []
    for number in range(8):
        verdict = "falls_short" if number == 7 else "conforms"
        arms = [{"name": str(arm), "outcome": "200"} for arm in range(8)]
        told = [exchange("{}", json.dumps([f"{number} {arm} {word} " * 100 for word in range(20)])) for arm in range(8)]
        one = recorded(tmp_path, case("M-1", f"f{number}", "honoured", verdict, arms=arms), told)
        rows.append(row(f"f{number}", verdict=verdict, cases=[one]))
    (first,) = evidence(render(report(*rows), cassettes=tmp_path))
    shown = [number for number in range(8) if "x" in first["cases"][number]["arms"][0]]
    assert shown == [7]
    assert first["cases"][0]["om"]
    assert [arm["n"] for arm in first["cases"][0]["arms"]] == [str(arm) for arm in range(8)]


def test_forty_draws_do_not_crowd_out_other_cases(tmp_path: Path) -> None:
    arms = [{"name": "treatment", "outcome": f"200, {number} out"} for number in range(40)]
    told = [exchange(f'{{"n":{number}}}', json.dumps([f"{number} " * 200])) for number in range(40)]
    one = recorded(tmp_path, case("M-1", "top_k", "honoured", "conforms", arms=arms), told)
    (first,) = evidence(render(report(row("top_k", cases=[one])), cassettes=tmp_path))
    shown = first["cases"][0]["arms"]
    assert [arm["x"]["rq"] for arm in shown] == [f'{{"n":{number}}}' for number in range(4)]
    assert sum(times for arm in shown for _, times in arm["o"]) == 40, "what came of the others is told all the same"


def test_before_all_that_agrees_is_left_out_the_first_model_s_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    for model in (f"M-{number}" for number in range(1, 9)):
        told = [exchange("{}", json.dumps([f"{model} {word} " * 100 for word in range(30)]))]
        arms = [{"name": "treatment", "outcome": "200"}]
        one = recorded(tmp_path, case(model, "top_k", "honoured", "conforms", arms=arms), told)
        rows.append(row("top_k", model=model, cases=[one]))
    monkeypatch.setattr(page_data, "_BUDGET", 12_000)
    models = evidence(render(report(*rows), cassettes=tmp_path))
    assert ["x" in model["cases"][0]["arms"][0] for model in models] == [True] + [False] * 7


def test_the_pages_that_are_committed_show_all_of_their_first_model() -> None:
    """The README says that what was asked and answered stands behind its cells."""
    for path in (Path(__file__).parents[4] / "reports").glob("*/report.json"):
        first, *_ = evidence(path.with_name("index.html").read_text("utf-8"))
        assert not [case["id"] for case in first["cases"] if case.get("om")], path


def test_simulated_evidence_is_said_before_anything_else() -> None:
    markup = render(everything())
    assert markup.index(NOTICE) < markup.index("Endpoint") < markup.index('id="deviations"') < markup.index('id="grid"')
    live = render(report(row("top_k", source="live")))
    assert 'class="notice"' not in live
    assert 'class="stamp"' not in live


def test_a_cell_of_the_simulator_among_others_says_so() -> None:
    made = Page(render(report(row("top_k"), row("top_p", source="live"))))
    assert made.text("M-1--top_k").endswith("simulated")
    assert not made.text("M-1--top_p").endswith("simulated")


def test_what_differs_is_what_is_shown_first() -> None:
    made = Page(render(everything()))
    same = [e for e in made.all("tr") if e.attributes.get("class") == "same"]
    assert {e.attributes["data-f"] for e in same}.isdisjoint({"top_k", "messages", "messages.image", "metadata"})
    assert {e.attributes["data-f"] for e in same} >= {"temperature", "stop_sequences", "tools.parallel"}


def test_where_nothing_differs_everything_is_shown_and_it_is_said() -> None:
    made = Page(render(report(row("top_k"))))
    assert not [e for e in made.all("tr") if e.attributes.get("class") == "same"]
    (said,) = [e for e in made.elements if e.attributes.get("id") == "agrees"]
    assert "hidden" not in said.attributes


def test_the_page_needs_nothing_from_elsewhere_and_runs_only_its_own(page: Page) -> None:
    assert {e.tag for e in page.elements}.isdisjoint({"link", "img", "iframe", "object", "base"})
    assert not [
        name for e in page.elements for name in e.attributes if name.startswith("on") or name in ("src", "style")
    ]
    markup = render(everything())
    assert not re.search(r"\burl\(|@import", markup)
    policy = [e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    allowed = policy[0].attributes["content"] or ""
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    ours = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", markup, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in ours}
    assert len(hashes) == 3
    assert set(re.findall(r"'sha256-(.*?)'", allowed)) == hashes


def test_tables_say_what_their_headers_head(page: Page) -> None:
    assert all(e.attributes.get("scope") in ("col", "row") for e in page.all("th"))
    grids = [e for e in page.all("table") if e.attributes.get("class") == "grid"]
    assert len(page.all("caption")) == len(grids) > 0
    assert page.all("html")[0].attributes["lang"] == "en"


def test_headings_leave_no_level_out(page: Page) -> None:
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h\d", e.tag)]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@given(
    st.text()
    | st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</style>", "<!--"])
)
def test_hostile_text_adds_no_element_anywhere(text: str) -> None:
    def made(words: str) -> Page:
        words = f"x{words}"
        note = {"says": words, "date": "2026", "where": words}
        rows = [
            row(
                "top_k",
                seen="ignored",
                verdict="falls_short",
                summary=words,
                known_deviation=words,
                arms=[{"name": words, "outcome": words}],
                statistics={words: [words]},
                signals=[words],
            ),
            row("top_p", seen="inconclusive", verdict="inconclusive", reason=words),
        ]
        return Page(render(report(*rows, claims=[claim("top_k", says=words, field_reports=[note]), claim("top_p")])))

    assert [e.tag for e in made(text).elements] == [e.tag for e in made("words").elements]


def test_escape_sequences_are_gone() -> None:
    assert "\x1b" not in render(report(row("top_k", summary="\x1b[31mred")))


@pytest.mark.parametrize(
    ("where", "linked"),
    [
        ("javascript:alert(1)", set()),
        ("data:text/html,x", set()),
        ("https://", set()),
        ("a study", set()),
        ("https://example.org/a", {"https://example.org/a"}),
        ("a study, and MiniMax-AI/MiniMax-M2#121", {"https://github.com/MiniMax-AI/MiniMax-M2/issues/121"}),
        ("../../evil#1", set()),
    ],
)
def test_only_addresses_of_the_web_are_linked(where: str, linked: set[str]) -> None:
    note = {"says": "seen", "date": "2026", "where": where}
    made = Page(render(report(row("top_k"), claims=[claim("top_k", field_reports=[note])])))
    links = {e.attributes["href"] or "" for e in made.all("a")}
    beside = {"report.json", "report.md", "summary.md", "client-profile.json", "badge.svg"}
    assert {link for link in links if not link.startswith("#")} - beside == linked


def test_a_report_of_nothing_is_a_page() -> None:
    assert "no evidence yet" in render(report())
