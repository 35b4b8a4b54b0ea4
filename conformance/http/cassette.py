"""Cassettes: vcrpy's format, matched on the whole request, written whole or not at all.

vcrpy does the storing and the matching. Its own defaults are not safe here (measured with 9.4):
the body is left out of the match, so swapped calls replay the wrong answer without an error; a
damaged file is logged and treated as empty; saving is not atomic. Its global patching is not used
at all: a transport owns its cassette, so any number of cases can record side by side.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from vcr.cassette import Cassette as VcrCassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from conformance.http import contents
from conformance.http.evidence import host_of, models_asked, source_of
from conformance.protocol.exchange import Arrival, Exchange
from conformance.protocol.parsing import parse_json
from conformance.trouble import CassetteDamaged, CassetteLeaks, CassetteMissing, CassetteStale
from conformance.values import Json, Source
from conformance.yaml_text import load_yaml

__all__ = ["Cassette", "Provenance", "provenance_at_end", "sweep"]

_PART = ".part"
"""How a file ends that is being written."""

_TAIL = 4096
"""Bytes at the end of a cassette among which its metadata is."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a recording comes from; stored inside it, and shown with every cell it supports."""

    source: Source
    endpoint: str
    recorded_at: str
    """UTC, ISO 8601, whole seconds."""
    sdk: str
    suite: str
    target: str = ""
    """The matrix's name for what was asked; recordings older than this line have none."""
    model: str = ""


class Cassette:
    """The exchanges of one case with one model, in the order they happened.

    Args:
        exchanges: of all takes, one take after another.
        takes: how many exchanges each take has; by default there is one take.
    """

    def __init__(
        self, path: Path, exchanges: tuple[Exchange, ...], provenance: Provenance, takes: tuple[int, ...] = ()
    ) -> None:
        self.path = path
        self.exchanges = exchanges
        self.provenance = provenance
        self.takes = takes or (len(exchanges),)

    def with_take(self, exchanges: tuple[Exchange, ...]) -> Cassette:
        """The same recording with one take more; it stays as old as its first."""
        return Cassette(self.path, self.exchanges + exchanges, self.provenance, (*self.takes, len(exchanges)))

    @classmethod
    def load(cls, path: Path) -> Cassette:
        """Read a cassette.

        Raises:
            CassetteMissing: there is no such file.
            CassetteDamaged: it is there, and is not a whole cassette of this suite, or claims to be more than its
                own answers and its endpoint show.
        """
        try:
            requests, responses, metadata = _Persister.read(path)
            provenance = _provenance(metadata)
            exchanges = tuple(
                _exchange(request, response) for request, response in zip(requests, responses, strict=True)
            )
        except CassetteNotFoundError:
            raise CassetteMissing(f"no cassette at {path}") from None
        except OSError as error:
            raise CassetteDamaged(f"{path} cannot be read ({error.strerror or error})") from None
        except contents.WrongContent as wrong:
            raise _damaged(path, wrong.place, str(wrong)) from None
        except RecursionError:
            raise CassetteDamaged(f"{path} is damaged (nested too deeply)") from None
        except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise CassetteDamaged(f"{path} is damaged ({_first_line(error)})") from None
        takes = tuple(metadata.get("takes", ()))
        if takes and sum(takes) != len(exchanges):
            raise _damaged(path, ("metadata", "takes"), f"the takes have {sum(takes)} exchanges, of {len(exchanges)}")
        cassette = cls(path, exchanges, provenance, takes)
        cassette._claims_no_more_than_it_shows()
        return cassette

    def _claims_no_more_than_it_shows(self) -> None:
        claimed, endpoint = self.provenance.source, self.provenance.endpoint
        shown = source_of(self.exchanges, endpoint)
        if _WEIGHT.index(claimed) >= _WEIGHT.index(shown):
            return
        why = "its answers carry the simulator's header" if shown is Source.SIMULATOR else f"{endpoint} is this machine"
        raise _damaged(self.path, ("metadata", "source"), f"the source cannot be {claimed}: {why}; record it anew")

    def must_be_of(self, target: str, endpoint: str, model: str) -> None:
        """Carry on if this is a recording of a target's model.

        Args:
            target: the matrix's name of the target.
            endpoint: the matrix's endpoint.

        Raises:
            CassetteDamaged: it was recorded of another target or another model.
        """
        recorded = self.provenance
        if recorded.target and recorded.target != target:
            raise _damaged(self.path, ("metadata", "target"), f"recorded of {recorded.target}, and not of {target}")
        if recorded.model and recorded.model != model:
            raise _damaged(self.path, ("metadata", "model"), f"recorded of {recorded.model}, and not of {model}")
        asked = models_asked(self.exchanges)
        if asked and model not in asked:
            words = f"recorded of {' and '.join(sorted(asked))}, and not of {model}"
            raise _damaged(self.path, ("interactions", 0, "request", "body"), words)
        # What does not say of which target it was recorded can be told by its endpoint: that of the matrix, or none.
        strange = host_of(recorded.endpoint) != host_of(endpoint)
        if recorded.source is Source.LIVE and not recorded.target and strange:
            words = f"recorded from {recorded.endpoint}, which is not where {target} is; record it anew"
            raise _damaged(self.path, ("metadata", "endpoint"), words)

    def save(self, *, refuse: Callable[[bytes], bool] = lambda _: False) -> None:
        """Write the file whole, or leave what was there as it was.

        Args:
            refuse: whether a secret stands in what would be written.

        Raises:
            CassetteLeaks: it does; nothing was written.
        """
        cassette = VcrCassette(str(self.path), persister=_Persister, serializer=_Serializer)
        takes = {"takes": list(self.takes)} if len(self.takes) > 1 else {}
        for name, value in {**_metadata(self.provenance), **takes}.items():
            cassette.get_metadata(name, value)
        for exchange in self.exchanges:
            cassette.append(_vcr_request(exchange), _vcr_response(exchange))
        # As YAML a body may be indented and quoted: so what is in it is looked at by itself as well.
        bodies = (body for exchange in self.exchanges for body in (exchange.request_body, exchange.body))
        text = serialize(cassette._as_dict(), _Serializer)  # noqa: SLF001  as below
        if any(map(refuse, (text.encode("utf-8", "replace"), *bodies))):
            raise CassetteLeaks(f"{self.path} is not written: it would show the key")
        cassette._save(force=True)  # noqa: SLF001  vcrpy saves only on leaving its patching context

    def player(self, take: int = 0) -> Player:
        """A fresh replay of one take, counted from 0."""
        begin = sum(self.takes[:take])
        return Player(self.path, self.exchanges[begin : begin + self.takes[take]])


