"""What is found of one assessment: complete, contradicted, blocked, signed off; one finding for each rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Unpack

from raudit.checklists import Assessment
from raudit.checklists.assess import Contradicted
from raudit.checklists.conditions import ConditionState
from raudit.checklists.documents import DocumentFault, document_faults
from raudit.evidence import AssessmentFiles
from raudit.findings import Finding, JsonObject, More, Rule, Severity, Status, Subject
from raudit.sentences import joined, role_words, say, term
from raudit.stages.assessments.rules import BLOCKED, COMPLETE, CONTRADICTED, SIGNED


def verdicts(result: Assessment, files: AssessmentFiles, *, identity: str) -> list[Finding]:
    """Judge one scored assessment by every rule of the stage.

    ``identity`` is the policy's: with ``proven`` a sign-off that is only stated cannot be told.
    """
    judged = _Judged(result, files, identity)
    return [
        _complete(judged),
        *_contradicted(judged),
        *[_blocked(judged, number, because) for number, because in enumerate(result.blockers, 1)],
        _signed(judged),
    ]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One assessment with what its findings all name."""

    result: Assessment
    files: AssessmentFiles
    identity: str

    @property
    def title(self) -> str:
        return term(self.result.checklist.file.title)

    @property
    def subject(self) -> Subject:
        return Subject(kind="assessment", name=self.result.checklist.id)

    def finding(
        self,
        rule: Rule,
        status: Status,
        statement: str,
        subject: Subject | None = None,
        **more: Unpack[More],
    ) -> Finding:
        """Answer a rule about this assessment, or about the part of it that is named."""
        more["anchor"] = self.files.anchor
        if status is Status.PASSED:
            more["severity"] = Severity.INFO
        return rule.finding(status, subject or self.subject, statement, **more)


# -- complete


def _complete(judged: _Judged) -> Finding:
    """Every question answered, and the evidence that answers link to is what was linked."""
    result, files = judged.result, judged.files
    if not result.complete:
        return _open(judged)
    faults = (
        document_faults(result.answers, files.answers_path.parent) if files.answers_path else ()
    )
    if faults:
        return _evidence_changed(judged, faults)
    statement = say(
        "{title}: all {asked} questions are answered; a reviewer accepted {accepted} of the answers",
        title=judged.title,
        asked=len(result.visible),
        accepted=result.accepted,
    )
    refuted = len({item.question for item in result.contradictions})
    statement += (
        say(", and the evidence contradicts {refuted}.", refuted=refuted) if refuted else "."
    )
    return judged.finding(COMPLETE, Status.PASSED, statement)


def _evidence_changed(judged: _Judged, faults: Sequence[DocumentFault]) -> Finding:
    statement = say(
        "{title}: all {asked} questions are answered, but {count} evidence files are not what was linked.",
        title=judged.title,
        asked=len(judged.result.visible),
        count=len(faults),
    )
    listed = [{"question": f.question, "path": f.path, "fault": f.fault} for f in faults]
    return judged.finding(
        COMPLETE,
        Status.INDETERMINATE,
        statement,
        reason=faults[0].text,
        data={"evidence": listed},
    )


def _open(judged: _Judged) -> Finding:
    result, first = judged.result, judged.result.open[0]
    statement = say(
        "{title}: {answered} of {asked} questions are answered; {count} are open.",
        title=judged.title,
        answered=result.answered,
        asked=len(result.visible),
        count=len(result.open),
    )
    reason = say(
        "first: “{question}” ({reason}; {source} line {line})",
        question=term(result.checklist.questions[first.question].text),
        reason=first.reason,
        source=result.answers.source,
        line=first.line,
    )
    listed = [
        {"question": item.question, "reason": item.reason, "line": item.line}
        for item in result.open
    ]
    return judged.finding(
        COMPLETE, Status.INDETERMINATE, statement, reason=reason, data={"open": listed}
    )


# -- contradicted


