"""A contract on a table: names, types, ranges, levels and units of its columns, declared or learnt, kept as a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from raudit.canonical import canonical_bytes
from raudit.data.alone import alone
from raudit.data.encode import level_text
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.naming import withheld_columns
from raudit.errors import PlanError
from raudit.validate import Strict, validate
from raudit.yamltext import read_yaml

SCHEMA = "raudit.contract/1"
LEVELS = 30
"""Most levels that a learnt contract lists."""
SMALL_CELL = 10
"""Fewest rows of a level that is written into a file."""


class ColumnContract(Strict):
    """What one column must be."""

    kind: Literal["text", "integer", "number", "boolean", "time", "other"] | None = None
    """Type; ``integer`` fits where ``number`` is asked for."""
    required: bool = True
    """Whether the column must be there."""
    missing: float = Field(default=1.0, ge=0, le=1)
    """Largest share of missing values."""
    low: float | None = None
    """Smallest value."""
    high: float | None = None
    """Largest value."""
    levels: tuple[str, ...] = ()
    """Every value that may occur, as text; any if empty."""
    unit: str = ""
    """Unit in which the column is written; printed, since data does not say its unit."""


class Contract(Strict):
    """The whole file."""

    schema_version: Literal["raudit.contract/1"] = Field(alias="schema")
    learnt_from: str = ""
    """Digest of the data set it was learnt from; empty if it was written by hand."""
    closed: bool = True
    """Whether other columns may not occur."""
    columns: dict[str, ColumnContract]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One way in which a data set breaks a contract."""

    column: str
    what: str
    """``missing column``, ``new column``, ``type``, ``range``, ``levels``, ``missing values`` or ``unit``."""
    statement: str
    cells: int = 0
    certain: bool = True
    """False where a learnt contract merely has not seen it."""


def read_contract(path: Path) -> Contract:
    """Read a contract, JSON or YAML.

    Raises
    ------
    PlanError
        With file, line, key and what to do.
    """
    return validate(Contract, read_yaml(path, error=PlanError), error=PlanError)


