"""Everything the stage measures on one cell table, task by task."""

from __future__ import annotations

from typing import Any

from raudit.data.cells import BIN, LABEL, PREDICTION, CellTable
from raudit.data.count import CellSpec
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins
from raudit.errors import NotEvaluable, PlanError
from raudit.evidence import Evidence, StageResult
from raudit.findings import Status
from raudit.plan import Task
from raudit.sentences import joined, say, term
from raudit.stages.fairness.nyc_ll144.impact_ratios import measure_ll144
from raudit.stages.fairness.options import DEFAULTS, FairnessOptions
from raudit.stages.fairness.tasks.baseline import measure_baseline
from raudit.stages.fairness.tasks.conditional import measure_conditional, measure_costs
from raudit.stages.fairness.tasks.coverage import (
    measure_coverage,
    measure_variation,
    measure_variation_of_classes,
)
from raudit.stages.fairness.tasks.decisions import cuts_of, measure_decisions, worst_gap
from raudit.stages.fairness.tasks.direction import measure_direction
from raudit.stages.fairness.tasks.multiclass import measure_multiclass
from raudit.stages.fairness.tasks.other_thresholds import cuts_for, replayed
from raudit.stages.fairness.tasks.part import Context, Part, join
from raudit.stages.fairness.tasks.performance import measure_performance
from raudit.stages.fairness.tasks.ranking import measure_ranking
from raudit.stages.fairness.tasks.regression import measure_regression
from raudit.stages.fairness.tasks.scores import measure_scores
from raudit.stages.fairness.words.sentences import Speech


def spec_for(evidence: Evidence, options: FairnessOptions) -> CellSpec:
    """What to count for this plan."""
    roles = evidence.roles
    attributes = (*roles.sensitive, *roles.control)
    if evidence.task is Task.REGRESSION:
        predicted = roles.score or (
            roles.prediction.column if roles.prediction is not None else None
        )
        label = roles.label.column if roles.label is not None else None
        return CellSpec(
            attributes=attributes, score=predicted, numeric_label=label, weight=roles.weight
        )
    if evidence.task is Task.MULTICLASS:
        return CellSpec(
            attributes=attributes,
            label=None
            if roles.label is None
            else Outcome(column=roles.label.column, favourable=frozenset()),
            prediction=None
            if roles.prediction is None
            else Outcome(column=roles.prediction.column, favourable=frozenset()),
            weight=roles.weight,
            count=roles.count,
        )
    if evidence.task is Task.RANKING:
        return CellSpec(attributes=attributes, score=roles.score, weight=roles.weight)
    cuts = cuts_for(options.calibration_bins, roles.threshold)
    return CellSpec(
        attributes=attributes,
        label=_binary(roles.label),
        prediction=_binary(roles.prediction),
        baseline=_binary(roles.baseline),
        score=roles.score,
        threshold=roles.threshold,
        bins=ScoreBins(cuts=cuts) if roles.score is not None else None,
        weight=roles.weight,
        count=roles.count,
    )


def _binary(outcome: Outcome | None) -> Outcome | None:
    if outcome is None or outcome.favourable:
        return outcome
    raise PlanError(
        f"{outcome.column!r} does not say which value is favourable",
        reference="favourable-missing",
        expected="favourable: <a value of the column>",
        hint="which of two labels is the good one cannot be guessed; for several classes set task: multiclass",
    )


def context_for(evidence: Evidence, options: FairnessOptions) -> Context:
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
    context = context_for(evidence, options)
    parts: list[Part] = []
    match evidence.task:
        case Task.REGRESSION:
            parts += [measure_coverage(table, context, (say("mean predictions"), say("errors")))]
            parts.append(measure_regression(table, context))
        case Task.MULTICLASS:
            parts += [
                measure_coverage(table, context, (say("selection rates"), say("error rates")))
            ]
            parts.append(measure_variation_of_classes(table, context))
            parts.append(measure_multiclass(table, context))
        case Task.RANKING:
            parts.append(_ranked(evidence, context))
        case Task.BINARY | Task.SCORE:
            parts += _decided(table, context)
    part = join(parts)
    return StageResult(
        summary=_summary(part),
        findings=part.findings,
        tables=part.tables,
        figures=part.figures,
        notes=(*_missing(evidence, table, options), *part.notes),
        facts=_facts(part, table, context),
        artefacts=_artefacts(table, part, options),
    )


def _decided(table: CellTable, context: Context) -> list[Part]:
    decided = table.without(BIN)
    parts = [measure_coverage(table, context), measure_direction(table, context)]
    if PREDICTION in table.dims:
        known = decided.labelled() or decided
        parts += [measure_variation(decided, context)]
        parts += [measure_decisions(decided, context), measure_conditional(decided, context)]
        parts.append(measure_costs(known, context, everybody=decided))
        parts.append(measure_baseline(known, context, everybody=decided))
    parts.append(measure_performance(table, context))
    if BIN in table.dims:
        parts.append(measure_scores(table, context))
    if "nyc-ll144" in context.options.presets or "impact_ratio" in context.options.thresholds:
        parts.append(measure_ll144(decided if PREDICTION in table.dims else table, context))
    return parts


