"""Apply a policy to a record: a pure function from findings to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from raudit.findings import (
    NO_LIMIT,
    Finding,
    JsonObject,
    Measurement,
    Severity,
    Status,
    Threshold,
    written,
)
from raudit.policy.baseline import Baseline, Held, hold
from raudit.policy.model import OnInconclusive, Policy, covers
from raudit.policy.proof import Decision, decisions_in, unproven
from raudit.policy.required import not_run
from raudit.policy.waived import STALE, WaiverLedger, apply_waivers
from raudit.policy.waivers import Waivers
from raudit.record import Record, Verdict
from raudit.sentences import messages_in

MAX_REASONS = 50
"""Reasons that a verdict spells out; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding as the policy sees it."""

    finding: Finding
    status: Status
    severity: Severity
    threshold: Threshold | None
    reason: str
    must_hold: bool
    """Whether it blocks if it failed."""
    changed: bool
    """Whether the policy changed its status, severity or threshold."""

    @property
    def fingerprint(self) -> str:
        """The finding's fingerprint."""
        return self.finding.fingerprint


def apply_policy(
    record: Record,
    policy: Policy,
    *,
    waivers: Waivers,
    baseline: Baseline | None,
    today: date,
    decisions: Sequence[Decision] | None = None,
) -> Verdict:
    """Say what the policy makes of a record's findings.

    Parameters
    ----------
    today
        Date in UTC against which waivers expire.
    decisions
        The decisions that the record rests on, judged again under other people; by default as the record has them.

    Returns
    -------
    Verdict
        ``exit_status`` 0 if nothing blocks, 1 if something does, 3 if something that must hold could not be told,
        5 if nothing was evaluated. Blocking wins over what could not be told.
    """
    judged = [judge(finding, policy) for finding in record.findings if policy.judges(finding.rule)]
    failed = [item for item in judged if item.status is Status.FAILED]
    pairs = [(item.finding, item.threshold) for item in failed]
    ledger = apply_waivers(waivers, pairs, record=record, terms=policy.waivers, today=today)
    if baseline is not None:
        baseline = baseline.of_system(str(record.system.get("name", "")))
    held = hold(baseline, pairs, level=policy.baseline_level) if baseline is not None else {}
    # A waiver or baseline that names one of two findings by their common fingerprint has looked at one value alone.
    twice = _twice(failed)
    standing = [
        item
        for item in failed
        if item.must_hold and (item.fingerprint not in ledger.waived or item.fingerprint in twice)
    ]
    blocking = [
        item
        for item in standing
        if item.fingerprint in twice or not _is_known(held, item.fingerprint)
    ]
    open_ones = [item for item in judged if item.status is Status.INDETERMINATE and item.must_hold]
    open_ones = [] if policy.on_inconclusive is OnInconclusive.PASS else open_ones
    missing = not_run(record, policy) | unproven(
        policy,
        decisions=decisions_in(record) if decisions is None else decisions,
        revoked=waivers.revoked,
        statements=waivers.statements,
    )
    blocks = policy.on_inconclusive is OnInconclusive.BLOCK
    stale = _stale(ledger, policy)
    measured = any(item.status is not Status.INDETERMINATE for item in judged)
    if not judged:
        status, exit_status = Status.INDETERMINATE, 5
    elif blocking or stale or (blocks and (open_ones or missing)):
        status, exit_status = Status.FAILED, 1
    elif open_ones or missing:
        status, exit_status = Status.INDETERMINATE, 3
    elif not measured:
        # A policy that lets through what could not be told does not say that something was.
        status, exit_status = Status.INDETERMINATE, 5
    else:
        status, exit_status = Status.PASSED, 0
    undecided = () if blocks else _fingerprints(open_ones)
    return Verdict(
        status=status,
        exit_status=exit_status,
        because=_because(record, judged, blocking, open_ones, missing, stale, held, policy),
        blocking=_fingerprints([*blocking, *(open_ones if blocks else ())]),
        undecided=undecided,
        not_run=tuple(missing),
        waivers=ledger.uses,
        messages=messages_in(ledger.uses),
        policy={
            **policy.as_json(),
            "adjusted": _adjusted(judged),
            "unmatched": list(unmatched(policy, record)),
            "missing": missing,
        },
        baseline=_baseline_json(baseline, held, failed, accepted=len(standing) - len(blocking))
        if baseline is not None
        else {},
    )


