"""The matrix file as pytest's test file: models, features and cases as nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import pytest

from conformance.matrix import MatrixError
from conformance.plain_text import line, lines
from conformance.report.assemble import NOT_RECORDED
from conformance.run.matrix_run import WrongSelection
from conformance.run.plan import Planned
from conformance.trouble import CassetteDamaged, CassetteMissing, CassetteStale, SuiteFault
from conformance.values import Behaviour, CaseResult, Status, Verdict

__all__ = [
    "JUDGE",
    "STALE",
    "CaseItem",
    "FallsShort",
    "MatrixFile",
    "lacks_recording",
    "not_run",
    "told",
    "without_recording",
]

STALE = "stale"
"""Why a case has no result whose cassette holds other requests than it asks now."""

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
        """Judge the recording.

        Raises:
            Exception: whatever the suite itself failed on.
        """
        try:
            self.result = self.config.stash[JUDGE](self)
        except SuiteFault as fault:
            self.result = without_recording(self.planned, fault)
            if self.result is None or self.config.option.strict_recordings:
                self.fault = told(fault, brief=True)
                # pytest does not ask repr_failure about a set-up: without this it prints its own inside.
                raise pytest.fail.Exception(lines(told(fault)), pytrace=False) from None
        for name in ("behaviour", "verdict", "source"):
            value = getattr(self.result, name)
            if value is not None:
                self.user_properties.append((name, value.value))

    def runtest(self) -> None:
        """Turn the verdict into pytest's words.

        Raises:
            FallsShort: the service does less than is documented.
            SuiteFault: the case could not be judged.
        """
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


def not_run(planned: Planned, reason: str, summary: str | None = None) -> CaseResult:
    """The result of a case that was not reached, and why; the summary may say more of it."""
    verdict = None if planned.claim.status is Status.UNDOCUMENTED else Verdict.NOT_RUN
    return CaseResult(None, verdict, summary or reason, reason=reason)


def without_recording(planned: Planned, fault: SuiteFault) -> CaseResult | None:
    """What a case comes to that has no recording of what it asks; None where the fault is another one."""
    match fault:
        case CassetteMissing():
            return not_run(planned, NOT_RECORDED)
        case CassetteStale():
            return not_run(planned, STALE, f"{STALE}: its recording holds other requests than the case asks now")
        case _:
            return None


def lacks_recording(result: CaseResult) -> bool:
    """Whether a case was not run because no recording answers what it asks."""
    return result.behaviour is None and result.reason in (NOT_RECORDED, STALE)


def told(fault: SuiteFault, *, brief: bool = False) -> str:
    """A fault of the suite, and of what kind it is; ``brief`` as a report may say it, without this machine's paths."""
    match fault:
        case CassetteMissing():
            kind = "no recording"
        case CassetteStale():
            kind = "stale recording"
        case CassetteDamaged():
            kind = "damaged recording"
        case _:
            kind = "fault of the suite"
    return f"{kind}: {(brief and fault.brief) or fault}"
