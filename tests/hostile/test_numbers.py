"""The largest numbers there are, in data and in records: no step overflows, and no library warns on the terminal."""

import math
import warnings

import numpy as np
import pytest

from raudit.report.charts.canvas import LARGEST, Scale, ticks
from raudit.report.numbers import Numbers
from raudit.stages.data_readiness.codings import _digit_codings, _quantiles
from raudit.stages.data_readiness.columns import far_outside
from raudit.stages.data_readiness.labels import out_of_fold
from raudit.stages.data_readiness.profile import _number
from raudit.stats.tally import tally

EDGE = float(np.finfo(float).max)
ROWS = np.concatenate([np.linspace(-2, 2, 300), [EDGE, -EDGE, math.inf, math.nan] * 12])


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_quantiles_are_finite_between_the_farthest_neighbours():
    found = tally(np.array([-EDGE, EDGE])).quantiles([0.25, 0.5, 0.75])
    assert found / EDGE == pytest.approx([-0.5, 0.0, 0.5])


def test_a_column_is_profiled_and_coded():
    profile = _number(ROWS, 5, 10)
    assert sum(profile["counts"]) == profile["n"] == np.isfinite(ROWS).sum()
    assert far_outside(ROWS) == 0  # they are many
    for _name, codes in _digit_codings(ROWS):
        assert codes.min() >= 0  # a number that has no last digits got the code of none
    assert _quantiles(ROWS).min() >= 0


def test_trees_learn_from_it():
    rows = np.column_stack([ROWS, np.arange(ROWS.size) % 5])
    told, _fold = out_of_fold(rows, np.arange(ROWS.size) % 2, seed=0)
    assert np.isfinite(told).all()


def test_a_chart_and_a_cell_show_it():
    axis = ticks(-EDGE, EDGE)
    assert all(map(math.isfinite, axis))
    assert max(axis) <= LARGEST
    assert Scale(axis[0], axis[-1], 0.0, 100.0)(EDGE) == 100.0
    numbers = Numbers()
    shown = [numbers.number(100 * EDGE), numbers.count(-math.inf), numbers.percent(math.nan)]
    assert shown == ["∞", "\u2212∞", "\u2013"]
