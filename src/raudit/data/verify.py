"""Hold data against a record: whether it is the table that was audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256
from raudit.data.content import SCHEME
from raudit.data.declared import Tick, open_declared
from raudit.data.open import digest_of, manifest
from raudit.errors import DataError, RecordIntegrityError
from raudit.plan.load import LEFT_OUT
from raudit.plan.schema import DataSection
from raudit.record import Input, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """What the data said now, beside what the record says."""

    recorded: Sha256
    found: Sha256
    same_file: bool | None
    """Whether file or folder have the recorded bytes too; None for a database."""
    differences: tuple[str, ...]
    """In words, without values; empty if the content is the same."""

    @property
    def same(self) -> bool:
        """Whether the table says the same."""
        return self.recorded == self.found


def verify_data(
    record: Record,
    path: Path | None,
    tick: Tick = lambda _rows: None,
    *,
    section: DataSection | None = None,
) -> DataCheck:
    """Compute the digest of the data's content again.

    Parameters
    ----------
    record
        What a run established.
    path
        The file or folder that the plan's ``data.path`` names, or one that should say the same.
    tick
        Called with the number of rows done since the last call.
    section
        ``data`` of the plan itself, since a record holds no values of a query.

    Raises
    ------
    RecordIntegrityError
        If the record holds no digest of content.
    DataError
        If the values of the query are needed and not given, or the data cannot be read as the plan declares it.
    """
    about = data_input(record)
    recorded = about.detail.get("content_sha256")
    if not isinstance(recorded, str) or about.detail.get("content_scheme") != SCHEME:
        raise RecordIntegrityError(
            "the record holds no digest of the data's content",
            reference="content-not-recorded",
            expected=SCHEME,
            hint="compare the SHA-256 of the file with the record's, or run the audit again",
        )
    section = section or data_section(record)
    if section.query is not None and LEFT_OUT in section.query:
        raise DataError(
            "the record does not hold the values in the query",
            reference="query-values",
            where="data.query",
            hint="name the plan that was run: raudit verify-data RECORD --config raudit.yaml",
        )
    section = section.model_copy(update={"key": ()})  # the content does not hang on the order
    declared = open_declared(section, path, tick)
    same_file = None
    if path is not None and not section.in_database:
        same_file = digest_of(path) == about.sha256
    found = declared.content_sha256
    shape = {"rows": declared.data.n_rows, "columns": len(declared.data.kinds)}
    return DataCheck(
        recorded=Sha256(recorded),
        found=found,
        same_file=same_file,
        differences=() if found == recorded else tuple(_differences(about.detail, shape, path)),
    )


def data_input(record: Record) -> Input:
    """The data set among the inputs of a record."""
    return next(item for item in record.inputs if item.role == "data")


def data_section(record: Record) -> DataSection:
    """What the recorded plan declares about its data."""
    return DataSection.model_validate(record.plan["data"])


def _differences(
    detail: Mapping[str, Any], shape: Mapping[str, int], path: Path | None
) -> list[str]:
    told = [
        f"{shape[what]:,} {what}, the record says {detail[what]:,}"
        for what in ("rows", "columns")
        if detail.get(what) not in (None, shape[what])
    ]
    parts = detail.get("manifest")
    if path is not None and path.is_dir() and isinstance(parts, Sequence):
        told += _changed_files(parts, manifest(path))
    return told or ["as many rows and columns, and other cells, names or kinds of columns"]


def _changed_files(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[str]:
    old, new = ({part["sha256"] for part in parts} for parts in (before, now))
    return [
        f"{len(old - new):,} of {len(old):,} recorded files are gone or changed, {len(new - old):,} are new"
    ]
