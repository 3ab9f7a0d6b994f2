"""How well the model's features predict a sensitive feature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BINS = 20
Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One feature held against one group of a sensitive feature."""

    feature: str
    """Name of the feature, or ``all together``."""
    auc: float
    """Area under the curve, 0.5 to 1, on rows that were not used to learn the score."""
    low: float
    high: float
    n: int
    """Rows the area was measured on."""


def proxies(features: pd.DataFrame, member: np.ndarray, seed: int) -> list[Proxy]:
    """Measure every feature, and all together, as predictors of membership in a group.

    A feature's levels (numbers cut into 20 quantiles) are scored by the share of members among the training half;
    the area is measured on the other half. All together is a logistic regression on those scores' log-odds.

    Parameters
    ----------
    features
        Of shape (n_samples, n_features).
    member
        Booleans of shape (n_samples,).
    seed
        Decides which half is which.

    Returns
    -------
    list of Proxy
        One for each feature and one for all together; empty if there is no feature, or nobody to tell apart.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    # Halves with equal shares of members, so that neither is left without any.
    order = np.random.default_rng(seed).permutation(len(member))
    order = order[np.argsort(~member[order], kind="stable")]
    train, test = order[::2], order[1::2]
    if (
        not features.columns.size
        or min(member[test].sum(), (~member[test]).sum(), member[train].sum()) == 0
    ):
        return []
    scores = {}
    for name in features.columns:
        codes = level_codes(features[name])
        hits = np.bincount(codes[train], member[train], minlength=codes.max() + 1) + 0.5
        total = np.bincount(codes[train], minlength=codes.max() + 1) + 1.0
        share = (hits / total)[codes]
        scores[name] = np.log(share / (1 - share))
    found = [_measured(str(name), score[test], member[test]) for name, score in scores.items()]
    matrix = np.column_stack(list(scores.values()))
    joint = LogisticRegression(solver="newton-cholesky").fit(matrix[train], member[train])
    found.append(_measured("all together", joint.decision_function(matrix[test]), member[test]))
    return found


def level_codes(column: pd.Series) -> np.ndarray:
    """Integer codes of a column's levels; numbers with many values are cut at quantiles, missing is a level."""
    import pandas as pd

    if (
        pd.api.types.is_numeric_dtype(column)
        and not pd.api.types.is_bool_dtype(column)
        and column.nunique() > BINS
    ):
        # By rank, so that infinities take part; equal values share a bin.
        column = (column.rank(method="average", pct=True) * BINS).clip(upper=BINS - 1).floordiv(1)
    elif not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).where(column.notna(), None)
    codes: Any = pd.factorize(column, use_na_sentinel=False)[0]
    found: np.ndarray = codes
    return found


def _measured(name: str, score: np.ndarray, member: np.ndarray) -> Proxy:
    from sklearn.metrics import roc_auc_score

    auc = float(roc_auc_score(member, score))
    auc = max(auc, 1 - auc)
    positives, negatives = int(member.sum()), int((~member).sum())
    # Hanley and McNeil 1982, equation 2
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    half = Z * math.sqrt(max(variance, 0.0) / (positives * negatives))
    return Proxy(
        feature=name, auc=auc, low=max(0.0, auc - half), high=min(1.0, auc + half), n=len(member)
    )
