"""Plan to record: digest the inputs, open data and model, run every stage, keep what each established.

Stages that only measure run first; those that judge what was measured run last and see the collected facts.
A stage that raises becomes a skipped or failed stage with its reason. Nothing is dropped, and nothing else
in raudit catches every exception.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from raudit import __version__
from raudit.cache import StageCache, stage_from_json
from raudit.canonical import Sha256, canonical_bytes, digest, sha256_file
from raudit.checklists import checklist_path, shipped_checklists
from raudit.checklists.sources import Sources, sources_of
from raudit.data import DataSet, Roles, open_data
from raudit.data.attributes import with_attributes
from raudit.data.contract import read_contract
from raudit.data.declared import Declared, open_declared
from raudit.data.naming import withheld_columns
from raudit.data.open import digest_of, manifest
from raudit.data.readers import ReadOptions
from raudit.data.types import with_types
from raudit.doors import Door, extensions
from raudit.errors import (
    DataError,
    ExtensionError,
    MissingExtraError,
    ModelError,
    NotEvaluable,
    PlanError,
    RauditError,
    place_of,
)
from raudit.evidence import (
    AssessmentFiles,
    Evidence,
    Progress,
    Quiet,
    Reference,
    Stage,
    StageResult,
    discover_stages,
    model_libraries,
)
from raudit.facts import misfits
from raudit.model import BoundModel, Model
from raudit.people import NOBODY, People, load_people
from raudit.plan import Plan
from raudit.plan.load import options_as_recorded
from raudit.printable import printable
from raudit.record import Input, Outcome, Record, Run, StageRecord, record_to_json
from raudit.roles import as_sentence, audited_data, reference_data
from raudit.statements import Enrolment, statements_path
from raudit.turns import TurnsDataSet, open_turns

PACKAGES = (
    "fairlearn",
    "narwhals",
    "numpy",
    "pandas",
    "presidio-analyzer",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "shap",
    "skops",
    "spacy",
    "weasyprint",
)
"""Libraries whose version can change a number or a page."""

NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
"""The time that measuring stages see: what they measure may not depend on when."""

TRIED = 64
"""Rows that a model predicts before it is trusted with all."""

_FILE_ROLES = ("policy", "waivers", "baseline", "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan whose inputs have been digested and not yet read."""

    plan: Plan
    stages: Mapping[str, Stage]
    """The stages that will run, in order."""
    options: Mapping[str, Any]
    """Validated options by stage."""
    assessments: tuple[AssessmentFiles, ...]
    inputs: tuple[Input, ...]
    run: Run
    facts: Mapping[str, Any]
    """Facts that no stage measures."""
    people: People = NOBODY
    """Who people are, as the plan names them."""
    enrolment: Enrolment | None = None
    """What the log knows of people's keys; None without a log."""
    database: Declared | None = None
    """The data, where a database gives it: its digest is known only once it was read."""


def prepare(
    plan: Plan,
    *,
    clock: datetime,
    seed: int | None = None,
    facts: Mapping[str, Any] | None = None,
    enrolment: Enrolment | None = None,
) -> Prepared:
    """Validate stages and options, and digest every input, before any of them is read.

    Parameters
    ----------
    plan
        The plan.
    clock
        Time of the run; aware.
    seed
        Overrides the plan's seed.
    facts
        What the caller knows and answers may be held against, such as ``log.kept``.
    enrolment
        What the log knows of people's keys.

    Raises
    ------
    PlanError
        For an unknown stage or option, or an input that is not there.
    """
    stages = _chosen(plan)
    _unsafe_is_told(plan, stages)
    options = {name: plan.stage_options(name, stage.options) for name, stage in stages.items()}
    assessments = assessment_files(plan)
    database = (
        open_declared(plan.file.data, _data_path(plan)) if plan.file.data.in_database else None
    )
    inputs = _inputs(plan, assessments, database)
    seed = plan.file.seed if seed is None else seed
    stamp = clock.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = digest(
        {"inputs": [[i.role, i.name, i.sha256] for i in inputs], "seed": seed, "clock": stamp}
    )
    run = Run(
        id=name[:16],
        clock=stamp,
        seed=seed,
        raudit=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages=_versions(stages),
    )
    return Prepared(
        plan=plan,
        stages=stages,
        options=options,
        assessments=assessments,
        inputs=inputs,
        run=run,
        facts=dict(facts or {}),
        people=load_people(plan.path(plan.file.people)) if plan.file.people else NOBODY,
        enrolment=enrolment,
        database=database,
    )


