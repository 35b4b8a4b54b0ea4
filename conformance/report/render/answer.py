"""How the page opens: the answer in one sentence, and a strip of all rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from markupsafe import Markup

from conformance.plain_text import plain
from conformance.report.analysis.overview import Overview
from conformance.report.analysis.vocabulary import OPEN
from conformance.values import Status, Verdict

__all__ = ["PageAnswer"]

_HELD = (Verdict.CONFORMS, Verdict.EXCEEDS)


class PageAnswer:
    """How many of the claims hold: of a feature that is claimed of several models, with all of them."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    @cached_property
    def strip(self) -> tuple[tuple[str, str], ...]:
        """Every feature and its worst verdict, in the order of the grid."""
        return tuple(
            (plain(name), str(verdict or Status.UNDOCUMENTED)) for name, verdict in self._overview.standing.items()
        )

    def words(self, t: Callable[..., Markup]) -> Markup:
        """The sentence; ``t`` says a part of it so that the page can say it in another language."""
        verdicts = [
            verdict for verdict in self._overview.standing.values() if verdict not in (None, Verdict.NOT_APPLICABLE)
        ]
        models = self._overview.models
        title = self._overview.title if len(models) != 1 else plain(models[0])
        if not verdicts:
            return t("page.answer.none", title=title)
        key = "page.answer" if len(models) == 1 else "page.answer.models"
        held = sum(verdict in _HELD for verdict in verdicts)
        parts = [t(key, held=held, total=len(verdicts), title=title, count=len(models))]
        if bad := verdicts.count(Verdict.FALLS_SHORT):
            parts.append(t("page.answer.bad", count=bad))
        if open_ := sum(verdict in OPEN for verdict in verdicts):
            parts.append(t("page.answer.open", count=open_))
        return t("page.semicolon").join(parts)
