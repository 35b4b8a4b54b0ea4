"""The matrix: every wrong file is one clear line, and no documented cell of MiniMax's can vanish."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

import conformance.matrix as package
from conformance.cases import CASES
from conformance.cases.groups import group_of
from conformance.matrix import Claim, Matrix, MatrixError, check, load, looks_like_matrix
from conformance.values import GROUPS, Status

ROOT = Path(__file__).parents[3]
PARTIAL = ("claude-code-gateway.yaml",)
"""What claims only what one client asks of a service."""
MATRICES = sorted([ROOT / "matrix.yaml", *(ROOT / "matrices").glob("*.yaml")])

VALID = """\
conformance: 1
target:
  name: acme
  title: Acme
  endpoint: https://api.acme.example/anthropic/
  api_version: "2023-06-01"
sources:
  page: {title: A page, url: https://acme.example/docs, date: 2026-11-23, language: zh}
  blog: {title: A post, url: https://acme.example/blog, date: 2026}
models:
  - {name: small, context_window: 1000, price: {input: 1, output: 2.5, source: page}}
  - name: org/large:latest
claims:
  parameters:
    messages: {status: partial, source: page, says: Text only., parts: [messages.text]}
    temperature.range:
      status: supported
      source: page
      says: Half open.
      details: {above: 0.0, to: 1}
    thinking:
      source: page
      statements:
        - {status: supported, says: Reasoning., where: the table}
        - {status: ignored, says: It is ignored., where: note 3, source: blog}
    top_k:
      status: ignored
      source: page
      date: 2026-08
      says: No effect.
      models: [org/large:latest]
      field_reports:
        - {says: It was taken., date: 2026-09-28, where: a study}
  messages:
    messages.text: {status: supported, source: page, says: Text.}
  errors:
    errors.type: {status: undocumented, source: page}
not_tested:
  errors.status: Nobody cares.
known_deviations:
  - {feature: top_k, reason: It has an effect., since: 2026-11-01}
unclaimed: error
"""

FEATURES = {"temperature.range", "thinking", "top_k", "messages.text", "errors.type", "errors.status"}


def cases_of(features):
    """Two cases for every feature."""
    return dict.fromkeys(features, ("one_collapses", "forty_changes_little"))


NOT_YAML = "not YAML: …; mind the indentation, and quote text that holds ': ' or ' #'"
"""What is wrong is said in PyYAML's words, which are its own business."""
_YAMLS = re.compile(r"not YAML: .+; mind the indentation, and quote text that holds ': ' or ' #'")

# An edit of the valid file, and what is then said of it (after the file's name).
WRONG = [
    # keys
    (
        "claims:",
        "claimz:",
        (
            "13: claimz: unknown key; known here: conformance, target, sources, models, claims, "
            "not_tested, unclaimed, known_deviations; did you mean 'claims'?\n1: claims: missing; it must be given"
        ),
    ),
    (
        "  title: Acme\n",
        "  titel: Acme\n",
        (
            "2: target.title: missing; it must be given\n4: target.titel: unknown key; "
            "known here: name, title, endpoint, auth, key_env, api_version, requests_per_minute, concurrency, max_age; "
            "did you mean 'title'?"
        ),
    ),
    (
        "      date: 2026-08",
        "      dated: 2026-08",
        (
            "29: claims.parameters.top_k.dated: unknown key; known here: status, "
            "statements, source, date, says, models, details, parts, field_reports; did you mean 'date'?"
        ),
    ),
    (
        "where: a study",
        "were: a study",
        (
            "33: claims.parameters.top_k.field_reports[0].where: missing; it must be given\n"
            "33: claims.parameters.top_k.field_reports[0].were: unknown key; known here: says, date, where; did you mean 'where'?"
        ),
    ),
    (
        "output: 2.5",
        "outputs: 2.5",
        (
            "11: models[0].price.output: missing; it must be given\n11: models[0].price.outputs: "
            "unknown key; known here: input, output, cache_read, cache_write, source; did you mean 'output'?"
        ),
    ),
    (
        "      date: 2026-08",
        "      zzz: 1",
        (
            "29: claims.parameters.top_k.zzz: unknown key; known here: status, "
            "statements, source, date, says, models, details, parts, field_reports"
        ),
    ),
    ("  name: acme", "  name: acme\n  name: acne", "4: target.name: written twice, first on line 3; keep one"),
    (
        "  errors:\n",
        "    messages.text: {status: ignored, source: page, says: No.}\n  errors:\n",
        "36: claims.messages.messages.text: written twice, first on line 35; keep one",
    ),
    (
        "  parameters:",
        "  paramters:",
        (
            "14: claims.paramters: 'paramters' is not a group (models, headers, parameters, "
            "tools, messages, clients, stream, errors, examples, limits); did you mean 'parameters'?"
        ),
    ),
    (
        "    top_k:",
        "    top k:",
        ("26: claims.parameters.top k: 'top k' cannot name a feature; write dotted words, like temperature.range"),
    ),
    # values
    (
        "status: ignored\n",
        "status: ignord\n",
        (
            "27: claims.parameters.top_k.status: 'ignord' is not a status (supported, "
            "partial, ignored, unsupported, undocumented); did you mean 'ignored'?"
        ),
    ),
    (
        "{status: ignored",
        "{status: x",
        (
            "25: claims.parameters.thinking.statements[1].status: 'x' is not a status "
            "(supported, partial, ignored, unsupported, undocumented)"
        ),
    ),
    (
        "status: ignored\n",
        "status: 7\n",
        ("27: claims.parameters.top_k.status: text is wanted here, not a number (7); put it in quotes"),
    ),
    (
        "  name: acme",
        "  name: Acme/..",
        ("3: target.name: 'Acme/..' cannot name a directory; use small letters, digits and . _ -"),
    ),
    ("  title: Acme", "  title: 3.5", "4: target.title: text is wanted here, not a number (3.5); put it in quotes"),
    (
        "  title: Acme",
        "  title: true",
        "4: target.title: text is wanted here, not true or false (True); put it in quotes",
    ),
    ("  title: Acme", "  title: [a]", "4: target.title: text is wanted here, not a list (['a'])"),
    ("  title: Acme", "  title: {a: b}", "4: target.title: text is wanted here, not a mapping ({'a': 'b'})"),
    ("  title: Acme", "  title:", "4: target.title: empty; write a value, or delete the key"),
    ("  title: Acme", "  title: ' '", "4: target.title: empty; write something, or leave the key out"),
    (
        "  title: Acme",
        '  title: "a\\nb"',
        ("4: target.title: 'a\\nb' holds a line break or a control character; write one plain line"),
    ),
    (
        "https://api.acme.example/anthropic/",
        "api.acme.example",
        ("5: target.endpoint: 'api.acme.example' is not an http or https address"),
    ),
    (
        "https://api.acme.example/anthropic/",
        "http://[::1",
        ("5: target.endpoint: 'http://[::1' is not an http or https address"),
    ),
    (
        "https://api.acme.example/anthropic/",
        "https://sk-secret@acme.example",
        ("5: target.endpoint: credentials in an address; leave them out, keys come from the environment"),
    ),
    (
        "https://api.acme.example/anthropic/",
        "https://acme.example/?a=b",
        ("5: target.endpoint: 'https://acme.example/?a=b' has a query or a fragment; write the base address alone"),
    ),
    (
        "  title: Acme",
        "  title: Acme\n  auth: non",
        "5: target.auth: 'non' is none of required, none; did you mean 'none'?",
    ),
    ("  title: Acme", "  title: Acme\n  concurrency: 0", "5: target.concurrency: 0 is not above 0"),
    (
        "  title: Acme",
        "  title: Acme\n  concurrency: two",
        ("5: target.concurrency: a whole number is wanted here, not text ('two')"),
    ),
    ("input: 1,", "input: -1,", "11: models[0].price.input: -1 is below 0"),
    ("input: 1,", "input: .nan,", "11: models[0].price.input: a finite number is wanted here, not a number (nan)"),
    ("input: 1,", "input: cheap,", "11: models[0].price.input: a number is wanted here, not text ('cheap')"),
    (
        "      date: 2026-08",
        "      date: last week",
        ("29: claims.parameters.top_k.date: 'last week' is not a date; write YYYY-MM-DD, YYYY-MM or YYYY"),
    ),
    (
        "      date: 2026-08",
        "      date: 2026-02-30",
        ("29: claims.parameters.top_k.date: '2026-02-30' is not a date; write YYYY-MM-DD, YYYY-MM or YYYY"),
    ),
    (
        "      date: 2026-08",
        "      date: 20260830",
        ("29: claims.parameters.top_k.date: '20260830' is not a date; write YYYY-MM-DD, YYYY-MM or YYYY"),
    ),
    (
        "  - name: org/large:latest",
        '  - name: "a\\x1bb"',
        ("12: models[1].name: 'a\\x1bb' cannot name a model; write it as the API takes it, without control characters"),
    ),
    ("  - name: org/large:latest", "  - large", "12: models[1]: a mapping is wanted here, not text ('large')"),
    (
        "parts: [messages.text]",
        "parts: messages.text",
        ("15: claims.parameters.messages.parts: a list is wanted here, not text ('messages.text')"),
    ),
    (
        "models: [org/large:latest]",
        "models: []",
        ("31: claims.parameters.top_k.models: empty; list at least one, or delete the key"),
    ),
    ("to: 1}", "to: high}", "16: claims.parameters.temperature.range: has a range whose end is 'high'; write a number"),
    ("to: 1}", "to: -1}", "16: claims.parameters.temperature.range: has a range from 0.0 to -1, which holds nothing"),
    (
        "to: 1}",
        "from: 0}",
        ("16: claims.parameters.temperature.range: has a range with both above and from; keep one of them"),
    ),
    (
        "to: 1}",
        "too: 1}",
        (
            "20: claims.parameters.temperature.range.details.too: no end of a range (above, from, below, "
            "to); did you mean 'to'?"
        ),
    ),
    (
        "to: 1}",
        "to: {a: 1}}",
        (
            "20: claims.parameters.temperature.range.details.to: a detail is a number, a word, true, "
            "false, or a list of these"
        ),
    ),
    ("to: 1}", "to: .inf}", "20: claims.parameters.temperature.range.details.to: not a finite number"),
    # what a claim is made of
    (
        "      status: ignored\n",
        "",
        "26: claims.parameters.top_k: says neither status nor statements; write one of them",
    ),
    (
        "      source: page\n      statements",
        "      status: ignored\n      source: page\n      statements",
        "21: claims.parameters.thinking: has both status and statements; keep one of them",
    ),
    (
        "      source: page\n      statements",
        "      source: page\n      says: Both.\n      statements",
        "21: claims.parameters.thinking: has both says and statements; let each statement speak for itself",
    ),
    (
        "{status: ignored, says",
        "{status: supported, says",
        (
            "21: claims.parameters.thinking: has statements that do not "
            "contradict each other; write their status instead"
        ),
    ),
    (
        "      source: page\n      statements",
        "      statements",
        ("21: claims.parameters.thinking: names no source; say where it was read"),
    ),
    (
        "says: Text only., parts",
        "parts",
        ("15: claims.parameters.messages: has no says; write in one sentence what the documentation says"),
    ),
    (
        ", parts: [messages.text]",
        "",
        ("15: claims.parameters.messages: is partial and has no parts; list the features it is made of"),
    ),
    (
        "    errors.type: {status: undocumented, source: page}",
        "    errors.type: {status: undocumented}",
        "37: claims.errors.errors.type: names no source; say where it was read",
    ),
    (
        "      says: No effect.\n",
        "",
        ("26: claims.parameters.top_k: has no says; write in one sentence what the documentation says"),
    ),
    # names that lead nowhere
    (
        "      source: page\n      date",
        "      source: pgae\n      date",
        ("28: claims.parameters.top_k.source: 'pgae' is not a source (page, blog); did you mean 'page'?"),
    ),
    (
        "source: blog",
        "source: blob",
        (
            "25: claims.parameters.thinking.statements[1].source: 'blob' is not a source (page, "
            "blog); did you mean 'blog'?"
        ),
    ),
    ("2.5, source: page", "2.5, source: shop", "11: models[0].price.source: 'shop' is not a source (page, blog)"),
    (
        "models: [org/large:latest]",
        "models: [smal]",
        ("31: claims.parameters.top_k.models[0]: 'smal' is not a model of this matrix; did you mean 'small'?"),
    ),
    (
        "models: [org/large:latest]",
        "models: [org/large:latest, org/large:latest]",
        ("31: claims.parameters.top_k.models[1]: 'org/large:latest' is listed twice; keep one"),
    ),
    (
        "  - name: org/large:latest",
        "  - name: org/large:latest\n  - name: small",
        ("13: models[2].name: 'small' is listed twice; keep one"),
    ),
    (
        "parts: [messages.text]",
        "parts: [messages.txt]",
        (
            "15: claims.parameters.messages.parts[0]: 'messages.txt' is not a "
            "claim; add it, or leave the part out; did you mean 'messages.text'?"
        ),
    ),
    (
        "parts: [messages.text]",
        "parts: [messages]",
        ("15: claims.parameters.messages.parts[0]: 'messages' has parts itself; list those instead"),
    ),
    (
        "parts: [messages.text]",
        "parts: [messages.text, messages.text]",
        ("15: claims.parameters.messages.parts[1]: 'messages.text' is listed twice; keep one"),
    ),
    (
        "  errors:\n",
        "  errors:\n    top_k: {status: undocumented, source: page}\n",
        ("37: claims.errors.top_k: is in group parameters already; keep one"),
    ),
    (
        "  errors.status: Nob",
        "  errors.type: Nob",
        ("39: not_tested.errors.type: is claimed as well; keep the claim or the reason"),
    ),
    (
        "{feature: top_k,",
        "{feature: topk,",
        "41: known_deviations[0].feature: 'topk' is not a claim; did you mean 'top_k'?",
    ),
    (
        "{feature: top_k,",
        "{feature: messages,",
        ("41: known_deviations[0].feature: 'messages' has parts; name the part that deviates"),
    ),
    (
        "{feature: top_k,",
        "{feature: top_k, models: [lrge],",
        ("41: known_deviations[0].models[0]: 'lrge' is not a model of this matrix"),
    ),
    (
        "{feature: top_k,",
        "{feature: top_k, models: [small],",
        ("41: known_deviations[0].models: 'small' has no claim on top_k"),
    ),
    (
        "known_deviations:\n",
        "known_deviations:\n  - {feature: top_k, reason: So., since: 2026}\n",
        ("42: known_deviations[1]: top_k of org/large:latest is listed already; keep one"),
    ),
    (
        "  errors:\n",
        "  limits:\n    limits.context_window: {status: supported, source: page, says: Much.}\n  errors:\n",
        (
            "37: claims.limits.limits.context_window: holds for org/large:latest, which has no context_window; add it under "
            "models"
        ),
    ),
    # another format, or none
    ("conformance: 1", "conformance: 2", "1: conformance: 2 is not a version this suite reads; it reads 1"),
    ("conformance: 1", "conformance: true", "1: conformance: True is not a version this suite reads; it reads 1"),
    ("conformance: 1", "conformance: 1.0", "1: conformance: 1.0 is not a version this suite reads; it reads 1"),
    ("conformance: 1\n", "", "1: conformance: missing; a matrix begins with 'conformance: 1'"),
    # YAML
    (
        "  name: acme",
        "  name: acme: inc",
        f"3: {NOT_YAML}",
    ),
    (
        "  name: acme",
        "\tname: acme",
        "3: not YAML: a tab at the beginning of the line; indent with spaces",
    ),
    (
        "  name: acme",
        "  name: [acme",
        f"4: {NOT_YAML}",
    ),
    ("  name: acme", "  name: ac\x00me", "3: not YAML: the control character '\\x00'; delete it"),
    ("  name: acme", "  name: &n acme\n  auth: *n", "4: target.auth: an alias (*); write the value out"),
    ("  name: acme", "  name: &n [*n]", "3: target.name[0]: an alias (*); write the value out"),
    (
        "  name: acme",
        "  name: !!python/name:os.system ''",
        (
            "3: target.name: not a plain value "
            "(tag:yaml.org,2002:python/name:os.system); write text, a number, true or false"
        ),
    ),
    (
        "  name: acme",
        "  name: !!int acme",
        ("3: target.name: not a plain value (tag:yaml.org,2002:int); write text, a number, true or false"),
    ),
    ("  name: acme", "  ? [a, b]\n  : 1\n  name: acme", "2: target: a key that is no word"),
    ("  name: acme", f"  name: {'[' * 30}{']' * 30}", "1: nested too deeply to be a matrix"),
    (
        "known_deviations:",
        "---\nknown_deviations:",
        f"40: {NOT_YAML}",
    ),
]


@pytest.fixture
def matrix_of(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "matrix.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def complaint(path: Path) -> str:
    with pytest.raises(MatrixError) as raised:
        load(path)
    return str(raised.value)


def test_a_valid_matrix_is_read(matrix_of):
    matrix = load(matrix_of(VALID))
    check(matrix, cases_of(FEATURES), group_of)
    assert matrix.target.endpoint == "https://api.acme.example/anthropic"
    assert (matrix.target.auth, matrix.target.requests_per_minute, matrix.target.concurrency) == ("required", 60, 4)
    assert [model.name for model in matrix.models] == ["small", "org/large:latest"]
    assert matrix.models[0].price
    assert matrix.models[0].price.output == 2.5
    assert [claim.feature for claim in matrix.claims] == [
        "messages", "temperature.range", "thinking", "top_k", "messages.text", "errors.type"
    ]  # fmt: skip
    assert dict(matrix.not_tested) == {"errors.status": "Nobody cares."}


def test_a_claim_has_its_names_looked_up(matrix_of):
    matrix = load(matrix_of(VALID))
    top_k = claim_of(matrix, "top_k")
    assert (top_k.group, top_k.status, top_k.says, top_k.line) == ("parameters", Status.IGNORED, "No effect.", 26)
    assert top_k.source is matrix.sources["page"]
    assert top_k.source.language == "zh"
    assert (top_k.date, claim_of(matrix, "messages").date) == ("2026-08", "2026-11-23")
    assert top_k.models == ("org/large:latest",)
    assert claim_of(matrix, "messages").models == ("small", "org/large:latest")
    assert [report.date for report in top_k.field_reports] == ["2026-09-28"]
    assert dict(claim_of(matrix, "temperature.range").details) == {"above": 0.0, "to": 1}
    assert claim_of(matrix, "messages").parts == ("messages.text",)
    assert claim_of(matrix, "errors.type").says == "Nothing is said of it."
    [deviation] = matrix.known_deviations
    assert (deviation.feature, deviation.models, deviation.since, deviation.line) == (
        "top_k", ("org/large:latest",), "2026-11-01", 41
    )  # fmt: skip


def test_a_claim_that_contradicts_itself_keeps_both_statements(matrix_of):
    thinking = claim_of(load(matrix_of(VALID)), "thinking")
    assert thinking.contradictory
    assert thinking.status is Status.SUPPORTED
    assert thinking.statuses == (Status.SUPPORTED, Status.IGNORED)
    assert [(said.source.id, said.date, said.where) for said in thinking.statements] == [
        ("page", "2026-11-23", "the table"),
        ("blog", "2026", "note 3"),
    ]
    assert thinking.says == "In the table: Reasoning. In note 3: It is ignored."


def test_a_statement_may_bring_the_only_source(matrix_of):
    text = VALID.replace("      source: page\n      statements", "      statements").replace(
        "where: the table}", "where: the table, source: blog}"
    )
    assert claim_of(load(matrix_of(text)), "thinking").source.id == "blog"


def test_nothing_of_a_matrix_can_be_changed(matrix_of):
    matrix = load(matrix_of(VALID))
    with pytest.raises(FrozenInstanceError):
        matrix.claims[0].says = "else"
    with pytest.raises(ValidationError):
        matrix.target.name = "else"
    for mapping in (matrix.sources, matrix.not_tested, matrix.claims[1].details, matrix.lines):
        with pytest.raises(TypeError):
            mapping["else"] = 1
    assert {matrix.claims[0]: 1}


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said[:70] for _, new, said in WRONG])
def test_what_is_wrong_is_said_in_a_line(matrix_of, old, new, said):
    assert VALID.count(old) >= 1
    path = matrix_of(VALID.replace(old, new, 1))
    lines = sorted(f"{path}:{line}" for line in said.split("\n"))
    assert sorted(_YAMLS.sub(NOT_YAML, complaint(path)).split("\n")) == lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: empty; a matrix begins with 'conformance: 1'"),
        ("# nothing but a comment\n", "1: empty; a matrix begins with 'conformance: 1'"),
        ("- conformance: 1\n", "1: not a mapping; a matrix begins with 'conformance: 1'"),
        ("conformance\n", "1: not a mapping; a matrix begins with 'conformance: 1'"),
        ("~\n", "1: not a mapping; a matrix begins with 'conformance: 1'"),
        (b"conformance: 1\ntarget:\n  name: caf\xe9\n", "3: not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("conformance: 1\n".encode("utf-16"), "1: not UTF-8 (byte 0xff); save the file as UTF-8"),
        ("conformance: 1\nx: " + "[" * 200_000, "1: nested too deeply to be a matrix"),
    ],
)
def test_what_is_no_matrix_at_all(matrix_of, text, said):
    path = matrix_of(text)
    assert complaint(path) == f"{path}:{said}"


