"""Scan and redact without a plan: one table after another, with what could not be read and what joins them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from raudit.data.naming import NAMED_LIKE_DATA, NO_HEADER, first_row_of_data
from raudit.data.readers.options import working
from raudit.data.readers.source import because
from raudit.errors import DataError, PlanError
from raudit.evidence import Progress, Quiet
from raudit.frames import as_frame, as_html
from raudit.scan.keys import KeyFinder, merged
from raudit.scan.printed import printed_names
from raudit.scan.sources import Gap, ReadOptions, StreamedTable, open_source, table_of
from raudit.stages.pii.assess import scan_beside, scan_table
from raudit.stages.pii.count.profile import profile_to_json
from raudit.stages.pii.judge.verdicts import ColumnVerdict, Found
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.names import holds_full_name
from raudit.stages.pii.risk.people_alone import assess_singling_out
from raudit.stages.pii.scanner import Scanner, prepare
from raudit.stages.pii.vocabulary.mask import shape
from raudit.yamltext import nearest

if TYPE_CHECKING:
    import pandas as pd

GROUPED_ROWS = 2_000_000
"""Larger tables are not grouped by quasi-identifiers here, because grouping needs them in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableResult:
    """What a scan says about one table."""

    name: str
    n_rows: int
    verdicts: tuple[ColumnVerdict, ...]
    singling_out: str = ""
    """One sentence on rows that stand alone; empty if it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What a scan of a file, folder or database says."""

    tables: tuple[TableResult, ...]
    gaps: tuple[Gap, ...]
    model: str
    """Name and version of the language model; empty if there was none."""
    joins: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Identifying columns that several tables share, and the tables: keys by which they can be joined."""
    examples: bool = True
    small_count: int = 0

    def to_frame(self) -> pd.DataFrame:
        """One row a column that was scanned; no value of the data is in it."""
        return as_frame(self._rows())

    def _repr_html_(self) -> str:
        gaps = f"; {len(self.gaps):,} parts were not read" if self.gaps else ""
        return as_html(f"{len(self._rows()):,} columns scanned{gaps}", self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "table": table.name,
                "column": verdict.name,
                "rows": table.n_rows,
                "found": ", ".join(one.entity_type for one in verdict.found),
                "unclear": ", ".join(one.entity_type for one in verdict.unclear),
                "special": ", ".join(verdict.special),
                "quasi_identifier": ", ".join(verdict.quasi),
            }
            for table in self.tables
            for verdict in table.verdicts
        ]

    @property
    def personal(self) -> bool:
        """Whether anything was found."""
        return any(v.personal or v.special for t in self.tables for v in t.verdicts)

    @property
    def unclear(self) -> bool:
        """Whether something is neither found nor absent: few doubtful values, or cells that were not read in full."""
        return any(v.unclear or v.unread for t in self.tables for v in t.verdicts)

    @property
    def exit_status(self) -> int:
        """1 found, 3 could not tell, 5 nothing scanned, 0 nothing found."""
        if not any(t.verdicts and t.n_rows for t in self.tables):
            return 3 if self.gaps else 5
        if self.personal:
            return 1
        return 0 if self.model and not self.gaps and not self.unclear else 3


def scan_pii(
    target: object, *, seed: int = 0, progress: Progress | None = None, **options: Any
) -> SweepResult:
    """Scan a file, folder, database or frame for personal data.

    Parameters
    ----------
    target
        A path, an SQLAlchemy URL, a pandas or polars frame, or a pyarrow table.
    seed
        Of the random sample.
    progress
        Told how far the scan is.
    **options
        Those of the stage ``pii``, such as ``mode="full"``, ``columns``, ``sample`` or ``workers``.

    Returns
    -------
    SweepResult
        Verdicts on every column of every table, and what could not be read. It holds no value of the data.

    Raises
    ------
    DataError
        If the target cannot be read at all.
    """
    return sweep(target, validated(options), seed=seed, progress=progress or Quiet())


def validated(options: Mapping[str, Any]) -> Options:
    """Options that somebody wrote down; a wrong one is an error that names it."""
    try:
        return Options.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        raise PlanError(
            f"wrong option: {first['msg'].lower()}",
            reference="pii-option",
            where=".".join(str(part) for part in first["loc"]),
            hint=nearest(str(first["loc"][0]), sorted(Options.model_fields))
            if first["loc"]
            else "",
        ) from error


def sweep(
    target: Any,
    options: Options,
    *,
    seed: int,
    progress: Progress,
    reading: ReadOptions | None = None,
) -> SweepResult:
    """Scan everything in a file, folder, database or frame.

    Raises
    ------
    DataError
        If the target cannot be read at all, or a single file cannot.
    """
    with progress.task("loading the language model"):
        scanner = prepare(options, seed=seed)
    printed = printed_names(scanner)
    tables: list[TableResult] = []
    gaps: list[Gap] = []
    refused: list[DataError] = []
    named = isinstance(target, (str, Path))
    several = named and ("://" in str(target) or Path(target).is_dir())
    keys = KeyFinder(secrets.token_hex(8)) if several else None
    for source in _sources(target, reading):
        if isinstance(source, Gap):
            gaps.append(Gap(name=printed(source.name), because=printed(source.because)))
            continue
        source = replace(source, name=printed(source.name))  # noqa: PLW2901 -- from here on it goes by this name
        try:
            with working(source.name, source.limits):
                tables += _scan(source, scanner, progress, keys)
        except DataError as error:
            if not several and error.reference in {"no-column", "no-header"}:
                raise
            refused.append(error)
            gaps.append(Gap(name=source.name, because=printed(because(error))))
        gaps += [Gap(name=source.name, because=printed(problem)) for problem in source.problems]
    if not several and not tables and gaps:
        if refused and len(gaps) == 1:
            raise _as_printed(refused[0], printed)  # which says what to do
        hint = "do what the reason names, repair the file, or leave it out"
        raise DataError(gaps[0].because, reference="data-broken", where=gaps[0].name, hint=hint)
    model = scanner.model
    return SweepResult(
        tables=tuple(tables),
        gaps=tuple(gaps),
        model=f"{model.name} {model.version}" if model else "",
        joins=merged(_joins(tables), keys.joins() if keys else ()),
        examples=options.examples,
        small_count=options.small_count,
    )


def _as_printed(error: DataError, printed: Callable[[str], str]) -> DataError:
    """The same error, with values masked in the names that it quotes."""
    texts = {key: printed(getattr(error, key)) for key in ("where", "got", "expected", "hint")}
    return DataError(printed(error.message), reference=error.reference, **texts)


def _sources(target: object, reading: ReadOptions | None) -> Iterable[StreamedTable | Gap]:
    if isinstance(target, StreamedTable):
        return [target]
    return (
        open_source(str(target), reading) if isinstance(target, (str, Path)) else [table_of(target)]
    )


def _scan(
    source: StreamedTable, scanner: Scanner, progress: Progress, keys: KeyFinder | None = None
) -> list[TableResult]:
    """What a scan says about a table, and about what stands beside its rows if somebody does."""
    if first_row_of_data(str(name) for name in source.kinds):
        lines = source.described.get("format") in {"text", "excel"}
        raise DataError(
            NO_HEADER if lines else NAMED_LIKE_DATA,
            reference="no-header",
            where=source.name,
            hint="name the columns, or say --no-header" if lines else "rename it, or leave it out",
        )
    options = scanner.options
    known = replace(scanner, options=options.model_copy(update={"columns": tuple(options.columns)}))
    with progress.task(
        source.name, source.n_rows * len(options.columns or source.kinds) or None
    ) as tick:
        verdicts = scan_table(keys.watched(source) if keys else source, known, tick)
    n_rows = max((v.profile.n_rows for v in verdicts), default=0)
    sentence = ""
    if 0 < n_rows <= GROUPED_ROWS:
        counted = replace(source, n_rows=n_rows)
        findings, _, _ = assess_singling_out(counted, verdicts, options, None)
        sentence = findings[0].statement if findings else ""
    beside = scan_beside(source.beside, source.header or map(str, source.kinds), scanner)
    verdicts = tuple(map(_printable, verdicts))
    table = TableResult(name=source.name, n_rows=n_rows, verdicts=verdicts, singling_out=sentence)
    texts = max((v.profile.n_rows for v in beside), default=0)
    others = [TableResult(name=source.name, n_rows=texts, verdicts=beside)] if beside else []
    return [table, *others]


def _printable(verdict: ColumnVerdict) -> ColumnVerdict:
    """A verdict on a column that is called after a person, as in a table of one column for each, without the name."""
    if not holds_full_name(verdict.name):
        return verdict
    return replace(verdict, profile=replace(verdict.profile, name=shape(verdict.name)))


def _joins(tables: list[TableResult]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Columns that identify people in one table and are in several under the same name."""
    identifying = {v.name.lower() for t in tables for v in t.verdicts if v.personal}
    keyed = {
        n
        for t in tables
        for v in t.verdicts
        if (n := v.name.lower()) in identifying or n.endswith(("_id", "id"))
    }
    found = {
        n: tuple(t.name for t in tables if any(v.name.lower() == n for v in t.verdicts))
        for n in sorted(keyed)
    }
    return tuple((name, names) for name, names in found.items() if len(names) > 1)


