"""One model of a target as a case sees it: the anthropic SDK 2.x, and the replies that came back."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeAlias, TypeVar, cast

import anthropic
import httpx2
from anthropic import Anthropic, Omit
from anthropic.resources.beta.messages import Messages as BetaMessages
from anthropic.resources.messages import Messages

from conformance.http.keys import Credentials, custom_header_names
from conformance.http.redact import Secret
from conformance.http.transport import SdkTransport, Transport
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.trouble import Inconclusive, SuiteFault
from conformance.values import Arm, Json

__all__ = ["BETAS", "Endpoint", "ModelUnderTest", "credentials", "open_client", "outcome"]

BETAS: Mapping[str, str] = {
    "mcp_servers": "mcp-client-2025-11-20",
    "context_management": "context-management-2025-06-27",
}
"""The beta header each beta-only parameter belongs to, by Anthropic's documentation."""

Result = TypeVar("Result")

Repeat: TypeAlias = Callable[[int, Callable[[bytes, int], bytes] | None], None]
"""How often the next request comes in all, and what makes the bodies of those after it."""

REPLAY_KEY = "replay"
"""What stands in for a key where nothing is sent."""

_AUTH_HEADERS = ("Authorization", "X-Api-Key")


@dataclass(frozen=True, slots=True)
class ModelUnderTest:
    """What of a target a case may know: the model it asks, and what the claim says in figures."""

    model: str
    auth: str = "required"
    details: Mapping[str, Json] = field(default_factory=dict[str, Json])


def credentials(key: str, header: str) -> Credentials:
    """A key in one of the two headers Anthropic's API takes it in."""
    return Credentials(header, Secret(f"Bearer {key}" if header == "authorization" else key))


def open_client(endpoint: str, key: str, auth: Credentials, api_version: str, transport: Transport) -> Anthropic:
    """An SDK client that speaks through a transport; no retry, no proxy, no compression.

    SDK 2.x sends ``api_key=`` as Bearer and its own API version (2026-10-21). Providers' pages are
    older: their claims are tried under the version the matrix names, in a header that was accepted.
    """
    headers: dict[str, Any] = {
        "accept-encoding": "identity",
        "anthropic-version": api_version,
        **_only(auth.header, auth.value),
    }
    http_client = httpx2.Client(transport=SdkTransport(transport), trust_env=False)
    return Anthropic(
        api_key=key,
        base_url=endpoint,
        http_client=http_client,
        max_retries=0,
        open_telemetry=False,  # it would send what others keep in its context, and spans of what is asked
        timeout=900.0,
        default_headers={**_nothing_of_the_shell(), **headers},
    )


def _nothing_of_the_shell() -> dict[str, Any]:
    """Default headers that leave out what a variable would have the SDK add: only what a row says is sent."""
    return {name: Omit() for name in custom_header_names(os.environ)}


def _only(header: str, value: str) -> dict[str, Any]:
    """Default headers that send credentials in one header and leave the other out."""
    return {name: value if name.lower() == header else Omit() for name in _AUTH_HEADERS}


