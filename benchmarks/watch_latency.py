"""What the proxy of ``watch`` adds: milliseconds to the first byte and to each event, and memory over a long stream.

    python benchmarks/watch_latency.py [--events 10000] [--streams 50]

A service of our own sends events at once, or one after another with a pause; each stream is read directly and through
the proxy, in turns. Prints a table: medians and 95th percentiles, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from conformance import simulator
from conformance.watch import Proxy, Serving

EVENT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"sent":%.6f}\n\n'


async def service(scope: Any, receive: Any, send: Any) -> None:
    """Send as many events as the path says, with the time of each in it, and a pause of so many ms between."""
    _, events, pause = scope["path"].split("/")
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(int(events)):
        await send({"type": "http.response.body", "body": EVENT % time.perf_counter(), "more_body": True})
        await asyncio.sleep(int(pause) / 1000)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@contextmanager
def proxied(url: str) -> Iterator[str]:
    """The proxy in front of a service, in a thread of its own."""
    serving = Serving(Proxy(url, lambda _: None), "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    try:
        yield serving.address
    finally:
        serving.stop()
        thread.join()


def timed(client: httpx2.Client, url: str) -> tuple[float, list[float]]:
    """Milliseconds to the first byte, and how late each event was read after it was sent."""
    began, first, late = time.perf_counter(), 0.0, []
    with client.stream("GET", url) as answer:
        for piece in answer.iter_raw():
            now = time.perf_counter()
            first = first or (now - began) * 1000
            late += [(now - float(part.split(b"}")[0])) * 1000 for part in piece.split(b'"sent":')[1:]]
    return first, late


def row(name: str, values: list[float]) -> str:
    """A line of the table."""
    return f"{name:34} {statistics.median(values):9.3f} {statistics.quantiles(values, n=20)[-1]:9.3f}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=50)
    options = parser.parse_args()
    with simulator.serving(service) as url, proxied(url) as through, httpx2.Client(timeout=120) as client:
        for base in (url, through):
            timed(client, f"{base}/3/0")
        firsts: dict[str, list[float]] = {url: [], through: []}
        lates: dict[str, list[float]] = {url: [], through: []}
        for _ in range(options.streams):
            for base in (url, through):
                first, late = timed(client, f"{base}/20/5")
                firsts[base].append(first)
                lates[base] += late
        print(f"{'':34} {'median':>9} {'95 %':>9}")
        for what, values in (("first byte", firsts), ("event", lates)):
            print(row(f"{what}, directly, ms", values[url]))
            print(row(f"{what}, through the proxy, ms", values[through]))
        for base, name in ((url, "directly"), (through, "through the proxy")):
            before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
            _, late = timed(client, f"{base}/{options.events}/0")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            seconds = time.perf_counter() - began
            print(f"{len(late):,} events {name}: {seconds:.2f} s, the process grew by {grown:.1f} MB")


if __name__ == "__main__":
    main()
