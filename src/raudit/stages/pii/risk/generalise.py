"""What coarsening of quasi-identifiers would leave every group with k rows, and what it would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.sentences import say
from raudit.stages.pii.risk.singling_out import group_codes, groups
from raudit.stats.tally import merged_tally

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


def steps_to_k(
    frame: pd.DataFrame, columns: Sequence[str], k: int, *, counts: Any = None
) -> tuple[Step, ...]:
    """Coarsen greedily, each time where most rows come into groups of k for what is lost, until all are.

    Parameters
    ----------
    frame
        The rows.
    columns
        The quasi-identifiers.
    k
        Smallest accepted group.
    counts
        Rows that each row of the frame stands for, of shape (n,); one by default.

    Returns
    -------
    tuple of Step
        Empty if the rows are in groups of k already, or if there are fewer than k rows. Greedy steps reach k; they are
        not proven to be the cheapest that do.

    References
    ----------
    Samarati (2001), Protecting respondents' identities in microdata release: generalisation and suppression.
    """
    rows = _Rows.of(group_codes(frame, columns), frame, columns, counts)
    apart = {name: rows.told_apart(rows.current[name]) for name in columns}
    below = rows.below(rows.current, k)
    steps: list[Step] = []
    while below and rows.counts.sum() >= k:
        tried = []
        for name in columns:
            if rows.ladders[name]:
                words, coarse = rows.ladders[name][0]
                left = rows.below({**rows.current, name: coarse}, k)
                lost = rows.told_apart(rows.current[name]) - rows.told_apart(coarse)
                share = lost / max(apart[name], 1e-12)
                tried.append(((below - left) / max(share, 1e-6), name, words, left))
        if not tried:
            break
        _, name, words, below = max(tried, key=lambda one: (one[0], one[1]))
        rows = rows.coarser(name)
        steps.append(Step(column=name, to=words, below=below, loss=rows.loss(apart)))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that are equal in every column, once, with how many they are; fewer after each step."""

    current: dict[str, Any]
    """Numbered values of each column, arrays of shape (n_different,)."""
    ladders: dict[str, list[tuple[str, Any]]]
    """Coarser versions of each column that are left, in words and as such arrays."""
    counts: Any
    """Rows that each stands for, of shape (n_different,)."""

    @classmethod
    def of(
        cls, codes: dict[str, Any], frame: pd.DataFrame, columns: Sequence[str], counts: Any
    ) -> _Rows:
        import numpy as np

        counts = np.ones(len(frame), dtype=np.int64) if counts is None else counts
        ladders = {name: _ladder(frame[name], codes[name], counts) for name in columns}
        return cls(codes, ladders, counts).merged()

    def merged(self) -> _Rows:
        """The same with equal rows put together: a step treats them alike."""
        import numpy as np

        group = groups(self.current, list(self.current))
        counts = np.bincount(group, self.counts).astype(np.int64)
        first = np.empty(len(counts), dtype=np.int64)
        first[group[::-1]] = np.arange(len(group))[::-1]
        return _Rows(
            {name: codes[first] for name, codes in self.current.items()},
            {
                name: [(words, coarse[first]) for words, coarse in steps]
                for name, steps in self.ladders.items()
            },
            counts,
        )

    def coarser(self, name: str) -> _Rows:
        """The rows after the next step of a column."""
        (_, coarse), *later = self.ladders[name]
        taken = _Rows({**self.current, name: coarse}, {**self.ladders, name: later}, self.counts)
        return taken.merged()

    def below(self, codes: dict[str, Any], k: int) -> int:
        """Rows in groups of fewer than k."""
        import numpy as np

        sizes = np.bincount(groups(codes, list(codes)), self.counts)
        return int(sizes[sizes < k].sum())

    def told_apart(self, codes: Any) -> float:
        """Share of ordered pairs of rows with different values."""
        return _told_apart(codes, self.counts)

    def loss(self, apart: Mapping[str, float]) -> float:
        """Mean share of what each column told apart at first and no longer does."""
        kept = [
            self.told_apart(codes) / apart[name]
            for name, codes in self.current.items()
            if apart[name]
        ]
        return 1.0 - sum(kept) / len(kept) if kept else 0.0


def _told_apart(codes: Any, counts: Any) -> float:
    import numpy as np

    # In whole numbers, so that it is the same in whatever order the rows came.
    sizes = np.bincount(codes, counts).astype(np.int64)
    total = int(sizes.sum())
    exact = sizes if total < 2**31 else sizes.astype(object)
    return 1.0 - int((exact * exact).sum()) / max(total, 1) ** 2


def _ladder(column: pd.Series[Any], codes: Any, counts: Any) -> list[tuple[str, Any]]:
    """Ever coarser versions of a column: bands of a number, shorter codes, common values; last, nothing."""
    import numpy as np
    import pandas as pd

    found: list[tuple[str, Any]] = []
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if number else np.zeros(0)
    counted = merged_tally(values, counts[: values.size])
    if counted.n:
        bands = BANDS
        while bands > 1:
            edges: Any = np.unique(counted.quantiles(np.linspace(0, 1, bands + 1)[1:-1]))
            coarse = np.searchsorted(edges, values, side="right") + 1
            coarse[np.isnan(values)] = 0
            found.append((say("{count} bands", count=len(edges) + 1), coarse.astype(np.int64)))
            bands //= 2
    else:
        texts = column.astype(str).where(column.notna(), "")
        lengths = texts[texts != ""].str.len().unique()
        digits = np.average(texts.str.contains(r"\d"), weights=counts) if len(texts) else 0.0
        if len(lengths) == 1 and digits > 0.5:  # a postcode and the like
            found += [
                (
                    say("its first {kept} characters", kept=kept),
                    pd.factorize(texts.str[:kept])[0].astype(np.int64),
                )
                for kept in range(int(lengths[0]) - 1, 0, -1)
            ]
        for common in (8, 4, 2):
            if codes.max(initial=0) > common:
                top = pd.Series(counts).groupby(texts.to_numpy()).sum().nlargest(common).index
                coarse = pd.factorize(texts.where(texts.isin(top), "\0other"))[0]
                found.append(
                    (
                        say("its {common} most common values and others", common=common),
                        coarse.astype(np.int64),
                    )
                )
    told = _told_apart(codes, counts)
    found = [step for step in found if _told_apart(step[1], counts) < told]
    return [*found, ("nothing (left out)", np.zeros(len(codes), dtype=np.int64))]
