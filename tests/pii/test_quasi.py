"""k-anonymity and l-diversity against groups counted by hand."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.data import wrap_table
from raudit.errors import DataError
from raudit.stages.pii.assess import chosen
from raudit.stages.pii.options import Options
from raudit.stages.pii.risk.generalise import steps_to_k
from raudit.stages.pii.risk.people_alone import _diversity, singled_out
from raudit.stages.pii.risk.singling_out import group_codes, measure, most_identifying

HOSPITAL = pd.DataFrame(
    {
        "age": [30, 30, 30, 40, 40, 50, 50, None],
        "zip": ["1", "1", "1", "2", "2", "3", "4", "4"],
        "illness": ["flu", "flu", "flu", "flu", "asthma", "flu", "flu", "asthma"],
    }
)


def test_groups_by_hand():
    found = measure(
        group_codes(HOSPITAL, list(HOSPITAL)), ["age", "zip"], threshold=3, sensitive="illness"
    )
    # (30,1) x3, (40,2) x2, (50,3), (50,4), (missing,4): three rows alone, five below three.
    assert (found.n, found.classes, found.k, found.alone, found.below) == (8, 5, 1, 3, 5)
    assert found.diversity == 1
    assert (
        found.alike == 3
    )  # the three of (30,1) all have flu; the pair of (40,2) differs; those alone are not counted
    assert found.alone_share == pytest.approx(3 / 8)


def test_the_worst_pair_is_found():
    codes = group_codes(HOSPITAL, list(HOSPITAL))
    (worst,) = most_identifying(codes, ["age", "zip", "illness"], threshold=3, size=2)
    # (1,flu) x3, and the other five combinations once each.
    assert worst.columns == ("zip", "illness")
    assert worst.alone == 5


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40
)


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


def test_t_closeness_by_hand():
    found = measure(
        group_codes(HOSPITAL, list(HOSPITAL)), ["age", "zip"], threshold=3, sensitive="illness"
    )
    # Everybody: 6 of 8 flu. The lone asthma is 6/8 away, all-flu groups 2/8, the pair 1/2 flu 2/8.
    assert found.t == pytest.approx(6 / 8)
    assert (found.t_rows, found.groups_alike) == (1, 1)


def test_the_sentence_says_whose_secret_is_open():
    codes = group_codes(HOSPITAL, list(HOSPITAL))
    said = _diversity(measure(codes, ["age", "zip"], threshold=3, sensitive="illness"), Options())
    assert said.measurement.events == 6
    assert said.measurement.n == 8
    assert said.statement.startswith(
        "Whoever knows age and zip of a person knows their \u201cillness\u201d for 6 of 8 rows (75.0%): 3 stand alone, "
        "and 3 are in 1 group of two or more"
    )
    two = pd.DataFrame({"a": [1, 1, 2, 2], "s": [0, 1, 0, 1]})
    varied = measure(group_codes(two, ["a", "s"]), ["a"], threshold=2, sensitive="s")
    said = _diversity(varied, Options())
    assert (str(said.status), said.statement[:8]) == ("passed", "Nobody's")
    said = _diversity(varied, Options(l=3))
    assert (str(said.status), said.anchor) == ("failed", "stages.pii.l")
    assert said.statement.endswith("The plan asks for 3 values in each group.")


def test_a_plan_limits_the_distance_of_a_group():
    codes = group_codes(HOSPITAL, list(HOSPITAL))
    found = measure(codes, ["age"], threshold=3, sensitive="illness")
    far = found.t + 0.01
    assert _diversity(found, Options(t=far)).anchor == "stages.pii.l"
    said = _diversity(replace(found, diversity=2, alone=0, alike=0), Options(t=found.t - 0.01))
    assert (str(said.status), said.anchor) == ("failed", "stages.pii.t")


def test_coarsening_reaches_k_and_says_what_it_costs():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, 400),
            "zip": [f"{z:05}" for z in rng.integers(10000, 10200, 400)],
            "sex": ["f", "m"] * 200,
        }
    )
    steps = steps_to_k(frame, ["age", "zip", "sex"], 5)
    assert steps[-1].below == 0
    assert [s.below for s in steps] == sorted((s.below for s in steps), reverse=True)
    assert all(0 < a.loss <= b.loss <= 1 for a, b in itertools.pairwise(steps))
    assert not steps_to_k(frame[["sex"]], ["sex"], 5)
    assert not steps_to_k(frame.head(3), ["age", "zip", "sex"], 5)


def test_coarsening_by_hand():
    frame = pd.DataFrame({"zip": ["11", "12", "13", "21", "22", "23"]})
    (step,) = steps_to_k(frame, ["zip"], 3)
    # Six values tell 5/6 of pairs apart, two of three rows each 1/2.
    assert (step.to, step.below, step.loss) == (
        "its first 1 characters",
        0,
        pytest.approx(1 - (1 / 2) / (5 / 6)),
    )


@pytest.mark.parametrize(("most", "status"), [(10_000, "passed"), (20, "indeterminate")])
def test_rows_that_were_not_grouped_let_nothing_pass(monkeypatch, most, status):
    """Who comes after the last row that is held may stand alone."""
    monkeypatch.setattr("raudit.data.counted.MOST", most)
    monkeypatch.setattr("raudit.data.counted.TOGETHER", 1)
    frame = pd.DataFrame({"a": np.arange(400) // 10, "b": "x", "s": np.arange(400) % 10})
    found, _tables, _facts = singled_out(wrap_table(frame), ["a", "b"], ["s"], Options(k=5))
    assert [item.status for item in found] == [status, status]
    assert all(("Only the first" in item.reason) == (most == 20) for item in found)


@pytest.mark.parametrize("key", ["columns", "expected", "quasi_identifiers", "sensitive_column"])
def test_a_column_that_is_not_there_is_an_error_with_the_nearest(key):
    data = wrap_table(HOSPITAL)
    slip = "ilness" if key == "sensitive_column" else ["ilness"]
    with pytest.raises(DataError) as error:
        chosen(data, Options.model_validate({key: slip}))
    assert "did you mean 'illness'" in str(error.value)