def measure(
    prepared: Prepared,
    *,
    progress: Progress | None = None,
    on_stage: Callable[[StageRecord], None] | None = None,
    cache: StageCache | None = None,
) -> Record:
    """Run every stage and keep what each established.

    Parameters
    ----------
    prepared
        From ``prepare``.
    progress
        Where long work says how far it is.
    on_stage
        Called with each stage's record as soon as the stage has ended.
    cache
        Where stages whose inputs did not change are taken from; None measures everything.

    Raises
    ------
    DataError
        If the data set cannot be read or lacks a column that the plan names. A model that cannot be read is not an
        error here: the stages that need it are recorded as skipped.
    """
    progress = progress or Quiet()
    reader = _Reader(prepared, progress, cache)
    records: list[StageRecord] = []
    facts: dict[str, Any] = dict(reader.facts)
    sources = sources_of(reader.inputs)
    order = sorted(
        prepared.stages, key=lambda name: prepared.stages[name].order
    )  # as in the record
    with contextlib.closing(reader):
        for name, stage in prepared.stages.items():
            record = _stage(reader, stage, prepared.options[name], facts, sources)
            facts.update(record.facts)
            sources = sources.with_stage(record, order.index(name))
            records.append(record)
            if on_stage is not None:
                on_stage(record)
    if reader.model_error is not None and not any(
        record.outcome is Outcome.COMPLETED for record in records
    ):
        raise reader.model_error  # nothing else was established that a record could keep
    file = prepared.plan.file
    return Record(
        run=prepared.run,
        system=file.system.model_dump(mode="json", exclude_defaults=True),
        plan=prepared.plan.as_recorded(),
        inputs=reader.inputs,
        stages=tuple(sorted(records, key=lambda record: prepared.stages[record.name].order)),
    )


class _Reader:
    """The evidence, read when the first stage needs it; with a cache none may."""

    def __init__(self, prepared: Prepared, progress: Progress, cache: StageCache | None) -> None:
        self.prepared, self.progress, self.cache = prepared, progress, cache
        self._evidence: Evidence | None = None
        self.model_error: RauditError | None = None
        self._key = self.key(prepared.facts, what="evidence") if cache is not None else None
        kept = cache.load(self._key) if cache is not None and self._key is not None else None
        if kept is None:
            self.evidence()
        else:
            self.facts: Mapping[str, Any] = kept["facts"]
            self.inputs = tuple(_detailed(item, kept["details"]) for item in prepared.inputs)

    def evidence(self) -> Evidence:
        """Read data and model, once."""
        if self._evidence is None:
            self._evidence, self.inputs, self.model_error = _evidence(self.prepared, self.progress)
            self.facts = self._evidence.facts
            if self.cache is not None and self._key is not None and self.model_error is None:
                details = {item.role: dict(item.detail) for item in self.inputs if item.detail}
                self.cache.keep(self._key, {"facts": dict(self.facts), "details": details})
        return self._evidence

    def close(self) -> None:
        """End the model's process, if one was needed."""
        if self._evidence is not None and isinstance(self._evidence.model, BoundModel):
            self._evidence.model.process.close()

    def key(self, facts: Mapping[str, Any], **more: Any) -> Sha256:
        """What a cached value is kept under."""
        assert self.cache is not None  # noqa: S101 -- asked only with a cache
        p = self.prepared
        return self.cache.key(p.plan.as_json(), p.inputs, p.run.seed, facts, **more)


def _stage(
    reader: _Reader, stage: Stage, options: Any, facts: Mapping[str, Any], sources: Sources
) -> StageRecord:
    """Take a stage from the cache, or run it and keep it."""
    seen = facts if stage.reads_facts else {}
    withheld = frozenset(
        c for name, value in facts.items() if name.endswith(".withheld_columns") for c in value
    )
    if reader.cache is None:
        return _run_stage(stage, _seen(reader.evidence(), stage, seen, sources, withheld), options)
    clock = reader.prepared.run.clock if stage.reads_facts else None
    said = options.model_dump(mode="json")
    places = sources.as_json() if stage.reads_facts else None
    keys = _keys(reader.prepared.enrolment) if stage.reads_facts else None
    more = {"places": places, "keys": keys, "withheld": sorted(withheld)}
    key = reader.key(seen, what="stage", name=stage.name, options=said, clock=clock, **more)
    record = reader.cache.load_stage(key)
    if record is None:
        record = _run_stage(
            stage, _seen(reader.evidence(), stage, seen, sources, withheld), options
        )
        # A model that was over its limits may be within them next time, on a machine with less to do.
        if reader.model_error is None or record.outcome is Outcome.COMPLETED:
            reader.cache.keep_stage(key, record)
    return record


