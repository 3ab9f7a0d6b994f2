"""Tables that live in an engine: counted there, by its own GROUP BY, through narwhals.

pandas, polars, pyarrow, DuckDB, Spark, and SQLite, PostgreSQL and warehouses through Ibis count alike. Only the
finished cells leave the engine, and of a column that makes too many groups not even those.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.data.cells import BIN, PREDICTION, CellTable
from raudit.data.count import (
    LARGEST,
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
from raudit.data.fixed import LIMB, LIMBS, normal, summed_terms
from raudit.data.interface import ColumnName
from raudit.data.score_bins import Sketch, own_precision
from raudit.errors import DataError
from raudit.plan.schema import Attribute

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

EXACT = 2.0**53
_N, _PREDICTION, _BIN = "raudit_n", "raudit_prediction", "raudit_bin"
_SCORE = "raudit_score"
MAX_CELLS = 2_000_000
"""Cells that may leave an engine; a table with more of them grows like the data."""
LOWEST = 2.0 ** -(LIMB * LIMBS + 1)
"""Numbers below this part of the largest count as 0 in every sum; in some engines their squares are an error."""


def count_in_engine(native: Any, spec: CellSpec) -> CellTable:
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
    magnitudes = _measure(table, spec)
    exponents = sum_exponents(spec, magnitudes)
    cells = table.collect(_grouped(table, spec, exponents, magnitudes).head(MAX_CELLS + 1))
    if cells.num_rows > MAX_CELLS:
        raise DataError(
            "the joint table of all attributes has too many cells",
            reference="cells-too-many",
            got=f"more than {MAX_CELLS:,}",
            hint="count fewer attributes together, or take score bins of equal width: ScoreBins(width=1000)",
        )
    return _encoded(cells, spec, magnitudes, exponents)


def _check_types(table: EngineFrame, spec: CellSpec) -> None:
    """Refuse what rows would be refused for, before an engine casts it."""
    names = [*spec.numeric, *([spec.count] if spec.count is not None else [])]
    names += [ColumnName(attribute.column) for attribute in spec.attributes if attribute.edges]
    for name in names:
        table.number(name)


def _measure(table: EngineFrame, spec: CellSpec) -> Mapping[str, float]:
    """Largest absolute value of each summed column, and a refusal of what cannot be summed."""
    import narwhals as nw

    asked: list[nw.Expr] = []
    for i, name in enumerate(spec.numeric):
        value = table.number(name)
        asked += [
            value.abs().max().alias(f"m{i}"),
            nw.when(is_finite(value)).then(0).otherwise(1).sum().alias(f"f{i}"),
            nw.when(value < 0).then(1).otherwise(0).sum().alias(f"g{i}"),
            nw.when(value > 0).then(value).min().alias(f"s{i}"),
        ]
    if spec.count is not None:
        count = table.number(spec.count)
        whole = is_finite(count) & (count >= 0) & (count == count.floor())
        asked.append(nw.when(whole).then(0).otherwise(1).sum().alias("counts"))
    if not asked:
        return spec.magnitudes
    found = table.collect(table.frame.select(*asked))
    row = {name: found.column(name)[0].as_py() for name in found.column_names}
    if row.get("counts"):
        raise counts_invalid(str(spec.count))
    sizes = {str(name): _checked(spec, name, i, row) for i, name in enumerate(spec.numeric)}
    return MappingProxyType({**sizes, **spec.magnitudes})


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
    magnitudes: Mapping[str, float],
) -> nw.LazyFrame[Any]:
    import narwhals as nw

    keys: list[nw.Expr] = [
        _attribute(table, a).alias(f"a{i}") for i, a in enumerate(spec.attributes)
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
    terms = _terms(table, spec, magnitudes)
    names_of, frame = _limbs(table, table.frame.select(*keys, *count, *terms), spec, exponents)
    total = nw.len() if spec.count is None else nw.col(_N).sum()
    added = [nw.col(name).sum() for name in names_of]
    return frame.group_by(*names).agg(total.alias(_N), *added)


def _terms(table: EngineFrame, spec: CellSpec, magnitudes: Mapping[str, float]) -> list[nw.Expr]:
    """Every term of every sum, as a column."""
    import narwhals as nw

    def value(name: ColumnName | None) -> Any:
        if name is None:
            return None
        number = table.number(name)
        return nw.when(number.abs() < magnitudes[name] * LOWEST).then(0.0).otherwise(number)

    parts = (value(spec.weight), value(spec.score), value(spec.numeric_label))
    sums = summed_terms(*parts, lambda number: number.abs())
    return [
        term.alias(f"{name}_{i}") for name, terms in sums.items() for i, term in enumerate(terms)
    ]


def _limbs(
    table: EngineFrame, frame: nw.LazyFrame[Any], spec: CellSpec, exponents: Mapping[str, int]
) -> tuple[list[str], nw.LazyFrame[Any]]:
    """Cut every term into limbs: the bits above one power of two, less those above the next.

    Powers of two scale without error, cutting bits off leaves a float, and so does the difference of two such cuts.
    In few steps, since some databases write each step out wherever the next one names it.
    """
    weight, score, true = (
        None if n is None else 1.0 for n in (spec.weight, spec.score, spec.numeric_label)
    )
    sums = {name: len(terms) for name, terms in summed_terms(weight, score, true, abs).items()}
    terms = [(name, f"{name}_{i}") for name, size in sums.items() for i in range(size)]
    if not terms:
        return [], frame
    limbs = [(exponents[name], term, place) for name, term in terms for place in range(LIMBS)]
    frame = table.fenced(frame).with_columns(
        *(_scaled(term, exponent, place) for exponent, term, place in limbs)
    )
    frame = frame.with_columns(*(_whole(f"{term}_{place}_scaled") for _, term, place in limbs))
    frame = frame.with_columns(*(_limb(term, place) for _, term, place in limbs))
    return [f"{term}_{place}" for _, term, place in limbs], frame


def _scaled(term: str, exponent: int, place: int) -> nw.Expr:
    import narwhals as nw

    bits = -exponent - LIMB * place
    # In two steps: the power alone may be too large for a float where the product is none.
    value = nw.col(term).abs() * math.ldexp(1.0, bits // 2) * math.ldexp(1.0, bits - bits // 2)
    return value.alias(f"{term}_{place}_scaled")


def _whole(name: str) -> nw.Expr:
    """A number without its fraction; above 2**53 every float is whole, and some engines' ``floor`` ends at 2**63."""
    import narwhals as nw

    value = nw.col(name)
    small = nw.when(value < EXACT).then(value).otherwise(0.0).floor().cast(nw.Float64)
    return (
        nw.when(value < EXACT).then(small).otherwise(value).alias(name.replace("_scaled", "_whole"))
    )


def _limb(term: str, place: int) -> nw.Expr:
    import narwhals as nw

    size = nw.col(f"{term}_{place}_whole")
    if place < LIMBS - 1:
        size = size - nw.col(f"{term}_{place + 1}_whole") * 2.0**LIMB
    sign = nw.when(nw.col(term) < 0).then(-1.0).otherwise(1.0)
    return (size * sign).cast(nw.Int64).alias(f"{term}_{place}")


def _attribute(table: EngineFrame, attribute: Attribute) -> nw.Expr:
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
    totals = {name: normal(_added(cells, name), exponent) for name, exponent in exponents.items()}
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


def _added(cells: pa.Table, name: str) -> np.ndarray:
    """Limbs of one sum, its terms together, of shape (LIMBS, n_cells)."""
    limbs = np.zeros((LIMBS, cells.num_rows), dtype=np.int64)
    for place in range(LIMBS):
        term = 0
        while f"{name}_{term}_{place}" in cells.column_names:
            limbs[place] += cells.column(f"{name}_{term}_{place}").to_numpy().astype(np.int64)
            term += 1
    return limbs


__all__ = ["count_in_engine"]
