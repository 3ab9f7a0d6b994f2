"""k-anonymity and l-diversity against groups counted by hand."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.stages.pii.singling_out import group_codes, measure, most_identifying

HOSPITAL = pd.DataFrame(
    {
        "age": [30, 30, 30, 40, 40, 50, 50, None],
        "zip": ["1", "1", "1", "2", "2", "3", "4", "4"],
        "illness": ["flu", "flu", "flu", "flu", "asthma", "flu", "flu", "asthma"],
    }
)


def test_groups_by_hand():
    found = measure(group_codes(HOSPITAL, list(HOSPITAL)), ["age", "zip"], threshold=3, sensitive="illness")
    # (30,1) x3, (40,2) x2, (50,3), (50,4), (missing,4): three rows alone, five below three.
    assert (found.n, found.classes, found.k, found.alone, found.below) == (8, 5, 1, 3, 5)
    assert found.diversity == 1
    assert found.alike == 3  # the three of (30,1) all have flu; the pair of (40,2) differs; those alone are not counted
    assert found.alone_share == pytest.approx(3 / 8)


def test_the_worst_pair_is_found():
    codes = group_codes(HOSPITAL, list(HOSPITAL))
    (worst,) = most_identifying(codes, ["age", "zip", "illness"], threshold=3, size=2)
    # (1,flu) x3, and the other five combinations once each.
    assert worst.columns == ("zip", "illness")
    assert worst.alone == 5


rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40)


@given(rows)
def test_measured_equals_counted(values):
    frame = pd.DataFrame(values, columns=["a", "b", "s"])
    found = measure(group_codes(frame, ["a", "b", "s"]), ["a", "b"], threshold=3, sensitive="s")
    groups = [g for _, g in frame.groupby(["a", "b"])]
    assert found.k == min(map(len, groups))
    assert found.alone == sum(len(g) == 1 for g in groups)
    assert found.below == sum(len(g) for g in groups if len(g) < 3)
    assert found.diversity == min(g["s"].nunique() for g in groups)
    assert found.alike == sum(len(g) for g in groups if len(g) > 1 and g["s"].nunique() == 1)


@given(rows)
def test_more_columns_never_hide_anyone(values):
    frame = pd.DataFrame(values, columns=["a", "b", "s"])
    codes = group_codes(frame, ["a", "b", "s"])
    assert measure(codes, ["a", "b", "s"], 3).alone >= measure(codes, ["a", "b"], 3).alone
