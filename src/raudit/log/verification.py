"""Verifying a whole log: recompute everything, then compare with checkpoints that others hold. Numbered steps.

A log that agrees with itself may still have been cut short or rebuilt by whoever has its key. Only checkpoints from
reports, witnesses and exports can tell, so the report always says whether there was any to compare with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from raudit.errors import IntegrityError, KeyFileError, LogIntegrityError, RauditError
from raudit.log import merkle
from raudit.log.checkpoint import open_checkpoint
from raudit.log.events import EventType
from raudit.log.extends import check_extends
from raudit.log.note import Verifier
from raudit.log.rotation import KeySpan, spans_of
from raudit.log.store import SIGNED, STAMPED, WITNESSED

if TYPE_CHECKING:
    from raudit.log.journal import Log

_ROTATION = f'"type":"{EventType.KEY_ROTATED}"'.encode()
_BLOCK_LEVEL = 10
_BLOCK = 1 << _BLOCK_LEVEL


class StepStatus(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was checked."""

    number: int
    title: str
    status: StepStatus
    detail: str
    """What was found, in one line or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What verification found."""

    location: str
    origin: str
    size: int
    root: bytes
    """Recomputed from the entries; zero bytes if they could not be read."""
    steps: tuple[Step, ...]
    compared: int
    """Checkpoints from outside that the log was found to extend."""

    @property
    def failed(self) -> bool:
        """Whether any step failed."""
        return any(step.status is StepStatus.FAILED for step in self.steps)

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        if self.failed:
            return "The log does not verify."
        if not self.compared:
            return (
                "The log agrees with itself. It was compared with nothing from outside, so a cut or rebuilt log would "
                "look the same."
            )
        what = "checkpoint" if self.compared == 1 else "checkpoints"
        return f"The log verifies and extends {self.compared} {what} from outside."

    @property
    def exit_status(self) -> int:
        """6 if a step failed, else 0."""
        return 6 if self.failed else 0


