"""How far two profiles of the same column lie apart: PSI, Kolmogorov-Smirnov, chi-square.

Works from the profiles that ``stages.data_readiness`` keeps in a record, so that two records are enough and no row
is needed. A profile is one of

- ``{"kind": "number", "n", "missing", "edges": [...], "counts": [...], "exact"}``: counts below the first edge,
  between edges (lower edge included), and from the last edge on; ``exact`` if every edge is a value and every value
  is an edge, so that nothing lies between edges;
- ``{"kind": "levels", "n", "missing", "levels": [...], "counts": [...], "other", "other_most"}``: counts by level, rare
  levels pooled in ``other``, of which none has more than ``other_most`` rows.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from raudit.sentences import say, term

MODERATE = 0.1
LARGE = 0.25
"""Customary lines of the population stability index."""
UNSEEN = 0.05
"""Share of rare values, pooled in both records, from which on no column is called stable: all may be replaced ones."""
BINS = 10
ALPHA = 0.05
"""Chance, over all columns together, of calling a shift where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How one column moved."""

    name: str
    test: str
    """``ks`` or ``chi-square``."""
    n_old: int
    n_new: int
    psi: float | None
    """Population stability index over about ten bins of the old profile; range 0 to infinity, 0 if nothing moved."""
    statistic: float | None
    """Kolmogorov-Smirnov distance (0 to 1) or chi-square."""
    p_value: float | None
    """Of the test; for KS from the smallest distance the bins allow, so that coarse bins never invent a shift."""
    effect: float | None
    """KS distance, or Cramér's V for levels."""
    state: str = "stable"
    """``stable``, ``moderate``, ``large`` or ``unclear`` (it looks moved, but chance could explain it)."""
    why: str = ""
    """Why there is no number."""
    incomparable: bool = False
    """Whether the records do not let it be compared, so that a gate on drift cannot tell."""


def shifts(
    old: Mapping[str, Any], new: Mapping[str, Any], *, alpha: float = ALPHA
) -> tuple[Shift, ...]:
    """Compare every column of two sets of profiles; p-values are held against Holm's steps over all of them."""
    from raudit.stats import holm

    found = [_shift(name, old[name], new[name]) for name in sorted(set(old) & set(new))]
    found += [
        absent(name, say("it is only in the old record"), incomparable=True)
        for name in sorted(set(old) - set(new))
    ]
    found += [
        absent(name, say("it is only in the new record"), incomparable=True)
        for name in sorted(set(new) - set(old))
    ]
    p_values = [math.nan if shift.p_value is None else shift.p_value for shift in found]
    return tuple(
        replace(shift, state=_state(shift, bool(p <= alpha)))
        for shift, p in zip(found, holm(p_values), strict=True)
    )


def absent(name: str, why: str, *, incomparable: bool = False) -> Shift:
    """A column of which nothing can be told, and why."""
    return Shift(
        name=name,
        test="",
        n_old=0,
        n_new=0,
        psi=None,
        statistic=None,
        p_value=None,
        effect=None,
        why=why,
        incomparable=incomparable,
        state="unclear",
    )


def _state(shift: Shift, is_clear: bool) -> str:
    if shift.psi is None:
        return "unclear"
    if shift.psi < MODERATE:
        return "stable"
    if not is_clear:
        return "unclear"
    return "large" if shift.psi >= LARGE else "moderate"


