"""Keys: made, loaded from every source, and refused for every reason."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from raudit.errors import KeyFileError, UsageError
from raudit.signing.keys import SigningKey, load_signer
from raudit.signing.selfsigned import KeyPaths, init_keys
from raudit.signing.sign import certify
from raudit.signing.sources import PemFiles, Pkcs11Token, Pkcs12File, source_from_environment


def write(path: Path, data: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(data)
    return path


def pair(key: Any, clock: datetime, *, usage: bool = True) -> tuple[bytes, bytes]:
    """Make a PEM key and a self-signed certificate for it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(clock - timedelta(days=1))
        .not_valid_after(clock + timedelta(days=30))
    )
    if not usage:
        flags = dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, **flags), critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, builder.sign(key, algorithm).public_bytes(pem)


def load(folder: Path, private: bytes, certificate: bytes) -> SigningKey:
    return load_signer(
        PemFiles(
            key=write(folder / "k.key", private), certificate=write(folder / "k.crt", certificate)
        )
    )


def test_init_writes_a_key_for_its_owner_alone(local: KeyPaths) -> None:
    assert local.key.stat().st_mode & 0o777 == 0o600
    assert local.key.parent.stat().st_mode & 0o077 == 0
    certificate = x509.load_pem_x509_certificate(local.certificate.read_bytes())
    assert certificate.fingerprint(hashes.SHA256()).hex() == local.fingerprint
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_notice_says_what_is_not_proven(local: KeyPaths) -> None:
    assert "does not prove" in local.notice
    assert "Nobody has checked" in local.notice
    assert local.fingerprint[:4] in local.notice


def test_init_overwrites_nothing(tmp_path: Path, clock: datetime) -> None:
    first = init_keys(tmp_path, name="A", clock=clock)
    before = first.key.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        init_keys(tmp_path, name="A", clock=clock)
    first.certificate.unlink()
    with pytest.raises(KeyFileError, match="never overwritten"):
        init_keys(tmp_path, name="A", clock=clock)
    assert first.key.read_bytes() == before
    assert not first.certificate.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "\u202eevil"])
def test_init_refuses_names_a_certificate_cannot_hold(
    name: str, tmp_path: Path, clock: datetime
) -> None:
    with pytest.raises(KeyFileError):
        init_keys(tmp_path, name=name, clock=clock)
    assert not list(tmp_path.iterdir())


def test_openssl_reads_what_init_writes(local: KeyPaths) -> None:
    for arguments in (
        ["x509", "-in", str(local.certificate), "-noout"],
        ["pkey", "-in", str(local.key), "-noout"],
    ):
        assert subprocess.run(["openssl", *arguments], capture_output=True).returncode == 0


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o601])
def test_an_exposed_key_is_refused_with_the_command_that_helps(
    mode: int, tmp_path: Path, clock: datetime
) -> None:
    paths = init_keys(tmp_path, name="A", clock=clock)
    paths.key.chmod(mode)
    with pytest.raises(KeyFileError, match="open to other users") as caught:
        load_signer(PemFiles(key=paths.key, certificate=paths.certificate))
    assert caught.value.hint.startswith(f"chmod 600 {paths.key}")
    assert caught.value.got == f"mode {mode:04o}"


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path, clock: datetime) -> None:
    paths = init_keys(tmp_path, name="A", clock=clock, passphrase="open sesame")
    assert b"ENCRYPTED" in paths.key.read_bytes()
    for passphrase in (None, "wrong"):
        with pytest.raises(KeyFileError, match="key") as caught:
            load_signer(
                PemFiles(key=paths.key, certificate=paths.certificate, passphrase=passphrase)
            )
        assert caught.value.reference == "key-passphrase"
        assert "wrong" not in str(caught.value)
    assert load_signer(
        PemFiles(key=paths.key, certificate=paths.certificate, passphrase="open sesame")
    ).self_signed


def test_a_passphrase_for_a_plain_key_does_no_harm(local: KeyPaths) -> None:
    load_signer(PemFiles(key=local.key, certificate=local.certificate, passphrase="unneeded"))


def test_sources_never_show_their_secrets() -> None:
    shown = repr(PemFiles(key=Path("k"), certificate=Path("c"), passphrase="hush")) + repr(
        Pkcs11Token(module=Path("m"), token="t", key_label="k", certificate_label="c", pin="hush")
    )
    assert "hush" not in shown


def test_a_signing_key_shows_no_key_material(local_key: SigningKey) -> None:
    assert len(repr(local_key)) < 400


def test_pkcs12_with_chain(tmp_path: Path, authority: Any) -> None:
    key = authority.signer("issuer")
    assert key.common_name == "Issuer"
    assert not key.self_signed
    assert authority.certificate("inter") in key.chain


def test_pkcs12_exposed_or_wrong_passphrase(tmp_path: Path, clock: datetime) -> None:
    private, certificate = pair(ec.generate_private_key(ec.SECP256R1()), clock)
    bundle = pkcs12.serialize_key_and_certificates(
        b"x",
        serialization.load_pem_private_key(private, None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(certificate),
        None,
        serialization.BestAvailableEncryption(b"right"),
    )
    path = write(tmp_path / "k.p12", bundle)
    assert load_signer(Pkcs12File(path=path, passphrase="right")).common_name == "Test"
    with pytest.raises(KeyFileError, match="cannot be opened"):
        load_signer(Pkcs12File(path=path, passphrase="wrong"))
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="open to other users"):
        load_signer(Pkcs12File(path=path, passphrase="right"))


