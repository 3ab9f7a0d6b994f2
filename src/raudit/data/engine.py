"""Tables that live in an engine: counted there, by its own GROUP BY, through narwhals.

pandas, polars, pyarrow, DuckDB, Spark, and SQLite, PostgreSQL and warehouses through Ibis count alike. Only the
finished cells leave the engine, and of a column that makes too many groups not even those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.data.count import (
    LARGEST,
    MOST_COUNTED,
    SPREAD,
    CellSpec,
    Counter,
    check_spec,
    counts_invalid,
    sum_exponents,
    weights_spread,
)
from raudit.data.encode import (
    MAX_LEVELS,
    MAX_NUMBER_LEVELS,
    range_names,
    too_many_levels,
    too_many_values,
)
from raudit.data.engine_frame import EngineFrame, is_finite
from raudit.data.engine_limbs import Sizes, added, limbs, terms, with_limbs
from raudit.data.fixed import normal
from raudit.data.interface import ColumnName
from raudit.data.score_bins import Sketch, own_precision
from raudit.errors import DataError
from raudit.plan.schema import Attribute

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

_N, _PREDICTION, _BIN = "raudit_n", "raudit_prediction", "raudit_bin"
_SCORE = "raudit_score"
MAX_CELLS = 2_000_000
"""Cells that may leave an engine; a table with more of them grows like the data."""


def count_in_engine(native: object, spec: CellSpec) -> CellTable:
    """Count the cells of an engine's table.

    Parameters
    ----------
    native
        A pandas or polars frame, a pyarrow Table, a DuckDB relation, a PySpark frame (classic or Connect), an Ibis
        table, or a narwhals frame of any.
    spec
        What to count. Bins that are to be learnt from the scores come out as from rows: the engine then groups by
        the score itself, and its cells grow with the number of distinct scores.

    Raises
    ------
    DataError
        As ``count_cells``; also if the engine fails, or more than ``MAX_CELLS`` cells would leave it.
    """
    import narwhals as nw

    check_spec(spec)
    table = EngineFrame.of(native, spec.columns)
    if spec.score is not None:
        spec = replace(spec, single=table.types[spec.score] == nw.Float32)
    _check_types(table, spec)
    _check_levels(table, spec)
    sizes = _measure(table, spec)
    exponents = sum_exponents(spec, sizes.largest)
    cells = table.collect(_grouped(table, spec, exponents, sizes).head(MAX_CELLS + 1))
    if cells.num_rows > MAX_CELLS:
        raise DataError(
            "the joint table of all attributes has too many cells",
            reference="cells-too-many",
            got=f"more than {MAX_CELLS:,}",
            hint="count fewer attributes together, or take score bins of equal width: ScoreBins(width=1000)",
        )
    return _encoded(cells, spec, sizes.largest, exponents)


def _check_types(table: EngineFrame, spec: CellSpec) -> None:
    """Refuse what rows would be refused for, before an engine casts it."""
    names = [*spec.numeric, *([spec.count] if spec.count is not None else [])]
    names += [ColumnName(attribute.column) for attribute in spec.attributes if attribute.edges]
    for name in names:
        table.number(name)


def _measure(table: EngineFrame, spec: CellSpec) -> Sizes:
    """How large the numbers of each summed column are, and a refusal of what cannot be summed."""
    import narwhals as nw

    asked: list[nw.Expr] = []
    for i, name in enumerate(spec.numeric):
        value = table.number(name)
        asked += [
            value.abs().max().alias(f"m{i}"),
            nw.when(is_finite(value)).then(0).otherwise(1).sum().alias(f"f{i}"),
            nw.when(value < 0).then(1).otherwise(0).sum().alias(f"g{i}"),
            nw.when(value.abs() > 0).then(value.abs()).min().alias(f"s{i}"),
        ]
    if spec.count is not None:
        count = table.number(spec.count)
        whole = is_finite(count) & (count >= 0) & (count <= MOST_COUNTED) & (count == count.floor())
        asked.append(nw.when(whole).then(0).otherwise(1).sum().alias("counts"))
    if not asked:
        return Sizes(largest=spec.magnitudes, smallest={})
    found = table.collect(table.frame.select(*asked))
    row = {name: found.column(name)[0].as_py() for name in found.column_names}
    if row.get("counts"):
        raise counts_invalid(str(spec.count))
    sizes = {str(name): _checked(spec, name, i, row) for i, name in enumerate(spec.numeric)}
    smallest = {str(name): row[f"s{i}"] for i, name in enumerate(spec.numeric) if row[f"s{i}"]}
    return Sizes(largest=MappingProxyType({**sizes, **spec.magnitudes}), smallest=smallest)


def _check_levels(table: EngineFrame, spec: CellSpec) -> None:
    """Refuse columns that name rows before their values leave the engine."""
    import narwhals as nw

    for attribute in spec.attributes:
        name = ColumnName(attribute.column)
        kind = table.types[name]
        if attribute.edges or kind == nw.Boolean:
            continue
        limit = MAX_NUMBER_LEVELS if kind.is_float() else MAX_LEVELS
        if (
            table.distinct(name, limit + 3) > limit + 2
        ):  # missing and NaN are no levels of their own
            raise too_many_levels(attribute.column, limit)
    for outcome in spec.label_prediction_baseline:
        if (
            outcome is not None
            and table.distinct(outcome.column, MAX_NUMBER_LEVELS + 3) > MAX_NUMBER_LEVELS + 2
        ):
            raise too_many_values(outcome.column)


def _checked(spec: CellSpec, name: ColumnName, i: int, row: Mapping[str, Any]) -> float:
    role = "score" if name == spec.score else "weight" if name == spec.weight else "label"
    if row[f"f{i}"]:
        raise DataError(
            f"the {role} column {name!r} has values that are missing, NaN or infinite",
            reference=f"{role}-not-finite",
            got=f"{row[f'f{i}']:,} such values",
            expected="finite numbers",
            hint="find out why they are missing before you fill or drop them; missing scores are often not random",
        )
    largest = float(row[f"m{i}"] or 0.0)
    if name == spec.weight and row[f"g{i}"]:
        raise DataError(
            f"weights in {name!r} are negative",
            reference="weights-negative",
            got=f"{row[f'g{i}']:,} of them",
            hint="a weight says how many people a row stands for",
        )
    smallest = row[f"s{i}"]
    if (
        name == spec.weight
        and smallest is not None
        and smallest < largest / SPREAD
        and largest <= LARGEST
    ):
        raise weights_spread(name)
    return largest


def _grouped(
    table: EngineFrame,
    spec: CellSpec,
    exponents: Mapping[str, int],
    sizes: Sizes,
) -> nw.LazyFrame[Any]:
    import narwhals as nw

    keys: list[nw.Expr] = [
        attribute_place(table, a).alias(f"a{i}") for i, a in enumerate(spec.attributes)
    ]
    names = [f"a{i}" for i in range(len(spec.attributes))]
    for i, outcome in enumerate(spec.label_prediction_baseline):
        if outcome is not None:
            keys.append(table.column(outcome.column).alias(f"o{i}"))
            names.append(f"o{i}")
    if spec.score is not None:
        score = table.number(spec.score)
        if spec.decides_by_threshold:
            threshold = float(
                own_precision(np.array(spec.threshold, dtype=float), single=spec.single)
            )
            keys.append(nw.when(score >= threshold).then(1).otherwise(0).alias(_PREDICTION))
            names.append(_PREDICTION)
        if spec.bins is not None:
            learnt = spec.bins.learnt
            names.append(_BIN if learnt else _SCORE)
            keys.append((spec.bins.expression(score) if learnt else score).alias(names[-1]))
    count = [] if spec.count is None else [table.number(spec.count).cast(nw.Int64).alias(_N)]
    found = limbs(spec, sizes, exponents)
    frame = table.frame.select(*keys, *count, *terms(table, spec, sizes))
    total = nw.len() if spec.count is None else nw.col(_N).sum()
    sums = [nw.col(limb.name).sum() for limb in found]
    return with_limbs(table, frame, found).group_by(*names).agg(total.alias(_N), *sums)


def attribute_place(table: EngineFrame, attribute: Attribute) -> nw.Expr:
    """A group; of a column that is cut, the place of its range, with missing values and NaN after the last."""
    import narwhals as nw

    name = ColumnName(attribute.column)
    if not attribute.edges:
        return table.column(name)
    value = table.number(name)
    place = nw.lit(0)
    for edge in attribute.edges:
        place = place + nw.when(value >= edge).then(1).otherwise(0)
    missing = value.is_null()
    if table.types[name].is_float() and table.holds_nan:
        missing = missing | value.is_nan()  # the largest number of some engines
    return nw.when(missing).then(len(attribute.edges) + 1).otherwise(place)


def _encoded(
    cells: pa.Table, spec: CellSpec, magnitudes: Mapping[str, float], exponents: Mapping[str, int]
) -> CellTable:
    """Turn the engine's groups into a cell table by the encoders that rows go through."""
    n = cells.column(_N).to_numpy().astype(np.int64)
    if n.sum() == 0:
        raise DataError("the data set has no rows", reference="data-empty", hint="check the export")
    cells, spec = _binned(cells, spec, n)
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
    totals = {name: normal(added(cells, name), exponent) for name, exponent in exponents.items()}
    counter.append(dims, np.stack(codes, axis=1), n, totals)
    return counter.table()


def _binned(cells: pa.Table, spec: CellSpec, n: np.ndarray) -> tuple[pa.Table, CellSpec]:
    """The cells with the bin of each score, where bins are learnt from the scores that left the engine."""
    import pyarrow as pa

    if _SCORE not in cells.column_names or spec.bins is None:
        return cells, spec
    scores = cells.column(_SCORE).to_numpy().astype(np.float64) + 0.0  # turns -0.0 into 0.0
    values, place = np.unique(scores, return_inverse=True)
    sketch = Sketch()
    sketch.add_counted(values, np.bincount(place, weights=n).astype(np.int64))
    bins = sketch.bins(replace(spec.bins, single=spec.single))
    return cells.append_column(_BIN, pa.array(bins.index(scores))), replace(spec, bins=bins)


__all__ = ["count_in_engine"]
