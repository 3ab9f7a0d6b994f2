"""Turns as a frame, outcomes as truth values, and how many independent turns a cluster is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raudit.errors import PlanError
from raudit.stages.llm.options import Outcome
from raudit.turns import Turns
from raudit.turns.mapping import known
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
            if known(name) and not self.answered().any():
                import pandas as pd

                return pd.Series([None] * self.turns.table.num_rows, dtype=object)
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

    def numbers(self, name: str) -> Floats:
        """A column of numbers; NaN where there is none or the call gave no answer."""
        values = self.column(name).to_numpy(dtype=float, na_value=np.nan)
        return np.where(self.answered(), values, np.nan)

    def events(self, outcome: Outcome, column: str | None = None) -> Floats:
        """1 where the outcome is so, 0 where not, NaN where it was not judged or the call gave no answer.

        Labels are compared without regard to case and surrounding space: people write Yes where a judge writes yes.

        Raises
        ------
        PlanError
            If no turn has a value that means it is so, and nothing says that the others mean it is not: a slip in the
            plan would read as a rate of 0.
        """
        values = self.texts(column or outcome.column)
        judged = np.array(values.notna(), dtype=bool)
        positive = _is_one_of(values, outcome.positive)
        if outcome.negative:
            judged &= positive | _is_one_of(values, outcome.negative)
        elif column is None and judged.any() and not positive.any():
            _refuse_slip(outcome, values)
        judged &= self.asked(outcome)
        return np.where(judged, positive.astype(float), np.nan)

    def asked(self, outcome: Outcome) -> NDArray[np.bool_]:
        """Which turns an outcome is about: those with an answer that the plan asks for."""
        about = self.about(outcome)
        return about if outcome.column == "status" else about & self.answered()

    def about(self, outcome: Outcome) -> NDArray[np.bool_]:
        """Which turns an outcome is about, with an answer or without."""
        about = np.ones(self.turns.table.num_rows, dtype=bool)
        for only in outcome.only:
            about &= _is_one_of(self.texts(only.column), only.values)
        return about

    def unjudged(self, outcome: Outcome) -> NDArray[np.bool_]:
        """Turns that should have a label and have none. Where people label, a sample is all there should be."""
        if outcome.source() == "people":
            return np.zeros(self.turns.table.num_rows, dtype=bool)
        return self.concerned(outcome) & np.isnan(self.events(outcome))

    def concerned(self, outcome: Outcome) -> NDArray[np.bool_]:
        """Turns that an outcome is about, whether or not it is known.

        A tool's test is asked of the cases it was written for, which are those where it is known; and attacks are a
        suite of their own.
        """
        if outcome.column.startswith("passed."):
            return np.zeros(self.turns.table.num_rows, dtype=bool)
        about = self.asked(outcome)
        for name in ("control", "attacked"):
            if self.has(name) and name != outcome.column:
                about &= np.array(self.column(name).isna(), dtype=bool)
        return about

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


NOT_SO = frozenset({"false", "no", "n", "0", "none", "not", "never", "answered"})
"""Words that say by themselves that something is not so."""


def _is_one_of(values: pd.Series, wanted: Iterable[str]) -> NDArray[np.bool_]:
    import pandas as pd

    plain = {text.strip().casefold() for text in wanted}
    codes, levels = pd.factorize(values)
    hits = [str(level).strip().casefold() in plain for level in levels]
    return np.array([*hits, False])[codes]


def _refuse_slip(outcome: Outcome, values: pd.Series) -> None:
    levels = {str(value).strip().casefold() for value in values.dropna().unique()}
    if not levels <= NOT_SO:
        raise PlanError(
            f"no turn has a value of '{outcome.column}' that means '{outcome.name}'",
            reference="outcome-never",
            got=f"{len(levels):,} other values, and none of: {', '.join(outcome.positive)}",
            hint="mend positive; or, if it never happened, name the values that say so under negative",
        )


def effective(events: Floats, clusters: NDArray[np.int64]) -> float:
    """How many independent turns these are worth: n over the design effect of their clusters, never more than n.

    ``events`` may be the differences of pairs as well, with the cluster of each pair.
    """
    known = ~np.isnan(events)
    x, c = events[known], clusters[known]
    n = x.size
    _, inverse, sizes = np.unique(c, return_inverse=True, return_counts=True)
    if n == 0 or sizes.size == n or sizes.size < 2:
        return float(n) if sizes.size != 1 else float(min(n, 1))
    p, spread = x.mean(), x.var()
    if not spread:
        return float(n) if sizes.max() == 1 else float(sizes.size)
    totals = np.bincount(inverse, weights=x)
    m = sizes.size
    variance = m / (m - 1) * float(((totals - p * sizes) ** 2).sum()) / n**2
    return float(min(n, spread / variance)) if variance > 0 else float(n)


def mean_error(values: Floats, clusters: NDArray[np.int64]) -> float:
    """Standard error of a mean over clusters, never under that of independent turns; nothing may be NaN.

    References
    ----------
    Cochran 1977, section 11.8: the mean as a ratio of totals over clusters.
    """
    n = values.size
    alone = float(values.std(ddof=1)) / np.sqrt(n)
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    m = sizes.size
    if m in (1, n):
        return float(values.std(ddof=1)) if m == 1 else float(alone)
    beyond = np.bincount(inverse, weights=values) - values.mean() * sizes
    return float(max(alone, np.sqrt(m / (m - 1) * (beyond**2).sum()) / n))
