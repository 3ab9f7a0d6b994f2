"""The stage: draw rows, explain them, decompose the gaps, look for proxies, say it in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Rule
from raudit.record import Figure, Table
from raudit.sentences import say, term
from raudit.stages.explain.facts import FACTS
from raudit.stages.explain.options import ExplainOptions
from raudit.stages.explain.questions.association import association_part
from raudit.stages.explain.questions.confident import confident_part
from raudit.stages.explain.questions.dependence import dependence_figures
from raudit.stages.explain.questions.gaps import gap_findings, gap_notes, gap_parts, gap_tables
from raudit.stages.explain.questions.importance import (
    additive,
    group_tables,
    importance_table,
    precise,
    summary,
)
from raudit.stages.explain.questions.interactions import interactions_part
from raudit.stages.explain.questions.pictures import figures_of
from raudit.stages.explain.questions.reasons import check_rows, reasons_part
from raudit.stages.explain.questions.standins import stand_ins
from raudit.stages.explain.rules import RULES
from raudit.stages.explain.survey.decisions import decisions_of
from raudit.stages.explain.survey.probability import Probability, in_probability
from raudit.stages.explain.survey.sampling import Sample, draw
from raudit.stages.explain.survey.setting import Setting, paced, setting_of, survey_of
from raudit.stages.explain.survey.stability import Stability, stability_of
from raudit.stages.explain.survey.targets import Target, targets_of

LIMITS = (
    "SHAP values say what the model does with its inputs, not what causes what. Where features move together, their "
    "shares can be exchanged without changing a prediction."
)
STABLE_TOP = 3
"""First features whose order is followed over resamples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found on one output of the model."""

    sample: Sample
    ranks: Stability
    probability: Probability
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


class Explain:
    """Explains the model."""

    name: ClassVar[str] = "explain"
    title: ClassVar[str] = "What the model rests on"
    options: ClassVar[type[ExplainOptions]] = ExplainOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 20
    model_libraries: ClassVar[tuple[str, ...]] = ("shap", "sklearn.ensemble")

    def run(self, evidence: Evidence, options: ExplainOptions) -> StageResult:
        """Explain a sample of rows; see ``docs/reference/explain.md``."""
        setting = setting_of(evidence, options)
        check_rows(setting)
        favourable = evidence.roles.label.favourable if evidence.roles.label else frozenset[str]()
        targets = targets_of(setting.model, favourable, _predicted(evidence))
        setting = paced(setting, targets[0])
        with evidence.progress.task("explaining the model"):
            parts = [_explained(setting, target, len(targets)) for target in targets]
        first = parts[0]
        survey, decisions = survey_of(setting), decisions_of(setting)
        with evidence.progress.task("looking for proxies"):
            found = stand_ins(setting, first.sample, survey)
        with evidence.progress.task("explaining single decisions"):
            reasons = reasons_part(setting, first.sample, decisions, survey.frame)
            confident = confident_part(setting, first.sample, decisions)
        pairs = interactions_part(setting, first.sample)
        together, moving = association_part(setting, first.sample)
        return StageResult(
            summary=summary(setting, first.sample, first.ranks),
            findings=(
                *(f for part in parts for f in part.findings),
                *found.findings,
                together,
                *confident.findings,
            ),
            tables=(
                *(t for part in parts for t in part.tables),
                *found.tables,
                *(t for t in (moving, pairs.table) if t is not None),
                *reasons.tables,
                *confident.tables,
            ),
            figures=(
                *(figure for part in parts for figure in part.figures),
                *dependence_figures(setting, first.sample),
                *reasons.figures,
            ),
            facts={
                "explain.available": True,
                "explain.method": first.sample.found.family,
                "explain.proxies": list(found.facts),
                "explain.gap_features": _gap_features(setting, first.sample),
            },
            notes=(*_notes(setting, targets, first), pairs.note, *reasons.notes, *confident.notes),
            artefacts={
                "sample": _provenance(setting, first.sample),
                "gaps": [
                    gap
                    for part in parts
                    for gap in gap_parts(setting, part.sample, part.probability)
                ],
            },
        )


def _explained(setting: Setting, target: Target, of: int) -> Part:
    options = setting.options
    budget = max((options.slow_rows if setting.slow else options.rows) // of, 50)
    sample = draw(setting, target, budget)
    ranks = stability_of(
        sample.found.values,
        sample.weights,
        k=STABLE_TOP,
        resamples=options.resamples,
        seed=setting.evidence.seed,
    )
    probability = in_probability(setting, target, sample.frame, sample.found)
    return Part(
        sample=sample,
        ranks=ranks,
        probability=probability,
        findings=(
            additive(setting, sample),
            precise(setting, sample),
            *gap_findings(setting, sample),
        ),
        tables=(
            importance_table(setting, sample, ranks),
            *group_tables(setting, sample),
            *gap_tables(setting, sample, probability),
        ),
        figures=figures_of(setting, sample),
    )


def _predicted(evidence: Evidence) -> dict[str, int]:
    """How often each class is predicted, where that decides which are explained."""
    from collections import Counter

    prediction = evidence.roles.prediction
    if prediction is None or evidence.model is None or len(evidence.model.classes) < 3:
        return {}
    counts: Counter[str] = Counter()
    for batch in evidence.data.batches([prediction.column]):
        counts.update(map(str, batch.column(0).to_pylist()))
    return dict(counts)


def _gap_features(setting: Setting, sample: Sample) -> list[str]:
    """The feature with the largest part in each gap."""
    import numpy as np

    return sorted(
        {
            setting.features[int(np.argmax(np.abs(gap.mean)))]
            for gap in sample.gaps
            if gap.mean.any()
        }
    )


def _notes(setting: Setting, targets: tuple[Target, ...], first: Part) -> tuple[str, ...]:
    sample, background = first.sample, setting.background
    seed, n_rows = setting.evidence.seed, setting.evidence.data.n_rows
    drawn = say(
        "Method: {method}. {count:,} of {n_rows:,} rows are "
        "explained, drawn with seed {seed} so that small groups are "
        "well covered and weighted back to all rows.",
        method=term(sample.found.method),
        count=len(sample.positions),
        n_rows=n_rows,
        seed=seed,
    )
    if not sample.found.background:
        behind = "The background is the trees' own counts of training rows; no rows of this data stand behind it."
    else:
        behind = say(
            "Background: {background:,} rows drawn with seed {seed}, "
            "SHA-256 of them as CSV {sha256}.",
            background=sample.found.background,
            seed=seed,
            sha256=background.sha256,
        )
    return (
        drawn,
        behind,
        *(t.note for t in targets if t.note),
        LIMITS,
        *gap_notes(sample, first.probability),
    )


def _provenance(setting: Setting, sample: Sample) -> dict[str, Any]:
    used = sample.found.background > 0
    return {
        "rows": len(sample.positions),
        "steps": list(sample.steps),
        "seed": setting.evidence.seed,
        "background": sample.found.background,
        "background_sha256": setting.background.sha256 if used else "",
        "background_is": say("rows of the data")
        if used
        else say("training counts inside the trees"),
    }


STAGE = Explain()
