"""The statement beside the PDF: round trip, tampering, and other implementations."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from raudit.signing.attest import (
    Attestation,
    attest,
    check_attestation,
    pre_authentication_encoding,
)
from raudit.signing.keys import SigningKey
from raudit.signing.verdict import FaultCode

KIND = "https://example.org/verdict/v1"
DIGEST = "ab" * 32


@pytest.fixture(scope="module")
def envelope(local_key: SigningKey) -> bytes:
    return attest("report.pdf", DIGEST, KIND, {"verdict": "passed"}, local_key)


def codes(found: Attestation) -> set[FaultCode]:
    return {fault.code for fault in found.faults}


def test_the_published_vector_of_the_encoding() -> None:
    """The test vector of the DSSE protocol document."""
    assert (
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_round_trip(envelope: bytes, local_key: SigningKey, local_trust: list[bytes]) -> None:
    found = check_attestation(envelope, trust=local_trust)
    assert found.holds
    assert (found.subject_name, found.subject_sha256, found.predicate_type) == (
        "report.pdf",
        DIGEST,
        KIND,
    )
    assert found.predicate == {"verdict": "passed"}
    assert found.fingerprint == local_key.fingerprint


def test_another_implementation_accepts_it(envelope: bytes, local_key: SigningKey) -> None:
    from cryptography import x509
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    public = x509.load_der_x509_certificate(local_key.certificate).public_key()
    key = SSlibKey.from_crypto(public, keyid=local_key.fingerprint)  # type: ignore[arg-type]
    plain = json.loads(envelope)
    plain["signatures"] = [{name: plain["signatures"][0][name] for name in ("keyid", "sig")}]
    assert set(Envelope.from_dict(plain).verify([key], 1)) == {local_key.fingerprint}


def test_openssl_accepts_it(envelope: bytes, local: Any, tmp_path: Path) -> None:
    outer = json.loads(envelope)
    message = pre_authentication_encoding(outer["payloadType"], base64.b64decode(outer["payload"]))
    (tmp_path / "pae").write_bytes(message)
    (tmp_path / "sig").write_bytes(base64.b64decode(outer["signatures"][0]["sig"]))
    public = subprocess.run(
        ["openssl", "x509", "-in", str(local.certificate), "-noout", "-pubkey"],
        capture_output=True,
        check=True,
    ).stdout
    (tmp_path / "pub").write_bytes(public)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "pub", "-signature", "sig", "pae"],
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.stdout.strip() == b"Verified OK"


@pytest.mark.parametrize("label", ["issuer", "rsa"])
def test_a_chain_leads_to_its_root(label: str, authority: Any) -> None:
    made = attest("report.pdf", DIGEST, KIND, {}, authority.signer(label))
    assert check_attestation(made, trust=[authority.root]).holds


def test_trust_and_time(
    envelope: bytes, authority: Any, local_trust: list[bytes], clock: datetime
) -> None:
    assert codes(check_attestation(envelope)) == {FaultCode.NO_TRUST_GIVEN}
    assert codes(check_attestation(envelope, trust=[authority.root])) == {
        FaultCode.UNTRUSTED_SIGNER
    }
    late = clock + timedelta(days=4000)
    assert codes(check_attestation(envelope, trust=local_trust, at=late)) == {
        FaultCode.OUTSIDE_VALIDITY
    }


def test_another_digest_or_predicate_is_refused(envelope: bytes, local_trust: list[bytes]) -> None:
    outer = json.loads(envelope)
    for old, new in ((DIGEST, "cd" * 32), ("passed", "failed")):
        payload = base64.b64decode(outer["payload"]).replace(old.encode(), new.encode())
        changed = json.dumps({**outer, "payload": base64.b64encode(payload).decode()}).encode()
        assert codes(check_attestation(changed, trust=local_trust)) == {FaultCode.SIGNATURE_INVALID}


def test_two_hundred_random_byte_changes(envelope: bytes, local_trust: list[bytes]) -> None:
    draw = random.Random(3)
    good = check_attestation(envelope, trust=local_trust)
    for _ in range(200):
        place = draw.randrange(len(envelope))
        changed = envelope[:place] + bytes([draw.randrange(256)]) + envelope[place + 1 :]
        found = check_attestation(changed, trust=local_trust)
        assert not found.holds or found == good, place


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"payloadType":1}',
        b"[" * 100_000,
        b'{"signatures":[{}]}',
    ],
)
def test_garbage_gives_a_fault(garbage: bytes, local_trust: list[bytes]) -> None:
    assert codes(check_attestation(garbage, trust=local_trust)) == {FaultCode.UNREADABLE}
