"""The model samples for real: settings that sharpen it collapse its answers, and nothing else does."""

import os
import subprocess
import sys
from random import Random

import pytest

from conformance.simulator.model.author import Wish, compose
from conformance.simulator.model.language import Distribution, Sampling, english, weighted
from conformance.simulator.model.prompt import WORDS, read
from conformance.simulator.model.replies import Text
from conformance.simulator.model.tokens import count, cut, pieces

PROMPTS = [f"Write the opening of a story about {what}." for what in ("a river", "bread", "snow", "a clock", "salt")]
# Its words speak for several topics alike.
AMBIGUOUS = "Write the opening of a short story about a place you have invented. Begin at once."
GREEDY = [Sampling(temperature=0.01), Sampling(top_p=0.001), Sampling(top_k=1), Sampling(temperature=0)]


def opening(prompt: str, sampling: Sampling, seed: int, openings: float | None = None) -> str:
    given = read({"messages": [{"role": "user", "content": prompt}]}, WORDS)
    (text,) = compose(given, Wish(sampling=sampling, openings=openings), Random(seed)).blocks
    assert isinstance(text, Text)
    return " ".join(text.text.split()[:12])


@pytest.mark.parametrize("prompt", PROMPTS)
def test_ordinary_draws_open_in_many_ways(prompt: str) -> None:
    assert len({opening(prompt, Sampling(), seed) for seed in range(10)}) >= 9


@pytest.mark.parametrize("sampling", GREEDY)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_draws_open_in_one_way(prompt: str, sampling: Sampling) -> None:
    assert len({opening(prompt, sampling, seed) for seed in range(10)}) == 1


@pytest.mark.parametrize("openings", [1, 2, 3, 6])
def test_a_model_of_little_diversity_has_as_many_openings_as_it_is_told(openings: int) -> None:
    assert len({opening(PROMPTS[0], Sampling(), seed, openings) for seed in range(120)}) == openings
    for sampling in GREEDY:
        assert len({opening(PROMPTS[0], sampling, seed, openings) for seed in range(10)}) == 1


def test_a_fraction_of_an_opening_is_a_rarer_one() -> None:
    drawn = [opening(PROMPTS[0], Sampling(), seed, 1.2) for seed in range(400)]
    rare, common = sorted(drawn.count(each) for each in set(drawn))
    assert 0.08 < rare / (rare + common) < 0.25


def test_different_prompts_are_answered_differently_even_greedily() -> None:
    assert len({opening(prompt, GREEDY[0], 0) for prompt in PROMPTS}) > 2


def test_the_three_settings_reweigh_the_distribution() -> None:
    dice = weighted({"a": 4.0, "b": 2.0, "c": 1.0, "d": 1.0})

    def drawn(sampling: Sampling) -> dict[str, float]:
        rng = Random(7)
        values = [dice.draw(sampling, rng) for _ in range(4000)]
        return {each: values.count(each) / len(values) for each in sorted(set(values))}

    assert drawn(Sampling()) == pytest.approx({"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.125}, abs=0.03)
    # At temperature 1/2 the probabilities are squared: 16, 4, 1, 1 of 22.
    assert drawn(Sampling(temperature=0.5)) == pytest.approx(
        {"a": 16 / 22, "b": 4 / 22, "c": 1 / 22, "d": 1 / 22}, abs=0.03
    )
    assert drawn(Sampling(top_k=2)) == pytest.approx({"a": 2 / 3, "b": 1 / 3}, abs=0.03)
    assert drawn(Sampling(top_p=0.6)) == pytest.approx({"a": 2 / 3, "b": 1 / 3}, abs=0.03)
    assert Distribution({"only": 0.0}).draw(Sampling(temperature=2.5), Random(0)) == "only"


def test_a_prompt_is_heard_the_same_in_every_process() -> None:
    code = f"from conformance.simulator.model.language import english; print(english().voice({AMBIGUOUS!r}))"
    voices = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("2", "3", "6")
    }
    assert voices == {f"{english().voice(AMBIGUOUS)}\n"}


def test_a_sentence_ends() -> None:
    voice = english().voice("hello")
    for seed in range(200):
        sentence = english().sentence(voice, Sampling(), Random(seed))
        assert sentence[-1] in ".?"
        assert len(sentence.split()) <= 41


@pytest.mark.parametrize(
    "text", ["", "Hello, world!", "  a\n\n b ", "internationalisation 12345", "日本語のテキスト", "a_b-c"]
)
def test_tokens_are_the_text_again(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert count(text) == len(pieces(text))
    assert text.startswith(cut(text, 2))
    assert count(cut(text, 2)) <= 2


def test_long_words_cost_more() -> None:
    assert count("sea") == 1
    assert count("internationalisation") == 3
