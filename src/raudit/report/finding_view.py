"""A finding as templates see it."""

from __future__ import annotations

from dataclasses import dataclass

from raudit.findings import Finding, Rule
from raudit.record import WaiverUse
from raudit.sentences import full_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with all its numbers written out."""

    finding: Finding
    """The finding itself."""
    rule: Rule | None
    """Its entry in the catalogue, if the stage gave one."""
    stage: str
    """Name of the stage."""
    anchor: str
    """Where it is explained in full, for links; unique in the document."""
    card: bool
    """Whether it has a card in the worst-first section; if not, links go to its line in the register."""
    title: str
    """Title of the rule."""
    subject: str
    """What it is about, in one line."""
    subject_name: str
    """Name of the subject alone."""
    level: str
    """Coverage of the interval, such as ``95 %``; empty without one."""
    value: str
    """Measured value, rounded; empty if there is none."""
    interval: str
    """Its interval, rounded; empty if there is none."""
    coverage: str
    """Such as ``95 % Wilson``; empty without an interval."""
    n: str
    """On how many rows; empty without a measurement."""
    threshold: str
    """What it was held against; empty if nothing."""
    exact_value: str
    """The value as in the record's bytes."""
    exact_interval: str
    """The interval as in the record's bytes."""
    exact_n: str
    """n as in the record's bytes."""
    first_of_rule: bool
    """Whether no card before it explains the same rule."""
    blocking: bool
    """Whether it blocks under the policy."""
    waiver: WaiverUse | None
    """The acceptance that applies to it, if any."""

    @property
    def why(self) -> str:
        """Why it could not be told, as a sentence of its own; empty if it could."""
        return full_sentence(self.finding.reason)

    @property
    def key(self) -> str:
        """First eight digits of the fingerprint, enough to find it on paper."""
        return self.finding.fingerprint[:8]

    @property
    def target(self) -> str:
        """Anchor of the place where links to it go."""
        return f"f-{self.anchor}" if self.card else f"r-{self.anchor}"
