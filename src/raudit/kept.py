"""What is read of the free parts of a record, checked where a stored record comes in: it may be a stranger's.

The schema types what every stage gives. What one stage keeps for one reader (estimates, profiles, gaps, answers by
clause, counts by threshold), and what policy and plan leave behind, is a JSON object there; its form is here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from raudit.errors import RecordIntegrityError, place_of

Count = Annotated[int, Field(ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e15)]
"""Of people, or of money: what is multiplied and added up must stay a number."""
Share = Annotated[float, Field(ge=-1, le=1)]
"""A difference of probabilities."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)


class _Estimate(_Kept):
    by: tuple[str, ...]
    group: tuple[str, ...]
    metric: str
    value: Finite | None
    n: Count = 0
    events: Count | None = None
    effective_n: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    method: str = ""
    interval: tuple[Finite | None, Finite | None] | None = None
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @model_validator(mode="after")
    def _share(self) -> _Estimate:
        if self.method.startswith("wilson") and not 0 <= (self.value or 0) <= 1:
            raise ValueError("a share lies between 0 and 1")
        return self


class _Number(_Kept):
    kind: Literal["number"]
    n: Count
    missing: Count = 0
    edges: tuple[Finite, ...]
    counts: tuple[Count, ...]
    exact: bool

    @model_validator(mode="after")
    def _fits(self) -> _Number:
        if len(self.counts) != len(self.edges) + 1 or sum(self.counts) != self.n:
            raise ValueError("counts do not fit edges and rows")
        if any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("edges do not ascend")
        return self


class _Levels(_Kept):
    kind: Literal["levels"]
    n: Count
    missing: Count = 0
    levels: tuple[str, ...]
    counts: tuple[Count, ...]
    other: Count = 0
    other_most: Count = 0

    @model_validator(mode="after")
    def _fits(self) -> _Levels:
        if len(self.counts) != len(self.levels) or sum(self.counts) + self.other != self.n:
            raise ValueError("counts do not fit levels and rows")
        return self


class _Omitted(_Kept):
    kind: Literal["omitted"]
    n: Count = 0
    missing: Count = 0
    why: str = ""


_Features = dict[str, Annotated[_Number | _Levels | _Omitted, Field(discriminator="kind")]]


class _Group(_Kept):
    attribute: str
    group: str
    features: _Features


class _Profiles(_Kept):
    features: _Features
    groups: tuple[_Group, ...] = ()


class _Probability(_Kept):
    total: Share
    parts: dict[str, Share]


class _Gap(_Kept):
    attribute: str
    group: str
    probability: _Probability | None = None


class _Answered(_Kept):
    state: str = ""


class _Counts(_Kept):
    """Decisions at a threshold."""

    threshold: Finite
    true_positives: Amount
    false_positives: Amount
    false_negatives: Amount
    true_negatives: Amount


class _Costs(_Kept):
    false_positive: Amount
    false_negative: Amount


class _Limit(_Kept):
    low: Finite | None
    high: Finite | None


class _Adjusted(_Kept):
    """What a policy changed of a finding."""

    fingerprint: str
    status: Literal["passed", "failed", "indeterminate"]
    severity: Literal["critical", "high", "medium", "low", "info"]
    reason: str
    threshold: _Limit | None


class _PolicyRule(_Kept):
    anchor: str | None = None
    requirements: tuple[str, ...] = ()


class _Policy(_Kept):
    adjusted: tuple[_Adjusted, ...] = ()
    rules: dict[str, _PolicyRule] = {}
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


class _HeldFinding(_Kept):
    fingerprint: str
    explanation: str
    state: str


class _Baseline(_Kept):
    findings: tuple[_HeldFinding, ...] = ()


class _Report(_Kept):
    template: str = "standard"
    language: str = "en"


