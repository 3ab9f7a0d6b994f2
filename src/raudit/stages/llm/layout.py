"""Titles, columns and captions of this stage's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from raudit.record import ColumnKind
from raudit.sentences import say
from raudit.stages.llm.say import percent_level

Columns = tuple[tuple[str, str, ColumnKind | Literal[""]], ...]

INTERVAL = "interval"
"""Heading of an interval; the plan's level goes before it."""
_INTERVAL: tuple[str, str, ColumnKind] = ("interval", INTERVAL, "interval")

LAYOUTS: Mapping[str, tuple[str, Columns, str]] = {
    "files": (
        "Files of turns",
        (
            ("file", "File", "code"),
            ("format", "Format", "code"),
            ("attempts", "Calls", "count"),
            ("errors", "Without answer", "count"),
            ("blocked", "Withheld", "count"),
            ("bad", "Unreadable rows", "count"),
            ("conflicts", "Contradicting rows", "count"),
            ("state", "State", ""),
        ),
        "A call counts once, however often its row stands there. Nothing passes on a file that was read in part.",
    ),
    "judges": (
        "Judges held against people",
        (
            ("outcome", "Outcome", ""),
            ("subject", "Model and prompt", ""),
            ("labelled", "Labelled", "count"),
            ("sensitivity", "Sensitivity", "proportion"),
            ("sensitivity_interval", INTERVAL, "interval"),
            ("specificity", "Specificity", "proportion"),
            ("specificity_interval", INTERVAL, "interval"),
            ("kappa", "Kappa", "number"),
            ("constant", "Constant label right", "proportion"),
            ("naive", "Judge's rate", "proportion"),
            ("corrected", "Corrected", "proportion"),
            ("corrected_interval", INTERVAL, "interval"),
            ("rogan_gladen", "Rogan-Gladen", "proportion"),
            ("rogan_gladen_interval", INTERVAL, "interval"),
        ),
        "Clopper-Pearson intervals. Corrected: prediction-powered; its interval speaks of the recorded turns.",
    ),
    "agreement": (
        "Agreement of people",
        (
            ("outcome", "Outcome", ""),
            ("subject", "Model and prompt", ""),
            ("n", "Turns", "count"),
            ("raw", "Raw", "proportion"),
            ("raw_interval", INTERVAL, "interval"),
            ("kappa", "Fleiss' kappa", "number"),
            ("kappa_interval", INTERVAL, "interval"),
            ("alpha", "Krippendorff's alpha", "number"),
            ("alpha_interval", INTERVAL, "interval"),
        ),
        "Intervals by bootstrap over turns.",
    ),
    "rates": (
        "Outcomes by group",
        (
            ("outcome", "Outcome", ""),
            ("grouping", "Grouping", ""),
            ("group", "Group", ""),
            ("n", "Turns", "count"),
            ("naive", "As labelled", "proportion"),
            ("rate", "Rate", "proportion"),
            _INTERVAL,
            ("because", "Why none", ""),
        ),
        (
            "A rate that rests on a judge is corrected by labels of people in that group alone, "
            "or not given; these rates need not average to the overall one."
        ),
    ),
    "shares": (
        "Shares of labels",
        (
            ("label", "Label", "code"),
            ("model", "Model", ""),
            ("by", "By", "code"),
            ("level", "Level", ""),
            ("value", "Value", ""),
            ("events", "Turns", "count"),
            ("n", "Of", "count"),
            ("share", "Share", "proportion"),
            _INTERVAL,
        ),
        "Of answered turns that have the label.",
    ),
    "pairs": (
        "The same text with a group swapped",
        (
            ("outcome", "Outcome", ""),
            ("first", "First", ""),
            ("second", "Second", ""),
            ("n", "Texts", "count"),
            ("only_first", "First only", "count"),
            ("only_second", "Second only", "count"),
            ("difference", "Difference", "points"),
            _INTERVAL,
            ("p", "McNemar p", "p_value"),
            ("holm", "Holm p", "p_value"),
            ("noise_floor", "Noise floor", "points"),
            ("flips", "Flips", "count"),
            ("repeated", "Texts repeated", "count"),
        ),
        "Newcombe's paired interval; exact McNemar test. The noise floor is what repeats of the same text differ by.",
    ),
    "scores": (
        "Scores of the same text with a group swapped",
        (
            ("outcome", "Score", "code"),
            ("first", "First", ""),
            ("second", "Second", ""),
            ("n", "Texts", "count"),
            ("difference", "Difference", "number"),
            _INTERVAL,
            ("p", "p", "p_value"),
            ("holm", "Holm p", "p_value"),
            ("noise_floor", "Noise floor", "number"),
        ),
        "Paired t on the mean of a text's repeats. Last row: largest gap of all means, groups swapped within texts.",
    ),
    "top": (
        "Selection of the best",
        (
            ("k", "k", "count"),
            ("variant", "Variant", ""),
            ("selected", "Selected", "count"),
            ("n", "Of", "count"),
            ("rate", "Share", "proportion"),
            ("ratio", "Ratio to highest", "number"),
        ),
        "First repeat; by score, then by turn. Rows with k = 1 and no ratio say who is first of each text.",
    ),
    "changes": (
        "Change of prompt or model on the same questions",
        (
            ("change", "Change", ""),
            ("outcome", "Outcome", ""),
            ("part", "Part", ""),
            ("n", "Answers", "count"),
            ("only_before", "Before only", "count"),
            ("only_after", "After only", "count"),
            ("difference", "Difference", "points"),
            _INTERVAL,
            ("corrected", "Corrected", "points"),
            ("corrected_interval", INTERVAL, "interval"),
            ("p", "McNemar p", "p_value"),
        ),
        "After minus before, as labelled; where a judge labelled, corrected by people's labels too.",
    ),
    "counters": (
        "What success costs",
        (
            ("harm", "Harm", ""),
            ("version", "Version", ""),
            ("events", "Conversations", "count"),
            ("n", "Of", "count"),
            ("rate", "Share", "proportion"),
            _INTERVAL,
        ),
        "A conversation counts once, however often the harm was recorded in it.",
    ),
    "attacks": (
        "Attacks",
        (
            ("control", "Control", ""),
            ("tried", "Tried", "count"),
            ("judged", "Judged", "count"),
            ("successes", "Succeeded", "count"),
            ("rate", "Share", "proportion"),
            ("corrected", "Corrected", "proportion"),
            ("upper", "Upper bound", "proportion"),
            ("withheld", "Withheld", "count"),
            ("errors", "Errors", "count"),
            ("labelled", "Labelled", "count"),
        ),
        "Upper bound: one-sided, 95 %, with what the detector misses. Withheld answers are no evidence either way.",
    ),
    "stereotypes": (
        "Stereotyped answers",
        (
            ("category", "Category", ""),
            ("condition", "Context", ""),
            ("predicted", "Answers", "code"),
            ("matched", "Matched", "count"),
            ("n", "Of", "count"),
            ("accuracy", "Accuracy", "proportion"),
            ("bias_score", "Bias score", "number"),
            _INTERVAL,
        ),
        "BBQ: 0 follows no stereotype, 100 every one, -100 always the opposite. Interval over templates.",
    ),
    "numbers": (
        "Numbers by group",
        (
            ("number", "Number", "code"),
            ("grouping", "Grouping", ""),
            ("group", "Group", ""),
            ("n", "Turns", "count"),
            ("mean", "Mean", "number"),
            ("median", "Median", "number"),
            ("p95", "95th percentile", "number"),
        ),
        "Of answered turns with a value.",
    ),
}
"""By id of the table."""


def columns_at(columns: Columns, level: float) -> Columns:
    """Name the level over every interval."""
    heading = say("{level} interval", level=percent_level(level))
    return tuple(
        (key, heading if label is INTERVAL else label, kind) for key, label, kind in columns
    )
