"""The record: everything one run established, as canonical JSON with a published schema.

The report, the gate outputs and the log entry are made from the record alone.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from raudit.canonical import Json, Sha256, canonical_bytes, parse_canonical, read_json, sha256
from raudit.errors import RecordIntegrityError
from raudit.findings import Finding, JsonObject, Rule, Severity, Status
from raudit.frames import as_frame, as_html
from raudit.pictures import Picture, as_json, kind_of, read_picture
from raudit.sentences import Message, say

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "raudit.record/1"


class Outcome(StrEnum):
    """How a stage ended."""

    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"


ColumnKind = Literal[
    "text", "count", "proportion", "points", "number", "p_value", "interval", "status", "code"
]
"""How a column's values are written: a ``proportion`` as a percentage, a difference of two in ``points``; the value of
an ``interval`` is ``[low, high]``, written as the estimate in the column before it."""

InputRole = Literal[
    "plan",
    "data",
    "turns",
    "labels",
    "system-prompt",
    "attributes",
    "reference",
    "released",
    "control",
    "contract",
    "model",
    "checklist",
    "answers",
    "statements",
    "policy",
    "waivers",
    "baseline",
    "people",
    "record",
]
"""What a file is to a run."""

WaiverState = Literal[
    "applied", "expired", "outgrown", "unused", "expires_soon", "unproven", "malformed"
]
"""What became of a waiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    key: str
    """Key in each row."""
    label: str
    """Heading."""
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a stage's section. The PDF may cap its rows; the record holds them all."""

    id: str
    """Unique within the stage, such as ``rates-sex``."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[JsonObject, ...]
    """One object a row; a missing key or None prints as a dash."""
    caption: str = ""
    """What the reader should see in it, and on how many rows it rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture of a stage's section; ``pictures`` has its kinds, ``report`` owns the drawing."""

    id: str
    kind: str
    title: str
    alt: str
    """What a person who cannot see it should know, made from the data."""
    data: JsonObject
    """``pictures.as_json`` of what it shows; a kind that is not known here is printed as a table."""
    caption: str = ""

    @classmethod
    def of(cls, name: str, picture: Picture, *, title: str, alt: str, caption: str = "") -> Figure:
        """A figure called ``name`` within its stage that shows a picture."""
        return cls(
            id=name,
            kind=kind_of(picture),
            title=title,
            alt=alt,
            data=as_json(picture),
            caption=caption,
        )

    @property
    def picture(self) -> Picture | None:
        """What it shows; None if that cannot be drawn here."""
        return read_picture(self.kind, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file that went into the run."""

    role: InputRole
    name: str
    """File name without its folder."""
    sha256: Sha256
    bytes: int | None
    """None of a database that is no file: nobody counted them."""
    detail: JsonObject = field(default_factory=dict)
    """Such as rows and columns of a data set, or format of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """What one stage established, or why it did not."""

    name: str
    title: str
    outcome: Outcome
    reason: str = ""
    """Why it was skipped or failed; empty when completed."""
    summary: str = ""
    """One or two sentences for the head of its section."""
    options: JsonObject = field(default_factory=dict)
    """The options it ran with, defaults included."""
    rules: tuple[Rule, ...] = ()
    """Catalogue entries of the rules it can answer."""
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    facts: JsonObject = field(default_factory=dict)
    """Measured facts by dotted name, such as ``pii.columns_with_personal_data``; answers are held against them."""
    notes: tuple[str, ...] = ()
    """Method, limits and warnings, one sentence each."""
    artefacts: JsonObject = field(default_factory=dict)
    """Mergeable evidence such as cell tables and column profiles."""
    messages: Mapping[str, Message] = field(default_factory=dict)
    """How its sentences were made, by their text, so that a report can say them in another language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverUse:
    """A waiver that was looked at in this run."""

    id: str
    state: WaiverState
    rule: str
    fingerprint: str = ""
    """Of the finding it was applied to; empty when unused."""
    reason: str = ""
    owner: str = ""
    approver: str = ""
    expires: str = ""
    explanation: str = ""
    """One sentence: what the waiver did or why it did not."""
    statement: str = ""
    """Digest of the approver's signed statement that proves the approval; empty if none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the policy made of the findings."""

    status: Status
    exit_status: int
    """0, 1, 3 or 5, as the CLI ends."""
    because: tuple[str, ...]
    """Reasons, worst first, one sentence each."""
    blocking: tuple[str, ...] = ()
    """Fingerprints of the findings that block."""
    undecided: tuple[str, ...] = ()
    """Fingerprints of indeterminate findings that the policy says must be settled."""
    not_run: tuple[str, ...] = ()
    """Names of required stages that were skipped or failed."""
    waivers: tuple[WaiverUse, ...] = ()
    policy: JsonObject = field(default_factory=dict)
    """The policy that was applied, defaults included."""
    baseline: JsonObject = field(default_factory=dict)
    """Comparison with the baseline, if there is one."""
    messages: Mapping[str, Message] = field(default_factory=dict)
    """How its sentences were made, by their text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the run can be repeated."""

    id: str
    """First 16 digits of the digest of plan, inputs, seed and clock."""
    clock: str
    """Time of the run in UTC, RFC 3339."""
    seed: int
    raudit: str
    """Version of raudit."""
    python: str
    platform: str
    packages: Mapping[str, str]
    """Versions of the libraries that computed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything a run established."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    run: Run
    system: JsonObject
    """The plan's description of what was audited."""
    plan: JsonObject
    """The plan as data, without paths outside its folder."""
    inputs: tuple[Input, ...]
    stages: tuple[StageRecord, ...]
    verdict: Verdict | None = None
    """None until a policy has been applied."""
    schema: str = SCHEMA

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all stages, in stage order."""
        return tuple(finding for stage in self.stages for finding in stage.findings)

    def stage(self, name: str) -> StageRecord | None:
        """Find a stage by name."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a finding, with its measurement."""
        return as_frame(self._rows())

    def _repr_html_(self) -> str:
        return as_html(
            f"{self.system.get('name', '')}: {len(self.findings):,} findings", self._rows()
        )

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"stage": stage.name, **finding.as_row()}
            for stage in self.stages
            for finding in stage.findings
        ]

    def with_verdict(self, verdict: Verdict) -> Record:
        """Return the record with a policy's verdict in it."""
        return replace(self, verdict=verdict)


