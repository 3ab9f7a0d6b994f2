"""Reads one file after another with whatever of raudit reads such a file; ``test_opened.py`` follows it with strace.

    python -m tests.hostile.reading < what.json

Before each file, and after the last, a name below ``MARK`` is opened that is not there, so that a trace shows whose
calls they are.
"""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path

from raudit.errors import RauditError

MARK = "/no-such-folder/"


def table(path: Path) -> None:
    """A data set: every row of every table."""
    from raudit.data.readers import Gap, open_source

    for source in open_source(path):
        if not isinstance(source, Gap):
            assert sum(batch.num_rows for batch in source.batches()) > 0


def turns(path: Path) -> None:
    """Recorded turns, with their texts."""
    from raudit.turns import open_turns

    assert sum(batch.num_rows for batch in open_turns([path]).batches()) > 0


def answers(path: Path) -> None:
    """Answers to a checklist."""
    from raudit.checklists.answers import load_answers
    from raudit.checklists.form.load import shipped

    load_answers(path, shipped("gdpr-dpia"))


def workbook(path: Path) -> None:
    """Answers in a workbook."""
    from raudit.checklists.exchange.workbook import from_workbook
    from raudit.checklists.form.load import shipped

    from_workbook(path.read_bytes(), shipped("gdpr-dpia"))


def checklist(path: Path) -> None:
    """A checklist."""
    from raudit.checklists.form.load import load_checklist

    load_checklist(path)


def plan(path: Path) -> None:
    """A plan."""
    from raudit.plan import load_plan

    load_plan(path)


def people(path: Path) -> None:
    """Who people are."""
    from raudit.people import load_people

    load_people(path)


def policy(path: Path) -> None:
    """A policy."""
    from raudit.policy import load_policy

    load_policy(path)


def record(path: Path) -> None:
    """A record."""
    from raudit.record import parse_record

    parse_record(path.read_bytes())


def verifier(path: Path) -> None:
    """A report."""
    from raudit.verify import verify_report

    verify_report(path.read_bytes())


def published(path: Path) -> None:
    """A published table."""
    from raudit.stages.fairness.nyc_ll144.read import read_grids

    assert read_grids(path)


READERS: dict[str, Callable[[Path], None]] = {
    function.__name__: function
    for function in (
        *(table, turns, answers, workbook, checklist, plan, people, policy, record, verifier),
        published,
    )
}


def main() -> None:
    """Read what stdin names; print what ended in an error."""
    errors = {}
    for name, (reader, path) in json.load(sys.stdin).items():
        mark(name)
        try:
            READERS[reader](Path(path))
        except RauditError as error:
            errors[name] = str(error)
        gc.collect()
    mark("end")
    print(json.dumps(errors))


def mark(name: str) -> None:
    """Leave a name in the trace."""
    with contextlib.suppress(FileNotFoundError):
        Path(MARK, name).open().close()


if __name__ == "__main__":
    main()
