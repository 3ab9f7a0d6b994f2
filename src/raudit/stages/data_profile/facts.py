"""Facts that the stage ``data_profile`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(
        name="data.missing_share_max",
        type=FactType.NUMBER,
        meaning="Largest share of missing values in a column, 0 to 1.",
    ),
)
