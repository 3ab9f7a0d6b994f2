"""The stage: score every assessment of the plan and hold it against what the other stages measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from raudit.checklists import Assessment, assess, load_answers, load_checklist
from raudit.checklists.answers import Answers, empty_answers
from raudit.checklists.assess import Contradicted
from raudit.checklists.conditions import ConditionState
from raudit.checklists.documents import document_faults
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.proofs import proofs_of
from raudit.errors import NotEvaluable
from raudit.evidence import AssessmentFiles, Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, JsonObject, Rule, Severity, Status, Subject
from raudit.record import Figure, Table
from raudit.sentences import joined, say, term
from raudit.stages.assessments.facts import FACTS
from raudit.stages.assessments.rules import BLOCKED, COMPLETE, CONTRADICTED, RULES, SIGNED
from raudit.stages.assessments.tables import (
    answered_clauses,
    answers_table,
    contradictions_table,
    overview_table,
    reasons_table,
    register_table,
    risk_matrix,
    signoff_table,
)
from raudit.statements import (
    Outcome,
    Standing,
    about_system,
    check_statements,
    statements_path,
    whole_statements,
)
from raudit.validate import Strict


class AssessmentOptions(Strict):
    """``stages.assessments`` in the plan; nothing to set."""


class Assessments:
    """Scores assessments."""

    name: ClassVar[str] = "assessments"
    title: ClassVar[str] = "Assessments"
    options: ClassVar[type[AssessmentOptions]] = AssessmentOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = True
    order: ClassVar[int] = 40

    def run(self, evidence: Evidence, options: AssessmentOptions) -> StageResult:
        """Score every assessment; see ``docs/reference/checklists.md``."""
        if not evidence.assessments:
            raise NotEvaluable(
                "the plan names no assessment",
                reference="no-assessments",
                hint="add 'assessments:' with a checklist, such as gdpr-dpia",
            )
        results: list[Assessment] = []
        findings: list[Finding] = []
        decisions: dict[str, list[JsonObject]] = {}
        for files in evidence.assessments:
            checklist, answers = _read(files)
            statements = _statements(files, evidence)
            result = assess(
                checklist,
                answers,
                facts=evidence.facts,
                sources=evidence.sources,
                today=evidence.clock.date(),
                people=evidence.people,
                statements=statements,
            )
            decisions[result.checklist.id] = proofs_of(result, statements, evidence.people)
            results.append(result)
            findings += _findings(result, files, identity=evidence.identity)
            findings += _false(result, files, statements)
        further = (contradictions_table(results), reasons_table(results))
        tables: list[Table] = [overview_table(results), *(table for table in further if table.rows)]
        figures: list[Figure] = []
        for result in results:
            tables.append(answers_table(result))
            if result.answers.file.signoffs:
                tables.append(signoff_table(result))
            figures += risk_matrix(result)
        register = register_table(results)
        return StageResult(
            summary=_summary(results),
            findings=tuple(findings),
            tables=(*tables, *((register,) if register.rows else ())),
            figures=tuple(figures),
            artefacts={"answered": answered_clauses(results)},
            facts={
                "assessments.done": [r.checklist.id for r in results if r.complete],
                "assessments.contradicted": sorted(
                    {c.question for r in results for c in r.contradictions}
                ),
                "assessments.decisions": decisions,
            },
            notes=tuple(_note(result.checklist) for result in results),
        )


def _read(files: AssessmentFiles) -> tuple[Checklist, Answers]:
    checklist = load_checklist(files.checklist_path)
    if files.answers_path is None:
        return checklist, empty_answers(checklist)
    return checklist, load_answers(files.answers_path, checklist)


def _statements(files: AssessmentFiles, evidence: Evidence) -> tuple[Outcome, ...]:
    if files.answers_path is None:
        return ()
    said = check_statements(
        whole_statements(files.answers_path), evidence.people, enrolment=evidence.enrolment
    )
    return about_system(said, str(evidence.system.get("name", "")))


def _summary(results: Sequence[Assessment]) -> str:
    contradicted = sum(len(r.contradictions) for r in results)
    done = sum(1 for r in results if r.complete)
    parts = [
        say(
            "{done} of {count} {part} answered in full",
            done=done,
            count=len(results),
            part=(say("assessment is") if len(results) == 1 else say("assessments are")),
        )
    ]
    if contradicted:
        parts.append(
            say(
                "the evidence contradicts {contradicted} {part}",
                contradicted=contradicted,
                part=(say("answer") if contradicted == 1 else say("answers")),
            )
        )
    return joined("; ", parts) + "."


def _note(checklist: Checklist) -> str:
    basis = "; ".join(checklist.file.source.basis)
    return say(
        "{title}, version {version}. Basis: {basis}. This is not legal advice.",
        title=term(checklist.file.title),
        version=checklist.file.version,
        basis=basis,
    )


def _findings(result: Assessment, files: AssessmentFiles, *, identity: str) -> list[Finding]:
    return [
        _complete(result, files),
        *_contradicted(result, files),
        *[
            _blocked(result, files, number, because)
            for number, because in enumerate(result.blockers)
        ],
        _signed(result, files, identity=identity),
    ]


def _finding(
    rule: Rule,
    result: Assessment,
    files: AssessmentFiles,
    status: Status,
    statement: str,
    *,
    reason: str = "",
    subject: Subject | None = None,
    data: dict[str, Any] | None = None,
    requirements: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        rule=rule.id,
        subject=subject or Subject(kind="assessment", name=result.checklist.id),
        status=status,
        severity=rule.severity if status is not Status.PASSED else Severity.INFO,
        statement=statement,
        reason=reason,
        requirements=requirements or rule.requirements,
        anchor=files.anchor,
        remedy="" if status is Status.PASSED else rule.fix,
        data=data or {},
    )


def _complete(result: Assessment, files: AssessmentFiles) -> Finding:
    title, asked = result.checklist.file.title, len(result.visible)
    folder = files.answers_path.parent if files.answers_path else None
    faults = document_faults(result.answers, folder) if folder else ()
    if result.complete and faults:
        said = say(
            "{title}: all {asked} questions are answered, but {count} "
            "evidence files are not what was linked.",
            title=term(title),
            asked=asked,
            count=len(faults),
        )
        listed = [{"question": f.question, "path": f.path, "fault": f.fault} for f in faults]
        reason, told = faults[0].text, {"evidence": listed}
        return _finding(
            COMPLETE, result, files, Status.INDETERMINATE, said, reason=reason, data=told
        )
    if result.complete:
        said = say(
            "{title}: all {asked} questions are answered; a reviewer "
            "accepted {accepted} of the answers",
            title=term(title),
            asked=asked,
            accepted=result.accepted,
        )
        refuted = len({c.question for c in result.contradictions})
        said += (
            say(", and the evidence contradicts {refuted}.", refuted=refuted) if refuted else "."
        )
        return _finding(COMPLETE, result, files, Status.PASSED, said)
    first = result.open[0]
    said = say(
        "{title}: {answered} of {asked} questions are answered; {count} are open.",
        title=term(title),
        answered=result.answered,
        asked=asked,
        count=len(result.open),
    )
    reason = say(
        "first: {question} ({reason}; {source} line {line})",
        question=first.question,
        reason=first.reason,
        source=result.answers.source,
        line=first.line,
    )
    data = {
        "open": [
            {"question": item.question, "reason": item.reason, "line": item.line}
            for item in result.open
        ]
    }
    return _finding(COMPLETE, result, files, Status.INDETERMINATE, said, reason=reason, data=data)


def _contradicted(result: Assessment, files: AssessmentFiles) -> list[Finding]:
    found = []
    for item in result.contradictions:
        question = result.checklist.questions[item.question]
        found.append(
            _finding(
                CONTRADICTED,
                result,
                files,
                Status.FAILED,
                say(
                    "Asked “{text}”, {who_said} “{answer}”. {because}",
                    text=term(question.text),
                    who_said=_who_said(item),
                    answer=item.answer,
                    because=term(item.because),
                ),
                subject=Subject(
                    kind="question", name=item.question, detail={"assessment": result.checklist.id}
                ),
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
        )
    if not found and result.facts_used:
        title, facts = result.checklist.file.title, len(result.facts_used)
        said = say(
            "{title}: no answer is contradicted by the {facts} measured facts that bear on it.",
            title=term(title),
            facts=facts,
        )
        found.append(
            _finding(
                CONTRADICTED,
                result,
                files,
                Status.PASSED,
                said,
                data={"facts": list(result.facts_used)},
            )
        )
    if not found:
        said = say(
            "{title}: nothing was measured that its answers could be held against.",
            title=term(result.checklist.file.title),
        )
        found.append(
            _finding(
                CONTRADICTED,
                result,
                files,
                Status.INDETERMINATE,
                said,
                reason="no fact was measured that bears on it",
            )
        )
    return found


def _who_said(item: Contradicted) -> str:
    said = say("{by} answered", by=item.by) if item.by else say("the answer is")
    return say("{said} on {at}", said=said, at=item.at) if item.by and item.at else said


def _blocked(result: Assessment, files: AssessmentFiles, number: int, because: str) -> Finding:
    subject = Subject(
        kind="assessment", name=result.checklist.id, detail={"blocker": str(number + 1)}
    )
    return _finding(
        BLOCKED,
        result,
        files,
        Status.FAILED,
        say("{title}: {because}", title=term(result.checklist.file.title), because=term(because)),
        subject=subject,
    )


def _false(
    result: Assessment, files: AssessmentFiles, statements: Sequence[Outcome]
) -> list[Finding]:
    """Name what lies beside the answers as somebody's word and is not: nobody may take it for one."""
    name = statements_path(files.answers_path).name if files.answers_path else ""
    return [
        replace(
            _finding(
                SIGNED,
                result,
                files,
                Status.INDETERMINATE,
                say(
                    "{title}: statement {number} in {name} is false.",
                    title=term(result.checklist.file.title),
                    number=number,
                    name=name,
                ),
                reason=item.text,
                subject=Subject(
                    kind="assessment",
                    name=result.checklist.id,
                    detail={"statement": item.sha256[:16]},
                ),
            ),
            remedy=say("Find out who put it there; take its line out of {name}.", name=name),
        )
        for number, item in enumerate(statements, start=1)
        if item.standing is Standing.FALSE
    ]