def _keys(enrolment: Enrolment | None) -> Mapping[str, Any] | None:
    """What of a log's enrolment a stage's outcome may depend on."""
    if enrolment is None:
        return None
    return {"enrolled": dict(enrolment.enrolled), "withdrawn": dict(enrolment.withdrawn)}


def _chosen(plan: Plan) -> Mapping[str, Stage]:
    found = discover_stages()
    wanted = plan.file.stages
    if plan.file.model is None:  # what is only about a model has nothing to say
        found = {
            name: stage for name, stage in found.items() if not getattr(stage, "with_model", False)
        }
    if wanted is None:
        # What compares with a reference has nothing to say without one; a plan that names it is told so.
        turns, alone = plan.file.data.turns is not None, plan.file.data.reference is None
        return {
            name: stage
            for name, stage in found.items()
            if (turns or not getattr(stage, "with_turns", False))
            and not (alone and getattr(stage, "needs_reference", False))
        }
    for name in wanted:
        if name not in found:
            from raudit.yamltext import nearest

            raise PlanError(
                f"there is no stage '{name}'",
                reference="no-stage",
                where=plan.yaml.where(("stages", name)),
                hint=nearest(name, list(found)),
            )
    return {
        name: stage
        for name, stage in found.items()
        if name in wanted or getattr(stage, "with_model", False)
    }


def _unsafe_is_told(plan: Plan, stages: Mapping[str, Stage]) -> None:
    model = plan.file.model
    if model is not None and model.format.startswith("unsafe") and "data_readiness" not in stages:
        raise PlanError(
            f"a model of the format {model.format} needs the stage data_readiness, which records it",
            reference="unsafe-untold",
            where=plan.yaml.where(("model", "format")),
            hint="add data_readiness under stages",
        )


def assessment_files(plan: Plan) -> tuple[AssessmentFiles, ...]:
    """Checklist and answers of every assessment that a plan names."""
    files = []
    for number, section in enumerate(plan.file.assessments):
        path = checklist_path(section.checklist) or plan.path(section.checklist)
        if not path.is_file():
            known = ", ".join(shipped_checklists())
            raise PlanError(
                f"there is no checklist '{section.checklist}'",
                reference="no-checklist",
                where=plan.yaml.where(("assessments", number, "checklist")),
                hint=f"shipped: {known}; or give a path relative to raudit.yaml",
            )
        answers = plan.path(section.answers) if section.answers else None
        anchor = f"assessments.{number}"
        files.append(
            AssessmentFiles(
                checklist=section.checklist,
                checklist_path=path,
                answers_path=answers,
                anchor=anchor,
            )
        )
    return tuple(files)


def _data_path(plan: Plan) -> Path | None:
    """What ``data.path`` names; a path on a cluster's own file system stays as it is."""
    return None if plan.file.data.path is None else plan.path(plan.file.data.path)


def _data_input(plan: Plan, database: Declared | None) -> Input:
    path = _data_path(plan)
    if database is not None:
        name = plan.file.data.table or (printable(path.name) if path is not None else "query")
        size = path.stat().st_size if path is not None and path.is_file() else None
        return Input(role="data", name=printable(name), sha256=database.content_sha256, bytes=size)
    assert path is not None  # noqa: S101 -- the plan was checked
    return _input(plan, "data", path, ("data", "path"))


def _inputs(
    plan: Plan, assessments: Sequence[AssessmentFiles], database: Declared | None
) -> tuple[Input, ...]:
    file = plan.file
    inputs = [
        Input(
            role="plan",
            name=plan.yaml.source,
            sha256=plan.sha256,
            bytes=len(plan.yaml.text.encode()),
        ),
        _data_input(plan, database),
    ]
    turns = file.data.turns
    if turns is not None:
        more = [("turns", "also", name) for name in turns.also] + [
            ("labels", "labels", name) for name in turns.labels
        ]
        more += (
            [("system-prompt", "system_prompt", turns.system_prompt)] if turns.system_prompt else []
        )
        inputs += [
            _input(plan, role, plan.path(name), ("data", "turns", key)) for role, key, name in more
        ]
    if file.data.attributes is not None:
        place: tuple[str | int, ...] = ("data", "attributes", "path")
        inputs.append(_input(plan, "attributes", plan.path(file.data.attributes.path), place))
    if file.data.reference is not None:
        inputs.append(
            _input(plan, "reference", plan.path(file.data.reference.path), ("data", "reference"))
        )
    if file.data.contract is not None:
        inputs.append(_input(plan, "contract", plan.path(file.data.contract), ("data", "contract")))
    if file.model is not None and plan.path(file.model.path).is_file():
        inputs.append(_input(plan, "model", plan.path(file.model.path), ("model", "path")))
    for number, item in enumerate(assessments):
        inputs.append(
            _input(plan, "checklist", item.checklist_path, ("assessments", number, "checklist"))
        )
        if item.answers_path is not None:
            inputs.append(
                _input(plan, "answers", item.answers_path, ("assessments", number, "answers"))
            )
            if statements_path(item.answers_path).is_file():
                place = ("assessments", number, "answers")
                inputs.append(_input(plan, "statements", statements_path(item.answers_path), place))
    for role in _FILE_ROLES:
        value = getattr(file, role)
        if isinstance(value, str) and (role != "policy" or value.endswith((".yaml", ".yml"))):
            inputs.append(_input(plan, role, plan.path(value), (role,)))
    return tuple(inputs)


