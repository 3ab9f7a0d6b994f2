"""Facts that the stage ``reidentification`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(
        name="reidentification.measured",
        type=FactType.LIST,
        meaning="Attacks that were carried out.",
    ),
    Fact(
        name="reidentification.risk_max",
        type=FactType.NUMBER,
        meaning="Largest risk of an attack on the released table, 0 to 1.",
    ),
    Fact(
        name="reidentification.membership_tpr",
        type=FactType.NUMBER,
        meaning="Share of training rows that the model gives away at 1 % false alarms, 0 to 1.",
    ),
)
