"""The matrix file as pytest's test file: models, features and cases as nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import pytest

from conformance.matrix import MatrixError
from conformance.plan import Planned
from conformance.report.escape import line, lines
from conformance.testing.book import WrongSelection
from conformance.trouble import CassetteDamaged, CassetteMissing, CassetteStale, SuiteFault
from conformance.values import Behaviour, CaseResult, Status, Verdict

__all__ = ["JUDGE", "CaseItem", "FallsShort", "MatrixFile", "not_run"]

JUDGE: pytest.StashKey[Callable[[CaseItem], CaseResult]] = pytest.StashKey()
"""How an item gets its result: set by the session."""


class MatrixFile(pytest.File):
    """A matrix; collects one node for each model of the target."""

    def __init__(self, *, plan: Callable[[], Sequence[Planned]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plan = plan

    def collect(self) -> Iterator[pytest.Collector]:
        """The models, in the matrix's order; a mistake in the matrix is an error of collection."""
        try:
            plan = self._plan()
        except (MatrixError, WrongSelection) as error:
            raise self.CollectError(lines(error)) from None
        for model, planned in groupby(plan, key=lambda item: item.model):
            yield _Model.from_parent(self, name=model, planned=list(planned))


class _Model(pytest.Collector):
    def __init__(self, *, planned: list[Planned], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._planned = planned

    def collect(self) -> Iterator[pytest.Collector]:
        for feature, planned in groupby(self._planned, key=lambda item: item.claim.feature):
            yield _Feature.from_parent(self, name=feature, planned=list(planned))


class _Feature(pytest.Collector):
    def __init__(self, *, planned: list[Planned], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._planned = planned

    def collect(self) -> Iterator[pytest.Item]:
        for item in self._planned:
            yield CaseItem.from_parent(self, name=item.case.name, planned=item)


class FallsShort(Exception):
    """What was seen is less than what is documented."""


class CaseItem(pytest.Item):
    """One case with one model. Faults of the suite are errors of its set-up; only a verdict fails it."""

    def __init__(self, *, planned: Planned, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned = planned
        self.result: CaseResult | None = None
        self.fault = ""
        """What a report says, where the recording could not be judged."""
        self.keywords[planned.claim.feature] = self
        self.keywords[planned.claim.group] = self
        self.user_properties += [
            ("documented", planned.claim.status.value),
            ("model", planned.model),
            ("feature", planned.claim.feature),
        ]

    def setup(self) -> None:
        """Judge the recording."""
        try:
            self.result = self.config.stash[JUDGE](self)
        except SuiteFault as fault:
            self.fault = f"{_kind(fault)}: {fault.brief or fault}"
            # pytest does not ask repr_failure about a set-up: without this it prints its own inside.
            raise pytest.fail.Exception(lines(f"{_kind(fault)}: {fault}"), pytrace=False) from None
        for name in ("behaviour", "verdict", "source"):
            value = getattr(self.result, name)
            if value is not None:
                self.user_properties.append((name, value.value))

    def runtest(self) -> None:
        """Turn the verdict into pytest's words."""
        result = self.result
        if result is None:
            raise SuiteFault("the case was not judged")
        reason = line(result.reason or result.summary)
        match result.verdict:
            case Verdict.FALLS_SHORT:
                if (known := self.planned.known_deviation) is not None:
                    pytest.xfail(line(f"known deviation: {known}"))
                raise FallsShort(line(result.summary))
            case Verdict.INCONCLUSIVE:
                pytest.skip(f"inconclusive: {reason}")
            case Verdict.NOT_RUN:
                pytest.skip(f"not run: {reason}")
            case Verdict.NOT_APPLICABLE:
                pytest.skip(f"not applicable: {reason}")
            case None if result.behaviour in (None, Behaviour.INCONCLUSIVE):
                word = "inconclusive" if result.behaviour else "not run"
                pytest.skip(f"{word}: {reason}")
            case _ if self.planned.known_deviation is not None:
                pytest.fail(
                    f"this known deviation now {result.verdict}: {line(result.summary)}. "
                    f"Take it out of known_deviations in {self.path.name}.",
                    pytrace=False,
                )
            case _:
                pass

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What people need to see; a traceback through the suite is not it."""
        if isinstance(excinfo.value, FallsShort) and self.result is not None:
            return "\n".join(map(line, self._report(self.result)))
        return super().repr_failure(excinfo, style)

    def _report(self, result: CaseResult) -> Iterable[str]:
        claim = self.planned.claim
        yield f"{claim.feature} with {self.planned.model} falls short of what is documented"
        yield f"  documented  {claim.status}: {claim.says} ({claim.source.title}, {claim.date})"
        yield f"  observed    {result.behaviour}: {result.summary}"
        for arm in result.arms:
            yield f"  {arm.name:<22}  {arm.outcome}"
        where = result.cassette or "all recordings of this model"
        yield f"  evidence    {result.source}, {result.recorded_at}, {where}"

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the claim stands."""
        # Not joined as in node ids: pytest would take the dots in those for separators, and print M2::7.
        return self.path, self.planned.claim.line - 1, " ".join(self.planned.slug)


def not_run(planned: Planned, reason: str) -> CaseResult:
    """The result of a case that was not reached."""
    verdict = None if planned.claim.status is Status.UNDOCUMENTED else Verdict.NOT_RUN
    return CaseResult(None, verdict, reason, reason=reason)


def _kind(fault: SuiteFault) -> str:
    match fault:
        case CassetteMissing():
            return "no recording"
        case CassetteStale():
            return "stale recording"
        case CassetteDamaged():
            return "damaged recording"
        case _:
            return "fault of the suite"
