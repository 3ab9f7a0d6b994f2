"""One audit in a process of its own: ``python -m raudit.web.child PLAN OUT ACTOR``.

It says on its standard output, one JSON object a line, what it does and how it ended. It dies with the server,
so that no run goes on that nobody watches.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1


class ProgressLines:
    """Progress as lines."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Say what begins."""
        say(step=description)
        yield lambda _steps: None


def say(**what: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run one plan."""
    parent = int(os.environ.get("RAUDIT_PARENT", "0"))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        return 4  # the server died between the fork and the line above
    plan, out, actor = Path(arguments[0]), Path(arguments[1]), arguments[2]
    # Whole or not there: a run that dies while its report is made is no run that anyone reads findings of.
    aside = out.with_name(f".{out.name}")
    from raudit.audit import run_audit
    from raudit.emit.keys import log_of, signer_of, stamping_of
    from raudit.errors import RauditError
    from raudit.plan import load_plan
    from raudit.web.workspace import now

    try:
        declared = load_plan(plan)
        with log_of(declared) as log:
            issued = run_audit(
                declared,
                out=aside,
                clock=now(),
                signer=signer_of(declared),
                log=log,
                tsa=stamping_of(declared),
                actor=actor,
                progress=ProgressLines(),
            )
    except RauditError as error:
        place = str(plan.resolve().parent)
        text = "; ".join(
            part
            for part in (error.where, error.message, error.got, error.expected, error.hint)
            if part
        )
        say(error=text.replace(place + "/", "").replace(place, ""), status=error.exit_status)
        return error.exit_status
    aside.rename(out)
    verdict = issued.record.verdict
    say(done=True, status=verdict.exit_status if verdict else 4)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
