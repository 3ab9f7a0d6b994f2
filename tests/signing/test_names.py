"""Two hundred names of signers: each signs, verifies and is printed without an error and without a trick."""

from __future__ import annotations

import io
import random
import unicodedata
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509 as asn1
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from raudit.cli.keys import command as keys_command
from raudit.errors import KeyFileError
from raudit.report.stamp import render_stamp
from raudit.signing.certificates import describe, facts
from raudit.signing.check import check_pdf
from raudit.signing.keys import load_signer
from raudit.signing.names import common_name_of
from raudit.signing.selfsigned import init_keys
from raudit.signing.sign import countersign, field_size, next_reviewer_field
from raudit.signing.sources import PemFiles

HARD = [
    None,
    "",
    " ",
    "Bank בנק",
    "שלום 1",
    "بنك 123",
    "בנק (IL)",
    "שלום",
    "مرحبا",
    "😀 Ada",
    "👩\u200d💻",
    "a\x00b",
    "a\x1b[31mb",
    "line\nfeed",
    "\u202eevil",
    "\ufffd",
    "\ue000",
    "x" * 5000,
    "ב" * 5000,
    'A, "B" + C=<D>; \\ #',
    "#lead",
    " lead ",
    "CN=Issuer,O=Else",
    "日本語",
    "ｆｕｌｌ",
    "Ⅳ",
    "é",
    "e\u0301",
    "\u200b",
    "\U000e0001",
    "ß",
    "İ",
    "\u2028",
    "::error::x",
]
POOL = 'aZ 09,+"\\<>;=#/אבجد日語éß😀🇩🇪\u200f\u202e\u0301\t\n\x07\x7f\u00a0ǅⅣ\ue000\ufffd'


def names() -> list[str | None]:
    rng = random.Random(13)
    drawn = ["".join(rng.choices(POOL, k=rng.randint(1, 30))) for _ in range(200 - len(HARD))]
    return [*HARD, *drawn]


def pair(name: str | None, folder: Path, clock: datetime) -> PemFiles:
    """A key and a certificate with any name at all; the library's own builder warns of some."""
    key = ec.generate_private_key(ec.SECP256R1())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = (
            [] if name is None else [x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)]
        )
        subject = x509.Name(parts)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(clock - timedelta(days=1))
            .not_valid_after(clock + timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
    folder.mkdir()
    source = PemFiles(key=folder / "k.key", certificate=folder / "k.crt")
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    source.key.touch(mode=0o600)
    source.key.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    source.certificate.write_bytes(certificate.public_bytes(pem))
    return source


def test_there_are_two_hundred() -> None:
    assert len(names()) == 200


@pytest.mark.parametrize("part", range(10))
def test_any_name_signs_and_verifies(
    part: int, certified: bytes, local_trust: list[bytes], clock: datetime, tmp_path: Path
) -> None:
    for number, name in enumerate(names()[part::10]):
        source = pair(name, tmp_path / str(number), clock)
        with load_signer(source) as key:
            shown = (key.subject, key.common_name)
            signed = countersign(certified, key, role="dpo", name=key.common_name, clock=clock)
        own = source.certificate.read_bytes()
        check = check_pdf(signed, trust=[*local_trust, own], at=clock)
        assert check.holds, (name, check.faults)
        assert all(
            text and text.isprintable() and len(text) <= 300
            for text in (*shown, check.signatures[1].signer)
        )
        # beside the right one, a strange certificate changes nothing for a report that it did not sign
        assert check_pdf(certified, trust=[own, *local_trust], at=clock).holds
        assert all(facts(key.certificate).values())


DRAWN = 8
"""Names that the quick suite draws; all two hundred are slow."""


@pytest.mark.parametrize(
    "part",
    [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 200 // DRAWN))],
)
def test_any_name_is_drawn_into_the_box_that_is_signed(
    part: int, certified: bytes, local_trust: list[bytes], clock: datetime, tmp_path: Path
) -> None:
    field = next_reviewer_field(certified)
    size = field_size(certified, field) or (221.1, 73.7)
    for number, name in enumerate(names()[part :: 200 // DRAWN]):
        source = pair(name, tmp_path / str(number), clock)
        with load_signer(source) as key:
            shown = key.common_name
            said = {"role": "dpo", "clock": clock}
            page = render_stamp(name=shown, fingerprint="ab" * 32, size=size, **said)
            signed = countersign(certified, key, name=shown, appearance=page, **said)
        own = source.certificate.read_bytes()
        assert check_pdf(signed, trust=[*local_trust, own], at=clock).holds, name
        with pikepdf.open(io.BytesIO(signed)) as pdf:
            (box,) = [f for f in pdf.Root.AcroForm.Fields if "/V" in f and str(f.T) == field]
            drawn = box.AP.N
            assert drawn.Type == pikepdf.Name.XObject
            assert len(drawn.read_bytes()) > 20, name
            assert "/AA" not in box


@pytest.mark.parametrize("name", ["Bank בנק", None, "😀 Ada"])
def test_keys_show_prints_any_name(name: str | None, clock: datetime, tmp_path: Path) -> None:
    source = pair(name, tmp_path / "k", clock)
    done = CliRunner().invoke(keys_command, ["show", str(source.certificate)])
    assert (done.exit_code, done.exception) == (0, None)
    assert (name or "(no name)") in done.output


def test_keys_init_takes_what_can_be_printed_and_refuses_the_rest(
    clock: datetime, tmp_path: Path
) -> None:
    for number, name in enumerate(names()):
        folder = tmp_path / str(number)
        if name and name.strip() and len(name) <= 64 and name.isprintable():
            made = init_keys(folder, name=name, clock=clock)
            with load_signer(PemFiles(key=made.key, certificate=made.certificate)) as key:
                assert key.common_name == name.strip()
        else:
            with pytest.raises(KeyFileError, match="cannot stand in a certificate"):
                init_keys(folder, name=name or "", clock=clock)
            assert not folder.exists()


@pytest.mark.parametrize(
    "name", ['A, "B" + C=<D>; \\ #', "#lead", " lead ", "plain", "CN=Issuer,O=Else"]
)
def test_subjects_read_as_another_implementation_writes_them(
    name: str, clock: datetime, tmp_path: Path
) -> None:
    source = pair(name, tmp_path / "k", clock)
    loaded = x509.load_pem_x509_certificate(source.certificate.read_bytes())
    certificate = asn1.Certificate.load(loaded.public_bytes(serialization.Encoding.DER))
    assert describe(certificate) == loaded.subject.rfc4514_string()
    assert common_name_of(certificate) == name.strip()


def test_names_that_differ_only_in_composition_are_compared_not_refused() -> None:
    from raudit.signing.names import tolerate_names

    tolerate_names()
    composed = asn1.Name.build({"common_name": "Ada é א"})
    decomposed = asn1.Name.build({"common_name": unicodedata.normalize("NFD", "Ada é א")})
    assert composed == decomposed
    assert composed != asn1.Name.build({"common_name": "Bob א"})