class _Plan(_Kept):
    """What is read of a plan after the run; the whole of it is the plan file's, whose digest the record holds."""

    data: dict[str, Any] | None = None
    auditor: dict[str, Any] | None = None
    assessments: tuple[dict[str, Any], ...] = ()
    responses: tuple[dict[str, Any], ...] | None = None
    report: _Report = _Report()
    stages: dict[str, Any] | None = None
    sensitive_features: tuple[str | dict[str, Any], ...] = ()
    control_features: tuple[str | dict[str, Any], ...] = ()
    policy: str | dict[str, Any] | None = None
    waivers: str | None = None
    baseline: str | None = None
    people: str | None = None


_STAGES: Mapping[tuple[str, str, str], TypeAdapter[Any]] = {
    ("fairness", "artefacts", "estimates"): TypeAdapter(tuple[_Estimate, ...]),
    ("fairness", "artefacts", "thresholds"): TypeAdapter(tuple[_Counts, ...]),
    ("fairness", "options", "costs"): TypeAdapter(_Costs | None),
    ("explain", "artefacts", "gaps"): TypeAdapter(tuple[_Gap, ...]),
    ("assessments", "artefacts", "answered"): TypeAdapter(dict[str, tuple[_Answered, ...]]),
}
"""Forms by stage, part and key."""
_ESTIMATE: TypeAdapter[_Estimate] = TypeAdapter(_Estimate)
_PROFILES: TypeAdapter[_Profiles] = TypeAdapter(_Profiles)
_POLICY, _BASELINE, _PLAN = TypeAdapter(_Policy), TypeAdapter(_Baseline), TypeAdapter(_Plan)


def check_form(record: Mapping[str, Any]) -> None:
    """Refuse a record, as JSON that keeps its schema, of which some free part has not the form that is read.

    Raises
    ------
    RecordIntegrityError
        With the place of the first such part.
    """
    for form, value, where in _parts(record):
        _check(form, value, where)


def _parts(record: Mapping[str, Any]) -> Iterator[tuple[TypeAdapter[Any], Any, str]]:
    yield _PLAN, record["plan"], "plan"
    if verdict := record.get("verdict"):
        yield _POLICY, verdict.get("policy", {}), "verdict.policy"
        yield _BASELINE, verdict.get("baseline", {}), "verdict.baseline"
    for stage in record["stages"]:
        for (name, part, key), form in _STAGES.items():
            if stage["name"] == name and key in stage.get(part, {}):
                yield form, stage[part][key], f"stages.{name}.{part}.{key}"


def check_estimate(row: Mapping[str, Any]) -> None:
    """Refuse an estimate that is none."""
    _check(_ESTIMATE, dict(row), "artefacts.estimates")


def check_profiles(found: Mapping[str, Any]) -> None:
    """Refuse profiles that are none."""
    _check(_PROFILES, dict(found), "artefacts.profiles")


def _check(form: TypeAdapter[Any], value: object, where: str) -> None:
    try:
        form.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (where, *first["loc"])))
        raise RecordIntegrityError(
            "a record keeps something in another form than raudit writes",
            reference="record-artefacts",
            where=place[:160],
            got=first["msg"][:120],
            expected="a record as raudit run or check writes it",
            hint="make the record again, or ask who made it for the original",
        ) from error


UNFIT = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RecursionError, TypeError, ValueError),
)
"""What values of another form than is read lead to."""


@contextlib.contextmanager
def reading_stored() -> Iterator[None]:
    """While something is made of a stored record: one whose parts do not fit what is made of them is refused.

    The schema and ``kept`` say what is read of a record; whoever wrote it may have thought of more. Of a stranger's
    record nobody can tell such a thing from a fault of ours, so the error says both; for a record of this run it is
    ours, and this is not used.

    Raises
    ------
    RecordIntegrityError
        In place of the errors that values of another form lead to.
    """
    try:
        yield
    except UNFIT as error:
        raise _unfit(error) from error


def _unfit(error: Exception) -> RecordIntegrityError:
    return RecordIntegrityError(
        "the record holds something in another form than raudit reads",
        reference="record-form",
        got=f"{type(error).__name__} while it was read by {place_of(error)}",
        expected="a record as raudit run or check writes it",
        hint="ask who made it for the original; if raudit wrote it so, the fault is raudit's: report this line",
    )
