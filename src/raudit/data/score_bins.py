"""Bins for scores: each distinct score by itself where they are few, else of equal numbers of rows.

Bins of equal width, or of equal relative width, lose everything where scores crowd together: all near 1e6, all
within .9947 to .9999, all within .5 ± .0001. So the bins are learnt from the scores, and a bin knows whether more
than one score can lie in it: only such bins can hide an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DISTINCT = 32_768
"""Distinct scores up to which each has a bin to itself."""
QUANTILES = 8_192
"""Bins of like numbers of rows, beyond that."""
KEPT = 2**20
"""Distinct scores that are remembered while bins are learnt."""


@dataclass(frozen=True, kw_only=True)
class ScoreBins:
    """How scores become bins; a higher score never gets a lower bin."""

    edges: tuple[float, ...] = ()
    """Scores at which a bin begins, ascending; none: they are still to be learnt (see ``Sketch``)."""
    width: int = 0
    """For engines other than numpy: this many equal bins between ``low`` and ``high``, instead of edges."""
    low: float = 0.0
    high: float = 1.0
    cuts: tuple[float, ...] = ()
    """Scores at which a bin must begin, such as thresholds and calibration edges; ascending."""
    single: bool = False
    """Scores are float32, so that a cut is compared as float32 too: 0.7 is no larger than the float32 next to it."""

    def __post_init__(self) -> None:
        if tuple(sorted(set(self.cuts))) != self.cuts:
            raise ValueError("cuts must be ascending and distinct")

    @property
    def learnt(self) -> bool:
        """Whether scores can be put into bins already."""
        return bool(self.width or self.edges)

    def index(self, scores: Floats) -> Ints:
        """Bin of each score."""
        if not self.width:
            return np.searchsorted(self._bounds, scores, side="right").astype(np.int64)
        return self._plain(scores) + np.searchsorted(self._own(self.cuts), scores, side="right")

    def begins(self, cut: float) -> int:
        """First bin at or above a cut."""
        return int(self.index(self._own((self.cuts[self.cuts.index(cut)],)))[0])

    def one_score(self, bins: Ints) -> NDArray[np.bool_]:
        """Which bins can hold one score only, so that all rows in them are tied."""
        if self.width:
            return np.zeros(bins.shape, dtype=bool)
        bounds = self._bounds
        inside = (bins > 0) & (bins < bounds.size)
        at = np.where(inside, bins, 1)
        alone = np.nextafter(bounds[at - 1], np.inf) >= bounds[np.minimum(at, bounds.size - 1)]
        return np.asarray(inside & (bounds.size > 1) & alone, dtype=bool)

    def expression(self, score: Any) -> Any:
        """The same as a narwhals expression; for equal-width bins only.

        ``floor`` comes before ``cast``, because a bare cast truncates in some engines and rounds in others.
        """
        import narwhals as nw

        if not self.width:
            raise ValueError("engines other than numpy need equal-width bins")
        plain = ((score - self.low) * (self.width / (self.high - self.low))).floor().cast(nw.Int64)
        plain = plain.clip(0, self.width - 1)
        for cut in self.cuts:
            plain = plain + nw.when(score >= cut).then(1).otherwise(0)
        return plain

    @cached_property
    def _bounds(self) -> Floats:
        return np.unique(
            np.concatenate([np.asarray(self.edges, dtype=float), self._own(self.cuts)])
        )

    def _own(self, cuts: tuple[float, ...]) -> Floats:
        """Cuts in the scores' own precision."""
        values = np.asarray(cuts, dtype=float)
        return own_precision(values, single=self.single)

    def _plain(self, scores: Floats) -> Ints:
        scaled = np.floor((scores - self.low) * (self.width / (self.high - self.low)))
        return np.clip(scaled, 0, self.width - 1).astype(np.int64)

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        if self.width:
            return {
                "width": self.width,
                "low": self.low,
                "high": self.high,
                "cuts": list(self.cuts),
            }
        return {"edges": list(self.edges), "cuts": list(self.cuts), "float32": self.single}

    @classmethod
    def from_json(cls, value: Any) -> ScoreBins:
        """From JSON."""
        cuts = tuple(float(cut) for cut in value["cuts"])
        if "edges" in value:
            return cls(
                edges=tuple(float(edge) for edge in value["edges"]),
                cuts=cuts,
                single=bool(value["float32"]),
            )
        return cls(width=int(value["width"]), low=value["low"], high=value["high"], cuts=cuts)


def own_precision(values: Floats, *, single: bool) -> Floats:
    """Numbers as float32 holds them, if that is how scores were stored."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32).astype(np.float64) if single else values


@dataclass(slots=True)
class Sketch:
    """Distinct scores and how often each occurs, batch by batch; beyond ``KEPT`` of them, those at even ranks."""

    values: Floats = field(default_factory=lambda: np.zeros(0))
    counts: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, scores: Floats) -> None:
        """Look at a batch of finite scores."""
        self.add_counted(*np.unique(scores + 0.0, return_counts=True))  # + 0.0 turns -0.0 into 0.0

    def add_counted(self, values: Floats, counts: Ints) -> None:
        """Look at distinct finite scores, of which each occurs so often."""
        every, place = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        self.counts = np.bincount(place, weights=np.concatenate([self.counts, counts])).astype(
            np.int64
        )
        self.values = every
        if every.size > KEPT:
            self._thin(KEPT // 4)

    def _thin(self, size: int) -> None:
        """Keep scores at even ranks; a frequent score holds a rank and stays, with the rows of those before it."""
        last = np.unique(_at_even_ranks(self.counts, size))
        totals = np.cumsum(self.counts)[last]
        self.values, self.counts = self.values[last], np.diff(totals, prepend=0)

    def bins(self, wanted: ScoreBins) -> ScoreBins:
        """Bins with edges that suit the scores seen."""
        if self.values.size <= DISTINCT:
            alone, begins = self.values, self.values[:0]
        else:
            alone = self.values[self.counts * QUANTILES > self.counts.sum()]
            begins = self.values[_at_even_ranks(self.counts, QUANTILES)]
        edges = np.unique(np.concatenate([alone, np.nextafter(alone, np.inf), begins]))
        return replace(wanted, edges=tuple(edges.tolist()))


def _at_even_ranks(counts: Ints, size: int) -> NDArray[np.intp]:
    running = np.cumsum(counts)
    ranks = np.arange(1, size + 1) * (running[-1] / size)
    return np.asarray(
        np.minimum(np.searchsorted(running, ranks - 0.5), counts.size - 1), dtype=np.intp
    )