def _shift(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Shift:
    if old.get("kind") != new.get("kind"):
        return absent(
            name,
            say(
                "it was kept as {old} and is now kept as {new}",
                old=term(str(old.get("kind"))),
                new=term(str(new.get("kind"))),
            ),
            incomparable=True,
        )
    if old.get("kind") == "omitted":
        return absent(name, say("it was not profiled: {why}", why=term(str(old.get("why", "")))))
    if old["n"] < 1 or new["n"] < 1:
        return _presence(name, old, new)
    return _numbers(name, old, new) if old["kind"] == "number" else _levels(name, old, new)


def _numbers(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Shift:
    from raudit.stats.shift import kolmogorov_tail

    smallest, likely = ks_distance(old, new)
    n, m = old["n"], new["n"]
    gone = _presence(name, old, new)
    if _unbinned(old) or _unbinned(new):
        return absent(
            name,
            say("too few rows share a value or a bin of it for a record to keep any"),
            incomparable=True,
        )
    p_value = min(
        2 * min(kolmogorov_tail(math.sqrt(n * m / (n + m)) * smallest), gone.p_value or 0.0), 1.0
    )
    if _replaced(old, new):
        p_value = min(p_value, _chance_of_other_values(old, new))
    # Bins of like mass of the old profile alone miss what happens inside its outermost bin, or inside its only value.
    psi = max(
        _psi_over(old, new, _cuts(old)),
        _psi_over(old, new, _cuts(new)),
        _psi_over(old, new, _values(old, new)),
    )
    return Shift(
        name=name,
        test="ks",
        n_old=n,
        n_new=m,
        psi=psi,
        statistic=likely,
        p_value=p_value,
        effect=likely,
    )


def _unbinned(profile: Mapping[str, Any]) -> bool:
    """Whether a profile says no more than how many values there are."""
    return not profile["edges"] and not profile["exact"]


def _psi_over(old: Mapping[str, Any], new: Mapping[str, Any], cuts: Sequence[float]) -> float:
    from raudit.stats.shift import psi_value

    rows = []
    for profile in (old, new):
        mass = [0.0, *(_cdf(profile, cut) for cut in cuts), 1.0]
        # Missing values are a bin of their own: a column that starts to arrive empty has moved.
        counts = [profile["n"] * (b - a) for a, b in itertools.pairwise(mass)]
        rows.append([*counts, profile.get("missing", 0)])
    return psi_value(*rows)


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[float]:
    """Every value, where they are known and few, such as constants, 0 and 1, marks; or mostly others than before."""
    values = sorted({*old["edges"], *new["edges"]})
    known = old["exact"] and new["exact"]
    return values if known and (len(values) <= BINS or _replaced(old, new)) else []


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether most rows have a value that the other record has none of, as where whole ages become half ones."""
    if not (old["exact"] and new["exact"]):
        return False
    shared = {*old["edges"]} & {*new["edges"]}
    return all(
        2 * sum(count for value, count in _counted(side) if value in shared) < side["n"]
        for side in (old, new)
    )


def _counted(profile: Mapping[str, Any]) -> Iterator[tuple[float, int]]:
    """Values of an exact profile with their rows: none lies below the first."""
    return zip(profile["edges"], profile["counts"][1:], strict=True)


def _chance_of_other_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """Chance that both records' values are draws from the same ones, however near they lie to each other."""
    from raudit.stats.shift import chi_square

    sides = [dict(_counted(side)) for side in (old, new)]
    values = sorted({*sides[0], *sides[1]})
    return chi_square(*([side.get(value, 0) for value in values] for side in sides), expected=5)[1]


def _presence(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Shift:
    """Whether a column arrives empty more or less often than it did."""
    rows = [
        {"levels": ["present"], "counts": [p["n"]], "missing": p.get("missing", 0)}
        for p in (old, new)
    ]
    if any(row["counts"][0] + row["missing"] == 0 for row in rows):
        return absent(name, "one of the records has no rows for it")
    return _levels(name, *rows)


def ks_distance(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[float, float]:
    """The Kolmogorov-Smirnov distance of two binned samples: the smallest the bins allow, and the likeliest.

    Between its edges a binned distribution function is known only to lie between its values at them. The smallest
    distance uses these bounds; the likeliest interpolates. For exact profiles both are the distance of the samples.
    """
    smallest = likely = 0.0
    for x in sorted({*old["edges"], *new["edges"]}):
        a_low, a_high = _bounds(old, x)
        b_low, b_high = _bounds(new, x)
        smallest = max(smallest, a_low - b_high, b_low - a_high)
        likely = max(likely, abs(_cdf(old, x) - _cdf(new, x)))
    return smallest, likely


def _cumulative(profile: Mapping[str, Any]) -> list[float]:
    """Share of values below each edge."""
    total = profile["n"]
    return [count / total for count in itertools.accumulate(profile["counts"][:-1])]


def _bounds(profile: Mapping[str, Any], x: float) -> tuple[float, float]:
    """What the share of values below x can be."""
    edges: Sequence[float] = profile["edges"]
    shares = _cumulative(profile)
    at = bisect.bisect_left(edges, x)
    if at < len(edges) and edges[at] == x:
        return shares[at], shares[at]
    below = shares[at - 1] if at > 0 else 0.0
    above = shares[at] if at < len(shares) else 1.0
    if profile["exact"]:
        return above, above  # all values between two edges sit on the lower one, which is below x
    return below, above


def _cdf(profile: Mapping[str, Any], x: float) -> float:
    """Share of values below x, straight between edges."""
    low, high = _bounds(profile, x)
    edges: Sequence[float] = profile["edges"]
    at = bisect.bisect_left(edges, x)
    if low == high or at in {0, len(edges)}:
        return low if low == high else (low + high) / 2
    span = edges[at] - edges[at - 1]
    return low + (high - low) * (x - edges[at - 1]) / span


def _cuts(profile: Mapping[str, Any]) -> list[float]:
    """About nine edges of a profile that cut it into bins of like mass; a bin as heavy as that stands alone."""
    cuts: list[float] = []
    last = 0.0
    least = 1 / BINS - 1e-12
    shares = _cumulative(profile)
    for edge, share, upto in zip(profile["edges"], shares, [*shares[1:], 1.0], strict=True):
        enough = share - last >= least
        before_a_heavy_one = share > last and upto - share >= least
        if share < 1 and (enough or before_a_heavy_one):
            cuts.append(edge)
            last = share
    return cuts


def _levels(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Shift:
    """Levels that one record names and the other does not are looked for among the other's rare ones."""
    from raudit.stats.shift import chi_square, psi_value

    rows = _level_rows(old, new)
    n, m = sum(rows[0]), sum(rows[1])
    statistic, p_value = chi_square(*rows)
    psi, effect = psi_value(*rows), math.sqrt(statistic / (n + m))
    unseen = min(rows[0][-2] / n, rows[1][-2] / m)
    if psi < MODERATE and unseen >= UNSEEN:
        return absent(
            name,
            say("{share:.0%} of its values are rare ones, which records do not name", share=unseen),
            incomparable=True,
        )
    return Shift(
        name=name,
        test="chi-square",
        n_old=n,
        n_new=m,
        psi=psi,
        statistic=statistic,
        p_value=p_value,
        effect=effect,
    )


def _level_rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Counts of both by the same levels, then by rare ones and missing ones.

    A record that pooled nothing has none of a level that it does not name. One that pooled some has as many as its
    pool and its commonest pooled level allow, and no more than would make the two records alike: so a pool never
    invents a shift, and never hides that a common level went or came.
    """
    counts = [dict(zip(side["levels"], side["counts"], strict=True)) for side in (old, new)]
    pools = [int(side.get("other", 0)) for side in (old, new)]
    most = [int(side.get("other_most", pool)) for side, pool in zip((old, new), pools, strict=True)]
    sizes = [max(sum(side.values()) + pool, 1) for side, pool in zip(counts, pools, strict=True)]
    rows: tuple[list[int], list[int]] = ([], [])
    for level in sorted({*counts[0], *counts[1]}):
        for side in (0, 1):
            seen = counts[side].get(level)
            if seen is None:
                alike = round(counts[1 - side][level] * sizes[side] / sizes[1 - side])
                seen = min(pools[side], most[side], alike)
                pools[side] -= seen
            rows[side].append(seen)
    for side, profile in enumerate((old, new)):
        rows[side].extend([pools[side], profile.get("missing", 0)])
    return rows
