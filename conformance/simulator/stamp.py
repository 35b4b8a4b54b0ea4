"""The header that says of every answer that it was simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STAMP: Final = "x-conformance-simulator"


@dataclass(frozen=True)
class Stamped:
    """Says on every answer, whatever it is, that it was simulated."""

    app: ASGIApp
    stamp: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under the stamp; what went wrong on purpose is named behind it."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[STAMP] = f"{self.stamp}{headers.get(STAMP, '')}"
            await send(message)

        await self.app(scope, receive, stamped)
