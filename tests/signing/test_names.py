"""Two hundred names of signers: each signs, verifies and is printed without an error and without a trick."""

from __future__ import annotations

import functools
import io
import random
import string
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
from raudit.report.fonts import embedded_faces
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


@functools.cache
def one_key() -> ec.EllipticCurvePrivateKey:
    """Names are tried here, not keys."""
    return ec.generate_private_key(ec.SECP256R1())


def pair(name: str | None, folder: Path, clock: datetime) -> PemFiles:
    """A key and a certificate with any name at all; the library's own builder warns of some."""
    key = one_key()
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


LIGHT = [*HARD[::2], *names()[-3:]]
"""Twenty that every suite takes through; the other 180 are slow."""
REST = [name for name in names() if name not in LIGHT]


def test_there_are_two_hundred() -> None:
    assert (len(names()), len(LIGHT), len({*LIGHT, *REST})) == (200, 20, len(set(names())))


@pytest.fixture
def faces_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The letters of all names are cut out of the fonts in one go: that alone costs half a second a name."""
    made: dict[tuple[str, ...], str] = {}
    letters = "".join(filter(str.isprintable, "".join(map(str, names())))) + string.printable

    def once(folders: object, _body: str, faces: tuple[str, ...]) -> str:
        if faces not in made:
            made[faces] = embedded_faces(folders, letters, faces)
        return made[faces]

    monkeypatch.setattr("raudit.report.stamp.embedded_faces", once)


@pytest.mark.usefixtures("faces_made_once")
@pytest.mark.parametrize(
    "part", [LIGHT, *(pytest.param(REST[n::9], marks=pytest.mark.slow) for n in range(9))]
)
def test_any_name_goes_through_keys_signature_verification_and_page(
    part: list[str | None],
    certified: bytes,
    local_trust: list[bytes],
    clock: datetime,
    tmp_path: Path,
) -> None:
    field = next_reviewer_field(certified)
    size = field_size(certified, field) or (221.1, 73.7)
    for number, name in enumerate(part):
        source = pair(name, tmp_path / str(number), clock)
        with load_signer(source) as key:
            shown = (key.subject, key.common_name)
            said = {"name": key.common_name, "role": "dpo", "clock": clock}
            page = render_stamp(fingerprint="ab" * 32, size=size, **said)
            signed = countersign(certified, key, appearance=page, **said)
        own = source.certificate.read_bytes()
        # One more stranger beside the right ones changes nothing for what it did not sign.
        strange = pair(f"{name} ", tmp_path / f"{number} strange", clock).certificate.read_bytes()
        check = check_pdf(signed, trust=[strange, *local_trust, own], at=clock)
        assert check.holds, (name, check.faults)
        assert all(
            text and text.isprintable() and len(text) <= 300
            for text in (*shown, check.signatures[1].signer)
        )
        assert all(facts(key.certificate).values())
        assert drawn(signed, field), name
        done = CliRunner().invoke(keys_command, ["show", str(source.certificate)])
        assert (done.exit_code, done.exception) == (0, None), name
        assert done.output.replace("\n", "").isprintable(), name


def drawn(signed: bytes, field: str) -> bool:
    """Whether the box of a signature shows something, and does nothing."""
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        (box,) = [f for f in pdf.Root.AcroForm.Fields if "/V" in f and str(f.T) == field]
        shows = box.AP.N
        return (
            shows.Type == pikepdf.Name.XObject
            and len(shows.read_bytes()) > 20
            and "/AA" not in box
            and "/A" not in box
        )


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
