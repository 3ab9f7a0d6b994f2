"""What is found of one assessment: complete, contradicted, blocked, signed off; one finding for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.checklists.assess import Contradicted
from raudit.checklists.documents import DocumentFault, document_faults
from raudit.findings import Finding, JsonObject, Status, Subject
from raudit.sentences import say, term
from raudit.stages.assessments.approval import approval
from raudit.stages.assessments.judged import Judged
from raudit.stages.assessments.rules import BLOCKED, COMPLETE, CONTRADICTED


def verdicts(judged: Judged) -> list[Finding]:
    """Judge one scored assessment by every rule of the stage."""
    result = judged.result
    return [
        _complete(judged),
        *_contradicted(judged),
        *[_blocked(judged, number, because) for number, because in enumerate(result.blockers, 1)],
        approval(judged),
    ]


# -- complete


def _complete(judged: Judged) -> Finding:
    """Every question answered, and the evidence that answers link to is what was linked."""
    result, files = judged.result, judged.files
    if judged.elsewhere:
        return _another_system(judged)
    if not result.complete:
        return _open(judged)
    if not result.visible:
        return _nothing_asked(judged)
    folder = files.answers_path.parent if files.answers_path else None
    faults = document_faults(result.answers, folder, judged.today) if folder else ()
    if faults:
        return _evidence_changed(judged, faults)
    statement = _answered(judged)
    refuted = len({item.question for item in result.contradictions})
    statement += (
        say(", and the evidence contradicts {refuted}.", refuted=refuted) if refuted else "."
    )
    return judged.finding(COMPLETE, Status.PASSED, statement)


def _answered(judged: Judged) -> str:
    """How many of the shown questions are answered, and accepted; some may be left open."""
    result = judged.result
    counts = {"asked": len(result.visible), "accepted": result.accepted}
    if result.answered == len(result.visible):
        return say(
            "{title}: all {asked} questions are answered; a reviewer accepted {accepted} of the answers",
            title=judged.title,
            **counts,
        )
    return say(
        "{title}: every question that must be answered is, {answered} of {asked} in all; "
        "a reviewer accepted {accepted} of the answers",
        title=judged.title,
        answered=result.answered,
        **counts,
    )


def _nothing_asked(judged: Judged) -> Finding:
    statement = say("{title}: no question is shown, so nothing was answered.", title=judged.title)
    reason = say("nothing was asked")
    return judged.finding(COMPLETE, Status.INDETERMINATE, statement, reason=reason)


def _another_system(judged: Judged) -> Finding:
    statement = say(
        "{title}: the answers are about “{other}”, and this audit is about “{system}”.",
        title=judged.title,
        other=judged.elsewhere,
        system=judged.system,
    )
    reason = say("nothing is answered about {system}", system=judged.system)
    return judged.finding(COMPLETE, Status.INDETERMINATE, statement, reason=reason)


def _evidence_changed(judged: Judged, faults: Sequence[DocumentFault]) -> Finding:
    statement = say(
        "{title}: the questions are answered, but the evidence of {count} answers does not stand.",
        title=judged.title,
        count=len({fault.question for fault in faults}),
    )
    listed = [{"question": f.question, "path": f.path, "fault": f.fault} for f in faults]
    return judged.finding(
        COMPLETE,
        Status.INDETERMINATE,
        statement,
        reason=faults[0].text,
        data={"evidence": listed},
    )


def _open(judged: Judged) -> Finding:
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


def _contradicted(judged: Judged) -> list[Finding]:
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


def _refuted(judged: Judged, item: Contradicted) -> Finding:
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


def _blocked(judged: Judged, number: int, because: str) -> Finding:
    subject = Subject(
        kind="assessment", name=judged.result.checklist.id, detail={"blocker": str(number)}
    )
    statement = say("{title}: {because}", title=judged.title, because=term(because))
    return judged.finding(BLOCKED, Status.FAILED, statement, subject)
