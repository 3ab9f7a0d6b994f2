"""A passkey's assertion as somebody without it, or with another site, would make or bend it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from fido2.cbor import encode

from raudit.cose import passkey_public_key
from raudit.statements import Assertion, Standing, check_statement, passkey_envelope
from raudit.statements.passkey import base64url, challenge_of

from .test_statements import ORIGIN, RP_ID, Authenticator, passkey_people, statement

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def signed(device: Authenticator, client: bytes, authenticator: bytes) -> Assertion:
    """What the device itself signs; only what it is given is odd."""
    message = authenticator + hashlib.sha256(client).digest()
    return Assertion(
        credential=device.credential,
        client_data_json=client,
        authenticator_data=authenticator,
        signature=device.private.sign(message, ec.ECDSA(hashes.SHA256())),
    )


def head(flags: int = 0x05, counter: int = 7) -> bytes:
    return hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")


def client_of(payload: bytes, **more: object) -> bytes:
    said = {
        "type": "webauthn.get",
        "challenge": base64url(challenge_of(payload)),
        "origin": ORIGIN,
        "crossOrigin": False,
    }
    return json.dumps(said | more).encode()


def standing(device: Authenticator, assertion: Assertion, payload: bytes) -> Standing:
    people = passkey_people(device)
    key = people.keys("ann")[0]
    return check_statement(passkey_envelope(payload, assertion, key=key), people).standing


def texts(payload: bytes) -> dict[str, bytes]:
    whole = client_of(payload)
    challenge = base64url(challenge_of(payload))
    return {
        "a mark before it": b"\xef\xbb\xbf" + whole,
        "another encoding": whole.decode().encode("utf-16"),
        "another encoding without a mark": whole.decode().encode("utf-16-le"),
        "an origin twice": whole.replace(
            b'"origin"', b'"origin": "https://evil.example", "origin"'
        ),
        "a challenge twice": whole.replace(b'"challenge"', b'"challenge": "x", "challenge"'),
        "a name twice, deeper": whole[:-1] + b', "x": {"a": 1, "a": 2}}',
        "space before it": b" " + whole,
        "a list around it": b"[" + whole + b"]",
        "something behind it": whole + b"{}",
        "a padded challenge": client_of(payload, challenge=challenge + "="),
        "a challenge in plain base64": client_of(
            payload, challenge=base64.b64encode(challenge_of(payload)).decode()
        ),
        "a challenge with a line break": client_of(payload, challenge=challenge + "\n"),
        "a challenge in hexadecimal": client_of(payload, challenge=challenge_of(payload).hex()),
        "a challenge with another last bit": client_of(
            payload, challenge=challenge[:-1] + chr(ord(challenge[-1]) + 1)
        ),
        "no challenge": client_of(payload, challenge=""),
        "a challenge that is a list": client_of(payload, challenge=[challenge]),
        "an origin that is a list": client_of(payload, origin=[ORIGIN]),
        "an origin with a path": client_of(payload, origin=ORIGIN + "/"),
        "an origin of a longer name": client_of(payload, origin=ORIGIN + ".evil.example"),
        "a payment": client_of(payload, type="payment.get"),
        "crossOrigin zero": client_of(payload, crossOrigin=0),
        "crossOrigin nothing": client_of(payload, crossOrigin=None),
        "an empty top origin": client_of(payload, topOrigin=None),
    }


NAMES = tuple(texts(b""))


@pytest.mark.parametrize("name", NAMES)
def test_what_the_browser_signed_has_one_reading(name):
    device, payload = Authenticator("ES256"), statement().payload()
    assert standing(device, signed(device, client_of(payload), head()), payload) is Standing.PROVEN
    odd = texts(payload)[name]
    assert standing(device, signed(device, odd, head()), payload) is Standing.FALSE


DATA = {
    "a byte more": head() + b"\0",
    "a counter of three bytes": head()[:-1],
    "nothing": b"",
    "extensions that are not there": head(0x85),
    "extensions that are no map": head(0x85) + b"\x01",
    "extensions without their flag": head() + encode({"credProtect": 1}),
    "a registration": head(0x45) + bytes(40),
    "a copy of what may not be copied": head(0x15),
    "present alone": head(0x01),
    "verified alone": head(0x04),
    "another relying party": hashlib.sha256(b"evil.example").digest() + head()[32:],
    "the relying party's name instead of its digest": RP_ID.encode().ljust(32, b"\0") + head()[32:],
}
FINE = {
    "no counter": head(counter=0),
    "the largest counter": head(counter=2**32 - 1),
    "a copy": head(0x1D),
    "extensions": head(0x85) + encode({"credProtect": 1}),
}


@pytest.mark.parametrize("name", [*DATA, *FINE])
def test_authenticator_data_hold_what_their_flags_say(name):
    device, payload = Authenticator("ES256"), statement().payload()
    assertion = signed(device, client_of(payload), (DATA | FINE)[name])
    expected = Standing.PROVEN if name in FINE else Standing.FALSE
    assert standing(device, assertion, payload) is expected


def test_a_signature_has_to_be_der_of_this_key_and_this_algorithm():
    device, payload = Authenticator("ES256"), statement().payload()
    good = signed(device, client_of(payload), head())
    r, s = decode_dss_signature(good.signature)
    message = good.authenticator_data + hashlib.sha256(good.client_data_json).digest()
    for bad in (
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        good.signature + b"\0",
        good.signature[:-1],
        b"\x30\x81" + good.signature[1:],
        encode_dss_signature(0, 0),
        encode_dss_signature(r, 0),
        encode_dss_signature(r, s + ORDER),
        encode_dss_signature(s, r),
        b"",
        device.private.sign(message, ec.ECDSA(hashes.SHA384())),
        device.private.sign(hashlib.sha256(message).digest(), ec.ECDSA(hashes.SHA256())),
        device.private.sign(payload, ec.ECDSA(hashes.SHA256())),
    ):
        assert standing(device, replace(good, signature=bad), payload) is Standing.FALSE
    # The mirrored signature is as good a proof, of the same statement: it makes no second one.
    mirrored = replace(good, signature=encode_dss_signature(r, ORDER - s))
    assert standing(device, mirrored, payload) is Standing.PROVEN


def test_an_rsa_passkey_signs_with_the_padding_and_hash_it_was_registered_with():
    device, payload = Authenticator("RS256"), statement().payload()
    good = device.get(challenge_of(payload))
    message = good.authenticator_data + hashlib.sha256(good.client_data_json).digest()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    for scheme, algorithm in (
        (pss, hashes.SHA256()),
        (padding.PKCS1v15(), hashes.SHA1()),
        (padding.PKCS1v15(), hashes.SHA384()),
    ):
        bad = replace(good, signature=device.private.sign(message, scheme, algorithm))
        assert standing(device, bad, payload) is Standing.FALSE
    assert standing(device, good, payload) is Standing.PROVEN


def test_a_statement_under_one_persons_passkey_is_not_anothers():
    """Two devices of one site: the credential and the key decide, whatever the envelope says of either."""
    device, other = Authenticator("ES256"), Authenticator("ES256")
    payload = statement().payload()
    theirs = other.get(challenge_of(payload))
    people = passkey_people(device)
    envelope = json.loads(passkey_envelope(payload, theirs, key=people.keys("ann")[0]))
    mine = passkey_people(other).keys("ann")[0]
    stored = envelope["signatures"][0]["webauthn"]
    stored["publicKey"] = base64.b64encode(mine.spki).decode()
    stored["credential"] = base64.b64encode(device.credential).decode()
    outcome = check_statement(json.dumps(envelope).encode(), people)
    assert outcome.standing is Standing.FALSE
    del envelope["signatures"][0]["webauthn"]
    assert check_statement(json.dumps(envelope).encode(), people).standing is Standing.FALSE


def coordinates() -> dict[int, object]:
    numbers = ec.derive_private_key(7, ec.SECP256R1()).public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return {1: 2, 3: -7, -1: 1, -2: x, -3: y}


def rsa_key() -> dict[int, object]:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}


KEYS = {
    "another algorithm": {3: -35},
    "another kind": {1: 1},
    "another curve": {-1: 2},
    "the private half": {-4: bytes(32)},
    "an operation": {4: 2},
    "a name": {2: b"key"},
    "a short coordinate": {-2: b"\x01"},
    "a long coordinate": {-2: bytes(33)},
    "a coordinate's sign alone": {-3: 1},
    "a point off the curve": {-2: b"\x01" * 32},
    "the point at infinity": {-2: bytes(32), -3: bytes(32)},
}


@pytest.mark.parametrize("name", KEYS)
def test_a_registered_key_is_a_public_key_and_no_more(name):
    assert passkey_public_key(encode(coordinates()))
    with pytest.raises(ValueError, match=r"."):
        passkey_public_key(encode(coordinates() | KEYS[name]))


def test_a_map_is_read_one_way():
    whole = encode(coordinates())
    assert whole[0] == 0xA5
    twice = b"\xa6" + whole[1:] + b"\x03\x26"
    for bad in (twice, whole + b"\0", b"\xbf" + whole[1:] + b"\xff", whole[:-1], b"\xa5", b""):
        with pytest.raises(ValueError, match=r"."):
            passkey_public_key(bad)
    assert passkey_public_key(encode(rsa_key())).key_size == 2048
    for more in ({-3: b"x"}, {-2: b""}, {-4: b"x"}):
        with pytest.raises(ValueError, match=r"."):
            passkey_public_key(encode(rsa_key() | more))
