"""Whom a verifier believes, and at what time: contexts for pyHanko that never use the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from raudit.sentences import say
from raudit.signing.certificates import parse_all
from raudit.signing.verdict import FaultCode

FOREVER = timedelta(days=36500)
# ISO 32000-2 leaves the key usage open; PAdES signers in the wild carry either of these (ETSI EN 319 412-2, 4.3.2)
SIGNING_USAGES = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Trust anchors and the validation data found in the file."""

    signers: tuple[Any, ...]
    """Roots, or signers' own certificates, from the verifier."""
    authorities: tuple[Any, ...]
    """Roots of time stamp authorities, from the verifier."""
    certificates: tuple[Any, ...] = field(default=())
    """Intermediates from the file; believed only if they lead to an anchor."""
    crls: tuple[Any, ...] = field(default=())
    """Revocation lists from the file; believed only if an authority on the path signed them."""
    ocsps: tuple[Any, ...] = field(default=())
    """OCSP answers from the file, likewise."""

    def for_signer(self, moment: datetime) -> Any:
        """Make the context that judges signers' certificates at a moment."""
        return self._context(self.signers, moment)

    def for_authority(self, moment: datetime) -> Any:
        """Make the context that judges time stamp authorities' certificates at a moment."""
        return self._context(self.authorities, moment)

    def _context(self, anchors: Sequence[Any], moment: datetime) -> Any:
        from pyhanko_certvalidator import ValidationContext
        from pyhanko_certvalidator.policy_decl import (
            CertRevTrustPolicy,
            FreshnessReqType,
            RevocationCheckingPolicy,
        )

        # Data kept in a file grows stale by design, and by default staleness alone would refuse every archived report
        # once the lists' next update is due. A revocation that the data shows still counts, however old it is.
        ageless = CertRevTrustPolicy(
            RevocationCheckingPolicy.from_legacy("soft-fail"),
            freshness=FOREVER,
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        )
        return ValidationContext(
            trust_roots=list(anchors),
            other_certs=list(self.certificates),
            crls=list(self.crls),
            ocsps=list(self.ocsps),
            moment=moment,
            allow_fetching=False,
            revinfo_policy=ageless,
        )


def gather(reader: Any, *, trust: Sequence[bytes], tsa_trust: Sequence[bytes] | None) -> Trust:
    """Combine what the verifier trusts with what the file brings (its document security store).

    Raises
    ------
    KeyFileError
        If what the verifier gave is no certificate: that is the verifier's mistake, not the file's.
    """
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError

    signers = parse_all(trust)
    authorities = parse_all(tsa_trust) if tsa_trust is not None else signers
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Trust(signers=tuple(signers), authorities=tuple(authorities))
    return Trust(
        signers=tuple(signers),
        authorities=tuple(authorities),
        certificates=tuple(store.load_certs()),
        crls=tuple(item.get_object().data for item in store.crls),
        ocsps=tuple(item.get_object().data for item in store.ocsps),
    )


def trust_fault(status: Any, *, anchors_given: bool) -> tuple[FaultCode, str]:
    """Name why a certificate is not trusted, from pyHanko's status."""
    indication = getattr(status.trust_problem_indic, "name", "")
    if status.revoked:
        return FaultCode.REVOKED, say("the certificate had been revoked")
    if not anchors_given:
        return FaultCode.NO_TRUST_GIVEN, say("no certificate was given to trust")
    if indication == "CHAIN_CONSTRAINTS_FAILURE":
        return FaultCode.KEY_USAGE, say(
            "the certificate, or one it depends on, is not for this use"
        )
    if indication.startswith(("OUT_OF_BOUNDS", "REVOCATION_OUT_OF_BOUNDS")):
        return (
            FaultCode.OUTSIDE_VALIDITY,
            say("a certificate on the path was not valid at the time it is judged at"),
        )
    return (
        FaultCode.UNTRUSTED_SIGNER,
        say("the certificate leads to no trusted one ({why})", why=_no_path(indication)),
    )


def _no_path(indication: str) -> str:
    """Why no path was found; what has no words here keeps its name in ETSI EN 319 102-1, 5.1.3."""
    if indication in {"", "NO_CERTIFICATE_CHAIN_FOUND"}:
        return say("no path to a trusted certificate")
    if indication.startswith("CRYPTO_CONSTRAINTS_FAILURE"):
        return say("an algorithm on the path is too weak")
    return indication
