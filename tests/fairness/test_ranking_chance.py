"""The chance that places dealt out regardless of group are as uneven, against every way of dealing them out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from raudit.stages.fairness.tasks.ranking import permutation_test


def exact(seen, groups):
    """The share of all ways of dealing the places out in which the smaller mean is as small beside the larger."""
    places = np.arange(seen.size)

    def ratio(first):
        inside = np.isin(places, first)
        means = seen[inside].mean(), seen[~inside].mean()
        return min(means) / max(means)

    observed = ratio(np.flatnonzero(groups == 0))
    ways = [
        ratio(way) <= observed + 1e-12 for way in combinations(places, int((groups == 0).sum()))
    ]
    return sum(ways) / len(ways)


@pytest.mark.parametrize("order", [[0] * 6 + [1] * 6, [0] * 5 + [1, 0] + [1] * 5, [0, 1] * 6])
def test_the_chance_of_an_order(order):
    """With 999 draws a chance of 0.0022 was told as up to 0.004."""
    groups = np.array(order)
    seen = 1 / np.log2(2 + np.arange(groups.size))
    wanted = exact(seen, groups)
    found = permutation_test(seen, groups, np.arange(2), np.random.default_rng(5))
    draws = 9_999 if wanted < 0.01 else 999
    assert found == pytest.approx(
        wanted + 1 / draws, abs=3.5 * np.sqrt(wanted * (1 - wanted) / draws)
    )
