"""Services that count otherwise are healthy, and a false count hides nothing: asked over a real socket, and judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recounting import (
    Body,
    Cached,
    Changes,
    Recount,
    Said,
    Unreported,
    at_random,
    recounting,
    without_thoughts,
    words_of,
)
from survey import Cell, survey_at

ALARMS = ("falls_short", "exceeds")
SIZED = (
    "system",
    "messages",
    "tools",
    "context_management",
    "examples.tool_history",
    "response.usage",
)
"""The features whose cases look at sizes."""

CODEWORDS = (
    "Zorbanix",
    "Quillomar",
    "Ulverante",
    "Pellimore",
    "Harrowmint",
    "Velmodar",
    "Doriwelk",
    "Mistravane",
    "Gossamund",
    "Tarnovique",
    "Brimwaldo",
    "Ostrelmo",
    "Fennigrath",
    "Calderwist",
    "Wintersole",
    "Marigolden",
    "Sorbettine",
    "Brackenhurst",
    "Wexalindo",
    "Umbertalle",
    "Marulvane",
    "Quorvendil",
)


def silent(text: str) -> str:
    """What a model says that never repeats a codeword."""
    for word in (*CODEWORDS, "墨团团"):
        text = text.replace(word, "nobody")
    return text


def seen(changes: Changes, directory: Path, *features: str, **simulator: Any) -> dict[str, Cell]:
    """What every case of some features sees of a service."""
    with recounting(changes, **simulator) as url:
        return survey_at(url, directory, features=features or SIZED)


def alarms(cells: dict[str, Cell]) -> dict[str, Cell]:
    """The cases in which a service is accused."""
    return {case: cell for case, cell in cells.items() if cell[1] in ALARMS}


def counted(count: int, said: Said) -> Body:
    """A usage with this many input tokens."""
    return {"input_tokens": count, "output_tokens": said.usage["output_tokens"]}


def size(said: Said) -> int:
    """A prompt's size as the simulator counts it."""
    return said.usage["input_tokens"] + (said.usage.get("cache_read_input_tokens") or 0)


def noisy(most: int) -> Recount:
    """A vendor's prompt of so many tokens, now and then."""
    asked: list[int] = []
    return lambda said: counted(size(said) + at_random(said, most, asked), said)


def as_it_is(text: str) -> str:
    """What a model says that repeats what it has read."""
    return text


