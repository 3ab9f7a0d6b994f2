"""What a comparison comes to: which columns moved, and which have levels that chance does not explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raudit.findings import Status
from raudit.stages.drift.compare import Shift
from raudit.stages.drift.options import Options
from raudit.stats import holm
from raudit.stats.series import spent_alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A column against the reference, and what may be said of it."""

    shift: Shift
    clear: bool
    """Whether chance does not explain it, over all comparisons and all audits of the series."""
    moved: bool
    """Whether it is clear and as large as the limit."""
    settled: bool
    """Whether the interval stays below the limit."""
    levels: Status
    """Of its levels: failed if some are gone, or new in more rows than the limit and than chance explains."""
    lost_levels: int
    """Levels of the reference that do not occur, although chance would have shown them."""

    @property
    def status(self) -> Status:
        """Of the distance."""
        if self.moved:
            return Status.FAILED
        return Status.PASSED if self.settled else Status.INDETERMINATE


def spent(options: Options) -> float:
    """Chance of a false alarm that one audit may spend, all its columns and groups together."""
    return spent_alpha(options.alpha, options.audits)


def judge(found: Sequence[Shift], options: Options) -> tuple[Judged, ...]:
    """Judge all comparisons of one audit together, since each has its chance of a false alarm.

    Half of what the audit may spend goes to distances (Holm), half to levels (Bonferroni over the columns whose
    levels are judged: those of everyone, for a level and for its absence).
    """
    half = spent(options) / 2
    clear = holm([item.p_value for item in found]) <= half
    columns = sum(1 for item in found if has_levels(item))
    each = half / max(2 * columns, 1)
    return tuple(
        Judged(
            shift=item,
            clear=bool(ok),
            moved=bool(ok) and item.psi.value >= options.max_psi,
            settled=item.psi.high < options.max_psi,
            levels=_levels(item, each, options),
            lost_levels=_lost(item, each),
        )
        for item, ok in zip(found, clear, strict=True)
    )


def has_levels(item: Shift) -> bool:
    """Whether the levels of this comparison are judged: of texts, among everyone."""
    return item.ks is None and not item.group


def _lost(item: Shift, each: float) -> int:
    return sum(1 for chance in item.lost_chances if chance < each)


def _levels(item: Shift, each: float, options: Options) -> Status:
    if _lost(item, each):
        return Status.FAILED
    if item.new_rows <= options.max_new_levels * max(item.n_new, 1):
        return Status.PASSED
    return Status.FAILED if item.new_chance < each else Status.INDETERMINATE