def judge(finding: Finding, policy: Policy) -> Judged:
    """See one finding as the policy does; a threshold of the policy judges its measurement again."""
    rule = policy.rule(finding.rule)
    severity = rule.severity or finding.severity
    status, reason, threshold = finding.status, finding.reason, finding.threshold
    if rule.threshold is not None and finding.measurement is not None:
        threshold = rule.threshold
        status, reason = rejudge(finding, rule.threshold)
    return Judged(
        finding=finding,
        status=status,
        severity=severity,
        threshold=threshold,
        reason=reason,
        must_hold=policy.blocks(finding.rule, severity),
        changed=status is not finding.status
        or severity is not finding.severity
        or threshold != finding.threshold,
    )


def rejudge(finding: Finding, threshold: Threshold) -> tuple[Status, str]:
    """Hold a measurement against another range.

    Passed only if the whole interval lies inside, failed only if the whole interval lies outside, else
    indeterminate: then chance alone could move the value over the line. What could not be told for another reason than
    its own range, such as groups that could not be measured, is not told by another range either; nor is anything by a
    range that is open on the side on which the rule's own is not.
    """
    measurement = finding.measurement
    if measurement is None or measurement.value is None:
        why = measurement.undefined_because if measurement is not None else ""
        return (
            Status.INDETERMINATE,
            why or finding.reason or "there is no value to hold against the threshold",
        )
    if not threshold.ends_where(finding.threshold):
        side, other = ("upper", "lower") if threshold.high is None else ("lower", "upper")
        return Status.INDETERMINATE, (
            f"the policy's threshold has no {side} end, and the rule's own limit is one: "
            f"with the {other} end alone the worst values would pass"
        )
    low, high = _ends(measurement)
    status = _lies(low, high, threshold)
    if status is Status.INDETERMINATE:
        return status, (
            f"the interval {_number(low)} to {_number(high)} reaches over the policy's threshold "
            f"({_number(threshold.low)} to {_number(threshold.high)})"
        )
    if status is Status.PASSED and _otherwise_untold(finding, low, high):
        return Status.INDETERMINATE, finding.reason
    return status, ""


def _otherwise_untold(finding: Finding, low: float | None, high: float | None) -> bool:
    """Whether a finding could not be told for another reason than its own limit, or than having none."""
    if finding.status is not Status.INDETERMINATE:
        return False
    own = finding.threshold
    if own is None or (own.low is None and own.high is None):
        return bool(finding.reason) and NO_LIMIT not in finding.reason
    return _lies(low, high, own) is not finding.status


def _ends(measurement: Measurement) -> tuple[float | None, float | None]:
    interval = measurement.interval
    if interval is None:
        return measurement.value, measurement.value
    return interval.low, interval.high


def _lies(low: float | None, high: float | None, threshold: Threshold | None) -> Status:
    """How an interval lies to a range; an end of None is unbounded."""
    if threshold is None:
        return Status.INDETERMINATE
    below = threshold.low is not None and high is not None and high < threshold.low
    above = threshold.high is not None and low is not None and low > threshold.high
    if below or above:
        return Status.FAILED
    inside_low = threshold.low is None or (low is not None and low >= threshold.low)
    inside_high = threshold.high is None or (high is not None and high <= threshold.high)
    return Status.PASSED if inside_low and inside_high else Status.INDETERMINATE


def unmatched(policy: Policy, record: Record) -> tuple[str, ...]:
    """Rule words of the policy that no rule of the record's stages answers to; mostly slips of the pen."""
    known = {rule.id for stage in record.stages for rule in stage.rules} | {
        f.rule for f in record.findings
    }
    severities = {str(severity) for severity in Severity}
    words = [
        *policy.rules,
        *policy.soft_fail_on,
        *policy.hard_fail_on,
        *policy.select,
        *policy.ignore,
    ]
    return tuple(
        dict.fromkeys(
            w for w in words if w not in severities and not any(covers(w, rule) for rule in known)
        )
    )


def _twice(items: Sequence[Judged]) -> frozenset[str]:
    counts = Counter(item.fingerprint for item in items)
    return frozenset(key for key, count in counts.items() if count > 1)


def _is_known(held: Mapping[str, Held], fingerprint: str) -> bool:
    return fingerprint in held and held[fingerprint].state == "known"


