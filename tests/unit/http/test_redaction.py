"""No spelling of a key survives redaction, and nothing else is touched by it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from spellings import PLACES, SPELLINGS, keys, message, stream

from conformance.http.keys import BadKey, checked, credentials_of, custom_header_names
from conformance.http.redact import Redactor
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply

KEY = "sk-SECRETKEYwithoutdigits"
OTHER_CASE = ("lower case", "upper case", "percent in lower case")
AROUND = st.sampled_from(["", "x", "xyz", "Bearer ", "key=", "/keys/", '"', "\\n", "é "])


@given(keys, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(sorted(SPELLINGS)), AROUND, AROUND)
def test_a_key_is_found_in_a_spelling_of_a_spelling(key: str, inner: str, outer: str, before: str, after: str) -> None:
    # In other letters base64 is base64 of something else.
    assume(not (inner.startswith("base64") and outer in OTHER_CASE))
    redactor = Redactor([key])
    shown = SPELLINGS[outer](SPELLINGS[inner](key))
    text = f"It is <{before}{shown}{after}>."
    assert redactor.finds(text)
    assert redactor.finds(text.encode())
    kept = redactor.text(text)
    assert not redactor.finds(kept)
    assert "[redacted]" in kept
    assert shown.lower() not in kept.lower()


@given(keys)
def test_a_key_is_found_backwards(key: str) -> None:
    assert not Redactor([key]).finds(Redactor([key]).text(f"It is {key[::-1]}."))
    assert Redactor([key]).finds(f"It is {key[::-1]}.")


def body(place: str, shown: str, at: int) -> bytes:
    if place in ("deltas", "blocks of a stream", "thinking", "json deltas", "interleaved"):
        return stream(place, shown, at).encode()
    return json.dumps(message(place, shown, at)).encode()


def said(body: bytes) -> str:
    """All that a client would show of an answer, each block by itself and all of it in a row."""
    reply = Reply(Exchange("POST", "/v1/messages", {}, b"{}", 200, {}, body))
    words = [str(block.get("text") or block.get("thinking") or block.get("input") or "") for block in reply.content]
    flat = [json.dumps(event.json) for event in reply.exchange.events]
    return "\n".join([*words, "".join(words), *flat])


@given(keys, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(PLACES[1:]), st.data())
def test_a_key_in_pieces_is_found(key: str, spelling: str, place: str, data: st.DataObject) -> None:
    shown = SPELLINGS[spelling](key)
    at = data.draw(st.integers(1, len(shown) - 1))
    redactor = Redactor([key])
    before = body(place, shown, at)
    kept = redactor.data(before)
    assert kept != before
    assert not redactor.finds(kept)
    assert shown.lower() not in said(kept).lower()
    assert not redactor.finds(said(kept))


@given(st.text(max_size=300), st.sampled_from(["sk-ant-api03-" + "Zq9x" * 20, KEY, "local-key-1", "placeholder"]))
def test_innocent_text_is_left_as_it_is(text: str, key: str) -> None:
    redactor = Redactor([key])
    words = f"{text} a place for holders, a secret key without digits; sk-SECRET… {text[::-1]}"
    assert redactor.text(words) == words


@pytest.mark.parametrize("part", [slice(0, 54), slice(54, None), slice(4, None)])
def test_half_of_a_long_key_is_a_secret_too(part: slice) -> None:
    key = "sk-ant-api03-" + "".join(chr(97 + n * 7 % 26) + str(n % 10) for n in range(47)) + "-"
    assert Redactor([key]).finds(f"Incorrect API key provided: {key[part]}…")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_characters_hide_nothing(encoding: str) -> None:
    redactor = Redactor([KEY])
    assert not redactor.finds(redactor.data(f"It is {KEY}.".encode(encoding)))
    assert redactor.finds(f"It is {KEY}.".encode(encoding))


HOSTILE = {
    "ordinary events": stream("deltas", 'a few "ordinary" words,\nand so on', 9) * 1000,
    "an open string": '"' + '\\"' * 400_000,
    "backslashes": "\\" * 1_000_000,
    "ampersands": "&" + "amp;" * 250_000,
    "entities": "&amp;" * 200_000,
    "percent": "%25" * 333_000,
    "numbers": "12 " * 333_000,
    "zeros": "&#" + "0" * 1_000_000,
    "one digit": "f" * 1_000_000,
    "index": '"index"' + " " * 1_000_000,
    "lines": "\n" * 1_000_000,
    "data": "data:\n" * 160_000,
    "nothing": "\0" * 1_000_000,
    "base64 in lines": "QUJDREVGR0hJSktM\n" * 60_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_takes_no_time_worth_speaking_of(text: str) -> None:
    began = time.process_time()
    assert Redactor([KEY]).text(text) == text
    # Half a second on a quiet machine; what grew with the square would take hours.
    assert time.process_time() - began < 10


@pytest.mark.parametrize("key", ["k" * 16, KEY, "x\"y'z<w>%41\\n", "a=b&c;d{e}"])
def test_a_key_is_taken_as_it_is_without_the_space_around(key: str) -> None:
    assert checked("THE_KEY", f" \t{key}\r\n") == key


@pytest.mark.parametrize("wrong", ["\r", "\n", "\0", "\x1b", "\x7f", " ", "\t", "“", "é", "\u202e", "\udcff", "\u2028"])
def test_a_key_that_no_header_carries_is_refused_and_not_shown(wrong: str) -> None:
    with pytest.raises(BadKey) as refused:
        checked("THE_KEY", f"sk-{wrong}canary-0123456789")
    words = str(refused.value)
    assert words.startswith("THE_KEY holds ")
    assert words.isascii()
    assert words.isprintable()
    assert "canary" not in words


def test_every_credential_of_the_shell_is_known() -> None:
    environment = {
        "ANTHROPIC_API_KEY": "one-secret\n",
        "ANTHROPIC_AUTH_TOKEN": "two-secret",
        "ANTHROPIC_WEBHOOK_SIGNING_KEY": "three-secret",
        "ANTHROPIC_CUSTOM_HEADERS": "X-Team: four-secret\nno header\nX-More: five:secret",
        "HTTPS_PROXY": "http://me:six%2Bsecret@proxy:3128",
        "http_proxy": "http://[",
        "ANTHROPIC_BASE_URL": "https://api.example.com",
        "HOME": "/home/me",
    }
    secrets = {"one-secret", "two-secret", "three-secret", "four-secret", "five:secret", "six%2Bsecret", "six+secret"}
    assert set(credentials_of(environment)) == secrets
    assert custom_header_names(environment) == ["X-Team", "X-More"]