_WEIGHT = (Source.LIVE, Source.LOCAL, Source.SIMULATOR)
"""From the most a recording can be evidence of to the least."""


def _damaged(path: Path, place: contents.Place, words: str) -> CassetteDamaged:
    """An error with the line it is about."""
    where = ".".join(map(str, place))
    try:
        line = contents.line_of(path.read_text(encoding="utf-8"), place)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        line = 1
    return CassetteDamaged(f"{path}:{line}: {where}: {words}" if where else f"{path}:{line}: {words}")


class Player:
    """Replays exchanges once: each recorded answer is given to one equal request, in order."""

    def __init__(self, path: Path, exchanges: tuple[Exchange, ...]) -> None:
        self._path = path
        self._exchanges = exchanges
        self._vcr = VcrCassette(
            str(path),
            record_mode=RecordMode.NONE,
            match_on=(_asks_the_same,),
        )
        for number, exchange in enumerate(exchanges):
            asked = _question(exchange.method, exchange.path, exchange.request_body)
            self._vcr.append(asked, {"number": number})
        self._vcr.rewound = True

    def play(self, method: str, path: str, body: bytes) -> Exchange:
        """The next recorded exchange that asked the same.

        Raises:
            CassetteStale: nothing on the cassette, or nothing that is left, asked this.
        """
        request = _question(method, path, body)
        try:
            number: int = self._vcr.play_response(request)["number"]
        except UnhandledHTTPRequestError:
            raise CassetteStale(f"{self._path} holds no answer to {method} {path} {_excerpt(body)}") from None
        return self._exchanges[number]


def provenance_at_end(path: Path) -> Provenance | None:
    """Where a recording comes from, read from the end of its file alone; None where that cannot be told.

    A cassette closes with its metadata. Reading only that is quick enough to look at every recording of a target
    before a run begins; whether the rest of the file is whole, only :meth:`Cassette.load` knows.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            tail = file.read().decode("utf-8", errors="replace")
        _, found, metadata = f"\n{tail}".rpartition("\nmetadata:\n")
        return _provenance(load_yaml(metadata)) if found else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return None


def sweep(directory: Path) -> None:
    """Take away what a run left behind that was killed in the middle of writing; others may be writing now."""
    for part in directory.rglob(f".*-*{_PART}"):
        pid = part.name[1:].partition("-")[0]
        if pid.isdecimal() and int(pid) != os.getpid() and not _is_alive(int(pid)):
            part.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class _Dumper(yaml.CSafeDumper):
    """Bodies as blocks of text, so that a pull request can be read."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # Block scalars normalise other line breaks, and YAML forbids some characters in them.
    plain = text.isprintable() if "\n" not in text else all(map(str.isprintable, text.split("\n")))
    long = "\n" in text or text.startswith(("{", "["))
    style = "|" if long and plain and "\u2028" not in text and "\x85" not in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


