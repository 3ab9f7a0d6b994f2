"""Files that travel inside the PDF: the record, every table in full, the seals of the log."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime

from raudit.canonical import Sha256, sha256
from raudit.record import Record, record_bytes
from raudit.report.seals import Seals
from raudit.report.tables import stage_tables

RECORD_NAME = "record.json"
ANNEXES_NAME = "annexes.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file inside the PDF."""

    name: str
    data: bytes
    description: str
    """What it is, in English, for the PDF's own list."""
    relationship: str
    """AFRelationship: ``Source``, ``Data`` or ``Supplement`` (ISO 32000-2, 7.11.3)."""
    kind: str
    """Message that says what it is: ``attached-record``, ``attached-table`` or ``attached-seal``."""
    stage: str = ""


class Source:
    """A record with its bytes, digest and tables, each worked out once however many pages are made of it."""

    def __init__(self, record: Record, data: bytes | None = None) -> None:
        """Hold a record; ``data`` are its canonical bytes where somebody has them."""
        self.record = record
        self.data = record_bytes(record) if data is None else data

    @functools.cached_property
    def sha256(self) -> Sha256:
        """Digest of the record."""
        return sha256(self.data)

    @property
    def epoch(self) -> int:
        """Seconds since 1970 of the run; every date in the document comes from it."""
        return int(datetime.fromisoformat(self.record.run.clock).timestamp())

    @functools.cached_property
    def tables(self) -> tuple[AttachedFile, ...]:
        """Every table in full, as CSV."""
        return tuple(
            AttachedFile(
                name=name,
                data=data,
                description=f"A table of stage {stage.name} in full",
                relationship="Data",
                kind="attached-table",
                stage=stage.title,
            )
            for stage in self.record.stages
            for name, data in stage_tables(stage).items()
        )


def attached_files(
    source: Source, seals: Seals, *, annexes: bytes = b""
) -> tuple[AttachedFile, ...]:
    """List the files to attach, the record first; of files with equal bytes only the first is kept.

    ``annexes`` are the annexes as a page to read; none if empty.
    """
    files = [
        AttachedFile(
            name=RECORD_NAME,
            data=source.data,
            description="The record this report is made from (RFC 8785 JSON)",
            relationship="Source",
            kind="attached-record",
        )
    ]
    if annexes:
        files.append(
            AttachedFile(
                name=ANNEXES_NAME,
                data=annexes,
                description="The annexes: every table, answer and finding, to read in a browser",
                relationship="Supplement",
                kind="attached-annexes",
            )
        )
    files += source.tables
    files += [
        AttachedFile(
            name=name,
            data=data,
            description="Seal of the log",
            relationship="Supplement",
            kind="attached-seal",
        )
        for name, data in seals.files().items()
    ]
    first: dict[str, AttachedFile] = {}
    for file in files:  # WeasyPrint keeps one relationship for equal bytes
        first.setdefault(sha256(file.data), file)
    return tuple(first.values())
