"""What a run says to who asked for single features, and the names people try for them."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme
from front_door import MODEL, Project, plainly, rows

from conformance.http.live import LiveTransport
from conformance.values import Behaviour
from pytest_plugin.test_outcomes import seeing


def said(result: pytest.RunResult) -> str:
    return plainly(result)


# --- the answer first


def test_a_feature_that_is_asked_for_is_answered_in_a_line(project: Project) -> None:
    text = said(project.replay(*rows("container", "stream.usage")))
    assert "container: documented ignored, seen ignored, conforms\n" in text
    assert "contradiction" not in text, "nobody asked about thinking"
    counted = next(line for line in text.splitlines() if line.startswith(f"{MODEL} "))
    assert counted.split()[1:] == ["2", "0", "0", "0", "0", "0", "0"], "only what was selected is counted"
    assert text.index("container: documented") < text.index(counted)


def test_a_whole_run_is_counted_and_not_answered_feature_by_feature(project: Project) -> None:
    assert "container: documented" not in said(project.replay("--model", MODEL))


def test_what_is_inconclusive_is_named_with_its_reason(project: Project) -> None:
    seeing(project, "container", Behaviour.INCONCLUSIVE, "the stars were wrong")
    text = said(project.replay(*rows("container")))
    assert "container: documented ignored, seen inconclusive\n" in text
    assert f"inconclusive: container, {MODEL}: the stars were wrong\n" in text


# --- names people try


@pytest.mark.parametrize(
    ("words", "features"),
    [
        (("--feature", "image"), {"messages.image", "messages.image.url", "messages.image.in_a_result"}),
        (("--feature", "top_k,container"), {"top_k", "container"}),
        (("--features", "Top_K"), {"top_k"}),
    ],
)
def test_a_feature_is_found_by_the_names_people_try(
    project: Project, words: tuple[str, ...], features: set[str]
) -> None:
    text = said(project.replay("--collect-only", "-q", "--model", MODEL, *words))
    assert {line.split("::")[2] for line in text.splitlines() if "::" in line} == features


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("text", "--feature text: matrix.yaml has messages.text and stream.text; name one of them"),
        ("imgae", "--feature imgae: matrix.yaml has no such feature; did you mean 'messages.image'?"),
        ("xyzzy", "--feature xyzzy: matrix.yaml has no such feature; --list-features shows them all"),
        (",", "--feature: name a feature; --list-features shows them"),
    ],
)
def test_a_name_that_means_nothing_is_told_the_right_one(project: Project, word: str, told: str) -> None:
    assert told in said(project.replay("--feature", word))


def test_features_and_models_can_be_listed(project: Project) -> None:
    features = project.replay("--list-features", command=True)
    assert features.ret == pytest.ExitCode.OK
    listed = said(features)
    assert re.search(r"^  top_k +ignored$", listed, re.MULTILINE)
    assert re.search(r"^  messages +partial$", listed, re.MULTILINE)
    assert "passed" not in listed, "nothing is run"
    models = said(project.replay("--list-models", command=True))
    assert models.split()[-7:][0] == MODEL
    only = said(project.replay("--list-features", "--feature", "image", command=True))
    assert next(line.split()[0] for line in only.splitlines() if line.startswith("  ")).startswith("messages")


def test_the_endpoint_has_the_name_people_try(fresh: Project, documented: str) -> None:
    with fresh.monkeypatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "sk-any")
        fresh.replay("--live", "--url", documented, *rows("container")).assert_outcomes(passed=1)


# --- a scheme that is the other one


@contextmanager
def tls_only() -> Iterator[str]:
    """The address of a server that takes TLS and hangs up on everything else; without its scheme."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_https_against_http_and_the_other_way_round_is_told(fresh: Project, documented: str) -> None:
    fresh.monkeypatch.setattr(LiveTransport, "_pause", lambda *_: None)
    secure = fresh.live(documented.replace("http:", "https:"), *rows("container"))
    assert "it seems to speak plain HTTP: write http://" in said(secure)
    with tls_only() as address:
        plain = fresh.live(f"http://{address}", *rows("container"))
    assert "if it speaks TLS, write https://" in said(plain)


# --- matrices that somebody writes


def test_a_matrix_without_its_first_line_is_told_so(project: Project) -> None:
    path = project.path / "acme.yaml"
    path.write_text(project.matrix.read_text("utf-8").replace("conformance: 1\n", "", 1), "utf-8")
    result = project.replay("acme.yaml")
    assert "acme.yaml:1: conformance: missing; a matrix begins with 'conformance: 1'" in said(result)


def test_a_matrix_of_a_few_claims_is_enough(project: Project) -> None:
    head = project.matrix.read_text("utf-8").partition("\nclaims:")[0]
    claims = "\nclaims:\n  parameters:\n    container: {status: ignored, source: page, says: It has no effect.}\n"
    project.matrix.write_text(f"{head}{claims}", "utf-8")
    text = said(project.replay(*rows("container", "top_k")))
    assert "container: documented ignored, seen ignored, conforms" in text
    assert "top_k: undocumented" in text
