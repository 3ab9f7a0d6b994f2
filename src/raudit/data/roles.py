"""What the columns of a data set are to the audit."""

from __future__ import annotations

from dataclasses import dataclass

from raudit.data.interface import ColumnName
from raudit.plan.schema import Attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A column of outcomes or decisions, and which of its values (as text) is favourable."""

    column: ColumnName
    favourable: frozenset[str]
    """Empty for regression, ranking and multiclass."""
    unfavourable: frozenset[str] = frozenset()
    """If not empty, a value in neither set is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Columns by role. Predictions of a model are columns like any other by the time a stage sees them."""

    label: Outcome | None = None
    """What really happened."""
    prediction: Outcome | None = None
    """What the system decided."""
    score: ColumnName | None = None
    """What the system scored; higher is more favourable."""
    score_turned: str = ""
    """How a score of which high is bad was turned around, such as ``1 - risk``; empty if it stands as it is."""
    threshold: float | None = None
    """Scores at or above it are favourable decisions."""
    baseline: Outcome | None = None
    """What a simpler rule decided."""
    weight: ColumnName | None = None
    count: ColumnName | None = None
    """How many people a row stands for; None if each row is one."""
    sensitive: tuple[Attribute, ...] = ()
    control: tuple[Attribute, ...] = ()
    key: tuple[ColumnName, ...] = ()
    """What names a row; empty if rows are named by their number."""
    features: tuple[ColumnName, ...] = ()
    """What the model takes; empty without a model."""
