"""What carries the gap of a group, in percentage points of mean predicted probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.pictures import Step, Waterfall
from raudit.record import Figure, StageRecord
from raudit.report.language import Language

MOST = 2
"""Groups that are drawn, each of another attribute; the annexes hold all."""
STEPS = 8
"""Features that are drawn one by one."""


def gap_figures(stage: StageRecord | None, language: Language) -> tuple[Figure, ...]:
    """Draw the widest gap of each attribute.

    Returns
    -------
    tuple of Figure
        Empty where the stage gave no gap in probability.
    """
    entries = stage.artefacts.get("gaps") if stage else None
    widest: dict[str, Mapping[str, Any]] = {}
    for entry in entries if isinstance(entries, list | tuple) else ():
        if isinstance(entry.get("probability"), Mapping):
            kept = widest.get(entry["attribute"])
            if kept is None or _size(entry) > _size(kept):
                widest[entry["attribute"]] = entry
    chosen = sorted(widest.values(), key=lambda entry: -_size(entry))[:MOST]
    assert stage is not None or not chosen  # noqa: S101 -- entries come from the stage
    return tuple(_figure(entry, stage, language) for entry in chosen if stage is not None)


def _size(entry: Mapping[str, Any]) -> float:
    return abs(float(entry["probability"]["total"]))


def _figure(entry: Mapping[str, Any], stage: StageRecord, language: Language) -> Figure:
    total, parts = 100 * float(entry["probability"]["total"]), entry["probability"]["parts"]
    ranked = sorted(parts.items(), key=lambda item: -abs(item[1]))
    ends = _intervals(entry, stage)
    steps = [
        Step(
            label=name,
            value=100 * float(part),
            low=100 * float(ends[name][0]) if name in ends else None,
            high=100 * float(ends[name][1]) if name in ends else None,
        )
        for name, part in ranked[:STEPS]
    ]
    if rest := ranked[STEPS:]:
        label = language("gap-rest", count=len(rest))
        steps.append(Step(label=label, value=100 * sum(float(part) for _, part in rest)))
    group, number = str(entry["group"]), language.numbers.number
    said = "; ".join(f"{step.label} {number(step.value, 3)}" for step in steps)
    return Figure.of(
        f"gap-points-{entry['attribute']}-{group}",
        Waterfall(
            steps=steps,
            total=total,
            x_label=language("gap-points-axis"),
            start_label=language("gap-no"),
            end_label=language("gap-total"),
        ),
        title=language("gap-points", group=group),
        alt=language("gap-points-alt", group=group, parts=said, total=number(total, 3)),
        caption=language("gap-points-caption"),
    )


def _intervals(entry: Mapping[str, Any], stage: StageRecord) -> dict[str, Sequence[float]]:
    """Intervals of the parts, from the table of the attribute."""
    return {
        str(row["feature"]): row["probability_interval"]
        for table in stage.tables
        if table.id == f"gap-{entry['attribute']}"
        for row in table.rows
        if row.get("group") == entry["group"] and row.get("probability_interval")
    }
