"""Reading a log that others may have edited: only what was hashed is read, only what was signed is relied on.

Whoever can write the store can change its rows; nobody without the key can sign. So before an entry counts for
anything, (1) every entry is hashed and every stored hash recomputed from these hashes; (2) the log's keys are read from
the hashed entries, and the key known from elsewhere must be among them; (3) every checkpoint that the store, the key or
the caller holds must be signed by one of them and be the root of as many entries; (4) the largest of these is what the
log vouches for. Entries beyond it are hashed and signed by nobody: they may have been written by anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from raudit.canonical import canonical_bytes
from raudit.errors import LogIntegrityError
from raudit.log.events import Entry, EventType, parse_entry
from raudit.log.readable import ReadableLog
from raudit.log.recompute import check_counts, check_side_rows, recompute
from raudit.log.rotation import KeySpan, open_spanned, spans
from raudit.log.stores.store import ROTATED, SIGNED, STAMPED, WITNESSED, Reader
from raudit.log.tree.checkpoint import Checkpoint
from raudit.log.tree.extends import check_extends
from raudit.log.tree.note import Verifier
from raudit.sentences import say

KEY_TYPES = frozenset({EventType.LOG_OPENED, EventType.KEY_ROTATED})
"""Types of the entries that say which keys a log has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedLog:
    """A log whose entries were all hashed, and how many of them a signed checkpoint covers."""

    size: int
    """Number of entries."""
    signed: Checkpoint | None
    """The largest checkpoint signed by the log's key that these entries give; None if there is none."""
    entries: tuple[Entry, ...]
    """Entries of the types that were asked for, in order, those beyond the checkpoint too."""

    @property
    def signed_size(self) -> int:
        """Number of entries that the checkpoint covers."""
        return self.signed.size if self.signed is not None else 0

    def covers(self, entry: Entry) -> bool:
        """Tell whether the signed checkpoint covers an entry."""
        return entry.index < self.signed_size

    def of(self, kind: EventType) -> tuple[Entry, ...]:
        """Return the covered entries of a type."""
        return tuple(e for e in self.entries if e.type == kind and self.covers(e))

    def beyond(self, kind: EventType) -> tuple[Entry, ...]:
        """Return the entries of a type that no signed checkpoint covers."""
        return tuple(e for e in self.entries if e.type == kind and not self.covers(e))

    @property
    def describe_beyond(self) -> str:
        """Say what lies beyond the checkpoint; empty if nothing does."""
        count = self.size - self.signed_size
        if not count:
            return ""
        return say(
            "{count:,} {lie} beyond the last signed checkpoint (size {size:,})",
            count=count,
            lie=say("entry lies") if count == 1 else say("entries lie"),
            size=self.signed_size,
        )


def attest_log(
    log: ReadableLog,
    *,
    vkey: str | None = None,
    checkpoints: Iterable[str] = (),
    types: Iterable[EventType] = (),
) -> AttestedLog:
    """Hash a whole log and hold it against its signed checkpoints; takes some 3 µs an entry.

    Parameters
    ----------
    log
        The open log.
    vkey
        The log's verifier key, known from elsewhere; by default that of the key the log was opened with.
    checkpoints
        Further signed checkpoints of this log that the caller holds.
    types
        Types of the entries to return.

    Raises
    ------
    LogIntegrityError
        If a row was edited, added or removed, a checkpoint is not signed by the log's key, or is one of other entries.
    KeyFileError
        If the verifier key is malformed.
    """
    with log.store.snapshot():
        return attest_held(log, log.size, vkey=vkey, checkpoints=checkpoints, types=types)


def attest_held(
    log: ReadableLog,
    size: int,
    *,
    vkey: str | None = None,
    checkpoints: Iterable[str] = (),
    types: Iterable[EventType] = (),
) -> AttestedLog:
    """Do the same within a transaction or snapshot that the caller holds."""
    wanted = frozenset(types) | KEY_TYPES
    kept: list[Entry] = []
    check_rows(log.store, size, wanted, kept)  # (1)
    pinned = Verifier.parse(vkey) if vkey is not None else log.own_verifier
    keys = keys_in(log, size, kept, pinned)  # (2)
    given = tuple(checkpoints)
    held_to = [proven(log, keys, size, *item) for item in _held(log, given)]  # (3)
    signed = log.remembered().signed
    for text, source in (
        *((text, "a checkpoint that was given") for text in given),
        *(((signed, "the checkpoint that the key remembers"),) if signed is not None else ()),
    ):
        check_kept(log.store, open_spanned(text, keys), source)
    newest = max(held_to, key=lambda checkpoint: checkpoint.size, default=None)  # (4)
    asked = frozenset(types)
    return AttestedLog(size=size, signed=newest, entries=tuple(e for e in kept if e.type in asked))


def _held(log: ReadableLog, given: Iterable[str]) -> Iterator[tuple[str, int | None, str]]:
    """Yield every checkpoint at hand: its text, the size that the store gives it, and who holds it."""
    for note in log.store.notes(SIGNED):
        yield note.note, note.size, "a checkpoint that it signed"
    for note in log.store.notes(WITNESSED):
        yield note.note, note.size, "a witnessed checkpoint"
    for note in log.store.notes(STAMPED):
        yield _stamped(note.note), note.size, "a stamped checkpoint"
    for text in log.remembered().texts:
        yield text, None, "the checkpoint that the key remembers"
    for text in given:
        yield text, None, "a checkpoint that was given"


