"""Tables that live in an engine: counted there, by its own GROUP BY, through narwhals.

pandas, polars, pyarrow, DuckDB and PySpark count alike. Only the finished cells leave the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.data.count import CellSpec, Counter, sum_magnitudes
from raudit.data.encode import range_names
from raudit.data.fixed import LIMB, exponent_for, normal
from raudit.data.interface import ColumnName
from raudit.errors import DataError
from raudit.plan.schema import Attribute

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

_N, _PREDICTION, _BIN = "raudit_n", "raudit_prediction", "raudit_bin"


def count_in_engine(native: Any, spec: CellSpec) -> CellTable:
    """Count the cells of an engine's table.

    Parameters
    ----------
    native
        A pandas or polars frame, a pyarrow Table, a DuckDB relation, a PySpark frame, or a narwhals frame of any.
    spec
        What to count; score bins must be of equal width, as float32 bit patterns are out of an engine's reach.

    Raises
    ------
    DataError
        As ``count_cells``.
    """
    import narwhals as nw

    frame = nw.from_native(native)
    if not isinstance(frame, nw.LazyFrame):
        frame = frame.lazy()
    _check_columns(frame, spec)
    magnitudes = _measure(frame, spec)
    exponents = {name: exponent_for(size) for name, size in sum_magnitudes(spec, magnitudes).items()}
    cells = _collect(_grouped(frame, spec, exponents))
    return _encoded(cells, spec, magnitudes, exponents)


def _check_columns(frame: nw.LazyFrame[Any], spec: CellSpec) -> None:
    from raudit.data.table import no_column

    known = frame.collect_schema().names()
    for name in spec.columns:
        if name not in known:
            raise no_column(name, known, "table")


def _collect(frame: nw.LazyFrame[Any]) -> pa.Table:
    """Collect a small result as Arrow, whatever the engine."""
    import pyarrow as pa

    collected = frame.collect(backend="pyarrow") if _collects_to(frame) else frame.collect()
    table = collected.to_arrow()
    return table if isinstance(table, pa.Table) else pa.table(table)


def _collects_to(frame: nw.LazyFrame[Any]) -> bool:
    return str(frame.implementation.name).lower() in ("duckdb", "pyspark", "sqlframe", "ibis", "polars", "dask")


def _measure(frame: nw.LazyFrame[Any], spec: CellSpec) -> dict[str, float]:
    """Largest absolute value of each summed column, and a refusal of what cannot be summed."""
    import narwhals as nw

    wanted = list(spec.numeric)
    if not wanted:
        return {str(k): v for k, v in spec.magnitudes.items()}
    checks = []
    for i, name in enumerate(wanted):
        value = nw.col(name).cast(nw.Float64)
        checks += [
            value.abs().max().alias(f"m{i}"),
            value.is_null().cast(nw.Int64).sum().alias(f"z{i}"),
            (~value.is_finite()).cast(nw.Int64).sum().alias(f"f{i}"),
            (value < 0).cast(nw.Int64).sum().alias(f"g{i}"),
        ]
    row = {name: column[0].as_py() for name, column in _columns(_collect(frame.select(*checks)))}
    found: dict[str, float] = {}
    for i, name in enumerate(wanted):
        role = "score" if name == spec.score else "weight" if name == spec.weight else "label"
        bad = (row[f"z{i}"] or 0) + (row[f"f{i}"] or 0)
        if bad:
            raise DataError(
                f"the {role} column {name!r} has values that are missing, NaN or infinite",
                reference=f"{role}-not-finite",
                got=f"{bad:,} such values",
                expected="finite numbers",
                hint="find out why they are missing before you fill or drop them",
            )
        if name == spec.weight and row[f"g{i}"]:
            raise DataError(
                f"weights in {name!r} are negative", reference="weights-negative", got=f"{row[f'g{i}']:,} of them",
                hint="a weight says how many people a row stands for",
            )  # fmt: skip
        found[name] = float(row[f"m{i}"] or 0.0)
    return {**found, **spec.magnitudes}


def _columns(table: pa.Table) -> list[tuple[str, Any]]:
    return list(zip(table.column_names, table.columns, strict=True))


def _grouped(frame: nw.LazyFrame[Any], spec: CellSpec, exponents: Mapping[str, int]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    keys: list[nw.Expr] = []
    names: list[str] = []
    for i, attribute in enumerate(spec.attributes):
        keys.append(_attribute(attribute).alias(f"a{i}"))
        names.append(f"a{i}")
    for i, outcome in enumerate(spec.label_prediction_baseline):
        if outcome is not None:
            keys.append(nw.col(outcome.column).alias(f"o{i}"))
            names.append(f"o{i}")
    if spec.score is not None:
        score = nw.col(spec.score).cast(nw.Float64)
        if spec.decides_by_threshold:
            keys.append((score >= spec.threshold).cast(nw.Int64).alias(_PREDICTION))
            names.append(_PREDICTION)
        if spec.bins is not None:
            keys.append(spec.bins.expression(score).alias(_BIN))
            names.append(_BIN)
    sums = _summed(spec)
    halves: list[nw.Expr] = []
    for name, value in sums.items():
        # Powers of two scale without error, and floor before cast: a bare cast rounds in some engines.
        whole = (value * 2.0 ** -exponents[name]).floor()
        high = (whole * 2.0**-LIMB).floor()
        halves += [
            high.cast(nw.Int64).alias(f"{name}_high"),
            (whole - high * 2.0**LIMB).cast(nw.Int64).alias(f"{name}_low"),
        ]
    added = [nw.col(f"{name}_{half}").sum() for name in sums for half in ("high", "low")]
    return frame.select(*keys, *halves).group_by(*names).agg(nw.len().alias(_N), *added)


def _attribute(attribute: Attribute) -> Any:
    import narwhals as nw

    column = nw.col(attribute.column)
    if not attribute.edges:
        return column
    value = column.cast(nw.Float64)
    place = nw.lit(0)
    for edge in attribute.edges:
        place = place + nw.when(value >= edge).then(1).otherwise(0)
    return nw.when(value.is_null()).then(len(attribute.edges) + 1).otherwise(place)


def _summed(spec: CellSpec) -> dict[str, Any]:
    import narwhals as nw

    sums: dict[str, Any] = {}
    weight: Any = None
    if spec.weight is not None:
        weight = nw.col(spec.weight).cast(nw.Float64)
        sums |= {"w": weight, "w2": weight * weight}
    if spec.score is not None:
        score = nw.col(spec.score).cast(nw.Float64)
        first = score if weight is None else weight * score
        sums |= {"s": first, "s2": first * score}
        if spec.numeric_label is not None:
            true = nw.col(spec.numeric_label).cast(nw.Float64)
            error = score - true
            square = error * error
            added = {"y": true, "y2": true * true, "e": error, "abs_e": error.abs()}
            added |= {"e2": square, "e4": square * square}
            sums |= added if weight is None else {name: weight * value for name, value in added.items()}
    return sums


def _encoded(
    cells: pa.Table, spec: CellSpec, magnitudes: Mapping[str, float], exponents: Mapping[str, int]
) -> CellTable:
    """Turn the engine's groups into a cell table by the encoders that rows go through."""
    counter = Counter(spec, magnitudes)
    dims, codes = [], []
    attributes = iter(range(len(spec.attributes)))
    outcomes = iter([i for i, outcome in enumerate(spec.label_prediction_baseline) if outcome is not None])
    for dim, _, encoder in counter.encoders:
        column = cells.column(f"o{next(outcomes)}" if dim.startswith("@") else f"a{(i := next(attributes))}")
        dims.append(dim)
        if not dim.startswith("@") and spec.attributes[i].edges:
            edges = spec.attributes[i].edges
            codes.append(encoder.named([*range_names(edges), None], column.to_numpy()))  # type: ignore[attr-defined]
        else:
            codes.append(encoder(column))
    for dim, name in ((PREDICTION, _PREDICTION), (BIN, _BIN)):
        if name in cells.column_names:
            dims.append(dim)
            codes.append(cells.column(name).to_numpy().astype(np.int64))
    totals = {
        name: normal(
            cells.column(f"{name}_high").to_numpy().astype(np.int64),
            cells.column(f"{name}_low").to_numpy().astype(np.int64),
            exponent,
        )
        for name, exponent in exponents.items()
    }
    n = cells.column(_N).to_numpy().astype(np.int64)
    if n.sum() == 0:
        raise DataError("the data set has no rows", reference="data-empty", hint="check the export")
    counter.append(dims, np.stack(codes, axis=1), n, totals)
    return counter.table()


__all__ = ["ColumnName", "count_in_engine"]