def to_json(result: SweepResult) -> dict[str, Any]:
    """A scan as JSON; shapes and counts, never values."""
    return {
        "schema": "raudit.pii/1",
        "exit_status": result.exit_status,
        "language_model": result.model or None,
        "gaps": [{"name": gap.name, "because": gap.because} for gap in result.gaps],
        "joins": [{"column": name, "tables": list(names)} for name, names in result.joins],
        "tables": [
            {
                "name": table.name,
                "rows": table.n_rows,
                "singling_out": table.singling_out,
                "columns": [_column(verdict, result) for verdict in table.verdicts],
            }
            for table in result.tables
        ],
    }


def _column(verdict: ColumnVerdict, result: SweepResult) -> dict[str, Any]:
    return {
        **profile_to_json(verdict.profile),
        "personal": verdict.personal,
        "special": list(verdict.special),
        "quasi": list(verdict.quasi),
        "found": [_found(f, result) for f in verdict.found],
        "unclear": [_found(f, result) for f in verdict.unclear],
    }


def _found(found: Found, result: SweepResult) -> dict[str, Any]:
    interval = found.count.interval()
    return {
        "entity_type": found.entity_type,
        "label": found.rule.label,
        "sureness": str(found.sureness),
        "k": found.count.k,
        "valid": found.count.valid,
        "n": found.count.n,
        "exact": found.count.exact,
        "interval": [interval.low, interval.high] if interval else None,
        "shapes": list(found.count.examples) if result.examples else [],
        "remedy": found.rule.remedy,
    }
