"""What the commands of ``raudit assess`` share: options, and reading what they name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.ordinary import read_file

if TYPE_CHECKING:
    from raudit.checklists import Answers, Checklist
    from raudit.checklists.sources import Sources
    from raudit.yamltext import YamlText


FILE = click.Path(path_type=Path, dir_okay=False)


KEY = click.option("--key", type=FILE, help="Private key that signs it: PEM, OpenSSH or PKCS #12.")


def books_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the people and the log that go with the answers."""
    for option in (
        click.option(
            "--plan",
            type=FILE,
            help="The plan with the log. Default: the raudit.yaml that names ANSWERS.",
        ),
        click.option(
            "--people",
            type=FILE,
            help="Who people are. Default: the plan's, or a people.yaml beside.",
        ),
    ):
        function = option(function)
    return function


def checklist_called(name: str, beside: Path | None = None) -> Checklist:
    """A shipped checklist by its id, a file, or one's own called by its id beside the answers."""
    from raudit.checklists import checklist_path, load_checklist, shipped_checklists
    from raudit.errors import ChecklistError
    from raudit.yamltext import nearest

    known = checklist_path(name)
    if known is not None:
        return load_checklist(known)
    folders = (
        (beside.parent, beside.parent.parent, beside.parent.parent / "checklists", Path())
        if beside
        else ()
    )
    for path in (Path(name), *(folder / f"{name}.yaml" for folder in folders)):
        if path.is_file() and path != beside:
            return load_checklist(path)
    own = f"put {name}.yaml beside the answers" if beside else ""
    raise ChecklistError(
        f"there is no checklist '{name}'",
        reference="no-checklist",
        hint="; or ".join(
            part for part in (nearest(name, list(shipped_checklists())), own) if part
        ),
    )


def read_answers(path: Path) -> tuple[Checklist, Answers]:
    """Read answers and the checklist that they name."""
    from raudit.checklists import load_answers
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    checklist = checklist_called(named(read_yaml(path, error=AnswersError)), path)
    return checklist, load_answers(path, checklist)


def named(yaml: YamlText) -> str:
    """The checklist that an answers file names."""
    from raudit.errors import AnswersError

    named = yaml.value.get("checklist") if isinstance(yaml.value, dict) else None
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        raise AnswersError(
            "the file does not say which checklist it answers",
            reference="answers-no-checklist",
            where=yaml.where(()),
            expected="checklist: with id, version and sha256",
            hint="start with: raudit assess start CHECKLIST",
        )
    name: str = named["id"]
    return name


def measured(record: Path | None) -> tuple[dict[str, Any], Sources]:
    """What a record measured, and where in it."""
    from raudit.checklists.sources import Sources, measured
    from raudit.errors import UsageError
    from raudit.record import parse_record

    if record is None:
        return {}, Sources()
    try:
        data = read_file(record)
    except OSError as error:
        raise UsageError(
            "the record cannot be read",
            reference="file-unreadable",
            where=str(record),
            got=error.strerror or "",
            hint="check the path",
        ) from error
    return measured(parse_record(data))
