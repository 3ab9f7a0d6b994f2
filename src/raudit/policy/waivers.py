"""Waivers: a named finding may stand until a date, up to a value, because someone agreed to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, digest
from raudit.errors import PolicyError
from raudit.findings import Finding, Threshold
from raudit.people import NOBODY, People
from raudit.policy.model import WaiverTerms
from raudit.policy.proof import Revocation
from raudit.printable import pasted
from raudit.record import Record, WaiverState, WaiverUse
from raudit.sentences import say
from raudit.statements import Enrolment, Kind, Outcome, check_statements, whole_statements
from raudit.statements.check import is_about
from raudit.validate import validate
from raudit.yamltext import YamlText, nearest, read_yaml

STALE: frozenset[WaiverState] = frozenset(
    {"unused", "expired", "malformed", "outgrown", "unproven"}
)
"""States of waivers that a strict policy does not let lie around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver that is well formed."""

    id: str
    rule: str
    scope: tuple[tuple[str, str], ...]
    """Keys and values that a finding must match, all of them."""
    reason: str
    owner: str
    approver: str
    created: date
    expires: date
    """Last day on which it counts, in UTC."""
    max_value: float | None = None
    min_value: float | None = None
    ticket: str = ""
    line: int = 1
    """Line in the waivers file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """An entry of a waivers file that cannot count."""

    id: str
    rule: str
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """A waivers file."""

    entries: tuple[Waiver, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    source: str = ""
    """File name; empty if there is no file."""
    people: People = NOBODY
    """Who people are."""
    statements: tuple[Outcome, ...] = ()
    """The signed statements beside the file, checked."""
    identity: str = ""
    """``proven``: a waiver counts only if its approver is proven to have approved exactly it; ``stated``: on a name."""
    revoked: tuple[Revocation, ...] | None = None
    """Waivers that were taken back, as a log tells; None if none was asked."""
    system: str = ""
    """Name of the system whose findings they are about; empty if it is not known."""

    def approval(self, waiver: Waiver) -> Outcome | None:
        """The approver's statement over a waiver, proven ones first; None if there is none."""
        own, approver = str(waiver_sha256(waiver)), self.people.id_of(waiver.approver)
        found = [
            item
            for item in self.statements
            if item.statement is not None
            and item.statement.kind is Kind.APPROVAL
            and item.statement.subjects.get("waiver") == own
            and item.statement.person == approver
            # A waiver names a rule and no system: agreed to for one, the same words let nothing stand in another.
            and is_about(item.statement, self.system)
        ]
        return min(found, key=lambda item: not item.proven, default=None)

    def identity_of(self, waiver: Waiver) -> str:
        """How the approver is known, in words."""
        approval = self.approval(waiver)
        if approval is None:
            return say("stated, not proven")
        return approval.why if approval.proven else say("not proven: {detail}", detail=approval.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverLedger:
    """What became of every waiver in a run."""

    waived: dict[str, str] = field(default_factory=dict)
    """Id of the waiver by fingerprint of the finding it covers."""
    uses: tuple[WaiverUse, ...] = ()


def load_waivers(
    path: Path | None,
    *,
    people: People = NOBODY,
    identity: str = "",
    enrolment: Enrolment | None = None,
    revoked: tuple[Revocation, ...] | None = None,
    system: str = "",
) -> Waivers:
    """Read a waivers file; an entry that is malformed is kept as such and does not spoil the others.

    Parameters
    ----------
    people
        Who people are; with them owner and approver must be known.
    identity
        ``proven``: a waiver counts only with a signed statement of its approver.
    enrolment
        What a log knows of people's keys.
    revoked
        Waivers that were taken back, as a log tells.
    system
        Name of the system whose findings they are about; an approval of another system's waiver does not count.

    Raises
    ------
    PolicyError
        If the file as a whole cannot be read: not YAML, no ``schema``, a newer schema.
    """
    if path is None:
        return Waivers(revoked=revoked)
    from raudit.policy.schema import WaiversFrame

    yaml = read_yaml(path, error=PolicyError)
    if not isinstance(yaml.value, dict):
        raise PolicyError(
            "the waivers file is not a mapping",
            reference="waivers-not-a-mapping",
            where=yaml.where(()),
            expected="schema: raudit.waivers/1 and a list under waivers",
            hint="write one with: raudit waive RULE --record RECORD --reason TEXT --owner NAME --approver NAME "
            "--expires DATE",
        )
    version = yaml.value.get("schema")
    if (
        isinstance(version, str)
        and version.startswith("raudit.waivers/")
        and version != "raudit.waivers/1"
    ):
        raise PolicyError(
            "the waivers file is from another version of raudit",
            reference="waivers-version",
            where=yaml.where(("schema",)),
            got=version,
            expected="raudit.waivers/1",
            hint="use the raudit version that wrote it",
        )
    frame = validate(WaiversFrame, yaml, error=PolicyError)
    entries: list[Waiver] = []
    malformed: list[Malformed] = []
    for index, raw in enumerate(frame.waivers or ()):
        entry = _entry(yaml, index, raw)
        if isinstance(entry, Waiver) and any(entry.id == other.id for other in entries):
            entry = Malformed(
                id=entry.id, rule=entry.rule, fault="the id is used twice; the first entry counts"
            )
        (entries if isinstance(entry, Waiver) else malformed).append(entry)  # type: ignore[arg-type]
    return Waivers(
        entries=tuple(entries),
        malformed=tuple(malformed),
        source=path.name,
        people=people,
        identity=identity,
        revoked=revoked,
        system=system,
        statements=check_statements(whole_statements(path), people, enrolment=enrolment),
    )


def _entry(yaml: YamlText, index: int, raw: object) -> Waiver | Malformed:
    from raudit.policy.schema import WaiverEntry

    at = ("waivers", index)
    told = raw if isinstance(raw, dict) else {}
    name = str(told.get("id") or f"entry {index + 1}")[:64]
    rule = str(told.get("rule") or "")[:64]
    if not told:
        return Malformed(
            id=name, rule=rule, fault=say("not a mapping (line {line})", line=yaml.line(at))
        )
    try:
        entry = validate(WaiverEntry, yaml, error=PolicyError, at=at, value=raw)
    except PolicyError as error:
        return Malformed(
            id=name,
            rule=rule,
            fault=say("{message} (line {line})", message=error.message, line=yaml.line(at)),
        )
    return _waiver(entry, yaml.line(at))


def waiver_sha256(waiver: Waiver) -> Sha256:
    """Digest of all that a waiver says, wherever it stands in a file; what an approval signs."""
    said = {
        name: getattr(waiver, name)
        for name in ("id", "rule", "reason", "owner", "approver", "ticket")
    }
    days = {"created": waiver.created.isoformat(), "expires": waiver.expires.isoformat()}
    limits = {"max_value": waiver.max_value, "min_value": waiver.min_value}
    return digest({**said, **days, **limits, "scope": [list(pair) for pair in waiver.scope]})


def waiver_from(raw: Mapping[str, Any]) -> Waiver:
    """Make a waiver from plain values, such as flags.

    Raises
    ------
    PolicyError
        If a field is malformed.
    """
    from raudit.policy.schema import WaiverEntry

    yaml = YamlText(value=dict(raw), lines={}, source="waiver", text="")
    return _waiver(validate(WaiverEntry, yaml, error=PolicyError, value=dict(raw)), 1)


def _waiver(entry: Any, line: int) -> Waiver:
    scope = tuple((key, value) for key, value in entry.scope.model_dump().items() if value)
    kept = {
        key: getattr(entry, key)
        for key in ("id", "rule", "reason", "owner", "approver", "created", "expires")
    }
    return Waiver(
        **kept,
        scope=scope,
        max_value=entry.max_value,
        min_value=entry.min_value,
        ticket=entry.ticket,
        line=line,
    )


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
        fault = _fault(waiver, record, terms, today) or _who_fault(waivers, waiver, terms)
        if fault:
            uses.extend(_use(waiver, fault[0], finding, fault[1]) for finding, _limit in matching)
            if not matching:
                uses.append(_use(waiver, fault[0], None, fault[1]))
            continue
        if not matching:
            uses.append(_use(waiver, "unused", None, _unused(waiver, record)))
        for finding, limit in matching:
            state, why = _judge(waiver, finding, limit, terms, today)
            why = (
                say(
                    "{why}; its approval is {identity_of}",
                    why=why,
                    identity_of=waivers.identity_of(waiver),
                )
                if waivers.people or waivers.identity
                else why
            )
            uses.append(_use(waiver, state, finding, why))
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
    waivers: Waivers, waiver: Waiver, terms: WaiverTerms
) -> tuple[WaiverState, str] | None:
    """Why the people behind a waiver are not enough: too few, unknown, or not proven."""
    people = waivers.people
    if any(gone.waiver == waiver.id for gone in waivers.revoked or ()):
        return "unproven", say("does not count: the log says that it was taken back")
    if not people and waivers.identity == "proven":
        return "unproven", say(
            "does not count: the plan names no people, so nobody is proven to have approved it; name "
            "them (people: people.yaml) and let the approver sign it with raudit waive-approve WAIVER --by NAME, or "
            "write identity: stated in the plan, which the report then says"
        )
    if terms.four_eyes and people.id_of(waiver.owner) == people.id_of(waiver.approver):
        return "malformed", "does not count: the policy asks for an approver who is not the owner"
    if not people:
        return None
    unknown = [name for name in (waiver.owner, waiver.approver) if people.find(name) is None]
    if unknown:
        return "malformed", say("does not count: nobody is known as {unknown}", unknown=unknown[0])
    approval = waivers.approval(waiver)
    if waivers.identity == "proven" and not (approval is not None and approval.proven):
        return "unproven", say(
            "does not count: its approval is {identity_of}; {approver} proves it with: {command}",
            identity_of=waivers.identity_of(waiver),
            approver=waiver.approver,
            command=pasted("waive-approve", waiver.id, "--by", waiver.approver, "--key", "FILE"),
        )
    return None


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
