"""What a stage says: measurements, findings, and the rules they answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypedDict, Unpack, get_args

from raudit.canonical import digest
from raudit.sentences import say

JsonObject = Mapping[str, Any]
"""A JSON object whose values are JSON."""


NO_LIMIT = "sets no limit"
"""In the reason of a finding that lacks a limit and nothing else: a policy's threshold can then tell it."""


class Status(StrEnum):
    """What a finding came to. There is no fourth value, and nothing passes for want of evidence."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


class Severity(StrEnum):
    """How much a failed finding matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for info, so that sorting by rank puts the worst first."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval estimate."""

    low: float | None
    """Lower end; None where it is unbounded."""
    high: float | None
    """Upper end; None where it is unbounded."""
    level: float = 0.95
    """Nominal coverage."""
    method: str
    """Name of the method, such as ``wilson`` or ``newcombe``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A number, what it was measured on, and how sure it is."""

    metric: str
    """The field's name for it, such as ``selection_rate``."""
    value: float | None
    """The estimate; None where it is undefined."""
    n: int
    """On how many rows, pairs or cells."""
    events: int | None = None
    """How many of n were counted, where the metric counts something."""
    interval: Interval | None = None
    """Its interval; None for exact counts."""
    unit: str = ""
    """``""`` for proportions and counts, else such as ``log-odds`` or ``rows``."""
    method: str = "exact count"
    """How the value was computed."""
    undefined_because: str = ""
    """Why value is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What a measurement is held against."""

    low: float | None = None
    """Smallest accepted value."""
    high: float | None = None
    """Largest accepted value."""
    source: str = ""
    """Who set it: ``plan``, ``preset four-fifths``, ``default``."""

    def ends_where(self, own: Threshold | None) -> bool:
        """Whether it has an end where a rule's own has one; a gap is held from above, a ratio from below."""
        if own is None or (own.low is None and own.high is None):
            return True
        return None not in (own.low, self.low) or None not in (own.high, self.high)


