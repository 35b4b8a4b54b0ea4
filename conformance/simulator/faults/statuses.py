"""Answers that are no answers: rate limits, failing servers and gateways, and redirects without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Scope

from conformance.simulator.api.errors import Refusal
from conformance.simulator.faults.call import Call, Fault, Meeting, Whole

WAIT: Final = 1
"""Seconds a 429 asks for."""

_HOP: Final = "conformance-hop"
_BAD_GATEWAY: Final = """\
<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


def faults() -> Iterator[Fault]:
    """All of this module."""
    yield Fault("429", "a rate limit that does not say for how long", _limited(None))
    yield Fault("429-seconds", f"a rate limit with retry-after: {WAIT}", _limited(lambda: str(WAIT)))
    yield Fault("429-date", "a rate limit with an HTTP date in retry-after", _limited(_date))
    yield Fault("500", "an internal error, in the envelope", _refused("Internal server error", "api_error"))
    yield Fault("502", "a gateway's page in HTML", _page(502, _BAD_GATEWAY, "text/html"))
    yield Fault("503", "a gateway's line of plain text", _page(503, "upstream connect error", "text/plain"))
    yield Fault("529", "an overloaded service, in the envelope", _refused("Overloaded", "overloaded_error"))
    yield Fault("redirect", "a 307 to another 307, without end", redirect)
    yield Fault("redirect-away", "a 307 to another name of this host, and there on without end", _redirect_away)


def hops(scope: Scope) -> int:
    """How many redirects have led to a request."""
    found = parse_qs(scope["query_string"].decode("ascii", "replace")).get(_HOP, ["0"])[0]
    return int(found) if found.isdecimal() else 0


async def redirect(call: Call) -> None:
    """Send the client on to where it is sent on again."""
    await _redirect(call, "")


async def _redirect_away(call: Call) -> None:
    host = dict(call.scope["headers"]).get(b"host", b"").decode()
    name, _, port = host.partition(":")
    other = "localhost" if name != "localhost" else "127.0.0.1"
    await _redirect(call, f"{call.scope['scheme']}://{other}{':' if port else ''}{port}")


async def _redirect(call: Call, origin: str) -> None:
    location = f"{origin}{call.scope['path']}?{_HOP}={hops(call.scope) + 1}"
    await call.give(Whole(307, (("location", location), ("content-length", "0")), ()))


def _limited(retry_after: Callable[[], str] | None) -> Meeting:
    async def meet(call: Call) -> None:
        response = call.refuse(Refusal("This request would exceed your rate limit", "rate_limit_error"))
        if retry_after is not None:
            response.headers["retry-after"] = retry_after()
        await response(call.scope, call.receive, call.send)

    return meet


def _date() -> str:
    # Rounded up by a second: an HTTP date has no fractions.
    return format_datetime(datetime.now(UTC) + timedelta(seconds=WAIT + 1), usegmt=True)


def _refused(message: str, kind: str) -> Meeting:
    async def meet(call: Call) -> None:
        await call.refuse(Refusal(message, kind))(call.scope, call.receive, call.send)

    return meet


def _page(status: int, text: str, media_type: str) -> Meeting:
    body = text.encode()
    answer = Whole(status, (("content-type", media_type), ("content-length", str(len(body)))), (body,))

    async def meet(call: Call) -> None:
        await call.give(answer)

    return meet
