"""How far the order of the features depends on which rows were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

BLOCK = 50
"""Resamples at a time, so that memory stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Ranks over bootstrap resamples of the explained rows, by feature."""

    rank: Any
    """Rank in the sample, 1 for the most important; tied features share the best rank of theirs."""
    tied: Any
    """Whether another feature shares the rank."""
    low: Any
    high: Any
    """Ends of the interval that holds 95 % of the resampled ranks."""
    in_top: Any
    """Share of resamples in which the feature is among the first ``k``."""
    k: int
    same_top: float
    """Share of resamples whose first ``k`` are the sample's first ``k``, in any order."""
    resamples: int


def stability_of(
    values: np.ndarray, weights: np.ndarray, *, k: int, resamples: int, seed: int
) -> Stability:
    """Resample rows with replacement and rank the features anew each time.

    Two features are tied if the 95 % interval of the difference of their importance holds zero.

    Parameters
    ----------
    values
        SHAP values of shape (n_samples, n_features).
    weights
        How many rows of the population each row stands for.
    k
        How many first features are looked at together.
    """
    import numpy as np

    size = np.abs(values)
    share = weights / weights.sum()
    mean = share @ size
    order = np.argsort(-mean, kind="stable")
    drawn = _means(size, share, resamples, seed)
    places = np.empty(drawn.shape, dtype=np.int64)
    np.put_along_axis(
        places,
        np.argsort(-drawn, axis=1, kind="stable"),
        np.arange(1, drawn.shape[1] + 1)[None],
        axis=1,
    )
    k = min(k, len(mean))
    rank = np.empty(len(mean), dtype=np.int64)
    leader = 0
    for place, feature in enumerate(order):
        low, _high = np.quantile(drawn[:, order[leader]] - drawn[:, feature], [0.025, 0.975])
        if low > 0:
            leader = place
        rank[feature] = leader + 1
    ends = np.quantile(places, [0.025, 0.975], axis=0, method="nearest")
    return Stability(
        rank=rank,
        tied=np.bincount(rank)[rank] > 1,
        low=ends[0].astype(int),
        high=ends[1].astype(int),
        in_top=(places <= k).mean(axis=0),
        k=k,
        same_top=float(((places <= k)[:, order[:k]].sum(axis=1) == k).mean()),
        resamples=resamples,
    )


def _means(size: Any, share: Any, resamples: int, seed: int) -> Any:
    """Mean absolute values in each resample, of shape (resamples, n_features)."""
    import numpy as np

    rng = np.random.default_rng([seed, 2])
    found = []
    for start in range(0, resamples, BLOCK):
        counts = rng.poisson(1.0, (min(BLOCK, resamples - start), len(share))) * share
        totals = counts.sum(axis=1, keepdims=True)
        found.append((counts @ size) / np.where(totals > 0, totals, 1.0))
    return np.concatenate(found)
