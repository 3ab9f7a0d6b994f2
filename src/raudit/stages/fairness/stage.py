"""The fairness stage: count once, measure everything from the cells."""

from __future__ import annotations

from typing import Any, ClassVar

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.data.count import CellSpec, count_cells
from raudit.data.score_bins import ScoreBins
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.findings import Rule, Status
from raudit.plan import Task
from raudit.stages.fairness.decisions import cuts_of, measure_decisions, worst_gap
from raudit.stages.fairness.options import FairnessOptions
from raudit.stages.fairness.part import Context, Part, join
from raudit.stages.fairness.rules import RULES
from raudit.stages.fairness.sentences import Speech


class FairnessStage:
    """Compare groups of people."""

    name: ClassVar[str] = "fairness"
    title: ClassVar[str] = "Fairness"
    options: ClassVar[type[FairnessOptions]] = FairnessOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 10

    def run(self, evidence: Evidence, options: FairnessOptions) -> StageResult:
        """Measure.

        Raises
        ------
        NotEvaluable
            If there is no sensitive feature, or neither a decision nor a score.
        DataError
            If the columns do not hold what the plan says.
        RauditError
            If fairlearn disagrees with a number.
        """
        roles = evidence.roles
        if not roles.sensitive:
            raise NotEvaluable(
                "the plan names no sensitive features",
                reference="no-sensitive-features",
                hint="list the columns whose groups should be compared under sensitive_features",
            )
        if roles.prediction is None and roles.score is None:
            why = f" ({evidence.no_model_because})" if evidence.no_model_because else ""
            raise NotEvaluable(
                f"there is no decision and no score to compare{why}",
                reference="no-predictions",
                hint="declare data.prediction, data.score or a model",
            )
        with evidence.progress.task("counting cells"):
            table = count_cells(evidence.data, spec_for(evidence, options))
        return assemble(table, evidence, options)


def spec_for(evidence: Evidence, options: FairnessOptions) -> CellSpec:
    """What to count for this plan."""
    roles = evidence.roles
    return CellSpec(
        attributes=(*roles.sensitive, *roles.control),
        label=roles.label,
        prediction=roles.prediction,
        baseline=roles.baseline,
        score=roles.score,
        threshold=roles.threshold,
        bins=ScoreBins() if roles.score is not None else None,
        weight=roles.weight,
    )


def context_for(table: CellTable, evidence: Evidence, options: FairnessOptions) -> Context:
    """What every measurement needs."""
    roles = evidence.roles
    sensitive = [attribute.label or attribute.column for attribute in roles.sensitive]
    cuts = cuts_of(sensitive, options.intersections)
    level = options.confidence
    if options.family == "audit":
        level = level ** (1 / max(1, len(cuts) * len(options.limits())))
    return Context(
        options=options,
        speech=Speech.of(options.words, roles),
        cuts=cuts,
        controls=tuple(attribute.label or attribute.column for attribute in roles.control),
        seed=evidence.seed,
        level=level,
    )


def assemble(table: CellTable, evidence: Evidence, options: FairnessOptions) -> StageResult:
    """Measure everything the table allows."""
    context = context_for(table, evidence, options)
    parts: list[Part] = []
    if PREDICTION in table.dims and evidence.task in (Task.BINARY, Task.SCORE):
        parts.append(measure_decisions(table, context))
    part = join(parts)
    return StageResult(
        summary=_summary(part),
        findings=part.findings,
        tables=part.tables,
        figures=part.figures,
        notes=(*_missing(evidence), *part.notes),
        facts=_facts(part, table, context),
        artefacts=_artefacts(table, part, options),
    )


def _summary(part: Part) -> str:
    judged = [finding for finding in part.findings if finding.threshold is not None and "highest" in finding.data]
    count = {status: sum(finding.status is status for finding in judged) for status in Status}
    return (
        f"Of {len(judged)} comparisons held to a limit, {count[Status.PASSED]} passed, {count[Status.FAILED]} failed and "
        f"{count[Status.INDETERMINATE]} could not be told from this sample."
    )


def _missing(evidence: Evidence) -> tuple[str, ...]:
    notes = []
    if evidence.roles.label is None:
        notes.append("There are no labels: only decisions are compared, and nothing is known about errors.")
    if evidence.roles.score is None:
        notes.append("There are no scores: calibration and ranking quality are not measured.")
    return tuple(notes)


def _facts(part: Part, table: CellTable, context: Context) -> dict[str, Any]:
    smallest = min(int(table.marginal(cut).n.min()) for cut in context.cuts if len(cut) == 1)
    facts: dict[str, Any] = {
        "fairness.groups_compared": [cut[0] for cut in context.cuts if len(cut) == 1],
        "fairness.intersections_compared": [" × ".join(cut) for cut in context.cuts if len(cut) > 1],
        "fairness.metrics": list(part.metrics),
        "fairness.smallest_group": smallest,
    }
    worst = worst_gap(part.findings)
    if worst is not None:
        facts["fairness.worst_gap"] = worst
    return {**facts, **part.facts}


def _artefacts(table: CellTable, part: Part, options: FairnessOptions) -> dict[str, Any]:
    """The cells without score bins, small ones suppressed, and every estimate."""
    published = table.marginal([dim for dim in table.dims if dim != BIN])
    return {
        "cells": published.as_json(suppress_below=options.suppress_below),
        "estimates": [dict(row) for row in part.estimates],
    }


STAGE = FairnessStage()
