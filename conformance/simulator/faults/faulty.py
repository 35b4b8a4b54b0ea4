"""The service with trouble in front of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.simulator.api.errors import Refusal
from conformance.simulator.faults.call import Call, Spared
from conformance.simulator.faults.rates import Faults
from conformance.simulator.faults.statuses import hops, redirect
from conformance.simulator.middleware import STAMP, heading


@dataclass(frozen=True)
class Faulty:
    """Answers as the service would, but for the requests that a fault befalls; the stamp says which did."""

    app: ASGIApp
    faults: Faults
    refuse: Callable[[Refusal], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have it meet its fault."""
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        fault, chance = self.faults.draw(scope["method"], scope["path"], body)
        name = fault.name if fault else ""
        if followed := hops(scope):
            name = "redirect, followed"
        named = heading(send, lambda headers: headers.update({STAMP: f"; fault={name}"}))
        call = Call(self.app, scope, receive, named, body, chance, self.refuse)
        if followed:
            self._followed(scope)
            await redirect(call)
        elif fault is None or fault.meet is None or (fault.streams_only and not call.streamed):
            await call.pass_on(send)
        else:
            self.faults.happened[name] += 1
            try:
                await fault.meet(call)
            except Spared as spared:
                self.faults.happened[name] -= 1
                await replace(call, send=send).give(spared.answer)

    def _followed(self, scope: Scope) -> None:
        self.faults.happened["redirect, followed"] += 1
        names = {name for name, _ in scope["headers"]}
        if names & {b"authorization", b"x-api-key"}:
            self.faults.happened["redirect, followed with the key"] += 1
