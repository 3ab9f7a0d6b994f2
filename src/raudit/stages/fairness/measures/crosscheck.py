"""fairlearn computes the same numbers from the same cells; a disagreement stops the stage."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from raudit.errors import RauditError
from raudit.stages.fairness.measures.metrics import Groups, estimate

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


def cross_check_all(cuts: Iterable[Groups]) -> CrossCheck:
    """Cross-check several cuts and add up what was compared."""
    checks = [cross_check(groups) for groups in cuts]
    return CrossCheck(
        values=sum(check.values for check in checks),
        largest=max((check.largest for check in checks), default=0.0),
    )


def shared_metrics(*, labelled: bool) -> Mapping[str, Callable[..., Any]]:
    """Metrics that fairlearn and scikit-learn define as raudit does, by raudit's name.

    scikit-learn has no function for predictive values of the unfavourable class: they are the precision of that class.
    """
    import fairlearn.metrics as fm
    from sklearn import metrics as sk

    if not labelled:
        return {"selection_rate": fm.selection_rate}

    def precision(y: object, p: object, *, positive: int = 1, **kw: Any) -> Any:
        return sk.precision_score(y, p, pos_label=positive, **kw)

    return {
        "selection_rate": fm.selection_rate,
        "true_positive_rate": fm.true_positive_rate,
        "false_positive_rate": fm.false_positive_rate,
        "true_negative_rate": fm.true_negative_rate,
        "false_negative_rate": fm.false_negative_rate,
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "precision": precision,
        "negative_predictive_value": lambda y, p, **kw: precision(y, p, positive=0, **kw),
        "false_discovery_rate": lambda y, p, **kw: 1 - precision(y, p, **kw),
        "false_omission_rate": lambda y, p, **kw: 1 - precision(y, p, positive=0, **kw),
        "f1_score": sk.f1_score,
        "base_rate": lambda y, p, **kw: fm.selection_rate(p, y, **kw),
    }


def cross_check(groups: Groups) -> CrossCheck:
    """Compare every rate that fairlearn and scikit-learn share with raudit, group by group.

    fairlearn reads one weighted row per cell instead of every row, which changes nothing but the time it takes.

    Raises
    ------
    RauditError
        If a value differs by more than 1e-12.
    """
    shared = shared_metrics(labelled=groups.labelled)
    if len(groups.names) > MOST:
        groups = groups.take(np.sort(np.argsort(-groups.n, kind="stable")[:MOST]))
    by_metric = (
        _peers(groups, [*shared], 6)
        if groups.counts.shape[1] == 4
        else {
            **_peers(groups, ["selection_rate"], 6),
            **_peers(groups, [name for name in shared if name != "selection_rate"], 4),
        }
    )
    if not by_metric:
        return CrossCheck(values=0, largest=0.0)
    compared, largest = 0, 0.0
    for name in shared:
        ours = estimate(groups, name, draws=200).value
        theirs = by_metric[name].reindex(range(len(groups.names))).to_numpy(dtype=float)
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


def _peers(groups: Groups, names: list[str], width: int) -> dict[str, Any]:
    """Values by group of some shared metrics over the first ``width`` kinds of cells; empty without rows."""
    import fairlearn.metrics as fm
    import pandas as pd

    row, cell = np.nonzero(groups.weights[:, :width] > 0)
    if row.size == 0:
        return {}
    shared = shared_metrics(labelled=groups.labelled)
    metrics = {name: shared[name] for name in names}
    weight = groups.weights[row, cell]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # a group without positives: fairlearn says 0, raudit says undefined
        frame = fm.MetricFrame(
            metrics=metrics,
            y_true=np.minimum(cell // 2, 1),  # people without a label have decisions only
            y_pred=cell % 2,
            sensitive_features=pd.Series(
                row, name="group"
            ),  # a bare array of one cell breaks fairlearn
            sample_params={name: {"sample_weight": weight} for name in metrics},
        )
    return {name: frame.by_group[name] for name in metrics}
