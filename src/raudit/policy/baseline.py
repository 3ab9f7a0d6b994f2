"""The baseline: failed findings that an accepted run already had, keyed without values.

A finding that is in it and not clearly worse does not block. It may shrink by itself; it grows only with an
approval that names who and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from raudit.canonical import Sha256
from raudit.findings import Finding, Measurement, Severity, Status, Threshold
from raudit.policy.difference import Difference, difference, worsened
from raudit.spelling import spelling

if TYPE_CHECKING:
    from raudit.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A failed finding of the accepted run."""

    fingerprint: str
    rule: str
    subject: str
    """For people; nothing is looked up by it."""
    measurement: Measurement | None
    threshold: Threshold | None
    severity: Severity | None = None
    """None in files that were written before it was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who let findings into the baseline."""

    approver: str
    reason: str
    date: date
    record_sha256: Sha256
    """Record whose findings were let in."""
    added: tuple[str, ...]
    """Fingerprints."""
    entries: tuple[Entry, ...] = ()
    """The findings as they were let in, so that a value that was edited since shows; none in older files."""
    system: str = ""
    """Name of the system whose findings were let in; empty in older files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A baseline file."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    """By fingerprint."""
    approvals: tuple[Approval, ...] = ()
    source: str = ""

    @property
    def approved(self) -> frozenset[str]:
        """Fingerprints that some approval let in."""
        return frozenset(
            fingerprint for approval in self.approvals for fingerprint in approval.added
        )

    def of_system(self, system: str) -> Baseline:
        """Return the baseline with only the approvals that are about a system, or do not say about which."""
        own = spelling(system)
        kept = tuple(a for a in self.approvals if not a.system or spelling(a.system) == own)
        return replace(self, approvals=kept)

    def let_in(self, fingerprint: str) -> Entry | None:
        """A finding as it was last let in; None if no approval keeps it."""
        found = [
            entry
            for approval in sorted(self.approvals, key=lambda approval: approval.date)
            for entry in approval.entries
            if entry.fingerprint == fingerprint
        ]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A baseline as it would become, and what the change is."""

    baseline: Baseline
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    approval: Approval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A failed finding held against the baseline."""

    state: str
    """``known``, ``worse``, ``new`` or ``unapproved``."""
    change: Difference | None = None
    explanation: str = ""


def hold(
    baseline: Baseline, findings: Sequence[tuple[Finding, Threshold | None]], *, level: float
) -> dict[str, Held]:
    """Hold failed findings against a baseline.

    A known finding is worse only if the interval of the difference says so at a confidence shared among all
    known findings (Bonferroni), so that a run in which nothing changed fails with probability 1 - level at most.
    """
    known = [finding for finding, _limit in findings if finding.fingerprint in baseline.entries]
    one_sided = 1 - (1 - level) / max(len(known), 1)
    return {
        finding.fingerprint: _hold(baseline, finding, limit, level=one_sided)
        for finding, limit in findings
    }


def _hold(baseline: Baseline, finding: Finding, limit: Threshold | None, *, level: float) -> Held:
    entry = baseline.entries.get(finding.fingerprint)
    if entry is None:
        return Held(state="new", explanation="It is not in the baseline.")
    if finding.fingerprint not in baseline.approved:
        return Held(
            state="unapproved", explanation="It is in the baseline, but no approval let it in."
        )
    held = _against(entry, finding, limit, level=level)
    accepted = baseline.let_in(finding.fingerprint)
    if held.state != "known" or accepted is None or accepted == entry:
        return held
    # An entry changes without an approval only where it got better; a worse one was written by hand.
    allowed = _against(accepted, finding, limit, level=level)
    if allowed.state == "known":
        return held
    return replace(
        allowed, explanation=f"{allowed.explanation} The entry is not as an approval let it in."
    )


def _against(entry: Entry, finding: Finding, limit: Threshold | None, *, level: float) -> Held:
    """Hold a finding against what was accepted of it."""
    if _more_severe(finding.severity, entry.severity):
        return Held(
            state="worse",
            explanation=f"It is more severe than in the baseline: {entry.severity} then, {finding.severity} now.",
        )
    then, now = entry.measurement, finding.measurement
    if (then and then.value) is None and (now and now.value) is None:
        return Held(state="known", explanation="It is in the baseline.")
    if then is None or now is None or None in {then.value, now.value}:
        return Held(
            state="new",
            explanation="The baseline holds it with a value, and there is none now."
            if now is None or now.value is None
            else "The baseline holds it without a value, and now there is one.",
        )
    if then.metric != now.metric:
        return Held(state="new", explanation="The baseline holds it for another metric.")
    change = difference(then, now, level=2 * level - 1)
    if change is None:
        return Held(state="new", explanation="The baseline holds it in another unit.")
    span = f"{then.value:.4g} then, {now.value:.4g} now"
    if worsened(then, now, limit, level=level):
        return Held(
            state="worse", change=change, explanation=f"It is worse than in the baseline: {span}."
        )
    return Held(
        state="known",
        change=change,
        explanation=f"It is in the baseline and not clearly worse: {span}.",
    )


def grown(
    baseline: Baseline,
    record: Record,
    failed: Sequence[tuple[Finding, Threshold | None]],
    *,
    record_sha256: Sha256,
    today: date,
    approver: str = "",
    reason: str = "",
) -> Growth:
    """Bring a baseline up to date with a record.

    Without an approver it only shrinks: findings that no longer fail leave, and values that became clearly better
    are tightened. With an approver and a reason, new and worse findings enter too.
    """
    now = {finding.fingerprint: _entry(finding, limit) for finding, limit in failed}
    judged = {
        finding.fingerprint
        for finding in record.findings
        if finding.status is not Status.INDETERMINATE
    }
    kept: dict[str, Entry] = {}
    for key, entry in baseline.entries.items():
        if key in now:
            kept[key] = now[key] if approver or _clearly_better(entry, now[key]) else entry
        elif key not in judged:
            kept[key] = entry  # not measured this time: neither gone nor better
    removed = tuple(sorted(set(baseline.entries) - set(kept)))
    added = tuple(
        sorted(key for key in now if key not in baseline.entries or key not in baseline.approved)
    )
    if not approver:
        return Growth(baseline=replace(baseline, entries=kept), removed=removed)
    raised = (
        key
        for key in now
        if key in baseline.entries and not _no_worse(baseline.entries[key], now[key])
    )
    approval = Approval(
        approver=approver,
        reason=reason,
        date=today,
        record_sha256=record_sha256,
        added=tuple(sorted({*added, *raised})),
        system=str(record.system.get("name", "")),
    )
    approval = replace(approval, entries=tuple(now[key] for key in approval.added))
    entries = kept | {key: now[key] for key in added}
    approvals = (*baseline.approvals, approval) if approval.added else baseline.approvals
    after = replace(baseline, entries=entries, approvals=approvals)
    return Growth(
        baseline=after,
        added=approval.added,
        removed=removed,
        approval=approval if approval.added else None,
    )


def _clearly_better(old: Entry, new: Entry) -> bool:
    """Whether chance does not explain the improvement; else tightening would ratchet on luck."""
    if (
        old.measurement is None
        or new.measurement is None
        or old.measurement.metric != new.measurement.metric
    ):
        return False
    change = difference(old.measurement, new.measurement, level=0.95)
    if change is None:
        return False
    if _too_low(new):
        return change.low is not None and change.low > 0
    return change.high is not None and change.high < 0


def _no_worse(old: Entry, new: Entry) -> bool:
    """Whether the new value lies no further out than the old one, is of the same kind, and weighs no more."""
    if _more_severe(new.severity, old.severity):
        return False
    before, after = old.measurement, new.measurement
    then = before.value if before is not None else None
    now = after.value if after is not None else None
    if before is None or after is None or then is None or now is None:
        return then == now
    if (before.metric, before.unit) != (after.metric, after.unit):
        return False
    return now >= then if _too_low(new) else now <= then


def _more_severe(now: Severity | None, then: Severity | None) -> bool:
    return now is not None and then is not None and now.rank < then.rank


def _too_low(entry: Entry) -> bool:
    value = entry.measurement.value if entry.measurement is not None else None
    limit = entry.threshold
    return value is not None and limit is not None and limit.low is not None and value < limit.low


def _entry(finding: Finding, limit: Threshold | None) -> Entry:
    return Entry(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        subject=" ".join(
            [finding.subject.kind, finding.subject.name, *finding.subject.detail.values()]
        ),
        measurement=finding.measurement,
        threshold=limit,
        severity=finding.severity,
    )
