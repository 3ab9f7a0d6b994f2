"""Intervals, resampling, tests and power: pure functions on counts."""

from raudit.stats.agreement import Agreement, agreement
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
from raudit.stats.judged import (
    Estimate,
    Stratum,
    clopper_pearson,
    prediction_powered,
    rogan_gladen,
    upper_bound,
)
from raudit.stats.paired import PairedDifference, mcnemar_exact, paired_newcombe
from raudit.stats.power import detectable_gap, rows_to_settle
from raudit.stats.resampling import dirichlet_draws, draw_bounds, multinomial_draws
from raudit.stats.tests import holm, max_gap_test, mcnemar

__all__ = [
    "Agreement",
    "Bounds",
    "Estimate",
    "Gap",
    "LogRates",
    "PairedDifference",
    "Stratum",
    "agreement",
    "clopper_pearson",
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
    "mcnemar_exact",
    "mover_difference",
    "multinomial_draws",
    "newcombe",
    "normal_quantile",
    "paired_newcombe",
    "prediction_powered",
    "range_quantile",
    "range_tail",
    "ratios_to",
    "rogan_gladen",
    "rows_to_settle",
    "smallest_ratio",
    "upper_bound",
    "wilson",
    "wilson_ratio",
]
