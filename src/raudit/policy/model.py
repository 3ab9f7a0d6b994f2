"""The policy as a value: which findings block, what must be settled, and what must have run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from raudit.findings import JsonObject, Severity, Threshold

NEVER = "never"
"""Value of ``fail_on`` with which no severity blocks by itself."""

RULE_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
"""A rule's id, or the first parts of one, such as ``RA-FAIR-001`` or ``RA-FAIR``."""


class OnInconclusive(StrEnum):
    """What an indeterminate finding does that would block if it had failed."""

    BLOCK = "block"
    """It blocks: exit status 1."""
    REVIEW = "review"
    """A person must look: exit status 3."""
    PASS = "pass"  # noqa: S105 -- a word of the policy, not a password
    """It is printed and lets the run through."""


class Proven(StrEnum):
    """What else than sign-offs and waivers must be proven, not only stated."""

    REVIEWS = "reviews"
    """Every answer that counts as accepted."""
    CONDITIONS = "conditions"
    """Every condition of an approval that counts as met."""
    REVOCATIONS = "revocations"
    """Every waiver that was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePolicy:
    """What the policy says about one rule, or all rules that share a prefix."""

    severity: Severity | None = None
    """Severity in place of the finding's own."""
    block: bool | None = None
    """True: a failed finding blocks whatever its severity; False: it never does."""
    threshold: Threshold | None = None
    """Range in place of the one that the stage judged by."""
    requirements: tuple[str, ...] = ()
    """What the rule serves in this policy, such as ``eu-ai-act:10``."""
    because: str = ""
    """Why the policy says so."""
    anchor: str = ""
    """Dotted path in the file that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """What a waiver must meet to count."""

    warn_days: int = 14
    """Warn when a waiver in use ends within so many days."""
    max_days: int = 366
    """Longest life of a waiver, from ``created`` to ``expires``."""
    four_eyes: bool = True
    """True: owner and approver must be different people."""
    strict: bool = False
    """True: an unused, expired or malformed waiver is itself a blocking reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which findings block. Applied to a record, never inside a stage."""

    name: str
    extends: tuple[str, ...] = ()
    """Names of the policies it was made from, nearest first."""
    fail_on: Severity | None = Severity.MEDIUM
    """A failed finding of this severity or worse blocks; None for ``never``."""
    on_inconclusive: OnInconclusive = OnInconclusive.REVIEW
    soft_fail_on: tuple[str, ...] = ()
    """Rule ids, prefixes or severities whose failed findings do not block."""
    hard_fail_on: tuple[str, ...] = ()
    """Rule ids, prefixes or severities whose failed findings block."""
    select: tuple[str, ...] = ()
    """Rule ids or prefixes that are judged; all if empty."""
    ignore: tuple[str, ...] = ()
    """Rule ids or prefixes that are not judged."""
    required_stages: tuple[str, ...] = ()
    """Stages that must have completed, besides those that the plan declares."""
    require_declared_stages: bool = True
    """Whether every stage that the plan declares must have completed."""
    required_assessments: tuple[str, ...] = ()
    """Checklists that must have been answered."""
    required_proof: tuple[Proven, ...] = ()
    """Decisions that count only if a signed statement proves them."""
    rules: Mapping[str, RulePolicy] = field(default_factory=dict)
    """By rule id or prefix; the longest match speaks, field by field."""
    waivers: WaiverTerms = WaiverTerms()
    baseline_level: float = 0.95
    """Confidence, over all findings of the baseline together, that a finding called worse is worse."""
    source: str = "preset"
    """``preset``, or the name of the file it was read from."""

    def rule(self, rule_id: str) -> RulePolicy:
        """Everything the policy says about a rule: longer prefixes speak over shorter ones."""
        merged = RulePolicy()
        for key in sorted((key for key in self.rules if covers(key, rule_id)), key=len):
            entry = self.rules[key]
            merged = RulePolicy(
                severity=entry.severity or merged.severity,
                block=merged.block if entry.block is None else entry.block,
                threshold=entry.threshold or merged.threshold,
                requirements=entry.requirements or merged.requirements,
                because=entry.because or merged.because,
                anchor=entry.anchor or merged.anchor,
            )
        return merged

    def judges(self, rule_id: str) -> bool:
        """Whether ``select`` and ``ignore`` leave a rule in."""
        chosen = not self.select or any(covers(key, rule_id) for key in self.select)
        return chosen and not any(covers(key, rule_id) for key in self.ignore)

    def blocks(self, rule_id: str, severity: Severity) -> bool:
        """Whether a failed finding of this rule and severity blocks.

        The most specific word wins: a full id in ``hard_fail_on`` or ``soft_fail_on``, then a prefix, then a
        severity; on a tie ``hard_fail_on`` wins. Then the rule's own ``block``, then ``fail_on``.
        """
        hard = _specificity(self.hard_fail_on, rule_id, severity)
        soft = _specificity(self.soft_fail_on, rule_id, severity)
        if hard or soft:
            return hard >= soft
        own = self.rule(rule_id).block
        if own is not None:
            return own
        return self.fail_on is not None and severity.rank <= self.fail_on.rank

    def changed(self, **changes: Any) -> Policy:
        """Return the policy with some fields replaced, as the command line's flags do."""
        return replace(self, **changes)

    def as_json(self) -> JsonObject:
        """The policy with its defaults, for the record."""
        return {
            "name": self.name,
            "extends": list(self.extends),
            "source": self.source,
            "fail_on": str(self.fail_on) if self.fail_on else NEVER,
            "on_inconclusive": str(self.on_inconclusive),
            "soft_fail_on": list(self.soft_fail_on),
            "hard_fail_on": list(self.hard_fail_on),
            "select": list(self.select),
            "ignore": list(self.ignore),
            "require": {
                "declared_stages": self.require_declared_stages,
                "stages": list(self.required_stages),
                "assessments": list(self.required_assessments),
                "proven": [str(item) for item in self.required_proof],
            },
            "rules": {key: _rule_json(entry) for key, entry in sorted(self.rules.items())},
            "waivers": {
                "warn_days": self.waivers.warn_days,
                "max_days": self.waivers.max_days,
                "four_eyes": self.waivers.four_eyes,
                "strict": self.waivers.strict,
            },
            "baseline_level": self.baseline_level,
        }


def covers(key: str, rule_id: str) -> bool:
    """Whether a rule id or prefix covers a rule: ``RA-FAIR`` covers ``RA-FAIR-001`` but not ``RA-FAIRNESS-1``."""
    return rule_id == key or rule_id.startswith(f"{key}-")


def _specificity(words: tuple[str, ...], rule_id: str, severity: Severity) -> int:
    """Length of the longest rule word that covers the rule; 1 for its severity; 0 for none."""
    return max(
        (len(word) + 1 if covers(word, rule_id) else int(word == severity) for word in words),
        default=0,
    )


def _rule_json(entry: RulePolicy) -> JsonObject:
    said: dict[str, Any] = {}
    if entry.severity:
        said["severity"] = str(entry.severity)
    if entry.block is not None:
        said["block"] = entry.block
    if entry.threshold:
        said["threshold"] = {"low": entry.threshold.low, "high": entry.threshold.high}
    if entry.requirements:
        said["requirements"] = list(entry.requirements)
    if entry.because:
        said["because"] = entry.because
    if entry.anchor:
        said["anchor"] = entry.anchor
    return said
