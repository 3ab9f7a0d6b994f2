"""The cell table: parts merge to the whole, every engine counts alike, small cells stay hidden."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raudit.data import open_data, wrap_table
from raudit.data.cells import CellTable, merge_cells
from raudit.data.count import CellSpec, count_cells
from raudit.data.engine import count_in_engine
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins
from raudit.errors import DataError
from raudit.plan import Attribute


def frame(rows=2000, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "g": rng.choice(np.array(["a", "b", "c", None], dtype=object), rows),
            "age": rng.integers(18, 80, rows).astype(float),
            "y": rng.integers(0, 2, rows),
            "s": rng.random(rows),
            "w": rng.random(rows) * 3,
        }
    )
    table.loc[::97, "age"] = np.nan
    return table


SPEC = CellSpec(
    attributes=(Attribute(column="g"), Attribute(column="age", edges=(30, 60))),
    label=Outcome(column="y", favourable=frozenset("1")),
    score="s",
    threshold=0.5,
    bins=ScoreBins(width=20, cuts=(0.5,)),
    weight="w",
    magnitudes={"w": 3.0, "s": 1.0},
)


def arrow(table):
    return pa.Table.from_pandas(table, preserve_index=False)


@given(st.lists(st.integers(0, 400), max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_parts_in_any_order_merge_to_the_whole(edges, random):
    table = arrow(frame(400))
    ends = sorted({0, 400, *edges})
    parts = [count_cells(wrap_table(table.slice(a, b - a)), SPEC) for a, b in pairwise(ends)]
    random.shuffle(parts)
    assert merge_cells(parts) == count_cells(wrap_table(table), SPEC)


def test_row_order_does_not_matter():
    table = frame()
    assert count_cells(wrap_table(arrow(table)), SPEC) == count_cells(
        wrap_table(arrow(table[::-1])), SPEC
    )


@pytest.mark.parametrize("engine", ["pandas", "arrow", "polars", "duckdb"])
def test_every_engine_counts_alike(engine):
    table = arrow(frame())
    native = table
    if engine == "pandas":
        native = frame()
    elif engine == "polars":
        native = pytest.importorskip("polars").from_arrow(table).lazy()
    elif engine == "duckdb":
        con = pytest.importorskip("duckdb").connect()
        con.register("t", table)
        native = con.table("t")
    assert count_in_engine(native, SPEC) == count_cells(wrap_table(table), SPEC)


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("engine", ["arrow", "polars", "duckdb"])
def test_every_engine_adds_up_regression_errors_alike(engine, weight):
    table = arrow(frame())
    table = table.append_column(
        "truth", pa.array(np.random.default_rng(3).normal(0, 40, table.num_rows))
    )
    spec = CellSpec(attributes=SPEC.attributes, score="s", numeric_label="truth", weight=weight)
    native = table
    if engine == "polars":
        native = pytest.importorskip("polars").from_arrow(table).lazy()
    elif engine == "duckdb":
        con = pytest.importorskip("duckdb").connect()
        con.register("t", table)
        native = con.table("t")
    assert count_in_engine(native, spec) == count_cells(wrap_table(table), spec)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_counts_alike(tmp_path, monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    pq.write_table(arrow(frame()), tmp_path / "t.parquet")
    builder = sql.SparkSession.builder.master("local[2]").config(
        "spark.driver.bindAddress", "127.0.0.1"
    )
    spark = (
        builder.config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    try:
        native = spark.read.parquet(str(tmp_path / "t.parquet"))
        assert count_in_engine(native, SPEC) == count_cells(wrap_table(arrow(frame())), SPEC)
    finally:
        spark.stop()


def test_parquet_is_streamed_and_counts_alike(tmp_path):
    table = arrow(frame())
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=300)
    data = open_data(tmp_path / "t.parquet")
    assert count_cells(data, SPEC) == count_cells(wrap_table(table), SPEC)
    assert data.n_rows == 2000
    more = data.with_columns({"extra": np.arange(2000)})
    assert more.frame(["extra", "g"]).extra.tolist() == list(range(2000))
    assert "extra" not in more.kinds
    with pytest.raises(DataError, match="no column"):
        list(data.batches(["nothing"]))


def test_it_survives_json():
    table = count_cells(wrap_table(arrow(frame())), SPEC)
    again = CellTable.from_json(table.as_json())
    assert again == table
    assert again.weights.sum() == pytest.approx(frame().w.sum(), abs=1e-12)


def test_small_cells_are_hidden_together():
    table = count_cells(wrap_table(arrow(frame(300))), SPEC)
    shown = table.as_json(suppress_below=5)
    assert min(shown["n"], default=5) >= 5
    assert shown["suppressed"]["n"] >= 5
    assert sum(shown["n"]) + shown["suppressed"]["n"] == 300


def test_one_hidden_cell_takes_another_along():
    table = count_cells(
        wrap_table(pa.table({"g": ["a"] * 50 + ["b"] * 30 + ["c"] * 2, "p": [1] * 82})),
        CellSpec(
            attributes=(Attribute(column="g"),),
            prediction=Outcome(column="p", favourable=frozenset("1")),
        ),
    )
    shown = table.as_json(suppress_below=5)
    assert shown["n"] == [50]
    assert shown["suppressed"] == {"below": 5, "cells": 2, "n": 32}


def test_tables_of_different_shape_do_not_merge():
    table = count_cells(wrap_table(arrow(frame())), SPEC)
    with pytest.raises(DataError, match="different shape"):
        merge_cells([table, table.marginal(["g"])])
    with pytest.raises(DataError, match="no cell table"):
        merge_cells([])


scores = st.lists(st.floats(-1e30, 1e30, allow_subnormal=False), min_size=2, max_size=50)


@given(scores, st.lists(st.floats(-10, 10), max_size=4, unique=True))
def test_bins_keep_the_order_and_begin_at_cuts(values, cuts):
    bins = ScoreBins(cuts=tuple(sorted(set(cuts))))
    ordered = np.sort(np.array(values))
    index = bins.index(ordered)
    assert (np.diff(index) >= 0).all()
    for cut in bins.cuts:
        assert ((index >= bins.begins(cut)) == (ordered >= cut)).all()


def test_missing_values_are_a_group_and_edges_cut():
    table = pa.table({"age": [20.0, 30.0, None, 61.0], "p": [1, 0, 1, 1]})
    spec = CellSpec(
        attributes=(Attribute(column="age", edges=(30, 60)),),
        prediction=Outcome(column="p", favourable=frozenset("1")),
    )
    counted = count_cells(wrap_table(table), spec)
    assert counted.levels[0] == ("30 to under 60", "60 or over", "under 30", "unknown")


def test_a_continuous_attribute_needs_edges():
    table = pa.table({"age": np.random.default_rng(0).random(1000), "p": [1, 0] * 500})
    spec = CellSpec(
        attributes=(Attribute(column="age"),),
        prediction=Outcome(column="p", favourable=frozenset("1")),
    )
    with pytest.raises(DataError, match="distinct values") as error:
        count_cells(wrap_table(table), spec)
    assert "edges" in error.value.hint
