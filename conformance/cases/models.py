"""Which models are served, and under which name."""

from __future__ import annotations

import re
from urllib.parse import quote

from conformance.cases.common import HELLO, plain_hello, rejected
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation


@experiment("model")
def the_model_asked_for_answers(api: Endpoint) -> Observation:
    """model names the model that answers.

    Honoured: the reply carries the name that was asked for, or another way to write it (a date behind it, dashes
    for dots). Ignored: another name. Rejected: the model is refused.
    """
    reply = api.ask("treatment", **HELLO)
    if not reply.ok:
        if reply.status in (403, 404) or "model" in reply.error_message.lower():
            return rejected(api.model, reply)
        raise Inconclusive(f"a plain request was refused ({reply.refusal})")
    answered = str(reply.message.get("model") or "")
    if not answered:
        return Observation(Behaviour.ACCEPTED, "taken; the reply names no model", signals=("status",))
    seen = f"{api.model} was asked for, {answered} answers"
    if not same_model(api.model, answered):
        return Observation(Behaviour.IGNORED, seen, signals=("model",))
    seen += "" if answered == api.model else ", which is another way to write it"
    return Observation(Behaviour.HONOURED, seen, signals=("model",))


NOBODY = "-no-such-model"
"""The end of a name that no model has."""


def same_model(asked: str, answered: str) -> bool:
    """Whether a reply's name is the one that was asked for, or another way to write it.

    Gateways put a provider before a name and a date behind it, change its case, and write its dots as dashes;
    which model it is stays clear. M2.5 for M2, or a name without its ``-highspeed``, is another model.
    """
    name = asked.lower().rsplit("/", 1)[-1]
    stem, dated = _undated(name)
    written = "[^a-z0-9]*".join(re.findall("[a-z0-9]+", stem)) or re.escape(stem)
    found = re.fullmatch(rf"(?:.*[/.:])?{written}(?P<dated>(?:{_DATE})?)", answered.lower())
    return found is not None and len({_digits(date) for date in (dated, found["dated"])} - {""}) < 2


def _undated(name: str) -> tuple[str, str]:
    """A name, and the date at its end (or what stands for one); empty where it has none."""
    found = re.fullmatch(rf"(.+?)({_DATE})", name)
    return (found[1], found[2]) if found else (name, "")


def _digits(date: str) -> str:
    return "".join(filter(str.isdigit, date))


_DATE = r"[-@:_](?:20\d\d[-.]?\d\d[-.]?\d\d|\d{6}|\d{4}|latest)(?:-v\d+(?::\d+)?)?"
"""What names of models have at their ends: ``-20251001``, ``@2025-10-01``, ``-0324``, ``:latest``."""


@experiment("models.unlisted")
def a_model_nobody_has_is_refused(api: Endpoint) -> Observation:
    """Only the models of the list are served.

    Honoured: a model that does not exist is refused. Ignored: the request is answered by another one.
    """
    return _unserved(api, f"{api.model}{NOBODY}")


@experiment("models.unlisted")
def a_name_of_no_house_is_refused(api: Endpoint) -> Observation:
    """A name that has nothing of a listed one is not served by some model that happens to be there.

    Honoured: it is refused. Ignored: the request is answered by another model.
    """
    return _unserved(api, f"nobody{NOBODY}")


def _unserved(api: Endpoint, name: str) -> Observation:
    plain_hello(api)
    reply = api.ask("treatment", **{**HELLO, "model": name}, expects_refusal=True)
    if not reply.ok:
        return Observation(Behaviour.HONOURED, f"{name} is refused ({reply.refusal})", signals=("status",))
    return Observation(
        Behaviour.IGNORED, f"{name} is answered, by {reply.message.get('model')}", signals=("status", "model")
    )


@experiment("models.list")
def the_model_is_listed(api: Endpoint) -> Observation:
    """GET /v1/models lists the models.

    Honoured: this one is among them, or another way to write it. Ignored: it is not. Rejected: there is no
    such endpoint.
    """
    names: list[str] = []
    query = f"limit={_PAGE}"
    for _ in range(_PAGES):
        reply = api.fetch("treatment", f"/v1/models?{query}")
        if not reply.ok:
            return rejected("GET /v1/models", reply)
        body = reply.exchange.json if isinstance(reply.exchange.json, dict) else {}
        listed = body.get("data")
        page = [str(item.get("id")) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        names += page
        if any(same_model(api.model, name) for name in page):
            return Observation(Behaviour.HONOURED, f"{len(names)} listed", signals=("models",))
        if body.get("has_more") is not True or not page:
            break
        query = f"limit={_PAGE}&after_id={quote(str(body.get('last_id') or page[-1]), safe='')}"
    else:
        raise Inconclusive(f"not among {len(names)} models, and there are more to list")
    return Observation(Behaviour.IGNORED, f"not among {len(names)} listed", signals=("models",))


_PAGE = 1000
"""Models asked for at once: the most that Anthropic's API takes."""

_PAGES = 5
"""Pages of a list that are read."""
