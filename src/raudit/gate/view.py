"""A record's findings as its verdict sees them; every output is made from this and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from raudit.canonical import digest
from raudit.findings import Finding, Rule, Severity, Status
from raudit.policy.model import covers
from raudit.policy.waived import STALE
from raudit.record import Outcome, Record, StageRecord, Verdict, WaiverUse
from raudit.sentences import full_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """One finding and what the gate does with it."""

    finding: Finding
    stage: str
    """Title of its stage."""
    rule: Rule | None
    """Catalogue entry; None if the stage declared none."""
    status: Status
    severity: Severity
    reason: str
    effect: str
    """``blocks``, ``undecided``, ``waived``, ``known`` (in the baseline), ``noted`` (failed or indeterminate without
    consequence), ``passed`` or ``ignored`` (left out by select or ignore)."""
    explanation: str = ""
    """The waiver's or baseline's word on it."""
    adjusted: bool = False
    """Whether the policy changed its status, severity or threshold."""
    requirements: tuple[str, ...] = ()
    anchor: str = ""
    """What sets the rule: the policy's entry if it changed the finding, else the finding's own anchor, else its
    stage."""

    @property
    def why(self) -> str:
        """Its reason as a sentence of its own; empty if there is none."""
        return full_sentence(self.reason)


def findings_of(record: Record) -> tuple[GateFinding, ...]:
    """All findings with their effect, worst first, then in the order of rule and fingerprint."""
    verdict = _verdict(record)
    adjusted = {item["fingerprint"]: item for item in verdict.policy.get("adjusted", ())}
    waived = {
        use.fingerprint: use for use in verdict.waivers if use.state in {"applied", "expires_soon"}
    }
    held = {item["fingerprint"]: item for item in verdict.baseline.get("findings", ())}
    rows = [
        replace(row, anchor=_answer_anchor(row, record) or row.anchor)
        for stage in record.stages
        for finding in stage.findings
        for row in (_view(finding, stage, verdict, adjusted, waived, held),)
    ]
    return tuple(sorted(rows, key=_order))


def catalogue(record: Record) -> tuple[Rule, ...]:
    """Rules of all stages, sorted by id."""
    rules = {rule.id: rule for stage in record.stages for rule in stage.rules}
    return tuple(rules[key] for key in sorted(rules))


def what_became(stage: StageRecord) -> str:
    """A stage that did not complete, in a sentence without its full stop."""
    verb = "failed" if stage.outcome is Outcome.FAILED else "was skipped"
    return f"{stage.title} {verb}: {stage.reason or 'no reason given'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A reason against passing that no finding carries."""

    kind: Literal["stage", "required", "waiver", "nothing"]
    """A stage that did not run, something else that had to be done, a waiver that a strict policy does not let lie, or
    that nothing was evaluated."""
    name: str
    """Short and stable: of a stage, of what is required, or of a waiver."""
    text: str
    """A sentence without its full stop."""

    @property
    def anchor(self) -> str:
        """What in the plan it is about."""
        return f"stages.{self.name}" if self.kind == "stage" else "policy"

    @property
    def fingerprint(self) -> str:
        """The same for the same name in every run, as a finding's."""
        return digest({"rule": "RA-GATE-001", "kind": "stage", "name": self.name})[:32]


def unsettled(record: Record) -> tuple[Unsettled, ...]:
    """What stands against passing besides findings; an output that left it out would show green for nothing."""
    verdict = _verdict(record)
    found = [_not_run(name, record) for name in verdict.not_run]
    if verdict.policy.get("waivers", {}).get("strict"):
        stale = [use for use in verdict.waivers if use.state in STALE]
        found += [
            Unsettled(kind="waiver", name=f"waiver {use.id}", text=use.explanation.rstrip("."))
            for use in stale
        ]
    if verdict.exit_status == 5:
        because = " ".join(verdict.because).rstrip(".")
        found.append(
            Unsettled(kind="nothing", name="anything", text=because or "nothing was evaluated")
        )
    return tuple(found)


