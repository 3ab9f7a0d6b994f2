"""Bins for scores that do not depend on the data, so that tables of parts merge.

Equal-width bins lose everything when all scores are tiny; bins made of the leading bits of the score as a float32
number keep the same relative width at any scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBins:
    """How scores become bins; a higher score never gets a lower bin."""

    bits: int = 18
    """Leading bits of the float32 form; 0 for ``width`` equal bins between ``low`` and ``high``."""
    width: int = 1000
    low: float = 0.0
    high: float = 1.0
    cuts: tuple[float, ...] = ()
    """Scores at which a bin must begin, such as thresholds and calibration edges; ascending."""

    def __post_init__(self) -> None:
        if tuple(sorted(set(self.cuts))) != self.cuts:
            raise ValueError("cuts must be ascending and distinct")

    def index(self, scores: NDArray[np.float64], cuts: Sequence[float] | None = None) -> Ints:
        """Bin of each score; ``cuts`` as the scores' own type holds them, if that is no float64."""
        return self._plain(scores) + np.searchsorted(
            np.asarray(self.cuts if cuts is None else cuts), scores, side="right"
        )

    def begins(self, cut: float) -> int:
        """First bin at or above a cut."""
        position = self.cuts.index(cut)
        return int(self._plain(np.array([cut]))[0]) + position + 1

    def expression(self, score: Any) -> Any:
        """The same as a narwhals expression; for equal-width bins only.

        ``floor`` comes before ``cast``, because a bare cast truncates in some engines and rounds in others.
        """
        import narwhals as nw

        if self.bits:
            raise ValueError("engines other than numpy need equal-width bins")
        plain = ((score - self.low) * (self.width / (self.high - self.low))).floor().cast(nw.Int64)
        plain = plain.clip(0, self.width - 1)
        for cut in self.cuts:
            plain = plain + nw.when(score >= cut).then(1).otherwise(0)
        return plain

    def _plain(self, scores: NDArray[np.float64]) -> Ints:
        if not self.bits:
            scaled = np.floor((scores - self.low) * (self.width / (self.high - self.low)))
            return np.clip(scaled, 0, self.width - 1).astype(np.int64)
        with np.errstate(over="ignore"):
            pattern = (np.asarray(scores) + 0.0).astype(np.float32).view(np.uint32)  # + 0.0 turns -0.0 into 0.0
        negative = (pattern >> 31).astype(bool)
        ordered = np.where(negative, ~pattern, pattern | np.uint32(0x80000000))
        return (ordered >> np.uint32(32 - self.bits)).astype(np.int64)

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        if self.bits:
            return {"float32_bits": self.bits, "cuts": list(self.cuts)}
        return {"width": self.width, "low": self.low, "high": self.high, "cuts": list(self.cuts)}

    @classmethod
    def from_json(cls, value: Any) -> ScoreBins:
        """From JSON."""
        cuts = tuple(float(cut) for cut in value["cuts"])
        if "float32_bits" in value:
            return cls(bits=int(value["float32_bits"]), cuts=cuts)
        return cls(bits=0, width=int(value["width"]), low=value["low"], high=value["high"], cuts=cuts)
