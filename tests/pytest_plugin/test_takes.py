"""What is held against a service is seen twice, from the front door: live, in a replay, resumed, and out of budget."""

from __future__ import annotations

import re
from typing import Any

import pytest
from front_door import CONTAINER, Project, rows
from services import always, refusing_once, service

from conformance.http.cassette import Cassette

SEEN_ONCE = ("inconclusive", "inconclusive")


def takes(project: Project) -> tuple[int, ...]:
    return Cassette.load(project.cassette(CONTAINER)).takes


def case(project: Project, directory: str = "reports") -> dict[str, Any]:
    return next(one for row in project.report(directory)["results"] for one in row["cases"] if one["id"] == CONTAINER)


def test_a_true_deviation_is_seen_twice_and_both_takes_are_kept(fresh: Project, refusing_container: str) -> None:
    result = fresh.live(refusing_container, CONTAINER)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["asking again, one at a time, about 1 cases: nothing is held against a service once"])
    first, second = takes(fresh)
    assert first == second
    live = case(fresh)
    assert (live["verdict"], live["takes"]) == ("falls_short", ["rejected"] * 2)
    # The plain control of the first take is asked for all cases at once, and is not this one's.
    assert live["requests"] == first + second - 1
    assert len(live["arms"]) == first + second
    fresh.replay("--report-dir", "again", CONTAINER).assert_outcomes(failed=1)
    assert case(fresh, "again") == live


def test_with_xdist_it_is_the_same(fresh: Project, refusing_container: str) -> None:
    fresh.live(refusing_container, "-n", "2", CONTAINER, command=True).assert_outcomes(failed=1)
    assert len(takes(fresh)) == 2
    assert case(fresh)["takes"] == ["rejected"] * 2


def test_what_conforms_is_asked_once(fresh: Project, documented: str) -> None:
    fresh.live(documented, CONTAINER).assert_outcomes(passed=1)
    assert len(takes(fresh)) == 1
    assert "takes" not in case(fresh)


def test_a_budget_that_ends_between_the_takes_leaves_it_open_and_resume_decides_it(fresh: Project) -> None:
    with service(always(400, given="container")) as url:
        spent = fresh.live(url, CONTAINER)
        needed = int(re.findall(r"(\d+) requests", spent.stdout.str())[-1])
        alone = sum(takes(fresh)) // 2
        fresh.cassette(CONTAINER).unlink()
        # The second take alone asks its refused request four times more.
        result = fresh.live(url, "--max-requests", str(needed - alone - 3), CONTAINER)
        result.assert_outcomes(skipped=1)
        assert result.ret == pytest.ExitCode.INTERRUPTED
        result.stdout.fnmatch_lines(["1 cases were seen once and not asked again, and are inconclusive: *budget*"])
        assert fresh.verdicts()[CONTAINER] == SEEN_ONCE
        assert case(fresh)["takes"] == ["rejected"]
        assert case(fresh)["reason"].startswith("seen once, as rejected, and not asked again: ")
        (once,) = takes(fresh)
        fresh.replay("--report-dir", "replayed", CONTAINER).assert_outcomes(skipped=1)
        assert case(fresh, "replayed") == case(fresh)

        resumed = fresh.live(url, "--resume", CONTAINER)
        resumed.assert_outcomes(failed=1)
        resumed.stdout.fnmatch_lines(["resuming: 1 of 1 cases have a finished recording, 1 of them of one take *"])
        assert takes(fresh) == (once, once)
        assert fresh.verdicts()[CONTAINER] == ("rejected", "falls_short")


def test_a_deviation_that_is_known_is_not_recorded_anew_where_it_is_seen_again(
    fresh: Project, refusing_container: str
) -> None:
    fresh.live(refusing_container, CONTAINER).assert_outcomes(failed=1)
    before = fresh.cassette(CONTAINER).read_bytes()
    fresh.live(refusing_container, CONTAINER).assert_outcomes(failed=1)
    assert fresh.cassette(CONTAINER).read_bytes() == before


def test_takes_that_disagree_decide_nothing_and_say_what_was_seen(fresh: Project, refusing_container: str) -> None:
    fresh.live(refusing_container, CONTAINER).assert_outcomes(failed=1)
    path = fresh.cassette(CONTAINER)
    refused = Cassette.load(path)
    path.unlink()
    with service(refusing_once(given="nothing")) as url:
        fresh.live(url, CONTAINER).assert_outcomes(passed=1)
    taken = Cassette.load(path)
    half = refused.exchanges[: refused.takes[0]]
    Cassette(path, half, refused.provenance).with_take(taken.exchanges).save()
    fresh.replay("-rs", *rows("container")).assert_outcomes(skipped=1)
    fresh.replay("--report-dir", "out", CONTAINER)
    seen = case(fresh, "out")
    assert (seen["behaviour"], seen["verdict"], seen["takes"]) == (*SEEN_ONCE, ["rejected", "ignored"])
    assert re.match(r"seen as rejected \(.*\), and then ignored \(.*\)", seen["summary"])


@pytest.mark.parametrize(
    ("takes_written", "words"),
    [("[1, 1]", "the takes have 2 exchanges"), ("[0, 4]", "takes"), ("[4]", "takes"), ("nonsense", "takes")],
)
def test_takes_that_are_not_on_the_cassette_are_damage(
    fresh: Project, refusing_container: str, takes_written: str, words: str
) -> None:
    fresh.live(refusing_container, CONTAINER).assert_outcomes(failed=1)
    path = fresh.cassette(CONTAINER)
    text = path.read_text("utf-8")
    head, _, _ = text.partition("  takes:")
    path.write_text(f"{head}  takes: {takes_written}\n", "utf-8")
    result = fresh.replay(CONTAINER)
    result.assert_outcomes(errors=1)
    assert words in result.stdout.str()
