"""One column's profile: counts by bin or level, rare ones pooled, edges rounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from raudit.data import Kind
from raudit.sentences import say
from raudit.stats.tally import Tally, tally

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MAX_EXACT = 64
"""Distinct numbers up to which each is a bin of its own."""
MAX_LEVEL_LENGTH = 60
IDENTIFIER_SHARE = 0.5
"""A text column with more distinct values than this share of its rows names rows rather than describes them."""
NAMES_ROWS = say("nearly every row has its own value")


def profile(
    series: pd.Series[Any], kind: Kind, *, small_cell: int, bins: int, max_levels: int
) -> dict[str, Any]:
    """Profile a column; see ``raudit.policy.drift`` for the form.

    Parameters
    ----------
    small_cell
        Fewest rows that a bin or level shows.
    bins, max_levels
        Most bins of a number, most levels of a text.
    """
    if kind in {Kind.NUMBER, Kind.INTEGER}:
        import pandas as pd

        numbers = pd.to_numeric(series, errors="coerce")
        return _number(numbers.to_numpy(dtype=float, na_value=math.nan), small_cell, bins)
    missing = int(series.isna().sum())
    values = series.dropna()
    if kind in {Kind.TEXT, Kind.BOOLEAN}:
        return _levels(values.astype(str), missing, small_cell, max_levels)
    return omitted(len(values), missing, say("a {kind} column", kind=kind))


def omitted(n: int, missing: int, why: str) -> dict[str, Any]:
    """A column of which only the number of values is kept, and why."""
    return {"kind": "omitted", "n": n, "missing": missing, "why": why}


def _number(values: NDArray[np.float64], small_cell: int, bins: int) -> dict[str, Any]:
    import numpy as np

    counted = tally(values)
    n, missing = counted.n, counted.missing
    if 0 < counted.values.size <= MAX_EXACT and counted.counts.min() >= small_cell:
        return _numbers(
            counted.values.tolist(), [0, *counted.counts.tolist()], n, missing, exact=True
        )
    if n < 2 * small_cell:
        return _numbers([], [n], n, missing, exact=False)
    cuts = counted.nearest_quantiles(np.linspace(0, 1, bins + 1)[1:-1])
    low, high = counted.quantiles([0.1, 0.9])
    spread = float(high - low) or float(counted.values[-1] - counted.values[0])
    edges = np.unique([_rounded(cut, spread) for cut in cuts])
    kept = _pooled(counted, edges, small_cell, _heavy(counted, spread, small_cell, bins))
    counts = np.diff(counted.below(kept), prepend=0, append=n).tolist()
    return _numbers(kept, counts, n, missing, exact=False)


def _numbers(
    edges: list[float], counts: list[int], n: int, missing: int, *, exact: bool
) -> dict[str, Any]:
    return {
        "kind": "number",
        "n": n,
        "missing": missing,
        "edges": edges,
        "counts": counts,
        "exact": exact,
    }


def _rounded(value: float, spread: float) -> float:
    """Three digits of the spread: no edge is anybody's exact value."""
    if spread <= 0:
        return value
    digits = 2 - math.floor(math.log10(spread))
    try:
        return round(float(value), digits)
    except OverflowError:  # a digit up, and there is no such number
        return value


def _heavy(counted: Tally, spread: float, small_cell: int, bins: int) -> list[tuple[float, float]]:
    """Cells around values that many rows share, the commonest first: within a wider bin nobody sees them move."""
    import numpy as np

    least = max(small_cell, counted.n / bins)
    order = np.argsort(-counted.counts, kind="stable")
    common = [place for place in order.tolist() if counted.counts[place] >= least]
    return [_cell(float(counted.values[place]), spread) for place in common]


def _cell(value: float, spread: float) -> tuple[float, float]:
    """The rounded edges between which a value lies: the lower one is at most the value, the upper one above it."""
    if spread <= 0 or not math.isfinite(spread):
        return value, math.nextafter(value, math.inf)
    digits = 2 - math.floor(math.log10(spread))
    unit = 10.0**-digits
    low = round(value, digits)
    low = low if low <= value else round(value - unit, digits)
    high = round(low + unit, digits)
    return low, high if high > value else math.nextafter(value, math.inf)


def _pooled(
    counted: Tally,
    edges: NDArray[np.float64],
    small_cell: int,
    heavy: list[tuple[float, float]],
) -> list[float]:
    """The edges between which every bin holds enough rows, or beside a common value none."""
    kept: list[float] = []
    for cell in heavy:
        kept = _with(kept, cell, counted, small_cell, empty=True)
    for edge in edges.tolist():
        kept = _with(kept, (edge,), counted, small_cell, empty=False)
    return kept


def _with(
    kept: list[float], more: tuple[float, ...], counted: Tally, small_cell: int, *, empty: bool
) -> list[float]:
    """The kept edges with some more, unless a bin then holds too few rows."""
    import numpy as np

    wider = sorted({*kept, *more})
    sizes = np.diff(counted.below(wider), prepend=0, append=counted.n)
    if len(wider) == len(kept):
        return kept
    fresh = [place for place, edge in enumerate(wider) if edge in more]
    beside = {place for at in fresh for place in (at, at + 1)}
    fits = all(
        sizes[place] >= small_cell or (empty and sizes[place] == 0) for place in sorted(beside)
    )
    return wider if fits else kept


def _levels(
    texts: pd.Series[Any], missing: int, small_cell: int, max_levels: int
) -> dict[str, Any]:
    found = texts.value_counts()
    n = len(texts)
    if len(found) > max_levels and len(found) > IDENTIFIER_SHARE * n:
        return omitted(n, missing, NAMES_ROWS)
    if len(found) and max(map(len, found.index)) > MAX_LEVEL_LENGTH:
        return omitted(n, missing, say("free text"))
    named = sorted(
        (-int(count), str(level)) for level, count in found.items() if count >= small_cell
    )
    counts = named[:max_levels]
    other = n + sum(count for count, _level in counts)
    if 0 < other < small_cell and counts:
        counts.pop()  # a small rest could be read off the total; the rarest level joins it
        other = n + sum(count for count, _level in counts)
    largest = -named[len(counts)][0] if len(named) > len(counts) else small_cell - 1
    counts.sort(key=lambda pair: pair[1])
    return {
        "kind": "levels",
        "n": n,
        "missing": missing,
        "levels": [level for _count, level in counts],
        "counts": [-count for count, _level in counts],
        "other": other,
        "other_most": min(largest, other),
    }
