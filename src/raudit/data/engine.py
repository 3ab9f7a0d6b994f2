"""Tables that live in an engine: counted there, by its own GROUP BY, through narwhals.

pandas, polars, pyarrow, DuckDB and PySpark count alike. Only the finished cells leave the engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.data.count import CellSpec, Counter, sum_exponents
from raudit.data.encode import range_names
from raudit.data.fixed import LIMB, LIMBS, normal, summed_terms
from raudit.data.interface import ColumnName
from raudit.data.score_bins import own_precision
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
        What to count; score bins must be of equal width, as learning others takes a look at every score.

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
    if spec.score is not None:
        spec = replace(spec, single=frame.collect_schema()[spec.score] == nw.Float32)
    magnitudes = _measure(frame, spec)
    exponents = sum_exponents(spec, magnitudes)
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
    return str(frame.implementation.name).lower() in (
        "duckdb",
        "pyspark",
        "sqlframe",
        "ibis",
        "polars",
        "dask",
    )


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
                f"weights in {name!r} are negative",
                reference="weights-negative",
                got=f"{row[f'g{i}']:,} of them",
                hint="a weight says how many people a row stands for",
            )
        found[name] = float(row[f"m{i}"] or 0.0)
    return {**found, **spec.magnitudes}


def _columns(table: pa.Table) -> list[tuple[str, Any]]:
    return list(zip(table.column_names, table.columns, strict=True))


def _grouped(
    frame: nw.LazyFrame[Any], spec: CellSpec, exponents: Mapping[str, int]
) -> nw.LazyFrame[Any]:
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
            threshold = float(
                own_precision(np.array(spec.threshold, dtype=float), single=spec.single)
            )
            keys.append((score >= threshold).cast(nw.Int64).alias(_PREDICTION))
            names.append(_PREDICTION)
        if spec.bins is not None:
            keys.append(spec.bins.expression(score).alias(_BIN))
            names.append(_BIN)
    names_of, frame = _limbs(frame.select(*keys, *_terms(spec)), spec, exponents)
    added = [nw.col(name).sum() for name in names_of]
    return frame.group_by(*names).agg(nw.len().alias(_N), *added)


def _terms(spec: CellSpec) -> list[nw.Expr]:
    """Every term of every sum, as a column."""
    import narwhals as nw

    weight, score, true = (
        None if name is None else nw.col(name).cast(nw.Float64)
        for name in (spec.weight, spec.score, spec.numeric_label)
    )
    sums = summed_terms(weight, score, true, lambda value: value.abs())
    return [
        term.alias(f"{name}_{i}") for name, terms in sums.items() for i, term in enumerate(terms)
    ]


def _limbs(
    frame: nw.LazyFrame[Any], spec: CellSpec, exponents: Mapping[str, int]
) -> tuple[list[str], nw.LazyFrame[Any]]:
    """Cut every term into limbs, step by step: one expression for all steps would double with each."""
    import narwhals as nw

    weight, score, true = (
        None if n is None else 1.0 for n in (spec.weight, spec.score, spec.numeric_label)
    )
    sums = {name: len(terms) for name, terms in summed_terms(weight, score, true, abs).items()}
    terms = [(name, f"{name}_{i}") for name, size in sums.items() for i in range(size)]
    # Powers of two scale without error, and floor comes before cast: a bare cast rounds in some engines.
    frame = frame.with_columns(
        *(
            (nw.col(term).abs() * math.ldexp(1.0, -exponents[name] - LIMB * (LIMBS - 1))).alias(
                f"{term}_rest"
            )
            for name, term in terms
        )
    )
    for place in reversed(range(LIMBS)):
        frame = frame.with_columns(
            *(nw.col(f"{term}_rest").floor().alias(f"{term}_whole") for _, term in terms)
        )
        frame = frame.with_columns(
            *(
                (nw.col(f"{term}_whole") * _sign(term)).cast(nw.Int64).alias(f"{term}_{place}")
                for _, term in terms
            ),
            *(
                ((nw.col(f"{term}_rest") - nw.col(f"{term}_whole")) * 2.0**LIMB).alias(
                    f"{term}_rest"
                )
                for _, term in terms
            ),
        )
    return [f"{term}_{place}" for _, term in terms for place in range(LIMBS)], frame


def _sign(term: str) -> nw.Expr:
    import narwhals as nw

    return nw.when(nw.col(term) < 0).then(-1.0).otherwise(1.0)


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


def _encoded(
    cells: pa.Table, spec: CellSpec, magnitudes: Mapping[str, float], exponents: Mapping[str, int]
) -> CellTable:
    """Turn the engine's groups into a cell table by the encoders that rows go through."""
    counter = Counter(spec, magnitudes)
    dims, codes = [], []
    attributes = iter(range(len(spec.attributes)))
    outcomes = iter(
        [i for i, outcome in enumerate(spec.label_prediction_baseline) if outcome is not None]
    )
    for dim, _, encoder in counter.encoders:
        column = cells.column(
            f"o{next(outcomes)}" if dim.startswith("@") else f"a{(i := next(attributes))}"
        )
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
    totals = {name: normal(_added(cells, name), exponent) for name, exponent in exponents.items()}
    n = cells.column(_N).to_numpy().astype(np.int64)
    if n.sum() == 0:
        raise DataError("the data set has no rows", reference="data-empty", hint="check the export")
    counter.append(dims, np.stack(codes, axis=1), n, totals)
    return counter.table()


def _added(cells: pa.Table, name: str) -> np.ndarray:
    """Limbs of one sum, its terms together, of shape (LIMBS, n_cells)."""
    limbs = np.zeros((LIMBS, cells.num_rows), dtype=np.int64)
    for place in range(LIMBS):
        term = 0
        while f"{name}_{term}_{place}" in cells.column_names:
            limbs[place] += cells.column(f"{name}_{term}_{place}").to_numpy().astype(np.int64)
            term += 1
    return limbs


__all__ = ["ColumnName", "count_in_engine"]
