"""The last look at what is going to be public finds credentials of any kind, and says nothing of innocent words."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from front_door import ROOT

SCAN = ROOT / ".ci" / "no_credentials.py"
TOKEN = "Zq8vT3nLw5Rk2Xy7Jm4Pd9Hs"

CREDENTIALS = {
    "a provider's key": f"sk-ant-api03-{TOKEN}",
    "a project's key": f"sk-proj-{TOKEN}",
    "a key without digits": "sk-SECRETKEYwithoutdigits",
    "the canary": "sk-canary-0123456789",
    "a forge's": f"ghp_{TOKEN}",
    "a bearer": f"Authorization: Bearer {TOKEN}",
    "a token's": f"eyJhbGciOiJI.eyJzdWIiOiIx.{TOKEN}",
    "a header": f"x-api-key: {TOKEN}",
    "a header in JSON": f'{{"x-api-key": "{TOKEN}"}}',
    "a header in YAML": f"      x-api-key:\n      - {TOKEN}",
    "a cookie": f"set-cookie: id={TOKEN}",
    "a proxy": f"http://me:{TOKEN}@proxy.example.com",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "escaped": "".join(f"\\u{ord(char):04x}" for char in f"sk-ant-{TOKEN}"),
    "percent": "".join(f"%{ord(char):02x}" for char in f"sk-ant-{TOKEN}"),
    "entities": "".join(f"&#{ord(char)};" for char in f"sk-ant-{TOKEN}"),
    "base64": base64.b64encode(f"xy Bearer sk-ant-{TOKEN}".encode()).decode(),
}

INNOCENT = {
    "redacted": "authorization: Bearer [redacted]\nx-api-key: '[redacted]'",
    "redacted in YAML": "      x-api-key:\n      - '[redacted]'\n      content-type:\n      - application/json",
    "prose": "the key goes into x-api-key: one of the two headers, or into Authorization: Bearer $ANTHROPIC_API_KEY",
    "curl": "curl -H \"x-api-key: $ANTHROPIC_API_KEY\" -H 'content-type: application/json' https://api.example.com:443/v1",
    "ids": f"toolu_{TOKEN} msg_{TOKEN} risk-assessment-of-the-whole-project",
    "an address": "https://api.example.com/@somebody/and/more",
}


def scan(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCAN, *paths], capture_output=True, text=True, check=False)


def test_every_kind_of_credential_is_found_and_none_is_shown(tmp_path: Path) -> None:
    for name, text in CREDENTIALS.items():
        (tmp_path / f"{name}.yaml").write_text(f"one line\n\n{text}\n", "utf-8")
    done = scan(tmp_path)
    assert done.returncode == 1
    for name in CREDENTIALS:
        assert f"{tmp_path / name}.yaml:" in done.stderr, name
    assert TOKEN not in done.stderr
    assert done.stdout.startswith(f"{len(CREDENTIALS)} files looked through, ")


@pytest.mark.parametrize("text", INNOCENT.values(), ids=INNOCENT.keys())
def test_innocent_words_are_no_finding(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.yaml").write_text(text, "utf-8")
    assert scan(tmp_path / "file.yaml").stderr == ""


def test_a_path_that_is_not_there_is_no_clean_bill(tmp_path: Path) -> None:
    assert scan(tmp_path / "cassettes").returncode == 2
