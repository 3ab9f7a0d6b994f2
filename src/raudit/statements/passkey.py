"""A passkey's assertion over a statement: its challenge is the SHA-256 of the statement's bytes.

The bytes that the browser gave are kept as they are; nothing is rebuilt. What a passkey shows its
owner is the site's name, not the statement: a dishonest site can show one thing and have another signed.

Reference: Web Authentication level 2, section 7.2.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from raudit.canonical import sha256
from raudit.people import Key, unpadded
from raudit.sentences import say
from raudit.statements.envelope import Envelope, octets_of, text_of, verifies, wrapped

USER_PRESENT, USER_VERIFIED = 0x01, 0x04
_MAY_BE_COPIED, _IS_COPIED = 0x08, 0x10
_REGISTERS, _EXTENDED = 0x40, 0x80
"""Flags of the authenticator data (section 6.1; the copies are those of level 3)."""
_HEAD = 37
"""Length of what every authenticator gives: digest of the relying party, flags, counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What ``navigator.credentials.get`` gave, as bytes."""

    credential: bytes
    client_data_json: bytes
    authenticator_data: bytes
    signature: bytes


def challenge_of(payload: bytes) -> bytes:
    """The challenge to have signed: SHA-256 of the statement's bytes."""
    return hashlib.sha256(payload).digest()


def passkey_envelope(payload: bytes, assertion: Assertion, *, key: Key) -> bytes:
    """Put a statement and the assertion over it into an envelope.

    Parameters
    ----------
    payload
        ``Statement.payload()``, exactly as its digest was given to the browser as the challenge.
    assertion
        What the browser gave.
    key
        The signer's passkey; its public half is copied, since a site may delete it.
    """
    return wrapped(
        payload,
        {
            "keyid": key.fingerprint,
            "sig": text_of(assertion.signature),
            "webauthn": {
                "authenticatorData": text_of(assertion.authenticator_data),
                "clientDataJSON": text_of(assertion.client_data_json),
                "credential": text_of(assertion.credential),
                "publicKey": text_of(key.spki),
            },
        },
    )


def passkey_fault(envelope: Envelope, key: Key) -> str:
    """Say why an assertion does not prove a statement; empty if it does.

    Parameters
    ----------
    key
        The passkey as people.yaml has it: its origin, relying party and public key count, not those
        that the envelope carries.
    """
    known = key.entry.passkey
    if known is None:
        return say("the key is no passkey")
    try:
        client_bytes = octets_of(envelope.webauthn["clientDataJSON"])
        authenticator = octets_of(envelope.webauthn["authenticatorData"])
        credential = octets_of(envelope.webauthn["credential"])
        client = _client(client_bytes)
        challenge = client["challenge"]
        kind, origin, crossed = client["type"], client["origin"], client.get("crossOrigin", False)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return say("the assertion cannot be read")
    # The numbers are those of section 7.2.
    wrong = {
        say("it is not an assertion (webauthn.get)"): kind != "webauthn.get",  # (11)
        say("its challenge is not the digest of this statement"): challenge
        != base64url(challenge_of(envelope.payload)),  # (12)
        say("it was made at another origin than {origin}", origin=known.origin): origin
        != known.origin,  # (13), with the port
        say("it was made inside another site's page"): crossed is not False
        or "topOrigin" in client,
        say("it was made with another credential"): credential != unpadded(known.credential),  # (5)
        say("the authenticator data end early"): len(authenticator) < _HEAD,
        say("it was made for another relying party"): authenticator[:32]
        != hashlib.sha256(known.rp_id.encode()).digest(),
    }
    flags = authenticator[32] if len(authenticator) > 32 else 0
    wrong[say("nobody was present")] = not flags & USER_PRESENT  # (16)
    wrong[say("the person was not verified by the authenticator")] = (
        not flags & USER_VERIFIED
    )  # (17)
    wrong[say("its flags and data contradict each other")] = not _is_consistent(
        flags, authenticator
    )
    message = authenticator + hashlib.sha256(client_bytes).digest()
    wrong[say("the signature is not by this passkey")] = not verifies(
        key.spki, envelope.signature, message
    )  # (20)
    return next((why for why, holds in wrong.items() if holds), "")


def _client(data: bytes) -> dict[str, Any]:
    """Read what the browser signed as every reader would: one encoding, no mark before it, no name twice."""
    if not data.startswith(b"{"):
        raise ValueError("not an object in UTF-8")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("a name stands there twice")
        return found

    found: dict[str, Any] = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    return found


def _is_consistent(flags: int, authenticator: bytes) -> bool:
    """Whether an assertion holds what its flags say: no registration, and a map of extensions if any."""
    rest = authenticator[_HEAD:]
    extended = bool(rest) and rest[0] >> 5 == 5 if flags & _EXTENDED else not rest
    copies = bool(flags & _MAY_BE_COPIED) or not flags & _IS_COPIED
    return extended and copies and not flags & _REGISTERS


def base64url(data: bytes) -> str:
    """As browsers write challenges and credential ids."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def credential_fingerprint(credential: bytes) -> str:
    """Digest by which a log may name a credential."""
    return sha256(credential)
