"""Signals that end a run: it ends as with Ctrl-C, and what was found so far is written.

SIGTERM comes from a time limit, a container that is stopped or a cancelled CI job; SIGHUP from a terminal that was
closed. The default for both is to die on the spot, with an hour of judging unwritten.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

__all__ = ["as_interrupts"]

_NAMES = ("SIGTERM", "SIGHUP")
"""Windows has no SIGHUP."""

_DESCRIPTORS = 64
"""File descriptors that are looked at: what is open as a run begins has low numbers."""


def as_interrupts() -> Callable[[], None]:
    """Turn these signals into KeyboardInterrupt, once; what is returned puts things back as they were.

    Whoever ignores a signal (nohup does) goes on ignoring it, a handler of somebody else's stays, and outside of the
    main thread nothing can be set. A second signal is not heeded: supervisors send several, and the first is being
    seen to.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    found = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    ours = {number: signal.getsignal(number) for number in found if signal.getsignal(number) is signal.SIG_DFL}
    # Not only 1 and 2: pytest writes to copies of them.
    terminals = [number for number in range(1, _DESCRIPTORS) if os.isatty(number)]

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the interpreter's signature
        for one in ours:
            signal.signal(one, signal.SIG_IGN)
        if number != signal.SIGTERM:
            _let_go(terminals)
        raise KeyboardInterrupt

    def restore() -> None:
        for number, before in ours.items():
            signal.signal(number, before)

    for number in ours:
        signal.signal(number, interrupt)
    return restore


def _let_go(terminals: list[int]) -> None:
    """Point what led to a terminal that is gone into nothing: to write there would be an error."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in terminals:
            os.dup2(nowhere, number)
        os.close(nowhere)
