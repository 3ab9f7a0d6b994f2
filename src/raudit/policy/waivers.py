"""Waivers: a named finding may stand until a date, up to a value, because someone agreed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, digest
from raudit.errors import PolicyError
from raudit.people import NOBODY, People
from raudit.policy.proof import Revocation
from raudit.sentences import say
from raudit.statements import Enrolment, Kind, Outcome, check_statements, whole_statements
from raudit.statements.check import is_about
from raudit.validate import validate
from raudit.yamltext import YamlText, read_yaml


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
        return how_known(self.approval(waiver))


def how_known(approval: Outcome | None) -> str:
    """How whoever agreed is known, in words."""
    if approval is None:
        return say("stated, not proven")
    return approval.why if approval.proven else say("not proven: {detail}", detail=approval.why)


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
