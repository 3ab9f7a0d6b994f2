"""Hostile tables: every engine counts them as rows are counted, or refuses them in the same words."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from raudit.data import CellSpec, count_cells, wrap_table
from raudit.data.engine import count_in_engine
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins
from raudit.errors import DataError
from raudit.plan import Attribute

from .conftest import ENGINES

pytestmark = [
    pytest.mark.parametrize("engine", ENGINES, indirect=True),
    pytest.mark.filterwarnings("ignore"),  # of the engines' own
]

N = 60
HIRED = Outcome(column="hired", favourable=frozenset("1"))
SECRET = "Ada-Lovelace-1815"


def base(**more):
    columns = {
        "sex": ["F", "M", None] * (N // 3),
        "hired": [0, 1, 1, 0, 1] * (N // 5),
        "s": np.linspace(0, 1, N),
        "w": np.linspace(0.5, 2, N),
    }
    return pa.table({**columns, **more})


def spec(*attributes, **more):
    found = tuple(Attribute(column=a) if isinstance(a, str) else a for a in attributes)
    return CellSpec(attributes=found or (Attribute(column="sex"),), prediction=HIRED, **more)


HARD = [
    float("nan"),
    None,
    20.0,
    30.0,
    50.0,
    float("inf"),
    float("-inf"),
    -0.0,
    29.999999999,
    60.0,
] * (N // 10)
BINS = ScoreBins(width=20, cuts=(0.5,))
SAME = {
    "groups": (base(), spec()),
    "nan-in-edges": (
        base(age=pa.array(HARD)),
        spec("sex", Attribute(column="age", edges=(30, 60))),
    ),
    "whole-numbers-in-edges": (
        base(age=pa.array([None, 29, 30, 31] * (N // 4))),
        spec(Attribute(column="age", edges=(30,))),
    ),
    "booleans": (base(vet=pa.array([True, False, None] * (N // 3))), spec("vet")),
    "boolean-outcome": (
        base(ok=pa.array([True, False] * (N // 2))),
        CellSpec(
            attributes=(Attribute(column="sex"),),
            prediction=Outcome(column="ok", favourable=frozenset({"true"})),
        ),
    ),
    "boolean-in-edges": (
        base(vet=pa.array([True, False, None] * (N // 3))),
        spec(Attribute(column="vet", edges=(0.5,))),
    ),
    "scores-and-weights": (base(), spec(score="s", weight="w", bins=BINS)),
    "learnt-bins": (
        base(k=pa.array([0.5, -0.0, 0.0, 0.25, 0.7, 1e-300] * (N // 6))),
        spec(score="k", weight="w", bins=ScoreBins(cuts=(0.5,))),
    ),
    "learnt-bins-of-float32": (
        base(k=pa.array([0.7, 0.1, 0.5] * (N // 3), pa.float32())),
        spec(score="k", bins=ScoreBins(cuts=(0.7,))),
    ),
    "threshold": (
        base(),
        CellSpec(
            attributes=(Attribute(column="sex"),), score="s", threshold=0.5, bins=BINS, weight="w"
        ),
    ),
    "whole-weights": (base(k=pa.array([1, 2, 3] * (N // 3))), spec(score="s", weight="k")),
    "tiny-weights": (
        base(k=pa.array([1e-60, 2e-60, 3e-60] * (N // 3))),
        spec(score="s", weight="k"),
    ),
    "tiny-scores": (
        base(k=pa.array([1.0, 1e-300, -1e-200] * (N // 3))),
        spec(score="k", weight="w"),
    ),
    "regression": (
        base(y=pa.array(np.linspace(-3, 1e6, N))),
        CellSpec(attributes=(Attribute(column="sex"),), score="s", numeric_label="y", weight="w"),
    ),
    "counted": (base(n=pa.array([3, 0, 7] * (N // 3))), spec(count="n")),
    "counted-as-fractions": (base(n=pa.array([3.0, 0.0, 7.0] * (N // 3))), spec(count="n")),
    "dotted": (base(**{"a.b": ["x", "y"] * (N // 2)}), spec("a.b")),
    "quoted": (base(**{"q\"u`o'te": ["x", "y"] * (N // 2)}), spec("q\"u`o'te")),
    "spaces": (base(**{" (a, b) ": ["x", "y"] * (N // 2)}), spec(" (a, b) ")),
    "texts": (base(t=["", "'", "é", "\u65e5", "NA", "007"] * (N // 6)), spec("t")),
    "large": (base(k=pa.array([2**53, 2**53 + 1, -(2**62)] * (N // 3))), spec("k")),
    "zoned": (
        base(
            at=pa.array(
                [datetime(2024, 1, 1, 12, tzinfo=UTC), None] * (N // 2),
                pa.timestamp("us", "Europe/Berlin"),
            )
        ),
        spec("at"),
    ),
}
WANTING = {"zoned": "moments", "learnt-bins-of-float32": "narrow fractions"}
"""What SQLite has no type for."""


@pytest.mark.parametrize("case", SAME)
def test_same_cells(engine, case, request):
    table, asked = SAME[case]
    name = request.node.callspec.params["engine"]
    if name == "sqlite" and case in WANTING:
        pytest.skip(f"SQLite has no {WANTING[case]}")
    assert (
        count_in_engine(engine(table), asked).as_json()
        == count_cells(wrap_table(table), asked).as_json()
    )


REFUSED = {
    "text-weight": (base(k=["1", "2", "3"] * (N // 3)), spec(weight="k")),
    "text-score": (base(k=[SECRET, "0.2", "0.3"] * (N // 3)), spec(score="k")),
    "text-count": (base(k=["1", "2", "3"] * (N // 3)), spec(count="k")),
    "text-in-edges": (
        base(k=[SECRET, "0.2", "0.3"] * (N // 3)),
        spec(Attribute(column="k", edges=(1,))),
    ),
    "nan-score": (base(k=pa.array([0.1, float("nan"), 0.3] * (N // 3))), spec(score="k")),
    "infinite-score": (base(k=pa.array([0.1, float("inf"), 0.3] * (N // 3))), spec(score="k")),
    "missing-weight": (base(k=pa.array([0.1, None, 0.3] * (N // 3))), spec(weight="k")),
    "negative-weight": (base(k=pa.array([0.1, -1.0, 0.3] * (N // 3))), spec(weight="k")),
    "weights-far-apart": (base(k=pa.array([1.0, 1e-300, 0.3] * (N // 3))), spec(weight="k")),
    "huge-weights": (base(k=pa.array([1e200, 1.0, 0.3] * (N // 3))), spec(weight="k")),
    "half-counts": (base(n=pa.array([0.5, 1, 1] * (N // 3))), spec(count="n")),
    "counts-and-weights": (base(n=pa.array([1, 1, 1] * (N // 3))), spec(count="n", weight="w")),
    "missing-outcome": (
        base(o=pa.array([1, None, 0] * (N // 3))),
        CellSpec(
            attributes=(Attribute(column="sex"),),
            prediction=Outcome(column="o", favourable=frozenset("1")),
        ),
    ),
    "absent": (base(), spec("nothing")),
    "doubled-attribute": (base(), spec("sex", "sex")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_same_refusal(engine, case):
    table, asked = REFUSED[case]
    with pytest.raises(DataError) as local:
        count_cells(wrap_table(table), asked)
    with pytest.raises(DataError) as there:
        count_in_engine(engine(table), asked)
    assert there.value.reference == local.value.reference
    assert SECRET not in str(there.value)


def test_an_identifier_stays_in_the_engine(engine, monkeypatch):
    table = pa.table({"id": [f"{SECRET}-{i}" for i in range(20_100)], "hired": [0, 1] * 10_050})
    seen = []

    from raudit.data.engine_frame import EngineFrame

    real = EngineFrame.collect

    def watched(self, frame):
        seen.append(real(self, frame))
        return seen[-1]

    monkeypatch.setattr(EngineFrame, "collect", watched)
    with pytest.raises(DataError, match="distinct values"):
        count_in_engine(engine(table), spec("id"))
    assert all(SECRET not in str(found.to_pylist()) for found in seen)


def test_names_that_differ_in_case(engine, request):
    if request.node.callspec.params["engine"] in ("duckdb", "sqlite", "ibis-duckdb"):
        pytest.skip("an SQL engine of one case has no such table")
    table = base(Sex=["x", "y"] * (N // 2))
    asked = spec("Sex", "sex")
    assert (
        count_in_engine(engine(table), asked).as_json()
        == count_cells(wrap_table(table), asked).as_json()
    )


def test_a_fault_of_the_engine_is_said_in_our_words(engine, monkeypatch):
    from raudit.data import engine as module

    def breaks(*_asked):
        raise RuntimeError(f"cannot cast {SECRET}")

    monkeypatch.setattr("narwhals.LazyFrame.collect", breaks)
    with pytest.raises(DataError) as told:
        module.count_in_engine(engine(base()), spec())
    assert told.value.reference == "engine-failed"
    assert SECRET not in str(told.value)
    assert told.value.__suppress_context__


def test_many_scores_are_binned_in_an_engine_as_from_rows(engine):
    """More distinct scores than have a bin to themselves: bins of like numbers of rows, the same ones."""
    rng = np.random.default_rng(3)
    scores = np.round(rng.beta(2, 5, 60_000), 6)
    table = pa.table({"sex": rng.choice(["f", "m"], 60_000), "s": scores})
    asked = CellSpec(
        attributes=(Attribute(column="sex"),), score="s", threshold=0.4, bins=ScoreBins(cuts=(0.4,))
    )
    found, expected = count_in_engine(engine(table), asked), count_cells(wrap_table(table), asked)
    assert len(found.bins.edges) < len(np.unique(scores))
    assert found.as_json() == expected.as_json()


def test_a_joint_table_that_grows_like_the_data_is_refused(engine, monkeypatch):
    monkeypatch.setattr("raudit.data.engine.MAX_CELLS", 50)
    with pytest.raises(DataError) as told:
        count_in_engine(engine(base()), spec(score="s", bins=ScoreBins(width=1000)))
    assert told.value.reference == "cells-too-many"
