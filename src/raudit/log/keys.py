"""Key files of logs and witnesses: creating and reading them, in clear or under a passphrase.

In clear a file holds one line of the signed-note form ``PRIVATE+KEY+name+id+base64``. Under a passphrase it holds the
key's name and an encrypted PKCS#8 block.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raudit.errors import KeyFileError
from raudit.log.tree.note import (
    Algorithm,
    LogKey,
    Verifier,
    decode_hash,
    refuse_private,
    valid_name,
)
from raudit.ordinary import open_file, read_file

PASSPHRASE_VARIABLE = "RAUDIT_LOG_KEY_PASSPHRASE"  # noqa: S105 -- the name of the variable, not a secret
"""Environment variable from which the command line takes the passphrase of a log key."""

MEMORY_VARIABLE = "RAUDIT_LOG_KEY_MEMORY"
"""Environment variable from which the command line takes the file in which a log key remembers what it signed."""

_PLAIN = "PRIVATE+KEY+"
_NAME = "name: "
_MAX_BYTES = 10_000


def create_log_key(
    path: Path, name: str, *, passphrase: str | None = None, seed: bytes | None = None
) -> LogKey:
    """Create an Ed25519 key and write it to a new file that only its owner may read (mode 0600).

    Parameters
    ----------
    path
        The new file; an existing one is never overwritten.
    name
        Name of the key and origin of its log, such as ``audit.example.org/credit``: no white space, no plus.
    passphrase
        Encrypts the file if given.
    seed
        32 secret bytes; random by default.

    Raises
    ------
    KeyFileError
        If the name cannot be a key's name, or the file exists or cannot be written.
    """
    if not valid_name(name):
        raise KeyFileError(
            "a key may not have this name",
            reference="log-key-name",
            got=repr(name),
            expected="a name without white space and plus signs",
            hint="use a name such as audit.example.org/credit",
        )
    key = LogKey(
        name=name, seed=seed if seed is not None else secrets.token_bytes(32), memory=_memory(path)
    )
    text = _plain(key) if passphrase is None else _encrypted(key, passphrase)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(
            "the key file cannot be created",
            reference="log-key-create",
            where=str(path),
            got=error.strerror or "",
            hint="keys are never overwritten; name a new file in a folder that exists",
        ) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def load_log_key(
    path: Path, *, passphrase: str | None = None, memory: Path | None = None
) -> LogKey:
    """Read a key file.

    Parameters
    ----------
    path
        The file; it must not be readable or writable by group or others.
    passphrase
        Needed if the file is encrypted.
    memory
        File in which the key remembers what it signed last; by default beside it. Name one in a lasting folder if the
        key's own folder cannot be written, as with a mounted secret.

    Raises
    ------
    KeyFileError
        If the file cannot be read, is open to others, is no key, or the passphrase is wrong or missing.
    """
    text = _read_private(path)
    key = (
        _parse_encrypted(text, passphrase, path)
        if text.startswith(_NAME)
        else _parse_plain(text, path)
    )
    return LogKey(name=key.name, seed=key.seed, memory=memory or _memory(path))


def _memory(path: Path) -> Path:
    return path.with_name(path.name + ".signed")


def _read_private(path: Path) -> str:
    try:
        with open_file(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise KeyFileError(
            "the key file cannot be read",
            reference="log-key-read",
            where=str(path),
            got=error.strerror or "",
            hint="create one with `raudit log key NAME FILE`",
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(
            "the key file is open to group or others",
            reference="log-key-open",
            where=str(path),
            got=f"mode {stat.S_IMODE(mode):04o}",
            expected="mode 0600",
            hint=f"chmod 600 {path}; if others could read it, rotate the key",
        )
    try:
        return data.decode("ascii") if len(data) <= _MAX_BYTES else ""
    except UnicodeDecodeError:
        return ""


def _plain(key: LogKey) -> str:
    encoded = base64.b64encode(bytes([Algorithm.ED25519]) + key.seed).decode()
    return f"{_PLAIN}{key.name}+{key.verifier.key_id.hex()}+{encoded}\n"


def _parse_plain(text: str, path: Path) -> LogKey:
    parts = text.strip().removeprefix(_PLAIN).split("+", 2)
    raw = decode_hash(parts[2]) if len(parts) == 3 else None
    if not text.startswith(_PLAIN) or raw is None or len(raw) != 33 or raw[0] != Algorithm.ED25519:
        raise _not_a_key(path)
    key = LogKey(name=parts[0], seed=raw[1:])
    if not valid_name(key.name) or key.verifier.key_id.hex() != parts[1]:
        raise _not_a_key(path)
    return key


def _encrypted(key: LogKey, passphrase: str) -> str:
    block = Ed25519PrivateKey.from_private_bytes(key.seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    return f"{_NAME}{key.name}\n{block.decode()}"


def _parse_encrypted(text: str, passphrase: str | None, path: Path) -> LogKey:
    name, _, block = text.removeprefix(_NAME).partition("\n")
    if passphrase is None:
        raise KeyFileError(
            "the key file is encrypted and no passphrase was given",
            reference="log-key-passphrase",
            where=str(path),
            hint=f"set {PASSPHRASE_VARIABLE} in the environment",
        )
    try:
        private = serialization.load_pem_private_key(block.encode(), passphrase.encode())
    except (ValueError, TypeError) as error:
        raise KeyFileError(
            "the key file does not open with this passphrase",
            reference="log-key-passphrase",
            where=str(path),
            hint=f"check {PASSPHRASE_VARIABLE}",
        ) from error
    if not isinstance(private, Ed25519PrivateKey) or not valid_name(name):
        raise _not_a_key(path)
    return LogKey(name=name, seed=private.private_bytes_raw())


def read_vkey(text_or_path: str) -> Verifier:
    """Read a verifier key given as text, or as the name of a file that holds it.

    Raises
    ------
    KeyFileError
        If it is neither.
    """
    refuse_private(text_or_path)
    path = Path(text_or_path)
    try:
        if "+" not in path.name and path.is_file() and path.stat().st_size <= _MAX_BYTES:
            return Verifier.parse(read_file(path).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise KeyFileError(
            "the verifier key file cannot be read",
            reference="log-vkey-read",
            where=text_or_path[:200],
            got=error.strerror or "" if isinstance(error, OSError) else "not text",
            expected="the line that `raudit log key` printed",
        ) from error
    return Verifier.parse(text_or_path)


def _not_a_key(path: Path) -> KeyFileError:
    return KeyFileError(
        "not a log key",
        reference="log-key-malformed",
        where=str(path),
        expected="a file written by `raudit log key`",
        hint="the key that signs PDFs is another one; see the log's reference",
    )