def _signed(result: Assessment, files: AssessmentFiles, *, identity: str) -> Finding:
    title = result.checklist.file.title
    void = [state for state in result.signoffs if not state.holds]
    rejected = [s for s in result.signoffs if s.holds and s.signoff.decision in {"reject", "refer"}]
    if rejected:
        who = rejected[0].signoff
        said = say(
            "{title}: {role} decided to {decision}.",
            title=term(title),
            role=term(who.role),
            decision=term(who.decision),
        )
        return replace(
            _finding(SIGNED, result, files, Status.FAILED, said, requirements=_bearing({who.role})),
            remedy=say(
                "Settle what {role} objects to, or do not go ahead; only {role} can decide anew.",
                role=term(who.role),
            ),
        )
    if void:
        state = void[0]
        said = say(
            "{title}: the sign-off of {role} does not hold; {because}.",
            title=term(title),
            role=term(state.signoff.role),
            because=term(state.because),
        )
        return _finding(
            SIGNED, result, files, Status.FAILED, said, data={"changed": list(state.changed)}
        )
    if result.expired:
        return _finding(
            SIGNED,
            result,
            files,
            Status.FAILED,
            say(
                "{title}: it does not hold any more; {expired}.",
                title=term(title),
                expired=result.expired,
            ),
        )
    if result.overdue:
        said = say(
            "{title}: approved with conditions, and {count} of them should be met by now.",
            title=term(title),
            count=len(result.overdue),
        )
        data = {"conditions": [_condition(c) for c in result.conditions]}
        return _finding(
            SIGNED,
            result,
            files,
            Status.FAILED,
            say("{said} {listed}", said=said, listed=joined(" ", result.overdue)),
            data=data,
        )
    if result.missing_roles:
        roles = joined(", ", map(term, result.missing_roles))
        said = say("{title}: not signed off by {roles}.", title=term(title), roles=roles)
        return _finding(
            SIGNED,
            result,
            files,
            Status.INDETERMINATE,
            said,
            reason=say("nobody has decided as {roles}", roles=roles),
        )
    if result.unowned:
        first = result.unowned[0]
        reason = say(
            "a condition of {role} has {part}",
            role=term(first.role),
            part=(first.said if not first.condition.what else first.standing),
        )
        said = say(
            "{title}: approved with conditions of which nobody can say "
            "whether they are met in time.",
            title=term(title),
        )
        data = {"conditions": [_condition(c) for c in result.conditions]}
        return _finding(SIGNED, result, files, Status.INDETERMINATE, said, reason=reason, data=data)
    unproven = [state for state in result.signoffs if state.holds and not state.proven]
    if unproven and identity == "proven":
        names = joined(
            ", ",
            (say("{by} as {role}", by=s.signoff.by, role=term(s.signoff.role)) for s in unproven),
        )
        said = say(
            "{title}: the sign-off by {names} is stated, not proven.",
            title=term(title),
            names=names,
        )
        reason = unproven[0].identity
        return _finding(SIGNED, result, files, Status.INDETERMINATE, said, reason=reason)
    signed = joined(
        ", ",
        (
            say(
                "{role} ({value}{part})",
                role=term(s.signoff.role),
                value=term(s.signoff.decision.replace("_", " ")),
                part=("" if s.proven else say("; stated, not proven")),
            )
            for s in result.signoffs
        ),
    )
    said = (
        say("{title}: signed off by {signed}.", title=term(title), signed=signed)
        if signed
        else say("{title}: no sign-off is asked for.", title=term(title))
    )
    data = {"conditions": [_condition(c) for c in result.conditions]} if result.conditions else {}
    if result.conditions:
        met = sum(c.state == "met" for c in result.conditions)
        later = [
            c.condition.due for c in result.conditions if c.state == "open" and c.condition.due
        ]
        said += say(
            " {met} of {count} conditions are met", met=met, count=len(result.conditions)
        ) + (say("; the next is due on {later}.", later=min(later)) if later else ".")
    deciding = {state.signoff.role for state in result.signoffs}
    return _finding(
        SIGNED, result, files, Status.PASSED, said, data=data, requirements=_bearing(deciding)
    )


def _bearing(roles: Collection[str]) -> tuple[str, ...]:
    """What a decision bears on: only that of a data protection officer is the advice of Article 35(2) GDPR."""
    return (*SIGNED.requirements, *(("gdpr:35.2",) if "dpo" in roles else ()))


def _condition(state: ConditionState) -> dict[str, str]:
    condition = state.condition
    due = condition.due.isoformat() if condition.due else ""
    return {
        "role": state.role,
        "what": condition.what,
        "owner": condition.owner,
        "due": due,
        "state": state.state,
    }


STAGE = Assessments()
