"""Facts that the stage ``explain`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(name="explain.available", type=FactType.TRUTH, meaning="Whether the model was explained."),
    Fact(name="explain.method", type=FactType.TEXT, meaning="How: linear, tree or permutation."),
    Fact(
        name="explain.proxies",
        type=FactType.LIST,
        meaning="Features that carry a sensitive feature.",
    ),
    Fact(
        name="explain.gap_features",
        type=FactType.LIST,
        meaning="Features that carry most of a gap between groups.",
    ),
)
