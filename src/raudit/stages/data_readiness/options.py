"""Options of the stage."""

from __future__ import annotations

from pydantic import Field

from raudit.validate import Strict


class Freshness(Strict):
    """How old the data may be."""

    as_of: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}")
    """Day against which age is told, such as the day of the launch; a stage does not look at the clock."""
    max_age_days: float | None = Field(default=None, gt=0)
    """Largest accepted age of the newest row."""
    max_gap_days: float | None = Field(default=None, gt=0)
    """Largest accepted time between two rows that follow one another."""


class Options(Strict):
    """Options of the stage."""

    small_cell: int = Field(default=10, ge=1, le=1000)
    """Fewest rows that a bin or level shows; rarer ones are pooled."""
    bins: int = Field(default=50, ge=4, le=200)
    """Most bins of a numeric column."""
    max_levels: int = Field(default=30, ge=2, le=200)
    """Most levels of a text column; the rest are pooled."""
    min_group: int = Field(default=50, ge=10, le=100_000)
    """Fewest rows of a group that is profiled by itself."""
    max_columns: int = Field(default=200, ge=1, le=2000)
    """Most columns that are profiled."""
    max_missing: float = Field(default=0.2, ge=0, le=1)
    """Largest accepted share of missing values in a column."""
    features: tuple[str, ...] = ()
    """Columns by which rows are compared; by default what the model takes, else all that have no other role."""
    unit: tuple[str, ...] = ()
    """Columns that name a person or unit; without them equal rows cannot be told from people who look alike."""
    time: str | None = None
    """Column with the time of each row, for splits by time, freshness and gaps."""
    outcome_time: str | None = None
    """Column with the time at which the outcome was known; a feature with a later time stamp leaks."""
    known_at: dict[str, str] = Field(default_factory=dict)
    """By feature: the column that says when its value was known."""
    max_duplicates: float = Field(default=0.01, ge=0, le=1)
    """Largest accepted share of rows that repeat an earlier one."""
    max_near_duplicates: float = Field(default=0.05, ge=0, le=1)
    """Largest accepted share of rows that equal another in all columns but one."""
    max_shared: float = Field(default=0.01, ge=0, le=1)
    """Largest accepted share of audited rows that stand in the training data as well."""
    leak_auc: float = Field(default=0.97, gt=0.5, le=1)
    """From this lower bound of its area under the curve on, one feature predicts the label too well."""
    max_rows: int = Field(default=20_000, ge=1_000, le=10_000_000)
    """Most rows on which leakage and label noise are estimated; more are drawn from."""
    known_placeholders: tuple[str, ...] = ()
    """Values that look like placeholders and are none, such as ``none`` where it is an answer."""
    labels_promised: dict[str, int] = Field(default_factory=dict)
    """By class: labelled rows that the plan of the project promises."""
    min_class_share: float = Field(default=0.01, ge=0, le=0.5)
    """Smallest accepted share of a class of the label."""
    max_label_noise: float = Field(default=0.05, ge=0, le=1)
    """Largest accepted share of wrong labels."""
    population: dict[str, dict[str, float]] = Field(default_factory=dict)
    """By attribute: the share of each group among the people the system is for."""
    min_coverage: float = Field(default=0.8, gt=0, le=1)
    """Smallest accepted ratio of a group's share in the data to its share of the population."""
    freshness: Freshness = Freshness()
    """How old the newest row may be, and how wide a gap in time."""
