"""What every waiver does today: which findings it lets stand, and why it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from raudit.findings import Finding, Threshold
from raudit.policy.model import WaiverTerms
from raudit.policy.waivers import Waiver, Waivers, how_known
from raudit.printable import pasted
from raudit.record import Record, WaiverState, WaiverUse
from raudit.sentences import say
from raudit.statements import Outcome
from raudit.yamltext import nearest

STALE: frozenset[WaiverState] = frozenset(
    {"unused", "expired", "malformed", "outgrown", "unproven"}
)
"""States of waivers that a strict policy does not let lie around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverLedger:
    """What became of every waiver in a run."""

    waived: dict[str, str] = field(default_factory=dict)
    """Id of the waiver by fingerprint of the finding it covers."""
    uses: tuple[WaiverUse, ...] = ()


def apply_waivers(
    waivers: Waivers,
    findings: Sequence[tuple[Finding, Threshold | None]],
    *,
    record: Record,
    terms: WaiverTerms,
    today: date,
) -> WaiverLedger:
    """Find out what every waiver does today.

    Parameters
    ----------
    findings
        The failed findings that would block or be printed as failed, each with the threshold it failed.
    today
        Date in UTC. A waiver counts up to and including its last day.
    """
    waived: dict[str, str] = {}
    uses: list[WaiverUse] = []
    for bad in waivers.malformed:
        why = say(
            "Waiver {id} is malformed and does not count: {fault}.", id=bad.id, fault=bad.fault
        )
        uses.append(WaiverUse(id=bad.id, state="malformed", rule=bad.rule, explanation=why))
    for waiver in waivers.entries:
        matching = [
            (finding, limit) for finding, limit in findings if matches(waiver, finding, record)
        ]
        approval = waivers.approval(waiver)
        fault = _fault(waiver, record, terms, today) or _who_fault(waivers, waiver, approval, terms)
        if fault:
            uses.extend(_use(waiver, fault[0], finding, fault[1]) for finding, _limit in matching)
            if not matching:
                uses.append(_use(waiver, fault[0], None, fault[1]))
            continue
        if not matching:
            uses.append(_use(waiver, "unused", None, _unused(waiver, record)))
        proof = str(approval.sha256) if approval is not None and approval.proven else ""
        for finding, limit in matching:
            state, why = _judge(waiver, finding, limit, terms, today)
            if waivers.people or waivers.identity:
                known = how_known(approval)
                why = say("{why}; its approval is {identity_of}", why=why, identity_of=known)
                if approval is not None and _of_any(approval, waivers):
                    why = say("{why}, and names no system", why=why)
            uses.append(replace(_use(waiver, state, finding, why), statement=proof))
            if state in {"applied", "expires_soon"}:
                waived.setdefault(finding.fingerprint, waiver.id)
    return WaiverLedger(waived=waived, uses=tuple(uses))


def matches(waiver: Waiver, finding: Finding, record: Record) -> bool:
    """Whether a waiver's rule and scope fit a finding."""
    return waiver.rule == finding.rule and all(
        _fits(key, value, finding, record) for key, value in waiver.scope
    )


def _fits(key: str, value: str, finding: Finding, record: Record) -> bool:
    if key == "fingerprint":
        return finding.fingerprint == value
    if key == "model_sha256":
        return any(item.role == "model" and item.sha256.startswith(value) for item in record.inputs)
    subject = finding.subject
    if key == "metric" and finding.measurement is not None and finding.measurement.metric == value:
        return True
    names = {value, *_labels(value, record)} if key == "attribute" else {value}
    return (subject.kind == key and subject.name in names) or subject.detail.get(key) in names


def _labels(column: str, record: Record) -> tuple[str, ...]:
    """Labels that the plan prints in place of a column's name, so that a waiver may name either."""
    features = [
        *record.plan.get("sensitive_features", ()),
        *record.plan.get("control_features", ()),
    ]
    return tuple(
        str(item["label"])
        for item in features
        if isinstance(item, Mapping) and item.get("column") == column and item.get("label")
    )


def _fault(
    waiver: Waiver, record: Record, terms: WaiverTerms, today: date
) -> tuple[WaiverState, str] | None:
    """Why a waiver counts for nothing today, whatever the finding."""
    made = date.fromisoformat(record.run.clock[:10])
    if today < made - timedelta(days=1):
        return "malformed", (
            say(
                "does not count: today is {today} by this clock, but the record "
                "was made on {made}; set the clock right",
                today=today,
                made=made,
            )
        )
    if waiver.created > today:
        return (
            "malformed",
            say(
                "does not count: it was created on {created}, which is after today ({today})",
                created=waiver.created,
                today=today,
            ),
        )
    if today > waiver.expires:
        return "expired", say("expired on {expires}", expires=waiver.expires)
    if (waiver.expires - waiver.created).days > terms.max_days:
        return (
            "malformed",
            say(
                "does not count: it lives longer than the {max_days} days that the policy allows",
                max_days=terms.max_days,
            ),
        )
    return None


