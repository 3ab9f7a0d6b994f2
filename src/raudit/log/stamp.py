"""RFC 3161 time stamps of checkpoints: the request to send, and what came back, verified. Nothing here uses a network.

A time stamp bounds the age of everything before the checkpoint: an authority outside signed its digest at that time.
The same token verifies with ``openssl ts -verify``.

References
----------
RFC 3161, sections 2.4.1 (request), 2.4.2 (response); RFC 5652, section 5.4 (what is signed); RFC 5816 (ESSCertIDv2).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from raudit.errors import LogError, LogIntegrityError

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_MAX_CHAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A verified time stamp."""

    time: datetime
    """When the authority signed, by its clock."""
    authority: str
    """Subject of its certificate."""


def stamp_request(checkpoint: str, *, nonce: int) -> bytes:
    """Make the request for a time stamp over a signed checkpoint; send it as ``application/timestamp-query``.

    Parameters
    ----------
    checkpoint
        The signed note.
    nonce
        64 random bits, so that an old answer is not taken for a new one.
    """
    from asn1crypto import tsp

    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": hashlib.sha256(checkpoint.encode()).digest(),
    }
    request = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )
    return bytes(request.dump())


def verify_stamp(token: bytes, checkpoint: str, trust: Sequence[bytes]) -> Stamp:
    """Verify a time stamp over a signed checkpoint.

    Parameters
    ----------
    token
        The authority's response, or the token in it; DER.
    checkpoint
        The signed note.
    trust
        Certificates that are trusted, PEM: roots, or the authority's own.

    Raises
    ------
    LogIntegrityError
        If the authority refused, the stamp is of something else, a signature does not verify, or no trusted
        certificate stands behind it at the time it names.
    """
    try:
        return _verify(token, checkpoint, trust)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise _refused("it is malformed", got=str(error)[:80]) from error
    except InvalidSignature as error:
        raise _refused("a signature in it does not verify") from error


def pack(checkpoint: str, token: bytes) -> str:
    """Put a checkpoint and its stamp into one text, for the store."""
    return base64.b64encode(token).decode() + "\n" + checkpoint


def unpack(text: str) -> tuple[str, bytes]:
    """Take apart what `pack` made: the checkpoint and the stamp."""
    encoded, _, checkpoint = text.partition("\n")
    try:
        return checkpoint, base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise _refused("what the store keeps of it is malformed") from error


def _verify(token: bytes, checkpoint: str, trust: Sequence[bytes]) -> Stamp:
    signed, info = _unpack(token)
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise _refused("its digest is not SHA-256")
    if imprint["hashed_message"].native != hashlib.sha256(checkpoint.encode()).digest():
        raise _refused("it is of something else than this checkpoint")
    (signer,) = signed["signer_infos"]
    embedded = [x509.load_der_x509_certificate(c.chosen.dump()) for c in signed["certificates"]]
    certificate = _signer_certificate(signer, embedded)
    _signature(signed, signer, certificate)
    time: datetime = info["gen_time"].native
    _chain(
        certificate,
        embedded,
        [c for pem in trust for c in x509.load_pem_x509_certificates(pem)],
        time,
    )
    return Stamp(time=time, authority=certificate.subject.rfc4514_string())


def _unpack(token: bytes) -> tuple[Any, Any]:
    from asn1crypto import cms, tsp

    try:
        response = tsp.TimeStampResp.load(token, strict=True)
        status = response["status"]["status"].native
        if status not in {"granted", "granted_with_mods"}:
            raise _refused("the authority did not grant it", got=status)
        content = response["time_stamp_token"]
    except ValueError:
        content = cms.ContentInfo.load(token, strict=True)
    signed = content["content"]
    if signed["encap_content_info"]["content_type"].native != "tst_info":
        raise _refused("it is no time stamp")
    return signed, signed["encap_content_info"]["content"].parsed


def _signer_certificate(signer: Any, embedded: Sequence[x509.Certificate]) -> x509.Certificate:
    name = signer["sid"].chosen
    found = [
        c
        for c in embedded
        if c.serial_number == name["serial_number"].native
        and c.issuer.public_bytes() == name["issuer"].dump()
    ]
    if not found:
        raise _refused("the authority's certificate is not in it")
    try:
        usage = found[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise _refused("the signer is no time stamp authority") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise _refused("the signer is no time stamp authority")
    return found[0]


def _signature(signed: Any, signer: Any, certificate: x509.Certificate) -> None:
    """Check digest, content type, the binding to the certificate, and the signature over these attributes."""
    attributes = {
        attribute["type"].native: attribute["values"][0] for attribute in signer["signed_attrs"]
    }
    name = signer["digest_algorithm"]["algorithm"].native
    algorithm = _HASHES.get(name)
    if algorithm is None:
        raise _refused("its digest is too weak", got=name)
    content = signed["encap_content_info"]["content"].contents
    if attributes["message_digest"].native != hashlib.new(name, content).digest():
        raise _refused("its content was changed")
    if attributes["content_type"].native != "tst_info":
        raise _refused("it is no time stamp")
    _bound(attributes, certificate)
    message = signer["signed_attrs"].untag().dump()
    key, signature = certificate.public_key(), signer["signature"].native
    if (
        isinstance(key, rsa.RSAPublicKey)
        and signer["signature_algorithm"].signature_algo == "rsassa_pkcs1v15"
    ):
        key.verify(signature, message, padding.PKCS1v15(), algorithm())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(algorithm()))
    else:
        raise _refused("its kind of signature is not read here", got=type(key).__name__)


def _bound(attributes: dict[str, Any], certificate: x509.Certificate) -> None:
    """Check that the signer meant this certificate, not another with the same key."""
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"]["certs"][0]
        expected = hashlib.new(
            first["hash_algorithm"]["algorithm"].native, _der(certificate)
        ).digest()
    elif "signing_certificate" in attributes:
        first = attributes["signing_certificate"]["certs"][0]
        expected = hashlib.sha1(_der(certificate), usedforsecurity=False).digest()
    else:
        raise _refused("it does not name its signer's certificate")
    if first["cert_hash"].native != expected:
        raise _refused("it names another certificate than its signer's")


def _chain(
    certificate: x509.Certificate,
    embedded: Sequence[x509.Certificate],
    trust: Sequence[x509.Certificate],
    time: datetime,
) -> None:
    """Climb from the authority to a trusted certificate, each valid at the time of the stamp."""
    if not trust:
        raise LogError(
            "no certificate is trusted", reference="log-stamp-trust", hint="--trust ROOT.pem"
        )
    trusted = {_der(c) for c in trust}
    for _ in range(_MAX_CHAIN):
        if not certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc:
            raise _refused(
                "a certificate was not valid at its time", got=certificate.subject.rfc4514_string()
            )
        if _der(certificate) in trusted:
            return
        issuers = [c for c in (*trust, *embedded) if _issued(certificate, c)]
        if not issuers or issuers[0] == certificate:
            break
        certificate = issuers[0]
    raise _refused(
        "no trusted certificate stands behind it", got=certificate.issuer.rfc4514_string()
    )


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _refused(why: str, *, got: str = "") -> LogIntegrityError:
    return LogIntegrityError(f"the time stamp is refused: {why}", reference="log-stamp", got=got)
