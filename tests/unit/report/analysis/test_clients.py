"""Whether real programs work with targets: one reading, shown in every rendering, and simulated where it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.analysis.clients import ClientState, clients_at, clients_of
from unit.report.rendered import profile, typed
from unit.report.reports import case, report, row
from unit.report.workspace import Workspace

CHAT, TITLE, OBJECT = "a_conversation_with_a_tool", "a_title_is_made", "an_object_is_made"
BY_ITSELF = {"of": "request", "what": "context_management", "does": "leaves it out", "works": True}
BY_SETTING = {"of": "request", "what": "output_config", "does": "fails", "works": False, "avoid": "set EFFORT=unset"}
FATAL = {"of": "request", "what": "top_k", "works": False}


def chat(behaviour: str | None, *obstacles: dict[str, Any], name: str = CHAT, **more: Any) -> dict[str, Any]:
    given = {"obstacles": list(obstacles)} if obstacles else {}
    return (
        case("M-1", "clients.acme", behaviour, None, name=name, **({"source": "live"} if behaviour else {}))
        | given
        | more
    )


def acme(*cases: dict[str, Any], model: str = "M-1") -> dict[str, Any]:
    seen = next((it["behaviour"] for it in cases if it["behaviour"]), None)
    mine = [it | {"id": it["id"].replace("M-1", model)} for it in cases]
    return row("clients.acme", model, group="clients", documented="undocumented", seen=seen, verdict=None, cases=mine)


@pytest.mark.parametrize(
    ("cases", "state", "without", "settings"),
    [
        ([chat("honoured")], "works", [], []),
        ([chat("honoured"), chat("honoured", name=TITLE)], "works", [], []),
        ([chat("accepted")], "taken", [], []),
        ([chat("rejected", BY_ITSELF, then="honoured")], "works_without", ["context_management"], []),
        (
            [chat("rejected", BY_ITSELF, BY_SETTING, then="honoured")],
            "works_without",
            ["context_management", "output_config"],
            ["set EFFORT=unset"],
        ),
        ([chat("rejected", BY_ITSELF, then="accepted")], "taken", ["context_management"], []),
        # What the client does about a refusal helps nobody where the rest does not work either, or was not seen.
        ([chat("rejected", BY_ITSELF, then="rejected")], "does_not_work", [], []),
        ([chat("rejected", BY_ITSELF)], "does_not_work", [], []),
        ([chat("rejected", BY_ITSELF, FATAL, then="honoured")], "does_not_work", [], []),
        ([chat("rejected", FATAL, then="honoured")], "does_not_work", [], []),
        ([chat("rejected")], "does_not_work", [], []),
        ([chat("ignored", {"of": "answer", "what": "blocks", "works": False})], "does_not_work", [], []),
        ([chat("honoured"), chat("ignored", name=OBJECT)], "works_without", [OBJECT], []),
        ([chat("ignored"), chat("honoured", name=OBJECT)], "does_not_work", [], []),
        ([chat("inconclusive", reason="no")], "unknown", [], []),
        ([chat("honoured"), chat(None, name=OBJECT)], "unknown", [], []),
        ([chat("rejected", FATAL), chat(None, name=OBJECT)], "does_not_work", [], []),
        ([chat(None), chat(None, name=TITLE)], "not_tried", [], []),
    ],
)
def test_a_client_is_what_its_cases_come_to(
    cases: list[dict[str, Any]], state: str, without: list[str], settings: list[str]
) -> None:
    made = report(acme(*cases))
    (one,) = clients_of(typed(made))
    assert (one.client, one.state, list(one.without), list(one.settings)) == ("acme", state, without, settings)
    # The profile says the same.
    mine = profile(made)["models"]["M-1"]["clients"]
    assert {name: [it["without"] for it in found] for name, found in mine.items() if found} == {state: [without]}


_CASES = st.builds(
    lambda behaviour, obstacles, name, then: chat(behaviour, *obstacles, name=name) | ({"then": then} if then else {}),
    st.sampled_from([None, "honoured", "accepted", "rejected", "ignored", "inconclusive"]),
    st.lists(st.sampled_from([BY_ITSELF, BY_SETTING, FATAL]), max_size=2),
    st.sampled_from([CHAT, TITLE, OBJECT]),
    st.sampled_from([None, "honoured", "accepted", "rejected"]),
)


@given(st.lists(_CASES, min_size=1, max_size=3, unique_by=lambda it: it["id"]))
def test_nothing_works_that_was_not_seen_to(cases: list[dict[str, Any]]) -> None:
    (one,) = clients_of(typed(report(acme(*cases))))
    seen = [it["behaviour"] for it in cases]
    assert (one.state is ClientState.WORKS) == (set(seen) == {"honoured"})
    assert (one.state is ClientState.NOT_TRIED) == (set(seen) == {None})
    if one.state is ClientState.WORKS_WITHOUT:
        assert one.without
        assert all(
            it["behaviour"] == "honoured" or it.get("then") == "honoured" or it["id"].endswith("made") for it in cases
        )


def test_models_are_counted_and_the_weakest_source_speaks() -> None:
    simulated = chat("honoured", source="simulator")
    made = report(acme(chat("honoured")), acme(chat("rejected", FATAL), model="M-2"), acme(simulated, model="M-3"))
    at = clients_at(typed(made))["acme"]
    assert (dict(at.states), dict(at.sources)) == ({"works": 2, "does_not_work": 1}, {"live": 2, "simulator": 1})
    assert at.simulated == 1
    assert at.cases == (f"matrix.yaml::M-2::clients.acme::{CHAT}",)


def test_every_rendering_of_a_comparison_has_the_table(workspace: Workspace) -> None:
    target = {"title": "T", "endpoint": "https://t.example", "matrix": "matrix.yaml"}
    here = report(acme(chat("rejected", BY_SETTING, then="honoured", source="simulator", summary="refused for it")))
    there = report(acme(chat("honoured")))
    third = report(row("top_k"))
    for name, made in {"here": here, "there": there, "third": third}.items():
        workspace.put(name, made | {"target": {"name": name, **target}})
    said = workspace.call("report", "--compare", "here", "there", "third")
    assert said.code == 0, said.err
    directory = workspace.path / "reports/comparison"
    data = json.loads((directory / "comparison.json").read_text("utf-8"))
    (acme_,) = data["clients"]
    assert {name: at["states"] for name, at in acme_["targets"].items()} == {
        "here": {"works_without": 1},
        "there": {"works": 1},
    }
    assert acme_["targets"]["here"]["sources"] == {"simulator": 1}
    text = (directory / "report.md").read_text("utf-8")
    assert "| `acme` | works without output_config, by a setting<br>**SIMULATED** | works (live) | not tried |" in text
    assert "- `acme`: here (SIMULATED), works without output_config, by a setting" in text
    page = (directory / "index.html").read_text("utf-8")
    for words in ("works without output_config, by a setting", "去掉 output_config 后可用"):
        cell = page[page.index(f">{words}") :].partition("</td>")[0]
        assert '<strong class="flag">' in cell
    assert page.count('<strong class="flag">模拟</strong>') >= 2
    assert "SIMULATED" in "".join(said.section("Clients"))


def test_without_a_client_there_is_no_table(workspace: Workspace) -> None:
    for name in ("a", "b"):
        workspace.put(name, report(row("top_k")) | {"target": {"name": name, "endpoint": "x", "matrix": "m.yaml"}})
    assert "Clients" not in workspace.call("report", "--compare", "a", "b").out