def _who_fault(
    waivers: Waivers, waiver: Waiver, approval: Outcome | None, terms: WaiverTerms
) -> tuple[WaiverState, str] | None:
    """Why the people behind a waiver are not enough: too few, unknown, or not proven."""
    people = waivers.people
    gone = next((item for item in waivers.revoked or () if item.waiver == waiver.id), None)
    if gone is not None and waivers.system and not gone.system:
        return "unproven", say(
            "does not count: the log says that a waiver of this name was taken back, in an older entry that does "
            "not say of which system; if it was another's, take this one out of the file and ask for it anew"
        )
    if gone is not None:
        return "unproven", say("does not count: the log says that it was taken back")
    if not people and waivers.identity == "proven":
        return "unproven", say(
            "does not count: the plan names no people, so nobody is proven to have approved it; name "
            "them (people: people.yaml) and let the approver sign it with raudit waive-approve WAIVER --by NAME, or "
            "write identity: stated in the plan, which the report then says"
        )
    if terms.four_eyes and people.id_of(waiver.owner) == people.id_of(waiver.approver):
        return "malformed", say(
            "does not count: the policy asks for an approver who is not the owner"
        )
    if not people:
        return None
    unknown = [name for name in (waiver.owner, waiver.approver) if people.find(name) is None]
    if unknown:
        return "malformed", say("does not count: nobody is known as {unknown}", unknown=unknown[0])
    if waivers.identity == "proven" and not (approval is not None and approval.proven):
        return "unproven", say(
            "does not count: its approval is {identity_of}; {approver} proves it with: {command}",
            identity_of=how_known(approval),
            approver=waiver.approver,
            command=pasted("waive-approve", waiver.id, "--by", waiver.approver, "--key", "FILE"),
        )
    return None


def _of_any(approval: Outcome, waivers: Waivers) -> bool:
    """Whether an approval was given where no plan named the system, so that it counts in any that has this waiver."""
    return bool(waivers.system) and approval.statement is not None and not approval.statement.system


def _judge(
    waiver: Waiver, finding: Finding, limit: Threshold | None, terms: WaiverTerms, today: date
) -> tuple[WaiverState, str]:
    value = finding.measurement.value if finding.measurement is not None else None
    if value is None and (waiver.max_value is not None or waiver.min_value is not None):
        return "malformed", say(
            "does not count: it is bounded by max_value or min_value, and this finding has no value to hold against it"
        )
    if value is not None:
        low_side = limit is not None and limit.low is not None and value < limit.low
        bound, name = (
            (waiver.min_value, "min_value") if low_side else (waiver.max_value, "max_value")
        )
        if bound is None:
            return (
                "malformed",
                say(
                    "does not count: a measured finding needs {name}, so that it cannot grow unseen",
                    name=name,
                ),
            )
        if (value < bound) if low_side else (value > bound):
            side = say("below") if low_side else say("above")
            return "outgrown", say(
                "was outgrown: {value:.4g} is {side} its {name} of {bound:.4g}",
                value=value,
                side=side,
                name=name,
                bound=bound,
            )
    left = (waiver.expires - today).days
    if left <= terms.warn_days:
        return "expires_soon", say(
            "applied; it ends in {left} days, on {expires}", left=left, expires=waiver.expires
        )
    return "applied", say("applied until {expires}", expires=waiver.expires)


def _unused(waiver: Waiver, record: Record) -> str:
    known = sorted({rule.id for stage in record.stages for rule in stage.rules})
    if known and waiver.rule not in known:
        return say(
            "covers nothing: no stage has the rule {rule} ({nearest})",
            rule=waiver.rule,
            nearest=nearest(waiver.rule, known),
        )
    return say("covers nothing in this run; remove it")


def _use(waiver: Waiver, state: WaiverState, finding: Finding | None, why: str) -> WaiverUse:
    return WaiverUse(
        id=waiver.id,
        state=state,
        rule=waiver.rule,
        fingerprint=finding.fingerprint if finding is not None else "",
        reason=waiver.reason,
        owner=waiver.owner,
        approver=waiver.approver,
        expires=waiver.expires.isoformat(),
        explanation=say("Waiver {id} {why}.", id=waiver.id, why=why),
    )
