"""Which texts of a checklist a reader sees: what a catalogue of another language has to hold.

A sentence with a fact in it is one template for all values of the fact: ``{fact:pii.rows_alone}`` becomes the place
``{pii_rows_alone}``, which ``fill_in`` fills.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from raudit.canonical import Json
from raudit.checklists.form.faults import IN_SENTENCE

SPOKEN = frozenset({"text", "why", "help", "because", "intro", "title", "about", "note", "unit"})
"""Keys of a checklist whose value is a sentence or heading."""
NAMED = frozenset({"titles"})
"""Keys whose values are headings by id."""
SILENT = frozenset({"suggest"})
"""Keys under which only ids stand."""


def spoken_texts(value: Json, key: str = "") -> Iterator[str]:
    """Every text of a checklist, read as data, in the order of the file.

    Examples
    --------
    >>> list(spoken_texts({"id": "x", "title": "A list", "sections": [{"text": "{fact:pii.rows} rows"}]}))
    ['A list', '{pii_rows} rows']
    """
    match value:
        case str():
            if key in SPOKEN or key in NAMED:
                yield template_of(value)
        case Mapping():
            for name, item in value.items():
                if name not in SILENT:
                    yield from spoken_texts(item, key if key in NAMED else name)
        case list() | tuple():
            for item in value:
                yield from spoken_texts(item, key)


def template_of(sentence: str) -> str:
    """A checklist's sentence as a template, whose places are those of ``str.format``."""
    parts = IN_SENTENCE.split(sentence)
    return "".join(
        f"{{{place_of(part)}}}" if i % 2 else part.replace("{", "{{").replace("}", "}}")
        for i, part in enumerate(parts)
    )


def place_of(fact: str) -> str:
    """Name of the place that a fact takes in a template."""
    return re.sub(r"\W", "_", fact)
