"""What a column looks like, as far as a draft plan needs to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLook:
    """A column at a glance."""

    name: str
    kind: str
    """As in ``raudit.data.Kind``."""
    numeric: bool
    distinct: int
    """Number of different values that are not missing."""
    missing: int
    more: bool = False
    """Whether counting stopped at ``distinct``, so that there may be more."""
    levels: tuple[str, ...] = ()
    """The values themselves, as text, only where there are at most twelve and none may name somebody."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """Levels that by their look mean that the value is not known."""
        return tuple(
            level
            for level in self.levels
            if level.strip().lower() in {"", "?", "unknown", "n/a", "na"}
        )

    def says(self) -> str:
        """One line on the column: counts, and no value; a plan is committed where the data is not."""
        distinct = f"at least {self.distinct:,}" if self.more else f"{self.distinct:,}"
        text = f"{self.kind}, {distinct} distinct"
        if self.missing:
            text += f", {self.missing:,} missing"
        return text
