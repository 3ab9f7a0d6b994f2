"""Rows of a list in the terminal, such as risks: each row is saved when it is whole, and kept while it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.prompts import (
    FORMS,
    OTHER,
    Drafts,
    line,
    pick,
    safe,
    shortened,
    width,
    wrapped,
)

if TYPE_CHECKING:
    from raudit.checklists.form.schema import RowColumn
    from raudit.checklists.walk import Step, Walk

LEAVE = "Enter goes on to the next part. Esc: back to the list; what you typed is kept."


def ask_rows(walk: Walk, step: Step, drafts: Drafts) -> Any:
    """The rows when the person says that they are all, or ``OTHER``."""
    rows = [dict(row) for row in step.value or ()]
    while True:
        for number, row in enumerate(rows, 1):
            wrapped(f"{number}. {_row_text(step, row)}", indent="  ")
        did = _what_next(step, rows, drafts)
        if did == OTHER:
            return OTHER
        if did == "done":
            return rows
        number = len(rows) if did == "add" else _which(step, rows)
        if number < 0:
            continue
        if did == "remove":
            rows.pop(number)
            drafts.forget(f"{step.question.id}#")
        else:
            whole = _row(step, rows[number] if number < len(rows) else {}, drafts, number + 1)
            if whole is None:
                continue
            rows[number : number + 1] = [whole]
        if rows:
            walk.answer(step.question.id, rows)
        else:
            walk.withdraw(step.question.id)


def _what_next(step: Step, rows: Sequence[Any], drafts: Drafts) -> Any:
    import questionary

    begun = drafts.below(f"{step.question.id}#{len(rows) + 1}.")
    add = questionary.Choice("Add another" if rows else "Add the first", value="add")
    choices: list[Any] = [add]
    if rows:
        choices = [questionary.Choice("That is all, go on", value="done"), add]
        choices += [
            questionary.Choice("Change one", value="change"),
            questionary.Choice("Remove one", value="remove"),
        ]
    if begun:
        add.title = (
            f"Go on with the one you began: {shortened('; '.join(begun.values()), width() - 36)}"
        )
        choices = [add, *(choice for choice in choices if choice is not add)]
    choices += [questionary.Choice("Something else … (Esc)", value=OTHER)]
    said = f"{len(rows)} so far" if rows else "Nothing is listed yet"
    return pick(said, choices)


def _which(step: Step, rows: Sequence[Mapping[str, str]]) -> int:
    """Place of a row; -1 if the person thinks better of it."""
    import questionary

    if len(rows) == 1:
        return 0
    room = width() - 8
    choices = [
        questionary.Choice(shortened(_row_text(step, row), room), value=i)
        for i, row in enumerate(rows)
    ]
    found = pick("Which one", choices)
    return -1 if found == OTHER else int(found)


def _row(
    step: Step, before: Mapping[str, str], drafts: Drafts, number: int
) -> dict[str, str] | None:
    """One row, part by part; None if the person leaves it for now."""
    found: dict[str, str] = {}
    place = f"{step.question.id}#{number}."
    columns = [column for column in step.question.columns if column.required]
    more = [column for column in step.question.columns if not column.required]
    for column, part in _and_more(columns, more, before):
        typed = _cell(column, part, drafts, place, before)
        if typed == OTHER:
            return None
        if typed:
            found[column.id] = typed
            drafts.keep(f"{place}{column.id}", typed)  # until the whole row is saved
    drafts.forget(place)
    return found


def _and_more(
    columns: Sequence[RowColumn], more: Sequence[RowColumn], before: Mapping[str, str]
) -> Iterator[tuple[RowColumn, str]]:
    """Columns that have to be filled, then the others if the person wants to."""
    import questionary

    for number, column in enumerate(columns, 1):
        yield column, f"{number} of {len(columns)}"
    if not more:
        return
    asked = (
        f"Say now how urgent it is ({len(more)} short questions: people, certainty, working days)?"
    )
    if questionary.confirm(asked, default=any(column.id in before for column in more)).unsafe_ask():
        for column in more:
            yield column, "may stay empty"


def _cell(
    column: RowColumn, part: str, drafts: Drafts, place: str, before: Mapping[str, str]
) -> str:
    """One part of a row; ``OTHER`` if the person leaves it."""
    import questionary

    name = f"{place}{column.id}"
    if column.options:
        given = drafts.read().get(name) or before.get(column.id)
        options = [questionary.Choice(option.text, value=option.id) for option in column.options]
        default = given if given in {option.id for option in column.options} else None
        return str(pick(f"{column.text} ({part})", options, default=default))
    form = FORMS.get(str(column.type), "") if str(column.type) != "person" else ""
    message = f"{column.text}{form} ({part}): "
    typed = line(
        message, drafts, name, before.get(column.id, ""), kind=str(column.type), below=LEAVE
    ).strip()
    if typed == OTHER.strip():
        return OTHER
    if not typed and column.required:
        click.echo(
            click.style("  Left empty; the question stays open until it is filled in.", fg="yellow")
        )
        drafts.keep(name, "")
    return typed


def _row_text(step: Step, row: Mapping[str, str]) -> str:
    from raudit.checklists.assess import row_text

    return safe(row_text(step.question, row))
