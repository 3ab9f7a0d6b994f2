"""DSSE envelopes around statements: sign one, open one, verify its signature with a public key."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from raudit.canonical import Json, canonical_bytes
from raudit.dsse import PAYLOAD_TYPE, pre_authentication_encoding
from raudit.statements.hashes import hash_for
from raudit.statements.private import PersonKey
from raudit.statements.statement import Statement, parse_statement

MAX_ENVELOPE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope that was opened and not yet verified."""

    statement: Statement
    payload: bytes
    keyid: str
    """Fingerprint of the key, as the envelope says."""
    signature: bytes
    webauthn: Any
    """The rest of a passkey's assertion; None for a plain signature."""


def sign_statement(statement: Statement, key: PersonKey) -> bytes:
    """Sign a statement with a person's key.

    Returns
    -------
    bytes
        A DSSE envelope as one line of canonical JSON.
    """
    payload = statement.payload()
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return wrapped(payload, {"keyid": key.fingerprint, "sig": text_of(signature)})


def wrapped(payload: bytes, signature: Json) -> bytes:
    """An envelope with one signature, as one line of canonical JSON."""
    return canonical_bytes(
        {"payload": text_of(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    )


def open_envelope(data: bytes) -> Envelope:
    """Read an envelope.

    Raises
    ------
    ValueError
        If it is none, or has not exactly one signature; nothing else, whatever the bytes.
    """
    if len(data) > MAX_ENVELOPE:
        raise ValueError("too large")
    try:
        outer = json.loads(data)
        (signed,) = outer["signatures"]
        if outer["payloadType"] != PAYLOAD_TYPE:
            raise ValueError("another payload type")
        payload, signature, keyid = (
            octets_of(outer["payload"]),
            octets_of(signed["sig"]),
            str(signed["keyid"]),
        )
        webauthn = signed.get("webauthn")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no envelope with one signature") from error
    return Envelope(
        statement=parse_statement(payload),
        payload=payload,
        keyid=keyid,
        signature=signature,
        webauthn=webauthn,
    )


def verifies(spki: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature over a message was made with a key."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(spki)
        match public:
            case ed25519.Ed25519PublicKey():
                public.verify(signature, message)
            case ec.EllipticCurvePublicKey():
                public.verify(signature, message, ec.ECDSA(hash_for(public)))
            case rsa.RSAPublicKey():
                public.verify(signature, message, padding.PKCS1v15(), hash_for(public))
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def text_of(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode("ascii")


def octets_of(text: Any) -> bytes:
    """Decode base64, strictly.

    Raises
    ------
    ValueError
        If it is not.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError("not base64") from error