def _contradicted(judged: _Judged) -> list[Finding]:
    """Each answer that a measured fact contradicts, or on how many facts none was."""
    result = judged.result
    if result.contradictions:
        return [_refuted(judged, item) for item in result.contradictions]
    if result.facts_used:
        statement = say(
            "{title}: no answer is contradicted by the {facts} measured facts that bear on it.",
            title=judged.title,
            facts=len(result.facts_used),
        )
        data: JsonObject = {"facts": list(result.facts_used)}
        return [judged.finding(CONTRADICTED, Status.PASSED, statement, data=data)]
    statement = say(
        "{title}: nothing was measured that its answers could be held against.",
        title=judged.title,
    )
    reason = "no fact was measured that bears on it"
    return [judged.finding(CONTRADICTED, Status.INDETERMINATE, statement, reason=reason)]


def _refuted(judged: _Judged, item: Contradicted) -> Finding:
    checklist = judged.result.checklist
    question = checklist.questions[item.question]
    return judged.finding(
        CONTRADICTED,
        Status.FAILED,
        say(
            "Asked “{text}”, {who_said} “{answer}”. {because}",
            text=term(question.text),
            who_said=_who_said(item),
            answer=item.answer,
            because=term(item.because),
        ),
        Subject(kind="question", name=item.question, detail={"assessment": checklist.id}),
        data={
            "answer": item.answer,
            "by": item.by,
            "at": item.at,
            "evidence": item.because,
            "fact": item.fact,
            "places": [place.as_json() for place in item.places],
            "line": item.line,
        },
        requirements=question.maps_to or CONTRADICTED.requirements,
    )


def _who_said(item: Contradicted) -> str:
    said = say("{by} answered", by=item.by) if item.by else say("the answer is")
    return say("{said} on {at}", said=said, at=item.at) if item.by and item.at else said


# -- blocked


def _blocked(judged: _Judged, number: int, because: str) -> Finding:
    subject = Subject(
        kind="assessment", name=judged.result.checklist.id, detail={"blocker": str(number)}
    )
    statement = say("{title}: {because}", title=judged.title, because=term(because))
    return judged.finding(BLOCKED, Status.FAILED, statement, subject)


# -- signed


def _signed(judged: _Judged) -> Finding:
    """The first thing in the way of the sign-off, worst first; signed off if there is none."""
    for obstacle in _OBSTACLES:
        finding = obstacle(judged)
        if finding is not None:
            return finding
    return _agreed(judged)


def _rejected(judged: _Judged) -> Finding | None:
    against = [
        state.signoff
        for state in judged.result.signoffs
        if state.holds and state.signoff.decision in {"reject", "refer"}
    ]
    if not against:
        return None
    role = against[0].role
    return judged.finding(
        SIGNED,
        Status.FAILED,
        say(
            "{title}: the {role} decided to {decision}.",
            title=judged.title,
            role=role_words(role),
            decision=term(against[0].decision),
        ),
        requirements=_bearing({role}),
        remedy=say(
            "Settle what the {role} objects to, or do not go ahead; only the {role} can decide anew.",
            role=role_words(role),
        ),
    )


def _void(judged: _Judged) -> Finding | None:
    void = [state for state in judged.result.signoffs if not state.holds]
    if not void:
        return None
    statement = say(
        "{title}: the sign-off of the {role} does not hold; {because}.",
        title=judged.title,
        role=term(void[0].signoff.role),
        because=term(void[0].because),
    )
    data: JsonObject = {"changed": list(void[0].changed)}
    return judged.finding(SIGNED, Status.FAILED, statement, data=data)


def _expired(judged: _Judged) -> Finding | None:
    if not judged.result.expired:
        return None
    statement = say(
        "{title}: it does not hold any more; {expired}.",
        title=judged.title,
        expired=judged.result.expired,
    )
    return judged.finding(SIGNED, Status.FAILED, statement)