class _Serializer:
    """vcrpy's serializer interface: its own safe loader, our readable dumper."""

    @staticmethod
    def deserialize(text: str) -> Json:
        return contents.read(text, yamlserializer.deserialize)

    @staticmethod
    def serialize(cassette: Json) -> str:
        return yaml.dump(cassette, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=2**20)


class _Persister:
    """vcrpy's persister interface, atomic and strict."""

    @staticmethod
    def read(path: Path) -> tuple[list[VcrRequest], list[dict[str, Any]], dict[str, Any]]:
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise CassetteNotFoundError from None
        requests, responses, metadata = deserialize(text, _Serializer)
        return requests, responses, metadata

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: Json, serializer: type[_Serializer]) -> None:
        path = Path(cassette_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = serialize(cassette_dict, serializer)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{os.getpid()}-", suffix=_PART)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _metadata(provenance: Provenance) -> dict[str, Json]:
    return {
        "source": provenance.source.value,
        "endpoint": provenance.endpoint,
        "recorded_at": provenance.recorded_at,
        "sdk": provenance.sdk,
        "suite": provenance.suite,
        **({"target": provenance.target} if provenance.target else {}),
        **({"model": provenance.model} if provenance.model else {}),
    }


def _provenance(metadata: Mapping[str, Any]) -> Provenance:
    return Provenance(
        Source(metadata["source"]),
        metadata["endpoint"],
        metadata["recorded_at"],
        metadata["sdk"],
        metadata["suite"],
        metadata.get("target", ""),
        metadata.get("model", ""),
    )


def _vcr_request(exchange: Exchange) -> VcrRequest:
    return VcrRequest(
        exchange.method,
        f"http://recorded{exchange.path}",
        exchange.request_body,
        dict(exchange.request_headers),
    )


def _vcr_response(exchange: Exchange) -> dict[str, Json]:
    response: dict[str, Json] = {
        "status": {"code": exchange.status, "message": ""},
        "headers": {name: [value] for name, value in exchange.headers.items()},
        "body": {"string": exchange.body},
        "elapsed_ms": exchange.elapsed_ms,
    }
    if exchange.arrivals:
        response["arrivals"] = " ".join(f"{a.ms:.10g}:{a.size}" for a in exchange.arrivals)
    if exchange.torn:
        response["torn"] = True
    if exchange.shared:
        response["shared"] = True
    return response


def _exchange(request: VcrRequest, response: Mapping[str, Any]) -> Exchange:
    return Exchange(
        method=request.method,
        path=_path(request),
        request_headers=dict(request.headers),
        request_body=request.body or b"",
        status=int(response["status"]["code"]),
        headers={name: values[0] for name, values in response["headers"].items()},
        body=response["body"]["string"] or b"",
        elapsed_ms=float(response["elapsed_ms"]),
        arrivals=tuple(_arrivals(response.get("arrivals", ""))),
        torn=bool(response.get("torn", False)),
        shared=bool(response.get("shared", False)),
    )


def _arrivals(text: str) -> Iterator[Arrival]:
    for point in text.split():
        ms, _, size = point.partition(":")
        yield Arrival(float(ms), int(size))


def _path(request: VcrRequest) -> str:
    parsed = request.parsed_uri
    return f"{parsed.path}?{parsed.query}" if parsed.query else str(parsed.path)


def _question(method: str, path: str, body: bytes) -> VcrRequest:
    """What a request asks, in the form that is matched: JSON bodies are equal whatever their spelling."""
    with suppress(ValueError):
        body = json.dumps(parse_json(body), sort_keys=True).encode()
    return VcrRequest(method, f"http://recorded{path}", body, {})


def _asks_the_same(one: VcrRequest, other: VcrRequest) -> bool:
    """vcrpy's own matcher of bodies writes a diff of every two that differ, which nobody would read."""
    return bool(one.body == other.body and one.method == other.method and one.uri == other.uri)


def _excerpt(body: bytes, limit: int = 160) -> str:
    text = body.decode("utf-8", errors="replace")
    return text if len(text) <= limit else f"{text[:limit]}…"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
