"""Formats of recorded turns as data: one file each under ``llm_formats/``, read and held against its schema.

A newcomer adds a format without code where rows are flat enough for paths; the few tools whose rows must first be put
together (an archive, a database, a tree of spans) name a ``shape``, which is code.
"""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field

from raudit.errors import DataError
from raudit.plan.turns import Condition, FieldMap, FieldOrPath, Paths
from raudit.resources import resource_dir
from raudit.validate import Strict, validate
from raudit.yamltext import read_yaml


class TestsMap(Strict):
    """Where the tests of a row are: a list of objects, one a test."""

    each: str
    """Path of the list."""
    name: Paths
    passed: str
    score: str
    judge: str = ""
    """Path of the judge's name; a test that has one rests on a model."""
    failed_to_judge: tuple[Condition, ...] = ()
    """Any of these means that the judge failed: neither passed nor failed."""
    unweighted: Condition | None = None
    """Where this holds, ``passed`` says nothing and the score decides."""
    threshold: str = ""
    """Path of the score from which such a test passes; one half where there is none, or it is no share."""


class Format(Strict):
    """One file of ``llm_formats/``."""

    schema_version: Literal["raudit.llm-format/1"] = Field(alias="schema")
    id: str = Field(pattern="^[a-z0-9-]+$")
    title: str
    as_of: str
    """Date on which the layout was looked at."""
    tool: str = ""
    """Tool and versions it was looked at with."""
    source: str = ""
    """Where the layout is documented."""
    container: Literal["jsonl", "json", "concatenated", "csv", "parquet", "zip", "sqlite"]
    recognise: tuple[str, ...] = ()
    """Keys (columns, members, tables) that must all be there for the format to be told by itself."""
    recognise_values: dict[str, Paths] = Field(default_factory=dict)
    """Keys whose value must be one of these too."""
    rows: str = ""
    """Path of the list of rows in a JSON document."""
    shape: str = "rows"
    """Code that puts rows together; ``rows`` takes them as they are."""
    refuse: str = ""
    """Why this kind of file holds no turns; it is then refused with this sentence."""
    canonical: bool = False
    """Whether a row's keys that are named like fields of the table are taken without a mapping."""
    version: Condition | None = None
    """Versions of the layout that are known; another is read and said, and nothing passes on it."""
    ended: Condition | None = None
    """What the header of a run says that ended well; a file of any other run is read in part."""
    tool_version: str = ""
    """Path of the tool's version in the header of a document."""
    keep: Condition | None = None
    """Rows that are turns; others are left out."""
    left_out: Condition | None = None
    """Rows that are known to be no turns; one that is neither could not be read."""
    answered: Condition | None = None
    """What says that a call was answered; a row that is neither this, failed nor blocked could not be read."""
    failed: tuple[Condition, ...] = ()
    """Any of these means that the call gave no answer."""
    blocked: tuple[Condition, ...] = ()
    """Any of these means that the provider withheld the answer."""
    fields: dict[str, FieldOrPath] = Field(default_factory=dict)
    tests: TestsMap | None = None
    messages: dict[str, str] = Field(default_factory=dict)
    """``input`` and ``output``: paths of messages, taken apart into prompt, system, context and output."""
    totals: dict[str, str] = Field(default_factory=dict)
    """Paths of the tool's own totals, read only to be contradicted."""
    lacking: dict[str, str] = Field(default_factory=dict)
    """Fields that the format cannot hold, with the reason."""


@functools.cache
def known_formats() -> dict[str, Format]:
    """Every shipped format by id.

    Raises
    ------
    DataError
        If a format's file breaks the schema.
    """
    from raudit.turns.mapping import known, no_field  # which imports this module

    found: dict[str, Format] = {}
    for path in sorted(resource_dir("llm_formats").glob("*.yaml")):
        read = validate(Format, read_yaml(path, error=DataError), error=DataError)
        for name in read.fields:
            if not known(name):
                raise no_field(name, path.name)
        found[read.id] = read
    return found


__all__ = ["Condition", "FieldMap", "Format", "TestsMap", "known_formats"]
