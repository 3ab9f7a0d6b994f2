"""Read data, reference and model once, and hold them against the digests that were logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from raudit.canonical import Sha256
from raudit.data import DataSet, Roles, open_data
from raudit.data.attributes import with_attributes
from raudit.data.contract import read_contract
from raudit.data.interface import HoldsTexts
from raudit.data.naming import withheld_columns, without_named_levels
from raudit.data.open import digest_of
from raudit.data.readers import ReadOptions
from raudit.data.types import with_types
from raudit.errors import DataError, MissingExtraError, ModelError, PlanError, RauditError
from raudit.evidence import Evidence, Progress, Reference, Released, model_libraries
from raudit.model import BoundModel
from raudit.pipeline.inputs import opened_data
from raudit.pipeline.prepare import Prepared
from raudit.record import Input
from raudit.roles import as_sentence, audited_data, reference_data
from raudit.turns import Turns, TurnsDataSet

TRIED = 64
"""Rows that a model predicts before it is trusted with all."""


def read_evidence(
    prepared: Prepared, progress: Progress
) -> tuple[Evidence, tuple[Input, ...], RauditError | None]:
    """Read data, reference and model.

    Returns
    -------
    tuple
        What stages may see; the inputs with what was learnt by reading them; and why the model cannot be used,
        if that is so: it costs the stages that need a model, not the run.

    Raises
    ------
    DataError
        If the data cannot be read, changed meanwhile, or lack a column that the plan names.
    """
    plan = prepared.plan
    data, turns, details = _read_data(prepared, progress)
    model, model_error = _model(prepared, data)
    with progress.task("predicting"):
        audited = audited_data(plan, data, model, progress)
    model_error = model_error or audited.model_error
    usable = model if model_error is None else None
    facts = {
        **prepared.facts,
        "data.sha256": data.sha256,
        "data.rows": data.n_rows,
        "data.columns": len(data.kinds),
    }
    if model is not None:
        facts |= {"model.sha256": model.sha256, "model.format": model.format}
        details["model"] = {"format": model.format, "features": len(model.features)}
    contract = plan.file.data.contract
    declared = declared_columns(audited.roles)
    _refuse_texts(audited.data, declared)
    roles = replace(
        audited.roles,
        sensitive=without_named_levels(audited.data, audited.roles.sensitive),
        control=without_named_levels(audited.data, audited.roles.control),
    )
    evidence = Evidence(
        withheld=withheld_columns(audited.data, declared),
        system=plan.file.system.model_dump(mode="json", exclude_none=True),
        task=plan.file.task,
        data=audited.data,
        turns=turns,
        roles=roles,
        reference=_reference(prepared, usable, progress),
        released=_released(prepared, progress),
        contract=read_contract(plan.path(contract)) if contract else None,
        model=usable,
        no_model_because=_no_model_because(model, model_error),
        unknown_levels=audited.unknown_levels,
        assessments=prepared.assessments,
        people=prepared.people,
        identity=plan.file.identity,
        enrolment=prepared.enrolment,
        facts=facts,
        seed=prepared.run.seed,
        clock=datetime.strptime(prepared.run.clock, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        progress=progress,
    )
    return evidence, tuple(detailed(item, details) for item in prepared.inputs), model_error


def _read_data(
    prepared: Prepared, progress: Progress
) -> tuple[DataSet, Turns | None, dict[str, dict[str, Any]]]:
    """Read the data with attributes from a second file; also what the record says of how they were read."""
    plan = prepared.plan
    with progress.task("reading data"):
        data, how = opened_data(plan, prepared.database)
    turns = data.turns if isinstance(data, TurnsDataSet) else None
    _unchanged(prepared, "data", data.sha256)
    attributes = plan.file.data.attributes
    if attributes is not None:
        with progress.task("reading attributes"):
            path = plan.path(attributes.path)
            data = with_attributes(data, path, attributes, plan.file.data.missing)
            _unchanged(prepared, "attributes", digest_of(path))
    return data, turns, {"data": {"rows": data.n_rows, "columns": len(data.kinds), **how}}


def _refuse_texts(data: DataSet, declared: Sequence[str]) -> None:
    """A report names the levels of what the plan compares, and no text of a turn may stand in it."""
    texts = sorted(set(declared) & data.unnamed) if isinstance(data, HoldsTexts) else []
    if texts:
        raise PlanError(
            f"'{texts[0]}' holds texts of turns, whose values no report may name",
            reference="text-as-role",
            where="data",
            hint="use a label or group of the turns as label, prediction or sensitive feature",
        )


def _no_model_because(model: BoundModel | None, error: RauditError | None) -> str:
    if error is not None:
        return as_sentence(error)
    return "" if model is not None else "the plan declares no model"


def _unchanged(prepared: Prepared, role: str, digest: Sha256) -> None:
    declared = next(item for item in prepared.inputs if item.role == role)
    if digest != declared.sha256:
        raise DataError(
            f"the {role} file changed while it was being read",
            reference="data-changed",
            where=declared.name,
            hint="run again when nothing writes to it",
        )


def _reference(
    prepared: Prepared, model: BoundModel | None, progress: Progress
) -> Reference | None:
    """Read the reference, with the model's predictions beside it where it has the columns for them."""
    plan = prepared.plan
    section = plan.file.data.reference
    if section is None:
        return None
    options = replace(ReadOptions.of(plan.file.data), table=section.table, format=section.format)
    data = _beside(prepared, "reference", section.path, options, progress)
    found = reference_data(plan, data, model, progress)
    return Reference(data=found.data, roles=found.roles, kind=section.kind)