class _Steps:
    """Collects steps; an error of the log becomes a failed step, never an exception."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, title: str, status: StepStatus, detail: str) -> None:
        self.steps.append(Step(number=len(self.steps) + 1, title=title, status=status, detail=detail))

    def passed(self, title: str, detail: str) -> None:
        self.add(title, StepStatus.PASSED, detail)

    def unknown(self, title: str, detail: str) -> None:
        self.add(title, StepStatus.INDETERMINATE, detail)

    def failed(self, title: str, error: RauditError) -> None:
        parts = (error.message, f"got {error.got}" if error.got else "", f"expected {error.expected}", error.where)
        self.add(title, StepStatus.FAILED, "; ".join(part for part in parts if part and part != "expected "))


def verify_log(
    log: Log,
    checkpoints: Iterable[tuple[str, str] | str] = (),
    *,
    vkey: str | None = None,
    witnesses: Iterable[str] = (),
    trust: Sequence[bytes] = (),
) -> VerifyReport:
    """Verify a log from the ground up.

    Parameters
    ----------
    log
        The open log.
    checkpoints
        Signed checkpoints from outside the log (reports, witnesses, exports), each with a label or alone.
    vkey
        The log's verifier key, known from elsewhere: of its first key or of any later one.
    witnesses
        Verifier keys of witnesses; their cosignatures are then checked too.
    trust
        Certificates, PEM, behind the time stamps of checkpoints; the stamps are then checked too.

    Returns
    -------
    VerifyReport
        With one step for each thing checked; nothing raises for a log that does not verify.
    """
    steps = _Steps()
    outside = [(item if isinstance(item, tuple) else ("checkpoint given", item)) for item in checkpoints]
    with log.store.snapshot():
        size = log.size
        rotations: list[int] = []
        root = _tree(steps, log, size, rotations)
        keys = _keys(steps, log, vkey, rotations)
        witness_keys = [Verifier.parse(text) for text in witnesses]
        _stored(steps, log, keys, size)
        _witnessed(steps, log, keys, witness_keys, size)
        _stamped(steps, log, keys, trust, size)
        compared = sum(_outside(steps, log, keys, witness_keys, size, *item) for item in outside)
    if not outside:
        steps.unknown(
            "Checkpoints from outside",
            "none was given; compare with one from a report, a witness or an export: --checkpoint FILE",
        )
    return VerifyReport(
        location=log.store.location, origin=log.origin, size=size, root=root, steps=tuple(steps.steps),
        compared=compared,
    )  # fmt: skip


def _tree(steps: _Steps, log: Log, size: int, rotations: list[int]) -> bytes:
    title = "Every entry and every stored hash, recomputed"
    try:
        entries, nodes = log.store.counts()
        if (entries, nodes) != (size, merkle.stored_count(size)):
            raise LogIntegrityError(
                "rows are missing or too many",
                reference="log-rows",
                got=f"{entries:,} entries and {nodes:,} hashes",
                expected=f"{size:,} and {merkle.stored_count(size):,}",
            )
        root = recompute(*log.store.leaves_and_nodes(size), needle=_ROTATION, found=rotations)
    except IntegrityError as error:
        steps.failed(title, error)
        return bytes(merkle.HASH_SIZE)
    if size:
        steps.passed(title, f"{size:,} entries, root {root.hex()}")
    else:
        steps.unknown(title, "the log has no entries; if it ever had, they are gone")
    return root


def recompute(
    entries: Iterator[bytes], nodes: Iterator[bytes], *, needle: bytes = b"", found: list[int] | None = None
) -> bytes:
    """Hash all entries, rebuild the tree, compare each stored hash, and return the root.

    Works in blocks of complete subtrees of 1,024 entries, level by level, because the interpreter then spends its
    time in SHA-256.

    Parameters
    ----------
    entries, nodes
        Entries' bytes and stored hashes, in stored order.
    needle, found
        Indices of entries that hold these bytes are added to the list, which spares a second reading.

    Raises
    ------
    LogIntegrityError
        Naming the first entry from which the stored hashes differ.
    """
    order = _block_order()
    above = merkle.Frontier()
    rest = merkle.Frontier()
    done = 0
    while len(block := list(islice(entries, _BLOCK))) == _BLOCK:
        if found is not None:
            found += [done + i for i, entry in enumerate(block) if needle in entry]
        level = [sha256(b"\x00" + entry).digest() for entry in block]
        flat = list(level)
        while len(level) > 1:
            level = [sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)]
            flat += level
        expected = [flat[place] for place in order] + above.push(level[0])[1:]
        _compare(expected, nodes, done)
        done += _BLOCK
    for entry in block:
        if found is not None and needle in entry:
            found.append(done)
        _compare(rest.push(merkle.leaf_hash(entry)), nodes, done)
        done += 1
    return merkle.Frontier(done, [*above.hashes, *rest.hashes]).root()


def _block_order() -> list[int]:
    """Where each hash of a block stands level by level, in the order in which hashes are stored."""
    starts = [0]
    for level in range(_BLOCK_LEVEL):
        starts.append(starts[-1] + (_BLOCK >> level))
    order = []
    for leaf in range(_BLOCK):
        completed = ((leaf + 1) ^ leaf).bit_length()
        order += [starts[level] + (leaf >> level) for level in range(completed)]
    return order


def _compare(expected: list[bytes], nodes: Iterator[bytes], first: int) -> None:
    stored = list(islice(nodes, len(expected)))
    if stored == expected:
        return
    where = next((i for i, (a, b) in enumerate(zip(expected, stored, strict=False)) if a != b), len(stored))
    # Nodes come in the order of completion, so the first difference tells the entry that completed it.
    low = next(
        n
        for n in range(first, first + len(expected))
        if merkle.stored_count(n + 1) > merkle.stored_count(first) + where
    )
    raise LogIntegrityError(
        f"entry {low} does not match its stored hash", reference="log-tree", where=f"entry {low}",
        got=stored[where].hex() if where < len(stored) else "no hash", expected=expected[where].hex(),
        hint="the entry or the tree was changed behind the log's back; keep this store for evidence",
    )  # fmt: skip


def _keys(steps: _Steps, log: Log, vkey: str | None, rotations: list[int]) -> tuple[KeySpan, ...]:
    title = "The log's keys"
    try:
        spans = spans_of(log, rotations=rotations)
        pinned = Verifier.parse(vkey) if vkey is not None else None
        if pinned is not None and pinned not in {span.verifier for span in spans}:
            raise LogIntegrityError(
                "the log is not signed by the key you know",
                reference="log-key-unknown",
                got=", ".join(span.verifier.vkey for span in spans),
                expected=pinned.vkey,
            )
    except (IntegrityError, KeyFileError) as error:
        if vkey is not None and isinstance(error, KeyFileError):
            raise
        steps.failed(title, error)
        return ()
    times = "once" if len(spans) == 2 else f"{len(spans) - 1} times"
    count = f"rotated {times}, signed by both keys" if len(spans) > 1 else "never rotated"
    if pinned is None:
        steps.unknown(title, f"{spans[0].verifier.vkey} ({count}), taken from the log itself; give the one you know")
    else:
        steps.passed(title, f"the key you gave is the log's ({count})")
    return spans


def _stored(steps: _Steps, log: Log, keys: tuple[KeySpan, ...], size: int) -> None:
    notes = log.store.notes(SIGNED)
    title = "Checkpoints the log has signed"
    if not notes:
        steps.unknown(title, "none is stored; sign one with `raudit log checkpoint`")
        return
    try:
        for note in notes:
            _extends(log, keys, size, note.note, "a checkpoint that it signed")
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return
    steps.passed(title, f"{len(notes):,}, the last at size {notes[-1].size:,}")


def _witnessed(steps: _Steps, log: Log, keys: tuple[KeySpan, ...], witnesses: list[Verifier], size: int) -> None:
    notes = log.store.notes(WITNESSED)
    if not notes:
        return
    title = "Checkpoints that witnesses gave back"
    try:
        known = [_cosigners(log, keys, size, note.note, witnesses) for note in notes]
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return
    names = sorted({name for found in known for name in found})
    if names:
        steps.passed(title, f"{len(notes):,}, cosigned by {', '.join(names)}")
    else:
        steps.unknown(title, f"{len(notes):,}; no witness's key was given, so cosignatures were not checked")


def _stamped(steps: _Steps, log: Log, keys: tuple[KeySpan, ...], trust: Sequence[bytes], size: int) -> None:
    notes = log.store.notes(STAMPED)
    if not notes:
        return
    from raudit.log.stamp import unpack, verify_stamp

    title = "Time stamps of checkpoints"
    try:
        for note in notes:
            checkpoint, token = unpack(note.note)
            _extends(log, keys, size, checkpoint, "a stamped checkpoint")
            last = verify_stamp(token, checkpoint, trust) if trust else None
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return
    if last is None:
        steps.unknown(title, f"{len(notes):,}; no certificate to trust was given, so the stamps were not checked")
    else:
        steps.passed(title, f"{len(notes):,}, the last at size {notes[-1].size:,}: {last.time:%Y-%m-%d %H:%M:%S} UTC")


def _cosigners(log: Log, keys: tuple[KeySpan, ...], size: int, text: str, witnesses: list[Verifier]) -> tuple[str, ...]:
    _extends(log, keys, size, text, "a witnessed checkpoint")
    _, opened = open_checkpoint(text, [*(span.verifier for span in keys), *witnesses])
    names = {witness.name for witness in witnesses}
    return tuple(signature.name for signature in opened.verified if signature.name in names)


def _outside(
    steps: _Steps, log: Log, keys: tuple[KeySpan, ...], witnesses: list[Verifier], size: int, label: str, text: str
) -> bool:
    title = f"From outside: {label}"
    try:
        detail = _extends(log, keys, size, text, "this checkpoint")
        cosigners = _cosigners(log, keys, size, text, witnesses)
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return False
    by = f", cosigned by {', '.join(cosigners)}" if cosigners else ""
    steps.passed(title, f"the log extends it: {detail}{by}")
    return True


def _extends(log: Log, keys: tuple[KeySpan, ...], size: int, text: str, source: str) -> str:
    """Check one checkpoint's signature, its key's span and its root."""
    checkpoint, opened = open_checkpoint(text, [span.verifier for span in keys])
    if checkpoint.origin != log.origin:
        raise LogIntegrityError("of another log", reference="log-origin", got=checkpoint.origin, expected=log.origin)
    signers = {(signature.name, signature.key_id) for signature in opened.verified}
    if not any(span.covers(checkpoint.size) for span in keys if (span.verifier.name, span.verifier.key_id) in signers):
        raise LogIntegrityError(
            "signed by a key that was not the log's at that size",
            reference="log-key-span",
            got=f"size {checkpoint.size:,}",
        )
    check_extends(checkpoint, size, log.store.node, source)
    return checkpoint.describe()
