"""How often the interval of a change holds the truth, and how often a change is called clear.

The table of docs/explanation/intervals.md. Two groups are drawn in two records each; what `raudit compare` says of the
gap between them is held against the truth.

python benchmarks/compare_coverage.py [--markdown] [--draws 4000]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from raudit.policy.rates import Rate, pair_change

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Rates of two groups before and after, and rows of each group in both records."""

    what: str
    old: Pair
    new: Pair
    sizes: tuple[int, int]


SETTINGS = (
    Setting(what="turns", old=(0.4, 0.3), new=(0.3, 0.4), sizes=(2000, 2000)),
    Setting(what="closes", old=(0.4, 0.3), new=(0.35, 0.35), sizes=(2000, 2000)),
    Setting(what="opens", old=(0.35, 0.35), new=(0.4, 0.3), sizes=(2000, 2000)),
    Setting(what="stays at zero", old=(0.3, 0.3), new=(0.3, 0.3), sizes=(500, 500)),
    Setting(what="stays at zero", old=(0.3, 0.3), new=(0.3, 0.3), sizes=(200, 5000)),
    Setting(what="opens", old=(0.5, 0.5), new=(0.6, 0.4), sizes=(100, 100)),
    Setting(what="opens", old=(0.1, 0.1), new=(0.15, 0.05), sizes=(400, 400)),
    Setting(what="closes", old=(0.05, 0.08), new=(0.05, 0.05), sizes=(1000, 300)),
    Setting(what="closes", old=(0.9, 0.95), new=(0.9, 0.9), sizes=(300, 300)),
    Setting(what="turns", old=(0.7, 0.2), new=(0.2, 0.7), sizes=(150, 150)),
    Setting(what="turns", old=(0.2, 0.21), new=(0.21, 0.2), sizes=(20_000, 20_000)),
    Setting(what="turns", old=(0.02, 0.04), new=(0.04, 0.02), sizes=(3000, 1000)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Shares of draws."""

    covers: float
    clear: float
    turned: float


def rate(group: str, events: int, n: int) -> Rate:
    """A selection rate as a record holds it."""
    return Rate(group=(group,), metric="selection_rate", value=events / n, n=n, effective=float(n))


def simulated(setting: Setting, rng: np.random.Generator, draws: int) -> Iterator[tuple[Rate, ...]]:
    """Four rates a draw (old, old, new, new), told as a record does: the group that was ahead comes first."""
    counts = [
        rng.binomial(n, p, draws)
        for pair in (setting.old, setting.new)
        for p, n in zip(pair, setting.sizes, strict=True)
    ]
    first, second = setting.sizes
    for a, b, c, d in zip(*(count.tolist() for count in counts), strict=True):
        four = rate("a", a, first), rate("b", b, second), rate("a", c, first), rate("b", d, second)
        yield (four if four[0].value >= four[1].value else (four[1], four[0], four[3], four[2]))


def gap(pair: Pair, *, ratio: bool) -> float:
    """The signed gap of two rates."""
    return pair[1] / pair[0] if ratio else pair[0] - pair[1]


def measured(setting: Setting, seed: int, draws: int, *, ratio: bool = False) -> Found:
    """Simulate a setting."""
    hits = clear = turned = 0
    for four in simulated(setting, np.random.default_rng(seed), draws):
        change = pair_change(four, ratio=ratio, compared=2, level=0.95, wide=0.95)
        if change is None or change.difference.low is None or change.difference.high is None:
            continue  # a rate of zero has no ratio, and such a draw counts as missed
        pairs = setting.old, setting.new
        old, new = pairs if four[0].group == ("a",) else tuple((b, a) for a, b in pairs)
        truth = gap(new, ratio=ratio) - gap(old, ratio=ratio)
        hits += change.difference.low <= truth <= change.difference.high
        clear += change.clear
        turned += change.turned
    return Found(covers=hits / draws, clear=clear / draws, turned=turned / draws)


def table(draws: int, *, markdown: bool) -> str:
    """All settings, for differences and for ratios."""
    head = ("gap", "old", "new", "rows", "covers", "called clear", "called turned", "ratio covers")
    rows = []
    for seed, setting in enumerate(SETTINGS):
        one = measured(setting, seed, draws)
        other = measured(setting, seed, draws, ratio=True)
        rates = [f"{100 * a:.0f} % / {100 * b:.0f} %" for a, b in (setting.old, setting.new)]
        sizes = " / ".join(f"{n:,}" for n in setting.sizes)
        shares = (one.covers, one.clear, one.turned, other.covers)
        rows.append((setting.what, *rates, sizes, *(f"{share:.1%}" for share in shares)))
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
        return "\n".join([lines[0], "|---|---|---|---|--:|--:|--:|--:|", *lines[1:]])
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (head, *rows)
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--draws", type=int, default=4000)
    chosen = parser.parse_args()
    print(table(chosen.draws, markdown=chosen.markdown))


if __name__ == "__main__":
    main()
