"""How files and tables are named in print: values that stand in a name, such as those of partitions, are masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from raudit.data.naming import SOMEBODY, names_persons
from raudit.data.readers.formats import SUFFIXES
from raudit.scan.redact import operator, redactors
from raudit.stages.pii.recognise.names import holds_full_name
from raudit.stages.pii.scanner import Scanner
from raudit.stages.pii.vocabulary.mask import shape

_PARTITION = re.compile(r"([^/=:]+)=([^/:]+)")
_PART = re.compile(r"[^/:]+")
TYPES_OF_FILES = frozenset(
    {"IBAN_CODE", "US_SSN", "CREDIT_CARD", "EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS"}
)
"""Types whose names stand in those of files, and that a model takes for names of persons."""
_JOINED = re.compile(r"[_.+-]+")
"""What stands for a blank in the name of a file."""


def printed_names(scanner: Scanner) -> Callable[[str], str]:
    """Give the function that masks values in a name: exact identifiers, partitions, and names of persons.

    A person's name is looked for in each part of a path by itself, as the model and the lists of names see it; one
    that only a model guesses is masked too, since a name of a file costs nothing to mask.
    """
    exact = redactors((), operator("mask", None), scanner)

    def partition(match: re.Match[str]) -> str:
        key, value = match[1], unquote(match[2])
        return f"{key}={shape(value)}" if names_persons(key, [value]) else match[0]

    def part(match: re.Match[str]) -> str:
        words = [word for word in _JOINED.split(match[0]) if not is_technical(word.lower())]
        text = " ".join(words)
        (masked,) = exact.anywhere.cells([text])
        return match[0] if masked == text and not holds_full_name(text) else shape(match[0])

    def is_technical(word: str) -> bool:
        # A file called after what it holds, json_iban.csv, is nobody's; Iban is a given name too.
        said = scanner.hints.sure.get(word, ())
        return not TYPES_OF_FILES.isdisjoint(said) or f".{word}" in SUFFIXES

    def printed(name: str) -> str:
        (masked,) = exact.names.cells([_PARTITION.sub(partition, name)])
        whole = SOMEBODY.sub(lambda match: shape(match[0]), str(masked))
        return _PART.sub(part, whole)

    return printed
