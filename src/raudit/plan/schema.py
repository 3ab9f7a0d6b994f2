"""What raudit.yaml may say."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from raudit.plan.turns import TurnsSection
from raudit.validate import Strict


class Task(StrEnum):
    """What the system produces for each row."""

    BINARY = "binary"
    SCORE = "score"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    RANKING = "ranking"


Jurisdiction = Literal["eu", "us", "us-ca", "us-co", "us-nyc", "us-tx"]


class SystemSection(Strict):
    """What is audited, in the words of the people who run it."""

    name: str = Field(min_length=1, max_length=200)
    """Name of the system."""
    version: str = Field(min_length=1, max_length=100)
    """Version of the model or release that is audited."""
    purpose: str = Field(default="", max_length=2000)
    """What it decides or advises, about whom, and what happens to them."""
    owner: str = Field(default="", max_length=200)
    """Who answers for it."""
    organisation: str = Field(default="", max_length=200)
    """Which organisation runs it."""
    affected: str = Field(default="", max_length=1000)
    """Who is affected by its output."""
    jurisdictions: tuple[Jurisdiction, ...] | None = None
    """Where it is used; with ``sector`` they choose the frameworks that the report maps to."""
    sector: (
        Literal["credit", "employment", "insurance", "health", "education", "public", "other"]
        | None
    ) = None
    """What it is used for."""
    standards: tuple[Literal["nist-ai-rmf", "iso-42001"], ...] | None = None
    """Voluntary frameworks that the organisation follows."""
    distribution_date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Day on which an employment tool was first used; New York City asks for it to be published."""


class AuditorSection(Strict):
    """Who audits, and what the report says about the audit itself."""

    name: str = Field(default="", max_length=200)
    """Person or firm that answers for the audit."""
    independence: str = Field(default="", max_length=1000)
    """How the auditor stands to those who built and run the system."""
    training_data: str = Field(default="", max_length=1000)
    """Period and provenance of the data that the model was trained on."""
    audited_data: str = Field(default="", max_length=1000)
    """Period and provenance of the data that were audited."""
    limits_because: str = Field(default="", max_length=1000)
    """Why the limits are these."""
    not_tested: tuple[str, ...] = ()
    """What was not tested, and why; one sentence each."""


class ResponseEntry(Strict):
    """What management answers to a finding."""

    to: str = Field(min_length=1, max_length=64)
    """A rule's id, the first eight or more digits of a finding's fingerprint, or a theme of the report."""
    response: str = Field(min_length=1, max_length=2000)
    """The answer."""
    owner: str = Field(default="", max_length=200)
    """Who does it."""
    due: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    """By which day."""


class Attribute(Strict):
    """A sensitive or control feature."""

    column: str = Field(min_length=1)
    """Column of the data set, or of ``data.attributes``."""
    label: str = ""
    """Name to print; the column's name if empty."""
    edges: tuple[float, ...] = ()
    """Inner edges that cut a continuous column into groups; each group includes its lower edge."""
    unknown: tuple[str, ...] = ()
    """Values that mean missing, such as ``?``; they form the group ``unknown``."""


def _attribute(value: object) -> Any:
    return {"column": value} if isinstance(value, str) else value


AttributeOrName = Annotated[Attribute, BeforeValidator(_attribute)]


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class LabelSection(Strict):
    """A column of outcomes and which of its values is the favourable one."""

    column: str = Field(min_length=1)
    """Column of the data set."""
    favourable: Texts = ()
    """The value or values that are good for the person, as text exactly as in the data; required for ``binary``."""
    unfavourable: Texts = ()
    """If given, any value in neither set is an error; if not, every other value is unfavourable."""


class ScoreSection(Strict):
    """A column of scores."""

    column: str = Field(min_length=1)
    """Column of the data set."""
    threshold: float | None = None
    """Scores at or above it are favourable decisions; where a high score is bad, they are the unfavourable ones."""
    higher_is_favourable: bool = True
    """Whether a high score is good for the person; ``false`` for a risk of something bad."""


