"""What coarsening of quasi-identifiers would leave every group with k rows, and what it would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.sentences import say
from raudit.stages.pii.risk.singling_out import group_codes, measure

if TYPE_CHECKING:
    import pandas as pd

BANDS = 16
"""Quantile bands of a number in the finest step; each step halves them, and the last keeps nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One coarsening, after those before it."""

    column: str
    to: str
    """What is left of the column, in plain words without a value."""
    below: int
    """Rows that are still in groups of fewer than k."""
    loss: float
    """Mean over the quasi-identifiers of the share of pairs of rows that were told apart and no longer are; 0 keeps
    all that the columns tell, 1 nothing."""


def steps_to_k(frame: pd.DataFrame, columns: Sequence[str], k: int) -> tuple[Step, ...]:
    """Coarsen greedily, each time where most rows come into groups of k for what is lost, until all are.

    Parameters
    ----------
    frame
        The rows.
    columns
        The quasi-identifiers.
    k
        Smallest accepted group.

    Returns
    -------
    tuple of Step
        Empty if the rows are in groups of k already, or if there are fewer than k rows. Greedy steps reach k; they are
        not proven to be the cheapest that do.

    References
    ----------
    Samarati (2001), Protecting respondents' identities in microdata release: generalisation and suppression.
    """
    codes = group_codes(frame, columns)
    ladders = {name: _ladder(frame[name], codes[name]) for name in columns}
    apart = {name: _told_apart(codes[name]) for name in columns}
    place = dict.fromkeys(columns, -1)
    current = dict(codes)
    below = measure(current, columns, k).below
    steps: list[Step] = []
    while below and len(frame) >= k:
        tried = []
        for name in columns:
            if place[name] + 1 < len(ladders[name]):
                words, coarse = ladders[name][place[name] + 1]
                left = measure({**current, name: coarse}, columns, k).below
                lost = (_told_apart(current[name]) - _told_apart(coarse)) / max(apart[name], 1e-12)
                tried.append(((below - left) / max(lost, 1e-6), name, words, coarse, left))
        if not tried:
            break
        _, name, words, coarse, below = max(tried, key=lambda one: (one[0], one[1]))
        place[name] += 1
        current[name] = coarse
        steps.append(Step(column=name, to=words, below=below, loss=_loss(current, apart, columns)))
    return tuple(steps)


def _loss(current: Mapping[str, Any], apart: Mapping[str, float], columns: Sequence[str]) -> float:
    kept = [_told_apart(current[name]) / apart[name] for name in columns if apart[name]]
    return 1.0 - sum(kept) / len(kept) if kept else 0.0


def _told_apart(codes: Any) -> float:
    """Share of ordered pairs of rows with different values."""
    import numpy as np

    counts = np.bincount(codes) / max(len(codes), 1)
    return float(1.0 - (counts**2).sum())


def _ladder(column: pd.Series[Any], codes: Any) -> list[tuple[str, Any]]:
    """Ever coarser versions of a column: bands of a number, shorter codes, common values; last, nothing."""
    import numpy as np
    import pandas as pd

    found: list[tuple[str, Any]] = []
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if number and column.notna().any():
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
        bands = BANDS
        while bands > 1:
            edges: Any = np.unique(np.nanquantile(values, np.linspace(0, 1, bands + 1)[1:-1]))
            coarse = np.searchsorted(edges, values, side="right") + 1
            coarse[np.isnan(values)] = 0
            found.append((say("{count} bands", count=len(edges) + 1), coarse.astype(np.int64)))
            bands //= 2
    else:
        texts = column.astype(str).where(column.notna(), "")
        lengths = texts[texts != ""].str.len().unique()
        if len(lengths) == 1 and texts.str.contains(r"\d").mean() > 0.5:  # a postcode and the like
            found += [
                (
                    say("its first {kept} characters", kept=kept),
                    pd.factorize(texts.str[:kept])[0].astype(np.int64),
                )
                for kept in range(int(lengths[0]) - 1, 0, -1)
            ]
        for common in (8, 4, 2):
            if codes.max(initial=0) > common:
                top = texts.value_counts().sort_index().nlargest(common).index
                coarse = pd.factorize(texts.where(texts.isin(top), "\0other"))[0]
                found.append(
                    (
                        say("its {common} most common values and others", common=common),
                        coarse.astype(np.int64),
                    )
                )
    found = [step for step in found if _told_apart(step[1]) < _told_apart(codes)]
    return [*found, ("nothing (left out)", np.zeros(len(codes), dtype=np.int64))]