def test_another_keys_certificate_is_refused(tmp_path: Path, clock: datetime) -> None:
    private, _ = pair(ec.generate_private_key(ec.SECP256R1()), clock)
    _, certificate = pair(ec.generate_private_key(ec.SECP256R1()), clock)
    with pytest.raises(KeyFileError, match="another key"):
        load(tmp_path, private, certificate)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
        (lambda: rsa.generate_private_key(65537, 1024), "1024 bits"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
    ],
    ids=["ed25519", "short-rsa", "odd-curve"],
)
def test_keys_that_readers_cannot_check_are_refused(
    make: Any, named: str, tmp_path: Path, clock: datetime
) -> None:
    with pytest.raises(KeyFileError, match="common PDF readers") as caught:
        load(tmp_path, *pair(make(), clock))
    assert named in caught.value.got


def test_a_certificate_for_something_else_is_refused(tmp_path: Path, clock: datetime) -> None:
    with pytest.raises(KeyFileError, match="not for signing documents"):
        load(tmp_path, *pair(ec.generate_private_key(ec.SECP256R1()), clock, usage=False))


def test_garbage_and_missing_files(tmp_path: Path, local: KeyPaths) -> None:
    garbage = write(tmp_path / "g", b"garbage")
    with pytest.raises(KeyFileError, match="cannot be opened"):
        load_signer(PemFiles(key=garbage, certificate=local.certificate))
    with pytest.raises(KeyFileError, match="no certificate"):
        load_signer(PemFiles(key=local.key, certificate=garbage))
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_signer(PemFiles(key=tmp_path / "none", certificate=local.certificate))
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_signer(PemFiles(key=local.key, certificate=tmp_path / "none"))


def test_an_expired_certificate_does_not_sign(
    base_pdf: bytes, tmp_path: Path, clock: datetime
) -> None:
    paths = init_keys(tmp_path, name="A", clock=clock - timedelta(days=10), days=5)
    key = load_signer(PemFiles(key=paths.key, certificate=paths.certificate))
    with pytest.raises(UsageError, match="not valid at the time"):
        certify(base_pdf, key, reason="Issued", name="A", clock=clock)


def test_the_environment_names_the_source(tmp_path: Path, local: KeyPaths) -> None:
    assert source_from_environment({}) is None
    key = str(local.key)
    assert source_from_environment(
        {"RAUDIT_KEY_FILE": key, "RAUDIT_KEY_PASSPHRASE": "p"}
    ) == PemFiles(key=local.key, certificate=local.certificate, passphrase="p")
    assert source_from_environment({"RAUDIT_KEY_FILE": "a.p12"}) == Pkcs12File(path=Path("a.p12"))
    assert source_from_environment(
        {"RAUDIT_KEY_FILE": "a.key"}, key_file=Path("b.pfx")
    ) == Pkcs12File(path=Path("b.pfx"))
    token = {
        "RAUDIT_PKCS11_MODULE": "/lib/x.so",
        "RAUDIT_PKCS11_TOKEN": "t",
        "RAUDIT_PKCS11_KEY": "k",
    }
    assert source_from_environment({**token, "RAUDIT_PKCS11_PIN": "1"}) == Pkcs11Token(
        module=Path("/lib/x.so"), token="t", key_label="k", certificate_label="k", pin="1"
    )
    with pytest.raises(KeyFileError, match="not which key"):
        source_from_environment({"RAUDIT_PKCS11_MODULE": "/lib/x.so"})
    with pytest.raises(KeyFileError, match="no certificate was found"):
        source_from_environment({"RAUDIT_KEY_FILE": str(tmp_path / "lonely.key")})


SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


def test_a_pkcs11_token_signs(
    base_pdf: bytes, local: KeyPaths, local_trust: list[bytes], tmp_path: Path, clock: datetime
) -> None:
    pytest.importorskip("pkcs11")
    if not SOFTHSM.exists():
        pytest.skip("softhsm2 is not installed")
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    script = f"""
import sys
from datetime import datetime
from pathlib import Path
from raudit.signing.check import check_pdf
from raudit.signing.keys import load_signer
from raudit.signing.sign import certify
from raudit.signing.sources import Pkcs11Token
source = Pkcs11Token(module=Path("{SOFTHSM}"), token="raudit", key_label="signer", certificate_label="signer",
                     pin=sys.argv[1], certificate=Path("{local.certificate}"))
with load_signer(source) as key:
    pdf = certify(Path("{tmp_path}/base.pdf").read_bytes(), key, reason="Issued", name="T",
                  clock=datetime.fromisoformat("{clock.isoformat()}"))
assert check_pdf(pdf, trust=[Path("{local.certificate}").read_bytes()]).holds
"""
    (tmp_path / "base.pdf").write_bytes(base_pdf)
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, env=environment, capture_output=True, text=True)

    initialised = run(
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "raudit",
        "--so-pin",
        "12345678",
        "--pin",
        "1234",
    )
    if initialised.returncode != 0:
        pytest.skip("softhsm2-util could not make a token")
    imported = run(
        "softhsm2-util",
        "--import",
        str(local.key),
        "--token",
        "raudit",
        "--label",
        "signer",
        "--id",
        "01",
        "--pin",
        "1234",
    )
    assert imported.returncode == 0, imported.stderr
    import sys

    done = run(sys.executable, "-c", script, "1234")
    assert done.returncode == 0, done.stderr
    wrong = run(sys.executable, "-c", script, "9999")
    assert "KeyFileError" in wrong.stderr
    assert "9999" not in wrong.stderr.splitlines()[-1]
