"""Where a signing key is kept: PEM files, a PKCS#12 file or a PKCS#11 token.

Files and tokens are named by options, plan or environment; secrets come from the environment alone, never from argv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from raudit.errors import KeyFileError

PKCS12_SUFFIXES = frozenset({".p12", ".pfx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PemFiles:
    """A private key in PEM or DER, and its certificate with any chain."""

    key: Path
    """Private key; refused if others may read it."""
    certificate: Path
    """Certificate first, then its chain."""
    passphrase: str | None = field(default=None, repr=False)
    """Opens an encrypted key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs12File:
    """A PKCS#12 bundle of key, certificate and chain."""

    path: Path
    """The bundle; refused if others may read it."""
    passphrase: str | None = field(default=None, repr=False)
    """Opens the bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Token:
    """A key that never leaves its hardware token."""

    module: Path
    """The vendor's PKCS#11 library."""
    token: str
    """Label of the token."""
    key_label: str
    """Label of the private key."""
    certificate_label: str
    """Label of the certificate on the token; by default the key's."""
    pin: str | None = field(default=None, repr=False)
    """Opens the token."""
    certificate: Path | None = None
    """The certificate and its chain as a file, for tokens that hold only a key."""


KeySource = PemFiles | Pkcs12File | Pkcs11Token


def source_from_environment(
    environ: Mapping[str, str],
    *,
    key_file: Path | None = None,
    certificate_file: Path | None = None,
) -> KeySource | None:
    """Find out from the environment which key to sign with.

    ``RAUDIT_KEY_FILE`` (PEM, DER, .p12 or .pfx), ``RAUDIT_KEY_PASSPHRASE``, ``RAUDIT_CERT_FILE`` (by default the file
    beside the key with the suffix .crt or .pem), or ``RAUDIT_PKCS11_MODULE``, ``RAUDIT_PKCS11_TOKEN``,
    ``RAUDIT_PKCS11_KEY``, ``RAUDIT_PKCS11_CERT``, ``RAUDIT_PKCS11_PIN``.

    Parameters
    ----------
    environ
        Usually ``os.environ``.
    key_file, certificate_file
        Paths from the plan or a command's options; they come before the environment's.

    Returns
    -------
    KeySource or None
        None if neither the arguments nor the environment name a key.

    Raises
    ------
    KeyFileError
        If what they name is incomplete.
    """
    named_key, named_certificate = environ.get("RAUDIT_KEY_FILE"), environ.get("RAUDIT_CERT_FILE")
    key = key_file or (Path(named_key) if named_key else None)
    certificate = certificate_file or (Path(named_certificate) if named_certificate else None)
    module = environ.get("RAUDIT_PKCS11_MODULE")
    if key is None and module:
        return _token(environ, Path(module), certificate)
    if key is None:
        return None
    passphrase = environ.get("RAUDIT_KEY_PASSPHRASE") or None
    if key.suffix.lower() in PKCS12_SUFFIXES:
        return Pkcs12File(path=key, passphrase=passphrase)
    return PemFiles(key=key, certificate=certificate or _beside(key), passphrase=passphrase)


def _token(environ: Mapping[str, str], module: Path, certificate: Path | None) -> Pkcs11Token:
    token, key_label = environ.get("RAUDIT_PKCS11_TOKEN"), environ.get("RAUDIT_PKCS11_KEY")
    if not token or not key_label:
        raise KeyFileError(
            "RAUDIT_PKCS11_MODULE is set, but not which key on which token",
            reference="pkcs11-incomplete",
            expected="RAUDIT_PKCS11_TOKEN and RAUDIT_PKCS11_KEY, and usually RAUDIT_PKCS11_PIN",
            hint="pkcs11-tool --module FILE --list-token-slots shows the labels",
        )
    return Pkcs11Token(
        module=module,
        token=token,
        key_label=key_label,
        certificate_label=environ.get("RAUDIT_PKCS11_CERT") or key_label,
        pin=environ.get("RAUDIT_PKCS11_PIN") or None,
        certificate=certificate,
    )


def _beside(key: Path) -> Path:
    candidates = [
        key.with_suffix(suffix) for suffix in (".crt", ".pem", ".cer") if suffix != key.suffix
    ]
    for path in candidates:
        if path.is_file():
            return path
    raise KeyFileError(
        "no certificate was found beside the key",
        reference="certificate-missing",
        where=str(key),
        expected=" or ".join(path.name for path in candidates),
        hint="set RAUDIT_CERT_FILE to the certificate's path",
    )
