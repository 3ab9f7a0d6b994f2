"""How the data moved between two records, from the profiles of columns that they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from raudit.kept import check_profiles
from raudit.policy.drift import Shift, absent, shifts
from raudit.record import Record, StageRecord
from raudit.sentences import say


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShifts:
    """Shifts of columns among the rows of one group; attribute and group are empty for all rows."""

    attribute: str
    group: str
    shifts: tuple[Shift, ...]


def drift_of(old: Record, new: Record) -> tuple[GroupShifts, ...]:
    """Shifts of every column, among all rows and in every group; nothing unless both records hold profiles."""
    before, after = profiles_of(old), profiles_of(new)
    if before is None or after is None:
        return ()
    check_profiles(before)
    check_profiles(after)
    parts = [
        GroupShifts(attribute="", group="", shifts=shifts(before["features"], after["features"]))
    ]
    groups = [
        {(part["attribute"], part["group"]): part["features"] for part in side.get("groups", ())}
        for side in (before, after)
    ]
    parts += [
        GroupShifts(attribute=key[0], group=key[1], shifts=_in_group(*(g.get(key) for g in groups)))
        for key in {**groups[0], **groups[1]}
    ]
    return tuple(parts)


def _in_group(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[Shift, ...]:
    """Shifts among a group's rows; one that only one record profiles by itself cannot be told."""
    if old is not None and new is not None:
        return shifts(old, new)
    why = say("only the old record holds them") if new is None else say("only the new one does")
    return (absent(say("rows of this group"), why, incomparable=True),)


def profiles_of(record: Record) -> Mapping[str, Any] | None:
    """The profiles of columns that a record holds."""
    for stage in _with_artefacts(record):
        found = stage.artefacts.get("profiles")
        if isinstance(found, Mapping) and found.get("schema") == "raudit.profiles/1":
            return found
    return None


def _with_artefacts(record: Record) -> Iterator[StageRecord]:
    return (stage for stage in record.stages if stage.artefacts)
