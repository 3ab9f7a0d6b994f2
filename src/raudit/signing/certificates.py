"""Certificates as bytes: read PEM or DER, describe a subject, take fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from raudit.errors import KeyFileError
from raudit.signing.names import issuer_name, names_itself, subject_name, tolerate_names


def read_certificates(data: bytes, *, where: str = "") -> tuple[bytes, ...]:
    """Read one DER certificate, or every certificate of a PEM file, in its order.

    Returns
    -------
    tuple of bytes
        Each certificate's DER bytes; never empty.

    Raises
    ------
    KeyFileError
        If there is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        found = (
            x509.load_pem_x509_certificates(data)
            if b"-----BEGIN" in data
            else [x509.load_der_x509_certificate(data)]
        )
    except ValueError as error:
        raise KeyFileError(
            "this is no certificate",
            reference="certificate-unreadable",
            where=where,
            expected="an X.509 certificate in PEM or DER",
        ) from error
    return tuple(cert.public_bytes(serialization.Encoding.DER) for cert in found)


def parse_all(certificates: Iterable[bytes]) -> list[Any]:
    """Parse PEM or DER certificates into asn1crypto's, which pyHanko wants."""
    from asn1crypto import x509

    tolerate_names()
    return [x509.Certificate.load(der) for data in certificates for der in read_certificates(data)]


def describe(certificate: Any) -> str:
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

    from raudit.canonical import sha256

    certificate = x509.Certificate.load(der)
    usage = certificate.key_usage_value
    own = names_itself(certificate)
    return {
        "subject": describe(certificate),
        "issuer": "itself: nobody else vouches for the name" if own else issuer_name(certificate),
        "valid_from": certificate.not_valid_before.isoformat(),
        "valid_until": certificate.not_valid_after.isoformat(),
        "key": f"{certificate.public_key.algorithm} {certificate.public_key.bit_size}",
        "usage": ", ".join(sorted(usage.native)).replace("_", "-") if usage is not None else "any",
        "sha256": sha256(der),
    }
