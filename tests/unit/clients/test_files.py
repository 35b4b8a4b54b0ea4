"""A client's file is read strictly: one clear line, with file and line, for everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.clients import ClientError, load

GOOD = """\
client: Acme
version: "1.0"
captured: 2026-11-27
how: acme --run
source: https://example.com/acme
faults:
- {refused: system, does: fails}
requests:
  first:
    headers: {anthropic-version: "2023-06-01"}
    body:
      max_tokens: 100
      messages: [{role: user, content: {$words: 10}}]
  second:
    body:
      max_tokens: 100
      messages:
      - {role: user, content: Hello}
      - {role: assistant, content: {$reply: content}}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    client = load(written(tmp_path, GOOD))
    assert client.requests.first.request().body["messages"] == [{"role": "user", "content": "This part "}]
    assert client.requests.second.request().body["messages"][1]["content"] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("client: Acme\n", "", "acme.yaml:1: client: missing; it must be given"),
        ("captured: 2026-11-27", "captured: yesterday", "acme.yaml:3: captured: 'yesterday' is not a date"),
        ("https://example.com/acme", "example", "acme.yaml:5: source: 'example' is not an http or https address"),
        ("does: fails", "dose: fails", "acme.yaml:7: faults[0].dose: unknown key"),
        ("refused: system, ", "", "acme.yaml:7: faults[0]: says either what is refused or what is wrong"),
        (
            "refused: system",
            "refused: system, words: '('",
            "acme.yaml:7: faults[0].words: '(' is no regular expression",
        ),
        ("refused: system", "answer: blocks, words: never", "acme.yaml:7: faults[0]: has words of a refusal"),
        ("refused: system", "answer: blokcs", "acme.yaml:7: faults[0].answer: 'blokcs' is none of"),
        ("  first:\n", "  frist:\n", "acme.yaml:9: requests.frist: unknown key"),
        ("{anthropic-version:", "{Anthropic-Version:", "is no name of a header; write it in small letters"),
        (
            "max_tokens: 100\n      messages: [",
            "messages: [",
            "acme.yaml:11: requests.first.body: a request without max_t",
        ),
        ("{$words: 10}", "{$words: ten}", "acme.yaml:13: requests.first.body.messages[0].content.$words: a number of"),
        (
            "{$words: 10}",
            "{$wrods: 10}",
            "acme.yaml:13: requests.first.body.messages[0].content.$wrods: no placeholder",
        ),
        ("{$words: 10}", "{$reply: content}", "only a second request goes on from an answer"),
        (
            "{$reply: content}",
            "{$reply: all}",
            "acme.yaml:19: requests.second.body.messages[1].content.$reply: 'all' is",
        ),
        ("version: ", "version: [", "acme.yaml:"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ClientError) as caught:
        load(written(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(caught.value)
    assert all(line.startswith(str(tmp_path)) for line in str(caught.value).splitlines())
