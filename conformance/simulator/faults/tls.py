"""Certificates made at the start: one that is right, and one that is another host's."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a TLS service shows: its own certificate, or one that a careful client does not take."""

    right: ssl.SSLContext
    wrong: ssl.SSLContext


def certificates(authority: Path | None) -> Certificates:
    """Make an authority and two certificates of it; what a client has to trust is written to a file, if one is given.

    A client that does not trust the authority fails at every connection, which is a TLS error as well.

    Raises:
        ValueError: trustme is not installed, or the file cannot be written.
    """
    try:
        # A package of the tests: whoever runs the suite for its verdicts needs no certificates.
        import trustme  # noqa: PLC0415
    except ImportError:
        raise ValueError("the fault 'tls' needs a package that makes certificates: pip install trustme") from None
    made = trustme.CA()
    if authority is not None:
        try:
            made.cert_pem.write_to_path(str(authority))
        except OSError as error:
            raise ValueError(f"{authority} cannot be written: {error.strerror or error}") from None
    contexts = []
    for names in (("127.0.0.1", "localhost"), ("elsewhere.invalid",)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.issue_cert(*names).configure_cert(context)
        contexts.append(context)
    return Certificates(*contexts)