def test_a_file_that_cannot_be_read(tmp_path):
    path = tmp_path / "none.yaml"
    assert complaint(path) == f"{path}:1: cannot be read (No such file or directory)"
    assert complaint(tmp_path) == f"{tmp_path}:1: cannot be read (Is a directory)"


def test_the_file_is_named_as_it_was_given(matrix_of, monkeypatch):
    path = matrix_of(VALID.replace("status: ignored\n", "status: ignord\n"))
    monkeypatch.chdir(path.parent)
    assert complaint(Path("matrix.yaml")).startswith("matrix.yaml:27: claims.parameters.top_k.status: 'ignord' is")


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(matrix_of):
    text = VALID.replace("name: acme", "name: Acme").replace("status: ignored\n", "status: no\n")
    path = matrix_of(text.replace("since: 2026-11-01", "since: soon").replace("says: Text.}", "says: }"))
    problems = [line.removeprefix(f"{path}:").split(": ")[:2] for line in complaint(path).split("\n")]
    assert problems == [
        ["3", "target.name"],
        ["27", "claims.parameters.top_k.status"],
        ["35", "claims.messages.messages.text.says"],
        ["41", "known_deviations[0].since"],
    ]


def test_a_problem_has_a_line_and_a_place(matrix_of):
    with pytest.raises(MatrixError) as raised:
        load(matrix_of(VALID.replace("name: acme", "name: Acme")))
    [problem] = raised.value.problems
    assert (problem.line, problem.place) == (3, ("target", "name"))
    assert raised.value.path.name == "matrix.yaml"


