"""Scan a table: from a data set to a verdict on each of its columns."""

from __future__ import annotations

from collections import Counter

from raudit.data import ColumnName, DataSet
from raudit.errors import DataError
from raudit.stages.pii.count.full import scan_fully
from raudit.stages.pii.count.parts import PartialScan, gather
from raudit.stages.pii.count.scan import finish_all
from raudit.stages.pii.judge.verdicts import ColumnVerdict, judge
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.second_opinion import consulted
from raudit.stages.pii.scanner import Scanner, Tick, described
from raudit.yamltext import nearest


def scan_table(
    data: DataSet, scanner: Scanner, tick: Tick = lambda _n: None
) -> tuple[ColumnVerdict, ...]:
    """Scan a table in one pass and judge its columns.

    Parameters
    ----------
    data
        The table.
    scanner
        What ``prepare`` loaded.
    tick
        Told how many cells were read since the last call.

    Returns
    -------
    tuple of ColumnVerdict
        One for each scanned column, in the order of the table.
    """
    names = chosen(data, scanner.options)
    if scanner.options.mode == "full":
        return scan_fully(data, names, scanner, tick)
    found = gather(
        data, names, scanner.rulebook, scanner.hints, scanner.options, scanner.seed, tick
    )
    return conclude(found, scanner)


def conclude(found: PartialScan, scanner: Scanner) -> tuple[ColumnVerdict, ...]:
    """Put the samples before presidio and the language model, and judge each column."""
    verdicts = []
    scans = found.columns.values()
    for scan, finished in zip(
        scans, finish_all(scans, scanner.engine, scanner.rulebook), strict=True
    ):
        cells = scan.sample.cells()
        profile = consulted(finished, cells, scanner.second)
        verdict = judge(profile, scanner.hints, scanner.rulebook)
        verdicts.append(described(verdict, Counter(cells), scanner.rulebook))
    return tuple(verdicts)


def chosen(data: DataSet, options: Options) -> list[ColumnName]:
    """The columns to scan; a name that is not there is an error that names the nearest."""
    for wanted in (*options.columns, *options.expected, *options.quasi_identifiers):
        if wanted not in data.kinds:
            raise DataError(
                f"there is no column {wanted!r} to scan",
                reference="no-column",
                where=data.name,
                hint=nearest(wanted, [str(n) for n in list(data.kinds)[:200]]),
            )
    return [ColumnName(n) for n in options.columns] or list(data.kinds)
