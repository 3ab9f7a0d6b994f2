"""Scan a table: from a data set to a verdict on each of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raudit.data import ColumnName, DataSet
from raudit.errors import DataError
from raudit.stages.pii.count.parts import PartialScan, gather
from raudit.stages.pii.count.scan import finish_all
from raudit.stages.pii.judge.special import quasi_kinds, special_categories
from raudit.stages.pii.judge.verdicts import ColumnVerdict, judge
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.engine import Engine, build_engine
from raudit.stages.pii.recognise.models import LanguageModel, find_model
from raudit.stages.pii.recognise.second_opinion import SecondOpinion, consulted, find_second_opinion
from raudit.stages.pii.vocabulary.names_of_columns import HintTable, hint_table
from raudit.stages.pii.vocabulary.rulebook import Rulebook, load_rulebook
from raudit.yamltext import nearest

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """Everything a scan needs, loaded once."""

    rulebook: Rulebook
    hints: HintTable
    engine: Engine
    options: Options
    seed: int
    second: SecondOpinion | None = None

    @property
    def model(self) -> LanguageModel | None:
        """The language model, if there is one."""
        return self.engine.model


def prepare(options: Options, *, seed: int) -> Scanner:
    """Load rules, recognisers and language model."""
    rulebook = load_rulebook(options.languages, Path(options.rules) if options.rules else None)
    path = Path(options.model) if options.model and options.model != "none" else None
    model = None if options.model == "none" else find_model(options.model_language, path)
    engine = build_engine(
        rulebook, model, custom=options.recognizers, allow=options.allow, deny=options.deny
    )
    return Scanner(
        rulebook=rulebook,
        hints=hint_table(rulebook),
        engine=engine,
        options=options,
        seed=seed,
        second=find_second_opinion(options.second_opinion) if options.second_opinion else None,
    )


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
        from raudit.stages.pii.count.full import scan_fully

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


def described(verdict: ColumnVerdict, cells: Counter[str], rulebook: Rulebook) -> ColumnVerdict:
    """Add the special categories and kinds of quasi-identifier of a column."""
    return replace(
        verdict,
        special=special_categories(verdict.name, cells, rulebook),
        quasi=quasi_kinds(verdict.name, rulebook) if verdict.profile.n_filled else (),
    )


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


def engine_facts(scanner: Scanner) -> dict[str, Any]:
    """Which model and libraries did the work, for the record."""
    from importlib.metadata import version

    model = scanner.model
    return {
        "language_model": model.described() if model else None,
        "second_opinion": scanner.second.described() if scanner.second else None,
        "presidio_analyzer": version("presidio-analyzer"),
        "phonenumbers": version("phonenumbers"),
        "recognizers": len(scanner.engine.recognizers) + (scanner.engine.phone is not None),
    }