def record_to_json(record: Record | StageRecord) -> dict[str, Any]:
    """Turn a record, or one stage's part of it, into plain JSON values."""
    return _object(record)


def record_bytes(record: Record) -> bytes:
    """Serialise a record canonically; the same record always gives the same bytes."""
    return canonical_bytes(record_to_json(record))


def record_sha256(record: Record) -> Sha256:
    """Digest of the canonical bytes."""
    return sha256(record_bytes(record))


def parse_record(data: bytes) -> Record:
    """Read a stored record.

    Raises
    ------
    RecordIntegrityError
        If the bytes are not canonical JSON, break the schema, carry another schema version, or hold what is read of
        the schema's free parts in another form.
    """
    try:
        value = read_json(data)
        record = _validated(value)
        whole = record_bytes(record) == data  # which only the canonical form of a record can be
    except (RecordIntegrityError, ValueError, RecursionError):
        whole = False  # what is wrong is said in the order in which it matters: no JSON, not canonical, no record
    if whole and isinstance(value, Mapping):
        from raudit.kept import check_form

        check_form(value)
        return record
    _validated(parse_canonical(data))
    raise RecordIntegrityError(
        "the record does not survive reading and writing",
        reference="record-not-stable",
        expected=SCHEMA,
    )


def written_record(data: bytes) -> Record:
    """Read what ``record_bytes`` wrote in this program a moment ago; what comes from elsewhere is parsed.

    Raises
    ------
    RecordIntegrityError
        If the bytes break the schema.
    """
    return _validated(read_json(data))


def _validated(value: Json) -> Record:
    version = value.get("schema") if isinstance(value, Mapping) else None
    if version != SCHEMA:
        raise RecordIntegrityError(
            "unknown record schema",
            reference="unknown-record-schema",
            got=str(version),
            expected=SCHEMA,
            hint="use the raudit version that wrote the record, or a newer one",
        )
    import pydantic

    try:
        record: Record = _adapter().validate_python(value)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise RecordIntegrityError(
            say(
                "the record breaks its schema ({count} places): {first}",
                count=error.error_count(),
                first=first["msg"],
            ),
            reference="record-schema",
            where=".".join(str(part) for part in first["loc"]),
            expected=SCHEMA,
            hint="use the record as raudit wrote it",
        ) from error
    return record


def record_json_schema() -> dict[str, Any]:
    """The JSON Schema of a record, as published in ``schemas/record-1.schema.json``."""
    schema: dict[str, Any] = _adapter().json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}


@functools.cache
def _adapter() -> Any:
    import pydantic

    return pydantic.TypeAdapter(Record)


_PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of most values of a record; to ask which of many kinds each is costs more than writing it."""


def _object(value: Any) -> dict[str, Any]:
    # Without messages the key is left out: records from before they were kept stay as they are.
    return {
        field.name: _json(item)
        for field in dataclasses.fields(value)
        if (item := getattr(value, field.name)) or field.name != "messages"
    }


def _json(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    match value:
        case StrEnum():
            return str(value)
        case str() | int() | float() | None:
            return value
        case Mapping():
            return {str(key): _json(item) for key, item in value.items()}
        case tuple() | list():
            return [_json(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            return _object(value)
        case _:
            return value


__all__ = [
    "SCHEMA",
    "Column",
    "Figure",
    "Finding",
    "Input",
    "Outcome",
    "Record",
    "Rule",
    "Run",
    "Severity",
    "StageRecord",
    "Status",
    "Table",
    "Verdict",
    "WaiverUse",
    "parse_record",
    "record_bytes",
    "record_json_schema",
    "record_sha256",
    "record_to_json",
]