def _overdue(judged: _Judged) -> Finding | None:
    overdue = judged.result.overdue
    if not overdue:
        return None
    said = say(
        "{title}: approved with conditions, and {count} of them should be met by now.",
        title=judged.title,
        count=len(overdue),
    )
    statement = say("{said} {listed}", said=said, listed=joined(" ", overdue))
    return judged.finding(SIGNED, Status.FAILED, statement, data=_conditions(judged))


def _role_missing(judged: _Judged) -> Finding | None:
    if not judged.result.missing_roles:
        return None
    roles = joined(", ", map(role_words, judged.result.missing_roles))
    return judged.finding(
        SIGNED,
        Status.INDETERMINATE,
        say("{title}: not signed off by {roles}.", title=judged.title, roles=roles),
        reason=say("nobody has decided as {roles}", roles=roles),
    )


def _condition_unowned(judged: _Judged) -> Finding | None:
    if not judged.result.unowned:
        return None
    first = judged.result.unowned[0]
    statement = say(
        "{title}: approved with conditions of which nobody can say whether they are met in time.",
        title=judged.title,
    )
    reason = say(
        "a condition of the {role} has {part}",
        role=role_words(first.role),
        part=(first.said if not first.condition.what else first.standing),
    )
    return judged.finding(
        SIGNED, Status.INDETERMINATE, statement, reason=reason, data=_conditions(judged)
    )


def _unproven(judged: _Judged) -> Finding | None:
    unproven = [state for state in judged.result.signoffs if state.holds and not state.proven]
    if not unproven or judged.identity != "proven":
        return None
    people = [
        say("{by} as {role}", by=state.signoff.by, role=role_words(state.signoff.role))
        for state in unproven
    ]
    statement = say(
        "{title}: the sign-off by {names} is stated, not proven.",
        title=judged.title,
        names=joined(", ", people),
    )
    return judged.finding(SIGNED, Status.INDETERMINATE, statement, reason=unproven[0].identity)


_OBSTACLES: tuple[Callable[[_Judged], Finding | None], ...] = (
    _rejected,
    _void,
    _expired,
    _overdue,
    _role_missing,
    _condition_unowned,
    _unproven,
)


def _agreed(judged: _Judged) -> Finding:
    result = judged.result
    decisions = [
        say(
            "{role} ({value}{part})",
            role=role_words(state.signoff.role),
            value=term(state.signoff.decision.replace("_", " ")),
            part=("" if state.proven else say("; stated, not proven")),
        )
        for state in result.signoffs
    ]
    if decisions:
        signed = joined(", ", decisions)
        statement = say("{title}: signed off by {signed}.", title=judged.title, signed=signed)
    else:
        statement = say("{title}: no sign-off is asked for.", title=judged.title)
    return judged.finding(
        SIGNED,
        Status.PASSED,
        statement + _conditions_met(result.conditions),
        data=_conditions(judged) if result.conditions else {},
        requirements=_bearing({state.signoff.role for state in result.signoffs}),
    )


def _conditions_met(conditions: Sequence[ConditionState]) -> str:
    if not conditions:
        return ""
    met = sum(state.state == "met" for state in conditions)
    due = [
        state.condition.due for state in conditions if state.state == "open" and state.condition.due
    ]
    said = say(" {met} of {count} conditions are met", met=met, count=len(conditions))
    return said + (say("; the next is due on {later}.", later=min(due)) if due else ".")


def _bearing(roles: Collection[str]) -> tuple[str, ...]:
    """What a decision bears on: only that of a data protection officer is the advice of Article 35(2) GDPR."""
    return (*SIGNED.requirements, *(("gdpr:35.2",) if "dpo" in roles else ()))


def _conditions(judged: _Judged) -> JsonObject:
    return {"conditions": [_condition(state) for state in judged.result.conditions]}


def _condition(state: ConditionState) -> dict[str, str]:
    condition = state.condition
    return {
        "role": state.role,
        "what": condition.what,
        "owner": condition.owner,
        "due": condition.due.isoformat() if condition.due else "",
        "state": state.state,
    }
