"""Options of the stage."""

from __future__ import annotations

from pydantic import Field

from raudit.validate import Strict


class Options(Strict):
    """Options of the stage."""

    max_psi: float = Field(default=0.1, gt=0)
    """Population stability index from which a column counts as moved; 0.1 and 0.25 are customary."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """Chance of any false alarm over all columns, groups and audits of the series."""
    audits: int = Field(default=52, ge=1, le=10_000)
    """Audits of the series over which ``alpha`` is spent, such as 52 weekly ones."""
    max_new_levels: float = Field(default=0.01, ge=0, le=1)
    """Largest accepted share of rows with a level that the reference does not have."""
    max_levels: int = Field(default=200, ge=2, le=5000)
    """Most levels of a column that is compared; with more it names rows."""
    min_group: int = Field(default=100, ge=30, le=100_000)
    """Fewest rows of a group, on both sides, that is compared by itself."""
    columns: tuple[str, ...] = ()
    """Columns to compare; by default what the model takes, else all that both data sets have."""
    max_drop: float = Field(default=0.05, ge=0, le=1)
    """Largest accepted loss of accuracy against the reference."""
    min_p_calibrated: float = Field(default=0.01, gt=0, lt=1)
    """Smallest p value of the test of calibration with which performance is estimated without labels."""