def _stale(ledger: WaiverLedger, policy: Policy) -> list[str]:
    """Explanations of waivers that a strict policy does not let lie around."""
    if not policy.waivers.strict:
        return []
    return [use.explanation for use in ledger.uses if use.state in STALE]


def _because(
    record: Record,
    judged: Sequence[Judged],
    blocking: Sequence[Judged],
    open_ones: Sequence[Judged],
    missing: Mapping[str, str],
    stale: Sequence[str],
    held: Mapping[str, Held],
    policy: Policy,
) -> tuple[str, ...]:
    if not judged:
        what = (
            "The record holds no finding"
            if not record.findings
            else "No finding is left after select and ignore"
        )
        return (
            f"{what}, so nothing was evaluated.",
            *(f"{reason.rstrip('.')}." for reason in missing.values()),
        )
    reasons = [_sentence(item, held) for item in sorted(blocking, key=_worst_first)]
    reasons += stale
    reasons += [f"{reason.rstrip('.')}." for reason in missing.values()]
    reasons += [
        f"{item.finding.rule} ({item.severity}) could not be told: {item.finding.statement.rstrip('.')}; "
        f"{item.reason.rstrip('.')}."
        for item in sorted(open_ones, key=_worst_first)
    ]
    if not reasons:
        decided = sum(item.status is Status.PASSED for item in judged)
        if all(item.status is Status.INDETERMINATE for item in judged):
            none = "The only finding" if len(judged) == 1 else f"None of {len(judged)} findings"
            could = "could not" if len(judged) == 1 else "could"
            return (f"{none} {could} be told, so nothing was evaluated.",)
        failed = sum(item.status is Status.FAILED for item in judged)
        untold = len(judged) - decided - failed
        more = f", {untold} could not be told" if untold else ""
        return (
            f"Nothing blocks under the policy {policy.name}: {decided} passed, {failed} failed without blocking{more}.",
        )
    if len(reasons) > MAX_REASONS:
        return (*reasons[:MAX_REASONS], f"And {len(reasons) - MAX_REASONS} more.")
    return tuple(reasons)


def _sentence(item: Judged, held: Mapping[str, Held]) -> str:
    more = held.get(item.fingerprint)
    tail = f" {more.explanation}" if more is not None else ""
    return (
        f"{item.finding.rule} ({item.severity}) failed: {item.finding.statement.rstrip('.')}.{tail}"
    )


def _worst_first(item: Judged) -> tuple[bool, int, str, str]:
    return not item.finding.beyond_chance, item.severity.rank, item.finding.rule, item.fingerprint


def _fingerprints(items: Sequence[Judged]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.fingerprint for item in sorted(items, key=_worst_first)))


def _adjusted(judged: Sequence[Judged]) -> list[JsonObject]:
    """What the policy changed in findings, so that outputs can be made from the record alone."""
    return [
        {
            "fingerprint": item.fingerprint,
            "status": str(item.status),
            "severity": str(item.severity),
            "reason": item.reason,
            "threshold": None
            if item.threshold is None
            else {
                "low": item.threshold.low,
                "high": item.threshold.high,
                "source": item.threshold.source,
            },
        }
        for item in judged
        if item.changed
    ]


def _baseline_json(
    baseline: Baseline, held: Mapping[str, Held], failed: Sequence[Judged], *, accepted: int
) -> JsonObject:
    """What the baseline holds; ``accepted`` are findings that would block if it did not hold them."""
    counts = {
        state: sum(h.state == state for h in held.values())
        for state in ("known", "worse", "new", "unapproved")
    }
    now = {item.fingerprint for item in failed}
    return {
        "source": baseline.source,
        "entries": len(baseline.entries),
        **counts,
        "accepted": accepted,
        "gone": sorted(set(baseline.entries) - now),
        "findings": [
            {
                "fingerprint": key,
                "state": value.state,
                "explanation": value.explanation,
                **_change(value),
            }
            for key, value in sorted(held.items())
        ],
    }


def _change(held: Held) -> dict[str, Any]:
    if held.change is None:
        return {}
    c = held.change
    return {
        "difference": {
            "value": c.value,
            "low": c.low,
            "high": c.high,
            "level": c.level,
            "method": c.method,
        }
    }


def _number(value: float | None) -> str:
    return written(value)