def _ranked(evidence: Evidence, context: Context) -> Part:
    if evidence.roles.score is None:
        raise NotEvaluable(
            "a ranking needs scores",
            reference="no-scores",
            hint="declare data.score: the list is sorted by it",
        )
    if evidence.roles.weight is not None:
        raise PlanError(
            "a ranking cannot be weighted",
            reference="ranking-weighted",
            where="data.weight",
            got=str(evidence.roles.weight),
            expected="one row for each place in the list",
            hint="remove data.weight: exposure belongs to a place, and a place holds one row",
        )
    return measure_ranking(evidence.data, evidence.roles.sensitive, evidence.roles.score, context)


def _summary(part: Part) -> str:
    judged = [
        finding
        for finding in part.findings
        if finding.threshold is not None and finding.apart is not None
    ]
    if not judged:
        return say("No comparison could be held to a limit.")
    if len(judged) == 1:
        return {
            Status.PASSED: say("The one comparison held to a limit passed."),
            Status.FAILED: say("The one comparison held to a limit failed."),
            Status.INDETERMINATE: say(
                "The one comparison held to a limit could not be told from this sample."
            ),
        }[judged[0].status]
    count = {status: sum(finding.status is status for finding in judged) for status in Status}
    return say(
        "Of {count} comparisons held to a limit, {count_2} passed, "
        "{count_3} failed and {count_4} could not be told from this "
        "sample.",
        count=len(judged),
        count_2=count[Status.PASSED],
        count_3=count[Status.FAILED],
        count_4=count[Status.INDETERMINATE],
    )


def _without_limit(evidence: Evidence, decided: bool, options: FairnessOptions) -> list[str]:
    """A note on the default limits that a plan's own ones replace: those gaps are measured and not judged."""
    left = [name for name in DEFAULTS if name not in options.limits()]
    if not left or not decided or evidence.task not in (Task.BINARY, Task.SCORE):
        return []
    return [
        say(
            "The plan's limits replace the default ones: {listed} are measured and held to no limit.",
            listed=joined(", ", (term(name.replace("_", " ")) for name in left)),
        )
    ]


def _missing(evidence: Evidence, table: CellTable, options: FairnessOptions) -> tuple[str, ...]:
    notes = []
    decided = PREDICTION in table.dims
    if evidence.task not in (Task.REGRESSION, Task.RANKING) and table.unlabelled.all():
        what = say("decisions") if decided else say("scores")
        why = (
            say("There are no labels")
            if evidence.roles.label is None
            else say("Every label is missing")
        )
        notes.append(
            say(
                "{why}: only {what} are compared, nothing is known about "
                "errors, and default limits that need labels are not set.",
                why=why,
                what=what,
            )
        )
    unknown = LABEL in table.dims and table.unlabelled.all()
    if evidence.task is Task.REGRESSION and (evidence.roles.label is None or unknown):
        why = say("Every true value is missing") if unknown else say("There are no true values")
        notes.append(
            say("{why}: only predictions are compared, and nothing is known about errors.", why=why)
        )
    if evidence.task in (Task.BINARY, Task.SCORE) and not decided:
        key = "model.threshold" if evidence.model is not None else "data.score.threshold"
        notes.append(
            say(
                "No decisions are compared: the plan sets no {key}, so "
                "nobody is selected or rejected.",
                key=key,
            )
        )
    notes += _without_limit(evidence, decided, options)
    if evidence.roles.score_turned:
        notes.append(
            say(
                "A high score is bad for the person, so {turned} stands for it wherever scores are told.",
                turned=evidence.roles.score_turned,
            )
        )
    if evidence.roles.score is None and evidence.task in (Task.BINARY, Task.SCORE):
        notes.append("There are no scores: calibration and ranking quality are not measured.")
    return tuple(notes)


def _facts(part: Part, table: CellTable, context: Context) -> dict[str, Any]:
    smallest = min(int(table.marginal(cut).n.min()) for cut in context.cuts if len(cut) == 1)
    facts: dict[str, Any] = {
        "fairness.groups_compared": [cut[0] for cut in context.cuts if len(cut) == 1],
        "fairness.intersections_compared": [
            joined(" × ", cut) for cut in context.cuts if len(cut) > 1
        ],
        "fairness.metrics": list(part.metrics),
        "fairness.smallest_group": smallest,
    }
    worst = worst_gap(part.findings)
    if worst is not None:
        facts["fairness.worst_gap"] = worst
    return {**facts, **part.facts}


def _artefacts(table: CellTable, part: Part, options: FairnessOptions) -> dict[str, Any]:
    """The cells without score bins, small ones suppressed, every estimate, and decisions at other thresholds."""
    published = table.without(BIN)
    return {
        "cells": published.as_json(suppress_below=options.suppress_below),
        "estimates": [dict(row) for row in part.estimates],
        "thresholds": replayed(table),
    }
