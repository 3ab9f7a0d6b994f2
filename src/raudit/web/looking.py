"""Look at the columns of a file that somebody uploaded, in a process of its own with little memory and time.

``python -m raudit.web.looking FILE`` prints one JSON object: the columns, or what is wrong with the file. A hostile
file takes down nothing but that process, and the server never loads what reads data.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from raudit.errors import DataError
from raudit.plan.look import ColumnLook

SECONDS = 60
MEMORY = 3 << 30
"""Bytes of address space; the libraries that read files take a third of it before they read anything."""
MOST_COLUMNS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A file at a glance."""

    rows: int
    columns: tuple[ColumnLook, ...]


def look(path: Path) -> Look:
    """Look at a file.

    Raises
    ------
    DataError
        If it cannot be read as a table, or takes more than it may.
    """
    command = [sys.executable, "-m", "raudit.web.looking", str(path)]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program, a list, no shell
            command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise DataError(
            "the file takes more memory or time to read than an upload may",
            reference="upload-too-heavy",
            hint="put it where the plan says, or use Parquet",
        ) from error
    if "error" in answer:
        raise DataError(answer["error"], reference="upload-unreadable", hint=answer["hint"])
    return loaded(answer)


def dumped(found: Look) -> str:
    """A look as text, to be kept beside its file."""
    return json.dumps({"rows": found.rows, "columns": [asdict(item) for item in found.columns]})


def loaded(answer: dict[str, object]) -> Look:
    """A look from what ``dumped`` wrote."""
    columns: list[dict[str, object]] = answer["columns"]  # type: ignore[assignment]
    return Look(
        rows=int(str(answer["rows"])),
        columns=tuple(
            ColumnLook(**{**item, "levels": tuple(item["levels"])})  # type: ignore[arg-type]
            for item in columns
        ),
    )


def main(path: Path) -> int:
    """Print what the file holds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from raudit.data import open_data
    from raudit.data.look import look_at
    from raudit.errors import RauditError

    try:
        table = open_data(path)
        if len(table.kinds) > MOST_COLUMNS:
            raise DataError(
                f"the file has more than {MOST_COLUMNS} columns",
                reference="upload-columns",
                hint="write the plan by hand: raudit init",
            )
        if not table.n_rows:
            raise DataError(
                "the file holds no rows", reference="upload-empty", hint="choose another"
            )
        sys.stdout.write(dumped(Look(rows=table.n_rows, columns=look_at(table))))
    except RauditError as error:
        place = str(path.parent)
        text = ": ".join(part for part in (error.message, error.expected) if part)
        where = error.where.replace(place + "/", "")
        sys.stdout.write(
            json.dumps({"error": f"{text} ({where})" if where else text, "hint": error.hint})
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
