"""Changing a log's key: a statement signed by the old key and the new one, as an entry of the log.

An old key is good for checkpoints up to the entry that retires it and for none after, so a key that is stolen later
cannot speak for the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raudit.errors import KeyFileError, LogIntegrityError
from raudit.log.events import Entry, Event, EventType
from raudit.log.readable import ReadableLog
from raudit.log.stores.store import ROTATED
from raudit.log.tree import note
from raudit.log.tree.checkpoint import Checkpoint, open_checkpoint
from raudit.log.tree.note import LogKey, Verifier

_TITLE = "raudit log key rotation v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpan:
    """A key of the log, and the sizes of the log for which it may sign."""

    verifier: Verifier
    first_size: int
    last_size: int | None
    """None while it is the current key."""

    def covers(self, size: int) -> bool:
        """Tell whether the key may have signed a checkpoint of this size."""
        return self.first_size <= size and (self.last_size is None or size <= self.last_size)


def rotation_event(old: LogKey, new: LogKey, *, actor: str) -> Event:
    """Make the event that retires one key and names the next; append it, then sign a checkpoint with the new key."""
    text = "\n".join((_TITLE, old.name, old.vkey, new.vkey)) + "\n"
    return Event(
        type=EventType.KEY_ROTATED, body={"note": note.sign_note(text, old, new)}, actor=actor
    )


def spans(entries: Sequence[Entry]) -> tuple[KeySpan, ...]:
    """Work out a log's keys from its ``log.opened`` and ``key.rotated`` entries, in order.

    Raises
    ------
    LogIntegrityError
        If the log does not open with its key, or a rotation is not signed by the key it retires and the key it names.
    """
    if not entries or entries[0].type != EventType.LOG_OPENED or entries[0].index != 0:
        raise LogIntegrityError("the log does not begin by naming its key", reference="log-opening")
    chain = [(_key(entries[0], _text(entries[0], "vkey")), 0)]
    for entry in entries[1:]:
        if entry.type == EventType.KEY_ROTATED:
            chain.append((_rotated(entry, chain[-1][0]), entry.index + 1))
    ends = [first - 1 for _, first in chain[1:]]
    return tuple(
        KeySpan(verifier=verifier, first_size=first, last_size=last)
        for (verifier, first), last in zip(chain, [*ends, None], strict=True)
    )


def spans_of(log: ReadableLog, *, search: bool = True) -> tuple[KeySpan, ...]:
    """Work out the keys of an open log; an empty log has the key that its store names.

    Parameters
    ----------
    log
        The log.
    search
        Look through all entries for rotations; else believe the store's list of them, which takes no time and is
        enough where a wrong list can only make a signature be refused.
    """
    if log.size == 0:
        return (KeySpan(verifier=Verifier.parse(log.vkey), first_size=0, last_size=None),)
    if search:
        return spans([log.entry(0), *log.find(type=EventType.KEY_ROTATED)])
    return spans([log.entry(0), *(log.entry(note.size) for note in log.store.notes(ROTATED))])


def open_spanned(text: str, keys: Sequence[KeySpan]) -> Checkpoint:
    """Verify a signed checkpoint against a log's keys, each within the sizes for which it may sign.

    Raises
    ------
    LogIntegrityError
        If no key of the log has signed it, or only one that was not the log's at that size.
    """
    checkpoint, opened = open_checkpoint(text, [span.verifier for span in keys])
    signers = {(signature.name, signature.key_id) for signature in opened.verified}
    signing = [span for span in keys if (span.verifier.name, span.verifier.key_id) in signers]
    if not any(span.covers(checkpoint.size) for span in signing):
        raise LogIntegrityError(
            "signed by a key that was not the log's at that size",
            reference="log-key-span",
            got=f"size {checkpoint.size:,}",
            hint="a key that the log has retired speaks for it no more",
        )
    return checkpoint


def keys_of(log: ReadableLog) -> tuple[Verifier, ...]:
    """Return the keys of an open log, oldest first."""
    return tuple(span.verifier for span in spans_of(log, search=False))


def _rotated(entry: Entry, current: Verifier) -> Verifier:
    signed = _text(entry, "note")
    lines = note.split_note(signed)[0].split("\n")
    if (
        len(lines) != 5
        or lines[0] != _TITLE
        or lines[1] != current.name
        or lines[2] != current.vkey
    ):
        raise LogIntegrityError(
            "a key rotation does not retire the current key",
            reference="log-rotation",
            where=f"entry {entry.index}",
            expected=current.vkey,
        )
    fresh = _key(entry, lines[3])
    both = note.open_note(signed, [current, fresh])
    if fresh.name != current.name or len(both.verified) != 2:
        raise LogIntegrityError(
            "a key rotation is not signed by both keys",
            reference="log-rotation",
            where=f"entry {entry.index}",
            got=", ".join(s.name + "+" + s.key_id.hex() for s in both.verified),
        )
    return fresh


def _key(entry: Entry, vkey: str) -> Verifier:
    """The key that an entry names: a fault in it is the log's, not that of whoever reads it."""
    try:
        return Verifier.parse(vkey)
    except KeyFileError as error:
        raise LogIntegrityError(
            f"{entry.type} names no key",
            reference="log-opening",
            where=f"entry {entry.index}",
            got=error.message,
            hint="the log was edited; keep it for evidence and restore it from an export",
        ) from error


def _text(entry: Entry, name: str) -> str:
    value = entry.body.get(name)
    if not isinstance(value, str):
        raise LogIntegrityError(
            f"{entry.type} has no {name}", reference="log-opening", where=f"entry {entry.index}"
        )
    return value
