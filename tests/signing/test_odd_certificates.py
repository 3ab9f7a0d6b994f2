"""Certificates that a library cannot read to the end: beside the right one they change no verdict."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, pem, x509
from click.testing import CliRunner

from raudit.cli.keys import command as keys_command
from raudit.errors import KeyFileError
from raudit.signing import unusable_certificates
from raudit.signing.certificates import given_certificates
from raudit.signing.check import check_pdf
from raudit.signing.keys import load_signer
from raudit.signing.selfsigned import init_keys
from raudit.signing.sources import PemFiles

PLACEHOLDER = bytes.fromhex("06032a0304")
"""1.2.3.4, as long as the id of an extension, which takes its place once the value is in."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, clock: datetime) -> bytes:
    made = init_keys(tmp_path_factory.mktemp("odd"), name="Odd", clock=clock - timedelta(days=1))
    der: bytes = pem.unarmor(made.certificate.read_bytes())[2]
    return der


def with_field(name: str, value: object) -> Callable[[bytes], bytes]:
    def change(plain: bytes) -> bytes:
        certificate = x509.Certificate.load(plain)
        certificate["tbs_certificate"][name] = value
        return bytes(certificate.dump(force=True))

    return change


def with_extension(last: str, value: bytes, *, critical: bool = False) -> Callable[[bytes], bytes]:
    """Add the extension 2.5.29.last, in hexadecimal, with any bytes as its value."""

    def change(plain: bytes) -> bytes:
        certificate = x509.Certificate.load(plain)
        held = certificate["tbs_certificate"]
        own = {
            "extn_id": "1.2.3.4",
            "critical": critical,
            "extn_value": core.ParsableOctetString(value),
        }
        held["extensions"] = x509.Extensions([*held["extensions"], x509.Extension(own)])
        der: bytes = certificate.dump(force=True)
        return der.replace(PLACEHOLDER, bytes.fromhex(f"0603551d{last}"))

    return change


def with_bytes(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(plain: bytes) -> bytes:
        assert old in plain
        return plain.replace(old, new)

    return change


def doubled(plain: bytes) -> bytes:
    certificate = x509.Certificate.load(plain)
    held = certificate["tbs_certificate"]
    held["extensions"] = x509.Extensions([*held["extensions"], held["extensions"][0]])
    return bytes(certificate.dump(force=True))


NAME = b"\x0c\x03Odd"
UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "alternative names that are no list": with_extension("11", b"\xff\xff"),
    "key usage of another type": with_extension("1e", b"\x04\x01\x00"),
    "name constraints of another type": with_extension("1e", b"\x05\x00", critical=True),
    "purposes that are no list": with_extension("25", b"\x05\x00", critical=True),
    "policies that are no list": with_extension("20", b"\x30\x02\x05\x00"),
    "an extension twice": doubled,
    "a name that is not UTF-8": with_bytes(NAME, b"\x0c\x03\xff\xfe\xfd"),
    "a name that is a number": with_bytes(NAME, b"\x02\x03Odd"),
    "a name of a kind for digits": with_bytes(NAME, b"\x12\x03Odd"),
    "a printable name with other letters": with_bytes(NAME, b"\x13\x03\xc3\xa4d"),
}
READABLE: dict[str, Callable[[bytes], bytes]] = {
    "a negative serial number": with_field("serial_number", -5),
    "serial number zero": with_field("serial_number", 0),
    "a serial number of 400 bits": with_field("serial_number", 2**400),
    "an extension that nobody knows": with_extension("7f", b"\xff\xff"),
    "a critical extension that nobody knows": with_extension("7f", b"\x05\x00", critical=True),
    "a name with a zero byte": with_bytes(NAME, b"\x0c\x03O\x00d"),
}


def der_form(data: bytes) -> bytes:
    return data


def pem_form(data: bytes) -> bytes:
    return bytes(pem.armor("CERTIFICATE", data))


@pytest.mark.parametrize("form", [der_form, pem_form])
@pytest.mark.parametrize("name", [*UNREADABLE, *READABLE])
def test_beside_the_right_one_it_changes_nothing(
    name: str,
    form: Callable[[bytes], bytes],
    plain: bytes,
    countersigned: bytes,
    local_trust: list[bytes],
    clock: datetime,
) -> None:
    data = form((UNREADABLE | READABLE)[name](plain))
    for trust in ([data, *local_trust], [*local_trust, data]):
        check = check_pdf(countersigned, trust=trust, at=clock)
        assert check.holds, check.faults
    said = unusable_certificates([data])
    assert len(said) == (name in UNREADABLE)
    assert all("cannot be read, so nothing is held against it" in text for text in said)


def test_a_bundle_loses_only_what_is_broken(
    plain: bytes, certified: bytes, local_trust: list[bytes], clock: datetime
) -> None:
    broken = pem_form(UNREADABLE["a name that is a number"](plain))
    bundle = b"a comment\n" + broken + local_trust[0].replace(b"\n", b"\r\n")
    given = given_certificates(bundle, where="bundle.pem")
    assert (len(given.usable), len(given.unusable)) == (1, 1)
    assert given.unusable[0].startswith("certificate 1 of bundle.pem (SHA-256 ")
    assert check_pdf(certified, trust=[bundle], at=clock).holds
    assert check_pdf(certified, trust=[b"\xef\xbb\xbf" + local_trust[0]], at=clock).holds


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
    ],
)
def test_a_file_without_a_certificate_is_the_readers_mistake(data: bytes) -> None:
    with pytest.raises(KeyFileError, match="this is no certificate"):
        given_certificates(data)


def openssl(folder: Path, *arguments: str) -> PemFiles:
    source = PemFiles(key=folder / "k.key", certificate=folder / "k.crt")
    source.key.touch(mode=0o600)
    written = ("-keyout", str(source.key), "-out", str(source.certificate))
    command = ["openssl", "req", "-x509", "-nodes", "-days", "30", *written, *arguments]
    subprocess.run(command, check=True, capture_output=True)
    return source


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], "restricts to PSS"),
        (["ed25519"], "Ed25519"),
        (["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "secp256k1"),
    ],
)
def test_a_key_that_readers_cannot_check_is_refused_for_what_it_is(
    kind: list[str], says: str, tmp_path: Path
) -> None:
    source = openssl(tmp_path, "-subj", "/CN=Odd", "-newkey", *kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(KeyFileError, match="cannot check") as refused:
            load_signer(source)
    assert says in str(refused.value)
    shown: Any = CliRunner().invoke(keys_command, ["show", str(source.certificate)])
    assert (shown.exit_code, shown.exception) == (0, None)


def test_a_plain_rsa_certificate_signed_with_pss_is_accepted(tmp_path: Path) -> None:
    """Only a key that is itself restricted to PSS is refused; how its certificate was signed is the issuer's affair."""
    with load_signer(
        openssl(
            tmp_path, "-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss", "-subj", "/CN=A"
        )
    ) as key:
        assert key.algorithm == "rsa-2048"
