"""What is said of a printed number that does not follow."""

from __future__ import annotations

from dataclasses import dataclass

from raudit.findings import written
from raudit.stages.fairness.nyc_ll144.layout import Row
from raudit.stages.fairness.nyc_ll144.printed import Printed

Span = tuple[float, float]
"""Smallest and largest value a number can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A printed number that does not follow."""

    line: int
    """Line of the file, row of the sheet or of the page's table."""
    section: str
    category: str
    what: str
    """``rate``, ``impact ratio``, ``counts``, ``sum`` or ``unreadable``."""
    kind: str
    """``last digit`` if it is off by no more than one in its last digit, else ``number``."""
    printed: str
    expected: str
    explanation: str


def middle(span: Span) -> float:
    """Middle of a range."""
    return (span[0] + span[1]) / 2


def rate_fault(row: Row, rate: Printed, counted: Span) -> Fault:
    """The rate is not that of its counts."""
    right = rate.like(counted[0])
    text = f"{row.selected:,} of {row.assessed:,} gives {right}"
    return fault_of(row, "rate", rate.text, right, text, _kind(rate, counted))


def count_fault(row: Row, rate: Printed) -> Fault:
    """Rate and ratio agree with each other and not with the counts."""
    assert row.assessed is not None and row.selected is not None  # noqa: S101, PT018
    right = f"about {round(rate.value * row.assessed):,} of {row.assessed:,}"
    text = (
        f"the printed rate {rate.text} and the ratio agree with each other and not with the counts; {right} would "
        "give them, if the applicants are right"
    )
    kind = _kind(rate, (row.selected / row.assessed,) * 2) if row.assessed else "number"
    return fault_of(row, "counts", f"{row.selected:,} of {row.assessed:,}", right, text, kind)


def ratio_fault(row: Row, ratio: Printed, span: Span, best: Span) -> Fault:
    """The ratio is not that of its rate to the highest."""
    low, high = span[0] / max(best[1], 1e-12), span[1] / max(best[0], 1e-12)
    right = ratio.like(middle(span) / middle(best))
    wide = ratio.like(low), ratio.like(high)
    expected = right if wide[0] == wide[1] else f"{wide[0]} to {wide[1]}"
    text = (
        f"the rate over the highest rate of the section ({written(middle(best))}) gives {expected}"
    )
    if span[0] != span[1]:
        text += ", whatever the rates were before rounding; the rate or the ratio is wrong"
    return fault_of(row, "impact ratio", ratio.text, right, text, _kind(ratio, (low, high)))


def _kind(printed: Printed, span: Span) -> str:
    """A slip in the last digit (rounded down instead of up, or one off), or another number."""
    near = printed.low - printed.unit <= span[1] and span[0] <= printed.high + printed.unit
    return "last digit" if near else "number"


def fault_of(
    row: Row, what: str, printed: str, expected: str, explanation: str, kind: str
) -> Fault:
    """A fault of a row."""
    return Fault(
        line=row.line,
        section=row.section,
        category=" / ".join(row.name) + (f" ({row.scope})" if row.scope else ""),
        what=what,
        kind=kind,
        printed=printed,
        expected=expected,
        explanation=explanation,
    )
