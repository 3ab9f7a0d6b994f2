"""``raudit assess``: risk assessments in files that people fill in and sign."""

from __future__ import annotations

import click

from raudit.cli._assess import deciding, linking, looking, printing, starting


@click.group(short_help="List, start, check and sign off risk assessments.")
def command() -> None:
    """Risk assessments: questions from a checklist, answers in a YAML file that people edit."""


for _part in (
    starting.list_,
    starting.lint,
    starting.start,
    starting.migrate,
    starting.import_,
    deciding.submit,
    deciding.review,
    deciding.sign,
    deciding.met,
    linking.evidence,
    linking.notes,
    linking.history,
    looking.status,
    looking.show,
    looking.diff,
    printing.brief,
    printing.requirements,
    printing.register,
    printing.export,
):
    command.add_command(_part)
