"""What the plan may say under ``stages: fairness:``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, field_validator, model_validator

from raudit.findings import written
from raudit.sentences import say
from raudit.validate import Strict

Preset = Literal["four-fifths", "nyc-ll144", "equal-opportunity", "equalized-odds", "calibration"]

PRESETS: Mapping[str, Mapping[str, float]] = {
    "four-fifths": {"demographic_parity_ratio": 0.8},
    "nyc-ll144": {"impact_ratio": 0.8},
    "equal-opportunity": {"equal_opportunity_difference": 0.1},
    "equalized-odds": {"equalized_odds_difference": 0.1},
    "calibration": {"calibration_difference": 0.05},
}
"""Limits that each preset sets. They are conventions; none of them is the law."""

DEFAULTS: Mapping[str, float] = {
    "demographic_parity_difference": 0.1,
    "demographic_parity_ratio": 0.8,
    "equalized_odds_difference": 0.1,
}
"""Limits where the plan names neither presets nor thresholds."""

OTHER_LIMITS = (
    "impact_ratio",
    "calibration_difference",
    "auc_difference",
    "cost_difference",
    "mean_error_difference",
    "mean_absolute_error_difference",
    "mean_prediction_difference",
    "conditional_demographic_parity_difference",
    "exposure_ratio",
)


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


class Words(Strict):
    """Words for the sentences, so that they name what really happens to people."""

    people: str = "people"
    """Plural noun, such as ``applicants``."""
    selected: str = ""
    """Plural verb phrase for the favourable decision, such as ``were invited``."""
    rejected: str = ""
    """The same for the unfavourable decision, such as ``were marked high risk``."""
    deserving: str = ""
    """Clause for a favourable outcome, such as ``who did not reoffend``."""
    undeserving: str = ""
    """Clause for an unfavourable outcome, such as ``who reoffended``."""
    unit: str = ""
    """Regression: unit of the label, such as ``dollars``."""
    groups: dict[str, str] = Field(default_factory=dict)
    """What to call a group in a sentence, such as ``African-American: Black``."""


class Costs(Strict):
    """What a wrong decision costs, in any one unit."""

    false_positive: float = Field(ge=0)
    """A favourable decision where the outcome was unfavourable."""
    false_negative: float = Field(ge=0)
    """An unfavourable decision where the outcome was favourable."""
    limit: float | None = Field(default=None, ge=0)
    """Largest accepted difference of mean cost between groups; no verdict without one."""

    @property
    def sentence(self) -> str:
        """Both costs in words."""
        return say(
            "A false positive costs {false_positive}, a false negative {false_negative}.",
            false_positive=written(self.false_positive),
            false_negative=written(self.false_negative),
        )


class PerformanceLimits(Strict):
    """How good is good enough, for everyone and in every group; no verdict without a limit."""

    accuracy: float | None = Field(default=None, gt=0, le=1)
    """Smallest accepted share of decisions that match the outcome, such as ``0.8``."""
    recall: float | None = Field(default=None, gt=0, le=1)
    """Smallest accepted share of people with a favourable outcome who are selected."""
    auc: float | None = Field(default=None, gt=0.5, le=1)
    """Smallest accepted area under the ROC curve."""
    calibration: float | None = Field(default=None, gt=0, le=1)
    """Largest accepted distance of the share of favourable outcomes from the mean score, either way."""

    def declared(self) -> dict[str, float]:
        """The limits that are set, by name."""
        return {name: limit for name, limit in self if limit is not None}


class Limit(NamedTuple):
    """The largest accepted difference or smallest accepted ratio, and who set it."""

    value: float
    source: str
    """``plan``, ``default`` or the preset's name."""


class FairnessOptions(Strict):
    """Options of the stage."""

    presets: Annotated[tuple[Preset, ...], BeforeValidator(_texts)] = ()
    """Named sets of limits, such as ``four-fifths``; conventions, none of which is the law."""
    thresholds: dict[str, float] = Field(default_factory=dict)
    """Limits by name of the disparity: the largest accepted difference, or the smallest accepted ratio."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Coverage of intervals."""
    family: Literal["attribute", "audit"] = "attribute"
    """Over what an interval holds at once: all pairs of groups of one attribute, or of the whole audit."""
    intersections: int = Field(default=2, ge=1, le=6)
    """Largest number of sensitive features that are crossed."""
    reference_groups: dict[str, str] = Field(default_factory=dict)
    """The group that each other one is held against, by sensitive feature, such as ``sex: Male``; every pair of
    groups is compared for features that are not named."""
    min_group: int = Field(default=30, ge=1)
    """Groups with fewer rows are reported and not compared."""
    min_events: int = Field(default=10, ge=1)
    """Fewest positives, negatives or decisions on which a rate of a compared group may rest."""
    suppress_below: int = Field(default=5, ge=1)
    """Counts under this are not printed, nor kept in the record."""
    draws: int = Field(default=10_000, ge=200, le=1_000_000)
    """Random draws behind intervals and tests that have no closed form."""
    calibration_bins: int = Field(default=10, ge=2, le=100)
    """Equal-width bins in which scores are held against outcomes."""
    top_k: tuple[int, ...] = ()
    """Ranking: list lengths at which selection is compared."""
    costs: Costs | None = None
    """What wrong decisions cost; mean costs are then compared between groups."""
    performance: PerformanceLimits = PerformanceLimits()
    """Limits of the values themselves, not of differences between groups."""
    words: Words = Words()
    """Words for the sentences of the report."""
    excluded_share: float = Field(default=0.02, ge=0, lt=1)
    """nyc-ll144: categories with a smaller share of the data may be left out of the impact ratios."""

    @field_validator("thresholds")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        if not value:
            return value
        from raudit.stages.fairness.measures.disparity import DISPARITIES
        from raudit.yamltext import nearest

        for name, limit in value.items():
            if name not in DISPARITIES and name not in OTHER_LIMITS:
                raise ValueError(
                    f"unknown disparity {name!r}; {nearest(name, [*DISPARITIES, *OTHER_LIMITS])}"
                )
            if not limit >= 0:
                raise ValueError(f"the limit of {name} must not be negative")
        return value

    @model_validator(mode="after")
    def _compared_groups_are_printed(self) -> FairnessOptions:
        if self.min_group < self.suppress_below:
            raise ValueError(
                f"min_group ({self.min_group}) is under suppress_below ({self.suppress_below}): the sizes of compared "
                "groups are printed, so no group may be compared whose size has to be hidden"
            )
        return self

    def reference(self, by: tuple[str, ...]) -> tuple[str, ...]:
        """The reference group of some attributes; empty unless each of them has one."""
        known = all(name in self.reference_groups for name in by)
        return tuple(self.reference_groups[name] for name in by) if by and known else ()

    def limits(self) -> dict[str, Limit]:
        """Limit and its source, by name of the disparity."""
        found = {
            name: Limit(limit, say("preset {preset}", preset=preset))
            for preset in self.presets
            for name, limit in PRESETS[preset].items()
        }
        if not self.presets and not self.thresholds:
            found = {name: Limit(limit, say("default")) for name, limit in DEFAULTS.items()}
        return found | {name: Limit(limit, say("plan")) for name, limit in self.thresholds.items()}
