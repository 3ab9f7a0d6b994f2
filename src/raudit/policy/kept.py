"""What a record keeps of rates and profiles, checked before two records are compared: it may be a stranger's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from raudit.errors import RecordIntegrityError

Count = Annotated[int, Field(ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)


class _Estimate(_Kept):
    by: tuple[str, ...]
    group: tuple[str, ...]
    metric: str
    value: Finite
    n: Count = 0
    effective_n: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    method: str = ""
    interval: tuple[Finite | None, Finite | None] | None = None
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95


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


_ESTIMATE: TypeAdapter[_Estimate] = TypeAdapter(_Estimate)
_PROFILES: TypeAdapter[_Profiles] = TypeAdapter(_Profiles)


def check_estimate(row: Mapping[str, Any]) -> None:
    """Refuse an estimate that is none."""
    _check(_ESTIMATE, row, "its estimates by group")


def check_profiles(found: Mapping[str, Any]) -> None:
    """Refuse profiles that are none."""
    _check(_PROFILES, found, "its profiles of columns")


def _check(form: TypeAdapter[Any], value: Mapping[str, Any], what: str) -> None:
    try:
        form.validate_python(dict(value))
    except ValidationError as error:
        first = error.errors()[0]
        raise RecordIntegrityError(
            f"a record keeps {what} in another form than raudit writes",
            reference="record-artefacts",
            got=f"{'.'.join(map(str, first['loc']))[:80]}: {first['msg'][:120]}",
            expected="a record as raudit run or check writes it",
            hint="make the record again, or ask who made it for the original",
        ) from error
