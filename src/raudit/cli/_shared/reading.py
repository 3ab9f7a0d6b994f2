"""Options by which a person says how a file is to be read, the same for every command that reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

if TYPE_CHECKING:
    from pathlib import Path

    from raudit.data.readers import ReadOptions

KEYS = ("table", "format", "encoding", "delimiter", "header", "limits")


def nameable(*named: Path) -> None:
    """Refuse files that no plan could name.

    Raises
    ------
    UsageError
        With what to do instead.
    """
    from raudit.errors import UsageError
    from raudit.printable import printable

    for path in named:
        if printable(str(path)) != str(path):
            raise UsageError(
                "a plan cannot name this file: its path is not printable text",
                reference="name-not-text",
                where=str(path),
                hint="rename it, or its folder",
            )


def reading_options(function: Any) -> Any:
    """Add the options to a command."""
    from raudit.plan.schema import DataFormat

    options = (
        click.option("--table", metavar="NAME", help="Read only this table, sheet or member."),
        click.option(
            "--format", "format", type=click.Choice(get_args(DataFormat)), help="What the file is."
        ),
        click.option(
            "--encoding", metavar="NAME", help="Of a text file, such as cp1252; UTF-8 by default."
        ),
        click.option(
            "--delimiter", metavar="CHARACTER", help="Of a text file; found out by default."
        ),
        click.option(
            "--header/--no-header",
            default=None,
            help="Whether the first row holds names of columns.",
        ),
        click.option(
            "--limit",
            "limits",
            multiple=True,
            metavar="KEY=NUMBER",
            help="A data.limits key (repeatable).",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def read_options(given: dict[str, Any]) -> ReadOptions:
    """Take what was said out of a command's arguments.

    Raises
    ------
    UsageError
        For a delimiter of several characters, or a limit that is not one.
    """
    from pydantic import ValidationError

    from raudit.data.readers import ReadOptions
    from raudit.errors import UsageError
    from raudit.plan.schema import DataLimits

    said = {key: given.pop(key, None) for key in KEYS}
    delimiter = {"\\t": "\t", "tab": "\t"}.get(said["delimiter"] or "", said["delimiter"])
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError(
            "a delimiter is one character", reference="delimiter", hint="a tab is written tab"
        )
    pairs = dict(item.partition("=")[::2] for item in said["limits"] or ())
    try:
        limits = DataLimits.model_validate(pairs, strict=False)
    except ValidationError as error:
        raise UsageError(
            "no such limit, or not a number for it",
            reference="limit",
            got=", ".join(str(part) for part in error.errors()[0]["loc"]),
            expected=", ".join(f"{key}=NUMBER" for key in DataLimits.model_fields),
            hint="for example --limit columns=50000",
        ) from error
    return ReadOptions(
        table=said["table"],
        format=said["format"],
        encoding=said["encoding"],
        delimiter=delimiter,
        header=said["header"],
        limits=limits,
    )
