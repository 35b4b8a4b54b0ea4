"""``site``: the observatory from reports, and what it refuses."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from unit.report.reports import everything, report, row
from unit.report.workspace import HOSTILE, Workspace


def named(name: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = report(*rows, **more)
    made["target"] |= {"name": name, "title": name.title()}
    return made


def built(workspace: Workspace, **reports: dict[str, Any]) -> Path:
    for name, made in reports.items():
        workspace.put(name, made)
    said = workspace.call("site", "reports", "--output", "site")
    assert said.code == 0, said.err
    return workspace.path / "site"


def live(feature: str, day: str = "2026-11-01", **more: Any) -> dict[str, Any]:
    return row(feature, source="live", recorded_at=f"{day}T00:00:00Z", **more)


def test_a_feature_has_a_page_that_says_who_does_what(workspace: Workspace) -> None:
    bad = live("top_k", seen="ignored", verdict="falls_short")
    site = built(workspace, one=named("one", live("top_k")), two=named("two", bad))
    page = (site / "features/top_k.html").read_text("utf-8")
    assert page.index(">One<") < page.index(">Two<")
    assert "falls short" in page
    assert "../reports/two/index.html#M-1--top_k" in page
    assert "SIMULATED" not in page
    chinese = (site / "zh/features/top_k.html").read_text("utf-8")
    assert '<html lang="zh-Hans"' in chinese
    assert "../../reports/two/index.html#M-1--top_k" in chinese
    assert "top_k" in (site / "index.html").read_text("utf-8")


def client(seen: str | None = "honoured", **more: Any) -> dict[str, Any]:
    more = {"group": "clients", "documented": "undocumented", "verdict": None, "source": "live"} | more
    return row("clients.acme", seen=seen, **(more if seen else more | {"source": None}))


def test_a_client_has_a_page_that_says_where_it_works(workspace: Workspace) -> None:
    stands = {"of": "request", "what": "output_config", "works": False, "does": "fails", "avoid": "set EFFORT=unset"}
    site = built(
        workspace,
        one=named("one", client(), live("top_k")),
        two=named("two", client("rejected", summary="its first request is refused")),
        three=named("three", client("rejected", source="simulator", obstacles=[stands], then="honoured")),
        four=named("four", client(None)),
    )
    page = (site / "clients/acme.html").read_text("utf-8")
    rows = {
        name: line for line in page.splitlines() for name in ("One", "Two", "Three", "Four") if f">{name}</a>" in line
    }
    assert '<td class="">works<span class="note">the live service</span>' in rows["One"]
    assert "../reports/one/index.html#M-1--clients.acme" in rows["One"]
    assert '<td class="bad">does not work<' in rows["Two"]
    assert "<li>its first request is refused</li>" in rows["Two"]
    assert "works without output_config, by a setting" in rows["Three"]
    assert "<li>to set: set EFFORT=unset</li>" in rows["Three"]
    assert 'class="sim">simulated</strong>' in rows["Three"]
    assert "the simulator" in rows["Three"]
    assert "not tried" in rows["Four"]
    assert [name for name, line in rows.items() if 'class="sim"' in line] == ["Three"]
    assert "SIMULATED EVIDENCE" in page
    home = (site / "index.html").read_text("utf-8")
    assert '<a href="clients/acme.html"><code>acme</code></a>' in home
    assert "works at 2 of 3 providers" in home
    assert '["acme","clients/acme.html"]' in home, "it is found by the search"
    chinese = (site / "zh/clients/acme.html").read_text("utf-8")
    assert "<li>需设置：【英文】set EFFORT=unset</li>" in chinese
    assert "<li>【英文】its first request is refused</li>" in chinese
    (line,) = json.loads((site / "observatory.json").read_text("utf-8"))["clients"]
    assert (line["client"], line["feature"]) == ("acme", "clients.acme")
    assert {name: list(cell["client_at"]["states"]) for name, cell in line["cells"].items()} == {
        "one": ["works"],
        "two": ["does_not_work"],
        "three": ["works_without"],
        "four": ["not_tried"],
    }


def test_simulated_evidence_is_impossible_to_miss(workspace: Workspace) -> None:
    site = built(workspace, minimax=everything(), two=named("two", live("top_k")))
    for path in ("index.html", "compare.html", "providers/minimax.html", "features/top_k.html"):
        page = (site / path).read_text("utf-8")
        assert "SIMULATED EVIDENCE" in page, path
        assert "(SIMULATED EVIDENCE)</title>" in page
    assert '<strong class="sim">simulated</strong>' in (site / "features/top_k.html").read_text("utf-8")
    assert "SIMULATED" not in (site / "providers/two.html").read_text("utf-8")


def test_history_says_since_when_and_what_changed(workspace: Workspace) -> None:
    for day, seen in (("01", "honoured"), ("02", "ignored"), ("03", "ignored")):
        verdict = "conforms" if seen == "honoured" else "falls_short"
        made = named("one", live("top_k", f"2026-11-{day}", seen=seen, verdict=verdict))
        workspace.put(f"past/{day}/report.json", made)
    assert workspace.call("site", "past", "--output", "site").code == 0
    data = json.loads(Path("site/observatory.json").read_text("utf-8"))
    assert data["features"][0]["cells"]["one"]["since"] == "2026-11-02"
    (change,) = data["changes"]
    assert (change["day"], change["before"], change["after"]) == ("2026-11-02", "honoured", "ignored")
    assert [run["held"] for run in data["providers"][0]["runs"]] == [1, 0, 0]
    assert "<polyline" in Path("site/providers/one.html").read_text("utf-8")
    feed = ET.fromstring(Path("site/feed.atom").read_text("utf-8"))
    titles = [entry.findtext("{*}title") for entry in feed.findall("{*}entry")]
    assert titles == ["top_k at One: honoured → ignored"]
    assert json.loads(Path("site/feed.json").read_text("utf-8"))["items"][0]["title"] == titles[0]


def test_a_report_whose_verdict_is_not_its_evidence_is_refused(workspace: Workspace) -> None:
    made = named("one", live("top_k", seen="ignored", verdict="falls_short"))
    made["results"][0]["verdict"] = "conforms"
    made["summary"] |= {"conforms": 1, "falls_short": 0}
    workspace.put("one", made)
    said = workspace.refused("site", "reports", "--output", "site")
    assert "reports/one/report.json is refused: top_k with M-1 says conforms (ignored)" in said
    assert not Path("site").exists()


def test_a_case_whose_verdict_is_not_its_behaviour_is_refused(workspace: Workspace) -> None:
    workspace.put("one", named("one", live("top_k", seen="ignored", verdict="conforms")))
    assert "says conforms of ignored, where supported is documented" in workspace.refused(
        "site", "reports", "--output", "site"
    )


def test_who_ran_a_report_is_said(workspace: Workspace) -> None:
    path = workspace.put("one", named("one", live("top_k")))
    path.with_name("submission.json").write_text('{"by": "Jo <b>Doe</b>"}', "utf-8")
    assert workspace.call("site", "reports", "--output", "site").code == 0
    assert "run by Jo &lt;b&gt;Doe&lt;/b&gt;" in Path("site/providers/one.html").read_text("utf-8")
    path.with_name("submission.json").write_text("{}", "utf-8")
    assert "is wanted" in workspace.refused("site", "reports", "--output", "site")


def test_hostile_names_lead_nowhere(workspace: Workspace) -> None:
    made = report(row("../../top_k", source="live"), row("clients.../../<img src=x>", group="clients", source="live"))
    made["target"] |= {"name": "../../../evil", "title": HOSTILE, "endpoint": HOSTILE}
    before = set(workspace.path.parent.rglob("*"))
    site = built(workspace, one=made)
    new = set(workspace.path.parent.rglob("*")) - before
    assert all(path.is_relative_to(workspace.path) for path in new)
    page = next((site / "providers").iterdir()).read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page + next((site / "clients").iterdir()).read_text("utf-8")


def test_a_hundred_providers_are_a_matter_of_seconds(workspace: Workspace) -> None:
    features = [f"feature_{number}" for number in range(150)]
    for number in range(100):
        name = f"provider-{number}"
        workspace.put(name, named(name, *(live(feature) for feature in features)))
        (workspace.path / "reports" / name / "index.html").write_text("the page", "utf-8")
    began = time.process_time()
    assert workspace.call("site", "reports", "--output", "site").code == 0
    assert time.process_time() - began < 60
    assert len(list((workspace.path / "site/features").iterdir())) == 150


@pytest.mark.parametrize("flag", ["--check"])
def test_reports_can_be_checked_alone(workspace: Workspace, flag: str) -> None:
    workspace.put("one", named("one", live("top_k")))
    said = workspace.call("site", "reports", "--output", "site", flag)
    assert said.lines == ["1 reports can be taken"]
    assert not Path("site").exists()