def test_a_file_with_a_byte_order_mark_and_crlf_is_read(matrix_of):
    matrix = load(matrix_of(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode()))
    assert claim_of(matrix, "top_k").line == 26


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (
            FEATURES - {"top_k"} | {"top_kk"},
            [
                "13: claims: nothing is claimed of top_kk, which has cases; add a claim, or a reason under not_tested",
                "26: claims.parameters.top_k: no case tests this feature; did you mean 'top_kk'?",
            ],
        ),
        (
            FEATURES - {"thinking"},
            ["21: claims.parameters.thinking: no case tests this feature; write one, or leave the claim out"],
        ),
        (
            FEATURES | {"messages"},
            ["15: claims.parameters.messages.parts: the feature has cases of its own; leave the parts out"],
        ),
        (
            FEATURES - {"errors.status", "errors.type"} | {"stream.usage"},
            [
                "13: claims: nothing is claimed of stream.usage, which has cases; add a claim, or a reason under not_tested",
                "37: claims.errors.errors.type: no case tests this feature; write one, or leave the claim out",
                "39: not_tested.errors.status: no case tests this feature anyway; leave it out",
            ],
        ),
        (
            FEATURES - {"errors.status"} | {"errors.statuz"},
            [
                (
                    "13: claims: nothing is claimed of errors.statuz, which has cases; add a claim, or a reason under "
                    "not_tested"
                ),
                "39: not_tested.errors.status: no case tests this feature anyway; did you mean 'errors.statuz'?",
            ],
        ),
    ],
    ids=["misspelt", "no case", "parts and cases", "nothing to leave out", "misspelt and left out"],
)
def test_claims_and_cases_belong_together(matrix_of, features, said):
    matrix = load(matrix_of(VALID))
    with pytest.raises(MatrixError) as raised:
        check(matrix, cases_of(features), group_of)
    assert str(raised.value).split("\n") == [f"{matrix.path}:{line}" for line in said]


