"""Options and hooks: how a run of pytest becomes a run of the suite."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance.engine import SDK
from conformance.matrix.sniff import looks_like_matrix
from conformance.plan import Planned
from conformance.record.keys import CUSTOM_HEADERS, BadKey
from conformance.record.redact import Redactor
from conformance.report import files, terminal
from conformance.report.build import NOT_SELECTED, build
from conformance.testing import discretion, endings, recording
from conformance.testing.book import Book, Slug, open_book, select
from conformance.testing.guard import no_network
from conformance.testing.nodes import JUDGE, CaseItem, MatrixFile, not_run
from conformance.testing.options import budget_of, settings_of
from conformance.testing.progress import watch_for
from conformance.testing.recording import NOT_RUN
from conformance.trouble import Aborted, CassetteDamaged, CassetteMissing, CassetteStale, SuiteFault
from conformance.values import Behaviour, CaseResult, Json, Status, Verdict

__all__ = ["Plugin"]

_RESULT = TypeAdapter(CaseResult)


class Plugin:
    """One run: its matrices, and everything that was judged."""

    def __init__(self) -> None:
        self._books: dict[Path, Book] = {}
        self._config: pytest.Config
        self._redactor = Redactor()
        self._handover: Path | None = None
        self._written: list[tuple[list[str], dict[str, Json]]] = []
        self._last = ""

    # --- before anything is collected

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse a run that cannot work, in one line."""
        self._config = config
        config.stash[JUDGE] = self._judge
        if config.option.live:
            self._check_key()
            self._redactor = discretion.redactor_of()
        self._budget = budget_of(config.option)
        for option, default in (("cassettes", None), ("report_dir", "reports")):
            directory = self._directory(option, default)
            if directory.exists() and not directory.is_dir():
                raise pytest.UsageError(f"--{option.replace('_', '-')}: {directory} is not a directory")

    def _check_key(self) -> None:
        try:
            if recording.key() is None:
                names = " or ".join(recording.KEY_VARIABLES)
                raise pytest.UsageError(f"--live needs a key: set {names} in the environment")
        except BadKey as error:
            raise pytest.UsageError(str(error)) from None
        if os.environ.get(CUSTOM_HEADERS):
            raise pytest.UsageError(
                f"{CUSTOM_HEADERS} is set: the SDK would add its headers to every request, and no report could say "
                "what was asked; unset it for --live"
            )

    def pytest_sessionstart(self) -> None:
        """Let the terminal of a live run show no secret."""
        if self._config.option.live:
            discretion.hush(self._config, self._redactor)

    def pytest_report_header(self) -> str:
        """What this run asks, and with which SDK: a report only names the one that recorded."""
        live = self._config.option.live
        return (
            f"conformance: live, recording with {SDK}"
            if live
            else f"conformance: replay of {self._directory('cassettes')} with {SDK}, no network"
        )

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A matrix is a test file."""
        if file_path.suffix not in (".yaml", ".yml") or not looks_like_matrix(file_path):
            return None

        def plan() -> Sequence[Planned]:
            selected = select(self._book(file_path), self._config.option.feature)
            shard = self._config.option.shard
            return shard.of(selected) if shard else selected

        return MatrixFile.from_parent(parent, path=file_path, plan=plan)

    # --- recording, before anything is judged

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record everything selected, unless other processes are going to judge it."""
        config = session.config
        if not config.option.live or config.option.collectonly or session.testsfailed:
            return
        if hasattr(config, "workerinput") or getattr(config.option, "dist", "no") != "no":
            return
        self._record([item.nodeid for item in session.items if isinstance(item, CaseItem)])

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell xdist's workers where to find what the controller knows."""
        if self._handover is None and self._config.option.live:
            self._handover = Path(tempfile.mkdtemp(prefix="conformance-")) / "recorded.json"
        node.workerinput["conformance"] = str(self._handover or "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist the controller records, once, before the first test is handed out."""
        if not self._config.option.live or any(book.troubles is not None for book in self._books.values()):
            return
        self._record(ids)
        if self._handover is not None:
            told = {
                str(path): [book.stopped, [[*slug, why] for slug, why in (book.troubles or {}).items()]]
                for path, book in self._books.items()
            }
            self._handover.write_text(json.dumps(told), encoding="utf-8")

    def _record(self, ids: Sequence[str]) -> None:
        wanted: dict[Path, list[Planned]] = {}
        for nodeid in ids:
            name, *slug = nodeid.split("::")
            path = self._config.rootpath / name
            if looks_like_matrix(path) and (item := self._book(path).find(slug)) is not None:
                wanted.setdefault(path, []).append(item)
        for path, items in wanted.items():
            book = self._book(path)
            endpoint = recording.endpoint_of(book.matrix, self._config.option.endpoint)
            affordable = [item for item in items if self._config.option.expensive or not item.case.expensive]
            if stopped := self._stopped:
                book.stopped = stopped
                book.troubles = {item.slug: f"{NOT_RUN}{stopped}" for item in affordable}
                continue
            try:
                book.troubles = recording.record(
                    book,
                    affordable,
                    endpoint,
                    settings=settings_of(self._config.option),
                    budget=self._budget,
                    say=self._say,
                    watch=watch_for(self._say, quiet=self._config.option.verbose < 0),
                )
            except Aborted as reason:
                pytest.exit(self._redactor.text(str(reason)), returncode=pytest.ExitCode.USAGE_ERROR)
            except Exception as error:  # noqa: BLE001  pytest would show the values of variables, cut short
                raise discretion.crash(error, self._redactor) from None

    # --- judging

    def _judge(self, item: CaseItem) -> CaseResult:
        book, planned = self._book(item.path), item.planned
        if planned.case.expensive and not self._config.option.expensive:
            return not_run(planned, "expensive: run with --expensive")
        troubles = self._troubles(item.path, book)
        reason = (troubles or {}).get(planned.slug, "")
        if reason.startswith("fault: "):
            raise SuiteFault(reason.removeprefix("fault: "))
        if reason.startswith(NOT_RUN):
            return not_run(planned, reason.removeprefix(NOT_RUN))
        if book.stopped and planned.case.inspection is not None and not endings.is_begun(book, planned.model):
            return not_run(planned, book.stopped)
        if reason:
            verdict = None if planned.claim.status is Status.UNDOCUMENTED else Verdict.INCONCLUSIVE
            return CaseResult(Behaviour.INCONCLUSIVE, verdict, reason, reason=reason)
        try:
            with no_network():
                return book.judge.judge(planned, among=lambda other: troubles is None or troubles.get(other.slug) == "")
        except (CassetteMissing, CassetteStale, CassetteDamaged) as fault:
            slug = fault.slug or planned.slug
            whole = type(fault)(f"{fault}; record it with: {self._command(book, slug)}")
            whole.brief = _brief(fault, book, slug)
            raise whole from None

    def _troubles(self, path: Path, book: Book) -> dict[tuple[str, str, str], str] | None:
        """What recording has told; an xdist worker reads it from its controller."""
        handover = getattr(self._config, "workerinput", {}).get("conformance")
        if book.troubles is None and self._config.option.live and handover:
            told = json.loads(Path(handover).read_text(encoding="utf-8"))
            book.stopped, troubles = told.get(str(path), ["", []])
            book.troubles = {(model, feature, case): why for model, feature, case, why in troubles}
        return book.troubles

    def _command(self, book: Book, slug: Slug) -> str:
        directory = self._config.option.cassettes
        where = f" --cassettes {directory}" if directory else ""
        return f"pytest --live '{'::'.join((book.name, *slug))}'{where}"

    # --- results

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send a case's result along with pytest's own report; xdist carries it to the controller."""
        report = yield
        if self._config.option.live:
            discretion.hushed(report, self._redactor)
        if isinstance(item, CaseItem):
            result = item.result
            if report.skipped and isinstance(report.longrepr, tuple):
                # pytest names the line of ours that skips; the claim's own says which row it is.
                report.longrepr = str(item.path), item.planned.claim.line, report.longrepr[2]
            if result is None and report.failed:
                words = f"error: {item.fault or (call.excinfo.value if call.excinfo else '')}"
                result = CaseResult(None, Verdict.NOT_RUN, words, reason=words)
            if result is not None and (report.when == "call" or report.failed):
                carried = [str(item.path), list(item.planned.slug), _RESULT.dump_json(result).decode()]
                vars(report)["conformance"] = carried  # reports take any attribute, and xdist carries it along
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep every case's result, wherever it was judged."""
        if (carried := getattr(report, "conformance", None)) is not None:
            path, slug, result = carried
            self._book(Path(path)).results[(slug[0], slug[1], slug[2])] = _RESULT.validate_json(result)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, where this process is the one that knows everything."""
        option = self._config.option
        if hasattr(self._config, "workerinput") or option.collectonly:
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED and not session.testsfailed:
            endings.interrupt(self._books, session.items)
        for book in self._books.values():
            if not book.results:
                continue
            report = build(book.matrix, book.name, book.planned, book.results)
            lines = endings.remarks(book, report, option)
            if option.live:
                lines += endings.changes(report, self._report_of(book))
            try:
                where = self._write(book, report)
            except files.Leaks as leak:
                where = str(leak)
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            except OSError as error:
                where = f"no report could be written: {error}"
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            self._written.append(([*lines, where], report))
        if option.live:
            self._last, session.exitstatus = endings.last_line(self._books.values(), session.exitstatus)

    def _write(self, book: Book, report: dict[str, Json]) -> str:
        """Write a report's files; a replay of a selection leaves the whole report there as it is."""
        option = self._config.option
        partial = any(case.get("reason") == NOT_SELECTED for row in report["results"] for case in row["cases"])
        if partial and not option.live and option.report_dir is None:
            return "a selection was run: reports/ is left as it was (--report-dir DIR writes one)"
        directory = self._report_of(book).parent
        files.write(
            report, directory, cassettes=self._directory("cassettes"), lang=option.lang, refuse=self._redactor.finds
        )
        files.append_step_summary(report)
        return f"report: {directory / 'index.html'}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """End with the table, the deviations, and where to look."""
        for lines, report in self._written:
            terminalreporter.section(f"conformance of {report['target']['title']}")
            for line in (*terminal.lines(report), *lines):
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind but recordings and reports, and say last why a run ended early."""
        xml = getattr(self._config.option, "xmlpath", None)
        if xml and self._config.option.live and not hasattr(self._config, "workerinput"):
            self._last = "\n".join(filter(None, (self._last, discretion.without_leak(Path(xml), self._redactor))))
        if self._last and (reporter := self._config.pluginmanager.get_plugin("terminalreporter")) is not None:
            reporter.write_line(self._last)
        if self._handover is not None:
            shutil.rmtree(self._handover.parent, ignore_errors=True)

    # --- helpers

    def _book(self, path: Path) -> Book:
        if path not in self._books:
            option = self._config.option
            name = (
                path.relative_to(self._config.rootpath).as_posix()
                if path.is_relative_to(self._config.rootpath)
                else str(path)
            )
            self._books[path] = open_book(path, name, self._directory("cassettes"), option.model, live=option.live)
        return self._books[path]

    @property
    def _stopped(self) -> str:
        return next((book.stopped for book in self._books.values() if book.stopped), "")

    def _report_of(self, book: Book) -> Path:
        return self._directory("report_dir", "reports") / book.matrix.target.name / "report.json"

    def _directory(self, option: str, default: str | None = None) -> Path:
        given = getattr(self._config.option, option)
        if given is not None:
            return self._config.invocation_params.dir / str(given)
        return self._config.rootpath / (default or option)

    def _say(self, words: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and self._config.option.verbose >= 0:
            reporter.ensure_newline()
            reporter.write_line(words)


def _brief(fault: SuiteFault, book: Book, slug: Slug) -> str:
    """A recording that cannot be judged, as reports speak of it: by its path below the directory of recordings."""
    planned = book.find(slug)
    cassette = planned.cassette(book.matrix.target.name).as_posix() if planned else "::".join(slug)
    match fault:
        case CassetteMissing():
            return f"no cassette at {cassette}"
        case CassetteStale():
            return f"{cassette} holds no answer to what the case asks"
        case _:
            return f"{cassette} is damaged"