class DataLimits(Strict):
    """What reading a data set may take before it is refused; a file from somebody else may ask for anything."""

    bytes: int = Field(default=2**40, ge=1)
    """Bytes of the file, and of what it unpacks to."""
    rows: int = Field(default=10**10, ge=1)
    """Rows of one table."""
    columns: int = Field(default=20_000, ge=1)
    """Columns of one table."""
    cells: int = Field(default=10**11, ge=1)
    """Rows times columns of one table."""
    cell_bytes: int = Field(default=64 * 2**20, ge=1, le=2**30)
    """Bytes of one cell, and of one line of a text file."""
    memory_gib: float = Field(default=4, gt=0, le=1024)
    """Memory for reading, in GiB: of the process that reads Parquet, Arrow, Excel, SQLite and DuckDB, beyond its
    libraries; of one piece of a text file. Where it is given, what a stage, a scan or a draft makes of the rows
    may take no more either; else that may take what the machine has."""
    seconds: int = Field(default=600, ge=1, le=604_800)
    """Time by the clock for reading one table once; what is done with its rows meanwhile does not count."""
    work_seconds: int | None = Field(default=None, ge=1, le=6_048_000)
    """Time by the clock for what a stage, a scan or a draft does with a table, reading included; ten times
    ``seconds`` if it is not given."""

    @property
    def most_work(self) -> int:
        """Seconds that work with a table may take."""
        return self.work_seconds or 10 * self.seconds

    @property
    def most_memory(self) -> float | None:
        """GiB that work with a table may take; None for what the machine has."""
        return self.memory_gib if "memory_gib" in self.model_fields_set else None


class Numbers(Strict):
    """How a text file writes numbers."""

    decimal: Literal[".", ","] = "."
    """Mark before the fraction."""
    thousands: Literal["", ".", ",", " ", "'", "\u00a0", "\u202f"] = ""
    """Mark between groups of three digits; none by default."""

    @model_validator(mode="after")
    def _marks_differ(self) -> Numbers:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same mark")
        return self


DataFormat = Literal[
    "csv", "tsv", "jsonl", "json", "parquet", "arrow", "excel", "sqlite", "duckdb", "gzip", "zip"
]


class AttributesSection(Strict):
    """Sensitive attributes that are kept in a file of their own, put beside the data by a key."""

    path: str = Field(min_length=1)
    """File or folder, relative to raudit.yaml, in any format that ``data.path`` takes; one row a person."""
    key: Texts = Field(min_length=1)
    """Column or columns that both files have and that name a person, such as ``applicant_id``."""
    columns: Texts = ()
    """Columns to take; all but the key if empty."""


class CopySection(Strict):
    """Leave to copy a table out of its database for the length of a run."""

    max_rows: int = Field(ge=1, le=10**9)
    """Most rows; a table with more is refused before it is audited."""


DataEngine = Literal["sqlite", "duckdb", "postgresql", "ibis", "spark"]


class ReferenceSection(Strict):
    """A data set that the audited one is held against; read as the audited one, except for what is said here."""

    path: str = Field(min_length=1)
    """File or folder, relative to raudit.yaml."""
    kind: Literal["training", "earlier"] = "training"
    """What the model learnt from, or data of an earlier time; overlap is looked for with training data only."""
    table: str | None = None
    """Which table, sheet or member, where the file has several."""
    format: DataFormat | None = None
    """What the file is, where neither its first bytes nor its name say so."""


class ReleasedSection(Strict):
    """A table made from the data in order to be given away: synthetic, or with people made unrecognisable."""

    path: str = Field(min_length=1)
    """File or folder, relative to raudit.yaml; read as the audited data."""
    control: str | None = Field(default=None, min_length=1)
    """File or folder of people like those of the data who had no part in the table: what an attack gets right about
    them is not given away by it."""


def _reference(value: object) -> Any:
    return {"path": value} if isinstance(value, str) else value


ReferenceOrPath = Annotated[ReferenceSection, BeforeValidator(_reference)]
ReleasedOrPath = Annotated[ReleasedSection, BeforeValidator(_reference)]


