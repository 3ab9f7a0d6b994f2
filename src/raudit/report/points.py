"""Differences of shares are counted in percentage points: a gap of 0.240 between rates is 24.0 points, not 24 %."""

from __future__ import annotations

from collections.abc import Callable

from raudit.findings import Measurement
from raudit.report.language import Language

GAPS = frozenset(
    {
        "accuracy_difference",
        "average_odds_difference",
        "calibration_difference",
        "conditional_demographic_parity_difference",
        "confident_error_difference",
        "demographic_parity_difference",
        "equal_opportunity_difference",
        "equalized_odds_difference",
        "label_coverage_difference",
        "paired_difference",
        "predictive_parity_difference",
        "selection_rate_difference",
    }
)
"""Metrics that are a difference of two shares of people, rows or calls."""


def writer(m: Measurement | None, language: Language) -> Callable[[float | None], str]:
    """How the value and the ends of a measurement are written: with as many decimals, and alike."""
    numbers = language.numbers
    if m is None:
        return numbers.number
    if m.metric in GAPS:
        return numbers.points
    low, high = (m.interval.low, m.interval.high) if m.interval else (None, None)
    return numbers.count if m.unit == "rows" else numbers.column([m.value, low, high])


def counted(text: str, m: Measurement | None, language: Language) -> str:
    """A written value with what it is counted in, for a sentence."""
    if m is None:
        return text
    if m.metric in GAPS:
        return language("points", value=text)
    return f"{text}\u202f{m.unit}" if m.unit else text


def in_cell(text: str, m: Measurement, language: Language) -> str:
    """The same for a cell of a table, where room is short."""
    return f"{text} {language.numbers.points_word}" if m.metric in GAPS else text


def limit_text(value: float | None, m: Measurement | None, language: Language) -> str:
    """A limit without what it is counted in: as it was declared, without zeros after it."""
    number = language.numbers.number
    return number(round(100 * value, 10) if value is not None and m and m.metric in GAPS else value)