def _released(prepared: Prepared, progress: Progress) -> Released | None:
    section = prepared.plan.file.data.released
    if section is None:
        return None
    options = replace(ReadOptions.of(prepared.plan.file.data), table=None, format=None)
    control = section.control
    return Released(
        data=_beside(prepared, "released", section.path, options, progress),
        control=_beside(prepared, "control", control, options, progress) if control else None,
    )


def _beside(
    prepared: Prepared, role: str, name: str, options: ReadOptions, progress: Progress
) -> DataSet:
    """A data set beside the audited one, with the types that the plan declares for columns of both."""
    plan = prepared.plan
    with progress.task(f"reading {role}"):
        data = open_data(plan.path(name), options=options)
        declared = plan.file.data.types
        data = with_types(data, {key: kind for key, kind in declared.items() if key in data.kinds})
    _unchanged(prepared, role, data.sha256)
    return data


def declared_columns(roles: Roles) -> tuple[str, ...]:
    """Columns that the plan itself is about: their levels are what the report compares."""
    outcomes = (roles.label, roles.prediction, roles.baseline)
    named = [str(a.column) for a in (*roles.sensitive, *roles.control)]
    return (*named, *(str(o.column) for o in outcomes if o is not None))


def detailed(item: Input, details: Mapping[str, Mapping[str, Any]]) -> Input:
    """Add what was learnt of an input by reading it, by role."""
    return replace(item, detail=details.get(item.role, {}))


def _model(prepared: Prepared, data: DataSet) -> tuple[BoundModel | None, RauditError | None]:
    """Have the model read; an error that is given and not raised lets the other stages run."""
    section = prepared.plan.file.model
    if section is None:
        return None, None
    import pyarrow as pa

    from raudit.model.isolation.trial import bound_model

    path = prepared.plan.path(section.path)
    try:
        names = [name for name in data.kinds if not section.features or name in section.features]
        sample = (
            pa.Table.from_batches([next(data.batches(names, rows=TRIED))])
            if data.n_rows
            else pa.table({})
        )
        needed = [name for stage in prepared.stages.values() for name in model_libraries(stage)]
        model = bound_model(
            section, path, columns=tuple(data.kinds), sample=sample, libraries=needed
        )
    except (ModelError, MissingExtraError) as error:
        return None, error
    declared = [item.sha256 for item in prepared.inputs if item.role == "model"]
    if declared != [model.sha256]:
        model.process.close()
        raise ModelError(
            "the model file changed while it was being read",
            reference="model-changed",
            where=path.name,
            hint="run again when nothing writes to it",
        )
    return model, None
