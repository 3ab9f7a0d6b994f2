"""What lies beside the answers as somebody's word and is not: it is named, so that nobody takes it for one."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.checklists import Assessment
from raudit.evidence import AssessmentFiles
from raudit.findings import Finding, Status, Subject
from raudit.sentences import say, term
from raudit.stages.assessments.rules import SIGNED
from raudit.statements import Outcome, Standing, statements_path


def false_statements(
    result: Assessment, files: AssessmentFiles, statements: Sequence[Outcome]
) -> list[Finding]:
    """Name every statement that its signature, its key or the log contradicts."""
    name = statements_path(files.answers_path).name if files.answers_path else ""
    found = []
    for number, item in enumerate(statements, start=1):
        if item.standing is not Standing.FALSE:
            continue
        subject = Subject(
            kind="assessment",
            name=result.checklist.id,
            detail={"statement": item.sha256[:16]},
        )
        statement = say(
            "{title}: statement {number} in {name} is false.",
            title=term(result.checklist.file.title),
            number=number,
            name=name,
        )
        remedy = say("Find out who put it there; take its line out of {name}.", name=name)
        found.append(
            SIGNED.finding(
                Status.INDETERMINATE,
                subject,
                statement,
                anchor=files.anchor,
                reason=item.text,
                remedy=remedy,
            )
        )
    return found
