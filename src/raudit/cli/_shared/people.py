"""Change people.yaml and tell the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click


def change(
    path: Path, edit: Callable[[Any], None], *, plan: Path | None, by: str, clock: datetime
) -> None:
    """Edit the file under its lock; comments stay, and a file that would be refused is not written."""
    from raudit.checklists.splice import dump, text_yaml
    from raudit.cli.run import login_name
    from raudit.emit import people_changed
    from raudit.emit.books import PLAN_NAME, log_for
    from raudit.files import locked, write_whole
    from raudit.people import parse_people
    from raudit.plan import load_plan

    path = path.resolve()
    beside = path.parent / PLAN_NAME
    declared = load_plan(plan) if plan else load_plan(beside) if beside.is_file() else None
    log, why = log_for(declared)
    with locked(path):
        yaml = text_yaml()
        text = (
            path.read_text(encoding="utf-8")
            if path.exists()
            else "schema: raudit.people/1\npeople: []\n"
        )
        parse_people(text, source=path.name)
        document = yaml.load(text)
        if hasattr(document.get("people"), "fa"):
            document["people"].fa.set_block_style()
        edit(document)
        after = dump(document, yaml)
        people = parse_people(after, source=path.name)
        write_whole(path, after.encode())
        if log is not None:
            with log:
                people_changed(log, people, actor=by or login_name(), clock=clock)
    if log is None:
        click.echo(f"not recorded in a log: {why}", err=True)


def entry_of(document: Any, person: str) -> Any:
    """A person's entry in the file.

    Raises
    ------
    PeopleError
        If there is none.
    """
    from raudit.errors import PeopleError
    from raudit.yamltext import nearest

    found = [entry for entry in document["people"] if entry["id"] == person]
    if not found:
        raise PeopleError(
            f"there is no person '{person}'",
            reference="person-unknown",
            hint=nearest(person, [str(entry["id"]) for entry in document["people"]]),
        )
    return found[0]
