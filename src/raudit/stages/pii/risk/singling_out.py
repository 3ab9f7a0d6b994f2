"""Quasi-identifiers: how many rows are alone in their combination of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_COLUMNS = 8
"""Columns that are considered; beyond it the most distinguishing ones are taken."""
COUNTED = 2**24
"""Possible combinations that are numbered by counting, some thirty times as fast as by sorting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinglingOut:
    """What a set of columns does to the rows of a table."""

    columns: tuple[str, ...]
    n: int
    """Rows."""
    k: int
    """k-anonymity: size of the smallest group of rows with the same values."""
    alone: int
    """Rows that are alone in their combination."""
    below: int
    """Rows in groups smaller than the threshold."""
    classes: int
    """Number of different combinations."""
    diversity: int | None = None
    """l-diversity: fewest different values of the sensitive column in any group; None without one."""
    sensitive: str = ""
    alike: int = 0
    """Rows in groups of two or more that all have the same sensitive value."""
    groups_alike: int = 0
    """Groups that these rows form."""
    t: float | None = None
    """t-closeness: the largest distance between a group's distribution of the sensitive column and everybody's, from
    0 (the same) to 1; None without a sensitive column."""
    t_rows: int = 0
    """Rows of the group that is farthest."""

    @property
    def alone_share(self) -> float:
        """Share of rows that are alone."""
        return self.alone / self.n if self.n else 0.0


def group_codes(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Number the values of each column; missing is a value of its own."""
    import numpy as np
    import pandas as pd

    codes = {}
    for name in columns:
        column = frame[name]
        if column.dtype == object:  # nested values cannot be hashed, their text can
            column = column.map(
                lambda value: (
                    repr(value) if hasattr(value, "__len__") and value is not None else value
                )
            )
        found, _ = pd.factorize(column, use_na_sentinel=True)
        codes[name] = np.asarray(found, dtype=np.int64) + 1
    return codes


def measure(
    codes: dict[str, Any],
    columns: Sequence[str],
    threshold: int,
    sensitive: str = "",
    *,
    counts: Any = None,
) -> SinglingOut:
    """Group the rows by some columns and look at the sizes of the groups.

    Parameters
    ----------
    codes
        Numbered values of each column, arrays of shape (n,).
    columns
        The quasi-identifiers.
    threshold
        Groups smaller than this are counted in ``below``.
    sensitive
        Column whose values should differ within each group.
    counts
        Rows that each stands for, of shape (n,); one by default.

    References
    ----------
    Sweeney (2002), k-anonymity; Machanavajjhala et al. (2007), l-diversity (distinct).
    """
    import numpy as np

    group = groups(codes, columns)
    rows = np.ones(len(group), dtype=np.int64) if counts is None else counts
    n = int(rows.sum())
    sizes = np.bincount(group, rows).astype(np.int64)
    diversity, alike, groups_alike, t, t_rows = None, 0, 0, None, 0
    if sensitive and n:
        levels = int(codes[sensitive].max()) + 1
        different = np.bincount(np.unique(group * levels + codes[sensitive]) // levels)
        diversity = int(different.min())
        same = (different == 1) & (sizes > 1)
        alike, groups_alike = int(sizes[same].sum()), int(same.sum())
        t, t_rows = _t_closeness(group, codes[sensitive], rows)
    return SinglingOut(
        columns=tuple(columns),
        n=n,
        k=int(sizes.min()) if n else 0,
        alone=int(np.count_nonzero(sizes == 1)),
        below=int(sizes[sizes < threshold].sum()),
        classes=len(sizes),
        diversity=diversity,
        sensitive=sensitive,
        alike=alike,
        groups_alike=groups_alike,
        t=t,
        t_rows=t_rows,
    )


def _t_closeness(group: Any, sensitive: Any, rows: Any) -> tuple[float, int]:
    """The largest total variation distance of a group, and how many rows it has; the larger group of equal ones.

    References
    ----------
    Li, Li & Venkatasubramanian (2007), t-closeness, with the equal distance between categories.
    """
    import numpy as np

    sizes = np.bincount(group, rows)
    everybody = np.bincount(sensitive, rows) / rows.sum()
    levels = len(everybody)
    cells, place = np.unique(group * levels + sensitive, return_inverse=True)
    counts = np.bincount(place, rows)
    owner, level = cells // levels, cells % levels
    excess = np.clip(counts / sizes[owner] - everybody[level], 0, None)
    distance = np.round(np.bincount(owner, excess, minlength=len(sizes)), 12)
    farthest = np.lexsort((-sizes, -distance))[0]
    return float(distance[farthest]), int(sizes[farthest])


def groups(codes: dict[str, Any], columns: Sequence[str]) -> Any:
    """Number combinations of values; renumbered after each column, so that no product can overflow."""
    import numpy as np

    group = np.zeros(len(next(iter(codes.values()))), dtype=np.int64)
    groups = 1
    for name in columns:
        levels = int(codes[name].max(initial=0)) + 1
        combined = group * levels + codes[name]
        if groups * levels <= COUNTED:
            used = np.flatnonzero(np.bincount(combined, minlength=1))
            number = np.zeros(groups * levels, dtype=np.int64)
            number[used] = np.arange(used.size)
            group = number[combined]
        else:
            _, group = np.unique(combined, return_inverse=True)
        groups = int(group.max(initial=0)) + 1
    return group


def most_identifying(
    codes: dict[str, Any],
    columns: Sequence[str],
    threshold: int,
    size: int = 3,
    *,
    counts: Any = None,
) -> list[SinglingOut]:
    """Measure the sets of up to ``size`` columns that leave most rows alone, worst first, one for each size.

    All pairs are tried; a larger set grows from the worst smaller one.
    """
    best: list[SinglingOut] = []
    if len(columns) < 2:
        return best
    worst = max(
        (measure(codes, pair, threshold, counts=counts) for pair in combinations(columns, 2)),
        key=_badness,
    )
    best.append(worst)
    while len(worst.columns) < min(size, len(columns)):
        more = [c for c in columns if c not in worst.columns]
        worst = max(
            (measure(codes, (*worst.columns, c), threshold, counts=counts) for c in more),
            key=_badness,
        )
        best.append(worst)
    return best[::-1]


def _badness(found: SinglingOut) -> tuple[int, int, int]:
    return found.alone, found.below, found.classes
