"""Statements: signed by keys and by passkeys, checked offline, and by OpenSSL alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticatorAssertionResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
)
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from raudit.canonical import canonical_bytes
from raudit.errors import KeyFileError, StatementError
from raudit.people import binding, parse_people
from raudit.statements import (
    Assertion,
    Enrolment,
    Kind,
    LogState,
    Standing,
    Statement,
    check_statement,
    load_person_key,
    parse_statement,
    passkey_envelope,
    sign_statement,
)
from raudit.statements.passkey import base64url, challenge_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RP_ID, ORIGIN = "audit.example.org", "https://audit.example.org:8443"


def statement(**more) -> Statement:
    given = {
        "kind": Kind.SIGN_OFF,
        "person": "ann",
        "subjects": {"answers": "a" * 64},
        "at": NOW,
        "nonce": "0" * 32,
        "decided": {"role": "dpo", "decision": "approve", "conditions": []},
        "system": "Credit",
    }
    return Statement(**{**given, **more})


def test_what_is_signed_is_canonical_and_read_back_the_same():
    said = statement(log=LogState(origin="o", size=3, root="b" * 64))
    assert parse_statement(said.payload()) == said
    loose = json.dumps(json.loads(said.payload())).encode()
    with pytest.raises(ValueError, match="canonical"):
        parse_statement(loose)
    more = json.loads(said.payload())
    more["predicate"]["more"] = 1
    with pytest.raises(ValueError, match="more in it"):
        parse_statement(canonical_bytes(more))


@pytest.mark.parametrize(
    "bad",
    [
        {"nonce": "1"},
        {"nonce": "0" * 33},
        {"subjects": {}},
        {"subjects": {"a": "b"}},
        {"at": NOW.replace(tzinfo=None)},
    ],
)
def test_a_statement_that_names_nothing_or_is_guessable_is_refused(bad):
    with pytest.raises(StatementError):
        statement(**bad).payload()


@pytest.mark.parametrize("kind", ["ed25519", "p256", "p384", "rsa"])
def test_every_kind_of_key_signs_and_every_flipped_bit_fails(room, kind):
    people = parse_people(room.people({"ann": kind, "bob": kind}))
    envelope = sign_statement(statement(), load_person_key(room.keys["ann"]))
    good = check_statement(envelope, people)
    assert good.standing is Standing.PROVEN
    outer = json.loads(envelope)
    for member in ("payload", "sig"):
        data = bytearray(
            base64.b64decode(
                outer["payload"] if member == "payload" else outer["signatures"][0]["sig"]
            )
        )
        for place in range(0, len(data), max(1, len(data) // 9)):
            bent = bytearray(data)
            bent[place] ^= 1
            text = base64.b64encode(bytes(bent)).decode()
            one = {**outer["signatures"][0], **({"sig": text} if member == "sig" else {})}
            made = {
                **outer,
                **({"payload": text} if member == "payload" else {}),
                "signatures": [one],
            }
            assert not check_statement(json.dumps(made).encode(), people).proven
    # Somebody else's key, and one that nobody has.
    other = sign_statement(statement(), load_person_key(room.keys["bob"]))
    assert check_statement(other, people).standing is Standing.UNPROVEN
    nobody = sign_statement(statement(person="eve"), load_person_key(room.keys["bob"]))
    unknown = check_statement(nobody, people)
    assert (unknown.standing, unknown.proven) == (Standing.UNPROVEN, False)
    assert "nobody is known" in unknown.detail


def test_a_kept_library_verifies_the_same_envelope(room):
    people = parse_people(room.people({"ann": "ed25519"}))
    envelope = sign_statement(statement(), load_person_key(room.keys["ann"]))
    public = people.keys("ann")[0]
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = SSlibKey.from_crypto(load_der_public_key(public.spki), keyid=public.fingerprint)
    outer = json.loads(envelope)
    assert Envelope.from_dict(outer).verify([key], 1)


def test_openssl_alone_verifies_a_statement(room, tmp_path):
    people = parse_people(room.people({"ann": "ed25519", "dee": "rsa", "olu": "p384"}))
    for person, digest in (("ann", None), ("dee", "sha256"), ("olu", "sha384")):
        outer = json.loads(
            sign_statement(statement(person=person), load_person_key(room.keys[person]))
        )
        payload = base64.b64decode(outer["payload"])
        kind = outer["payloadType"].encode()
        (tmp_path / "pae").write_bytes(
            b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        )
        (tmp_path / "sig").write_bytes(base64.b64decode(outer["signatures"][0]["sig"]))
        (tmp_path / "key").write_bytes(people.keys(person)[0].spki)
        assert openssl(tmp_path, digest)
        (tmp_path / "pae").write_bytes(
            (tmp_path / "pae").read_bytes().replace(b"approve", b"reject!")
        )
        assert not openssl(tmp_path, digest)


def openssl(folder: Path, digest: str | None) -> bool:
    more = ["-digest", digest] if digest else []
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-rawin",
        *more,
        "-in",
        "pae",
        "-sigfile",
        "sig",
        "-pubin",
        "-inkey",
        "key",
        "-keyform",
        "DER",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_a_private_key_is_read_by_its_kind_and_never_shown(room, tmp_path):
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat

    key = ed25519.Ed25519PrivateKey.generate()
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(b"secret")
    )
    (tmp_path / "k").write_bytes(locked)
    assert load_person_key(tmp_path / "k", passphrase="secret").fingerprint
    for passphrase in (None, "another"):
        with pytest.raises(KeyFileError) as caught:
            load_person_key(tmp_path / "k", passphrase=passphrase)
        assert "secret" not in str(caught.value)
        assert locked[60:100].decode() not in str(caught.value)
    for text in (b"", b"raudit-log PRIVATE KEY+abc+SECRETWORD", b"\x00\xff" * 40):
        (tmp_path / "k").write_bytes(text)
        with pytest.raises(KeyFileError) as caught:
            load_person_key(tmp_path / "k")
        assert "SECRETWORD" not in str(caught.value)
    assert "private" not in repr(load_person_key(room.keys["ann"]))


# -- passkeys


class Authenticator:
    """A software authenticator: what a browser and its platform give, byte for byte."""

    def __init__(self, kind: str) -> None:
        self.credential = secrets.token_bytes(20)
        self.private = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }[kind]()
        self.cose = CoseKey.for_name(kind).from_cryptography_key(self.private.public_key())

    def registered(self, *, spki: bool = False) -> dict[str, str]:
        from fido2.cbor import encode

        public = (
            self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            if spki
            else encode(dict(self.cose))
        )
        return {
            "credential": base64url(self.credential),
            "public_key": base64url(public),
            "rp_id": RP_ID,
            "origin": ORIGIN,
        }

    def get(
        self, challenge: bytes, *, flags: int = 0x05, rp_id: str = RP_ID, **client
    ) -> Assertion:
        said = {
            "type": "webauthn.get",
            "challenge": base64url(challenge),
            "origin": ORIGIN,
            "crossOrigin": False,
        }
        said |= client
        data = json.dumps({k: v for k, v in said.items() if v is not None}).encode()
        authenticator = (
            hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + b"\x00\x00\x00\x07"
        )
        message = authenticator + hashlib.sha256(data).digest()
        match self.private:
            case ec.EllipticCurvePrivateKey():
                signature = self.private.sign(message, ec.ECDSA(hashes.SHA256()))
            case rsa.RSAPrivateKey():
                signature = self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
            case _:
                signature = self.private.sign(message)
        return Assertion(
            credential=self.credential,
            client_data_json=data,
            authenticator_data=authenticator,
            signature=signature,
        )


def passkey_people(device: Authenticator, *, spki: bool = False):
    entry = json.dumps({"passkey": device.registered(spki=spki)})
    text = f"schema: raudit.people/1\npeople:\n  - id: ann\n    roles: [dpo]\n    keys: [{entry}]\n"
    return parse_people(text)


@pytest.mark.parametrize("spki", [False, True])
@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_a_passkey_proves_a_statement_as_fido2_and_openssl_say_too(kind, spki, tmp_path):
    device = Authenticator(kind)
    people = passkey_people(device, spki=spki)
    payload = statement().payload()
    assertion = device.get(challenge_of(payload))
    envelope = passkey_envelope(payload, assertion, key=people.keys("ann")[0])
    assert check_statement(envelope, people).standing is Standing.PROVEN
    # fido2, from the stored bytes alone
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="x", id=RP_ID),
        verify_origin=lambda origin: origin == ORIGIN,
    )
    credential = AttestedCredentialData.create(b"\0" * 16, device.credential, device.cose)
    state = {"challenge": base64url(challenge_of(payload)), "user_verification": "required"}
    response = AuthenticatorAssertionResponse(
        client_data=CollectedClientData(assertion.client_data_json),
        authenticator_data=AuthenticatorData(assertion.authenticator_data),
        signature=assertion.signature,
    )
    from fido2.webauthn import AuthenticationResponse

    server.authenticate_complete(
        state, [credential], AuthenticationResponse(raw_id=device.credential, response=response)
    )
    # OpenSSL, from the envelope alone
    outer = json.loads(envelope)
    stored = outer["signatures"][0]["webauthn"]
    client = base64.b64decode(stored["clientDataJSON"])
    challenge = json.loads(client)["challenge"]
    digest = hashlib.sha256(base64.b64decode(outer["payload"])).digest()
    assert base64.urlsafe_b64decode(challenge + "=") == digest
    (tmp_path / "pae").write_bytes(
        base64.b64decode(stored["authenticatorData"]) + hashlib.sha256(client).digest()
    )
    (tmp_path / "sig").write_bytes(base64.b64decode(outer["signatures"][0]["sig"]))
    (tmp_path / "key").write_bytes(base64.b64decode(stored["publicKey"]))
    assert openssl(tmp_path, None if kind == "EdDSA" else "sha256")


WRONG = {
    "another type": {"type": "webauthn.create"},
    "another port": {"origin": "https://audit.example.org"},
    "another scheme": {"origin": "http://audit.example.org:8443"},
    "another case": {"origin": "https://Audit.example.org:8443"},
    "a page within a page": {"crossOrigin": True},
    "crossOrigin as text": {"crossOrigin": "false"},
    "a top origin": {"topOrigin": "https://evil.example"},
    "another relying party": {"rp_id": "example.org"},
    "nobody present": {"flags": 0x04},
    "nobody verified": {"flags": 0x01},
    "no flags": {"flags": 0x00},
    "no origin": {"origin": None},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_assertion_that_is_wrong_in_one_thing_proves_nothing(name):
    device = Authenticator("ES256")
    people = passkey_people(device)
    payload = statement().payload()
    assertion = device.get(challenge_of(payload), **WRONG[name])
    outcome = check_statement(
        passkey_envelope(payload, assertion, key=people.keys("ann")[0]), people
    )
    assert outcome.standing is Standing.FALSE, name


def test_an_assertion_over_another_statement_credential_or_key_proves_nothing():
    device, other = Authenticator("ES256"), Authenticator("ES256")
    people = passkey_people(device)
    key = people.keys("ann")[0]
    payload = statement().payload()
    changed = statement(decided={"role": "dpo", "decision": "reject", "conditions": []}).payload()
    good = device.get(challenge_of(payload))
    for bad in (
        passkey_envelope(changed, good, key=key),
        passkey_envelope(payload, replace(good, credential=other.credential), key=key),
        passkey_envelope(payload, other.get(challenge_of(payload)), key=key),
        passkey_envelope(
            payload,
            replace(other.get(challenge_of(payload)), credential=device.credential),
            key=key,
        ),
        passkey_envelope(
            payload, replace(good, authenticator_data=good.authenticator_data[:36]), key=key
        ),
        passkey_envelope(
            payload, replace(good, client_data_json=good.client_data_json + b" "), key=key
        ),
        passkey_envelope(payload, replace(good, client_data_json=b"[]"), key=key),
        passkey_envelope(payload, replace(good, client_data_json=b"\xff"), key=key),
    ):
        assert check_statement(bad, people).standing is Standing.FALSE
    fine = passkey_envelope(payload, device.get(challenge_of(payload), other_keys="x"), key=key)
    assert check_statement(fine, people).proven


def test_a_passkey_s_key_cannot_sign_as_a_plain_key_nor_the_other_way():
    device = Authenticator("EdDSA")
    people = passkey_people(device)
    from raudit.statements import PersonKey

    plain = sign_statement(
        statement(), PersonKey(private=device.private, spki=people.keys("ann")[0].spki)
    )
    assert check_statement(plain, people).standing is Standing.FALSE


@given(st.binary(max_size=300))
def test_hostile_bytes_give_an_outcome(data):
    people = parse_people("schema: raudit.people/1\npeople: [{id: ann}]\n")
    assert not check_statement(data, people).proven


# -- enrolment

ROOT = "c" * 64


def enrolment(
    key,
    *,
    enrolled: int | None = 1,
    withdrawn: int | None = None,
    given: int | None = None,
    envelope=b"",
):
    bound = binding("ann", key.fingerprint)
    digest = hashlib.sha256(base64.b64decode(json.loads(envelope)["payload"])).hexdigest()
    return Enrolment(
        origin="o",
        size=20,
        enrolled={} if enrolled is None else {bound: enrolled},
        withdrawn={} if withdrawn is None else {bound: withdrawn},
        statements={} if given is None else {digest: given},
        root_at=lambda size: ROOT,
    )


@pytest.mark.parametrize(
    ("seen", "log", "proven"),
    [
        ((5, ROOT), {}, True),
        ((5, ROOT), {"enrolled": None}, False),
        ((5, ROOT), {"enrolled": 5}, False),
        ((5, ROOT), {"enrolled": 4}, True),
        ((5, "d" * 64), {}, False),
        ((5, ROOT), {"withdrawn": 7}, False),
        ((5, ROOT), {"withdrawn": 7, "given": 6}, True),
        ((5, ROOT), {"withdrawn": 7, "given": 8}, False),
        (None, {}, False),
        (None, {"given": 3}, True),
        (None, {"given": 3, "enrolled": 4}, False),
        ((25, ROOT), {}, False),
        ((25, ROOT), {"given": 3}, True),
    ],
)
def test_a_key_counts_only_if_the_log_enrolled_it_before_and_did_not_withdraw_it(
    room, seen, log, proven
):
    people = parse_people(room.people({"ann": "ed25519"}))
    state = LogState(origin="o", size=seen[0], root=seen[1]) if seen else None
    envelope = sign_statement(statement(log=state), load_person_key(room.keys["ann"]))
    key = people.keys("ann")[0]
    assert (
        check_statement(envelope, people, enrolment=enrolment(key, envelope=envelope, **log)).proven
        is proven
    )


def test_a_key_does_not_count_before_or_after_its_time(room):
    text = room.people({"ann": "ed25519"})
    key = load_person_key(room.keys["ann"])
    times = "        since: 2026-11-20T12:00:00Z\n        until: 2026-11-20T13:00:00Z\n"
    people = parse_people(text + times)
    for minutes, proven in ((-1, False), (0, True), (59, True), (60, False)):
        envelope = sign_statement(statement(at=NOW + timedelta(minutes=minutes)), key)
        assert check_statement(envelope, people).proven is proven


def test_the_how_to_s_own_commands_verify_a_key_and_a_passkey(room, tmp_path):
    """The shell of docs/how-to/verify-a-sign-off.md, run as it stands there."""
    if not all(map(shutil.which, ("jq", "basenc", "openssl", "bash"))):
        pytest.skip("jq, basenc or openssl is not installed")
    text = (
        Path(__file__).resolve().parents[2] / "docs" / "how-to" / "verify-a-sign-off.md"
    ).read_text()
    take, key, passkey = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    take = "\n".join(line for line in take.splitlines() if not line.startswith("qpdf"))
    people = parse_people(room.people({"ann": "ed25519"}))
    said = statement()
    (tmp_path / "person.pub").write_text(people.by_id["ann"].keys[0].ssh)
    (tmp_path / "statements.jsonl").write_bytes(
        sign_statement(said, load_person_key(room.keys["ann"])) + b"\n"
    )
    assert "Signature Verified Successfully" in shell(tmp_path, take + "\n" + key)
    device = Authenticator("ES256")
    held = passkey_people(device)
    envelope = passkey_envelope(
        said.payload(), device.get(challenge_of(said.payload())), key=held.keys("ann")[0]
    )
    (tmp_path / "statements.jsonl").write_bytes(envelope + b"\n")
    lines = shell(tmp_path, take + "\n" + passkey).splitlines()
    assert "Signature Verified Successfully" in lines
    challenge = base64url(challenge_of(said.payload()))
    assert lines.count(challenge) == 2
    assert [line for line in lines if line in ("webauthn.get", ORIGIN)] == ["webauthn.get", ORIGIN]


def shell(folder: Path, script: str) -> str:
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
