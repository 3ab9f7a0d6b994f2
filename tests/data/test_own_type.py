"""Values are compared in the type of their own column, and a favourable value that never occurs is no decision."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from raudit.data.build import cells
from raudit.data.cells import FAVOURABLE, PREDICTION
from raudit.errors import DataError
from raudit.plan.schema import Attribute


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_threshold_is_compared_in_the_scores_own_type(kind):
    scores = np.array([0.7, 0.2, 0.7, 0.3], dtype=kind)
    table = cells(
        pa.table({"g": ["a", "a", "b", "b"], "s": scores}),
        sensitive_features=["g"],
        score="s",
        threshold=0.7,
    )
    place = table.dims.index(PREDICTION)
    favourable = table.levels[place].index(FAVOURABLE)
    assert int(table.n[table.keys[:, place] == favourable].sum()) == 2


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_an_edge_is_compared_in_the_columns_own_type(kind):
    from raudit.data.encode import AttributeEncoder

    encoder = AttributeEncoder(Attribute(column="v", edges=(0.7,)))
    codes = encoder(pa.array(np.array([0.7, 0.6], dtype=kind)))
    assert [encoder.levels[code] for code in codes] == ["0.7 or over", "under 0.7"]


def test_scores_of_16_bits_in_a_file_meet_the_threshold_that_they_are_written_as(tmp_path):
    import pyarrow.parquet as pq

    from raudit.data import open_data

    scores = pa.array(np.array([0.1, 0.55, np.nan, 0.05], dtype=np.float16), mask=np.arange(4) == 3)
    pq.write_table(pa.table({"s": scores}), tmp_path / "d.parquet")
    (batch,) = open_data(tmp_path / "d.parquet").batches(["s"], rows=9)
    found = batch.column(0).to_pylist()
    assert found[:2] == [0.1, 0.55]
    assert np.isnan(found[2])
    assert found[3] is None


def test_groups_beyond_63_bits():
    from raudit.data.encode import dictionary

    top = 2**64 - 1
    codes, values = dictionary(pa.array([top, top - 4, top], pa.uint64()))
    assert [values[code] for code in codes] == [top, top - 4, top]


@pytest.mark.parametrize("role", ["w", "s"])
def test_numbers_beyond_53_bits_are_refused_by_name(role):
    columns = {"g": ["a", "b"], "w": [1, 1], "s": [1, 2]} | {role: [2**53 + 1, 2**53 + 3]}
    with pytest.raises(DataError, match=f"'{role}' holds whole numbers that are too large"):
        cells(pa.table(columns), sensitive_features=["g"], score="s", threshold=1, weight="w")


def test_small_integers_of_8_bits():
    from raudit.data.encode import dictionary

    codes, values = dictionary(pa.array([-128, 127, -128], pa.int8()))
    assert [values[code] for code in codes] == [-128, 127, -128]


@pytest.mark.parametrize("value", ["Yes", "yes ", "granted", "YES"])
def test_a_single_other_value_is_no_decision(value):
    with pytest.raises(DataError) as caught:
        cells(
            {"g": ["a", "b"], "y": [value, value]},
            sensitive_features=["g"],
            prediction="y",
            favourable="yes",
        )
    assert caught.value.reference == "favourable-absent"


@pytest.mark.parametrize(
    ("value", "favourable"), [("no", "yes"), ("0", "1"), ("False", "true"), ("N", "Y")]
)
def test_a_plain_opposite_is_a_decision(value, favourable):
    made = cells(
        {"g": ["a", "b"], "y": [value] * 2},
        sensitive_features=["g"],
        prediction="y",
        favourable=favourable,
    )
    assert made.total == 2
