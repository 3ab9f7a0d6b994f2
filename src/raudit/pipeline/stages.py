"""Run one stage: whatever it raises becomes a skipped or failed stage with its reason."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from raudit.cache import stage_from_json
from raudit.canonical import canonical_bytes
from raudit.checklists.sources import Sources
from raudit.data import DataSet
from raudit.errors import (
    ExtensionError,
    MissingExtraError,
    ModelError,
    NotEvaluable,
    RauditError,
    place_of,
)
from raudit.evidence import (
    Evidence,
    Progress,
    Quiet,
    Stage,
    StageResult,
    discover_stages,
    model_libraries,
)
from raudit.facts import misfits
from raudit.isolation.limits import out_of_memory
from raudit.model import BoundModel, Model
from raudit.pipeline.reading import declared_columns
from raudit.pipeline.recorded import recorded_options
from raudit.record import Outcome, StageRecord, record_to_json
from raudit.roles import as_sentence
from raudit.sentences import messages_in

NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
"""The time that measuring stages see: what they measure may not depend on when."""


def seen_by(
    evidence: Evidence,
    stage: Stage,
    facts: Mapping[str, Any],
    sources: Sources,
    withheld: frozenset[str],
) -> Evidence:
    """What a stage may see: only one that judges what others measured sees facts and the time."""
    withheld = evidence.withheld | (withheld - frozenset(declared_columns(evidence.roles)))
    if not stage.reads_facts:
        return replace(evidence, facts=dict(facts), clock=NO_CLOCK, withheld=withheld)
    return replace(evidence, facts=dict(facts), sources=sources, withheld=withheld)


def run_stage(
    stage: Stage,
    evidence: Evidence,
    options: object,
    within: contextlib.AbstractContextManager[None],
) -> StageRecord:
    """Run a stage within its budget; whatever it raises becomes a skipped or failed stage with its reason."""

    def ended(outcome: Outcome, reason: str) -> StageRecord:
        return _record(stage, options, outcome, StageResult(), reason)

    try:
        with within:
            if isinstance(evidence.model, BoundModel) and model_libraries(stage):
                return _beside_model(stage, evidence, options, evidence.model)
            return _measured(stage, evidence, options)
    except NotEvaluable as error:
        return ended(Outcome.SKIPPED, as_sentence(error))
    except MissingExtraError as error:
        return ended(Outcome.SKIPPED, as_sentence(error))
    except RauditError as error:
        return ended(Outcome.FAILED, as_sentence(error))
    except Exception as error:  # noqa: BLE001 -- the one place that turns any fault into a failed stage
        if out_of_memory(error):
            return ended(Outcome.FAILED, "not enough memory")
        return ended(
            Outcome.FAILED, f"{type(error).__name__} at {place_of(error)} (a fault in raudit)"
        )


def _measured(stage: Stage, evidence: Evidence, options: object) -> StageRecord:
    result = stage.run(evidence, options)
    _only_only_declared(stage, result)
    record = _record(stage, options, Outcome.COMPLETED, result)
    canonical_bytes(record_to_json(record))
    return record


def _only_only_declared(stage: Stage, result: StageResult) -> None:
    wrong = misfits(getattr(stage, "facts", ()), result.facts)
    if wrong:
        raise ExtensionError(
            f"the stage '{stage.name}' gives facts that it does not declare so",
            reference="fact-undeclared",
            got=", ".join(wrong),
            hint="declare name and type of each in the stage's facts",
        )


def _record(
    stage: Stage, options: Any, outcome: Outcome, result: StageResult, reason: str = ""
) -> StageRecord:
    return StageRecord(
        name=stage.name,
        title=stage.title,
        outcome=outcome,
        reason=reason,
        options=recorded_options(options.model_dump(mode="json")),
        rules=stage.rules,
        summary=result.summary,
        findings=result.findings,
        tables=result.tables,
        figures=result.figures,
        facts=result.facts,
        notes=result.notes,
        artefacts=result.artefacts,
        messages=messages_in(
            (reason, result.summary, result.findings, result.tables, result.figures, result.notes)
        ),
    )


def _beside_model(
    stage: Stage, evidence: Evidence, options: object, model: BoundModel
) -> StageRecord:
    """Run a stage that looks into the model in the model's own process, under its limits."""
    # A log answers questions about itself, which no bytes carry; only stages that judge ask it.
    sent = replace(
        evidence,
        model=None,
        data=cast("Any", None),
        reference=None,
        turns=None,
        progress=Quiet(),
        enrolment=None,
    )
    content = model.content(
        "raudit.pipeline.stages:stage_beside_model",
        {"stage": stage.name, "evidence": sent, "options": options},
        doing=f"the stage {stage.name}",
        data=evidence.data,
        progress=evidence.progress,
    )
    record = stage_from_json(content)
    if record is None or (record.name, record.rules) != (stage.name, stage.rules):
        raise ModelError(
            "the model's process gave no result of the stage",
            reference="model-broken",
            where=model.process.file,
        )
    return record


def stage_beside_model(
    model: Model,
    data: DataSet,
    *,
    progress: Progress,
    stage: str,
    evidence: Evidence,
    options: object,
) -> bytes:
    """What ``_beside_model`` asks the model's process to do; its answer is canonical JSON."""
    seen = replace(evidence, model=model, data=data, progress=progress)
    return canonical_bytes(record_to_json(_measured(discover_stages()[stage], seen, options)))
