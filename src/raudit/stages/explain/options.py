"""Options of the stage."""

from __future__ import annotations

from pydantic import Field

from raudit.validate import Strict


class ExplainOptions(Strict):
    """``stages.explain`` in the plan."""

    rows: int = Field(default=4000, ge=100, le=1_000_000)
    """Rows to explain, drawn at random; fewer for models without a fast explainer."""
    slow_rows: int = Field(default=200, ge=50, le=10_000)
    """Rows to explain where only the permutation explainer applies."""
    background: int = Field(default=2000, ge=50, le=1_000_000)
    """Background rows, drawn at random."""
    top: int = Field(default=8, ge=1, le=30)
    """Features to show."""
    proxy_auc: float = Field(default=0.7, gt=0.5, le=1.0)
    """A feature that predicts a sensitive feature at least this well, by area under the curve, is called a proxy."""
    minimum_group: int = Field(default=30, ge=2)
    """Smallest group whose mean is shown."""
