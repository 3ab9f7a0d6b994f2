"""What a stage may see, what it must give back, and how stages are found.

A stage is one module or package under ``raudit.stages`` with an object ``STAGE``, or an entry point of the group
``raudit.stages`` in a package of somebody else's; nothing else names it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from raudit.checklists.sources import Sources
from raudit.data import DataSet, Roles
from raudit.data.contract import Contract
from raudit.doors import Door, clash, extensions
from raudit.facts import Fact
from raudit.findings import Finding, JsonObject, Rule
from raudit.frames import as_frame, as_html
from raudit.model import Model
from raudit.people import NOBODY, People
from raudit.plan import Task
from raudit.record import Figure, Table
from raudit.statements import Enrolment
from raudit.turns import Turns
from raudit.validate import Strict

if TYPE_CHECKING:
    import pandas as pd


class Progress(Protocol):
    """Where long work says how far it is."""

    def task(
        self, description: str, total: int | None = None
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Open a bar; call what it gives with the number of steps done since the last call."""
        ...


class Quiet:
    """Progress that says nothing."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Open a bar that nobody sees."""
        yield lambda _steps: None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentFiles:
    """A checklist and its answers, as the plan names them."""

    checklist: str
    """Id of a shipped checklist, or the path as written."""
    checklist_path: Path
    answers_path: Path | None
    """None if the plan names no answers yet."""
    anchor: str
    """Dotted path in the plan, such as ``assessments.0``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The data set that the audited one is held against."""

    data: DataSet
    """With the model's predictions and scores as columns, if it could predict them."""
    roles: Roles
    kind: Literal["training", "earlier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A table made from the audited data in order to be given away."""

    data: DataSet
    control: DataSet | None = None
    """People who had no part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a stage may see."""

    system: JsonObject
    task: Task
    data: DataSet
    roles: Roles
    turns: Turns | None = None
    """Recorded turns of a language model without their texts, if that is what the data are."""
    reference: Reference | None = None
    """What the plan names as ``data.reference``."""
    released: Released | None = None
    """What the plan names as ``data.released``."""
    contract: Contract | None = None
    """What the plan names as ``data.contract``."""
    model: Model | None
    withheld: frozenset[str] = frozenset()
    """Columns whose values may name somebody: no stage writes one of them down, however many rows share it."""
    no_model_because: str = ""
    """Why there is no model: none declared, or the reason it could not be read."""
    unknown_levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By categorical column of the model: audited values in none of its categories, and audited values."""
    assessments: tuple[AssessmentFiles, ...] = ()
    facts: JsonObject = field(default_factory=dict)
    """Facts of the measuring stages by dotted name; empty for stages that do not read facts."""
    sources: Sources = field(default_factory=Sources)
    """Where in the record these facts will stand."""
    people: People = NOBODY
    """Who people are."""
    identity: str = ""
    """``proven``: a sign-off counts with a signed statement; ``stated``: on a name alone. A plan always says which."""
    enrolment: Enrolment | None = None
    """What the log knows of keys; None without a log."""
    seed: int
    clock: datetime
    """Time of the run; aware, in UTC."""
    progress: Progress = field(default_factory=Quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """What a stage gives back; see ``StageRecord`` for the fields."""

    summary: str = ""
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    facts: JsonObject = field(default_factory=dict)
    """Declared facts only."""
    notes: tuple[str, ...] = ()
    artefacts: JsonObject = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row a finding, with its measurement."""
        return as_frame([finding.as_row() for finding in self.findings])

    def _repr_html_(self) -> str:
        return as_html(self.summary, [finding.as_row() for finding in self.findings])


class Stage(Protocol):
    """One part of an audit."""

    name: ClassVar[str]
    """Key under ``stages`` in the plan, such as ``fairness``."""
    title: ClassVar[str]
    """Heading of its section."""
    options: ClassVar[type[Strict]]
    """Model of its options; all have defaults."""
    rules: ClassVar[tuple[Rule, ...]]
    """Every rule it can answer."""
    facts: ClassVar[tuple[Fact, ...]]
    """Every fact it can give."""
    reads_facts: ClassVar[bool]
    """True for stages that judge what the others measured; they run last."""
    order: ClassVar[int]
    """Place of its section in the report, lowest first.

    A stage with the further attribute ``withholds = True`` runs before the others that measure, and names columns in
    its fact ``<name>.withheld_columns`` whose values no other stage may write down.
    """

    model_libraries: ClassVar[tuple[str, ...]]
    """Modules with which it looks into the model. A stage that names any runs in the model's own process, under
    ``model.limits``; one that lacks this attribute, or only predicts, runs beside the others."""

    def run(self, evidence: Evidence, options: object) -> StageResult:
        """Measure.

        Raises
        ------
        NotEvaluable
            If there is nothing it could measure; the pipeline records it as skipped, with the reason.
        RauditError
            Any other; the pipeline records it as failed.
        """
        ...


def _when(stage: Stage) -> tuple[bool, bool, int, str]:
    """Stages that judge run last; those that find out which values may not be named run first."""
    return stage.reads_facts, not getattr(stage, "withholds", False), stage.order, stage.name


def model_libraries(stage: Stage) -> tuple[str, ...]:
    """Modules with which a stage looks into the model; empty if it does not say."""
    return tuple(getattr(stage, "model_libraries", ()))


def discover_stages() -> Mapping[str, Stage]:
    """Find every stage, raudit's own and those that installed packages bring, in the order of their sections.

    Raises
    ------
    ExtensionError
        If a package's stage cannot be loaded, or two stages have one name.
    """
    # By name, since the stages stand above this module and import it.
    folder = import_module("raudit.stages")
    modules = [module.name for module in pkgutil.iter_modules(folder.__path__)]
    own = [name for name in modules if not name.startswith("_")]
    stages: dict[str, Stage] = {}
    for name in own:
        stage: Stage = import_module(f"raudit.stages.{name}").STAGE
        stages[stage.name] = stage
    for extension in extensions(Door.STAGES).values():
        stage = extension.load()
        if stage.name in stages:
            raise clash(Door.STAGES, extension, "a stage of that name")
        stages[stage.name] = stage
    return {stage.name: stage for stage in sorted(stages.values(), key=_when)}
