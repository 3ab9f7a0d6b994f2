"""Verifying a whole log: recompute everything, then compare with checkpoints that others hold. Numbered steps.

A log that agrees with itself may still have been cut short or rebuilt by whoever has its key. Only checkpoints from
reports, witnesses and exports can tell, so the report always says whether there was any to compare with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from raudit.errors import IntegrityError, KeyFileError, RauditError
from raudit.log.attested import KEY_TYPES, check_kept, check_rows, keys_in, proven
from raudit.log.events import Entry
from raudit.log.readable import ReadableLog
from raudit.log.rotation import KeySpan
from raudit.log.stores.store import SIGNED, STAMPED, WITNESSED
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import open_checkpoint
from raudit.log.tree.note import Verifier


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
        self.steps.append(
            Step(number=len(self.steps) + 1, title=title, status=status, detail=detail)
        )

    def passed(self, title: str, detail: str) -> None:
        self.add(title, StepStatus.PASSED, detail)

    def unknown(self, title: str, detail: str) -> None:
        self.add(title, StepStatus.INDETERMINATE, detail)

    def failed(self, title: str, error: RauditError) -> None:
        parts = (
            error.message,
            f"got {error.got}" if error.got else "",
            f"expected {error.expected}",
            error.where,
        )
        self.add(
            title,
            StepStatus.FAILED,
            "; ".join(part for part in parts if part and part != "expected "),
        )


def verify_log(
    log: ReadableLog,
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
    outside = [
        (item if isinstance(item, tuple) else ("checkpoint given", item)) for item in checkpoints
    ]
    with log.store.snapshot():
        size = log.size
        named: list[Entry] = []
        root = _tree(steps, log, size, named)
        keys = _keys(steps, log, vkey, size, named)
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
        location=log.store.location,
        origin=log.origin,
        size=size,
        root=root,
        steps=tuple(steps.steps),
        compared=compared,
    )


def _tree(steps: _Steps, log: ReadableLog, size: int, named: list[Entry]) -> bytes:
    title = "Every entry and every stored hash, recomputed"
    try:
        root = check_rows(log.store, size, KEY_TYPES, named)
    except IntegrityError as error:
        steps.failed(title, error)
        return bytes(merkle.HASH_SIZE)
    if size:
        steps.passed(title, f"{size:,} entries, root {root.hex()}")
    else:
        steps.unknown(title, "the log has no entries; if it ever had, they are gone")
    return root


def _keys(
    steps: _Steps, log: ReadableLog, vkey: str | None, size: int, named: list[Entry]
) -> tuple[KeySpan, ...]:
    title = "The log's keys"
    try:
        pinned = Verifier.parse(vkey) if vkey is not None else None
        spans = keys_in(log, size, named, pinned)
    except (IntegrityError, KeyFileError) as error:
        if vkey is not None and isinstance(error, KeyFileError):
            raise
        steps.failed(title, error)
        return ()
    times = "once" if len(spans) == 2 else f"{len(spans) - 1} times"
    count = f"rotated {times}, signed by both keys" if len(spans) > 1 else "never rotated"
    if pinned is None:
        steps.unknown(
            title,
            f"{spans[0].verifier.vkey} ({count}), taken from the log itself; give the one you know",
        )
    else:
        steps.passed(title, f"the key you gave is the log's ({count})")
    return spans


def _stored(steps: _Steps, log: ReadableLog, keys: tuple[KeySpan, ...], size: int) -> None:
    notes = log.store.notes(SIGNED)
    title = "Checkpoints the log has signed"
    if not notes:
        steps.unknown(
            title,
            f"none is stored, so all {size:,} entries may have been written by anyone; if it ever "
            "signed one, it was deleted; the log's owner signs one with `raudit log checkpoint LOG --key FILE`",
        )
        return
    try:
        for note in notes:
            _extends(log, keys, size, note.note, "a checkpoint that it signed", note.size)
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return
    beyond = size - max(note.size for note in notes)
    uncovered = (
        f"; {beyond:,} of {size:,} entries lie beyond it, signed by nobody" if beyond else ""
    )
    steps.passed(title, f"{len(notes):,}, the last at size {notes[-1].size:,}{uncovered}")


def _witnessed(
    steps: _Steps, log: ReadableLog, keys: tuple[KeySpan, ...], witnesses: list[Verifier], size: int
) -> None:
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
        steps.unknown(
            title, f"{len(notes):,}; no witness's key was given, so cosignatures were not checked"
        )


def _stamped(
    steps: _Steps, log: ReadableLog, keys: tuple[KeySpan, ...], trust: Sequence[bytes], size: int
) -> None:
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
        steps.unknown(
            title,
            f"{len(notes):,}; no certificate to trust was given, so the stamps were not checked",
        )
    else:
        steps.passed(
            title,
            f"{len(notes):,}, the last at size {notes[-1].size:,}: {last.time:%Y-%m-%d %H:%M:%S} UTC",
        )


def _cosigners(
    log: ReadableLog, keys: tuple[KeySpan, ...], size: int, text: str, witnesses: list[Verifier]
) -> tuple[str, ...]:
    _extends(log, keys, size, text, "a witnessed checkpoint")
    _, opened = open_checkpoint(text, [*(span.verifier for span in keys), *witnesses])
    names = {witness.name for witness in witnesses}
    return tuple(signature.name for signature in opened.verified if signature.name in names)


def _outside(
    steps: _Steps,
    log: ReadableLog,
    keys: tuple[KeySpan, ...],
    witnesses: list[Verifier],
    size: int,
    label: str,
    text: str,
) -> bool:
    title = f"From outside: {label}"
    try:
        checkpoint = proven(log, keys, size, text, None, "this checkpoint")
        check_kept(log.store, checkpoint, "this checkpoint")
        cosigners = _cosigners(log, keys, size, text, witnesses)
    except (IntegrityError, KeyFileError) as error:
        steps.failed(title, error)
        return False
    by = f", cosigned by {', '.join(cosigners)}" if cosigners else ""
    steps.passed(title, f"the log extends it: {checkpoint.describe()}{by}")
    return True


def _extends(
    log: ReadableLog,
    keys: tuple[KeySpan, ...],
    size: int,
    text: str,
    source: str,
    stored_size: int | None = None,
) -> str:
    """Check one checkpoint's signature, its key's span, its root, and the size that the store gives it."""
    return proven(log, keys, size, text, stored_size, source).describe()
