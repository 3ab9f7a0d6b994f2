"""A person's private key: read from a file, used, and never printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, sha256
from raudit.errors import KeyFileError
from raudit.statements.hashes import hash_for

PASSPHRASE_VARIABLE = "RAUDIT_KEY_PASSPHRASE"  # noqa: S105 -- the variable's name
MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """A private key that signs statements."""

    private: Any = field(repr=False)
    spki: bytes = field(repr=False)

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the SubjectPublicKeyInfo."""
        return sha256(self.spki)

    def sign(self, message: bytes) -> bytes:
        """Sign: Ed25519, ECDSA with SHA-256 (SHA-384 on P-384), or RSA PKCS #1 v1.5 with SHA-256."""
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

        signature: bytes
        match self.private:
            case ed25519.Ed25519PrivateKey():
                signature = self.private.sign(message)
            case ec.EllipticCurvePrivateKey():
                signature = self.private.sign(
                    message, ec.ECDSA(hash_for(self.private.public_key()))
                )
            case _:
                signature = self.private.sign(
                    message, padding.PKCS1v15(), hash_for(self.private.public_key())
                )
        return signature


def load_person_key(path: Path, *, passphrase: str | None = None) -> PersonKey:
    """Read a private key: PEM (PKCS #8 and older), OpenSSH, or PKCS #12.

    Raises
    ------
    KeyFileError
        If it is not there, needs another passphrase, or is of another kind than Ed25519, ECDSA and RSA.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise KeyFileError(
            "the key cannot be read",
            reference="key-unreadable",
            where=str(path),
            got=error.strerror or "",
            hint="check the path of --key",
        ) from error
    secret = passphrase.encode() if passphrase else None
    fault = ""
    for reader in _readers():
        try:
            private = reader(data, secret)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            fault = fault or _cause(error)
            continue
        if not isinstance(
            private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        ):
            break
        spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PersonKey(private=private, spki=spki)
    # Nothing of what a library says is passed on: it may quote the file.
    raise KeyFileError(
        "this is no private key that can sign",
        reference="person-key",
        where=str(path),
        got=fault,
        expected="an Ed25519, ECDSA or RSA key in PEM, OpenSSH or PKCS #12",
        hint=f"a key with a passphrase takes it from {PASSPHRASE_VARIABLE}",
    )


def _cause(error: Exception) -> str:
    asked = "password" in str(error).lower() or "passphrase" in str(error).lower()
    return "a key that needs a passphrase, or another one" if asked else ""


def _readers() -> tuple[Callable[[bytes, bytes | None], Any], ...]:
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    return (
        load_pem_private_key,
        load_ssh_private_key,
        lambda data, secret: load_key_and_certificates(data, secret)[0],
    )
