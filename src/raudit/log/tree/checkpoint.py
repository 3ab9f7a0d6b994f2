"""Checkpoints: a log's origin, size and root as a signed note. Reading, writing and verifying them.

References
----------
C2SP tlog-checkpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle, note
from raudit.log.tree.note import LogKey, Note, Verifier
from raudit.sentences import say, term


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a log at a size."""

    origin: str
    """The log's name, as in its key."""
    size: int
    """Number of entries."""
    root: bytes
    """RFC 6962 root of these entries."""
    extensions: tuple[str, ...] = ()
    """Further lines, which mean nothing here but are signed too."""

    def text(self) -> str:
        """Return the text that is signed."""
        lines = (
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            *self.extensions,
        )
        return "".join(line + "\n" for line in lines)

    def describe(self) -> str:
        """Say size and root in one line for people."""
        return f"size {self.size:,}, root {self.root.hex()[:16]}…"


def parse_body(text: str) -> Checkpoint:
    """Read a checkpoint's text, signed or not, without trusting it.

    Raises
    ------
    LogIntegrityError
        If it is not of the form of a checkpoint.
    """
    if not text.endswith("\n"):
        raise _malformed("the last line has no newline")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise _malformed("there are fewer than three lines, or an empty one")
    root = note.decode_hash(lines[2])
    if root is None:
        raise _malformed("the third line is not a base64 root")
    return Checkpoint(
        origin=lines[0], size=parse_number(lines[1], "size"), root=root, extensions=tuple(lines[3:])
    )


def parse_number(text: str, what: str) -> int:
    """Read a decimal number of the formats: ASCII digits, no leading zero, at most 63 bits."""
    if (
        not (text.isascii() and text.isdigit())
        or (text[0] == "0" and text != "0")
        or len(text) > 19
    ):
        raise _malformed(say("the {what} is not a plain decimal number", what=term(what)))
    value = int(text)
    if value >= 1 << 63:
        raise _malformed(say("the {what} is too large", what=term(what)))
    return value


def sign_checkpoint(checkpoint: Checkpoint, key: LogKey) -> str:
    """Sign a checkpoint; whether it may be signed is the caller's question, see `raudit.log.journal`."""
    return note.sign_note(checkpoint.text(), key)


def verify_checkpoint(text: str | bytes, vkey: str) -> Checkpoint:
    """Verify a signed checkpoint against the log's verifier key.

    Parameters
    ----------
    text
        The signed note; cosignatures by others may follow the log's signature.
    vkey
        The log's verifier key; its name must be the checkpoint's origin.

    Raises
    ------
    LogIntegrityError
        If it is malformed, not signed by this key, or of another origin.
    KeyFileError
        If the verifier key is malformed.
    """
    return verify_checkpoint_any(text, [Verifier.parse(vkey)])


def verify_checkpoint_any(text: str | bytes, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Verify a signed checkpoint against several keys of one log (before and after a rotation)."""
    return open_checkpoint(text, verifiers)[0]


def open_checkpoint(text: str | bytes, verifiers: Sequence[Verifier]) -> tuple[Checkpoint, Note]:
    """Verify a signed checkpoint and also return the note, for who asks which key has signed it."""
    opened = note.open_note(text, verifiers)
    checkpoint = parse_body(opened.text)
    if len(checkpoint.root) != merkle.HASH_SIZE:
        raise _malformed("the root is not 32 bytes long")
    names = {signature.name for signature in opened.verified}
    if checkpoint.origin not in names:
        raise LogIntegrityError(
            "the checkpoint is of another log",
            reference="log-origin",
            got=repr(checkpoint.origin),
            expected=" or ".join(sorted(names)),
        )
    return checkpoint, opened


def verify_consistency(
    old: str | bytes, new: str | bytes, proof: Sequence[bytes], vkey: str
) -> tuple[Checkpoint, Checkpoint]:
    """Verify two signed checkpoints of one log and that the older tree is a prefix of the newer.

    Parameters
    ----------
    old, new
        Signed checkpoints.
    proof
        Hashes of the consistency proof (RFC 6962, 2.1.2); empty if both have the same size.
    vkey
        The log's verifier key.

    Returns
    -------
    tuple of Checkpoint
        The older and the newer.

    Raises
    ------
    LogIntegrityError
        If a checkpoint does not verify, or the older is not shown to be a prefix of the newer.
    """
    first, second = verify_checkpoint(old, vkey), verify_checkpoint(new, vkey)
    merkle.verify_consistency(first.size, second.size, proof, first.root, second.root)
    return first, second


def _malformed(why: str) -> LogIntegrityError:
    return LogIntegrityError(
        say("not a checkpoint: {why}", why=term(why)),
        reference="log-checkpoint-malformed",
        expected="lines of origin, size and root",
    )