def thoughts_uncounted(said: Said) -> Body:
    """A usage in which thoughts are no tokens, neither where they are thought nor where they go back."""
    written = [block.get("text", "") + json.dumps(block.get("input") or "") for block in said.content]
    prompt = len(words_of(without_thoughts(said.request))) // 4
    return {"input_tokens": prompt, "output_tokens": max(1, len("".join(written)) // 4)}


def streams_uncounted(said: Said) -> Body | None:
    """No usage in a stream."""
    return None if said.request.get("stream") else said.usage


STYLES: dict[str, Callable[[], Recount]] = {
    "words": lambda: lambda said: counted(len(words_of(said.request).split()), said),
    "characters": lambda: lambda said: counted(len(words_of(said.request)), said),
    "characters / 4": lambda: lambda said: counted(len(words_of(said.request)) // 4, said),
    "no system prompt": lambda: lambda said: counted(len(words_of(said.request, but=("system",))) // 4, said),
    "messages alone": lambda: lambda said: counted(len(words_of(said.request, but=("system", "tools"))) // 4, said),
    "a vendor's prompt now and then": lambda: noisy(60),
    "a vendor's prompt of 1000": lambda: lambda said: counted(1000 + size(said), said),
    "rounded to tens": lambda: lambda said: counted(round(size(said), -1), said),
    "a constant": lambda: lambda said: counted(7, said),
    "zeros": lambda: lambda said: {**said.usage, "input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0},
    "streams uncounted": lambda: streams_uncounted,
    "a cache inside": lambda: Cached(inside=True),
    "a cache beside": lambda: Cached(inside=False),
    "a cache untold": Unreported,
    "no thoughts": lambda: thoughts_uncounted,
    "the request's length": lambda: lambda said: counted(len(str(said.request)) // 4, said),
}


@pytest.mark.parametrize("says", [as_it_is, silent], ids=["speaking", "silent"])
@pytest.mark.parametrize("style", STYLES)
def test_no_way_of_counting_is_an_alarm(tmp_path: Path, style: str, says: Callable[[str], str]) -> None:
    found = alarms(seen(Changes(usage=STYLES[style](), says=says), tmp_path))
    assert set(found) == ({USAGE} if style in MISCOUNTS else set())


USAGE = "response.usage::every_body_is_counted"
MISCOUNTS = ("a constant", "zeros", "a cache inside")
"""What the row of the usage finds, and no other."""


def test_a_cache_that_remembers_an_earlier_run_is_no_alarm(tmp_path: Path) -> None:
    usage = Unreported()
    assert alarms(seen(Changes(usage=usage), tmp_path / "before")) == {}
    assert alarms(seen(Changes(usage=usage, says=silent), tmp_path / "after")) == {}


# --- a service that loses something is found all the same


@pytest.mark.parametrize(
    ("style", "seen_as"),
    [
        ("zeros", "ignored"),
        ("a cache inside", "ignored"),
        ("a vendor's prompt now and then", "ignored"),
        # What is counted as it was asked, and then dropped: the two signals contradict each other.
        ("words", "inconclusive"),
        ("characters", "inconclusive"),
    ],
)
def test_a_lost_block_is_not_called_read_however_it_is_counted(tmp_path: Path, style: str, seen_as: str) -> None:
    changes = Changes(usage=STYLES[style]())
    cells = seen(changes, tmp_path, "messages.text", mutant="messages.text-first-block-only")
    assert cells["messages.text::every_block_of_a_turn_is_read"][0] == seen_as


def test_a_system_prompt_that_is_not_counted_is_not_called_lost(tmp_path: Path) -> None:
    usage = STYLES["no system prompt"]()
    case = "system::a_codeword_comes_back"
    assert seen(Changes(usage=usage, says=silent), tmp_path / "silent", "system")[case][0] == "inconclusive"
    lost = seen(Changes(usage=usage), tmp_path / "lost", "system", mutant="system-ignored")
    assert lost[case] == ("ignored", "falls_short")


def test_a_cache_that_is_counted_twice_does_not_make_a_lost_text_look_read(tmp_path: Path) -> None:
    changes = Changes(usage=Cached(inside=True), says=silent)
    for run in ("cold", "warm"):
        cells = seen(changes, tmp_path / run, "messages.text", mutant="messages.text-first-block-only")
        assert cells["messages.text::every_block_of_a_turn_is_read"][0] in ("ignored", "inconclusive"), run


def test_what_a_cache_repeats_is_counted_once(tmp_path: Path) -> None:
    features = ("response.usage", "tool_choice", "temperature")
    twice = seen(Changes(usage=Cached(inside=True)), tmp_path / "inside", *features)
    once = seen(Changes(usage=Cached(inside=False)), tmp_path / "beside", *features)
    case = "response.usage::every_body_is_counted"
    assert (twice[case], once[case]) == (("ignored", "falls_short"), ("honoured", "conforms"))


# --- other counts


def test_thoughts_that_are_not_counted_are_not_called_lost(tmp_path: Path) -> None:
    case = "messages.thinking::thinking_goes_back_in_a_tool_loop"
    assert seen(Changes(usage=thoughts_uncounted), tmp_path, "messages.thinking")[case][0] == "inconclusive"


def counting(tokens: Callable[[str], int]) -> Changes:
    """A service whose count_tokens is of its own making."""

    def answers(path: str, body: Body) -> tuple[int, Body] | None:
        return (200, {"input_tokens": tokens(words_of(body))}) if path.endswith("count_tokens") else None

    return Changes(answers=answers)


COUNT = "messages.count_tokens::a_prompt_is_counted"


@pytest.mark.parametrize(
    ("tokens", "seen_as"),
    [
        (lambda text: len(text) // 4, "honoured"),
        (lambda text: len(text) // 5 + 9, "honoured"),
        (lambda text: 1 if len(text) < 100 else len(text) // 4, "ignored"),
        (lambda _: 0, "ignored"),
        (len, "ignored"),
        (lambda _: 50, "ignored"),
        (lambda text: len(text) // 8, "inconclusive"),
    ],
)
def test_a_count_is_compared_with_the_usage(tmp_path: Path, tokens: Callable[[str], int], seen_as: str) -> None:
    assert seen(counting(tokens), tmp_path, "messages.count_tokens")[COUNT][0] == seen_as


# --- pictures and documents that are only letters


def as_letters(body: Body) -> Body:
    """Pictures and documents pushed into the prompt as the letters of their code."""

    def read(value: Any) -> Any:
        if isinstance(value, list):
            return [read(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("type") in ("image", "document") and "data" in value.get("source", {}):
            return {"type": "text", "text": value["source"]["data"]}
        return {name: read(item) for name, item in value.items()}

    return {**body, "messages": read(body.get("messages"))}


def test_the_letters_of_a_picture_are_no_picture(tmp_path: Path) -> None:
    cells = seen(Changes(hears=as_letters), tmp_path, "messages.image", "messages.document.pdf")
    for case in (
        "messages.image::a_picture_is_seen",
        "messages.image.in_a_result::a_picture_in_a_result_is_seen",
        "messages.document.pdf::a_pdf_is_read",
    ):
        assert cells[case][0] == "ignored", case


@pytest.mark.parametrize(
    ("says", "seen_as"),
    [
        (as_it_is, "honoured"),
        (lambda text: text.replace("red", "purple").replace("green", "red"), "inconclusive"),
        (lambda text: "I cannot tell." if "picture" in text or "image" in text else text, "honoured"),
    ],
    ids=["right", "wrong", "no colour"],
)
def test_a_wrong_colour_is_evidence_against(tmp_path: Path, says: Callable[[str], str], seen_as: str) -> None:
    changes = Changes(says=says)
    cells = seen(changes, tmp_path, "messages.image", mutant="messages.image-honoured")
    assert cells["messages.image::a_picture_is_seen"][0] == seen_as


# --- a crash is no validation


def breaking(wrong: Callable[[Body], bool], status: int, words: str) -> Changes:
    """A service that fails on some requests."""
    error = {"type": "error", "error": {"type": "api_error", "message": words}}
    return Changes(answers=lambda _, body: (status, error) if wrong(body) else None)


METADATA = "metadata::user_id_is_checked"


def is_wrong(body: Body) -> bool:
    """Whether a request's metadata are of a wrong type anywhere."""
    metadata = body.get("metadata")
    return metadata is not None and not (isinstance(metadata, dict) and isinstance(metadata.get("user_id"), str))


@pytest.mark.parametrize(
    ("wrong", "status", "seen_as"),
    [
        (is_wrong, 500, "accepted"),
        (is_wrong, 400, "accepted"),
        (lambda body: isinstance(body.get("metadata"), str), 422, "ignored"),
    ],
    ids=["a crash", "a crash called a refusal", "one of two"],
)
def test_a_crash_is_no_validation(tmp_path: Path, wrong: Callable[[Body], bool], status: int, seen_as: str) -> None:
    words = "metadata: value is not valid" if status == 422 else "metadata.user_id.split is not a function"
    changes = breaking(wrong, status, words)
    assert seen(changes, tmp_path, "metadata", mutant="metadata-ignored")[METADATA][0] == seen_as
