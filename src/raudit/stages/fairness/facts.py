"""Facts that the stage ``fairness`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(
        name="fairness.groups_compared",
        type=FactType.LIST,
        meaning="Sensitive features whose groups were compared.",
    ),
    Fact(
        name="fairness.intersections_compared",
        type=FactType.LIST,
        meaning="Crossings of sensitive features that were compared.",
    ),
    Fact(
        name="fairness.metrics", type=FactType.LIST, meaning="Metrics that were computed by group."
    ),
    Fact(
        name="fairness.smallest_group",
        type=FactType.NUMBER,
        meaning="Rows of the smallest compared group.",
    ),
    Fact(
        name="fairness.worst_gap",
        type=FactType.MAPPING,
        meaning="The widest gap: metric, value, highest and lowest group.",
    ),
    Fact(
        name="fairness.ndkl.*",
        type=FactType.NUMBER,
        meaning="Divergence of a ranking from its groups' shares (NDKL), by sensitive feature.",
    ),
)
