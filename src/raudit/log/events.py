"""Events and the entries they become: types, canonical bytes, and reading them back. Light: no validation here.

What each type's body must hold is in `raudit.log.bodies`, which loads when something is appended.
"""

from __future__ import annotations

import contextlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from raudit.canonical import Json, canonical_bytes
from raudit.errors import LogError, LogIntegrityError, RecordIntegrityError
from raudit.sentences import say

VERSION = 1
"""Version of the entries' form."""

MAX_ENTRY_BYTES = 65_535
"""Longest entry: the tile format gives its length in two bytes."""

_EXACT = 1 << 53

MIN_SALT = 16
"""Bytes of a salt, at least."""

SALTED = "salted:"
"""Begins a digest that nobody can guess values against without its salt."""
SERVICE = "service:"
"""Begins an actor that is a machine, not a person, and is written in clear."""


class EventType(StrEnum):
    """What can happen. Bodies are documented in `raudit.log.bodies`."""

    LOG_OPENED = "log.opened"
    RUN_STARTED = "run.started"
    STAGE_FINISHED = "stage.finished"
    RUN_FINISHED = "run.finished"
    RUN_FAILED = "run.failed"
    RUN_ABORTED = "run.aborted"
    ANSWERS_CHANGED = "answers.changed"
    ANSWERS_SUBMITTED = "answers.submitted"
    WAIVER_GRANTED = "waiver.granted"
    WAIVER_APPROVED = "waiver.approved"
    WAIVER_REVOKED = "waiver.revoked"
    WAIVER_EXPIRED = "waiver.expired"
    WAIVER_USED = "waiver.used"
    BASELINE_APPROVED = "baseline.approved"
    REVIEW_GIVEN = "review.given"
    SIGNOFF_GIVEN = "signoff.given"
    SIGNOFF_VOIDED = "signoff.voided"
    CONDITION_MET = "condition.met"
    REPORT_RENDERED = "report.rendered"
    REPORT_ISSUED = "report.issued"
    REPORT_COUNTERSIGNED = "report.countersigned"
    REPORT_SUPERSEDED = "report.superseded"
    REPORT_WITHDRAWN = "report.withdrawn"
    POLICY_CHANGED = "policy.changed"
    PEOPLE_CHANGED = "people.changed"
    KEY_ROTATED = "key.rotated"
    CHECKPOINT_WITNESSED = "checkpoint.witnessed"
    RECOVERY_PERFORMED = "recovery.performed"
    FILE_DOWNLOADED = "file.downloaded"
    SIGNIN_FAILED = "signin.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, before it is logged."""

    type: EventType | str
    """One of `EventType`."""
    body: Mapping[str, Any]
    """What the type's body must hold; validated when it is appended."""
    actor: str
    """Who did it: ``service:NAME`` for a machine; anything else is a person, logged as a salted digest."""
    run: str = ""
    """The run it belongs to; empty for events outside of runs."""
    id: str = ""
    """32 hexadecimal digits that name this event; random by default. Give one to find a doubled retry later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event as it stands in the log."""

    index: int
    """Number in the log, from 0."""
    data: bytes = field(repr=False)
    """The bytes that were hashed."""
    id: str
    time: str
    """RFC 3339, UTC, to the microsecond."""
    type: str
    run: str
    actor: str
    tool: str
    """Version of raudit that wrote it."""
    body: Mapping[str, Any]


def entry_bytes(
    event: Event, body: Mapping[str, Json], *, event_id: str, clock: datetime, tool: str
) -> bytes:
    """Serialise an event by RFC 8785.

    Raises
    ------
    LogError
        If it is longer than an entry may be, the clock has no time zone, or the body has no canonical form.
    """
    if clock.tzinfo is None:
        raise LogError(
            "the clock has no time zone",
            reference="log-clock",
            got=clock.isoformat(),
            expected="a time in UTC",
            hint="pass datetime.now(UTC)",
        )
    stamp = clock.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    value: dict[str, Json] = {
        "v": VERSION,
        "id": event_id,
        "ts": stamp,
        "type": str(event.type),
        "run": event.run,
        "actor": event.actor,
        "tool": tool,
        "body": body,
    }
    try:
        data = _canonical(value)
    except RecordIntegrityError as error:
        raise LogError(
            f"the body of {event.type} has no canonical form", reference="log-event", got=error.got
        ) from error
    if len(data) > MAX_ENTRY_BYTES:
        raise LogError(
            f"the event {event.type} is too long for the log",
            reference="log-event-long",
            got=f"{len(data):,} bytes",
            expected=f"at most {MAX_ENTRY_BYTES:,}",
            hint="log the digest of what is long, not the thing itself",
        )
    return data


def _canonical(value: dict[str, Json]) -> bytes:
    """Serialise by RFC 8785; ten times faster where the standard library happens to write the same bytes.

    It does for everything but floats, integers beyond ±2^53, and keys outside ASCII, whose order differs. Entries are
    serialised while the log's head is locked, so the time is everybody's.
    """
    if _plain(value):
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
        )
        with contextlib.suppress(UnicodeEncodeError):
            return text.encode()
    return canonical_bytes(value)


def _plain(value: Json) -> bool:
    kind = type(value)
    if kind is dict:
        items = value.items()  # type: ignore[union-attr]
        return all(type(key) is str and key.isascii() and _plain(item) for key, item in items)
    if kind is list:
        return all(map(_plain, value))  # type: ignore[arg-type]
    if kind is int:
        return bool(-_EXACT < value < _EXACT)  # type: ignore[operator]
    return kind is str or value is None or kind is bool


def parse_entry(index: int, data: bytes) -> Entry:
    """Read an entry's bytes.

    Raises
    ------
    LogIntegrityError
        If they are not an entry: something else has written into the log.
    """
    try:
        value = json.loads(data)
        entry = Entry(
            index=index,
            data=data,
            id=value["id"],
            time=value["ts"],
            type=value["type"],
            run=value["run"],
            actor=value["actor"],
            tool=value["tool"],
            body=value["body"],
        )
        texts = (entry.id, entry.time, entry.type, entry.run, entry.actor, entry.tool)
        if (
            value["v"] != VERSION
            or not isinstance(entry.body, dict)
            or not all(isinstance(t, str) for t in texts)
        ):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise LogIntegrityError(
            say("entry {index} is not an event", index=index),
            reference="log-entry-malformed",
            got=repr(data[:60]),
            expected="canonical JSON written by raudit",
            hint="something other than raudit wrote into the log",
        ) from error
    return entry


def salted_digest(value: Json, salt: bytes) -> str:
    """Digest a value that could be guessed or that is about a person: ``salted:`` and HMAC-SHA256 under a salt.

    Without the salt the digest tells nothing, even of a yes or a no. Who deletes the salt erases the value.

    Parameters
    ----------
    value
        Any JSON value.
    salt
        At least 16 random bytes, kept outside the log.

    Raises
    ------
    LogError
        If the salt is too short to prevent guessing.
    """
    if len(salt) < MIN_SALT:
        raise LogError(
            "a salt is too short",
            reference="log-salt",
            got=f"{len(salt)} bytes",
            expected=f"{MIN_SALT} or more",
        )
    return SALTED + hmac.new(salt, canonical_bytes(value), "sha256").hexdigest()
