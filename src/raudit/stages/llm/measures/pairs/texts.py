"""Texts asked in two variants, side by side, and the noise floor that repeats of a text give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raudit.sentences import say
from raudit.stages.llm.frame import Floats, Frame, effective
from raudit.stages.llm.options import Pairs
from raudit.stats import PairedDifference, normal_quantile, paired_newcombe

if TYPE_CHECKING:
    import pandas as pd

RUN = ("prompt_version", "model")
"""Columns by which answers to the same text are answers of different systems."""


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
    worth: float
    """Independent texts that the pairs are worth."""
    difference: PairedDifference

    @property
    def n(self) -> int:
        """Pairs that are complete."""
        return self.both + self.only_first + self.only_second + self.neither


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Answers by text and variant."""

    table: pd.DataFrame
    """One row a text, prompt version and model; columns by variant and repeat; missing where there was no answer."""
    clusters: NDArray[np.int64]
    """Rows of the table that belong together: the same text in several versions, or what the plan says."""
    left_out: int
    """Turns that are the same text, variant and repeat as another, so that nothing tells which of the two is meant."""

    @property
    def variants(self) -> list[str]:
        """Names of the variants."""
        return sorted(set(self.table.columns.get_level_values(0)))

    def of(self, variant: str) -> pd.DataFrame:
        """Answers in one variant, a column a repeat."""
        import pandas as pd

        return pd.DataFrame(self.table.xs(variant, axis=1, level=0))


def repeats(frame: Frame, table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Number of the repeat of each turn of a text; by order where it is not recorded, or not for all."""
    recorded = frame.has("repeat") and not frame.column("repeat")[table.index].isna().any()
    if recorded:
        return frame.column("repeat")[table.index]
    return table.groupby([*keys, "variant"]).cumcount() + 1.0


def by_text(frame: Frame, pairs: Pairs, values: Floats, cluster: str | None) -> Texts:
    """Put the answers to each text side by side."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "pair": frame.texts(pairs.pair),
            "variant": frame.texts(pairs.variant),
            "value": values,
        }
    )
    keys = ["pair"]
    for name in RUN:
        if frame.has(name):
            table[name] = frame.texts(name).fillna("")
            keys.append(name)
    if cluster is not None:
        table["cluster"] = frame.texts(cluster)
    table = table.dropna(subset=["pair", "variant"])
    table["repeat"] = repeats(frame, table, keys)
    if frame.has("cached"):
        # An answer out of a cache is the first one again, and shows nothing of how the model varies.
        first = table["repeat"] == table.groupby([*keys, "variant"])["repeat"].transform("min")
        table = table[first | (frame.column("cached")[table.index] != True).to_numpy()]  # noqa: E712 -- or missing
    again = table.duplicated([*keys, "variant", "repeat"])
    together = _together(table)
    wide = table[~again].pivot(index=keys, columns=["variant", "repeat"], values="value")
    of_rows = [together[pair] for pair in wide.index.get_level_values("pair")]
    codes = np.unique(np.array(of_rows, dtype=str), return_inverse=True)[1]
    return Texts(table=wide, clusters=codes.astype(np.int64), left_out=int(again.sum()))


def _together(table: pd.DataFrame) -> dict[str, str]:
    """Name of what each text belongs to: the plan's cluster where every text has one of it, else the text itself."""
    if "cluster" in table and table["cluster"].notna().all():
        each = table.groupby("pair")["cluster"].agg(["nunique", "first"])
        if (each["nunique"] == 1).all():
            return {str(pair): str(name) for pair, name in each["first"].items()}
    return {str(pair): str(pair) for pair in table["pair"]}


def compare(texts: Texts, first: str, second: str, repeat: float, *, level: float) -> Compared:
    """Compare two variants in one repeat, over the texts that both answered."""
    a, b = texts.table[first, repeat].to_numpy(), texts.table[second, repeat].to_numpy()
    return _compared(first, second, a, b, texts.clusters, level)


def _compared(
    first: str, second: str, a: Floats, b: Floats, clusters: NDArray[np.int64], level: float
) -> Compared:
    known = ~np.isnan(a) & ~np.isnan(b)
    x, y = a[known] == 1, b[known] == 1
    counts = int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum())
    worth = effective(a - b, clusters)
    return Compared(
        first=first,
        second=second,
        both=counts[0],
        only_first=counts[1],
        only_second=counts[2],
        neither=counts[3],
        alone=int((np.isnan(a) != np.isnan(b)).sum()),
        worth=worth,
        difference=paired_newcombe(*counts, level=level, worth=worth),
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


def noise(texts: Texts, *, level: float) -> Noise | None:
    """Measure the noise floor of a rate; None without repeats."""
    answered = flips = 0
    largest, spread = 0.0, 0.0
    for variant in texts.variants:
        answers = texts.of(variant)
        numbers = sorted(answers.columns)
        if len(numbers) < 2:
            continue
        first, second = (answers[r].to_numpy() for r in numbers[:2])
        found = _compared(variant, variant, first, second, texts.clusters, level)
        if not found.n:
            continue
        flipped = found.only_first + found.only_second
        answered, flips = answered + found.n, flips + flipped
        largest = max(largest, abs(found.difference.value))
        spread = max(spread, float(np.sqrt(flipped / found.n / found.worth)))
    if not answered:
        return None
    return Noise(
        texts=answered,
        flips=flips,
        largest=largest,
        floor=max(largest, normal_quantile(level) * spread),
    )


def left_out(texts: Texts) -> str:
    """Why nothing passes where turns were left out of a comparison; empty if none were."""
    if not texts.left_out:
        return ""
    return say(
        "{n:,} turns are the same text, variant and repeat as another and were left out",
        n=texts.left_out,
    )


def alike(n: int, worth: float) -> str:
    """A sentence for pairs that are not so many texts; empty where they are."""
    if round(worth) >= n:
        return ""
    return say(" Several belong together: they are worth {worth:,.0f} texts.", worth=worth)
