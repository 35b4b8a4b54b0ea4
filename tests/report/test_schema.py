"""The schema is a schema, and holds reports to the contract."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.report.schema import SCHEMA, validate
from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

from .reports import case, everything, report, row

jsonschema = pytest.importorskip("jsonschema")
Report = dict[str, Any]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("name", "words"),
    [("group", GROUPS), ("status", Status), ("behaviour", Behaviour), ("verdict", Verdict), ("source", Source)],
)
def test_it_knows_the_words_of_the_suite(name: str, words: Any) -> None:
    assert SCHEMA["$defs"][name]["enum"] == list(words)


@pytest.mark.parametrize("made", [report(), report(row("top_k")), everything()], ids=["empty", "one row", "everything"])
def test_reports_pass(made: Report) -> None:
    validate(made)


def test_only_the_contract_is_required() -> None:
    full = everything()
    keys = ("version", "suite", "target", "summary", "results")
    validate({key: full[key] for key in keys})


def an_unknown_key(made: Report) -> None:
    made["surprise"] = 1


def an_unknown_key_in_a_case(made: Report) -> None:
    made["results"][0]["cases"][0]["surprise"] = 1


def another_version(made: Report) -> None:
    made["version"] = 2


def a_verdict_nobody_knows(made: Report) -> None:
    made["results"][0]["verdict"] = "passes"


def no_verdict_on_what_is_documented(made: Report) -> None:
    made["results"][0]["verdict"] = None


def a_verdict_on_what_is_not(made: Report) -> None:
    made["results"][0]["documented"] = "undocumented"


def simulated_without_a_notice(made: Report) -> None:
    del made["notice"]


def a_case_without_a_source(made: Report) -> None:
    del made["results"][0]["cases"][0]["source"]


def an_id_that_is_no_node_id(made: Report) -> None:
    made["results"][0]["cases"][0]["id"] = "top_k"


def a_contradiction_of_one(made: Report) -> None:
    made["claims"][0] |= {"contradictory": True, "statements": []}


@pytest.mark.parametrize(
    "broken",
    [
        an_unknown_key,
        an_unknown_key_in_a_case,
        another_version,
        a_verdict_nobody_knows,
        no_verdict_on_what_is_documented,
        a_verdict_on_what_is_not,
        simulated_without_a_notice,
        a_case_without_a_source,
        an_id_that_is_no_node_id,
        a_contradiction_of_one,
    ],
)
def test_it_refuses(broken: Callable[[Report], None]) -> None:
    made = report(row("top_k", cases=[case("M-1", "top_k", "honoured", "conforms")]))
    validate(made)
    broken(made)
    with pytest.raises(jsonschema.ValidationError):
        validate(made)
