"""Texts asked in two variants, side by side, and the noise floor that repeats of a text give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raudit.stages.llm.frame import Floats, Frame
from raudit.stages.llm.options import Pairs
from raudit.stats import PairedDifference, normal_quantile, paired_newcombe

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two variants of the same texts."""

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    alone: int
    """Texts with an answer in one of the two only."""
    difference: PairedDifference

    @property
    def n(self) -> int:
        """Pairs that are complete."""
        return self.both + self.only_first + self.only_second + self.neither


def wide(frame: Frame, pairs: Pairs, values: Floats) -> pd.DataFrame:
    """One row a text, prompt version and model; columns by variant and repeat; missing where there was no answer."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "pair": frame.texts(pairs.pair),
            "variant": frame.texts(pairs.variant),
            "value": values,
            "repeat": frame.column("repeat") if frame.has("repeat") else 1.0,
        }
    )
    keys = ["pair"]
    for name in ("prompt_version", "model"):
        if frame.has(name):
            table[name] = frame.texts(name).fillna("")
            keys.append(name)
    table = table.dropna(subset=["pair", "variant"])
    if not frame.has("repeat"):
        table["repeat"] = table.groupby([*keys, "variant"]).cumcount() + 1.0
    table = table.drop_duplicates([*keys, "variant", "repeat"])
    return table.pivot(index=keys, columns=["variant", "repeat"], values="value")


def compare(
    table: pd.DataFrame, first: str, second: str, repeat: float, *, level: float
) -> Compared:
    """Compare two variants in one repeat, over the texts that both answered."""
    a, b = table[first, repeat].to_numpy(), table[second, repeat].to_numpy()
    return _compared(first, second, a, b, level)


def _compared(first: str, second: str, a: Floats, b: Floats, level: float) -> Compared:
    known = ~np.isnan(a) & ~np.isnan(b)
    x, y = a[known] == 1, b[known] == 1
    counts = int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum())
    return Compared(
        first=first,
        second=second,
        both=counts[0],
        only_first=counts[1],
        only_second=counts[2],
        neither=counts[3],
        alone=int((np.isnan(a) != np.isnan(b)).sum()),
        difference=paired_newcombe(*counts, level=level),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What repeats of the same text in the same variant differ by."""

    texts: int
    """Texts that were answered twice, over all variants."""
    flips: int
    """How many of them were decided otherwise the second time."""
    largest: float
    """Largest net difference of a variant's share between two repeats."""
    floor: float
    """Gap that repeats alone stay under in 95 of 100 cases, or the largest seen if that is more."""


def noise(table: pd.DataFrame, *, level: float) -> Noise | None:
    """Measure the noise floor of a rate; None without repeats."""
    texts = flips = 0
    largest, spread = 0.0, 0.0
    for variant in table.columns.get_level_values(0).unique():
        repeats = sorted(table[variant].columns)
        if len(repeats) < 2:
            continue
        first, second = (table[variant][r].to_numpy() for r in repeats[:2])
        found = _compared(variant, variant, first, second, level)
        if not found.n:
            continue
        flipped = found.only_first + found.only_second
        texts, flips = texts + found.n, flips + flipped
        largest = max(largest, abs(found.difference.value))
        spread = max(spread, float(np.sqrt(flipped)) / found.n)
    if not texts:
        return None
    return Noise(
        texts=texts,
        flips=flips,
        largest=largest,
        floor=max(largest, normal_quantile(level) * spread),
    )