def check_rows(store: Reader, size: int, types: frozenset[EventType], kept: list[Entry]) -> bytes:
    """Recompute every hash of a log, collect entries of some types, and return the root.

    Raises
    ------
    LogIntegrityError
        Naming the first entry that does not match, or the number of rows.
    """
    check_counts(store, size)
    check_side_rows(store)
    entries, nodes = store.leaves_and_nodes(size)
    needles = tuple(b'"type":' + canonical_bytes(str(kind)) for kind in sorted(types))
    return recompute(_collecting(entries, needles, types, kept), nodes)


def _collecting(
    entries: Iterator[bytes],
    needles: Sequence[bytes],
    types: frozenset[EventType],
    kept: list[Entry],
) -> Iterator[bytes]:
    """Pass entries on, and keep those of some types; canonical bytes have one spelling, so a search finds them."""
    for index, data in enumerate(entries):
        if any(needle in data for needle in needles):
            entry = parse_entry(index, data)
            if entry.type in types:
                kept.append(entry)
        yield data


def keys_in(
    log: ReadableLog, size: int, kept: Sequence[Entry], pinned: Verifier | None
) -> tuple[KeySpan, ...]:
    """Work out a log's keys from its hashed entries, and hold what the store says of itself against them.

    Raises
    ------
    LogIntegrityError
        If the store names another log or key than the entries do, or the key known from elsewhere is not the log's.
    """
    if size == 0:
        return (KeySpan(verifier=Verifier.parse(log.vkey), first_size=0, last_size=None),)
    named = [e for e in kept if e.type in {EventType.LOG_OPENED, EventType.KEY_ROTATED}]
    keys = spans([e for e in named if e.index == 0 or e.type == EventType.KEY_ROTATED])
    first = keys[0].verifier
    if (log.origin, log.vkey) != (first.name, first.vkey):
        raise LogIntegrityError(
            "the store names another log than its first entry does",
            reference="log-meta",
            where=log.store.location,
            got=f"{log.origin}, {log.vkey}",
            expected=f"{first.name}, {first.vkey}",
            hint="the store was edited; keep it for evidence",
        )
    listed = {(note.size, note.note) for note in log.store.notes(ROTATED)}
    rotations = {
        (e.index, str(e.body.get("note"))) for e in named if e.type == EventType.KEY_ROTATED
    }
    if listed != rotations:
        raise LogIntegrityError(
            "the store's list of key rotations is not what its entries say",
            reference="log-rotation",
            where=log.store.location,
            hint="the store was edited; keep it for evidence",
        )
    if pinned is not None and pinned not in {span.verifier for span in keys}:
        raise LogIntegrityError(
            "the log is not signed by the key you know",
            reference="log-key-unknown",
            got=", ".join(span.verifier.vkey for span in keys),
            expected=pinned.vkey,
            hint="check which log this is; if it should be yours, it was rebuilt under another key",
        )
    return keys


def proven(
    log: ReadableLog,
    keys: Sequence[KeySpan],
    size: int,
    text: str,
    stored_size: int | None,
    source: str,
) -> Checkpoint:
    """Verify one checkpoint: signed by a key of the log, of the size the store says, and extended by the log.

    Raises
    ------
    LogIntegrityError
        If it is not.
    """
    checkpoint = open_spanned(text, keys)
    if checkpoint.origin != log.origin:
        raise LogIntegrityError(
            "a checkpoint of another log",
            reference="log-origin",
            got=checkpoint.origin,
            expected=log.origin,
        )
    if stored_size is not None and stored_size != checkpoint.size:
        raise LogIntegrityError(
            "the store gives a checkpoint another size than it has",
            reference="log-note-size",
            got=f"{stored_size:,}",
            expected=f"{checkpoint.size:,}",
            hint="the store was edited; keep it for evidence",
        )
    # The stored nodes were just recomputed from the entries, so this compares with the entries themselves.
    check_extends(checkpoint, size, log.store.node, source)
    return checkpoint


def check_kept(store: Reader, checkpoint: Checkpoint, source: str) -> None:
    """Refuse a store that lost the last checkpoints it signed: somebody else holds a larger one.

    A checkpoint is kept before it is released, so one that others hold and the store does not was
    deleted, to let the entries that it covers be replaced.

    Raises
    ------
    LogIntegrityError
        With both sizes.
    """
    kept = max((note.size for note in store.notes(SIGNED)), default=0)
    if checkpoint.size > kept:
        raise LogIntegrityError(
            "the store lost a checkpoint that the log has signed",
            reference="log-checkpoint-missing",
            where=store.location,
            got=f"{kept:,} as the size of the last one kept",
            expected=f"{checkpoint.size:,}, as {source} says",
            hint="it was deleted behind the log's back; keep this store for evidence. To go on, export it up to the "
            "missing checkpoint (the key's lies in KEY.signed) and let the export take over, which is logged: "
            "`raudit log export LOG FOLDER --checkpoint FILE`, then "
            "`raudit log import FOLDER NEW-LOG --vkey VKEY --recover --key KEY`",
        )


def _stamped(packed: str) -> str:
    from raudit.log.stamp import unpack

    return unpack(packed)[0]


__all__ = [
    "KEY_TYPES",
    "AttestedLog",
    "attest_held",
    "attest_log",
    "check_kept",
    "check_rows",
    "keys_in",
    "proven",
]
