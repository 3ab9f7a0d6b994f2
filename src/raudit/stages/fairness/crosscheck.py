"""fairlearn computes the same numbers from the same cells; a disagreement stops the stage."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from raudit.errors import RauditError
from raudit.stages.fairness.metrics import Groups, estimate

TOLERANCE = 1e-12
MOST = 200
"""Groups that are recomputed, largest first; fairlearn takes milliseconds for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """What the second computation came to."""

    values: int
    """How many values were compared."""
    largest: float
    """Largest absolute difference."""


def cross_check(groups: Groups) -> CrossCheck:
    """Compare every rate that fairlearn and scikit-learn share with raudit, group by group.

    fairlearn reads one weighted row per cell instead of every row, which changes nothing but the time it takes.

    Raises
    ------
    RauditError
        If a value differs by more than 1e-12.
    """
    import fairlearn.metrics as fm
    import pandas as pd
    from sklearn import metrics as sk

    shared = {"selection_rate": fm.selection_rate}
    if groups.labelled:
        shared |= {
            "true_positive_rate": fm.true_positive_rate,
            "false_positive_rate": fm.false_positive_rate,
            "true_negative_rate": fm.true_negative_rate,
            "false_negative_rate": fm.false_negative_rate,
            "accuracy": sk.accuracy_score,
            "precision": sk.precision_score,
            "f1_score": sk.f1_score,
        }
    if len(groups.names) > MOST:
        groups = groups.take(np.sort(np.argsort(-groups.n, kind="stable")[:MOST]))
    row, cell = np.nonzero(groups.weights > 0)
    if row.size == 0:
        return CrossCheck(values=0, largest=0.0)
    weight = groups.weights[row, cell]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a group without positives: fairlearn says 0, raudit says undefined
        frame = fm.MetricFrame(
            metrics=shared,
            y_true=cell // 2,
            y_pred=cell % 2,
            sensitive_features=pd.Series(row, name="group"),  # a bare array of one cell breaks fairlearn
            sample_params={name: {"sample_weight": weight} for name in shared},
        )
    compared, largest = 0, 0.0
    for name in shared:
        ours = estimate(groups, name, draws=200).value
        theirs = frame.by_group[name].reindex(range(len(groups.names))).to_numpy(dtype=float)
        known = ~np.isnan(ours)
        apart = np.abs(ours[known] - theirs[known])
        compared += int(known.sum())
        largest = max(largest, float(apart.max(initial=0.0)))
        if (apart > TOLERANCE).any() or np.isnan(theirs[known]).any():
            raise RauditError(
                f"fairlearn and raudit disagree on {name}",
                reference="fairlearn-disagrees",
                where=" × ".join(groups.by),
                got=f"a difference of {float(apart.max()):.3g}",
                expected=f"at most {TOLERANCE:g}",
                hint="do not use this run; report it with the versions of fairlearn and scikit-learn",
            )
    return CrossCheck(values=compared, largest=largest)
