"""Turns as a frame, outcomes as truth values, and how many independent turns a cluster is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raudit.errors import PlanError
from raudit.stages.llm.options import Outcome
from raudit.turns import Turns
from raudit.yamltext import nearest

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
CLUSTERS = ("conversation_id", "item_id", "pair_id", "prompt_sha256")


@dataclass(frozen=True, slots=True)
class Frame:
    """The table of turns, column by column."""

    turns: Turns

    def has(self, name: str) -> bool:
        """Tell whether the turns have a column."""
        return name in self.turns.table.column_names

    def column(self, name: str) -> pd.Series:
        """A column as pandas; labels as categories.

        Raises
        ------
        PlanError
            If there is none, with the nearest.
        """
        if not self.has(name):
            raise PlanError(
                f"the turns have no column '{name}'",
                reference="no-turns-column",
                hint=nearest(name, list(self.turns.table.column_names)[:200])
                + "; data.turns.fields says where in a row it is",
            )
        series: pd.Series = self.turns.table.column(name).to_pandas()
        return series

    def texts(self, name: str) -> pd.Series:
        """A column as text, truth values as ``true`` and ``false``; missing stays missing."""
        import pandas as pd

        values = self.column(name)
        if values.dtype.name == "category":
            return values.astype(object)
        given = values.dropna()
        if len(given) and all(isinstance(value, bool) for value in given):
            return values.map({True: "true", False: "false"})
        if pd.api.types.is_numeric_dtype(values):
            return values.map(lambda v: None if pd.isna(v) else f"{v:g}")
        return values.astype(object)

    def answered(self) -> NDArray[np.bool_]:
        """Which calls gave an answer."""
        return np.asarray(self.column("status") == "answered", dtype=bool)

    def events(self, outcome: Outcome, column: str | None = None) -> Floats:
        """1 where the outcome is so, 0 where not, NaN where it was not judged or the call gave no answer."""
        values = self.texts(column or outcome.column)
        known = np.array(values.notna(), dtype=bool)
        positive = np.array(values.isin(list(outcome.positive)), dtype=bool)
        if outcome.negative:
            known &= positive | np.asarray(values.isin(list(outcome.negative)), dtype=bool)
        if outcome.column != "status":
            known &= self.answered()
        for only in outcome.only:
            known &= np.asarray(self.texts(only.column).isin(list(only.values)), dtype=bool)
        return np.where(known, positive.astype(float), np.nan)

    def reference(self, outcome: Outcome) -> Floats:
        """What people say of each turn: the settled label, or what most of them gave; NaN without, or on a tie."""
        if outcome.reference is not None and self.has(outcome.reference):
            return self.events(outcome, outcome.reference)
        raters = self.raters(outcome)
        if not raters:
            return np.full(self.turns.table.num_rows, np.nan)
        given = np.stack([self.events(outcome, name) for name in raters])
        with np.errstate(invalid="ignore"):
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", RuntimeWarning
                )  # a mean of nothing is missing, and meant so
                mean = np.nanmean(given, axis=0)
        return np.where(mean == 0.5, np.nan, np.round(mean))

    def raters(self, outcome: Outcome) -> tuple[str, ...]:
        """Columns of labels by people that are there; a plan may name them before anybody has labelled."""
        return tuple(name for name in outcome.human if self.has(name))

    def groups(self, wanted: tuple[str, ...]) -> Mapping[str, pd.Series]:
        """The groups to compare, as text by name."""
        names = [f"group.{name}" for name in wanted] or list(self.turns.names("group"))
        return {name.removeprefix("group."): self.texts(name) for name in names}

    def clusters(self, wanted: str | None) -> NDArray[np.int64]:
        """Number of the cluster of each turn: what one conversation or question gave belongs together."""
        import pandas as pd

        names = [wanted] if wanted else [name for name in CLUSTERS if self.has(name)]
        n = self.turns.table.num_rows
        if not names:
            return np.arange(n)
        if wanted:
            self.column(wanted)
        codes = pd.factorize(self.column(names[0]).astype(object))[0].astype(np.int64)
        return np.where(codes < 0, codes.max(initial=0) + 1 + np.arange(n), codes)


def effective(events: Floats, clusters: NDArray[np.int64]) -> float:
    """How many independent turns these are worth: n over the design effect of their clusters, never more than n."""
    known = ~np.isnan(events)
    x, c = events[known], clusters[known]
    n = x.size
    _, inverse, sizes = np.unique(c, return_inverse=True, return_counts=True)
    if n == 0 or sizes.size == n or sizes.size < 2:
        return float(n) if sizes.size != 1 else float(min(n, 1))
    p = x.mean()
    if p in (0, 1):
        return float(n) if sizes.max() == 1 else float(sizes.size)
    totals = np.bincount(inverse, weights=x)
    m = sizes.size
    variance = m / (m - 1) * float(((totals - p * sizes) ** 2).sum()) / n**2
    return float(min(n, p * (1 - p) / variance)) if variance > 0 else float(n)
