"""Scan a table: from a data set to a verdict on each of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from raudit.data import ColumnName, DataSet, wrap_table
from raudit.data.table import no_column
from raudit.stages.pii.count.full import scan_fully
from raudit.stages.pii.count.parts import PartialScan, gather
from raudit.stages.pii.count.scan import finish_all
from raudit.stages.pii.judge.verdicts import ColumnVerdict, judge
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.names import holds_full_name
from raudit.stages.pii.recognise.second_opinion import consulted
from raudit.stages.pii.scanner import Scanner, Tick, described


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


BESIDE = "texts beside the rows"
"""What stands for a column's name where the texts are no cells: titles, properties, names of columns."""


def scan_beside(
    texts: Iterable[str], names: Iterable[str], scanner: Scanner
) -> tuple[ColumnVerdict, ...]:
    """Scan what belongs to a table and is no cell of it; no verdict where all was read and nothing is found.

    Parameters
    ----------
    texts
        Texts beside its rows.
    names
        Names of its columns; one that is a person's full name is a text too.
    scanner
        What ``prepare`` loaded; where it asks for some columns only, nothing else is searched.
    """
    read = list(dict.fromkeys((*texts, *(name for name in names if holds_full_name(name)))))
    if not read or scanner.options.columns:
        return ()
    plain = {"columns": (), "expected": (), "quasi_identifiers": (), "workers": 1}
    alone = replace(scanner, options=scanner.options.model_copy(update=plain))
    verdict = _with_names(_scan_texts(read, alone), read, alone)
    said = verdict.personal or verdict.unclear or verdict.profile.cut or verdict.profile.encoded
    return (verdict,) if said else ()


def _scan_texts(texts: list[str], scanner: Scanner) -> ColumnVerdict:
    import pyarrow as pa

    (verdict,) = scan_table(wrap_table(pa.table({BESIDE: pa.array(texts, pa.string())})), scanner)
    return verdict


def _with_names(verdict: ColumnVerdict, texts: list[str], scanner: Scanner) -> ColumnVerdict:
    """Count the texts that are a full name: an author among a dozen labels makes no column of names."""
    named = [text for text in texts if holds_full_name(text)]
    if not named or any(f.entity_type == "PERSON" for f in (*verdict.found, *verdict.unclear)):
        return verdict
    seen = _scan_texts(named, scanner)
    persons = [f for f in (*seen.found, *seen.unclear) if f.entity_type == "PERSON"]
    counted = [replace(f, count=replace(f.count, n=verdict.profile.n_filled)) for f in persons]
    return replace(verdict, unclear=(*verdict.unclear, *counted))


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
    secret = (options.sensitive_column,) if options.sensitive_column else ()
    for wanted in (*options.columns, *options.expected, *options.quasi_identifiers, *secret):
        if wanted not in data.kinds:
            raise no_column(wanted, [str(name) for name in data.kinds], data.name)
    return [ColumnName(n) for n in options.columns] or list(data.kinds)
