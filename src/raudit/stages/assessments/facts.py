"""Facts that the stage ``assessments`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(
        name="assessments.done",
        type=FactType.LIST,
        meaning="Checklists that are answered completely.",
    ),
    Fact(
        name="assessments.contradicted",
        type=FactType.LIST,
        meaning="Questions whose answer the evidence contradicts.",
    ),
    Fact(
        name="assessments.decisions",
        type=FactType.MAPPING,
        meaning="By checklist: sign-offs, accepted answers and met conditions that count, by whom, and whether proven.",
    ),
)
