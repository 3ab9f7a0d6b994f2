"""C2SP signed notes: text, then Ed25519 signature lines by named keys; and the cosignatures that witnesses add.

References
----------
C2SP signed-note (format, key IDs, verifier keys); C2SP tlog-cosignature (signature type 0x04).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from raudit.errors import KeyFileError, LogIntegrityError
from raudit.sentences import say, term

MAX_BYTES = 1_000_000
"""Longest note that is read."""
MAX_SIGNATURES = 100
"""Most signature lines that are read; the format asks for at least 16."""
_DASH = "\N{EM DASH} "


class Algorithm(IntEnum):
    """Signature types that are read and written here (C2SP signed-note, "Signature types")."""

    ED25519 = 0x01
    """Over the note's text."""
    COSIGNATURE = 0x04
    """Over a time and the note's text: what a witness adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key with its name: what must be known beforehand to trust a note."""

    name: str
    algorithm: Algorithm
    public: bytes
    """32 bytes of Ed25519 public key."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        material = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(material).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as one line of text."""
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read a verifier key.

        Raises
        ------
        KeyFileError
            If it is malformed, of another signature type, or its key ID does not match its key.
        """
        refuse_private(vkey)
        name, _, rest = vkey.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _decode(encoded)
        if not valid_name(name) or raw is None or len(raw) != 33 or raw[0] not in set(Algorithm):
            raise KeyFileError(
                "not a verifier key",
                reference="log-vkey",
                got=f"{len(vkey)} characters",  # never the text: it may be half of a private key
                expected="name+8 hex digits+base64 of an Ed25519 key",
                hint="copy the whole line that `raudit log key` prints",
            )
        verifier = cls(name=name, algorithm=Algorithm(raw[0]), public=raw[1:])
        if verifier.key_id.hex() != key_id:
            raise KeyFileError(
                "a verifier key does not match its own key ID",
                reference="log-vkey-id",
                expected="the key ID that its name and key give",
                hint="a character was lost or changed; copy the whole line again",
            )
        return verifier

    def verify(self, text: str, signature: bytes) -> bool:
        """Tell whether a signature line's bytes (without key ID) are by this key over the text."""
        message = text.encode()
        if self.algorithm is Algorithm.COSIGNATURE:
            if len(signature) != 72 or signature[0] & 0x80:
                return False
            message = _cosigned(int.from_bytes(signature[:8], "big"), text)
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    """An Ed25519 private key with its name; the name of a log's key is the log's origin."""

    name: str
    seed: bytes = field(repr=False)
    """32 bytes of secret."""
    memory: Path | None = None
    """Where the last checkpoint that this key signed is kept, so that a restored backup is noticed."""

    @property
    def verifier(self) -> Verifier:
        """The public half, for what the key signs as a log."""
        return Verifier(name=self.name, algorithm=Algorithm.ED25519, public=self._public())

    @property
    def cosigner(self) -> Verifier:
        """The public half, for what the key signs as a witness."""
        return Verifier(name=self.name, algorithm=Algorithm.COSIGNATURE, public=self._public())

    @property
    def vkey(self) -> str:
        """The verifier key as one line of text."""
        return self.verifier.vkey

    def sign(self, text: str) -> str:
        """Return the signature line of this key over a note's text."""
        return _line(self.verifier, self._private().sign(text.encode()))

    def cosign(self, text: str, clock: datetime) -> str:
        """Return the cosignature line of this key, as a witness, over a checkpoint's text at a time."""
        seconds = int(clock.timestamp())
        signature = self._private().sign(_cosigned(seconds, text))
        return _line(self.cosigner, seconds.to_bytes(8, "big") + signature)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def _public(self) -> bytes:
        return self._private().public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes
    line: str
    """The line itself, without newline."""

    @property
    def time(self) -> int:
        """POSIX seconds of a cosignature; 0 if the line is too short to be one."""
        return int.from_bytes(self.value[:8], "big") if len(self.value) == 72 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note whose signatures by known keys have been verified."""

    text: str
    """What is signed, with its final newline."""
    verified: tuple[Signature, ...]
    """Signatures by known keys; never empty."""
    unknown: tuple[Signature, ...]
    """Signatures by other keys, which say nothing."""


def sign_note(text: str, *keys: LogKey) -> str:
    """Sign a text with one or more keys.

    Raises
    ------
    ValueError
        If the text may not be in a note: no final newline, or control characters.
    """
    if not text.endswith("\n") or _controls(text):
        raise ValueError("a note's text ends in a newline and has no other control characters")
    return text + "\n" + "".join(key.sign(text) + "\n" for key in keys)


def split_note(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """Cut a note into text and signature lines, without trusting either.

    Raises
    ------
    LogIntegrityError
        If it is not of the form of a note.
    """
    if isinstance(note, str):
        note = note.encode("utf-8", "surrogatepass")
    if len(note) > MAX_BYTES:
        raise _malformed(say("longer than {most} bytes", most=MAX_BYTES))
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8") from error
    if _controls(whole):
        raise _malformed("it holds control characters")
    head, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise _malformed("there is no text, blank line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(say("more than {most} signature lines", most=MAX_SIGNATURES))
    return head + "\n", tuple(_signature(line) for line in lines)


def open_note(note: str | bytes, verifiers: Iterable[Verifier]) -> Note:
    """Read a note and verify it against known keys.

    Parameters
    ----------
    note
        The whole note.
    verifiers
        The keys that are trusted.

    Raises
    ------
    LogIntegrityError
        If the note is malformed, a signature by a known key does not verify, or no known key has signed it.
    """
    text, signatures = split_note(note)
    known = {(v.name, v.key_id): v for v in verifiers}
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown = []
    for signature in signatures:
        key = (signature.name, signature.key_id)
        if key not in known:
            unknown.append(signature)
        elif key not in verified:
            if not known[key].verify(text, signature.value):
                raise LogIntegrityError(
                    say("the signature by {name} does not verify", name=signature.name),
                    reference="log-note-signature",
                    hint="the text or the signature was changed after signing",
                )
            verified[key] = signature
    if not verified:
        raise LogIntegrityError(
            "no known key has signed this note",
            reference="log-note-unsigned",
            got=_names(s.name + "+" + s.key_id.hex() for s in signatures),
            expected=_names(name + "+" + key_id.hex() for name, key_id in known),
            hint="check that the verifier key is the one this log published",
        )
    return Note(text=text, verified=tuple(verified.values()), unknown=tuple(unknown))


def refuse_private(text: str) -> None:
    """Refuse a private key where a verifier key belongs, without repeating it.

    Raises
    ------
    KeyFileError
        If the text is a log's or witness's key file, in clear or encrypted, or any private key in PEM.
    """
    if "PRIVATE+KEY+" in text or "PRIVATE KEY-----" in text:
        raise KeyFileError(
            "this is the private key; give the verifier key",
            reference="private-key-given",
            expected="the line that `raudit log key` printed: name+8 hex digits+base64",
            hint="keep the key file to yourself; if it was shown to anyone, rotate the key: "
            "raudit log rotate LOG --key FILE --new NEW-FILE",
        )


def valid_name(name: str) -> bool:
    """Tell whether a key may have this name: not empty, no white space, no plus, no control characters."""
    return (
        bool(name)
        and "+" not in name
        and not any(c.isspace() or ord(c) < 0x20 for c in name)
        and _encodes(name)
    )


def decode_hash(line: str) -> bytes | None:
    """Read one line of base64 strictly; None if it is not base64."""
    return _decode(line)


def _signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    value = _decode(encoded)
    if (
        not line.startswith(_DASH)
        or not separator
        or not valid_name(name)
        or value is None
        or len(value) < 5
    ):
        raise _malformed("a signature line is not a dash, a key name and base64")
    return Signature(name=name, key_id=value[:4], value=value[4:], line=line)


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{_DASH}{verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}"


def _cosigned(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _decode(encoded: str) -> bytes | None:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    # One value has one spelling: stray bits in the last character are refused.
    return raw if base64.b64encode(raw).decode() == encoded else None


def _controls(text: str) -> bool:
    return any(c < " " and c != "\n" for c in text)


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names(names: Iterable[str]) -> str:
    shown: Sequence[str] = list(names)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")


def _malformed(why: str) -> LogIntegrityError:
    return LogIntegrityError(
        say("not a signed note: {why}", why=term(why)),
        reference="log-note-malformed",
        expected="text, a blank line, and lines that begin with a dash",
    )
