"""Which models are served, and under which name."""

from __future__ import annotations

from conformance.cases.common import HELLO, rejected
from conformance.cases.endpoint import Endpoint
from conformance.cases.registry import experiment
from conformance.trouble import Inconclusive
from conformance.values import Behaviour, Observation


@experiment("model")
def the_model_asked_for_answers(api: Endpoint) -> Observation:
    """model names the model that answers.

    Honoured: the reply carries the name that was asked for (or a dated form of it). Ignored: another
    name. Rejected: the model is refused.
    """
    reply = api.ask("treatment", **HELLO)
    if not reply.ok:
        if reply.status in (403, 404) or "model" in reply.error_message.lower():
            return rejected(api.model, reply)
        raise Inconclusive(f"a plain request was refused ({reply.refusal})")
    answered = str(reply.message.get("model") or "")
    if not answered:
        return Observation(Behaviour.ACCEPTED, "taken; the reply names no model", signals=("status",))
    same = same_model(api.model, answered)
    seen = f"{api.model} was asked for, {answered} answers"
    return Observation(Behaviour.HONOURED if same else Behaviour.IGNORED, seen, signals=("model",))


NOBODY = "-no-such-model"
"""The end of a name that no model has."""


def same_model(asked: str, answered: str) -> bool:
    """Whether a reply's name is the one that was asked for, or a dated form of it."""
    return _plain(answered) == _plain(asked) or _plain(answered).startswith(f"{_plain(asked)}-2")


def _plain(name: str) -> str:
    """A model's name without what gateways put around it: a provider before, letters' case."""
    return name.lower().rsplit("/", 1)[-1]


@experiment("models.unlisted")
def a_model_nobody_has_is_refused(api: Endpoint) -> Observation:
    """Only the models of the list are served.

    Honoured: a model that does not exist is refused. Ignored: the request is answered by another one.
    """
    if not (plain := api.ask("control", **HELLO)).ok:
        raise Inconclusive(f"the control was refused ({plain.refusal})")
    name = f"{api.model}{NOBODY}"
    reply = api.ask("treatment", **{**HELLO, "model": name})
    if not reply.ok:
        return Observation(Behaviour.HONOURED, f"{name} is refused ({reply.refusal})", signals=("status",))
    return Observation(
        Behaviour.IGNORED, f"{name} is answered, by {reply.message.get('model')}", signals=("status", "model")
    )


@experiment("models.list")
def the_model_is_listed(api: Endpoint) -> Observation:
    """GET /v1/models lists the models.

    Honoured: this one is among them. Ignored: it is not. Rejected: there is no such endpoint.
    """
    reply = api.fetch("treatment", "/v1/models?limit=1000")
    if not reply.ok:
        return rejected("GET /v1/models", reply)
    data = reply.exchange.json.get("data") if isinstance(reply.exchange.json, dict) else None
    names = [str(item.get("id")) for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    behaviour = Behaviour.HONOURED if api.model in names else Behaviour.IGNORED
    return Observation(behaviour, f"{len(names)} listed", signals=("models",))