class DataSection(Strict):
    """The data set, and what its columns are."""

    path: str | None = Field(default=None, min_length=1)
    """File or folder, relative to raudit.yaml: CSV, TSV, JSON lines or array, Parquet, Arrow, Excel, SQLite, DuckDB,
    any of them in gzip or zip, or a folder whose files are one table. Not needed with ``connection``."""
    connection: str | None = Field(default=None, min_length=1)
    """Address of a database without a password, such as ``postgresql://reader@host/db``, ``sc://host:15002`` or
    whatever Ibis connects to; or ``env:NAME`` or ``keyring:SERVICE/USER``, where the whole address is kept."""
    engine: DataEngine | None = None
    """What reads the database, where the address does not say."""
    table: str | None = None
    """Which table, sheet or member, where the file has several, or the database's table."""
    query: str | None = Field(default=None, min_length=1)
    """One SELECT in place of a table, of a database."""
    key: Texts = ()
    """Column or columns that name a row. Everything drawn at random is then drawn by the key, whatever the order."""
    copy_rows: CopySection | None = Field(default=None, alias="copy")
    """What may be copied to this machine for the length of the run. Without it the rows behind a ``connection`` stay
    where they are, and what their engine cannot count is not measured."""
    format: DataFormat | None = None
    """What the file is, where neither its first bytes nor its name say so."""
    encoding: str | None = None
    """Of a text file, such as ``cp1252``; by default UTF-8, or what a byte-order mark says."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Of a text file; by default the one by which the first rows fall into equally many cells."""
    header: bool | None = None
    """Whether the first row of a text file holds the names of the columns; by default it must look like names."""
    numbers: Numbers = Numbers()
    """Marks by which a text file writes numbers."""
    limits: DataLimits = DataLimits()
    """What reading the data may take before it is refused."""
    label: LabelSection | None = None
    """What really happened."""
    prediction: LabelSection | None = None
    """What the system decided; not needed when ``model`` is given."""
    score: ScoreSection | None = None
    """What the system scored; not needed when ``model`` is given."""
    baseline: LabelSection | None = None
    """What a simpler rule or the old system decided, for comparison."""
    weight: str | None = None
    """Column of sample weights."""
    count: str | None = None
    """Column of how many people a row stands for, in a table that is already counted; whole numbers, with decisions
    alone. A weight says how much a person counts, a count how many people there are."""
    missing: tuple[str, ...] = ("",)
    """Texts that mean a missing value in a CSV file."""
    reference: ReferenceOrPath | None = None
    """Training data, or data of an earlier time such as last quarter's: for overlap, the contract and drift."""
    released: ReleasedOrPath | None = None
    """A table made from the data in order to be given away; ``reidentification`` attacks it."""
    contract: str | None = None
    """File with names, types, ranges and levels that the columns must have; ``raudit readiness`` writes one."""
    types: dict[str, Literal["text", "number", "truth", "date", "moment"]] = Field(
        default_factory=dict
    )
    """Columns to read as another type than the file suggests: codes that look like numbers as ``text``, and days
    (``2026-11-27``) and moments (``2026-11-27 14:05:00``) that a file can only write as text."""
    attributes: AttributesSection | None = None
    """Sensitive attributes from a second file; people who are not in it form the group ``unknown``."""
    licence: str = ""
    """Licence and source of the data, to print."""
    turns: TurnsSection | None = None
    """Given if the file holds recorded turns of a language model; what it holds is then told by their format."""

    @model_validator(mode="after")
    def _counts_carry_no_sums(self) -> DataSection:
        if self.count is not None and (self.weight is not None or self.score is not None):
            raise ValueError(
                "rows that stand for many people carry no scores or weights: give data.count, or these"
            )
        return self

    @property
    def in_database(self) -> bool:
        """Whether a database, and not a reader of files, gives the rows."""
        return self.connection is not None or self.query is not None or self.engine is not None

    @property
    def stays(self) -> bool:
        """Whether rows stay in their database, since the plan does not allow that they are copied."""
        return self.connection is not None and self.copy_rows is None


class ModelLimits(Strict):
    """What a model may take, in a process of its own, before the process is ended and the model refused."""

    memory_gib: float = Field(default=8, gt=0, le=1024)
    """Memory for reading the file, predicting and explaining, in GiB of address space beyond the libraries; the
    machine's own limit (``ulimit -v``) holds where that is lower."""
    seconds: int = Field(default=60, ge=1, le=86_400)
    """Processor time for the trial: reading the file and predicting a few rows."""
    predict_seconds: int = Field(default=3600, ge=1, le=604_800)
    """Time by the clock for predicting all rows, and again for each stage that explains the model."""


class ModelSection(Strict):
    """A model file, in a format that is data and not code."""

    path: str = Field(min_length=1)
    """The file, relative to raudit.yaml."""
    format: Literal[
        "auto", "skops", "xgboost", "lightgbm", "catboost", "onnx", "unsafe-pickle", "unsafe-joblib"
    ] = "auto"
    """By default told from the name: .skops, .json and .ubj (XGBoost), .txt (LightGBM), .cbm (CatBoost), .onnx. Reading
    an ``unsafe`` format runs code from the file; it needs ``sha256`` and leaves a finding."""
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """If given, the file must have this digest."""
    limits: ModelLimits = ModelLimits()
    """What the model may take before it is ended and refused."""
    threshold: float | None = None
    """Scores at or above it are favourable decisions; without it the model's own ``predict`` decides."""
    trusted_types: tuple[str, ...] = ()
    """Types of a skops file that are accepted beyond the default ones, by full name."""
    features: tuple[str, ...] = ()
    """Columns the model takes, in order, where the file does not say."""
    classes: tuple[str, ...] = ()
    """Labels in the order of the model's outputs, where the file does not say."""
    missing: Annotated[float, Field(allow_inf_nan=False)] | Literal["none"] | None = None
    """XGBoost: the number that the training took for a missing value in every column (its argument ``missing``; 0 where
    a sparse matrix left cells out), which the file does not keep. ``none`` says that there was no such number."""

    @model_validator(mode="after")
    def _code_is_pinned(self) -> ModelSection:
        if self.format.startswith("unsafe") and self.sha256 is None:
            raise ValueError(
                f"format {self.format} runs code from the file: give model.sha256, the digest of the file you trust"
            )
        return self


