"""Combinations of parameters: a pairwise covering array over the values that are documented.

Every pair of two values of two parameters is in one of the requests at least, so that a service that takes each of
them alone and not both together is found with some fifteen requests in the place of thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.cases.accepts import is_message
from conformance.cases.common import HELLO, control, text
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.cases.tools import CLOCK, WEATHER
from conformance.protocol.reply import Reply
from conformance.values import Behaviour, Json, Observation

LEFT_OUT = None
"""The value of a parameter that is not sent."""

_THINKING = {"type": "enabled", "budget_tokens": 1024}
VALUES: Mapping[str, Sequence[Json]] = {
    "temperature": [LEFT_OUT, 0.5, 1.0],
    "top_p": [LEFT_OUT, 0.95, 1.0],
    "top_k": [LEFT_OUT, 1, 40],
    "thinking": [LEFT_OUT, _THINKING, {"type": "disabled"}],
    "tools": [LEFT_OUT, [WEATHER], [WEATHER, CLOCK]],
    "tool_choice": [LEFT_OUT, {"type": "auto"}, {"type": "none"}],
    "stop_sequences": [LEFT_OUT, ["###"], ["###", "END OF TEXT"]],
    "stream": [LEFT_OUT, True, False],
    "system": [LEFT_OUT, "Answer briefly.", [text("Answer briefly."), text("Be polite.")]],
    "metadata": [LEFT_OUT, {"user_id": "conformance-suite"}],
    "max_tokens": [2048, 1500],
}
"""Three values of each parameter, or two; a claim's details may name others."""
RULES: Sequence[tuple[str, int, str, Sequence[int]]] = (
    ("thinking", 1, "temperature", (0, 2)),
    ("thinking", 1, "top_k", (0,)),
    ("tool_choice", 1, "tools", (1, 2)),
    ("tool_choice", 2, "tools", (1, 2)),
)
"""What Anthropic's own rules allow together: with this value of this parameter, of that one only these."""
ARRAY = """
02022020010
20000011201
11201002111
20121100000
22012212100
01221221201
00100022110
02010000211
12201110011
12102201210
21012121111
11120012001
00202112200
21220000100
10001221000
00011200000
"""
"""A request in each line: which value each parameter has, in the order of ``VALUES``.

It is data, made once (``python tests/covering.py``) and proved to be whole by the tests: were it made anew in every
run, a new release of the library that makes it would make every recording stale.
"""
_WRONG: Mapping[str, Json] = {
    "temperature": "hot",
    "top_p": "most",
    "max_tokens": "many",
    "thinking": "deep",
    "tools": "all",
    "tool_choice": {"type": "no_such_choice"},
    "system": 7,
    "metadata": ["conformance-suite"],
}
_BOUND = 16
"""Requests that are asked at most to find out what of a combination is to blame."""


def combinations(details: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Requests that cover every pair of values that Anthropic's rules allow, each without what is left out.

    Args:
        details: of the claim: two other values of a parameter, by its name, where a target documents others.
    """
    values = {name: [known[0], *details[name]] if name in details else known for name, known in VALUES.items()}
    rows = ({name: values[name][int(digit)] for name, digit in zip(values, row, strict=True)} for row in ARRAY.split())
    return [{name: value for name, value in row.items() if value is not LEFT_OUT} for row in rows]


@experiment("combinations.inside", expensive=True)
def every_pair_is_taken(api: Endpoint) -> Observation:
    """Parameters that are taken alone are taken together.

    Accepted: requests that cover every pair of values are all taken, and answered with a message. Rejected:
    one is refused; its parameters are left out one at a time, and the summary names what cannot stand together.
    """
    rows = combinations(api.details)
    for number, row in enumerate(rows, start=1):
        if is_message(_ask(api, f"combination {number}", row)):
            continue
        control(api, **HELLO)
        again = _ask(api, f"combination {number}", row)
        if is_message(again):
            continue  # a passing refusal is none
        blamed, last = _smallest(api, row, again)
        words = f"{' with '.join(blamed)} is refused ({last.refusal})" if not last.ok else "the answer is no message"
        return Observation(Behaviour.REJECTED, f"combination {number} of {len(rows)}: {words}", signals=("status",))
    words = f"{len(rows)} requests with every pair of {len(VALUES)} parameters' values are taken"
    return Observation(Behaviour.ACCEPTED, words, signals=("status",))


def _ask(api: Endpoint, arm: str, row: Mapping[str, Json]) -> Reply:
    return api.ask(arm, **{**HELLO, **row})


def _smallest(api: Endpoint, row: Mapping[str, Json], refused: Reply) -> tuple[list[str], Reply]:
    """The parameters of a refused combination none of which can be left out, and the last refusal."""
    kept, asked = dict(row), 0
    for name in row:
        fewer = {other: value for other, value in kept.items() if other != name}
        if "tools" not in fewer and "tool_choice" in fewer:
            continue  # a choice of nothing is refused for a reason of its own
        asked += 1
        if asked > _BOUND:
            break
        reply = _ask(api, f"without {name}", fewer)
        if not is_message(reply):
            kept, refused = fewer, reply
    return list(kept), refused


@experiment("combinations.outside", expensive=True)
def what_is_wrong_is_refused_in_company(api: Endpoint) -> Observation:
    """A value of a wrong type is refused also among others that are right.

    Honoured: each of eight is refused with a 4xx. Ignored: some are taken, or break the service.
    """
    rows = combinations(api.details)
    control(api, **{**HELLO, **rows[0]})
    taken: list[str] = []
    broken: list[str] = []
    for name, row, reply in _wrong(api, rows):
        if reply.ok:
            taken.append(f"{name}={row[name]!r}")
        elif reply.status >= 500:
            broken.append(f"{name}={row[name]!r} ({reply.status})")
    if taken or broken:
        words = [f"taken: {', '.join(taken)}"] * bool(taken) + [f"not refused with a 4xx: {', '.join(broken)}"] * bool(
            broken
        )
        return Observation(Behaviour.IGNORED, "; ".join(words), signals=("status",))
    return Observation(Behaviour.HONOURED, f"refused: {', '.join(_WRONG)}", signals=("status",))


def _wrong(api: Endpoint, rows: Sequence[Mapping[str, Json]]) -> Iterator[tuple[str, Mapping[str, Json], Reply]]:
    for number, (name, value) in enumerate(_WRONG.items()):
        row = {**rows[number % len(rows)], name: value}
        if name == "tool_choice":
            row["tools"] = [WEATHER]
        body = {"model": api.model, **HELLO, **row}
        yield name, row, api.send(f"malformed: {name}", body, expects_refusal=True)
