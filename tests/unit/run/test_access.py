"""Which key goes where: every combination of who named the endpoint, and whose keys are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.matrix import Matrix, load
from conformance.run.access import GENERAL, NO_KEY, Access, NoAccess, Origin, access_to

ROOT = Path(__file__).parents[3]
MATRICES = {path.stem: load(path) for path in (ROOT / "matrix.yaml", *sorted((ROOT / "matrices").glob("*.yaml")))}
MINIMAX, DEEPSEEK, OLLAMA, LLAMA = (MATRICES[name] for name in ("matrix", "deepseek", "ollama", "llama-cpp"))
UNNAMED = replace(DEEPSEEK, target=DEEPSEEK.target.model_copy(update={"key_env": None}))
LOCAL = "http://127.0.0.1:8080"
STRANGER = "https://api.anthropic.com"

A, T, B = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"


@pytest.mark.parametrize(
    ("matrix", "environment", "option", "variable"),
    [
        (MINIMAX, {A: "1"}, None, A),
        (MINIMAX, {T: "1"}, None, T),
        (MINIMAX, {"MINIMAX_API_KEY": "1", A: "2"}, None, "MINIMAX_API_KEY"),
        (MINIMAX, {A: "1", B: "https://api.minimax.io/anthropic"}, None, A),
        (MINIMAX, {"MINIMAX_API_KEY": "1", A: "2", B: STRANGER}, None, A),
        (MINIMAX, {"MINIMAX_API_KEY": "1", B: "https://api.minimaxi.com/v2"}, None, "MINIMAX_API_KEY"),
        (MINIMAX, {"MINIMAX_API_KEY": "1"}, "https://api.minimax.io/anthropic", "MINIMAX_API_KEY"),
        (MINIMAX, {A: "any"}, LOCAL, A),
        (DEEPSEEK, {"DEEPSEEK_API_KEY": "1", A: "2"}, None, "DEEPSEEK_API_KEY"),
        (DEEPSEEK, {"DEEPSEEK_API_KEY": "1", A: "2"}, "https://api.deepseek.com/beta", "DEEPSEEK_API_KEY"),
        (DEEPSEEK, {A: "1", B: STRANGER}, "https://api.deepseek.com/anthropic", A),
        (DEEPSEEK, {A: "any"}, LOCAL, A),
        (OLLAMA, {}, None, None),
        (OLLAMA, {A: "1"}, None, None),
        (OLLAMA, {A: "1"}, "http://192.168.1.7:11434", A),
        (LLAMA, {A: "1", B: "http://127.0.0.1:33333"}, None, A),
        (UNNAMED, {A: "1", B: LOCAL}, None, A),
    ],
)
def test_a_key_goes_where_it_belongs(matrix, environment, option, variable) -> None:  # type: ignore[no-untyped-def]
    access = access_to(matrix, environment, option=option)
    assert access.variable == variable
    assert access.key == (environment[variable] if variable else NO_KEY)


@pytest.mark.parametrize("tail", ["/v1", "/v1/messages", "/v1/messages/"])
@pytest.mark.parametrize("by_hand", [True, False])
def test_an_address_that_goes_on_where_the_sdk_does_is_told(tail: str, by_hand: bool) -> None:
    address = f"https://api.minimaxi.com/anthropic{tail}"
    option, environment = (address, {A: "1"}) if by_hand else (None, {A: "1", B: address})
    with pytest.raises(NoAccess) as refused:
        access_to(MINIMAX, environment, option=option)
    assert "leave out /v1" in str(refused.value)
    assert str(refused.value).endswith("which the SDK adds itself: https://api.minimaxi.com/anthropic")


@pytest.mark.parametrize(
    ("matrix", "environment", "option", "said"),
    [
        (DEEPSEEK, {A: "1"}, None, ("--live needs a key: set DEEPSEEK_API_KEY in the environment; that of "
         "ANTHROPIC_API_KEY is not sent to api.deepseek.com, as it may be another provider's")),
        (DEEPSEEK, {A: "1", B: STRANGER}, None, ("ANTHROPIC_BASE_URL names api.anthropic.com, which is not the host "
         "of DeepSeek: unset it and set DEEPSEEK_API_KEY to ask api.deepseek.com, or name the endpoint by hand with "
         "--endpoint https://api.anthropic.com")),
        (DEEPSEEK, {"DEEPSEEK_API_KEY": "1", B: STRANGER}, None, "ANTHROPIC_BASE_URL names api.anthropic.com, *"),
        (DEEPSEEK, {"DEEPSEEK_API_KEY": "1", A: "2"}, STRANGER, ("DEEPSEEK_API_KEY and ANTHROPIC_API_KEY are both set, "
         "and api.anthropic.com is not the matrix's own host: say whose key goes there with --key-env "
         "DEEPSEEK_API_KEY or --key-env ANTHROPIC_API_KEY")),
        (MINIMAX, {}, None, ("--live needs a key: set MINIMAX_API_KEY, ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN in "
         "the environment")),
        (MINIMAX, {"MINIMAX_API_KEY": "1", B: STRANGER}, None, "ANTHROPIC_BASE_URL names api.anthropic.com, *"),
        (MINIMAX, {B: LOCAL}, None, "--live needs a key: set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN *"),
        (OLLAMA, {A: "1", B: STRANGER}, None, "ANTHROPIC_BASE_URL names api.anthropic.com, *"),
        (UNNAMED, {A: "1"}, None, ("deepseek.yaml names no variable for the key of api.deepseek.com: write one under "
         "target.key_env, or name it with --key-env")),
    ],
)  # fmt: skip
def test_or_nothing_is_sent_and_one_line_says_what_to_do(matrix, environment, option, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoAccess) as refused:
        access_to(matrix, environment, option=option)
    words = str(refused.value)
    assert words.startswith(said[:-1]) if said.endswith("*") else words == said
    assert "\n" not in words


def test_a_variable_named_by_hand_goes_before_all_rules() -> None:
    environment = {"MINE": "1", A: "2", B: STRANGER}
    assert access_to(DEEPSEEK, environment, key_env="MINE").variable == "MINE"
    with pytest.raises(NoAccess, match="--key-env OTHER: this variable is not set"):
        access_to(DEEPSEEK, environment, key_env="OTHER")


def outcome(matrix: Matrix, environment: Mapping[str, str]) -> tuple[Access | None, str]:
    try:
        return access_to(matrix, environment), ""
    except NoAccess as refused:
        return None, str(refused)


KEYS = {"MINIMAX_API_KEY": "minimax", "DEEPSEEK_API_KEY": "deepseek", "LLAMA_API_KEY": "llama-cpp", A: "?", T: "?"}
HOSTS = st.sampled_from([matrix.target.endpoint for matrix in MATRICES.values()])


@given(
    matrix=st.sampled_from(list(MATRICES.values())),
    keys=st.sets(st.sampled_from(list(KEYS))),
    base=st.none() | HOSTS,
)
def test_no_key_of_one_provider_reaches_another_unless_a_hand_points_there(matrix, keys, base) -> None:  # type: ignore[no-untyped-def]
    environment = {name: f"key-in-{name}" for name in keys} | ({B: base} if base else {})
    access, said = outcome(matrix, environment)
    assert "key-in" not in said
    if access is None:
        return
    assert "key-in" not in access.words
    assert access.origin is (Origin.ENVIRONMENT if base else Origin.MATRIX)
    if access.variable in GENERAL:
        # It belongs to the address beside it; without one the matrix has to say that such a key is its own.
        assert base is not None or access.variable in (matrix.target.key_env or ())
    elif access.variable is not None:
        assert access.variable in (matrix.target.key_env or ())
        own, asked = (address.split("/")[2].split(":")[0] for address in (matrix.target.endpoint, access.endpoint))
        assert own == asked


def test_the_words_name_the_variable_and_never_the_key() -> None:
    access = access_to(MINIMAX, {A: "sk-canary"})
    assert access.words == (
        "asking https://api.minimaxi.com/anthropic (named by the matrix) with the key of ANTHROPIC_API_KEY"
    )
    assert "sk-canary" not in repr(access)
    assert isinstance(access, Access)


def test_every_variable_is_handed_on_by_tox() -> None:
    passed = set((ROOT / "tox.ini").read_text("utf-8").split())
    named = {name for matrix in MATRICES.values() for name in matrix.target.key_env or ()}
    assert named | {*GENERAL, B} <= passed
    assert all(matrix.target.key_env for matrix in MATRICES.values())
