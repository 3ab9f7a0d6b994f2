"""DSSE envelopes around in-toto statements: the bytes that are signed, and how they travel.

References: DSSE 1.0.2 protocol (pre-authentication encoding); in-toto Attestation Framework, Statement v1.
"""

from __future__ import annotations

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Compute what a DSSE signature is made over.

    >>> pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
