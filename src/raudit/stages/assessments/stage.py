"""The stage: score every assessment of the plan and hold it against what the other stages measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from raudit.checklists import Assessment, assess, load_answers, load_checklist
from raudit.checklists.answers import Answers, empty_answers
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.proofs import proofs_of
from raudit.errors import AnswersError, NotEvaluable
from raudit.evidence import AssessmentFiles, Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, JsonObject, Rule
from raudit.record import Figure, Table
from raudit.sentences import joined, say, term
from raudit.stages.assessments.facts import FACTS
from raudit.stages.assessments.judged import Judged
from raudit.stages.assessments.rules import RULES
from raudit.stages.assessments.strays import false_statements
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
from raudit.stages.assessments.verdicts import verdicts
from raudit.statements import Outcome, about_system, check_statements, whole_statements
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
        here: list[Assessment] = []
        for files in evidence.assessments:
            checklist, answers = _read(files)
            if checklist.id in decisions:
                raise _answered_twice(checklist, files)
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
            judged = Judged(
                result,
                files,
                evidence.identity,
                system=str(evidence.system.get("name", "")),
                today=evidence.clock.date(),
            )
            findings += verdicts(judged)
            here += [] if judged.elsewhere else [result]
            findings += false_statements(result, files, statements)
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
            artefacts={"answered": answered_clauses(here)},
            facts={
                "assessments.done": [r.checklist.id for r in here if r.complete],
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


def _answered_twice(checklist: Checklist, files: AssessmentFiles) -> AnswersError:
    return AnswersError(
        "the plan names two sets of answers to one checklist",
        reference="answered-twice",
        where=files.anchor,
        got=checklist.id,
        expected="one set of answers to a checklist in an audit",
        hint="keep the one that is about this system",
    )


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


STAGE = Assessments()