class Endpoint:
    """Asks one model; every reply becomes an arm of the observation."""

    def __init__(
        self,
        client: Anthropic,
        target: ModelUnderTest,
        transport: Transport,
        repeat: Repeat = lambda _times, _nth: None,
        share: Callable[[], None] = lambda: None,
    ) -> None:
        self._repeat = repeat
        self._share = share
        self._transport = SdkTransport(transport)
        self._client = client.with_options(http_client=httpx2.Client(transport=self._transport, trust_env=False))
        self._target = target
        self._arms: list[Arm] = []

    def __repr__(self) -> str:
        return f"Endpoint({self.model})"

    @property
    def model(self) -> str:
        """The model under test."""
        return self._target.model

    @property
    def auth(self) -> str:
        """``required``, or ``none`` for a server that has no keys."""
        return self._target.auth

    @property
    def details(self) -> Mapping[str, Json]:
        """What the claim states in figures (a range, a speed), by name."""
        return self._target.details

    @property
    def client(self) -> Anthropic:
        """The SDK's client itself, for the provider's own examples."""
        return self._client

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What was asked so far, and what came of it."""
        return tuple(self._arms)

    @property
    def last(self) -> Exchange:
        """The exchange of the request before."""
        if self._transport.last is None:
            raise SuiteFault("nothing was asked yet")
        return self._transport.last

    def plain_client(self) -> Anthropic:
        """A client as ``anthropic.Anthropic()`` makes it: the SDK's own auth header and version."""
        return Anthropic(
            api_key=self._client.api_key,
            base_url=self._client.base_url,
            http_client=httpx2.Client(transport=self._transport, trust_env=False),
            max_retries=0,
            open_telemetry=False,
            timeout=900.0,
            default_headers=_nothing_of_the_shell(),
        )

    def repeat(self, times: int, *, counting: str | None = None) -> None:
        """Announce that the next request will be asked this many times in all, each on its own account.

        Live they are all sent at once. The cassette has them in the order in which the case looks at
        them, as if they had been asked one after another, and a replay takes no notice.

        Args:
            counting: a whole number of the request, which is larger by one in every request than in the one before.
        """
        if times > 1:
            self._repeat(times, None if counting is None else partial(_counted_on, counting))

    def once(self, arm: str, **params: Json) -> Reply:
        """Ask what many cases ask alike: in a live run all of them get the one answer, each on its cassette.

        Only for plain requests that no state of the service's can change. What is compared with it in a replay
        is on the cassette, as everything is; a case that runs a second time, to confirm, asks it anew.
        """
        self._share()
        return self.ask(arm, **params)

    def ask(
        self,
        arm: str,
        *,
        headers: Mapping[str, str | Omit] | None = None,
        expects_refusal: bool = False,
        **params: Json,
    ) -> Reply:
        """Ask the Messages endpoint through the SDK's typed call.

        What this SDK generation has no argument for goes through ``extra_body``; what only its beta
        interface has goes through ``client.beta`` with the header that belongs to it.

        Args:
            arm: what this request is called in the report.
            headers: beside those of every request, or in their place.
            expects_refusal: it ought to be refused. Live, an answer is asked for again before it is believed, as a
                refusal is in any other request: a gateway may say that it is busy in the form of a reply.
            params: of the body, without the model.
        """
        params = {"model": self.model, **params}
        betas = [BETAS[name] for name in params if name in BETAS and name in _arguments(BetaMessages)]
        known = _arguments(BetaMessages if betas else Messages)
        typed = {name: value for name, value in params.items() if name in known}
        extra = {name: value for name, value in params.items() if name not in known}
        # The SDK warns of some of Anthropic's models, and of what is asked of them. Here it is asked on purpose,
        # so the name goes in beside the types, in the place of one the SDK has no opinion of.
        extra["model"], typed["model"] = typed["model"], "named below"
        if betas:
            typed["betas"] = betas
        # The signature cannot be checked statically: which arguments go in is the experiment.
        create = cast(
            "Any",
            self._client.beta.messages.with_raw_response.create
            if betas
            else self._client.messages.with_raw_response.create,
        )
        call = partial(create, **typed, extra_body=extra or None, extra_headers=headers)
        return self._reply(arm, call, expects_refusal=expects_refusal)

    def send(
        self,
        arm: str,
        body: Json,
        *,
        path: str = "/v1/messages",
        headers: Mapping[str, str | Omit] | None = None,
        expects_refusal: bool = False,
    ) -> Reply:
        """POST a body as it is, through the SDK's raw layer: for requests its types would not let out."""
        options: Any = {"headers": dict(headers)} if headers else {}
        call = partial(self._client.post, path, body=body, cast_to=httpx2.Response, options=options)
        return self._reply(arm, call, expects_refusal=expects_refusal)

    def fetch(self, arm: str, path: str) -> Reply:
        """GET a path of the service, through the SDK's raw layer."""
        return self._reply(arm, lambda: self._client.get(path, cast_to=httpx2.Response))

    def credentials_in(self, header: str, key: str | None = None) -> Mapping[str, str | Omit]:
        """Headers that carry a key (the run's own by default) in one header only."""
        value = credentials(key or str(self._client.api_key), header).value
        return cast("Mapping[str, str | Omit]", _only(header, value))

    @staticmethod
    def no_credentials() -> Mapping[str, str | Omit]:
        """Headers that carry no key at all."""
        return {name: Omit() for name in _AUTH_HEADERS}

    def use(self, arm: str, call: Callable[[], Result]) -> Result:
        """Run a piece of user code against the SDK and note what came of it.

        Trouble and faults of the suite come out as themselves; what the SDK raises, as it is.
        """
        self._transport.failure, self._transport.refusal_expected = None, False
        try:
            result = call()
        except anthropic.APIConnectionError:
            if self._transport.failure is not None:
                raise self._transport.failure from None
            raise
        finally:
            if self._transport.failure is None and self._transport.last is not None:
                self._note(arm, Reply(self._transport.last))
        return result

    def _reply(self, arm: str, call: Callable[[], object], *, expects_refusal: bool = False) -> Reply:
        self._transport.failure, self._transport.refusal_expected = None, expects_refusal
        try:
            call()
        except anthropic.APIStatusError:
            pass  # the reply itself says so
        except anthropic.APIConnectionError:
            if self._transport.failure is not None:
                raise self._transport.failure from None
            raise
        reply = Reply(self.last)
        self._note(arm, reply)
        if reply.exchange.breaks_off:
            # It is only on a cassette where every stream broke off: the grammar of streams blames it.
            raise Inconclusive("the stream broke off before the message ended")
        if reply.ok and not reply.exchange.is_stream and not isinstance(reply.exchange.json, dict):
            # As above: of a body that is no JSON, every time, the inspection of shapes tells.
            raise Inconclusive("the reply is no JSON object")
        if not reply.is_legible:
            # The inspection of shapes blames it; nothing can be said of what the blocks would have held.
            raise Inconclusive("the reply's content is not a list of blocks with a type")
        return reply

    def _note(self, arm: str, reply: Reply) -> None:
        self._arms.append(Arm(arm, outcome(reply)))


def _counted_on(name: str, body: bytes, number: int) -> bytes:
    """A body as the SDK writes it, with a number of it larger by so many."""
    pattern = b'(?<="%s":)[0-9]+' % name.encode()
    return re.sub(pattern, lambda found: b"%d" % (int(found[0]) + number), body, count=1)


def outcome(reply: Reply) -> str:
    """A reply in a few words: what the deciding line of a report shows."""
    if not reply.ok:
        return reply.refusal
    parts = [str(reply.status)]
    if kinds := [str(block.get("type")) for block in reply.content]:
        parts.append("+".join(kinds))
    if reply.stop_reason:
        parts.append(reply.stop_reason)
    if reply.size is not None:
        parts.append(f"{reply.size} in")
    if reply.output_tokens is not None:
        parts.append(f"{reply.output_tokens} out")
    return ", ".join(parts)


@cache
def _arguments(resource: type) -> frozenset[str]:
    """The arguments ``create`` has in this SDK generation, without those about the call itself."""
    names = inspect.signature(cast("Any", resource).create).parameters
    return frozenset(names) - {"self", "timeout", "extra_headers", "extra_query", "extra_body", "betas"}
