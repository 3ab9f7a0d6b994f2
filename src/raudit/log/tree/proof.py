"""Proofs that an entry is in a log, as a text file that verifies offline.

References
----------
C2SP tlog-proof.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, open_checkpoint, parse_number
from raudit.log.tree.note import Verifier, decode_hash
from raudit.sentences import say, term

HEADER = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof as read from its file; nothing in it is verified yet."""

    index: int
    """Number of the entry, from 0."""
    hashes: tuple[bytes, ...]
    """Sibling hashes from the leaf up."""
    checkpoint: str
    """The signed checkpoint, as it was issued."""
    extra: bytes | None = None
    """Opaque bytes that nothing authenticates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a verified proof establishes."""

    index: int
    """Number of the entry in the log."""
    checkpoint: Checkpoint
    """The state of the log that holds the entry."""


def write_proof(
    index: int, hashes: Sequence[bytes], checkpoint: str, *, extra: bytes | None = None
) -> str:
    """Write a proof file."""
    lines = [HEADER]
    if extra is not None:
        lines.append("extra " + base64.b64encode(extra).decode())
    lines.append(f"index {index}")
    lines += [base64.b64encode(value).decode() for value in hashes]
    return "".join(line + "\n" for line in lines) + "\n" + checkpoint


def parse_proof(text: str | bytes) -> Proof:
    """Read a proof file without trusting it.

    Raises
    ------
    LogIntegrityError
        If it is not of the form of a proof.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise _malformed("not UTF-8") from error
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER:
        raise _malformed(
            say("the first line is not '{header}', or there is no checkpoint", header=HEADER)
        )
    rest = lines[1:]
    extra = None
    if rest and rest[0].startswith("extra "):
        extra = decode_hash(rest.pop(0).removeprefix("extra "))
        if extra is None:
            raise _malformed("the extra data are not base64")
    if not rest or not rest[0].startswith("index "):
        raise _malformed("there is no index")
    index = parse_number(rest.pop(0).removeprefix("index "), "index")
    if len(rest) > _MAX_HASHES:
        raise _malformed(say("there are more than {most} hashes", most=_MAX_HASHES))
    hashes = [decode_hash(line) for line in rest]
    if any(value is None or len(value) != merkle.HASH_SIZE for value in hashes):
        raise _malformed("a hash is not base64 of 32 bytes")
    return Proof(
        index=index,
        hashes=tuple(h for h in hashes if h is not None),
        checkpoint=checkpoint,
        extra=extra,
    )


def verify_proof(text: str | bytes, entry: bytes, vkey: str) -> Proven:
    """Verify that an entry is in the log that signed the proof's checkpoint.

    Parameters
    ----------
    text
        The proof file.
    entry
        The entry's bytes, exactly as they were logged.
    vkey
        The log's verifier key, known from elsewhere than the proof.

    Raises
    ------
    LogIntegrityError
        If the proof is malformed, its checkpoint is not signed by this key, or the entry is not shown to be there.
    """
    return verify_proof_any(text, entry, [Verifier.parse(vkey)])


def verify_proof_any(text: str | bytes, entry: bytes, verifiers: Sequence[Verifier]) -> Proven:
    """Verify a proof against several keys of one log (before and after a rotation)."""
    proof = parse_proof(text)
    checkpoint, _ = open_checkpoint(proof.checkpoint, verifiers)
    merkle.verify_inclusion(
        proof.index, checkpoint.size, merkle.leaf_hash(entry), proof.hashes, checkpoint.root
    )
    return Proven(index=proof.index, checkpoint=checkpoint)


def _malformed(why: str) -> LogIntegrityError:
    return LogIntegrityError(
        say("not a log proof: {why}", why=term(why)),
        reference="log-proof-malformed",
        expected="a .tlog-proof file, unchanged",
    )
