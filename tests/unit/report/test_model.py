"""The schema is a schema, is made of the model, and both hold reports to the contract."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from contract import HOME, SCHEMA, validate
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from conformance.report.model import Report
from conformance.report.schema import SCHEMAS, schema_of
from conformance.values import GROUPS, Behaviour, Source, Status, Verdict

from .reports import case, contradictory, everything, report, row

Json = dict[str, Any]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_in_the_project_is_what_its_model_makes(name: str) -> None:
    text = (HOME / name).read_text("utf-8")
    assert json.loads(text) == schema_of(*SCHEMAS[name]), "make it anew: python -m conformance.report.schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("words", [Status, Behaviour, Verdict, Source])
def test_it_knows_the_words_of_the_suite(words: Any) -> None:
    assert SCHEMA["$defs"][words.__name__]["enum"] == list(words)


def test_it_knows_the_groups() -> None:
    assert SCHEMA["$defs"]["Row"]["properties"]["group"]["enum"] == list(GROUPS)


@pytest.mark.parametrize("made", [report(), report(row("top_k")), everything()], ids=["empty", "one row", "everything"])
def test_reports_pass(made: Json) -> None:
    validate(made)


def test_only_the_contract_is_required() -> None:
    full = everything()
    keys = ("version", "suite", "target", "summary", "results")
    validate({key: full[key] for key in keys})


def an_unknown_key(made: Json) -> None:
    made["surprise"] = 1


def an_unknown_key_in_a_case(made: Json) -> None:
    made["results"][0]["cases"][0]["surprise"] = 1


def another_version(made: Json) -> None:
    made["version"] = 2


def a_verdict_nobody_knows(made: Json) -> None:
    made["results"][0]["verdict"] = "passes"


def no_verdict_on_what_is_documented(made: Json) -> None:
    made["results"][0]["verdict"] = None


def a_verdict_on_what_is_not(made: Json) -> None:
    made["results"][0]["documented"] = "undocumented"


def simulated_without_a_notice(made: Json) -> None:
    del made["notice"]


def a_case_without_a_source(made: Json) -> None:
    del made["results"][0]["cases"][0]["source"]


def an_id_that_is_no_node_id(made: Json) -> None:
    made["results"][0]["cases"][0]["id"] = "top_k"


def a_contradiction_of_one(made: Json) -> None:
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
def test_it_refuses(broken: Callable[[Json], None]) -> None:
    made = report(row("top_k", cases=[case("M-1", "top_k", "honoured", "conforms")]))
    validate(made)
    broken(made)
    with pytest.raises(jsonschema.ValidationError):
        validate(made)


# --- the schema and the model


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a report below its top."""
    if above:
        yield above
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from places(inner, (*above, key))


REPORTS = [
    everything(),
    report(row("top_k")),
    report(row("thinking", holds=[0]), claims=[contradictory(models=["M-1"])]),
]
PLACES = [(number, place) for number, made in enumerate(REPORTS) for place in places(made)]
VALUES = (
    *(None, "", "x", "a::b::c", 0, -1, 3, True, False, 1.5, [], {}, ["x"], ["x", "x"], [0, 0], {"a": 1}),
    *("conforms", "ignored", "undocumented", "simulator", "2026", "2026-11-23T11:00:00Z", "tools"),
)
GONE = object()


@given(st.sampled_from(PLACES), st.sampled_from([GONE, *VALUES]))
def test_the_model_takes_what_the_schema_takes_and_nothing_else(where: tuple[int, Any], value: Any) -> None:
    number, (*above, last) = where
    made = copy.deepcopy(REPORTS[number])
    inner: Any = made
    for key in above:
        inner = inner[key]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    try:
        read = Report.model_validate(made)
    except ValidationError:
        read = None
    assert (read is not None) == jsonschema.Draft202012Validator(SCHEMA).is_valid(made)
    assert read is None or json.loads(json.dumps(read.data())) == made


def test_what_is_left_out_stays_left_out_and_null_is_no_way_to_do_it() -> None:
    made = report(row("top_k"))
    del made["claims"], made["models"]
    assert set(Report.model_validate(made).data()) == set(made)
    made["results"][0]["cases"][0]["reason"] = None
    with pytest.raises(ValidationError, match="null is not allowed here"):
        Report.model_validate(made)


def test_a_report_cannot_be_changed() -> None:
    read = Report.model_validate(everything())
    with pytest.raises(ValidationError, match="frozen"):
        read.notice = ""
