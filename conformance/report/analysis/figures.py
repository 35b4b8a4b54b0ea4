"""The figures of a report: one row for each model, on one scale, so that models can be compared by eye."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.protocol.exchange import Arrival, Exchange
from conformance.report.model import ReportedCase
from conformance.values import Json

__all__ = ["Arrivals", "Draws", "Latency", "Measured", "Segment", "Speed", "draws"]

_FEW = 5
"""A curve of fewer points shows nothing of how a stream came."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar, in percent of its width."""

    at: float
    wide: float


@dataclass(frozen=True, slots=True)
class Draws:
    """One model's draws of one parameter: a segment for each opening."""

    treatment: tuple[int, ...]
    control: tuple[int, ...]

    @property
    def bars(self) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """With the setting, and without."""
        return _segments(self.treatment), _segments(self.control)


@dataclass(frozen=True, slots=True)
class Speed:
    """One model's output speed, tokens a second."""

    measured: float
    documented: float | None
    scale: float

    @property
    def wide(self) -> float:
        """The bar, in percent."""
        return _percent(self.measured, self.scale)

    @property
    def line(self) -> float | None:
        """Where the documented figure stands, in percent."""
        return None if self.documented is None else _percent(self.documented, self.scale)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How one model's longest stream came: the share of its bytes over time."""

    first: float
    """Seconds."""
    last: float
    points: str
    """A polyline in a box of 100 by 100."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds one model took to answer in full, without a stream."""

    count: int
    median: float
    slowest: float
    """Nine of ten came within."""
    thin: Segment
    thick: Segment
    at: float


def draws(case: ReportedCase) -> tuple[list[int], list[int]] | None:
    """How many draws shared each opening, in the treatment and in the control; None where nothing was drawn."""
    treatment, control = (case.statistics.get(arm) for arm in ("treatment", "control"))
    if not isinstance(treatment, list) or not isinstance(control, list) or not treatment:
        return None
    return (treatment, control) if all(map(_count_of_draws, [*treatment, *control])) else None


def _count_of_draws(value: Json) -> bool:
    return type(value) is int and 0 < value < 100_000


@dataclass
class Measured:
    """What is gathered from cases and recordings, one after another, and then drawn."""

    _draws: dict[str, dict[str, Draws]] = field(default_factory=dict[str, dict[str, Draws]])
    _speeds: dict[str, tuple[float, float | None]] = field(default_factory=dict[str, tuple[float, float | None]])
    _answers: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _streams: dict[str, tuple[Arrival, ...]] = field(default_factory=dict[str, tuple[Arrival, ...]])

    def add(self, model: str, case: ReportedCase, exchanges: Iterable[Exchange]) -> None:
        """Take in a case of a model, with its exchanges as far as they are at hand."""
        if (found := draws(case)) is not None:
            self._draws.setdefault(case.feature, {})[model] = Draws(tuple(found[0]), tuple(found[1]))
        if (speed := _speed(case.statistics)) is not None:
            self._speeds[model] = speed
        for exchange in exchanges:
            if exchange.is_stream and len(exchange.arrivals) >= _FEW:
                before = self._streams.get(model)
                if before is None or exchange.arrivals[-1].ms > before[-1].ms:
                    self._streams[model] = exchange.arrivals
            elif exchange.is_messages and exchange.ok and not exchange.is_stream:
                self._answers.setdefault(model, []).append(exchange.elapsed_ms)

    @property
    def draws(self) -> Mapping[str, Mapping[str, Draws]]:
        """By parameter, then by model."""
        return self._draws

    @property
    def speeds(self) -> Mapping[str, Speed]:
        """By model, all on one scale."""
        scale = max((max(measured, documented or 0) for measured, documented in self._speeds.values()), default=0)
        return {model: Speed(*speed, scale=scale) for model, speed in self._speeds.items()}

    @property
    def arrivals(self) -> Mapping[str, Arrivals]:
        """By model, all on one scale."""
        end = max((arrivals[-1].ms for arrivals in self._streams.values()), default=0)
        return {model: _curve(arrivals, end) for model, arrivals in self._streams.items()}

    @property
    def latencies(self) -> Mapping[str, Latency]:
        """By model, all on one scale."""
        sorted_ = {model: sorted(answers) for model, answers in self._answers.items()}
        end = max((_quantile(answers, 0.95) for answers in sorted_.values()), default=0)
        return {model: _latency(answers, end) for model, answers in sorted_.items()}


def _speed(statistics: Mapping[str, Json]) -> tuple[float, float | None] | None:
    match statistics:
        case {"tokens_per_second": [*figures]} if figures and all(_number(figure) for figure in figures):
            documented = statistics.get("documented")
            return sum(figures) / len(figures), documented if _number(documented) else None
        case _:
            return None


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9


def _segments(counts: Sequence[int]) -> tuple[Segment, ...]:
    total, at = sum(counts), 0
    made: list[Segment] = []
    for count in counts:
        made.append(Segment(_percent(at, total), _percent(count, total)))
        at += count
    return tuple(made)


def _curve(arrivals: Sequence[Arrival], end: float) -> Arrivals:
    whole = arrivals[-1].size
    steps = [(_percent(arrival.ms, end), 100 - _percent(arrival.size, whole)) for arrival in arrivals]
    points = " ".join(f"{x:g},{y:g}" for x, y in [(steps[0][0], 100.0), *steps])
    return Arrivals(arrivals[0].ms / 1000, arrivals[-1].ms / 1000, points)


def _latency(answers: Sequence[float], end: float) -> Latency:
    def between(low: float, high: float) -> Segment:
        left, right = _percent(_quantile(answers, low), end), _percent(_quantile(answers, high), end)
        return Segment(left, round(right - left, 2))

    median = _quantile(answers, 0.5)
    thin, thick = between(0.05, 0.95), between(0.25, 0.75)
    return Latency(len(answers), median, _quantile(answers, 0.9), thin, thick, _percent(median, end))


def _quantile(answers: Sequence[float], share: float) -> float:
    """The value that so great a share of sorted answers does not exceed."""
    return answers[min(int(share * len(answers)), len(answers) - 1)]


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
