"""Validate stages and options and digest every input, before any of them is read."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from raudit import __version__
from raudit.canonical import digest
from raudit.data.declared import Declared, open_declared
from raudit.doors import Door, extensions
from raudit.errors import PlanError
from raudit.evidence import AssessmentFiles, Stage, discover_stages
from raudit.people import NOBODY, People, load_people
from raudit.pipeline.inputs import assessment_files, data_path, declared_inputs
from raudit.plan import Plan
from raudit.record import Input, Run
from raudit.statements import Enrolment
from raudit.yamltext import nearest

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
        open_declared(plan.file.data, data_path(plan)) if plan.file.data.in_database else None
    )
    inputs = declared_inputs(plan, assessments, database)
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


def _chosen(plan: Plan) -> Mapping[str, Stage]:
    found = discover_stages()
    wanted = plan.file.stages
    if plan.file.model is None:  # what is only about a model has nothing to say
        found = {
            name: stage for name, stage in found.items() if not getattr(stage, "with_model", False)
        }
    if wanted is None:
        # What compares with a reference has nothing to say without one; a plan that names it is told so.
        data = plan.file.data
        lacking = {
            "with_turns": data.turns is None,
            "needs_reference": data.reference is None,
            "needs_released": data.released is None,
        }
        return {
            name: stage
            for name, stage in found.items()
            if not any(absent and getattr(stage, need, False) for need, absent in lacking.items())
        }
    for name in wanted:
        if name not in found:
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
