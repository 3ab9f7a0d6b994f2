"""The log itself: append events, sign checkpoints, prove entries.

Steps of signing a checkpoint, tagged in the code:

1. Lock the head, so that nobody appends meanwhile.
2. Hash every entry, and hold the log against what was promised before: the checkpoints the store keeps, those that
   witnesses gave back, the one the key remembers beside itself, and those the caller holds. A log that was edited, is
   shorter or differs is never signed.
3. Refuse a key that is not the log's current one.
4. Sign, let the key promise it, keep the note, let the key remember it, release it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from raudit.errors import LogError, LogIntegrityError
from raudit.log.attested import attest_held
from raudit.log.drafting import draft, opening_of
from raudit.log.events import Event, EventType, salted_digest
from raudit.log.readable import ReadableLog
from raudit.log.rotation import keys_of, rotation_event
from raudit.log.stores.memory import promise, remember
from raudit.log.stores.store import (
    ROTATED,
    SIGNED,
    STAMPED,
    WITNESSED,
    Reader,
    Store,
    StoredNote,
    Writer,
)
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import (
    Checkpoint,
    open_checkpoint,
    sign_checkpoint,
    verify_checkpoint_any,
)
from raudit.log.tree.extends import check_extends
from raudit.log.tree.note import LogKey, Verifier
from raudit.log.tree.proof import write_proof

if TYPE_CHECKING:
    from raudit.log.stamp import Stamp
    from raudit.log.verification import VerifyReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an append acknowledges: these entries are on disk."""

    index_first: int
    """Index of the first of the events."""
    size: int
    """Size of the log after the last of them."""

    @property
    def indices(self) -> range:
        """Indices of all of the events."""
        return range(self.index_first, self.size)


