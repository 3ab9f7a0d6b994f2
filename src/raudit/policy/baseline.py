"""The baseline: failed findings that an accepted run already had, keyed without values.

A finding that is in it and not clearly worse does not block. It may shrink by itself; it grows only with an
approval that names who and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, canonical_bytes, digest, sha256
from raudit.errors import PolicyError
from raudit.findings import Finding, Interval, Measurement, Severity, Status, Threshold
from raudit.ordinary import read_file
from raudit.policy.difference import Difference, difference, worsened

if TYPE_CHECKING:
    from raudit.record import Record

SCHEMA = "raudit.baseline/1"
MAX_BYTES = 16_000_000


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

    def approved_by(self, digests: frozenset[Sha256]) -> Baseline:
        """Return the baseline with only the approvals whose digests are given, such as those that a log holds."""
        kept = tuple(
            approval for approval in self.approvals if approval_sha256(approval) in digests
        )
        return replace(self, approvals=kept)


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
    )
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


def baseline_bytes(baseline: Baseline) -> bytes:
    """The file's bytes: canonical JSON and a new line."""
    return canonical_bytes(_json(baseline)) + b"\n"


def baseline_sha256(baseline: Baseline) -> Sha256:
    """Digest of the file's bytes; what the log keeps of an approval."""
    return sha256(baseline_bytes(baseline))


def approval_sha256(approval: Approval) -> Sha256:
    """Digest of an approval as the file says it; the log keeps it, so that an approval written by hand shows."""
    return digest(_approval_json(approval))


def load_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises
    ------
    PolicyError
        If it cannot be read, is not a baseline, or is from a newer version.
    """
    import json

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad("the baseline is too large", "baseline-too-large", path)
        data = read_file(path)
        value = json.loads(data)
    except OSError as fault:
        raise _bad(
            "the baseline cannot be read", "file-unreadable", path, got=fault.strerror or ""
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise _bad(
            "the baseline is not JSON", "baseline-not-json", path, got=str(fault)[:120]
        ) from fault
    version = value.get("schema") if isinstance(value, dict) else None
    if version != SCHEMA:
        newer = isinstance(version, str) and version.startswith("raudit.baseline/")
        raise _bad(
            "the baseline is from another version of raudit"
            if newer
            else "the file is not a baseline",
            "baseline-version" if newer else "not-a-baseline",
            path,
            got=repr(version)[:80],
        )
    import pydantic

    try:
        parsed = _file_model().model_validate(value)
    except pydantic.ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _bad(
            f"the baseline breaks its schema: {first['msg']}", "baseline-schema", path, got=place
        ) from fault
    return _from_file(parsed, path.name)


def _bad(message: str, reference: str, path: Path, *, got: str = "") -> PolicyError:
    return PolicyError(
        message,
        reference=reference,
        where=str(path),
        got=got,
        expected=SCHEMA,
        hint="write it anew from an accepted record, with: raudit check --baseline FILE --update-baseline",
    )


def _json(baseline: Baseline) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "entries": [_entry_json(baseline.entries[key]) for key in sorted(baseline.entries)],
        "approvals": [_approval_json(approval) for approval in baseline.approvals],
    }


def _approval_json(approval: Approval) -> dict[str, Any]:
    return {
        "approver": approval.approver,
        "reason": approval.reason,
        "date": approval.date.isoformat(),
        "record_sha256": approval.record_sha256,
        "added": list(approval.added),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "fingerprint": entry.fingerprint,
        "rule": entry.rule,
        "subject": entry.subject,
    }
    if entry.severity is not None:
        said["severity"] = str(entry.severity)
    if entry.measurement is not None:
        m = entry.measurement
        said["measurement"] = {
            "metric": m.metric,
            "value": m.value,
            "n": m.n,
            "events": m.events,
            "unit": m.unit,
        }
        if m.interval is not None:
            i = m.interval
            said["measurement"]["interval"] = {
                "low": i.low,
                "high": i.high,
                "level": i.level,
                "method": i.method,
            }
    if entry.threshold is not None:
        said["threshold"] = {"low": entry.threshold.low, "high": entry.threshold.high}
    return said


def _file_model() -> Any:
    from raudit.policy.baseline_schema import BaselineFile

    return BaselineFile


def _from_file(file: Any, source: str) -> Baseline:
    entries: dict[str, Entry] = {}
    for item in file.entries:
        measured = item.measurement
        span = measured.interval if measured else None
        entries[item.fingerprint] = Entry(
            fingerprint=item.fingerprint,
            rule=item.rule,
            subject=item.subject,
            measurement=measured
            and Measurement(
                metric=measured.metric,
                value=measured.value,
                n=measured.n,
                events=measured.events,
                unit=measured.unit,
                interval=span
                and Interval(low=span.low, high=span.high, level=span.level, method=span.method),
            ),
            threshold=item.threshold
            and Threshold(low=item.threshold.low, high=item.threshold.high, source="baseline"),
            severity=item.severity,
        )
    approvals = tuple(
        Approval(
            approver=item.approver,
            reason=item.reason,
            date=item.date,
            record_sha256=Sha256(item.record_sha256),
            added=item.added,
        )
        for item in file.approvals
    )
    return Baseline(entries=entries, approvals=approvals, source=source)
