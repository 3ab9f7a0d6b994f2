"""Scans of parts of a table, which merge to the scan of the whole, on one core or several.

What a part leaves behind is a few kilobytes a column: counts, few different matches, and the cells with the smallest
random keys. A row's key depends on the seed, the column and the row's place in the table and on nothing else, so it
does not matter how a table is cut, who reads which part, or in what order the parts come back.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, DataSet
from raudit.stages.pii.count.column import ColumnScan
from raudit.stages.pii.count.scan import start
from raudit.stages.pii.options import Options
from raudit.stages.pii.vocabulary.names_of_columns import HintTable, hint_table
from raudit.stages.pii.vocabulary.rulebook import Rulebook

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 262_144
"""Rows of a batch at most."""
SHARED = 65_536
"""Rows of a batch that threads share."""
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

    def scan(batch: Any, first_row: int) -> PartialScan:
        found = scan_part(
            [batch], kinds, rulebook=rulebook, hints=hints, first_row=first_row, **settings
        )
        pairs = {
            name: replace(part, sample=part.sample.closed()) for name, part in found.columns.items()
        }
        return PartialScan(columns=pairs)

    empty = scan_part((), kinds, rulebook=rulebook, hints=hints, **settings)
    parts = _by_workers(told(_cut(batches)), scan, options.workers)
    return functools.reduce(PartialScan.merged, parts, empty)


def _cut(batches: Iterable[Any]) -> Iterator[Any]:
    """Batches small enough that every thread has some."""
    for batch in batches:
        for first in range(0, batch.num_rows, SHARED):
            yield batch.slice(first, SHARED)


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
    batches: Iterable[Any], scan: Callable[[Any, int], PartialScan], workers: int
) -> Iterator[PartialScan]:
    """Let threads look at the batches; their answers come back in the order of the table.

    Threads and not processes: most of a scan is Arrow's regular expressions, which let other threads run, and nothing
    has to be copied from one process to another.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as threads:
        waiting: deque[Any] = deque()
        first = 0
        for batch in batches:
            waiting.append(threads.submit(scan, batch, first))
            first += batch.num_rows
            if len(waiting) > AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def pool(workers: int) -> Any:
    """Processes that start afresh, because a copy of a process with threads may hang."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
