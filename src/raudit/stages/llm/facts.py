"""Facts that the stage ``llm`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType

FACTS = (
    Fact(name="llm.turns", type=FactType.NUMBER, meaning="Recorded turns, each call once."),
    Fact(
        name="llm.read_whole",
        type=FactType.TRUTH,
        meaning="Whether every file of turns was read whole.",
    ),
    Fact(name="llm.error_rate", type=FactType.NUMBER, meaning="Share of calls without an answer."),
    Fact(name="llm.models", type=FactType.LIST, meaning="Models that answered."),
    Fact(
        name="llm.prompt_versions",
        type=FactType.LIST,
        meaning="Prompt versions that were recorded.",
    ),
    Fact(
        name="llm.groups_compared",
        type=FactType.LIST,
        meaning="Groups between which answers were compared.",
    ),
    Fact(
        name="llm.outcomes_over_limit",
        type=FactType.LIST,
        meaning="Outcomes whose rate or gap breaks its limit; absent where none could be told.",
    ),
    Fact(
        name="llm.outcomes_untold",
        type=FactType.LIST,
        meaning="Outcomes whose rate or a gap of which could not be told from its limit.",
    ),
    Fact(
        name="llm.rate.*",
        type=FactType.NUMBER,
        meaning="Share of answered turns with this outcome, corrected.",
    ),
    Fact(
        name="llm.judges_not_validated",
        type=FactType.LIST,
        meaning="Outcomes that rest on a model or string match without a sufficient sample by people.",
    ),
    Fact(name="llm.human_labels", type=FactType.NUMBER, meaning="Turns that people labelled."),
    Fact(
        name="llm.attacks", type=FactType.NUMBER, meaning="Recorded attacks with a judged answer."
    ),
    Fact(
        name="llm.attack_success",
        type=FactType.NUMBER,
        meaning="Largest share of successful attacks of any control, as the detector saw it.",
    ),
    Fact(
        name="llm.attack_upper_bound",
        type=FactType.NUMBER,
        meaning="Largest upper bound of any control, with what the detector misses.",
    ),
    Fact(
        name="llm.attacks_over_tolerance",
        type=FactType.LIST,
        meaning="Controls whose upper bound of attack success is over the tolerance, or has no tolerance.",
    ),
    Fact(
        name="llm.system_prompt_leaks",
        type=FactType.NUMBER,
        meaning="Answers that repeat the standing instructions.",
    ),
    Fact(
        name="llm.paired_gaps",
        type=FactType.LIST,
        meaning="Groups between which paired answers differ over the limit.",
    ),
    Fact(
        name="llm.regressions",
        type=FactType.LIST,
        meaning="Changes that made answers worse than the margin allows.",
    ),
    Fact(
        name="llm.counters_over_limit",
        type=FactType.LIST,
        meaning="Harms that are more frequent than agreed.",
    ),
)
