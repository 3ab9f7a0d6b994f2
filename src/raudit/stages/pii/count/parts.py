"""Scans of parts of a table, which merge to the scan of the whole, on one core or several.

What a part leaves behind is a few kilobytes a column: counts, few different matches, and the cells with the smallest
random keys. A row's key depends on the seed, the column and the row's place in the table and on nothing else, so it
does not matter how a table is cut, who reads which part, or in what order the parts come back.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, DataSet
from raudit.stages.pii.count.scan import ColumnScan, start
from raudit.stages.pii.options import Options
from raudit.stages.pii.vocabulary.names_of_columns import HintTable, hint_table
from raudit.stages.pii.vocabulary.rulebook import Rulebook

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 262_144
"""Rows of a batch at most."""
AHEAD = 2
"""Batches that wait for each worker; they bound memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialScan:
    """What was gathered from some rows of a table. It holds sampled cells: it is not for keeping or showing."""

    columns: Mapping[ColumnName, ColumnScan]

    def merged(self, other: PartialScan) -> PartialScan:
        """The scan of both parts together.

        It equals a scan of the whole if each part was given its ``first_row``; in any other order or grouping too.
        """
        pairs = {name: scan.merged(other.columns[name]) for name, scan in self.columns.items()}
        return PartialScan(columns=pairs)


def scan_part(
    batches: Iterable[pa.RecordBatch],
    kinds: Mapping[ColumnName, Any],
    *,
    rulebook: Rulebook,
    seed: int,
    sample: int,
    first_row: int = 0,
    hints: HintTable | None = None,
) -> PartialScan:
    """Gather what a scan needs from some rows of a table.

    Parameters
    ----------
    batches
        Record batches with the columns to scan, such as those of one row group, file or partition.
    kinds
        Column to its kind, as ``DataSet.kinds`` has it.
    rulebook
        From ``load_rulebook``.
    seed, sample
        Of the random sample; the same for all parts.
    first_row
        Number of rows of the table before this part.
    hints
        From ``hint_table``; made from the rulebook if absent.

    Returns
    -------
    PartialScan
        To be merged with those of the other parts.
    """
    known = hints or hint_table(rulebook)
    scans = {
        name: start(
            name,
            str(kind),
            rulebook=rulebook,
            hints=known,
            seed=seed,
            sample_size=sample,
            first_row=first_row,
        )
        for name, kind in kinds.items()
    }
    for batch in batches:
        for name, scan in scans.items():
            scan.add(batch.column(str(name)))
    return PartialScan(columns=scans)


def merge_parts(parts: Iterable[PartialScan]) -> PartialScan:
    """The scan of all parts together."""
    return functools.reduce(PartialScan.merged, parts)


def gather(
    data: DataSet,
    names: Sequence[ColumnName],
    rulebook: Rulebook,
    hints: HintTable,
    options: Options,
    seed: int,
    tick: Any,
) -> PartialScan:
    """Read a table once, on as many cores as the options say."""
    kinds = {name: data.kinds[name] for name in names}
    settings = {"seed": seed, "sample": options.sample}

    def told(batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            yield batch
            tick(batch.num_rows * len(names))

    batches = _numbered(data.batches(names, rows=ROWS), names)
    if options.workers == 1:
        return scan_part(told(batches), kinds, rulebook=rulebook, hints=hints, **settings)
    empty = scan_part((), kinds, rulebook=rulebook, hints=hints, **settings)
    return functools.reduce(
        PartialScan.merged, _by_workers(told(batches), kinds, options, settings), empty
    )


def _numbered(batches: Iterable[Any], names: Sequence[ColumnName]) -> Iterator[Any]:
    """Batches whose columns carry the names of the table, whatever the reader called them."""
    import pyarrow as pa

    for batch in batches:
        same = batch.schema.names == [str(n) for n in names]
        yield (
            batch
            if same
            else pa.RecordBatch.from_arrays(batch.columns, names=[str(n) for n in names])
        )


def _by_workers(
    batches: Iterable[Any],
    kinds: Mapping[ColumnName, Any],
    options: Options,
    settings: Mapping[str, int],
) -> Iterator[PartialScan]:
    """Let other processes look at the batches; their answers come back in the order of the table."""
    with pool(options) as workers:
        waiting: deque[Any] = deque()
        first = 0
        for batch in batches:
            waiting.append(workers.submit(_in_worker, batch, kinds, options, first, dict(settings)))
            first += batch.num_rows
            if len(waiting) > AHEAD * options.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def pool(options: Options) -> Any:
    """Processes that start afresh, because a copy of a process with threads may hang."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(options.workers, mp_context=get_context("spawn"))


def _in_worker(
    batch: Any,
    kinds: Mapping[ColumnName, Any],
    options: Options,
    first_row: int,
    settings: Mapping[str, int],
) -> PartialScan:
    import pyarrow as pa

    pa.set_cpu_count(1)
    rulebook, hints = _rules(options.languages, options.rules)
    found = scan_part(
        [batch], kinds, rulebook=rulebook, hints=hints, first_row=first_row, **settings
    )
    return PartialScan(
        columns={
            name: replace(scan, sample=scan.sample.closed()) for name, scan in found.columns.items()
        }
    )


@functools.lru_cache(maxsize=2)
def _rules(languages: Any, rules: str | None) -> tuple[Rulebook, HintTable]:
    from pathlib import Path

    from raudit.stages.pii.vocabulary.rulebook import load_rulebook

    rulebook = load_rulebook(languages, Path(rules) if rules else None)
    return rulebook, hint_table(rulebook)
