"""What a baseline file may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from raudit.findings import Severity
from raudit.policy.schema import Day
from raudit.validate import Strict

Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class IntervalEntry(Strict):
    """An interval estimate."""

    low: Number | None
    high: Number | None
    level: float = Field(gt=0, lt=1)
    method: str


class MeasurementEntry(Strict):
    """What was measured in the accepted run."""

    metric: str
    value: Number | None
    n: int = Field(ge=0)
    events: int | None = None
    unit: str = ""
    interval: IntervalEntry | None = None


class RangeEntry(Strict):
    """The range it was held against."""

    low: Number | None = None
    high: Number | None = None


class BaselineEntry(Strict):
    """A failed finding of the accepted run."""

    fingerprint: Fingerprint
    rule: str
    subject: str = ""
    measurement: MeasurementEntry | None = None
    threshold: RangeEntry | None = None
    severity: Severity | None = None


class ApprovalEntry(Strict):
    """Who let findings in, and why."""

    approver: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=8, max_length=2000)
    date: Day
    record_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    added: tuple[Fingerprint, ...]
    entries: tuple[BaselineEntry, ...] = ()
    """The findings as they were let in; an entry that is further out counts for nothing."""
    system: str = Field(default="", max_length=1000)
    """The system whose findings were let in; they are none of another's."""


class BaselineFile(Strict):
    """A baseline file."""

    schema_version: Literal["raudit.baseline/1"] = Field(alias="schema")
    entries: tuple[BaselineEntry, ...] = ()
    approvals: tuple[ApprovalEntry, ...] = ()
