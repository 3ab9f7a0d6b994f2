"""Options of the stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from raudit.validate import Strict

Row = Annotated[int, Field(ge=0)]


class ReasonOptions(Strict):
    """``stages.explain.reasons``: single decisions whose reasons are printed."""

    rows: tuple[Row, ...] = ()
    """Rows of the data set, counted from 0; printed besides those that are chosen automatically."""
    keys: tuple[str, ...] = ()
    """The same by the plan's ``data.key``, of one column; where rows have keys their numbers mean nothing."""
    per_group: int = Field(default=1, ge=0, le=20)
    """Declined cases with the highest scores: so many for the group of each sensitive feature that the
    model puts lowest, and for the largest other group of the first one."""
    top: int = Field(default=4, ge=1, le=10)
    """Reasons for each case."""
    values: Literal["coarse", "exact", "none"] = "coarse"
    """How the case's own values are printed: numbers as a range that ten or more rows share and rare categories
    left out, as they are, or not at all. Texts that name rows rather than describe them are never printed."""


class ExplainOptions(Strict):
    """``stages.explain`` in the plan."""

    rows: int = Field(default=8000, ge=100, le=1_000_000)
    """Most rows to explain: sampling doubles until ``tolerance`` is met or this many rows are explained."""
    slow_rows: int = Field(default=200, ge=50, le=10_000)
    """The same where only the permutation explainer applies."""
    tolerance: float = Field(default=0.05, gt=0, le=1)
    """Half-width that every interval should be narrower than, as a part of the output's standard deviation."""
    perturbation: Literal["path", "interventional"] = "path"
    """What trees take a feature for that is not known: their own training weights, or the background's rows."""
    background: int = Field(default=2000, ge=50, le=1_000_000)
    """Background rows, drawn at random."""
    top: int = Field(default=8, ge=1, le=30)
    """Features to show."""
    resamples: int = Field(default=200, ge=50, le=5000)
    """Bootstrap resamples behind the ranks."""
    proxy_auc: float = Field(default=0.7, gt=0.5, le=1.0)
    """A feature that predicts a sensitive feature at least this well, by area under the curve, is called a proxy."""
    association: float = Field(default=0.7, gt=0.0, le=1.0)
    """Two features that are associated at least this strongly, from 0 to 1, are named as moving together."""
    confident: float = Field(default=0.9, gt=0.5, lt=1.0)
    """A score at least this high, or as low at the other end, counts as confident."""
    confident_gap: float = Field(default=0.05, gt=0.0, le=1.0)
    """Largest accepted difference in the share of confident decisions that are wrong."""
    interaction_rows: int = Field(default=100, ge=0, le=10_000)
    """Rows on which interactions of trees are computed; 0 leaves them out."""
    minimum_group: int = Field(default=30, ge=2)
    """Smallest group whose mean is shown."""
    unit: str = Field(default="", max_length=40)
    """Regression: unit of the label, such as ``dollars``, in which effects are printed."""
    reasons: ReasonOptions = ReasonOptions()
    """Single decisions whose reasons are printed."""
