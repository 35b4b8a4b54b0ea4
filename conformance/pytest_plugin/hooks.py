"""Options and hooks: how a run of pytest becomes a run of the suite."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance.http.keys import CUSTOM_HEADERS, BadKey
from conformance.http.redact import Redactor
from conformance.matrix import MatrixError
from conformance.matrix.sniff import is_meant_as_matrix, looks_like_matrix
from conformance.outcomes import Faulted, NotRun, Outcome, Recorded, Troubled
from conformance.plain_text import command, line, lines
from conformance.plain_text import quoted as in_quotes
from conformance.pytest_plugin import discretion, endings, handover, listing
from conformance.pytest_plugin.completing import completed
from conformance.pytest_plugin.items import JUDGE, CaseItem, MatrixFile, not_run, told, without_recording
from conformance.pytest_plugin.options import configured
from conformance.pytest_plugin.settings import budget_of, settings_of
from conformance.report import files
from conformance.report.analysis.overview import Overview
from conformance.report.assemble import NOT_RECORDED
from conformance.report.build import build, build_selection
from conformance.report.escape import json_text
from conformance.report.language import quoted, say, speaking
from conformance.report.load import ReportError, load
from conformance.report.model import Report
from conformance.report.recordings import Recordings
from conformance.report.render.sarif import sarif
from conformance.report.update import updated
from conformance.run import evidence, recording
from conformance.run.access import Access, NoAccess, access_to
from conformance.run.evidence import Evidence
from conformance.run.live_service import SDK
from conformance.run.matrix_run import MatrixRun, WrongSelection, open_matrix, select
from conformance.run.network_guard import no_network
from conformance.run.plan import Planned, Slug
from conformance.run.progress import watch_for
from conformance.run.signals import as_interrupts
from conformance.trouble import Aborted, CassetteDamaged, CassetteMissing, CassetteStale, SuiteFault
from conformance.values import Behaviour, CaseResult, Status, Verdict

__all__ = ["Plugin"]

_EXPENSIVE = "expensive: run with --expensive"
"""Why a case was not run that costs much."""

_ASKED = 40
"""Features that are answered in a line each, where they were asked for; of more only the counts are shown."""

_RESULT = TypeAdapter(CaseResult)


class Plugin:
    """One run: its matrices, and everything that was judged."""

    def __init__(self) -> None:
        self._runs: dict[Path, MatrixRun] = {}
        self._config: pytest.Config
        self._redactor = Redactor()
        self._secret_variables: set[str] = set()
        self._handover: Path | None = None
        self._written: list[tuple[list[str], Report, bool]] = []
        self._last = ""

        self._restore_signals: Callable[[], None] = lambda: None

    # --- what can be asked for

    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        """Show the features or the models of the matrices that are named, and run nothing.

        Raises:
            pytest.UsageError: a matrix cannot be read.
        """
        option = config.option
        if not (option.list_features or option.list_models):
            return None
        self._config = config
        for path in listing.matrices_of(config):
            try:
                matrix_run = self._run_of(path)
                found = listing.told(matrix_run, option.feature, features=option.list_features)
            except (MatrixError, WrongSelection) as error:
                raise pytest.UsageError(lines(error)) from None
            print(*map(line, found), sep="\n")  # noqa: T201  what was asked for, and nothing around it
        return pytest.ExitCode.OK

    # --- before anything is collected

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse a run that cannot work, in one line.

        Raises:
            UsageError: options contradict each other, or a key cannot be used.
        """
        self._config = config
        configured(config)
        config.stash[JUDGE] = self._judge
        if config.option.live:
            self._keep_secret(filter(None, [config.option.key_env]))
            if os.environ.get(CUSTOM_HEADERS):
                raise pytest.UsageError(
                    f"{CUSTOM_HEADERS} is set: the SDK would add its headers to every request, and no report could "
                    "say what was asked; unset it for --live"
                )
        self._budget = budget_of(config.option)
        for option, default in (("cassettes", None), ("report_dir", "reports")):
            directory = self._directory(option, default)
            if directory.exists() and not directory.is_dir():
                raise pytest.UsageError(line(f"--{option.replace('_', '-')}: {directory} is not a directory"))

    def pytest_sessionstart(self) -> None:
        """From here on a run that is told to end ends as with Ctrl-C; xdist's workers are ended by their controller."""
        if not hasattr(self._config, "workerinput"):
            self._restore_signals = as_interrupts()
        if self._config.option.live:
            discretion.hush(self._config, lambda: self._redactor)

    def _keep_secret(self, variables: Iterable[str]) -> None:
        """From here on nothing that is written or shown holds what is in these variables, or in the SDK's own."""
        self._secret_variables |= set(variables)
        self._redactor = discretion.redactor_of(os.environ, self._secret_variables)

    def pytest_report_header(self) -> str:
        """What this run asks, and with which SDK: a report only names the one that recorded."""
        live = self._config.option.live
        return (
            f"conformance: live, recording with {SDK}"
            if live
            else line(f"conformance: replay of {self._directory('cassettes')} with {SDK}, no network")
        )

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A matrix is a test file."""
        if file_path.suffix not in (".yaml", ".yml"):
            return None
        if not looks_like_matrix(file_path) and not (
            parent.session.isinitpath(file_path) and is_meant_as_matrix(file_path)
        ):
            return None

        def plan() -> Sequence[Planned]:
            selected = select(self._run_of(file_path), self._config.option.feature)
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
        if not self._config.option.live or any(matrix_run.outcomes is not None for matrix_run in self._runs.values()):
            return
        self._record(ids)
        if self._handover is not None:
            handover.write(self._handover, self._runs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """One worker judges a model, unless ``--dist`` says otherwise: inspections read every recording of theirs."""
        if config.getoption("dist") != "load":
            return None
        from conformance.pytest_plugin.scheduling import ByModel  # noqa: PLC0415  xdist need not be installed

        return ByModel(config, log)

    def _record(self, ids: Sequence[str]) -> None:
        wanted: dict[Path, list[Planned]] = {}
        for nodeid in ids:
            name, *slug = nodeid.split("::")
            path = self._config.rootpath / name
            if looks_like_matrix(path) and (item := self._run_of(path).find(slug)) is not None:
                wanted.setdefault(path, []).append(item)
        ways = {path: self._way_to(self._run_of(path)) for path in wanted}
        for path, items in wanted.items():
            matrix_run, access = self._run_of(path), ways[path]
            affordable = [item for item in items if self._config.option.expensive or not item.is_expensive]
            if stopped := self._stopped:
                matrix_run.stopped = stopped
                matrix_run.outcomes = {item.slug: NotRun(stopped) for item in affordable}
                continue
            self._say(access.words, always=True)
            try:
                matrix_run.outcomes = recording.record(
                    matrix_run,
                    affordable,
                    access,
                    self._redactor,
                    settings=settings_of(self._config.option),
                    budget=self._budget,
                    report=self._report_of(matrix_run),
                    say=self._say,
                    watch=watch_for(self._say, quiet=self._config.option.verbose < 0),
                )
            except Aborted as reason:
                pytest.exit(line(self._redactor.text(str(reason))), returncode=pytest.ExitCode.USAGE_ERROR)
            except Exception as error:  # noqa: BLE001  pytest would show the values of variables, cut short
                raise discretion.crash(error, self._redactor) from None

    def _way_to(self, matrix_run: MatrixRun) -> Access:
        """Where a matrix's cases are asked, once it is clear that they may be: nothing is sent before that.

        Raises:
            pytest.UsageError: there is no key for it, or another service's evidence is in the way.
        """
        option = self._config.option
        try:
            access = access_to(matrix_run.matrix, os.environ, option=option.endpoint, key_env=option.key_env)
        except (NoAccess, BadKey) as reason:
            raise pytest.UsageError(line(reason)) from None
        report = self._report_of(matrix_run)
        if not option.replace_evidence:
            words = evidence.refusal(matrix_run.recordings, report, Evidence(None, access.endpoint)) or self._astray(
                matrix_run
            )
            if words:
                raise pytest.UsageError(line(words))
        return access

    def _astray(self, matrix_run: MatrixRun) -> str:
        """Why the report of the recordings in DIR has no place among the reports there are; empty where it has."""
        option, report = self._config.option, self._report_of(matrix_run)
        if option.cassettes is None or option.report_dir is not None or option.replace_evidence:
            return ""
        if count := evidence.unrecorded(report, matrix_run.cassettes):
            return (
                f"{report} has {count} results whose recordings are not in {matrix_run.cassettes}, "
                "and would lose them: write another report with --report-dir DIR, or this one anew with "
                "--replace-evidence"
            )
        return ""

    # --- judging

    def _judge(self, item: CaseItem) -> CaseResult:
        matrix_run, planned = self._run_of(item.path), item.planned
        outcome = (self._outcomes(item.path, matrix_run) or {}).get(planned.slug)
        match outcome:
            case Faulted(reason):
                raise SuiteFault(reason)
            case NotRun(reason):
                return not_run(planned, reason)
            case Troubled():
                verdict = None if planned.claim.status is Status.UNDOCUMENTED else Verdict.INCONCLUSIVE
                return CaseResult(Behaviour.INCONCLUSIVE, verdict, str(outcome), reason=str(outcome))
            case Recorded() | None:
                pass
        if matrix_run.stopped and not planned.asks and not endings.is_begun(matrix_run, planned.model):
            return not_run(planned, matrix_run.stopped)
        try:
            return self._recorded(matrix_run, planned)
        except (CassetteMissing, CassetteStale) as fault:
            if outcome is not None:
                # Recorded a moment ago: that it does not replay is not the recording's age.
                whole = SuiteFault(told(fault))
                whole.brief = told(fault, brief=True)
                raise whole from None
            raise

    def _recorded(self, matrix_run: MatrixRun, planned: Planned) -> CaseResult:
        """What the recordings say of a case, whoever made them and when.

        Raises:
            CassetteMissing, CassetteStale, CassetteDamaged: with the command that mends it.
            SuiteFault: the case itself fails.
        """
        try:
            with no_network():
                return matrix_run.judge.judge(planned)
        except (CassetteMissing, CassetteStale, CassetteDamaged) as fault:
            if isinstance(fault, CassetteMissing) and self._is_left_out(planned):
                return not_run(planned, _EXPENSIVE)
            slug = fault.slug or planned.slug
            whole = type(fault)(f"{line(fault)}; record it with: {self._command(matrix_run, slug)}")
            whole.brief = _brief(fault, matrix_run, slug)
            raise whole from None

    def _is_left_out(self, planned: Planned) -> bool:
        return planned.is_expensive and not self._config.option.expensive

    def _of_recordings(self, matrix_run: MatrixRun, planned: Planned) -> CaseResult:
        """What the recordings say of a case that this run did not select, or did not reach."""
        if matrix_run.holds_nothing_of(planned):
            # As it would turn out, case by case: a report of seven models may have recordings of one.
            return not_run(planned, _EXPENSIVE if self._is_left_out(planned) else NOT_RECORDED)
        try:
            return self._recorded(matrix_run, planned)
        except SuiteFault as fault:
            return without_recording(planned, fault) or _error(told(fault, brief=True))
        except Exception as error:  # noqa: BLE001  a case that breaks must not take the other rows with it
            return _error(str(error))

    def _outcomes(self, path: Path, matrix_run: MatrixRun) -> dict[Slug, Outcome] | None:
        """What became of the cases that were asked; an xdist worker is told by its controller."""
        file = getattr(self._config, "workerinput", {}).get("conformance")
        if matrix_run.outcomes is None and self._config.option.live and file:
            matrix_run.stopped, matrix_run.outcomes = handover.read(Path(file), path)
        return matrix_run.outcomes

    def _command(self, matrix_run: MatrixRun, *slugs: Slug) -> str:
        directory = self._config.option.cassettes
        where = f" {command('--cassettes', directory)}" if directory else ""
        return " ".join(["pytest --live", *(in_quotes("::".join((matrix_run.name, *slug))) for slug in slugs)]) + where

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
                result = _error(item.fault or str(call.excinfo.value if call.excinfo else ""))
            if result is not None and (report.when == "call" or report.failed):
                carried = [str(item.path), list(item.planned.slug), json.dumps(_RESULT.dump_python(result))]
                vars(report)["conformance"] = carried  # reports take any attribute, and xdist carries it along
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep every case's result, wherever it was judged."""
        if (carried := getattr(report, "conformance", None)) is not None:
            path, slug, result = carried
            self._run_of(Path(path)).results[(slug[0], slug[1], slug[2])] = _RESULT.validate_python(json.loads(result))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, where this process is the one that knows everything."""
        option = self._config.option
        if hasattr(self._config, "workerinput") or option.collectonly:
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED and not session.testsfailed:
            endings.interrupt(self._runs, session.items)
        with speaking(option.lang):
            for matrix_run in self._runs.values():
                if matrix_run.results:
                    self._finish(matrix_run, session)
            if option.live:
                self._last, session.exitstatus = endings.last_line(self._runs.values(), session.exitstatus)

    def _finish(self, matrix_run: MatrixRun, session: pytest.Session) -> None:
        """Write a matrix's report where one is due, and note what the terminal is going to say."""
        option, every = self._config.option, matrix_run.everything()
        why_not = self._why_not_written(matrix_run, every)
        if not why_not and (why_not := self._in_the_way(matrix_run)):
            _worsen(session, pytest.ExitCode.USAGE_ERROR)
        results = dict(matrix_run.results) if why_not else completed(matrix_run, every, self._of_recordings)
        report = build(matrix_run.matrix, matrix_run.name, every, results)
        lines: list[str] = []
        if not why_not:
            report, lines = self._beside_the_last(matrix_run, every, report)
        remarks, report = endings.remarks(results, matrix_run, report, option)
        lines += remarks
        lines += endings.lacking(matrix_run, self._command)
        if not why_not:
            lines += endings.unselected(matrix_run, results, datetime.now(UTC))
        lines += endings.undecided(matrix_run.results.values())
        if failing := endings.fails_on(matrix_run, option.fail_on):
            _worsen(session, pytest.ExitCode.TESTS_FAILED)
        lines += failing
        if option.live:
            lines += endings.changes(report, self._report_of(matrix_run))
        try:
            where = why_not or self._write(matrix_run, report)
        except files.Leaks as leak:
            where = str(leak)
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        except OSError as error:
            where = say("run.not_written", why=quoted(str(error)))
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        self._written.append(([*lines, where], *self._shown(matrix_run, every, results, report)))

    @staticmethod
    def _shown(
        matrix_run: MatrixRun, every: Sequence[Planned], results: Mapping[Slug, CaseResult], report: Report
    ) -> tuple[Report, bool]:
        """What the terminal tells of: what was selected and nothing else; and whether single features were."""
        selected = matrix_run.results.keys()
        if all(item.slug in selected for item in every):
            return report, False
        shown = build_selection(matrix_run.matrix, matrix_run.name, every, results, selected)
        features = {item.claim.feature for item in every}
        return shown, len({feature for _, feature, _ in selected}) <= min(_ASKED, len(features) - 1)

    def _beside_the_last(
        self, matrix_run: MatrixRun, every: Sequence[Planned], report: Report
    ) -> tuple[Report, list[str]]:
        """What a partial run writes: the fuller report that is there, brought up to date; and what is older in it."""
        ended = {endings.INTERRUPTED, matrix_run.stopped} - {""}
        partial = any(
            (mine := matrix_run.results.get(item.slug)) is None or (mine.behaviour is None and mine.reason in ended)
            for item in every
        )
        path = self._report_of(matrix_run)
        if not partial or self._config.option.replace_evidence or not path.exists():
            return report, []
        try:
            made = updated(report, load(path).report, {NOT_RECORDED, *ended})
        except ReportError:
            return report, []  # what is there cannot be read: nothing in it could be kept
        return made.report, endings.kept(made.kept, datetime.now(UTC))

    def _why_not_written(self, matrix_run: MatrixRun, every: Sequence[Planned]) -> str:
        """Why no report is written of this run; empty where one is.

        A report is assembled from all recordings there are. A replay of a selection has nothing new to add to the
        one that is there, and stays quick: it is only written where it is asked for.
        """
        option = self._config.option
        if not option.live and option.report_dir is None:
            if any(result.reason == endings.INTERRUPTED for result in matrix_run.results.values()):
                return say("run.interrupted")
            if any(item.slug not in matrix_run.results for item in every):
                return say("run.selection")
        return ""

    def _in_the_way(self, matrix_run: MatrixRun) -> str:
        """What a replay must not overwrite where its report would go: that of other evidence; empty where nothing is.

        A live run has seen to it before its first request.
        """
        option = self._config.option
        if option.live or option.replace_evidence:
            return ""
        mine = {
            Evidence(one.source, one.endpoint) for one in matrix_run.results.values() if one.source and one.endpoint
        }
        report = self._report_of(matrix_run)
        if found := evidence.others(evidence.of_report(report), mine):
            return (
                f"no report was written: {report} rests on recordings of {line(evidence.words(found))}; "
                "write another with --report-dir DIR, or this one anew with --replace-evidence"
            )
        words = self._astray(matrix_run)
        return words and f"no report was written: {line(words)}"

    def _write(self, matrix_run: MatrixRun, report: Report) -> str:
        option = self._config.option
        directory = self._report_of(matrix_run).parent
        # The page shows what was judged; a cassette that was read for that is not read again.
        recordings = Recordings(matrix_run.cassettes, matrix_run.judge.load)
        files.write(report, directory, recordings=recordings, lang=option.lang, refuse=self._redactor.finds)
        if option.sarif:
            lines_of = {claim.feature: claim.line for claim in reversed(matrix_run.matrix.claims)}
            where = self._config.invocation_params.dir / str(option.sarif)
            made = json_text(sarif(Overview(report), lambda feature: lines_of.get(feature, 1)))
            if self._redactor.finds(made):
                raise files.Leaks(f"{where} is not written: the key would stand in it")
            files.replace(where, made)
        files.append_step_summary(report, lang=option.lang)
        return say("run.report", path=directory / "index.html")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """End with the table, the deviations, and where to look."""
        from conformance.report.render import terminal  # noqa: PLC0415  rich takes a while; a worker shows no table

        with speaking(self._config.option.lang):
            for words_, report, asked in self._written:
                overview = Overview(report)
                terminalreporter.section(line(say("run.title", title=overview.title)))
                for words in (*terminal.lines(overview, asked=asked), *words_):
                    terminalreporter.write_line(line(words))

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind but recordings and reports, and say last why a run ended early."""
        xml = getattr(self._config.option, "xmlpath", None)
        if xml and self._config.option.live and not hasattr(self._config, "workerinput"):
            self._last = "\n".join(filter(None, (self._last, discretion.without_leak(Path(xml), self._redactor))))
        self._restore_signals()
        if self._last and (reporter := self._config.pluginmanager.get_plugin("terminalreporter")) is not None:
            reporter.write_line(line(self._last))
        if self._handover is not None:
            shutil.rmtree(self._handover.parent, ignore_errors=True)

    # --- helpers

    def _run_of(self, path: Path) -> MatrixRun:
        if path not in self._runs:
            option = self._config.option
            name = (
                path.relative_to(self._config.rootpath).as_posix()
                if path.is_relative_to(self._config.rootpath)
                else str(path)
            )
            matrix_run = self._runs[path] = open_matrix(
                path, name, self._directory("cassettes"), option.model, live=option.live
            )
            if option.live:
                self._keep_secret(matrix_run.matrix.target.key_env or ())
        return self._runs[path]

    @property
    def _stopped(self) -> str:
        return next((matrix_run.stopped for matrix_run in self._runs.values() if matrix_run.stopped), "")

    def _report_of(self, matrix_run: MatrixRun) -> Path:
        return self._directory("report_dir", "reports") / matrix_run.matrix.target.name / "report.json"

    def _directory(self, option: str, default: str | None = None) -> Path:
        given = getattr(self._config.option, option)
        if given is not None:
            return self._config.invocation_params.dir / str(given)
        return self._config.rootpath / (default or option)

    def _say(self, words: str, *, always: bool = False) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and (always or self._config.option.verbose >= 0):
            reporter.ensure_newline()
            reporter.write_line(line(words))


def _error(words: str) -> CaseResult:
    """The result of a case that could not be judged, and why."""
    summary = f"error: {words}"
    return CaseResult(None, Verdict.NOT_RUN, summary, reason=summary, is_error=True)


def _brief(fault: SuiteFault, matrix_run: MatrixRun, slug: Slug) -> str:
    """A recording that cannot be judged, as reports speak of it: by its path below the directory of recordings."""
    planned = matrix_run.find(slug)
    cassette = planned.cassette(matrix_run.matrix.target.name).as_posix() if planned else "::".join(slug)
    match fault:
        case CassetteMissing():
            return f"no cassette at {cassette}"
        case CassetteStale():
            return f"{cassette} holds no answer to what the case asks"
        case _:
            return f"{cassette} is damaged"


def _worsen(session: pytest.Session, code: pytest.ExitCode) -> None:
    """Let a run that would have been green end with a code; what is worse already stays as it is."""
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = code