class AssessmentSection(Strict):
    """A checklist and the file with its answers."""

    checklist: str = Field(min_length=1)
    """Id of a shipped checklist, or a path."""
    answers: str | None = None
    """Answers file, relative to raudit.yaml; none yet means an unanswered, blocking assessment."""


class ReportLimits(Strict):
    """What rendering the report may take; a template from somebody else may loop for ever or fill the memory."""

    seconds: int = Field(default=300, ge=1, le=86_400)
    """Processor time, and time by the clock."""
    memory_gib: float = Field(default=3, ge=0.5, le=1024)
    """Memory, in GiB of address space; a report of 200 pages needs about half of the default."""


class ReportSection(Strict):
    """How the report looks."""

    template: str = "standard"
    """A shipped template, or a folder relative to raudit.yaml."""
    language: str = "en"
    """Language of the report's own words, by its code."""
    limits: ReportLimits = ReportLimits()
    """What rendering may take before it is ended; the record is kept."""


class SigningSection(Strict):
    """Who signs. Secrets come from files or the environment, never from here."""

    key: str | None = None
    """PEM or PKCS#12 file with the private key."""
    certificate: str | None = None
    """PEM file with the certificate, and its chain."""
    timestamp_url: str | None = None
    """RFC 3161 time stamp authority; the only address raudit ever contacts, and only if given."""
    timestamp_trust: str | None = None
    """PEM file with the authority's root certificate; needed for ``b-lt`` and ``b-lta``."""
    require_timestamp: bool = False
    """Whether a run fails when the authority does not answer; otherwise it says so and signs without."""
    level: Literal["b-b", "b-t", "b-lt", "b-lta"] = "b-b"
    """PAdES baseline level."""


class LogSection(Strict):
    """Where the log is kept."""

    path: str = "raudit-log.db"
    """SQLite file relative to raudit.yaml, or a ``postgresql+psycopg://`` URL without a password."""
    key: str | None = None
    """Log key file."""


RENAMED_STAGES = {"data_profile": "data_readiness"}
"""Stages by the name under which older plans know them."""


class PlanFile(Strict):
    """The whole of raudit.yaml."""

    schema_version: Literal["raudit.plan/1"] = Field(alias="schema")
    """Version of this format."""
    system: SystemSection
    """What is audited, in the words of the people who run it."""
    task: Task = Task.BINARY
    """What the system produces for each row: one of two decisions, a score, one of several classes, an amount, or a
    place in a list."""
    data: DataSection
    """The data set, and what its columns are."""
    model: ModelSection | None = None
    """A model file whose decisions are audited; without one, give ``data.prediction`` or ``data.score``."""
    sensitive_features: tuple[AttributeOrName, ...] = ()
    """Columns whose groups are compared."""
    control_features: tuple[AttributeOrName, ...] = ()
    """Columns within whose levels groups are compared, such as a department."""
    stages: dict[str, dict[str, Any] | None] | None = None
    """Stages to run and their options; all stages with default options if absent."""
    assessments: tuple[AssessmentSection, ...] = ()
    """Checklists and the files with their answers."""
    policy: str | dict[str, Any] | None = None
    """A preset's name, a policy file, or the policy itself."""
    waivers: str | None = None
    """Waivers file."""
    people: str | None = None
    """Who people are and what proves them, such as people.yaml."""
    identity: Literal["proven", "stated"] = "proven"
    """Whether a sign-off counts only with a signed statement, or on a name alone, which the report then says."""
    baseline: str | None = None
    """Baseline file: findings of an accepted run."""
    auditor: AuditorSection | None = None
    """Who audits, and what the report says about the audit itself."""
    responses: tuple[ResponseEntry, ...] | None = None
    """Management's answers to findings, printed beside them."""
    report: ReportSection = ReportSection()
    """How the report looks."""
    signing: SigningSection = SigningSection()
    """Who signs."""
    log: LogSection = LogSection()
    """Where the log is kept."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of everything that is drawn at random; the same seed gives the same bytes."""

    @field_validator("stages", mode="before")
    @classmethod
    def _names_of_today(cls, value: object) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            RENAMED_STAGES[name] if RENAMED_STAGES.get(name, name) not in value else name: options
            for name, options in value.items()
        }
