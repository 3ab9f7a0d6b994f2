"""What a reader says of a file: how much of it was read, what was not and why, and what contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from raudit.printable import many

PLACES = 5
"""Row numbers that are kept for each reason."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """Filled while a file is read."""

    file: str
    format: str = ""
    tool_version: str = ""
    attempts: int = 0
    errors: int = 0
    blocked: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    """Rows that could not be read, by reason."""
    places: dict[str, list[int]] = field(default_factory=dict)
    """First row numbers of each reason."""
    not_judged: Counter[str] = field(default_factory=Counter)
    """Tests whose judge failed, by test."""
    unreadable_values: Counter[str] = field(default_factory=Counter)
    """Values that are not of their field's type and count as missing, by field."""
    cached: int = 0
    """Answers that came from a cache."""
    cancelled: int = 0
    """Errors among them that another attempt's failure caused."""
    notes: list[str] = field(default_factory=list)
    """What a reader should know and nothing hangs on."""
    repeated: int = 0
    """Rows that stand again word for word; counted once."""
    conflicts: int = 0
    """Rows with the id of another and other content; the first is kept."""
    unfinished: str = ""
    """Why the file is no whole run; empty if nothing says so."""
    warnings: list[str] = field(default_factory=list)
    tool_says: dict[str, int] = field(default_factory=dict)
    """Totals the tool wrote, by ``attempts``, ``errors`` or ``passes``; read only to be contradicted."""
    counted: Counter[str] = field(default_factory=Counter)
    """Own totals under the same names."""
    lacking: dict[str, str] = field(default_factory=dict)
    """Fields that the format cannot hold, with the reason."""

    def bad_row(self, place: int, reason: str) -> None:
        """Count a row that could not be read."""
        self.bad[reason] += 1
        self.note(place, reason)

    def note(self, place: int, reason: str) -> None:
        """Keep the first places of a reason."""
        places = self.places.setdefault(reason, [])
        if len(places) < PLACES:
            places.append(place)

    def warn(self, text: str) -> None:
        """Say something once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def finished(self) -> Reading:
        """The reading as a value."""
        contradictions = tuple(
            f"the file says {said:,} {name}, its rows hold {self.counted[name]:,}"
            for name, said in sorted(self.tool_says.items())
            if said != self.counted[name]
        )
        return Reading(
            file=self.file,
            format=self.format,
            tool_version=self.tool_version,
            attempts=self.attempts,
            errors=self.errors,
            blocked=self.blocked,
            cancelled=self.cancelled,
            bad_rows=self.bad.total(),
            bad=dict(sorted(self.bad.items())),
            places={reason: tuple(rows) for reason, rows in sorted(self.places.items())},
            not_judged=dict(sorted(self.not_judged.items())),
            unreadable_values=dict(sorted(self.unreadable_values.items())),
            repeated=self.repeated,
            conflicts=self.conflicts,
            unfinished=self.unfinished,
            contradictions=contradictions,
            warnings=tuple(self.warnings),
            notes=tuple(self.notes),
            lacking=dict(self.lacking),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file was read."""

    file: str
    """Its name without the folder."""
    format: str
    """Id of the format."""
    tool_version: str
    """As the file says; empty if it does not."""
    attempts: int
    """Calls of the model that the file records, each once."""
    errors: int
    """Attempts without an answer."""
    blocked: int
    """Errors among them in which the provider withheld the answer."""
    cancelled: int
    """Errors among them that the failure of another attempt caused."""
    bad_rows: int
    """Rows that could not be read."""
    bad: Mapping[str, int]
    """The same by reason."""
    places: Mapping[str, tuple[int, ...]]
    """First row numbers by reason."""
    not_judged: Mapping[str, int]
    """Answers that a test did not judge because its judge failed, by test."""
    unreadable_values: Mapping[str, int]
    """Values that are not of their field's type and count as missing, by field."""
    repeated: int
    """Rows that stand again word for word."""
    conflicts: int
    """Rows with the id of another and other content."""
    unfinished: str
    """Why it is no whole run."""
    contradictions: tuple[str, ...]
    """Totals of the tool that its rows contradict."""
    warnings: tuple[str, ...]
    """What was read and yet lets nothing pass, such as a layout of an unknown version."""
    notes: tuple[str, ...]
    """What a reader should know and nothing hangs on."""
    lacking: Mapping[str, str]
    """Fields that the format cannot hold, with the reason."""

    @property
    def partly(self) -> str:
        """Why nothing may pass on this file; empty if all of it was read and nothing contradicts itself."""
        reasons = [f"{many(self.bad_rows, 'row')} could not be read"] if self.bad_rows else []
        if self.conflicts:
            verb = "contradicts" if self.conflicts == 1 else "contradict"
            reasons.append(f"{many(self.conflicts, 'row')} {verb} another of the same id")
        if self.unreadable_values:
            total = sum(self.unreadable_values.values())
            reasons.append(
                f"{many(total, 'value')} of {', '.join(self.unreadable_values)} could not be read"
            )
        if self.unfinished:
            reasons.append(self.unfinished)
        reasons += self.contradictions
        reasons += self.warnings
        return "; ".join(reasons)

    def as_json(self) -> dict[str, Any]:
        """As JSON, for a record."""
        return {
            name: (
                list(value)
                if isinstance(value, tuple)
                else dict(value)
                if isinstance(value, Mapping)
                else value
            )
            for name in self.__slots__
            if (value := getattr(self, name)) not in ("", {}, ()) and name != "places"
        } | {"places": {reason: list(rows) for reason, rows in self.places.items()}}
