"""A signed statement beside the PDF, for machines: in-toto Statement v1 in a DSSE envelope.

References: DSSE 1.0.2 protocol (pre-authentication encoding); in-toto Attestation Framework, Statement v1.
The signer's certificate travels in the signature's ``certificate`` member and its chain in ``intermediates``, each the
base64 of PEM; verifiers that know only ``keyid`` and ``sig`` pass over them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from raudit.canonical import Json, Sha256, canonical_bytes, sha256
from raudit.dsse import PAYLOAD_TYPE, STATEMENT_TYPE, pre_authentication_encoding
from raudit.signing.certificates import describe, parse_all, read_certificates, to_pem
from raudit.signing.keys import SigningKey
from raudit.signing.loop import run
from raudit.signing.trust import SIGNING_USAGES, Trust
from raudit.signing.verdict import Fault, FaultCode

MAX_ENVELOPE = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What checking a DSSE envelope establishes."""

    subject_name: str
    """The file the statement is about."""
    subject_sha256: str
    """Its digest; compare it with the file in hand."""
    predicate_type: str
    """A URI that says how to read the predicate."""
    predicate: Json
    """What is stated."""
    signer: str
    """Subject of the signer's certificate."""
    fingerprint: str
    """SHA-256 of the signer's certificate."""
    faults: tuple[Fault, ...]
    """What is wrong or unproven; empty if the statement is intact and its signer trusted."""

    @property
    def holds(self) -> bool:
        """Whether the statement is intact and its signer trusted."""
        return not self.faults


def attest(
    subject_name: str, subject_sha256: str, predicate_type: str, predicate: Json, key: SigningKey
) -> bytes:
    """State something about a file, named by its digest, and sign the statement.

    Parameters
    ----------
    subject_name, subject_sha256
        The file, usually the PDF as issued.
    predicate_type
        A URI that names the predicate's format.
    predicate
        Any JSON object.

    Returns
    -------
    bytes
        A DSSE envelope as canonical JSON, for a file named ``*.intoto.jsonl``.
    """
    statement: Json = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject_name, "digest": {"sha256": subject_sha256}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    payload = canonical_bytes(statement)
    signature = run(
        key.signer.async_sign_raw(pre_authentication_encoding(PAYLOAD_TYPE, payload), "sha256")
    )
    signed: dict[str, Json] = {
        "keyid": key.fingerprint,
        "sig": _text(signature),
        "certificate": _text(to_pem(key.certificate)),
    }
    if key.chain:
        signed["intermediates"] = [_text(to_pem(item)) for item in key.chain]
    return canonical_bytes(
        {"payload": _text(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signed]}
    )


def check_attestation(
    envelope: bytes, *, trust: Sequence[bytes] = (), at: datetime | None = None
) -> Attestation:
    """Check a statement's signature and its signer; hostile bytes give faults, never exceptions.

    Parameters
    ----------
    trust
        Certificates to believe, PEM or DER.
    at
        The time at which the signer's certificate is judged; by default now.

    Raises
    ------
    KeyFileError
        If `trust` holds something that is no certificate.
    """
    anchors = tuple(parse_all(trust))
    try:
        payload, signature, certificates = _open(envelope)
        statement = _statement(payload)
    except Exception as error:  # noqa: BLE001 -- hostile bytes; parsers' exceptions have no closed list
        fault = Fault(
            code=FaultCode.UNREADABLE,
            detail=f"this is no signed statement ({type(error).__name__})",
        )
        return _result(statement={}, certificate=None, faults=(fault,))
    own, *others = parse_all(certificates)
    if not _genuine(own, signature, pre_authentication_encoding(PAYLOAD_TYPE, payload)):
        fault = Fault(
            code=FaultCode.SIGNATURE_INVALID,
            detail="the statement was not signed with this certificate",
        )
        return _result(statement=statement, certificate=own, faults=(fault,))
    found = Trust(signers=anchors, authorities=(), certificates=tuple(others))
    return _result(
        statement=statement,
        certificate=own,
        faults=_signer_faults(own, found, at or datetime.now(UTC)),
    )


def _open(envelope: bytes) -> tuple[bytes, bytes, list[bytes]]:
    if len(envelope) > MAX_ENVELOPE:
        _refuse("too large")
    outer = json.loads(envelope)
    if outer["payloadType"] != PAYLOAD_TYPE or len(outer["signatures"]) != 1:
        _refuse("not one signature over an in-toto statement")
    signed = outer["signatures"][0]
    certificates = [
        _bytes(signed["certificate"]),
        *(_bytes(item) for item in signed.get("intermediates", ())),
    ]
    ders = [der for data in certificates for der in read_certificates(data)]
    if signed.get("keyid", "") not in {"", sha256(ders[0])}:
        _refuse("keyid names another certificate")
    return _bytes(outer["payload"]), _bytes(signed["sig"]), ders


def _statement(payload: bytes) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(payload)
    subject = statement["subject"]
    if statement["_type"] != STATEMENT_TYPE or len(subject) != 1:
        _refuse("not a statement about one file")
    if not all(
        isinstance(text, str) for text in (subject[0]["name"], subject[0]["digest"]["sha256"])
    ):
        _refuse("no name and digest")
    return statement


def _genuine(certificate: Any, signature: bytes, message: bytes) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    try:
        public = x509.load_der_x509_certificate(certificate.dump()).public_key()
        match public:
            case ec.EllipticCurvePublicKey():
                public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
            case rsa.RSAPublicKey():
                public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _signer_faults(certificate: Any, trust: Trust, moment: datetime) -> tuple[Fault, ...]:
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import ValidationError

    if not trust.signers:
        return (Fault(code=FaultCode.NO_TRUST_GIVEN, detail="no certificate was given to trust"),)
    start, end = certificate.not_valid_before, certificate.not_valid_after
    if not start <= moment <= end:
        period = f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
        return (
            Fault(code=FaultCode.OUTSIDE_VALIDITY, detail=f"the certificate is valid {period}"),
        )
    validator = CertificateValidator(certificate, validation_context=trust.for_signer(moment))
    try:
        usages = set(SIGNING_USAGES & _usages(certificate)) or set(SIGNING_USAGES)
        run(validator.async_validate_usage(usages))  # type: ignore[no-untyped-call]
    except (ValidationError, ValueError) as error:
        return (Fault(code=FaultCode.UNTRUSTED_SIGNER, detail=str(error)[:200]),)
    return ()


def _usages(certificate: Any) -> set[str]:
    usage = certificate.key_usage_value
    return set(SIGNING_USAGES) if usage is None else set(usage.native)


def _result(
    *, statement: dict[str, Any], certificate: Any, faults: tuple[Fault, ...]
) -> Attestation:
    subject = statement.get("subject", [{"name": "", "digest": {"sha256": ""}}])[0]
    return Attestation(
        subject_name=subject["name"],
        subject_sha256=subject["digest"]["sha256"],
        predicate_type=str(statement.get("predicateType", "")),
        predicate=statement.get("predicate"),
        signer=describe(certificate) if certificate is not None else "",
        fingerprint=Sha256(sha256(certificate.dump())) if certificate is not None else "",
        faults=faults,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("not base64") from error


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)
