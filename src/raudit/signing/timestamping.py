"""Time stamps from an RFC 3161 authority: which level to reach, and what to trust while reaching it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from raudit.errors import UsageError
from raudit.signing.certificates import parse_all


class Level(StrEnum):
    """PAdES baseline levels that need a time stamp (ETSI EN 319 142-1, clause 6)."""

    B_T = "B-T"
    """A time stamp over the signature."""
    B_LT = "B-LT"
    """B-T, with certificates and revocation data inside the file."""
    B_LTA = "B-LTA"
    """B-LT, and a time stamp over the whole document that can be renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamping:
    """A time stamp authority and what to use it for."""

    url: str
    """Address of the RFC 3161 service."""
    level: Level = Level.B_T
    """The level to reach."""
    trust: tuple[bytes, ...] = ()
    """Roots of the authority's and the signer's certificates, PEM or DER; needed for B-LT and B-LTA."""
    timeout: float = 10.0
    """Seconds to wait for an answer."""

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"} or not urlsplit(self.url).hostname:
            raise UsageError(
                "this is no address of a time stamp authority",
                reference="tsa-url",
                got=repr(self.url)[:120],
                expected="an http or https URL",
            )
        if self.level is not Level.B_T and not self.trust:
            raise UsageError(
                f"{self.level} stores proof of the time stamp authority's certificate, so its root must be given",
                reference="tsa-trust",
                where=self.url,
                hint="add the authority's root certificate, or ask for B-T",
            )

    def stamper(self) -> Any:
        """Make pyHanko's client for this authority."""
        from pyhanko.sign.timestamps import HTTPTimeStamper

        return HTTPTimeStamper(self.url, timeout=self.timeout)

    def validation_context(self, signer_certificate: bytes | None, self_signed: bool) -> Any:
        """Collect the roots, and let revocation data be fetched: this is the one place that may use the network.

        A self-signed certificate is its own root: nobody else vouches for it.
        """
        from pyhanko_certvalidator import ValidationContext

        roots = parse_all(self.trust)
        if self_signed and signer_certificate is not None:
            roots += parse_all([signer_certificate])
        return ValidationContext(
            trust_roots=roots, allow_fetching=True, revocation_mode="soft-fail"
        )
