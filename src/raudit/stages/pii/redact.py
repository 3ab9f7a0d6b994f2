"""Write a copy of a table in which what was found is masked, replaced, or given a keyed and consistent token."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from raudit.errors import DataError, KeyFileError
from raudit.stages.pii.assess import Scanner
from raudit.stages.pii.engine import Span
from raudit.stages.pii.scan import as_strings
from raudit.stages.pii.sources import StreamedTable
from raudit.stages.pii.verdicts import ColumnVerdict, Sureness

How = Literal["mask", "replace", "pseudonymise"]
REMEMBERED = 500_000
SHORTEST_KEY = 32


@dataclass(slots=True)
class Redactor:
    """Redacts the cells of one column."""

    entities: frozenset[str]
    """Types to take out of free text."""
    whole: str
    """Type of a column whose cells are replaced entirely; empty for free text."""
    operate: Callable[[str, str], str]
    """(entity type, found text) to what stands for it."""
    scanner: Scanner
    done: dict[str, str] = field(default_factory=dict)

    def cells(self, values: Sequence[str | None]) -> list[str | None]:
        """Redact many cells; equal cells become equal."""
        if len(self.done) > REMEMBERED:
            self.done.clear()
        new = [v for v in dict.fromkeys(values) if v is not None and v not in self.done]
        if self.whole:
            self.done.update({v: self.operate(self.whole, v) if v else v for v in new})
        elif new:
            for value, spans in zip(new, self.scanner.engine.spans(new), strict=True):
                self.done[value] = self._text(value, spans)
        return [None if v is None else self.done[v] for v in values]

    def _text(self, value: str, spans: tuple[Span, ...]) -> str:
        """Replace the found parts of a text by presidio's anonymiser, which settles overlaps."""
        import presidio_anonymizer
        from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

        wanted = [s for s in spans if s.entity_type in self.entities]
        if not wanted:
            return value
        operators = {
            kind: OperatorConfig("custom", {"lambda": lambda text, kind=kind: self.operate(kind, text)})
            for kind in {s.entity_type for s in wanted}
        }
        results = [RecognizerResult(s.entity_type, s.start, s.end, s.score) for s in wanted]
        anonymizer: Any = presidio_anonymizer.AnonymizerEngine
        return str(anonymizer().anonymize(value, results, operators).text)


def operator(how: How, key: bytes | None) -> Callable[[str, str], str]:
    """What stands for a found value.

    Parameters
    ----------
    how
        ``mask`` keeps punctuation and length, ``replace`` puts the type's name, ``pseudonymise`` a token that is the
        same wherever the value is the same and cannot be undone without the key.
    key
        At least 32 bytes, for ``pseudonymise``.
    """
    if how == "mask":
        return lambda _kind, text: _mask(text)
    if how == "replace":
        return lambda kind, _text: f"<{kind}>"
    if key is None or len(key) < SHORTEST_KEY:
        raise KeyFileError(
            "tokens need a key that cannot be guessed",
            reference="pseudonym-key",
            got=f"{len(key or b'')} bytes",
            expected=f"at least {SHORTEST_KEY} bytes",
            hint="make one with: head -c 32 /dev/urandom > pseudonym.key, and keep it apart from the data",
        )
    secret = key

    def token(kind: str, text: str) -> str:
        plain = unicodedata.normalize("NFC", text).strip().casefold().encode("utf-8", "replace")
        message = kind.encode() + b"\0" + plain
        return f"⟦{kind}:{hmac.new(secret, message, hashlib.sha256).hexdigest()[:16]}⟧"

    return token


def _mask(text: str) -> str:
    """Stars for letters and digits; never a formula to a spreadsheet, which a leading sign would make of it."""
    masked = "".join("*" if c.isalnum() or not c.isascii() else c for c in text)
    return "*" + masked[1:] if masked[:1] in {"=", "+", "-", "@", "\t", "\r"} else masked


def redactors(
    verdicts: Sequence[ColumnVerdict], operate: Callable[[str, str], str], scanner: Scanner
) -> Mapping[str, Redactor]:
    """A redactor for each column that holds personal data."""
    found = {}
    for verdict in verdicts:
        if verdict.personal:
            direct = [f.entity_type for f in verdict.found if f.sureness is not Sureness.IN_TEXT]
            secret = any(f.rule.group == "secret" for f in verdict.found)
            whole = direct[0] if direct and not (secret and verdict.in_text) else ""
            # A secret's token would still let equal secrets be recognised.
            act = (lambda kind, _text: f"<{kind}>") if secret else operate
            in_text = frozenset(f.entity_type for f in verdict.found)
            found[verdict.name] = Redactor(in_text, whole, act, scanner)
    return found


def write_copy(data: StreamedTable, out: Path, columns: Mapping[str, Redactor]) -> int:
    """Stream a table into a new file with some columns redacted; the format follows the suffix.

    Returns
    -------
    int
        Number of rows written.

    Raises
    ------
    DataError
        If the file exists, or its format cannot be written.
    """
    if out.exists():
        raise DataError(
            "the output exists already", reference="output-exists", where=str(out), hint="choose another name"
        )
    write = _writer(out)
    rows = 0
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("xb") as file:
            put, close = write(file)
            for batch in data.batches(rows=16_384):
                put(_redacted(batch, columns))
                rows += batch.num_rows
            close()
        partial.rename(out)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _redacted(batch: Any, columns: Mapping[str, Redactor]) -> Any:
    import pyarrow as pa

    arrays = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        redactor = columns.get(name)
        if redactor is None:
            arrays.append(column.dictionary_decode() if pa.types.is_dictionary(column.type) else column)
        else:
            arrays.append(pa.array(redactor.cells(as_strings(column).to_pylist()), pa.large_string()))
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _writer(out: Path) -> Callable[[Any], tuple[Callable[[Any], None], Callable[[], None]]]:
    match out.suffix.lower():
        case ".csv" | ".tsv":
            return lambda file: _csv(file, "\t" if out.suffix.lower() == ".tsv" else ",")
        case ".jsonl" | ".ndjson":
            return _json_lines
        case ".parquet" | ".pq":
            return _parquet
        case other:
            raise DataError(
                "this format cannot be written",
                reference="data-format",
                where=str(out),
                got=other or "no suffix",
                expected=".csv, .tsv, .jsonl or .parquet",
                hint="name the output with one of these suffixes",
            )


def _csv(file: Any, delimiter: str) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import csv
    import io

    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter)
    started = False

    def put(batch: Any) -> None:
        nonlocal started
        if not started:
            writer.writerow(batch.schema.names)
            started = True
        cells = [as_strings(column).to_pylist() for column in batch.columns]
        writer.writerows(zip(*cells, strict=True))

    def close() -> None:
        text.flush()
        text.detach()

    return put, close


def _json_lines(file: Any) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import json

    def put(batch: Any) -> None:
        for row in batch.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, default=str).encode("utf-8") + b"\n")

    return put, lambda: None


def _parquet(file: Any) -> tuple[Callable[[Any], None], Callable[[], None]]:
    import pyarrow.parquet as pq

    held: list[Any] = []

    def put(batch: Any) -> None:
        if not held:
            held.append(pq.ParquetWriter(file, batch.schema))
        held[0].write_batch(batch)

    def close() -> None:
        if held:
            held[0].close()

    return put, close
