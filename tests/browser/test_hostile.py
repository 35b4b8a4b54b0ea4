"""What models, services and matrices say is hostile until shown otherwise: it is shown, and never run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.report.recordings import exchange, recorded
from unit.report.rendered import page as rendered
from unit.report.reports import claim, everything, report, row

Visit = Callable[..., Any]

LURE = "document.documentElement.dataset.hostile=1"
HOSTILE = {
    "script": f"<script>{LURE}</script>",
    "end of a script": f"</script><script>{LURE}</script>",
    "comment and script": f"<!--<script>{LURE}",
    "event handler": f'"><img src=x onerror="{LURE}">',
    "attribute": f'" onmouseover="{LURE}" onfocus="{LURE}" autofocus x="',
    "apostrophe": f"' onmouseover='{LURE}",
    "svg": f"<svg onload={LURE}><animate onbegin={LURE}>",
    "frame": f'<iframe srcdoc="<script>parent.{LURE}</script>"></iframe>',
    "style": "</style><style>body{display:none}</style>",
    "address": f"javascript:{LURE}",
    "markdown": f"[press](javascript:{LURE}) ![x](http://example.invalid/x.png) `</code>`",
    "template": "{{ 7*7 }} ${7*7} {count} {t} #{7*7}",
    "ansi": "\x1b[2J\x1b]8;;http://example.invalid\x07press\x1b]8;;\x07\x9b31m",
    "bidi": "\u202egnp.\u2066exe\u2069 \u200b\ufeff\u00ad",
    "separators": "a\u2028b\u2029c\x85d\x00e",
    "half a character": "\ud800",
    "pool": "~0 ~1 ~~",
    "prototype": "__proto__",
    "model sign": "\x01",
    "long word": "W" * 5000,
    "shell": "'; touch /tmp/owned; echo '$(touch /tmp/owned)`touch /tmp/owned`",
}


def poisoned(value: Any, text: str) -> Any:
    """A report with a hostile text in every place where the contract has free text."""
    kept = {
        "version", "group", "status", "documented", "observed", "verdict", "behaviour", "source", "recorded_at", "date",
        "summary_counts", "requests", "holds", "contradictory", "sources", "undocumented", "id", "cassette",
    }  # fmt: skip
    match value:
        case dict():
            return {
                name: item if name in kept and not isinstance(item, dict) else poisoned(item, text)
                for name, item in value.items()
            }
        case list():
            return [poisoned(item, text) for item in value]
        case str():
            return f"{value} {text}"
        case _:
            return value


def hostile(text: str, cassettes: Path) -> dict[str, Any]:
    """Everything a report has, poisoned, and one recording that is poisoned as well."""
    made = poisoned(everything(), text)
    made["summary"] = everything()["summary"]
    made["sources"] = everything()["sources"]
    words = json.dumps(text)
    stream = f"event: {text}\ndata: {words}\n\nevent: a\ndata: {text}\n\n".replace("\x00", "")
    result = next(each for each in made["results"] if each["feature"].startswith("top_k"))
    one = result["cases"][0]
    one["arms"] = [{"name": f"{text} {number}", "outcome": f"{number}00 {text}"} for number in range(4)]
    one["statistics"] = {text: text, "treatment": [1, 2], "control": [text]}
    one["signals"] = ["text", text]
    one["cassette"] = "hostile.yaml"
    told = [
        exchange(f'{{"model":"M-1","system":{words}}}', f'{{"content":[{{"type":"text","text":{words}}}],{words}:1}}'),
        exchange(text, text, status=400),
        exchange("[" * 300, "{" * 300, status=500),
        exchange('{"stream":true}', stream, arrivals=[(1, 10), (2, len(stream.encode("utf-8", "replace")))]),
    ]
    result["cases"][0] = recorded(cassettes, one, told)
    return made


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_hostile_runs_or_hides_or_breaks_the_page(visit: Visit, tmp_path: Path, kind: str) -> None:
    text = HOSTILE[kind].encode("utf-8", "replace").decode()
    (tmp_path / "index.html").write_text(rendered(hostile(text, tmp_path), cassettes=tmp_path), "utf-8")
    page = visit(tmp_path / "index.html", "?view=all")
    assert page.locator(".grid tbody tr:visible").count() == 12
    cells = page.locator(".grid td[id]")
    features = page.eval_on_selector_all(".grid tbody tr", "rows => rows.map(row => row.dataset.f.split(' ')[0])")
    for feature in ("top_k", "thinking"):
        cells.nth(2 * features.index(feature)).locator("a").click()
        drawer = page.get_by_role("dialog")
        assert drawer.is_visible()
        assert drawer.locator("script, img, iframe, style, svg animate").count() == 0
        assert drawer.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth"), "a long word must not widen it"
        assert not [sign for sign in drawer.text_content() if not sign.isprintable() and sign not in "\n\t"]
        page.keyboard.press("Escape")
    page.get_by_role("button", name="中文").click()
    visible = page.locator("body").inner_text()
    assert not [sign for sign in visible if not sign.isprintable() and sign not in "\n\t"]
    assert page.evaluate("document.documentElement.dataset.hostile") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_line_to_copy_is_one_argument_to_a_shell(visit: Visit, tmp_path: Path) -> None:
    text = HOSTILE["shell"]
    sent = json.dumps({"model": "M-1", "system": text})
    one = everything()["results"][0]["cases"][0] | {"arms": [{"name": "control", "outcome": "200"}]}
    made = report(row("top_k", cases=[recorded(tmp_path, one, [exchange(sent, "{}")])]), claims=[claim("top_k")])
    made["target"]["endpoint"] = f"http://127.0.0.1:1/{text}"
    (tmp_path / "index.html").write_text(rendered(made, cassettes=tmp_path), "utf-8")
    lines = visit(tmp_path / "index.html", "#M-1--top_k").locator(".line code").all_inner_texts()
    curl = shlex.split(lines[0])
    assert curl[-1] == sent
    assert curl[2].startswith("http://127.0.0.1:1/'; touch /tmp/owned; echo")
    assert shlex.split(lines[1]) == ["pytest", one["id"]]
