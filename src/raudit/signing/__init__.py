"""Keys, PAdES signatures, time stamps, and what a verifier accepts: this room sees bytes and digests only."""

from raudit.signing.attest import Attestation, attest, check_attestation
from raudit.signing.certificates import (
    given_certificates,
    read_certificates,
    unusable_certificates,
)
from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey, load_signer
from raudit.signing.selfsigned import KeyPaths, init_keys
from raudit.signing.sign import ISSUER_FIELD, certify, countersign, field_size
from raudit.signing.sources import (
    KeySource,
    PemFiles,
    Pkcs11Token,
    Pkcs12File,
    source_from_environment,
)
from raudit.signing.timestamping import Level, TimeStamping
from raudit.signing.verdict import (
    EmbeddedFile,
    Fault,
    FaultCode,
    PdfCheck,
    Revision,
    RevisionKind,
    SignatureCheck,
    SignatureKind,
    Standing,
)

__all__ = [
    "ISSUER_FIELD",
    "Attestation",
    "EmbeddedFile",
    "Fault",
    "FaultCode",
    "KeyPaths",
    "KeySource",
    "Level",
    "PdfCheck",
    "PemFiles",
    "Pkcs11Token",
    "Pkcs12File",
    "Revision",
    "RevisionKind",
    "SignatureCheck",
    "SignatureKind",
    "SigningKey",
    "Standing",
    "TimeStamping",
    "attest",
    "certify",
    "check_attestation",
    "check_pdf",
    "countersign",
    "field_size",
    "given_certificates",
    "init_keys",
    "load_signer",
    "read_certificates",
    "source_from_environment",
    "unusable_certificates",
]
