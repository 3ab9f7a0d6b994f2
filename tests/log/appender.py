"""A process that appends and acknowledges, for the tests that kill it.

``python appender.py LOCATION COUNT NAME BATCH`` prints one line an acknowledged event. ``python appender.py`` alone
reads such arguments line by line, with a file for the acknowledgements at the end, and forks a writer for each: a
hundred writers then cost one start of the interpreter.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from raudit.errors import RauditError
from raudit.log import Event, open_log

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
A = "a" * 64


def main(location: str, count: int, name: str, batch: int) -> None:
    body = {"plan": A, "data": A, "code": A, "environment": A, "seed": 1}
    with open_log(location) as log:
        for number in range(0, count, batch):
            runs = [f"{name}-{number + i}" for i in range(batch)]
            receipt = log.append(
                [Event(type="run.started", run=run, actor="service:ci", body=body) for run in runs],
                clock=NOW,
            )
            for run, index in zip(runs, receipt.indices, strict=True):
                print(run, index, flush=True)


def serve() -> None:
    import contextlib

    import raudit.log.bodies
    import raudit.log.stores.sqlite  # noqa: F401 -- loaded once, before forking

    with contextlib.suppress(ImportError):
        import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        location, count, name, batch, acks = line.split()
        pid = os.fork()
        if not pid:
            with Path(acks).open("w") as sys.stdout:
                main(location, int(count), name, int(batch))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        serve()
        sys.exit()
    try:
        main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    except RauditError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
