"""What the fuzzing hands its files to: the public function that reads such a file, without a process of its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path

from raudit.data.readers import Gap, ReadOptions, StreamedTable
from raudit.data.readers.reader_task import NATIVE
from raudit.plan.schema import DataLimits

ALONE = {"turns-parquet": "parquet_rows", "turns-sqlite": "attacks_of"}
"""Recorded turns whose reader is a native library, and what runs in its process."""


def reader_of(target: str, folder: Path) -> Callable[[bytes], object]:
    """What reads such a file, by its public function."""
    path = folder / f"input.{target}"

    def written(content: bytes) -> Path:
        path.write_bytes(content)
        return path

    match target:
        case "answers":
            from raudit.checklists.answers import load_answers
            from raudit.checklists.form.load import shipped

            checklist = shipped("gdpr-dpia")
            return lambda content: load_answers(written(content), checklist)
        case "checklist":
            from raudit.checklists.form.load import load_checklist

            return lambda content: load_checklist(written(content))
        case "plan":
            from raudit.plan import load_plan

            return lambda content: load_plan(written(content))
        case "record":
            from raudit.record import parse_record

            return parse_record
        case "verifier":
            from raudit.verify import verify_report

            return verify_report
        case "csv" | "jsonl" | "gz" | "zip":
            from raudit.data.readers import open_source

            return lambda content: _read_all(open_source(written(content), _options()))
        case "turns" | "eval":
            from raudit.turns import open_turns

            return lambda content: sum(b.num_rows for b in open_turns([written(content)]).batches())
        case "turns-parquet" | "turns-sqlite":
            return _alone_reader(ALONE[target], written)
        case "published":
            from raudit.stages.fairness.nyc_ll144.read import read_grids

            return lambda content: read_grids(written(content))
        case "workbook":
            from raudit.checklists.exchange.workbook import from_workbook
            from raudit.checklists.form.load import shipped

            form = shipped("gdpr-dpia")
            return lambda content: from_workbook(content, form)
        case "people":
            from raudit.people import load_people

            return lambda content: load_people(written(content))
        case "policy":
            from raudit.policy import load_policy

            return lambda content: load_policy(written(content))
        case "parquet" | "arrow" | "sqlite" | "duckdb" | "xlsx":
            return _table_reader("excel" if target == "xlsx" else target, written)
        case _:
            return _model_reader(written)


def _options() -> ReadOptions:
    return ReadOptions(limits=DataLimits(bytes=2**26, memory_gib=0.5, seconds=100))


def _table_reader(kind: str, written: Callable[[bytes], Path]) -> Callable[[bytes], object]:
    """What a reader's own process runs, without the process."""
    opener, *_ = NATIVE[kind]
    module, _, name = opener.partition(":")
    function = getattr(importlib.import_module(module), name)

    def read(content: bytes) -> object:
        found = function(written(content), f"t.{kind}", _options())
        return _read_all([found] if isinstance(found, StreamedTable) else found)

    return read


def _alone_reader(opener: str, written: Callable[[bytes], Path]) -> Callable[[bytes], object]:
    """What the process of a file of turns runs, without the process."""
    from raudit.turns import alone
    from raudit.turns.shapes import pyrit_memory

    function = getattr(alone, opener, None) or getattr(pyrit_memory, opener)
    return lambda content: _read_all([function(written(content), "t", _options())])


def _read_all(sources: Iterable[StreamedTable | Gap]) -> int:
    tables = (source for source in sources if isinstance(source, StreamedTable))
    return sum(batch.num_rows for table in tables for batch in table.batches())


def _model_reader(written: Callable[[bytes], Path]) -> Callable[[bytes], object]:
    import pandas as pd

    from raudit.model import load_model
    from raudit.model.predict import predict_rows
    from raudit.plan import ModelSection

    frame = pd.DataFrame({"a": [0.5, -1.0], "b": [2.0, 0.0]})

    def read(content: bytes) -> object:
        path = written(content)
        section = ModelSection(path=path.name, features=("a", "b"))
        return predict_rows(load_model(section, path, columns=("a", "b")), frame)

    return read
