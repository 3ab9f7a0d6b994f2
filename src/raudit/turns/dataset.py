"""Recorded turns as a data set, so that every stage may see them: texts are read in pieces and never kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, sha256_file
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.kinds import kind_of
from raudit.data.readers.options import over_limit, working
from raudit.data.table import no_column
from raudit.plan.schema import DataLimits
from raudit.printable import printable
from raudit.turns.detect import detected, format_named
from raudit.turns.formats import FieldMap
from raudit.turns.front import document, opened, refused
from raudit.turns.labels import with_labels
from raudit.turns.mapping import known, no_field
from raudit.turns.table import Turns, TurnsFile, read_turns, text_batches

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HIDDEN = frozenset(
    {
        "source",
        "row",
        "prompt_sha256",
        "output_sha256",
        "prompt_chars",
        "output_chars",
        "system_prompt_words",
    }
)
"""Columns of the table that were computed and are no data of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsDataSet:
    """Turns behind the interface of every data set."""

    name: str
    sha256: Sha256
    turns: Turns
    files: tuple[TurnsFile, ...]
    added: Mapping[ColumnName, Any] = field(default_factory=dict)
    """Columns that raudit computed."""

    @property
    def n_rows(self) -> int:
        """Number of turns."""
        return int(self.turns.table.num_rows)

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """Kind of every column: texts first, then what the table holds."""
        texts = {ColumnName(name): Kind.TEXT for name in self.turns.texts}
        rest = {
            ColumnName(f.name): kind_of(f.type)
            for f in self.turns.table.schema
            if f.name not in HIDDEN
        }
        return {**texts, **rest}

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces; texts are read from the files again."""
        import pyarrow as pa

        wanted = list(self.kinds) if columns is None else list(columns)
        for name in wanted:
            if name not in self.kinds and name not in self.added:
                raise no_column(name, list(self.kinds), self.name)
        tables: Iterator[Any]
        if any(name in self.turns.texts for name in wanted):
            tables = text_batches(self.files)
        else:
            tables = iter([self.turns.table])
        start = 0
        schema = pa.schema([(name, self._type(name)) for name in wanted])
        for table in tables:
            arrays = [self._column(table, name, start) for name in wanted]
            start += table.num_rows
            yield from pa.table(arrays, schema=schema).to_batches(max_chunksize=rows)

    @property
    def unnamed(self) -> frozenset[ColumnName]:
        """Texts, and the answers that were recorded as labels: they are texts of turns too."""
        answers = self.turns.names("answer")
        return frozenset(ColumnName(name) for name in (*self.turns.texts, *answers))

    @property
    def described(self) -> Mapping[str, Any]:
        """Format and how the files were read."""
        return {
            "format": self.turns.readings[0].format,
            "turns": [reading.as_json() for reading in self.turns.readings],
        }

    def as_written(self) -> DataSet:
        """The turns without computed columns."""
        return replace(self, added={})

    def _type(self, name: ColumnName) -> Any:
        import pyarrow as pa

        if name in self.turns.texts:
            return pa.large_string()
        if name in self.added:
            return pa.array(self.added[name][:1]).type
        kind = self.turns.table.schema.field(name).type
        return kind.value_type if pa.types.is_dictionary(kind) else kind

    def _column(self, table: Any, name: ColumnName, start: int) -> Any:
        import pyarrow as pa

        if name in self.added:
            return pa.array(self.added[name][start : start + table.num_rows], self._type(name))
        if name in table.column_names:
            return table.column(name).combine_chunks().cast(self._type(name))
        if name in self.turns.table.column_names:
            return (
                self.turns.table.column(name)
                .slice(start, table.num_rows)
                .combine_chunks()
                .cast(self._type(name))
            )
        return pa.nulls(table.num_rows, self._type(name))

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        import pyarrow as pa

        wanted = list(self.kinds) if columns is None else list(columns)
        schema = pa.schema([(name, self._type(name)) for name in wanted])
        frame: pd.DataFrame = pa.Table.from_batches(
            list(self.batches(wanted)), schema=schema
        ).to_pandas(integer_object_nulls=False)
        return frame

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns."""
        return replace(self, added={**self.added, **columns})


def open_turns(
    paths: Sequence[Path],
    *,
    layout: str = "auto",
    fields: Mapping[str, FieldMap] | None = None,
    labels: Sequence[Path] = (),
    system_prompt: Path | None = None,
    limits: DataLimits | None = None,
) -> TurnsDataSet:
    """Open files of recorded turns.

    Parameters
    ----------
    paths
        The files; several are one table.
    layout
        Id of their format; by default told from each file.
    fields
        Where fields of the table come from, by name, beyond what the format says.
    labels
        Files of labels by people, joined by ``turn_id``.
    system_prompt
        File with the instructions that answers may not repeat; by default those that the turns record.
    limits
        What reading the files may take, as ``data.limits`` of a plan says.

    Raises
    ------
    DataError
        If a file cannot be read, or has no format that is known.
    """
    for name in fields or {}:
        if not known(name):
            raise no_field(name)
    budget = limits or DataLimits()
    for path in paths:
        _check_size(path, budget)
    with working(printable(paths[0].name), budget):
        return _opened(paths, layout, fields or {}, labels, system_prompt, budget)


def _check_size(path: Path, budget: DataLimits) -> None:
    with opened(path) as file:
        size = file.seek(0, 2)
    if size > budget.bytes:
        name = printable(path.name)
        raise over_limit(name, "bytes", f"{size:,}", f"{budget.bytes:,} bytes")


def _opened(
    paths: Sequence[Path],
    layout: str,
    fields: Mapping[str, FieldMap],
    labels: Sequence[Path],
    system_prompt: Path | None,
    budget: DataLimits,
) -> TurnsDataSet:
    secret = document(system_prompt) if system_prompt is not None else None
    files = tuple(
        TurnsFile(
            path=path,
            format=detected(path, budget=budget) if layout == "auto" else format_named(layout),
            fields=fields,
            budget=budget,
        )
        for path in paths
    )
    turns = read_turns(files, system_prompt=secret)
    for reading, path in zip(turns.readings, paths, strict=True):
        if not reading.attempts:
            if reading.repeated:
                raise refused(
                    path, "turns-twice", "a file whose turns all stand in another", "name it once"
                )
            why = "; ".join(f"{count:,} rows: {reason}" for reason, count in reading.bad.items())
            raise refused(
                path,
                "turns-none",
                why or "no turn in the whole file",
                "look at the file and its format",
            )
    for path in labels:
        turns = with_labels(turns, path)
    return TurnsDataSet(name=paths[0].name, sha256=sha256_file(paths[0]), turns=turns, files=files)
