"""Arguments and options that commands of ``raudit log`` share."""

from __future__ import annotations

from pathlib import Path

import click

LOCATION = click.argument("location", metavar="LOG")
KEY = click.option(
    "--key", "key_file", type=click.Path(path_type=Path), help="Key file of the log."
)
VKEY = click.option(
    "--vkey", metavar="VKEY", help="Verifier key you know for this log: text or a file."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
ACTOR = click.option(
    "--actor", default="", help="Who does this; logged as a salted digest.  [default: you]"
)
