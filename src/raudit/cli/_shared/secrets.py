"""No private key on a terminal: refused where it is typed, left out where it would be repeated.

A secret on a command line is in the shell's history and in every process list, and an error that repeats it puts it
into the log of a CI job. So (1) an argument that holds one is refused before anything reads it, and (2) an error that
quotes a file's text is printed without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from raudit.errors import UsageError

_LOG_KEY = re.compile(r"PRIVATE\+KEY\+\S*(?:\s+[A-Za-z0-9+/=]{16,})*")
_PEM = re.compile(
    r"-+BEGIN[A-Z0-9 ]*PRIVATE KEY-*.*?(?:-+END[A-Z0-9 ]*PRIVATE KEY-*|\Z)", re.DOTALL
)
HIDDEN = "(a private key, not shown)"


def refuse_secrets(arguments: Sequence[str]) -> None:
    """Refuse arguments that hold a private key.

    Raises
    ------
    UsageError
        Naming the option, never the key.
    """
    for number, argument in enumerate(arguments):
        if not holds_secret(argument):
            continue
        option = argument.partition("=")[0] if argument.startswith("--") else ""
        before = arguments[number - 1] if number and arguments[number - 1].startswith("-") else ""
        where = option if option and not holds_secret(option) else before
        raise UsageError(
            "this is the private key; give the verifier key, or the key's file",
            reference="private-key-given",
            where=where if not holds_secret(where) else "",
            hint="whoever can list processes or read your shell's history has seen this key: make a new one",
        )


def holds_secret(text: str) -> bool:
    """Tell whether a text holds a private key."""
    return bool(_LOG_KEY.search(text) or _PEM.search(text))


def without_secrets(text: str) -> str:
    """Leave private keys out of a text."""
    return _LOG_KEY.sub(HIDDEN, _PEM.sub(HIDDEN, text))
