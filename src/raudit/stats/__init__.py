"""Intervals, resampling, tests and power: pure functions on counts."""

from raudit.stats.gaps import Gap, differences_from, largest_difference, ratios_to, smallest_ratio
from raudit.stats.intervals import (
    Bounds,
    LogRates,
    effective_n,
    katz,
    log_rates,
    mover_difference,
    newcombe,
    normal_quantile,
    range_quantile,
    range_tail,
    wilson,
    wilson_ratio,
)
from raudit.stats.power import detectable_gap, rows_to_settle
from raudit.stats.resampling import dirichlet_draws, draw_bounds, multinomial_draws
from raudit.stats.tests import holm, max_gap_test, mcnemar

__all__ = [
    "Bounds",
    "Gap",
    "LogRates",
    "detectable_gap",
    "differences_from",
    "dirichlet_draws",
    "draw_bounds",
    "effective_n",
    "holm",
    "katz",
    "largest_difference",
    "log_rates",
    "max_gap_test",
    "mcnemar",
    "mover_difference",
    "multinomial_draws",
    "newcombe",
    "normal_quantile",
    "range_quantile",
    "range_tail",
    "ratios_to",
    "rows_to_settle",
    "smallest_ratio",
    "wilson",
    "wilson_ratio",
]
