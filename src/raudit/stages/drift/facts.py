"""Facts that the stage ``drift`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(
        name="drift.measured",
        type=FactType.TRUTH,
        meaning="Whether the data was compared with a reference.",
    ),
    Fact(name="drift.reference_sha256", type=FactType.TEXT, meaning="Digest of the reference."),
    Fact(
        name="drift.columns_compared",
        type=FactType.NUMBER,
        meaning="Columns compared with the reference.",
    ),
    Fact(
        name="drift.moved",
        type=FactType.LIST,
        meaning="Columns that moved clearly away from the reference.",
    ),
    Fact(
        name="drift.moved_in_groups",
        type=FactType.LIST,
        meaning="Groups with a column that moved clearly.",
    ),
    Fact(
        name="drift.psi_max",
        type=FactType.NUMBER,
        meaning="Largest population stability index of a column.",
    ),
    Fact(
        name="drift.score_psi",
        type=FactType.NUMBER,
        meaning="Population stability index of the scores.",
    ),
    Fact(
        name="drift.new_levels",
        type=FactType.LIST,
        meaning="Columns with levels the reference does not have.",
    ),
    Fact(
        name="drift.lost_levels",
        type=FactType.LIST,
        meaning="Columns that lost a level of the reference.",
    ),
    Fact(
        name="drift.estimated_accuracy",
        type=FactType.NUMBER,
        meaning="Accuracy estimated from calibrated scores without labels, 0 to 1.",
    ),
    Fact(
        name="drift.accuracy_low",
        type=FactType.NUMBER,
        meaning="What accuracy can be at least, late labels open.",
    ),
    Fact(
        name="drift.accuracy_high",
        type=FactType.NUMBER,
        meaning="What accuracy can be at most, late labels open.",
    ),
)