def _not_run(name: str, record: Record) -> Unsettled:
    stage = record.stage(name)
    if stage is not None:
        return Unsettled(kind="stage", name=name, text=what_became(stage))
    told = _verdict(record).policy.get("missing", {}).get(name, "")
    text = str(told).rstrip(".") or f"{name} is required, and was not done"
    return Unsettled(kind="required", name=name, text=text)


def _verdict(record: Record) -> Verdict:
    if record.verdict is None:
        raise ValueError("outputs are made from a record with a verdict; apply a policy first")
    return record.verdict


def _view(
    finding: Finding,
    stage: StageRecord,
    verdict: Verdict,
    adjusted: Mapping[str, Mapping[str, Any]],
    waived: Mapping[str, WaiverUse],
    held: Mapping[str, Mapping[str, Any]],
) -> GateFinding:
    key = finding.fingerprint
    change = adjusted.get(key)
    status = Status(change["status"]) if change else finding.status
    effect, explanation = _effect(key, status, finding.rule, verdict, waived, held)
    rule = next((rule for rule in stage.rules if rule.id == finding.rule), None)
    return GateFinding(
        finding=finding,
        stage=stage.title,
        rule=rule,
        status=status,
        severity=Severity(change["severity"]) if change else finding.severity,
        reason=str(change["reason"]) if change else finding.reason,
        effect=effect,
        explanation=explanation,
        adjusted=change is not None,
        requirements=_requirements(finding, rule, verdict),
        anchor=(_policy_anchor(finding.rule, verdict) if change else "")
        or finding.anchor
        or f"stages.{stage.name}",
    )


def _answer_anchor(row: GateFinding, record: Record) -> str:
    """Where a question is answered: in the answers file that the plan names for its assessment."""
    head, _, number = row.finding.anchor.partition(".")
    sections = record.plan.get("assessments", ())
    if row.finding.subject.kind != "question" or head != "assessments" or not number.isdigit():
        return ""
    named = sections[int(number)].get("answers") if int(number) < len(sections) else None
    return f"{named}:answers.{row.finding.subject.name}" if named else ""


def _policy_anchor(rule: str, verdict: Verdict) -> str:
    """Where the policy speaks of a rule, by its longest key."""
    entries = verdict.policy.get("rules", {})
    keys = sorted(
        (key for key in entries if covers(key, rule) and entries[key].get("anchor")), key=len
    )
    return str(entries[keys[-1]]["anchor"]) if keys else ""


def _effect(
    key: str,
    status: Status,
    rule: str,
    verdict: Verdict,
    waived: Mapping[str, WaiverUse],
    held: Mapping[str, Mapping[str, Any]],
) -> tuple[str, str]:
    said = str(held[key]["explanation"]) if key in held else ""
    if not judged(rule, verdict):
        return "ignored", ""
    if status is not Status.PASSED and key in verdict.blocking:
        return "blocks", said
    if status is Status.INDETERMINATE:
        return ("undecided" if key in verdict.undecided else "noted"), ""
    if status is Status.PASSED:
        return "passed", ""
    if key in waived:
        return "waived", waived[key].explanation
    if key in held and held[key]["state"] == "known":
        return "known", said
    return "noted", said


def judged(rule: str, verdict: Verdict) -> bool:
    """Whether the verdict's select and ignore left a rule in."""
    select, ignore = verdict.policy.get("select", ()), verdict.policy.get("ignore", ())
    chosen = not select or any(covers(word, rule) for word in select)
    return chosen and not any(covers(word, rule) for word in ignore)


def _requirements(finding: Finding, rule: Rule | None, verdict: Verdict) -> tuple[str, ...]:
    words = [*finding.requirements, *(rule.requirements if rule else ())]
    for key, entry in verdict.policy.get("rules", {}).items():
        if covers(key, finding.rule):
            words.extend(entry.get("requirements", ()))
    return tuple(dict.fromkeys(words))


_EFFECTS = ("blocks", "undecided", "noted", "known", "waived", "passed", "ignored")


def _order(item: GateFinding) -> tuple[int, bool, int, str, str]:
    """What groups differ in beyond chance comes before what nobody could measure."""
    return (
        _EFFECTS.index(item.effect),
        not item.finding.beyond_chance,
        item.severity.rank,
        item.finding.rule,
        item.finding.fingerprint,
    )
