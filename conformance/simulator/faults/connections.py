"""Connections that end, or never do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.simulator.faults.call import Call, Fault, Whole

DRIP: Final = 0.25
"""Seconds from one byte to the next."""


def faults() -> Iterator[Fault]:
    """All of this module."""
    yield Fault("reset", "the request is read, and answered with an RST", _reset)
    yield Fault("reset-inside", "an RST in the middle of the answer", _reset_inside)
    yield Fault("hang", "the request is read and never answered", _hang)
    yield Fault("hang-inside", "the answer stops in its middle, and the connection stays open", _hang_inside)
    yield Fault("drip", f"the answer comes a byte at a time, every {DRIP} seconds", _drip)
    yield Fault("cut", "a stream ends cleanly before its message_stop, another answer short of its length", _cut)


async def _reset(call: Call) -> None:
    call.connection.reset()
    await call.gone()


async def _reset_inside(call: Call) -> None:
    await _half(call)
    call.connection.reset()
    await call.gone()


async def _hang(call: Call) -> None:
    await call.gone()


async def _hang_inside(call: Call) -> None:
    await _half(call)
    await call.gone()


async def _drip(call: Call) -> None:
    answer = await call.answered()
    await call.start(answer.status, answer.headers)
    for byte in answer.body:
        await call.write(bytes([byte]))
        if await call.gone_after(DRIP):
            return
    await call.end()


async def _cut(call: Call) -> None:
    answer = await call.answered()
    await call.start(answer.status, answer.headers)
    if answer.is_stream:
        await call.write(_beginning(call, answer))
        await call.end()
    else:
        await call.write(answer.body[: len(answer.body) // 2])
        call.connection.hang_up()
        await call.gone()


async def _half(call: Call) -> None:
    """The head and a part of the body, a byte at least; of a stream some of its events, and the last is cut."""
    answer = await call.answered()
    await call.start(answer.status, answer.headers)
    await call.write(answer.body[: call.chance.randrange(1, max(2, len(answer.body)))])


def _beginning(call: Call, stream: Whole) -> bytes:
    """A stream up to the end of some event, or right before message_stop, which is the hardest to notice."""
    last = len(stream.parts) - 1
    return b"".join(stream.parts[: last if call.chance.random() < 0.25 else call.chance.randrange(1, max(2, last))])