SubjectKind = Literal[
    "model", "data", "attribute", "group", "column", "question", "assessment", "stage"
]
"""What a finding can be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a finding is about."""

    kind: SubjectKind
    name: str
    """Its name, such as an attribute, column or question id."""
    detail: Mapping[str, str] = field(default_factory=dict)
    """What narrows it, such as ``{"metric": "selection_rate", "group": "Female"}``. Never a data value that
    could identify a person."""

    def __post_init__(self) -> None:
        # A stage of another package is not under our type checker; its record must still be readable later.
        if self.kind not in get_args(SubjectKind):
            raise ValueError(f"a finding cannot be about a '{self.kind}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An entry of the catalogue of rules; ids are stable for ever."""

    id: str
    """Such as ``RA-FAIR-001``."""
    title: str
    """A few words, such as ``Selection rates differ between groups``."""
    why: str
    """Why it matters, in plain words."""
    how: str
    """How it is measured."""
    fix: str
    """What to do when it fails."""
    severity: Severity
    """Severity of a failed finding unless the policy says otherwise."""
    requirements: tuple[str, ...] = ()
    """What it bears on, such as ``gdpr:35.7.c``, ``eu-ai-act:10``, ``nist-ai-rmf:MEASURE-2.11``, ``nyc-ll144``."""

    def passed(self, subject: Subject, statement: str, **more: Unpack[More]) -> Finding:
        """Say that the limit holds; nothing is left to do."""
        return self.finding(Status.PASSED, subject, statement, **more)

    def failed(self, subject: Subject, statement: str, **more: Unpack[More]) -> Finding:
        """Say that the limit does not hold; the remedy is the rule's own unless another is given."""
        return self.finding(Status.FAILED, subject, statement, **more)

    def indeterminate(self, subject: Subject, statement: str, **more: Unpack[More]) -> Finding:
        """Say that it could not be told; ``reason`` says why and must be given."""
        return self.finding(Status.INDETERMINATE, subject, statement, **more)

    def finding(
        self, status: Status, subject: Subject, statement: str, **more: Unpack[More]
    ) -> Finding:
        """Answer the rule for one subject.

        Requirements and severity are the rule's unless others are given. The remedy is the rule's ``fix``, or
        none for a finding that passed, unless ``remedy`` is given.
        """
        more.setdefault("severity", self.severity)
        more.setdefault("requirements", self.requirements)
        more.setdefault("remedy", "" if status is Status.PASSED else self.fix)
        return Finding(
            rule=self.id,
            subject=subject,
            status=status,
            statement=statement,
            **more,
        )


class More(TypedDict, total=False):
    """What a finding may hold beyond its rule, subject, status and statement; see ``Finding``."""

    severity: Severity
    reason: str
    measurement: Measurement | None
    threshold: Threshold | None
    requirements: tuple[str, ...]
    anchor: str
    remedy: str
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsApart:
    """The two groups that a gap lies between, as the data of a finding name them."""

    metric: str
    by: tuple[str, ...]
    """The attributes that make the groups."""
    highest: tuple[str, ...]
    """Levels of the group with the highest rate, one for each attribute."""
    lowest: tuple[str, ...]
    compared: int
    """Groups among which the pair was picked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer for one subject."""

    rule: str
    """Id of the rule."""
    subject: Subject
    """What it is about."""
    status: Status
    """Passed, failed or indeterminate."""
    severity: Severity
    """How much it matters if it failed."""
    statement: str
    """One sentence that a product manager can read aloud, made from the numbers."""
    reason: str = ""
    """Why the status is what it is; required for ``indeterminate``."""
    measurement: Measurement | None = None
    """The number behind it."""
    threshold: Threshold | None = None
    """What the number was held against."""
    requirements: tuple[str, ...] = ()
    """What it bears on."""
    anchor: str = ""
    """Dotted path in the plan or answers that sets the rule, such as ``stages.fairness.thresholds``."""
    remedy: str = ""
    """What to do next."""
    data: JsonObject = field(default_factory=dict)
    """Further JSON facts, such as a group's counts."""

    def as_row(self) -> dict[str, Any]:
        """What it says, flat: for data frames and notebooks."""
        measured = self.measurement
        ends = measured.interval if measured is not None else None
        return {
            "rule": self.rule,
            "status": str(self.status),
            "severity": str(self.severity),
            "subject": self.subject.name,
            "metric": measured.metric if measured is not None else None,
            "value": measured.value if measured is not None else None,
            "low": ends.low if ends is not None else None,
            "high": ends.high if ends is not None else None,
            "n": measured.n if measured is not None else None,
            "statement": self.statement,
        }

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name rule and subject without any value, the same in every run."""
        detail: dict[str, Any] = dict(self.subject.detail)
        return digest(
            {
                "rule": self.rule,
                "kind": self.subject.kind,
                "name": self.subject.name,
                "detail": detail,
            }
        )[:32]

    @property
    def beyond_chance(self) -> bool:
        """Whether an indeterminate finding does settle that groups differ, and only the limit is open."""
        return self.status is Status.INDETERMINATE and self.data.get("beyond_chance") is True

    @property
    def apart(self) -> GroupsApart | None:
        """The groups that a gap lies between; None if this is about no gap, or no gap could be computed."""
        highest, lowest = self.data.get("highest"), self.data.get("lowest")
        if not (isinstance(highest, Mapping) and isinstance(lowest, Mapping)):
            return None
        compared = self.data.get("compared")
        return GroupsApart(
            metric=str(self.data.get("metric", "")),
            by=_texts(self.data.get("by")),
            highest=_texts(highest.get("group")),
            lowest=_texts(lowest.get("group")),
            compared=compared if isinstance(compared, int) else 2,
        )

    def __post_init__(self) -> None:
        if self.status is Status.INDETERMINATE and not self.reason:
            raise ValueError(f"{self.rule}: an indeterminate finding needs its reason")


def _texts(value: object) -> tuple[str, ...]:
    """A list of a record as text; whoever wrote the record may have written anything."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def written(value: float | None, *, digits: int = 4) -> str:
    """Write a number as people do: digits that count, thousands apart, no powers of ten.

    Examples
    --------
    >>> written(105200.0), written(0.00006961), written(0.05), written(-1.7e-16, digits=2)
    ('105,200', '0.00006961', '0.05', '-0.00000000000000017')
    """
    if value is None:
        return "unbounded"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, min(80, digits - 1 - math.floor(math.log10(abs(value)))))
    _, _, decimals = f"{value:.{places}f}".rstrip("0").partition(".")
    return say(f"{{value:,.{len(decimals)}f}}", value=value)


def chance(p_value: float) -> str:
    """Write the probability that chance alone gives as much: never zero, and no powers of ten.

    Examples
    --------
    >>> chance(0.0321), chance(0.0), chance(1.0)
    ('p = 0.032', 'p < 0.001', 'p = 1')
    """
    if p_value < 0.001:
        return say("p < {limit:.3f}", limit=0.001)
    return say("p = {p_value:.2g}", p_value=p_value)


def small(error: float) -> str:
    """Write a difference that should be next to nothing: ``0.000021``, or ``less than 0.000001``."""
    if 0 < error < 1e-6:
        return say("less than {least:.6f}", least=1e-6)
    return written(float(f"{error:.1e}"), digits=2)
