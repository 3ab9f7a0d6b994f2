"""Redact a file: scan it, write the copy, look at the copy with the same search, and compare the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raudit.data import ColumnName
from raudit.data.readers.delimited import find_layout
from raudit.data.readers.options import working
from raudit.data.readers.source import unreadable
from raudit.errors import DataError
from raudit.evidence import Progress
from raudit.scan.convert import convert
from raudit.scan.copies import Copied, Original, form_named
from raudit.scan.printed import printed_names
from raudit.scan.redact import STAND_IN, How, Redactors, operator, redactors
from raudit.scan.rewrite import rewrite
from raudit.scan.sources import Gap, ReadOptions, StreamedTable, open_source
from raudit.scan.sweep import SweepResult, sweep
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.count.as_text import as_strings
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import Scanner, prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A redacted copy, and what the same search says of it."""

    out: str
    rows: int
    changed: int
    """Cells in which something was replaced; 0 if the copy was there already and was only compared."""
    columns: Mapping[str, str]
    """Column to how it was redacted."""
    notes: tuple[str, ...]
    """What could not be kept or told, each with its count."""
    converted: str
    """What it means that the copy is of another format; empty if it is of the same."""
    after: SweepResult
    """The same search over what is outside the stand-ins."""
    differences: int | None = None
    """Places outside the stand-ins in which the copy differs from the original; None if they were not compared."""

    @property
    def exit_status(self) -> int:
        """6 if the copy differs outside its masks, 1 if something is left, 3 if something was lost or not told."""
        if self.differences:
            return 6
        # A copy whose every column was drawn anew leaves nothing to search.
        status = (
            self.after.exit_status
            if any(table.verdicts for table in self.after.tables) or not self.rows
            else 0
        )
        return 3 if status == 0 and self.notes else status


def redact_file(
    path: Path,
    out: Path,
    *,
    how: How,
    key: bytes | None,
    options: Options,
    seed: int,
    progress: Progress,
    check: bool = False,
    reading: ReadOptions | None = None,
) -> Redaction:
    """Scan a file, write a redacted copy, and search the copy in the same way.

    Parameters
    ----------
    path, out
        The file and its copy. A copy with another suffix is of another format, and values become what that can hold.
    how, key
        See ``operator``.
    options, seed
        Of the scan.
    check
        Compare what is outside the stand-ins byte for byte; a copy that is there already is compared and not written.

    reading
        What is declared about the file.

    Raises
    ------
    DataError
        If the file holds several tables, the output exists, or copies in two formats are to be compared.
    """
    operate = operator(how, key)
    original = Original(path, reading or ReadOptions())
    scanner = prepare(options, seed=seed)
    source, unread = _only_table(path, original.reading)
    form = original.form
    same_form = bool(form) and form == form_named(out)
    if check and not same_form:
        raise _not_comparable(original, out)
    written = not (check and out.exists())
    columns = redactors((), operate, scanner)
    copied = Copied()
    if written:
        within = working(path.name, source.limits)
        with within, progress.task(f"scan {path.name}", None) as tick:
            verdicts = scan_table(source, scanner, tick)
        columns = redactors(verdicts, operate, scanner)
        within = working(path.name, source.limits)
        with within, progress.task(f"write {out.name}", None):
            copied = (
                rewrite(original, source, out, columns)
                if same_form
                else convert(source, out, columns)
            )
    differences = None
    if check:
        from raudit.scan.compare_copy import differences_of

        differences = differences_of(original, out)
    return Redaction(
        out=str(out),
        rows=copied.rows,
        changed=copied.changed,
        columns=dict(_described(columns)),
        notes=(*copied.notes, *_not_copied(unread, scanner), *_left_beside(source, same_form)),
        converted=copied.converted,
        after=_after(
            out, _as_copied(original) if same_form else ReadOptions(), copied, scanner, progress
        ),
        differences=differences,
    )


def _not_comparable(original: Original, out: Path) -> DataError:
    """The error for a copy that is of another format, as every copy of a workbook or a database is."""
    suffix = original.path.suffix
    kept = "give the copy the suffix of the original"
    if not original.form:
        kept = (
            "leave --check out; only copies of text, JSON, Parquet and Arrow files keep their form"
        )
    return DataError(
        "the copy is of another format, so the two cannot be compared",
        reference="check-format",
        where=str(out),
        got=f"{suffix} and {out.suffix}",
        hint=kept,
    )


def _as_copied(original: Original) -> ReadOptions:
    """How a copy of the same form is read: like the original, also where masks hide what shows it."""
    if original.form != "csv":
        return original.reading
    layout = find_layout(original.contents, original.reading)
    return replace(original.reading, delimiter=layout.delimiter, header=bool(layout.header))


def _only_table(path: Path, reading: ReadOptions) -> tuple[StreamedTable, tuple[Gap, ...]]:
    """The table of a file, and what of the file could not be read."""
    parts = list(open_source(str(path), reading))
    sources = [part for part in parts if isinstance(part, StreamedTable)]
    gaps = [part for part in parts if isinstance(part, Gap)]
    if not sources and gaps:
        raise unreadable(gaps[0].name, gaps[0].because)
    if len(sources) != 1:
        raise DataError(
            "only files with one table can be redacted",
            reference="one-table",
            where=path.name,
            got=f"{len(sources)} tables",
            hint="export the tables and redact them one by one",
        )
    return sources[0], tuple(gaps)


def _not_copied(unread: Sequence[Gap], scanner: Scanner) -> Iterator[str]:
    """What the file holds beside the table, which the copy does not."""
    if unread:
        printed = printed_names(scanner)
        parts = "part of the file is" if len(unread) == 1 else "parts of the file are"
        reasons = "; ".join(printed(gap.because) for gap in unread)
        yield f"{len(unread):,} {parts} not in the copy: {reasons}"


def _left_beside(source: StreamedTable, same_form: bool) -> Iterator[str]:
    """Texts that stand beside the rows, which a copy of another format has no place for."""
    n = len(source.beside)
    if n and not same_form:
        texts = "1 text beside the rows is" if n == 1 else f"{n:,} texts beside the rows are"
        yield f"{texts} not in the copy, such as a title, a comment or who made the file"


def _described(columns: Redactors) -> Iterator[tuple[str, str]]:
    for name, redactor in columns.columns.items():
        if redactor.whole:
            yield name, f"every cell: {redactor.whole}"
        elif redactor.entities:
            yield name, "found parts: " + ", ".join(sorted(redactor.entities))


def _after(
    out: Path, reading: ReadOptions, copied: Copied, scanner: Scanner, progress: Progress
) -> SweepResult:
    """The same search over the copy, without the stand-ins: a token is no person, and neither is a drawn number."""
    source, _ = _only_table(out, reading)
    kinds = {name: kind for name, kind in source.kinds.items() if name not in copied.typed}

    def read(names: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        for batch in source.read(names, rows):
            yield _without_stand_ins(batch)

    beside = tuple(STAND_IN.sub("", text) for text in source.beside)
    rest = replace(source, kinds=kinds, read=read, name=out.name, beside=beside)
    return sweep(
        rest,
        scanner.options.model_copy(update={"columns": ()}),
        seed=scanner.seed,
        progress=progress,
    )


def _without_stand_ins(batch: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = []
    for column in batch.columns:
        t = pa.types
        if t.is_primitive(column.type) or t.is_decimal(column.type) or t.is_null(column.type):
            arrays.append(column)
        else:
            arrays.append(pc.replace_substring_regex(as_strings(column), STAND_IN.pattern, ""))
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
