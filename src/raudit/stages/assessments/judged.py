"""One assessment with what every finding about it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Unpack

from raudit.checklists import Assessment
from raudit.evidence import AssessmentFiles
from raudit.findings import Finding, More, Rule, Severity, Status, Subject
from raudit.sentences import term
from raudit.spelling import spelling


@dataclass(frozen=True, slots=True)
class Judged:
    """One assessment with what its findings all name."""

    result: Assessment
    files: AssessmentFiles
    identity: str
    """The plan's: with ``proven`` a sign-off that is only stated cannot be told."""
    system: str
    """Name of the system that is audited; answers about another one are none about it."""
    today: date

    @property
    def elsewhere(self) -> str:
        """The other system that the answers are about; empty if they are about this one, or do not say."""
        named = self.result.answers.file.subject.project.strip()
        other = named and self.system and spelling(named) != spelling(self.system)
        return named if other else ""

    @property
    def title(self) -> str:
        """The checklist's, to be said in the reader's language."""
        return term(self.result.checklist.file.title)

    @property
    def subject(self) -> Subject:
        """The assessment as a whole."""
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