class Log(ReadableLog):
    """A log that is open. Use `raudit.log.open_log`, and close it or use it in ``with``.

    Parameters
    ----------
    store
        Where it is kept; a `Reader` alone makes a log that can only be read.
    key
        Signs checkpoints; None if nothing is to be signed.
    """

    def __init__(self, store: Store | Reader, *, key: LogKey | None) -> None:
        super().__init__(store, key=key)
        self._edge: tuple[int, merkle.Frontier] | None = None

    # -- writing

    def append(self, events: Sequence[Event], *, clock: datetime) -> Receipt:
        """Append events in one transaction and return when they are on disk.

        The first append of a new log also writes its ``log.opened`` entry.

        Parameters
        ----------
        events
            At least one.
        clock
            Time of the events, with time zone.

        Raises
        ------
        LogError
            If there is no event, one is not of its type's form, or the log is a copy.
        LogIntegrityError
            If the store contradicts itself.
        EnvironmentFault
            If the disk is full or fails; nothing is acknowledged then.
        """
        if not events:
            raise LogError(
                "there is nothing to append",
                reference="log-empty-append",
                expected="one event or more",
            )
        reserved = {event.type for event in events} & {
            EventType.KEY_ROTATED,
            EventType.CHECKPOINT_WITNESSED,
        }
        if reserved:
            raise LogError(
                "this event is written by the log itself",
                reference="log-event-reserved",
                got=", ".join(reserved),
                hint="use Log.rotate or Log.accept_witness, which check what they log",
            )
        return self._append(events, clock)

    def rotate(self, new: LogKey, *, actor: str, clock: datetime) -> str:
        """Let another key take over: log a statement signed by both, and sign a checkpoint with the new key.

        Raises
        ------
        LogError
            If the log was opened without its current key, or the new key has another name.
        """
        old = self._signer()
        if new.name != old.name:
            raise LogError(
                "the new key must have the log's name",
                reference="log-key-name",
                got=new.name,
                expected=old.name,
            )
        self.checkpoint(clock)
        self._append((rotation_event(old, new, actor=actor),), clock, keep=ROTATED)
        self._key = new
        return self.checkpoint(clock)

    def accept_witness(self, text: str, witness: str, *, actor: str, clock: datetime) -> Receipt:
        """Take back a checkpoint that a witness has cosigned; the log can then never again be signed shorter than it.

        Parameters
        ----------
        text
            The cosigned checkpoint.
        witness
            The witness's verifier key, known from elsewhere.

        Raises
        ------
        LogIntegrityError
            If the log's signature or the cosignature does not verify, or the log does not extend the checkpoint.
        """
        cosigner = Verifier.parse(witness)
        state, opened = open_checkpoint(text, [*keys_of(self), cosigner])
        signers = {(signature.name, signature.key_id) for signature in opened.verified}
        if (cosigner.name, cosigner.key_id) not in signers or len(signers) < 2:
            raise LogIntegrityError(
                "the checkpoint is not signed by both the log and the witness",
                reference="log-cosignature",
                expected=cosigner.vkey,
            )
        check_extends(state, self.size, self._reader.node, "the witnessed checkpoint")
        event = Event(
            type=EventType.CHECKPOINT_WITNESSED,
            body={"witness": witness, "note": text},
            actor=actor,
        )
        return self._append((event,), clock, keep=WITNESSED, size=state.size)

    def accept_stamp(self, checkpoint: str, token: bytes, *, trust: Sequence[bytes]) -> Stamp:
        """Keep a time stamp (RFC 3161) of one of the log's checkpoints, after verifying it against trusted PEM."""
        from raudit.log.stamp import pack, verify_stamp

        state = self._own(checkpoint)
        stamp = verify_stamp(token, checkpoint, trust)
        with self._writable().transaction() as writer:
            writer.add_note(StoredNote(kind=STAMPED, size=state.size, note=pack(checkpoint, token)))
        return stamp

    def _append(
        self, events: Sequence[Event], clock: datetime, *, keep: str = "", size: int | None = None
    ) -> Receipt:
        """Append; with ``keep``, also keep the note in the event's body, under its index or the size it speaks of."""
        store = self._writable()
        with store.transaction() as writer:
            edge, generation = self._frontier(writer), store.generation()
            # Until the commit has succeeded the edge is not kept: after a rollback it would be ahead of the store.
            self._edge = None
            before = edge.size
            opening = opening_of(events, size=before, origin=self.origin, vkey=self.vkey)
            entries = [
                draft(event, clock, partial(self._pseudonym, writer))
                for event in (*opening, *events)
            ]
            nodes = [node for data in entries for node in edge.push(merkle.leaf_hash(data))]
            writer.add(before, entries, merkle.stored_count(before), nodes)
            if keep:
                note = str(events[0].body["note"])
                writer.add_note(
                    StoredNote(kind=keep, size=edge.size - 1 if size is None else size, note=note)
                )
        self._edge = (generation, edge)
        return Receipt(index_first=before + len(opening), size=edge.size)

    def _pseudonym(self, writer: Writer, value: str) -> str:
        """Return the salted digest under which a person is logged; the same person has the same one."""
        if not value:
            raise LogError(
                "an event has no actor",
                reference="log-actor",
                hint="say who did it, or service:NAME",
            )
        known = self._writable().person(value)
        if known is None:
            salt = secrets.token_bytes(32)
            known = salted_digest(value, salt)
            writer.add_person(known, salt, value)
        return known

    def _frontier(self, writer: Writer) -> merkle.Frontier:
        """Return the tree's right edge: from memory if nobody else has written, else from the store."""
        size = writer.size()
        if self._edge is not None:
            generation, edge = self._edge
            if edge.size == size and generation == self._writable().generation():
                return edge
        return merkle.Frontier.read(size, writer.node)

    def forget(self, pseudonym: str) -> bool:
        """Delete the name behind a pseudonym for good; the entries stay as they are and still verify."""
        return self._writable().forget(pseudonym)

    # -- checkpoints

    def checkpoint(self, clock: datetime, *, witnessed: Iterable[str] = ()) -> str:
        """Sign the log's present state, after proving that it extends everything signed or witnessed before.

        Parameters
        ----------
        clock
            Time of signing, with time zone; used only for a log that is still to be opened.
        witnessed
            Further signed checkpoints of this log that the caller holds: from reports, exports, witnesses.

        Returns
        -------
        str
            The signed note.

        Raises
        ------
        LogIntegrityError
            If the log is shorter than, or differs from, a checkpoint signed or witnessed before.
        LogError
            If the log was opened without its key, or with a key that it has rotated away from.
        """
        key = self._signer()
        if self.size == 0:
            self._append((), clock)
        with self._writable().transaction() as writer:  # (1)
            size = writer.size()
            attest_held(self, size, checkpoints=witnessed)  # (2)
            self._current(key)  # (3)
            now = Checkpoint(origin=self.origin, size=size, root=merkle.root_at(size, writer.node))
            text = sign_checkpoint(now, key)  # (4)
            promise(key, text)
            if [stored.note for stored in self._reader.notes(SIGNED, last=1)] != [text]:
                writer.add_note(StoredNote(kind=SIGNED, size=size, note=text))
        remember(key, text)
        return text

    def _signer(self) -> LogKey:
        if self._key is None:
            raise LogError(
                "the log was opened without its key",
                reference="log-no-key",
                where=self._reader.location,
                hint="give the key file: --key FILE",
            )
        return self._key

    def _current(self, key: LogKey) -> None:
        current = keys_of(self)[-1]
        if current != key.verifier:
            raise LogError(
                "this key is not the log's current one",
                reference="log-key-rotated",
                got=key.vkey,
                expected=current.vkey,
                hint="sign with the key that the log was rotated to",
            )

    # -- proofs

    def prove(self, index: int, checkpoint: str) -> str:
        """Prove that an entry is in the log as a checkpoint describes it (C2SP tlog-proof).

        Raises
        ------
        LogError
            If the checkpoint is older than the entry.
        LogIntegrityError
            If the checkpoint is not of this log as it stands, or the entry is not the one that was logged.
        """
        state = self._own(checkpoint)
        if not 0 <= index < state.size:
            raise LogError(
                f"entry {index} is not in this checkpoint",
                reference="log-prove-index",
                expected=f"0 to {state.size - 1}",
                hint="use a checkpoint signed after the entry was appended",
            )
        hashes = merkle.inclusion_proof(index, state.size, self._reader.node)
        # Stored hashes and bytes can be edited apart: no proof is handed out that does not hold of what is shown.
        leaf = merkle.leaf_hash(self._reader.entry(index))
        merkle.verify_inclusion(index, state.size, leaf, hashes, state.root)
        return write_proof(index, hashes, checkpoint)

    def prove_consistency(self, old: str, new: str) -> tuple[bytes, ...]:
        """Prove that one signed checkpoint of this log is a prefix of another."""
        first, second = self._own(old), self._own(new)
        return merkle.consistency_proof(first.size, second.size, self._reader.node)

    def verify(
        self,
        checkpoints: Iterable[tuple[str, str] | str] = (),
        *,
        vkey: str | None = None,
        witnesses: Iterable[str] = (),
        trust: Sequence[bytes] = (),
    ) -> VerifyReport:
        """Recompute everything and compare it with what others hold; see `raudit.log.verification.verify_log`."""
        from raudit.log.verification import verify_log

        return verify_log(self, checkpoints, vkey=vkey, witnesses=witnesses, trust=trust)

    def _own(self, text: str) -> Checkpoint:
        state = verify_checkpoint_any(text, keys_of(self))
        check_extends(state, self.size, self._reader.node, "the checkpoint")
        return state

    def _writable(self) -> Store:
        store = self._reader
        if self.is_copy or not hasattr(store, "transaction"):
            raise LogError(
                "this is a copy of a log and cannot be written",
                reference="log-copy",
                where=store.location,
                hint="write to the log itself; if it is lost, "
                "`raudit log import FOLDER NEW-LOG --vkey VKEY --recover --key KEY` lets a copy take over",
            )
        return store  # type: ignore[return-value]
