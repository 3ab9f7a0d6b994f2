"""Cell tables from whatever holds the data: a file, a frame of any library, a database table, or counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from raudit.data.cells import CellTable
from raudit.data.count import CellSpec, count_cells
from raudit.data.counted import EngineTable
from raudit.data.encode import level_text
from raudit.data.engine import count_in_engine
from raudit.data.interface import ColumnName, DataSet
from raudit.data.open import open_data, wrap_table
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins
from raudit.errors import DataError
from raudit.plan.schema import Attribute

_ENGINES = ("duckdb", "pyspark", "sqlframe", "ibis", "dask", "narwhals")


def cells(
    data: object,
    *,
    sensitive_features: Sequence[str | Attribute],
    control_features: Sequence[str | Attribute] = (),
    label: str | None = None,
    prediction: str | None = None,
    baseline: str | None = None,
    favourable: object = 1,
    score: str | None = None,
    threshold: float | None = None,
    weight: str | None = None,
    count: str | None = None,
    bins: ScoreBins | None = None,
    magnitudes: Mapping[str, float] | None = None,
) -> CellTable:
    """Count a data set once; every fairness number follows from the result.

    Parameters
    ----------
    data
        Path of a file or folder that ``open_data`` takes; a pandas, polars or pyarrow table; a mapping of columns; a
        DuckDB relation, PySpark frame or narwhals frame, which count in their own engine.
    sensitive_features, control_features
        Columns, or ``Attribute`` with ``edges`` for continuous ones.
    label, prediction, baseline
        Columns of what happened, what the system decided, and what a simpler rule decided.
    favourable
        The value (or several) of these columns that is favourable, which is the positive class.
    score, threshold
        Column of scores; without ``prediction``, scores at or above the threshold are favourable decisions.
    weight
        Column of sample weights.
    count
        Column of counts, for a table that has been counted before.
    bins
        Score bins; by default learnt from the scores, in an engine too. Where its cells would be too many, which is
        an error, bins of equal width are those that every engine can compute: ``ScoreBins(width=1000)``.
    magnitudes
        Largest absolute value by numeric column; give the same to all parts of data that are to be merged.

    Raises
    ------
    DataError
        If a column is missing or does not hold what it must.

    Examples
    --------
    >>> table = cells({"sex": ["F", "F", "M", "M"], "hired": [0, 1, 1, 1]}, sensitive_features=["sex"],
    ...               prediction="hired")
    >>> table.total
    4
    """
    if threshold is not None and score is None:
        raise DataError(
            "a threshold without a score", reference="threshold-alone", hint="name the score column"
        )
    values = frozenset(map(level_text, _several(favourable)))
    engine = in_engine(data)
    if score is not None and bins is None:
        cuts = () if threshold is None else (float(threshold),)
        bins = ScoreBins(cuts=cuts)
    spec = CellSpec(
        attributes=tuple(map(_attribute, sensitive_features))
        + tuple(map(_attribute, control_features)),
        label=_outcome(label, values),
        prediction=_outcome(prediction, values),
        baseline=_outcome(baseline, values),
        score=None if score is None else ColumnName(score),
        threshold=threshold,
        bins=bins,
        weight=None if weight is None else ColumnName(weight),
        count=None if count is None else ColumnName(count),
        magnitudes=dict(magnitudes or {}),
    )
    return counted_cells(EngineTable(native=data) if engine else data_set(data), spec)


def counted_cells(data: DataSet | EngineTable, spec: CellSpec) -> CellTable:
    """Count a data set, or a table in its engine.

    Raises
    ------
    DataError
        As ``count_cells`` and ``count_in_engine``.
    """
    if isinstance(data, EngineTable):
        return count_in_engine(data.native, spec)
    return count_cells(data, spec)


def _several(value: object) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple, set, frozenset)) else (value,)


def _attribute(value: str | Attribute) -> Attribute:
    return Attribute(column=value) if isinstance(value, str) else value


def _outcome(column: str | None, favourable: frozenset[str]) -> Outcome | None:
    return None if column is None else Outcome(column=ColumnName(column), favourable=favourable)


def in_engine(data: object) -> bool:
    """Whether a table stays in an engine, which counts it there."""
    module = type(data).__module__.partition(".")[0].lstrip("_")
    lazy = type(data).__name__ == "LazyFrame"
    return module in _ENGINES or lazy


def data_set(data: object) -> Any:
    """A path, a frame of any library or a mapping of columns as a data set."""
    if isinstance(data, (str, Path)):
        return open_data(Path(data))
    if hasattr(data, "batches") and hasattr(data, "n_rows"):
        return data
    if isinstance(data, Mapping):
        import pyarrow as pa

        lengths = {name: len(column) for name, column in data.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                "columns differ in length",
                reference="lengths-differ",
                got=", ".join(f"{name}: {size:,}" for name, size in list(lengths.items())[:6]),
                hint="every column needs one value per row",
            )
        return wrap_table(pa.table({str(name): pa.array(column) for name, column in data.items()}))
    return wrap_table(data)
