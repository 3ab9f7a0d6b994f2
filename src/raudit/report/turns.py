"""What the report says of recorded calls of a language model: one line for page one, and a chapter of two pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from raudit.record import StageRecord, Table
from raudit.report.language import Language

LLM = "llm"
"""Stage that looks at turns."""

SHOWN: Mapping[str, tuple[str, ...]] = {
    "rates": ("outcome", "grouping", "group", "n", "naive", "rate", "interval", "because"),
    "judges": (
        "outcome",
        "subject",
        "labelled",
        "naive",
        "corrected",
        "corrected_interval",
        "sensitivity",
        "specificity",
    ),
    "pairs": (
        "outcome",
        "first",
        "second",
        "n",
        "difference",
        "interval",
        "noise_floor",
        "repeated",
    ),
    "attacks": ("control", "tried", "judged", "successes", "rate", "upper", "withheld", "errors"),
    "changes": (
        "change",
        "part",
        "n",
        "difference",
        "interval",
        "corrected",
        "corrected_interval",
        "p",
    ),
    "counters": ("harm", "version", "events", "n", "rate", "interval"),
    "stereotypes": ("category", "condition", "matched", "n", "accuracy", "bias_score", "interval"),
}
"""Columns of each table that the chapter prints; the annexes have them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The chapter on a language model."""

    tables: tuple[Table, ...]
    summary: str
    untested: tuple[str, ...]
    """What nobody measured, one phrase each."""
    notes: tuple[str, ...]
    """How it was read, and what was left out."""


def turns_of(stage: StageRecord | None, language: Language) -> Turns | None:
    """What the chapter prints of the stage; None where no turns were looked at."""
    if stage is None:
        return None
    found = {table.id: table for table in stage.tables if table.rows}
    return Turns(
        tables=tuple(
            _captioned(_narrowed(found[name], keys), language)
            for name, keys in SHOWN.items()
            if name in found
        ),
        summary=stage.summary or stage.reason,
        untested=tuple(language(f"untested-{name}") for name in SHOWN if name not in found),
        notes=stage.notes,
    )


def turns_line(stage: StageRecord, language: Language) -> str:
    """One line for page one: how much was read, what breaks its limit, how often attacks may still succeed.

    A number that was not measured is said to be missing, not left out.
    """
    facts, numbers = stage.facts, language.numbers
    turns = facts.get("llm.turns")
    parts = [language("line-turns", count=numbers.count(turns) if isinstance(turns, int) else "–")]
    parts += _outcomes_line(_names(facts, "over_limit"), _names(facts, "untold"), language)
    bound = facts.get("llm.attack_upper_bound")
    parts.append(
        language("line-turns-attacks", bound=numbers.percent(bound))
        if isinstance(bound, int | float)
        else language("line-turns-no-attacks")
    )
    unproven = facts.get("llm.judges_not_validated")
    if isinstance(unproven, list | tuple) and unproven:
        parts.append(language("line-turns-judges", names=", ".join(map(str, unproven))))
    return " ".join(parts)


def _names(facts: Mapping[str, object], which: str) -> list[str] | None:
    found = facts.get(f"llm.outcomes_{which}")
    return [str(name) for name in found] if isinstance(found, list | tuple) else None


def _outcomes_line(
    over: list[str] | None, untold: list[str] | None, language: Language
) -> list[str]:
    """What outcomes came to; that none is over its limit only if all of them could be told."""
    open_ = [name for name in untold or () if name not in (over or ())]
    parts = [language("line-turns-over", names=", ".join(over))] if over else []
    if open_:
        parts.append(language("line-turns-untold", names=", ".join(open_)))
    if not parts:
        parts.append(language("line-turns-unheld" if over is None else "line-turns-within"))
    return parts


def _captioned(table: Table, language: Language) -> Table:
    """A table with the report's own words for how it was made, where that of the annexes names methods."""
    key = f"turns-{table.id}"
    return replace(table, caption=language(key)) if language.has(key) else table


def _narrowed(table: Table, keys: tuple[str, ...]) -> Table:
    """A table with some of its columns, and of those only the ones in which something stands."""
    by_key = {column.key: column for column in table.columns}
    kept = [
        by_key[key]
        for key in keys
        if key in by_key and any(row.get(key) not in (None, "") for row in table.rows)
    ]
    return replace(table, columns=tuple(kept))