def test_what_is_not_claimed_is_undocumented(matrix_of):
    matrix = load(matrix_of(VALID.replace("unclaimed: error\n", "")))
    new = ["errors.unheard", "accepts.unicode", "stream.ping", "metadata", "tool_choice.none"]
    filled = check(matrix, cases_of(FEATURES.union(new)), group_of)
    added = [claim for claim in filled.claims if claim.feature in new]
    assert {(claim.group, claim.feature) for claim in added} == {
        ("errors", "errors.unheard"),
        ("messages", "accepts.unicode"),
        ("stream", "stream.ping"),
        ("parameters", "metadata"),
        ("tools", "tool_choice.none"),
    }
    assert {claim.status for claim in added} == {Status.UNDOCUMENTED}
    assert all(claim.models == ("small", "org/large:latest") for claim in added)
    groups = list(dict.fromkeys(claim.group for claim in filled.claims))
    assert groups == [group for group in GROUPS if group in groups]
    assert [claim for claim in filled.claims if claim.feature not in new] == list(matrix.claims)


def test_every_group_here_is_where_an_unclaimed_feature_would_stand():
    for path in MATRICES:
        for claim in load(path).claims:
            assert group_of(claim.feature) == claim.group, claim.feature


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("one_collapses", None),
        ("one_colapses", "'one_colapses' is no case of top_k; did you mean 'one_collapses'?"),
    ],
)
def test_a_deviation_may_be_of_one_case(matrix_of, named, said):
    matrix = load(matrix_of(VALID.replace("{feature: top_k,", f"{{feature: top_k, case: {named},")))
    assert [deviation.case for deviation in matrix.known_deviations] == [named]
    if said is None:
        check(matrix, cases_of(FEATURES), group_of)
        return
    with pytest.raises(MatrixError) as raised:
        check(matrix, cases_of(FEATURES), group_of)
    assert str(raised.value) == f"{matrix.path}:41: known_deviations[0].case: {said}"


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("m.yaml", "conformance: 1\n", True),
        ("m.yml", "conformance: 1\n", True),
        ("m.yaml", "conformance:\n", True),
        ("m.yaml", "conformance: nonsense\n", True),
        ("m.yaml", "\ufeff# a comment\r\n\r\n---\r\n'conformance' : 1\r\n", True),
        ("m.yaml", '%YAML 1.1\n---\n  # more\n"conformance": 1', True),
        ("m.yaml", "conformance", False),
        ("m.yaml", "conformance:1\n", False),
        ("m.yaml", "conformances: 1\n", False),
        ("m.yaml", "target:\n  conformance: 1\n", False),
        ("m.yaml", "target: 1\nconformance: 1\n", False),
        ("m.yaml", "", False),
        ("m.yaml", "\x00\xff", False),
        ("m.yaml", "#" * 5000 + "\nconformance: 1\n", False),
        ("m.json", "conformance: 1\n", False),
        ("m.yaml.j2", "conformance: 1\n", False),
    ],
)
def test_a_matrix_is_known_by_its_first_key(tmp_path, name, text, is_one):
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert looks_like_matrix(path) is is_one


