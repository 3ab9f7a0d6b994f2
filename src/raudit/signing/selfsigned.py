"""A local key and certificate for first use, and plain words on what they prove."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from raudit.errors import KeyFileError

KEY_NAME = "raudit-signing.key"
CERTIFICATE_NAME = "raudit-signing.crt"
DEFAULT_DAYS = 1095


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPaths:
    """Where a new key and its certificate were written."""

    key: Path
    """Private key, PKCS#8 in PEM, readable by its owner alone."""
    certificate: Path
    """Certificate in PEM; this is the file to hand to whoever verifies reports."""
    fingerprint: str
    """SHA-256 of the certificate's DER bytes, 64 lower-case hexadecimal digits."""
    not_after: datetime
    """When the certificate ends."""
    notice: str
    """What the pair proves and what it does not, for a person to read."""


def init_keys(
    folder: Path,
    *,
    name: str,
    clock: datetime,
    days: int = DEFAULT_DAYS,
    passphrase: str | None = None,
) -> KeyPaths:
    """Make an ECDSA P-256 key and a certificate that it signs itself.

    The certificate is an end entity (CA false) for signing documents only (digital signature and non-repudiation),
    so it can vouch for nothing but reports. Key and serial number are random: two calls never agree.

    Parameters
    ----------
    folder
        Created, for its owner alone, if it does not exist.
    name
        Common name in the certificate: who the signer says they are.
    clock
        Start of validity; must be aware of its time zone.
    days
        Length of validity.
    passphrase
        Encrypts the key file if given.

    Raises
    ------
    KeyFileError
        If a key or certificate is already there (neither is ever overwritten), or the name cannot be used.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    _check_name(name)
    if days < 1:
        raise KeyFileError(
            "a certificate must last",
            reference="key-days",
            got=f"{days} days",
            expected="1 or more",
        )
    key_path, certificate_path = folder / KEY_NAME, folder / CERTIFICATE_NAME
    for path in (key_path, certificate_path):
        if path.exists():
            raise KeyFileError(
                "a key or certificate is already there and is never overwritten",
                reference="key-exists",
                where=str(path),
                hint="use another folder, or move the old pair away; reports signed with it still need its certificate",
            )
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(private, name, clock, days)
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(
        key_path,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ),
        mode=0o600,
    )
    _write_new(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    from cryptography.hazmat.primitives import hashes

    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    return KeyPaths(
        key=key_path,
        certificate=certificate_path,
        fingerprint=fingerprint,
        not_after=certificate.not_valid_after_utc,
        notice=notice(name, fingerprint, certificate.not_valid_after_utc),
    )


def notice(name: str, fingerprint: str, not_after: datetime) -> str:
    """Say what a self-signed pair proves and what it does not."""
    return f"""\
What this key proves
  A report signed with it was not changed afterwards, and was signed by someone who holds the key file.
What it does not prove
  Who that is. Nobody has checked that the holder is "{name}": the certificate is signed by its own key.
  When it was. The time in a signature is the signing computer's clock, unless a time stamp authority is configured.
  That the key was still secret. There is no revocation: if the file leaks, tell everyone who holds the certificate.
What a verifier needs from you
  The certificate file, or this fingerprint, by a way other than the report itself:
  SHA-256 {grouped(fingerprint)}
The certificate ends on {not_after:%Y-%m-%d}. For reports that others must rely on, use a certificate from an
authority they already trust, and a time stamp authority."""


def grouped(fingerprint: str) -> str:
    """Write a fingerprint in groups of four digits, as people compare them."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def _check_name(name: str) -> None:
    # RFC 5280 appendix A.1, ub-common-name
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise KeyFileError(
            "the name cannot stand in a certificate",
            reference="key-name",
            got=repr(name)[:80],
            expected="1 to 64 printable characters",
        )


def _certificate(private, name: str, clock: datetime, days: int):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock)
        .not_valid_after(clock + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False
        )
        .sign(private, hashes.SHA256())
    )


def _write_new(path: Path, data: bytes, *, mode: int) -> None:
    # O_EXCL and the mode at creation: the key is never readable by others, not even for a moment
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
