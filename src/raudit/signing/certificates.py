"""Certificates as bytes: read PEM or DER, describe a subject, take fingerprints."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from raudit.canonical import sha256
from raudit.errors import KeyFileError
from raudit.sentences import say
from raudit.signing.names import (
    issuer_name,
    names_itself,
    subject_name,
    tolerate_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The certificates in one file."""

    usable: tuple[Any, ...]
    """asn1crypto certificates that can be read to the end."""
    unusable: tuple[str, ...]
    """Why each of the others cannot be used."""


def given_certificates(data: bytes, *, where: str = "") -> Given:
    """Read one DER certificate, or every certificate of a PEM file, in its order.

    Both libraries behind this check a certificate piece by piece, when a piece is first asked for,
    so that one with a broken extension fails a report that it has nothing to do with. Here each is
    read to the end, and what cannot be is set aside with its reason.

    Raises
    ------
    KeyFileError
        If the file holds no certificate at all.
    """
    usable: list[Any] = []
    unusable: list[str] = []
    for number, der in enumerate(_blocks(data, where), start=1):
        try:
            usable.append(_read_whole(der))
        except Exception as error:  # noqa: BLE001 -- a certificate's bytes are hostile, and parsers' exceptions have no closed list
            unusable.append(
                say(
                    "certificate {number}{where} (SHA-256 {sha256}…) cannot be read, so nothing is "
                    "held against it ({kind})",
                    number=number,
                    where=say(" of {where}", where=where) if where else "",
                    sha256=sha256(der)[:16],
                    kind=type(error).__name__,
                )
            )
    return Given(usable=tuple(usable), unusable=tuple(unusable))


def _blocks(data: bytes, where: str) -> list[bytes]:
    """Split a file into the bytes of its certificates; what else a PEM file holds is passed over."""
    from asn1crypto import pem, x509

    kinds = {"CERTIFICATE", "X509 CERTIFICATE"}
    try:
        data = data.removeprefix(b"\xef\xbb\xbf")  # as some editors write
        if b"-----BEGIN" in data:
            found = [der for kind, _, der in pem.unarmor(data, multiple=True) if kind in kinds]
        else:
            x509.Certificate.load(data, strict=True)["tbs_certificate"].untag()
            found = [data]
    except (ValueError, TypeError):
        found = []
    if not found:
        raise KeyFileError(
            "this is no certificate",
            reference="certificate-unreadable",
            where=where,
            expected="an X.509 certificate in PEM or DER",
        )
    return found


def _read_whole(der: bytes) -> Any:
    """Parse a certificate with both libraries, as far as pyHanko ever looks into one."""
    from asn1crypto import x509
    from cryptography.x509 import load_der_x509_certificate

    tolerate_names()
    certificate = x509.Certificate.load(der, strict=True)
    if certificate.native is None or certificate.subject.hashable is None:
        raise ValueError("it is empty")
    certificate.issuer.hashable  # noqa: B018 -- computed, and refused, on first use
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of a serial number that is not positive, as old roots have
        parsed = load_der_x509_certificate(der)
        parsed.extensions  # noqa: B018 -- parsed on first use
    return certificate


def read_certificates(data: bytes, *, where: str = "") -> tuple[bytes, ...]:
    """Return the DER bytes of the certificates in a file, every one of which must be readable.

    Raises
    ------
    KeyFileError
        If there is none, or one cannot be read.
    """
    given = given_certificates(data, where=where)
    if given.unusable:
        raise KeyFileError(
            "a certificate cannot be read",
            reference="certificate-broken",
            where=where,
            got=given.unusable[0],
            hint="ask whoever issued it for another",
        )
    return tuple(certificate.dump() for certificate in given.usable)


def parse_all(certificates: Iterable[bytes]) -> list[Any]:
    """Parse PEM or DER certificates into asn1crypto's, which pyHanko wants; unusable ones are left out."""
    return [found for data in certificates for found in given_certificates(data).usable]


def unusable_certificates(certificates: Iterable[bytes]) -> tuple[str, ...]:
    """Say of each certificate that `parse_all` leaves out why it does."""
    return tuple(text for data in certificates for text in given_certificates(data).unusable)


def describe(certificate: object) -> str:
    """Write an asn1crypto certificate's subject as RFC 4514 does, such as ``CN=Ada,O=Example``; printable only."""
    return subject_name(certificate)


def to_pem(der: bytes) -> bytes:
    """Write a DER certificate as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def facts(der: bytes) -> dict[str, str]:
    """Tell what a certificate says about a signer, for a person or as JSON."""
    from asn1crypto import x509

    certificate = x509.Certificate.load(der)
    usage = certificate.key_usage_value
    own = names_itself(certificate)
    return {
        "subject": describe(certificate),
        "issuer": "itself: nobody else vouches for the name" if own else issuer_name(certificate),
        "valid_from": certificate.not_valid_before.isoformat(),
        "valid_until": certificate.not_valid_after.isoformat(),
        "key": _key_kind(certificate.public_key),
        "usage": ", ".join(sorted(usage.native)).replace("_", "-") if usage is not None else "any",
        "sha256": sha256(der),
    }


def _key_kind(public: Any) -> str:
    """Name a public key's algorithm, and its size where the algorithm alone does not fix it."""
    sized = public.algorithm in {"rsa", "rsassa_pss", "ec", "dsa"}
    return f"{public.algorithm} {public.bit_size}" if sized else str(public.algorithm)
