"""The key is in the environment and on its way to the service; it is nowhere else, ever.

Every project looks for the key in its files and in what was printed when its test ends. The tests here only see
to it that there is something to be found.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from front_door import CONTAINER, KEY, SYSTEM, Project, rows, traces_of_key
from services import forgetting_the_key, repeating_the_key, service

from conformance.cases import CASES
from conformance.cases.endpoint import Endpoint
from conformance.http.redact import Redactor, Secret

LOUD = ("-vv", "--showlocals", "--full-trace", "-rA", "--tb=long", "--junit-xml=junit.xml")


def written(project: Project) -> set[str]:
    """The kinds of files a run has left."""
    return {file.suffix for file in project.path.rglob("*") if file.is_file()}


def test_a_failing_run_at_its_loudest_does_not_show_the_key(fresh: Project, refusing_container: str) -> None:
    result = fresh.live(refusing_container, *LOUD, SYSTEM, CONTAINER, command=True)
    result.assert_outcomes(failed=1, passed=1)
    assert "Bearer [redacted]" in fresh.cassette(CONTAINER).read_text("utf-8")
    assert {".yaml", ".json", ".md", ".html", ".xml"} <= written(fresh)


def test_a_service_that_repeats_the_key_is_not_quoted(fresh: Project) -> None:
    with service(repeating_the_key(given="container")) as url:
        result = fresh.live(url, *LOUD, SYSTEM, CONTAINER)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*observed*rejected: container is refused (400: container: not for Bearer [[]redacted]*"]
    )
    cassette = fresh.cassette(CONTAINER).read_text("utf-8")
    assert "container: not for Bearer [redacted]" in cassette
    assert "/keys/" in cassette
    assert "x-account" not in cassette


def test_a_service_that_takes_only_x_api_key_is_not_quoted_either(fresh: Project) -> None:
    with service(repeating_the_key(given="container"), mutant="headers.authorization-refused") as url:
        fresh.live(url, *LOUD, *rows("container")).assert_outcomes(failed=1)
    cassette = fresh.cassette(CONTAINER).read_text("utf-8")
    assert "x-api-key:" in cassette
    assert "authorization:" not in cassette


def test_a_run_that_is_stopped_does_not_show_the_key(fresh: Project) -> None:
    with service(forgetting_the_key(after=3)) as url:
        result = fresh.live(url, *LOUD, SYSTEM, CONTAINER)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_an_endpoint_with_a_password_is_shown_without_it(fresh: Project, documented: str) -> None:
    url = documented.replace("http://", f"http://somebody:{KEY}@")
    result = fresh.live(url, *LOUD, SYSTEM, key="another-key")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([f"*Exit: {documented} is given with a user or a password, *: leave them out*"])


def test_a_case_that_breaks_while_it_records_does_not_show_the_key(fresh: Project, documented: str) -> None:
    def breaks(api: Endpoint) -> NoReturn:
        key = str(api.client.api_key)
        raise RuntimeError(f"no idea what to do with {key}")

    fresh.monkeypatch.setitem(CASES, "container", [replace(CASES["container"][0], run=breaks)])
    result = fresh.live(documented, *LOUD, SYSTEM, CONTAINER)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*failed while recording: RuntimeError: no idea what to do with [[]redacted]"])


def test_a_crash_of_the_suite_itself_does_not_show_the_key(fresh: Project, documented: str) -> None:
    def crash(*_: object, **__: object) -> NoReturn:
        raise ArithmeticError("out of numbers")

    for place in ("run.live_service.open_client", "run.recording.side_by_side", "http.live.LiveTransport.probe"):
        with fresh.monkeypatch.context() as patch:
            patch.setattr(f"conformance.{place}", crash)
            assert "out of numbers" in fresh.live(documented, *LOUD, *rows("container")).stdout.str()


@pytest.mark.parametrize("around", ["", "x", "xy", "Bearer ", "key: "], ids=repr)
def test_base64_hides_no_key_from_the_redactor(around: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for after in ("", "!", "!!"):
            shown = encode(f"{around}{KEY}{after}".encode())
            assert traces_of_key(shown)
            assert not traces_of_key(Redactor([KEY]).data(b"<" + shown + b">"))
            assert not traces_of_key(Redactor([KEY]).text(f"<{shown.decode()}>").encode())


def test_a_secret_is_a_string_that_does_not_show_itself() -> None:
    assert repr(Secret(KEY)) == "[redacted]"
    assert f"Bearer {Secret(KEY)}" == f"Bearer {KEY}"


def test_the_search_for_the_key_finds_it(tmp_path: Path) -> None:
    for shown in (KEY.encode(), base64.b64encode(KEY.encode()), base64.b64encode(f"Bearer {KEY}".encode())):
        assert traces_of_key(b"some text, " + shown + b", and more of it")
    assert not traces_of_key(b"sk-another-0123456789 [redacted]")
