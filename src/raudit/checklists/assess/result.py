"""Parts of what answers come to: figures, gaps, contradictions, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from raudit.checklists.sources import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number so far, and where it can still end."""

    now: Decimal | None
    best: Decimal | None
    worst: Decimal | None
    """Smallest and largest value over all ways to answer what is open; for points of risk, less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A question that is not answered."""

    question: str
    reason: str
    """``not answered``, ``unknown, NAME finds out by DAY`` or what a row lacks."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted:
    """An answer that what was measured contradicts."""

    question: str
    answer: str
    """The answer, in words."""
    because: str
    """What was measured, as a sentence."""
    fact: str
    line: int
    by: str = ""
    at: str = ""
    """Who answered, and on which day."""
    places: tuple[Place, ...] = ()
    """Each fact that contradicts it: where it stands in the record, and what it says there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An outcome and why."""

    id: str
    title: str
    """How it is called for people."""
    because: str
