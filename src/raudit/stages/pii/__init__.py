"""The stage ``pii``: which columns hold personal data, how sure that is, and what it asks for."""

from __future__ import annotations

from typing import ClassVar

from raudit.data import EngineTable
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Rule
from raudit.sentences import say
from raudit.stages.pii.facts import FACTS
from raudit.stages.pii.options import Options
from raudit.stages.pii.report.catalogue import RULES


class PersonalData:
    """Scans the plan's data set for personal data."""

    name: ClassVar[str] = "pii"
    title: ClassVar[str] = "Personal data"
    options: ClassVar[type[Options]] = Options
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 50
    withholds: ClassVar[bool] = True

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Scan every column; raise ``NotEvaluable`` for a table without rows or columns."""
        if isinstance(evidence.data, EngineTable):
            return _counted(evidence.data, evidence, options)
        from raudit.stages.pii.assess import scan_table
        from raudit.stages.pii.count.profile import profile_to_json
        from raudit.stages.pii.report import outcome
        from raudit.stages.pii.report.recall import recall_by_origin
        from raudit.stages.pii.risk.people_alone import assess_singling_out
        from raudit.stages.pii.scanner import engine_facts, prepare

        data = evidence.data.as_written()
        if not data.n_rows or not data.kinds:
            raise NotEvaluable(
                "the data set has no rows to scan",
                reference="pii-empty",
                where=data.name,
                hint="check the export",
            )
        scanner = prepare(options, seed=evidence.seed)
        total = data.n_rows * len(options.columns or data.kinds)
        with evidence.progress.task("personal data", total) as tick:
            verdicts = scan_table(data, scanner, tick)
        label = str(evidence.roles.label.column) if evidence.roles.label else None
        alone, tables, facts = assess_singling_out(data, verdicts, options, label)
        figure = outcome.figure(verdicts)
        model = scanner.model
        personal = [v for v in verdicts if v.personal]
        searched = outcome.names_searched(
            verdicts,
            say("{name} {version}", name=model.name, version=model.version) if model else None,
        )
        return StageResult(
            summary=_summary(
                len(verdicts),
                len(personal),
                sum(bool(v.special) for v in verdicts),
                model is not None,
            ),
            findings=(
                *outcome.findings(verdicts, evidence.roles.features, options),
                *alone,
                searched,
            ),
            tables=(outcome.column_table(verdicts, options), *tables),
            figures=(figure,) if figure else (),
            facts={**outcome.facts(verdicts, model is not None), **facts},
            notes=_notes(options, model is not None),
            artefacts={
                "engine": engine_facts(scanner),
                "recall_by_origin": recall_by_origin(),
                "profiles": [profile_to_json(verdict.profile) for verdict in verdicts],
            },
        )


def _counted(data: EngineTable, evidence: Evidence, options: Options) -> StageResult:
    """Who stands alone by the columns that the plan names; a scan reads values, and they stay in their database."""
    from raudit.stages.pii.report.outcome import unscanned
    from raudit.stages.pii.risk.people_alone import assess_named

    label = str(evidence.roles.label.column) if evidence.roles.label else ""
    alone, tables, facts = assess_named(data, options, label)
    return StageResult(
        summary=say("No column was searched for personal data: the rows stay in their database."),
        findings=(*alone, unscanned()),
        tables=tuple(tables),
        facts={**facts, "pii.assessed": False},
    )


def _summary(columns: int, personal: int, special: int, names: bool) -> str:
    found = say(
        "{personal} of {columns} columns hold personal data", personal=personal, columns=columns
    )
    more = say(", and {special} belong to a special category", special=special) if special else ""
    return say("{found}{more}.", found=found, more=more) + (
        "" if names else say(" Names, places and addresses were not searched for.")
    )


def _notes(options: Options, names: bool) -> tuple[str, ...]:
    notes = [
        "Patterns were counted in every row; intervals cover the drawing of the sample and not the errors of a model.",
        "Examples are shapes: letters became A or a, digits 9.",
        "True/false and fractional numbers are not searched; whole numbers only where a name or checksum calls for it.",
    ]
    if options.mode == "full":
        notes[0] = (
            "Every distinct value was read; counts are exact and the language model's errors are in them."
        )
    if names:
        from raudit.stages.pii.report.recall import recall_note

        notes.append(recall_note())
    else:
        notes.append(
            "No language model is installed, so absence of names, places and addresses says nothing."
        )
    return tuple(notes)


STAGE = PersonalData()