def _input(plan: Plan, role: str, path: Path, at: tuple[str | int, ...]) -> Input:
    try:
        if path.is_dir() and role in {"data", "attributes", "reference"}:
            size = sum(int(item["bytes"]) for item in manifest(path))
            return Input(role=role, name=printable(path.name), sha256=digest_of(path), bytes=size)
        if not path.is_file():
            raise FileNotFoundError(2, "no such file")
        return Input(
            role=role,
            name=printable(path.name),
            sha256=sha256_file(path),
            bytes=path.stat().st_size,
        )
    except OSError as error:
        raise PlanError(
            f"the {role} file cannot be read",
            reference="input-unreadable",
            where=plan.yaml.where(at),
            got=f"{error.strerror}: {path}",
            hint="paths are taken relative to the folder of raudit.yaml",
        ) from error


def _evidence(
    prepared: Prepared, progress: Progress
) -> tuple[Evidence, tuple[Input, ...], RauditError | None]:
    plan = prepared.plan
    with progress.task("reading data"):
        data, read = opened_data(plan, prepared.database)
    turns = data.turns if isinstance(data, TurnsDataSet) else None
    _unchanged(prepared, "data", data.sha256)
    attributes = plan.file.data.attributes
    if attributes is not None:
        with progress.task("reading attributes"):
            path = plan.path(attributes.path)
            data = with_attributes(data, path, attributes, plan.file.data.missing)
            _unchanged(prepared, "attributes", digest_of(path))
    model, model_error = _model(prepared, data)
    with progress.task("predicting"):
        audited = audited_data(plan, data, model, progress)
    model_error = model_error or audited.model_error
    facts = {
        **prepared.facts,
        "data.sha256": data.sha256,
        "data.rows": data.n_rows,
        "data.columns": len(data.kinds),
    }
    shape = {"rows": data.n_rows, "columns": len(data.kinds)}
    details: dict[str, dict[str, Any]] = {"data": {**shape, **read}}
    if model is not None:
        facts |= {"model.sha256": model.sha256, "model.format": model.format}
        details["model"] = {"format": model.format, "features": len(model.features)}
    evidence = Evidence(
        withheld=withheld_columns(audited.data, _declared(audited.roles)),
        system=plan.file.system.model_dump(mode="json", exclude_none=True),
        task=plan.file.task,
        data=audited.data,
        turns=turns,
        roles=audited.roles,
        reference=_reference(prepared, model if model_error is None else None, progress),
        contract=read_contract(plan.path(plan.file.data.contract))
        if plan.file.data.contract
        else None,
        model=model if model_error is None else None,
        no_model_because=as_sentence(model_error)
        if model_error
        else "the plan declares no model"
        if model is None
        else "",
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
    return evidence, tuple(_detailed(item, details) for item in prepared.inputs), model_error


def opened_data(plan: Plan, database: Declared | None = None) -> tuple[DataSet, Mapping[str, Any]]:
    """Open a plan's data: a table, or recorded turns with their labels.

    Parameters
    ----------
    database
        The data, if it was read from a database already.

    Returns
    -------
    tuple
        The data set, and how it was read, for the record.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    section = plan.file.data
    if section.turns is None:
        declared = database or open_declared(section, _data_path(plan))
        return declared.data, declared.detail
    turns, first = section.turns, _data_path(plan)
    if first is None:
        raise PlanError(
            "recorded turns are read from a file",
            reference="turns-path",
            where=plan.yaml.where(("data", "turns")),
            hint="name it as data.path, and leave out data.connection",
        )
    prompt = plan.path(turns.system_prompt) if turns.system_prompt else None
    data = open_turns(
        [first, *(plan.path(name) for name in turns.also)],
        layout=turns.format,
        fields=turns.fields,
        labels=[plan.path(name) for name in turns.labels],
        system_prompt=prompt,
    )
    return data, data.described


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
    with progress.task("reading reference"):
        options = replace(
            ReadOptions.of(plan.file.data), table=section.table, format=section.format
        )
        data = open_data(plan.path(section.path), options=options)
        data = with_types(
            data,
            {name: type_ for name, type_ in plan.file.data.types.items() if name in data.kinds},
        )
    _unchanged(prepared, "reference", data.sha256)
    found = reference_data(plan, data, model, progress)
    return Reference(data=found.data, roles=found.roles, kind=section.kind)


def _declared(roles: Roles) -> tuple[str, ...]:
    """Columns that the plan itself is about: their levels are what the report compares."""
    outcomes = (roles.label, roles.prediction, roles.baseline)
    named = [str(a.column) for a in (*roles.sensitive, *roles.control)]
    return (*named, *(str(o.column) for o in outcomes if o is not None))


def _detailed(item: Input, details: Mapping[str, Mapping[str, Any]]) -> Input:
    return Input(
        role=item.role,
        name=item.name,
        sha256=item.sha256,
        bytes=item.bytes,
        detail=details.get(item.role, {}),
    )


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


def _seen(
    evidence: Evidence,
    stage: Stage,
    facts: Mapping[str, Any],
    sources: Sources,
    withheld: frozenset[str],
) -> Evidence:
    """What a stage may see: only one that judges what others measured sees facts and the time."""
    withheld = evidence.withheld | (withheld - frozenset(_declared(evidence.roles)))
    if not stage.reads_facts:
        return replace(evidence, facts=dict(facts), clock=NO_CLOCK, withheld=withheld)
    return replace(evidence, facts=dict(facts), sources=sources, withheld=withheld)


def _run_stage(stage: Stage, evidence: Evidence, options: Any) -> StageRecord:
    """Run a stage; whatever it raises becomes a skipped or failed stage with its reason."""

    def ended(outcome: Outcome, reason: str) -> StageRecord:
        return _record(stage, options, outcome, StageResult(), reason)

    try:
        if isinstance(evidence.model, BoundModel) and model_libraries(stage):
            return _beside_model(stage, evidence, options, evidence.model)
        return _measured(stage, evidence, options)
    except NotEvaluable as error:
        return ended(Outcome.SKIPPED, as_sentence(error))
    except MissingExtraError as error:
        return ended(Outcome.SKIPPED, as_sentence(error))
    except RauditError as error:
        return ended(Outcome.FAILED, as_sentence(error))
    except MemoryError:
        return ended(Outcome.FAILED, "not enough memory")
    except Exception as error:  # noqa: BLE001 -- the one place that turns any fault into a failed stage
        return ended(
            Outcome.FAILED, f"{type(error).__name__} at {place_of(error)} (a fault in raudit)"
        )


def _measured(stage: Stage, evidence: Evidence, options: Any) -> StageRecord:
    result = stage.run(evidence, options)
    _only_declared(stage, result)
    record = _record(stage, options, Outcome.COMPLETED, result)
    canonical_bytes(record_to_json(record))
    return record


def _only_declared(stage: Stage, result: StageResult) -> None:
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
        options=options_as_recorded(options.model_dump(mode="json")),
        rules=stage.rules,
        summary=result.summary,
        findings=result.findings,
        tables=result.tables,
        figures=result.figures,
        facts=result.facts,
        notes=result.notes,
        artefacts=result.artefacts,
    )


def _beside_model(stage: Stage, evidence: Evidence, options: Any, model: BoundModel) -> StageRecord:
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
        "raudit.pipeline:stage_beside_model",
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
    model: Model, data: DataSet, *, progress: Progress, stage: str, evidence: Evidence, options: Any
) -> bytes:
    """What ``_beside_model`` asks the model's process to do; its answer is canonical JSON."""
    seen = replace(evidence, model=model, data=data, progress=progress)
    return canonical_bytes(record_to_json(_measured(discover_stages()[stage], seen, options)))


def _versions(stages: Mapping[str, Stage]) -> Mapping[str, str]:
    """Versions of the libraries behind the numbers, and of the packages that brought a stage."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for extension in extensions(Door.STAGES).values():
        if extension.load().name in stages:
            name, _, version = extension.package.rpartition(" ")
            versions[name] = version
    return versions
