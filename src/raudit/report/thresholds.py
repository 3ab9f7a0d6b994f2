"""What other thresholds would do to everyone, and what their errors would cost by the figures that people gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from raudit.record import Record

COSTS = {"false_positive": "tradeoffs.false_positive", "false_negative": "tradeoffs.false_negative"}
"""Questions of the checklist ``launch-readiness`` in which people say what a wrong decision costs."""
UNIT = "tradeoffs.unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one wrong decision costs."""

    false_positive: float
    false_negative: float
    unit: str
    """As people gave it; empty if they did not."""
    source: str
    """``assessment`` or ``plan``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Decisions of everyone at one threshold."""

    threshold: float
    selection_rate: float
    true_positive_rate: float | None
    false_positive_rate: float | None
    accuracy: float
    cost: float | None
    """Of the errors among a thousand people; None where nobody said what errors cost."""
    cheapest: bool = False


def costs_of(record: Record) -> Costs | None:
    """What the assessment says that errors cost, or else the plan."""
    given = _answers(record)
    amounts = {name: _amount(given.get(question)) for name, question in COSTS.items()}
    positive, negative = amounts["false_positive"], amounts["false_negative"]
    if positive is not None and negative is not None:
        unit = str(given.get(UNIT, "")).partition(" \u2014 ")[0]
        return Costs(
            false_positive=positive, false_negative=negative, unit=unit, source="assessment"
        )
    stage = record.stage("fairness")
    declared = stage.options.get("costs") if stage else None
    if not isinstance(declared, Mapping):
        return None
    return Costs(
        false_positive=float(declared["false_positive"]),
        false_negative=float(declared["false_negative"]),
        unit="",
        source="plan",
    )


def replayed_of(record: Record, costs: Costs | None) -> tuple[Replayed, ...]:
    """Decisions of everyone at the thresholds that the stage ``fairness`` counted; empty without scores."""
    rows = [_replayed(one, costs) for one in _counted(record)]
    known = [row.cost for row in rows if row.cost is not None]
    least = min(known, default=None)
    return tuple(
        Replayed(
            threshold=row.threshold,
            selection_rate=row.selection_rate,
            true_positive_rate=row.true_positive_rate,
            false_positive_rate=row.false_positive_rate,
            accuracy=row.accuracy,
            cost=row.cost,
            cheapest=row.cost is not None and row.cost == least,
        )
        for row in rows
    )


def _counted(record: Record) -> Iterable[Mapping[str, Any]]:
    stage = record.stage("fairness")
    found = stage.artefacts.get("thresholds") if stage else None
    rows = found if isinstance(found, list | tuple) else ()
    return [row for row in rows if _people(row) > 0]


def _people(row: Mapping[str, Any]) -> float:
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    return sum(float(row[name]) for name in names)


def _replayed(row: Mapping[str, Any], costs: Costs | None) -> Replayed:
    hit, wrong = float(row["true_positives"]), float(row["false_positives"])
    missed, kept = float(row["false_negatives"]), float(row["true_negatives"])
    people = _people(row)
    cost = None
    if costs is not None:
        errors = wrong * costs.false_positive + missed * costs.false_negative
        cost = 1000 * errors / people
    return Replayed(
        threshold=float(row["threshold"]),
        selection_rate=(hit + wrong) / people,
        true_positive_rate=hit / (hit + missed) if hit + missed else None,
        false_positive_rate=wrong / (wrong + kept) if wrong + kept else None,
        accuracy=(hit + kept) / people,
        cost=cost,
    )


def _answers(record: Record) -> Mapping[str, Any]:
    """Accepted answers by id of their question."""
    stage = record.stage("assessments")
    return {
        str(row.get("id")): row.get("answer")
        for table in (stage.tables if stage else ())
        if table.id == "answers-launch-readiness"
        for row in table.rows
        if row.get("review") == "accepted"
    }


def _amount(answer: object) -> float | None:
    text = str(answer or "").partition(" \u2014 ")[0].replace(",", "")
    try:
        return float(text)
    except ValueError:
        return None
