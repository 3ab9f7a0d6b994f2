"""What a policy file and a waivers file may say; published as JSON Schema under ``schemas/``."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from raudit.findings import Severity
from raudit.policy.model import RULE_ID, OnInconclusive, Proven
from raudit.validate import Strict

Number = Annotated[float, Field(allow_inf_nan=False)]


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


def _word(value: str) -> str:
    if value in {str(severity) for severity in Severity} or RULE_ID.fullmatch(value):
        return value
    raise ValueError(
        "neither a rule id such as RA-FAIR-001, nor a prefix such as RA-FAIR, nor a severity"
    )


def _rule(value: str) -> str:
    if not RULE_ID.fullmatch(value):
        raise ValueError("not a rule id such as RA-FAIR-001, or a prefix such as RA-FAIR")
    return value


RuleWord = Annotated[str, BeforeValidator(_rule)]
Words = Annotated[tuple[Annotated[str, BeforeValidator(_word)], ...], BeforeValidator(_texts)]
RuleWords = Annotated[tuple[RuleWord, ...], BeforeValidator(_texts)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
ProvenWords = Annotated[tuple[Proven, ...], BeforeValidator(_texts)]


class ThresholdEntry(Strict):
    """An accepted range."""

    low: Number | None = None
    """Smallest accepted value."""
    high: Number | None = None
    """Largest accepted value."""

    @model_validator(mode="after")
    def _says_something(self) -> ThresholdEntry:
        if self.low is None and self.high is None:
            raise ValueError("a threshold needs low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high, so nothing could pass")
        return self


class RuleEntry(Strict):
    """What the policy says about a rule, or about all rules that share a prefix."""

    severity: Severity | None = None
    """Severity of failed findings, in place of the catalogue's."""
    block: bool | None = None
    """yes: failed findings block whatever their severity; no: they never do."""
    threshold: ThresholdEntry | None = None
    """Range in place of the one the stage judged by; the measurement in the record is judged again."""
    requirements: Texts = ()
    """What the rule serves here, such as ``eu-ai-act:10`` or ``internal:MRM-4.2``."""
    because: str = Field(default="", max_length=2000)
    """Why; printed beside the finding."""


class RequireSection(Strict):
    """What must have been done."""

    declared_stages: bool = True
    """Every stage that the plan names under ``stages`` must complete."""
    stages: Texts = ()
    """Further stages that must complete."""
    assessments: Texts = ()
    """Ids of checklists that must be answered."""
    proven: ProvenWords = ()
    """Decisions that only a signed statement proves: ``reviews``, met ``conditions``, ``revocations`` of waivers."""


class WaiverSection(Strict):
    """What a waiver must meet."""

    warn_days: int = Field(default=14, ge=0, le=366)
    """Warn when a waiver in use ends within so many days."""
    max_days: int = Field(default=366, ge=1, le=3660)
    """Longest life of a waiver."""
    four_eyes: bool = True
    """yes: owner and approver must differ."""
    strict: bool = False
    """yes: unused, expired, unproven and malformed waivers block."""


class BaselineSection(Strict):
    """How findings are held against the baseline."""

    level: float = Field(default=0.95, gt=0.5, lt=1)
    """Confidence, over all findings together, before a known finding is called worse."""


class PolicyFile(Strict):
    """A policy file, or the ``policy`` section of raudit.yaml."""

    schema_version: Literal["raudit.policy/1"] = Field(default="raudit.policy/1", alias="schema")
    """Version of this format."""
    name: str = Field(default="", max_length=100)
    """Name to print."""
    description: str = Field(default="", max_length=2000)
    """What the policy is for."""
    extends: str = ""
    """A preset's name, or a file relative to this one; this file speaks over it."""
    fail_on: Literal["critical", "high", "medium", "low", "info", "never"] | None = None
    """A failed finding of this severity or worse blocks (default: medium)."""
    on_inconclusive: OnInconclusive | None = None
    """What an indeterminate finding does that would block if it had failed (default: review)."""
    soft_fail_on: Words | None = None
    """Rule ids, prefixes or severities that do not block."""
    hard_fail_on: Words | None = None
    """Rule ids, prefixes or severities that block."""
    select: RuleWords | None = None
    """Rule ids or prefixes that are judged (default: all)."""
    ignore: RuleWords | None = None
    """Rule ids or prefixes that are not judged."""
    require: RequireSection | None = None
    """What must have been done, whatever was found."""
    rules: dict[str, RuleEntry | None] = Field(default_factory=dict)
    """By rule id or prefix."""
    waivers: WaiverSection | None = None
    """What a waiver must meet."""
    baseline: BaselineSection | None = None
    """How findings are held against the baseline."""

    @field_validator("rules")
    @classmethod
    def _keys(cls, value: dict[str, RuleEntry | None]) -> dict[str, RuleEntry | None]:
        for key in value:
            _rule(key)
        return value


class Scope(Strict):
    """What a waiver covers; a finding must match every key that is given."""

    attribute: str = ""
    """A sensitive feature."""
    group: str = ""
    """A group of it."""
    column: str = ""
    """A column of the data set."""
    question: str = ""
    """A question of a checklist."""
    assessment: str = ""
    """A checklist."""
    metric: str = ""
    """A metric, such as ``selection_rate``."""
    fingerprint: str = Field(default="", pattern="^([0-9a-f]{32})?$")
    """Exactly one finding."""
    model_sha256: str = Field(default="", pattern="^([0-9a-f]{12,64})?$")
    """Digest of the model file, or at least its first 12 digits."""

    @model_validator(mode="after")
    def _names_something(self) -> Scope:
        if not any(self.model_dump().values()):
            raise ValueError(
                "an empty scope would cover every finding of the rule; name what it covers"
            )
        return self


def _date(value: object) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("not a date written as 2027-01-31")
    return value


Day = Annotated[dt.date, BeforeValidator(_date)]


class WaiverEntry(Strict):
    """One waiver."""

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    rule: str = Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d+$")
    """Full id of one rule; prefixes are not accepted."""
    scope: Scope
    reason: str = Field(min_length=8, max_length=2000)
    """Why the finding may stand for now."""
    owner: str = Field(min_length=1, max_length=200)
    """Who answers for it."""
    approver: str = Field(min_length=1, max_length=200)
    """Who agreed to it."""
    ticket: str = Field(default="", max_length=200)
    created: Day
    expires: Day
    """Last day, in UTC, on which it counts."""
    max_value: Number | None = None
    """Largest measured value it covers; required where the measured value is too high."""
    min_value: Number | None = None
    """Smallest measured value it covers; required where the measured value is too low."""

    @model_validator(mode="after")
    def _in_order(self) -> WaiverEntry:
        if self.expires < self.created:
            raise ValueError(
                f"it expires on {self.expires}, before it was created on {self.created}"
            )
        return self


class WaiversFile(Strict):
    """A waivers file. Entries are validated one by one, so that a bad one spoils only itself."""

    schema_version: Literal["raudit.waivers/1"] = Field(alias="schema")
    waivers: tuple[WaiverEntry, ...] = ()


class WaiversFrame(Strict):
    """The frame of a waivers file, its entries not yet looked at."""

    schema_version: Literal["raudit.waivers/1"] = Field(alias="schema")
    waivers: tuple[Any, ...] | None = ()