def test_what_cannot_be_read_is_no_matrix(tmp_path):
    (tmp_path / "directory.yaml").mkdir()
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("directory.yaml", "dangling.yaml", "pipe.yaml", "none.yaml"):
        assert not looks_like_matrix(tmp_path / name)


def test_a_matrix_without_leave_to_read_it_is_no_matrix(tmp_path, monkeypatch):
    path = tmp_path / "m.yaml"
    path.write_text("conformance: 1\n")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    assert not looks_like_matrix(path)


def test_sniffing_imports_nothing_heavy():
    code = "import sys, conformance.matrix.sniff; print({'pydantic', 'yaml'} & sys.modules.keys() or '')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_package_knows_its_names():
    for name in package.__all__:
        assert getattr(package, name).__module__.startswith("conformance.matrix.")
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        package.nonsense  # noqa: B018


# The matrices that are there.

# The page's own two tables, word for word.
PARAMETERS = {
    "model": "supported", "messages": "partial", "max_tokens": "supported", "stream": "supported",
    "system": "supported", "temperature": "supported", "tool_choice": "supported", "tools": "supported",
    "top_p": "supported", "thinking": "supported", "metadata": "supported", "top_k": "ignored",
    "stop_sequences": "ignored", "service_tier": "ignored", "mcp_servers": "ignored",
    "context_management": "ignored", "container": "ignored",
}  # fmt: skip
FIELDS = {
    "messages.text": "supported", "messages.tool_use": "supported", "messages.tool_result": "supported",
    "messages.thinking": "supported", "messages.image": "unsupported", "messages.document": "unsupported",
}  # fmt: skip
SET_UP = [
    "models.unlisted", "examples.environment", "examples.quick_start", "examples.streaming", "examples.tool_history",
]  # fmt: skip
SPEEDS = {
    "MiniMax-M2.7": 60, "MiniMax-M2.7-highspeed": 100, "MiniMax-M2.5": 60, "MiniMax-M2.5-highspeed": 100,
    "MiniMax-M2.1": 60, "MiniMax-M2.1-highspeed": 100, "MiniMax-M2": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def minimax() -> Matrix:
    return load(ROOT / "matrix.yaml")


@pytest.mark.parametrize("path", MATRICES, ids=lambda path: path.name)
def test_every_matrix_here_is_valid_and_every_case_has_its_place(path):
    matrix = load(path)
    cases = {feature: [case.name for case in cases] for feature, cases in CASES.items()}
    if path.name not in PARTIAL:
        assert check(replace(matrix, unclaimed="error"), cases, group_of).claims == matrix.claims
    assert looks_like_matrix(path)
    groups = list(dict.fromkeys(claim.group for claim in matrix.claims))
    assert groups == [group for group in GROUPS if group in groups], "groups stand in the order of a report"


def test_target_names_are_each_used_once():
    names = [load(path).target.name for path in MATRICES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("feature", "status"), {**PARAMETERS, **FIELDS}.items())
def test_a_row_of_the_page(minimax, feature, status):
    claim = claim_of(minimax, feature)
    assert claim.status == status
    assert claim.source.id == "page"
    assert claim.models == tuple(SPEEDS)


def test_no_documented_cell_vanishes(minimax):
    cells = Counter({c.feature: len(c.models) for c in minimax.claims if c.status is not Status.UNDOCUMENTED})
    page = sum(cells.pop(feature) for feature in [*PARAMETERS, *FIELDS])
    window, speed = cells.pop("limits.context_window"), cells.pop("limits.output_speed")
    set_up = sum(cells.pop(feature) for feature in SET_UP)
    assert (page, window, speed, set_up) == (161, 7, 6, 35)
    assert page + window + speed + set_up == 209
    # What refines them, what they allow, and what the SDK needs of a reply: 7 models x 30.
    assert sum(cells.values()) == 210
    assert sorted(cells) == [
        "accepts.five_stop_sequences", "accepts.no_edits", "accepts.no_mcp_servers", "accepts.no_stop_sequences",
        "accepts.temperature_beside_top_p", "combinations.inside",
        "messages.conversation", "messages.document.pdf", "messages.image.url",
        "response.id", "response.shape", "response.stop_reason", "response.usage",
        "stream.blocks", "stream.content_type", "stream.event_names", "stream.event_order", "stream.incremental",
        "stream.shape", "stream.stop_reason", "stream.text", "stream.tool_input", "stream.usage",
        "temperature.range",
        "tool_choice.any", "tool_choice.auto", "tool_choice.none", "tool_choice.tool",
        "tools.id", "tools.input",
    ]  # fmt: skip


def test_what_the_page_says_nothing_of_is_undocumented(minimax):
    silent = [claim for claim in minimax.claims if claim.status is Status.UNDOCUMENTED]
    assert Counter(claim.group for claim in silent) == {
        "models": 1, "headers": 6, "parameters": 15, "tools": 17, "messages": 25, "clients": 6, "stream": 1,
        "errors": 9,
    }  # fmt: skip
    assert sum(len(claim.models) for claim in silent) == 80 * 7
    assert not minimax.not_tested


def test_the_models_have_the_page_s_figures(minimax):
    assert {model.name: model.output_speed for model in minimax.models} == SPEEDS
    assert {model.context_window for model in minimax.models} == {204_800}
    assert claim_of(minimax, "limits.output_speed").models == tuple(name for name, speed in SPEEDS.items() if speed)


def test_the_models_have_prices(minimax):
    prices = {model.name: model.price for model in minimax.models}
    assert all(prices.values())
    assert {name: (p.input, p.output, p.cache_read, p.cache_write) for name, p in prices.items() if p} == {
        "MiniMax-M2.7": (0.30, 1.20, 0.06, 0.375),
        "MiniMax-M2.7-highspeed": (0.60, 2.40, 0.06, 0.375),
        "MiniMax-M2.5": (0.30, 1.20, 0.03, 0.375),
        "MiniMax-M2.5-highspeed": (0.60, 2.40, 0.03, 0.375),
        "MiniMax-M2.1": (0.30, 1.20, 0.03, 0.375),
        "MiniMax-M2.1-highspeed": (0.60, 2.40, 0.03, 0.375),
        "MiniMax-M2": (0.30, 1.20, 0.03, 0.375),
    }


def test_the_page_contradicts_itself_on_thinking_alone(minimax):
    assert [claim.feature for claim in minimax.claims if claim.contradictory] == ["thinking"]
    assert claim_of(minimax, "thinking").statuses == (Status.SUPPORTED, Status.IGNORED)


def test_the_range_of_temperature_is_half_open(minimax):
    assert dict(claim_of(minimax, "temperature.range").details) == {"above": 0.0, "to": 1.0}
    assert dict(claim_of(minimax, "top_p.range").details) == {"from": 0, "to": 1}


def test_messages_is_the_verdict_of_its_fields(minimax):
    assert claim_of(minimax, "messages").parts == tuple(FIELDS)
    assert claim_of(minimax, "tool_choice").parts == (
        "tool_choice.auto", "tool_choice.any", "tool_choice.tool", "tool_choice.none"
    )  # fmt: skip


def test_field_reports_stand_beside_their_claims(minimax):
    reported = {claim.feature for claim in minimax.claims if claim.field_reports}
    assert {"temperature", "temperature.range", "top_k", "top_p.range", "thinking", "thinking.unknown_type"} <= reported
    assert {"tool_choice", "models.unlisted", "errors.unknown_field", "stream.usage"} <= reported


def test_anthropic_itself_supports_everything():
    matrix = load(ROOT / "matrices" / "anthropic.yaml")
    assert {c.feature for c in matrix.claims if c.status is Status.UNSUPPORTED} == {
        "headers.anthropic-version.2026-10-21",  # what that version no longer takes
        "tool_choice.with_thinking",  # a forced call cannot be thought over
    }
    # What a page of Anthropic's own does not say in so many words; no page says anything of clients.
    silent = {c.feature for c in matrix.claims if c.status is Status.UNDOCUMENTED and c.group != "clients"}
    assert silent == {
        "headers.anthropic-beta", "accepts.betas_of_claude_code", "combinations.inside", "messages.prefill",
        "response.empty_text", "stream.ping", "errors.retry_after", "errors.stream",
    }  # fmt: skip
    assert not any(c.status in (Status.IGNORED, Status.PARTIAL) for c in matrix.claims)
    assert set(matrix.not_tested) == {
        "limits.output_speed", "accepts.system_turn", "accepts.cache_scope", "accepts.redacted_thinking",
        "accepts.temperature_beside_top_p",
    }  # fmt: skip
    assert matrix.target.api_version == "2023-06-01"


def claim_of(matrix: Matrix, feature: str) -> Claim:
    [claim] = [claim for claim in matrix.claims if claim.feature == feature]
    return claim


@pytest.mark.parametrize("tail", ["/v1", "/v1/", "/v1/messages"])
def test_an_endpoint_is_what_stands_before_the_path(matrix_of, tail):
    said = complaint(matrix_of(re.sub(r"(endpoint: \S+)", rf"\g<1>{tail}", VALID, count=1)))
    assert "which the SDK adds itself; leave it out" in said