def contract_bytes(contract: Contract) -> bytes:
    """The file of a contract; the same contract gives the same bytes."""
    return (
        canonical_bytes(contract.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        + b"\n"
    )


def learn_contract(data: DataSet) -> Contract:
    """Learn a contract from a data set that is taken to be right.

    Ranges are widened and rounded, and levels of few rows or that may name somebody are left out, so that no row
    can be read off the file.
    """
    withheld = withheld_columns(data, ())
    columns = {
        str(name): _learnt(data, name, kind, named=str(name) not in withheld)
        for name, kind in data.kinds.items()
    }
    return Contract(schema=SCHEMA, learnt_from=data.sha256, columns=columns)


def _learnt(data: DataSet, name: ColumnName, kind: Kind, *, named: bool) -> ColumnContract:
    series = alone(data, name)
    values = series.dropna()
    share = 1 - len(values) / max(len(series), 1)
    missing = 0.0 if share == 0 else min(1.0, math.ceil(share * 20 + 1) / 20)
    low = high = None
    levels: tuple[str, ...] = ()
    if kind in {Kind.NUMBER, Kind.INTEGER} and len(values):
        low, high = _outwards(float(values.min()), float(values.max()))
    if named and kind in {Kind.TEXT, Kind.BOOLEAN}:
        tally = values.map(level_text).value_counts()
        if len(tally) <= LEVELS and len(tally) and tally.min() >= SMALL_CELL:
            levels = tuple(sorted(str(level) for level in tally.index))
    return ColumnContract(kind=kind.value, missing=missing, low=low, high=high, levels=levels)


def _outwards(low: float, high: float) -> tuple[float, float]:
    """Ends a tenth of the range further out, rounded to two digits of it: neither is somebody's value.

    Another sample of the same people reaches a little further; numbers that are never negative stay so.
    """
    width = high - low
    if width <= 0 or not math.isfinite(width):
        return low, high
    low, high = (max(low - width / 10, 0.0) if low >= 0 else low - width / 10), high + width / 10
    step = 10.0 ** (math.floor(math.log10(width)) - 1)
    digits = max(0, -math.floor(math.log10(step)))
    return round(math.floor(low / step) * step, digits), round(
        math.ceil(high / step) * step, digits
    )


def breaches(contract: Contract, data: DataSet) -> tuple[Breach, ...]:
    """Every way in which a data set breaks a contract, in the contract's order."""
    found: list[Breach] = []
    for name, column in contract.columns.items():
        if ColumnName(name) not in data.kinds:
            if column.required:
                found.append(
                    Breach(
                        column=name,
                        what="missing column",
                        statement=f"The column {name} is not there.",
                    )
                )
            continue
        found += _column(name, column, data, learnt=bool(contract.learnt_from))
    if contract.closed:
        found += [
            Breach(
                column=name,
                what="new column",
                statement=f"The contract has no column {name}.",
                certain=not contract.learnt_from,
            )
            for name in data.kinds
            if name not in contract.columns
        ]
    return tuple(found)


def _column(name: str, column: ColumnContract, data: DataSet, *, learnt: bool) -> list[Breach]:
    kind = data.kinds[ColumnName(name)]
    series = alone(data, ColumnName(name))
    values = series.dropna()
    empty = len(values) == 0
    if column.kind is not None and not empty and not _fits(kind.value, column.kind):
        text = f"{name} holds {kind.value} and should hold {column.kind}."
        return [Breach(column=name, what="type", statement=text, cells=len(values))]
    found = []
    share = 1 - len(values) / max(len(series), 1)
    if share > column.missing:
        text = f"{name} is missing in {share:.1%} of {len(series):,} rows and may be in {column.missing:.1%}."
        found.append(
            Breach(
                column=name,
                what="missing values",
                statement=text,
                cells=len(series) - len(values),
                certain=not learnt,
            )
        )
    found += _values(name, column, kind, values, learnt=learnt)
    return found


def _values(
    name: str, column: ColumnContract, kind: Kind, values: Any, *, learnt: bool
) -> list[Breach]:
    import pandas as pd

    found = []
    if kind in {Kind.NUMBER, Kind.INTEGER} and (column.low is not None or column.high is not None):
        numbers = pd.to_numeric(values, errors="coerce").dropna()
        low = -math.inf if column.low is None else column.low
        high = math.inf if column.high is None else column.high
        out = int(((numbers < low) | (numbers > high)).sum())
        if out:
            text = (
                f"{name} lies outside {low:.6g} to {high:.6g} in {out:,} of {len(numbers):,} values"
            )
            # More than a few values beyond what was seen are another unit, not another sample.
            other_unit = learnt and out > 0.05 * len(numbers) + 3
            text += "; so many are another unit or another quantity." if other_unit else "."
            what = "unit" if other_unit else "range"
            found.append(
                Breach(
                    column=name,
                    what=what,
                    statement=text,
                    cells=out,
                    certain=not learnt or other_unit,
                )
            )
        found += _scale(name, column, numbers) if learnt and not out else []
    if column.levels:
        texts = values.map(level_text)
        new = texts[~texts.isin(list(column.levels))]
        if len(new):
            text = (
                f"{name} has {new.nunique():,} levels that the contract does not list, in {len(new):,} of "
                f"{len(texts):,} values."
            )
            certain = not learnt or len(new) > 0.05 * len(texts)
            found.append(
                Breach(column=name, what="levels", statement=text, cells=len(new), certain=certain)
            )
    return found


def _scale(name: str, column: ColumnContract, numbers: Any) -> list[Breach]:
    """A unit that makes numbers smaller stays within the range; nearly all of it is then unused."""
    if column.low is None or column.high is None or len(numbers) < 50 or column.low < 0:
        return []
    width, used = column.high, float(numbers.quantile(0.999))
    if (
        width > 0
        and used > 0
        and used < width / 50
        and float(numbers.quantile(0.5)) < column.low * 0.2
    ):
        text = f"{name} uses under 2 % of the range the contract gives; it may be in another unit."
        return [Breach(column=name, what="unit", statement=text, cells=len(numbers))]
    return []


def _fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted == "number" and kind == "integer")


def units(contract: Contract) -> Mapping[str, str]:
    """Declared units by column."""
    return {name: column.unit for name, column in contract.columns.items() if column.unit}
