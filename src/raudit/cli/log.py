"""``raudit log``: the append-only log of runs, reports and decisions."""

from __future__ import annotations

import click

from raudit.cli._log import exchanging, keeping, proving, reading, reports


@click.group(short_help="Read, verify and prove the log.")
def command() -> None:
    """Read, verify and prove the log of runs, reports and decisions.

    LOG is a SQLite file, postgresql+psycopg://USER@HOST/DATABASE, or the folder of an export. An encrypted key file
    takes its passphrase from RAUDIT_LOG_KEY_PASSPHRASE.
    """


for _part in (
    keeping.make_key,
    keeping.init,
    keeping.rotate,
    keeping.forget,
    reading.show,
    reading.audit,
    reading.diff,
    proving.checkpoint,
    proving.verify,
    proving.prove,
    proving.check_proof,
    exchanging.export,
    exchanging.import_,
    exchanging.witness,
    exchanging.stamp,
    reports.accept,
    reports.withdraw,
    reports.supersede,
):
    command.add_command(_part)
