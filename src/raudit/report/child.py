"""Rendering in a child process, so that no record or template can take the machine with it.

The child gets its job on standard input and a bare environment: no proxy, no home folder, only our fonts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from raudit import errors
from raudit.errors import EnvironmentFault, RauditError
from raudit.report.job import Job

_OK = b"RAUDIT-OK\n"
_ERROR = b"RAUDIT-ERROR\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a rendering may use."""

    seconds: int = 300
    """Of CPU and of wall time."""
    megabytes: int = 3072
    """Of address space; a report of 200 pages needs about half."""


def run_child(job: Job, limits: Limits) -> bytes:
    """Run a job in a child process.

    Raises
    ------
    RauditError
        What the child raised on purpose.
    EnvironmentFault
        If it ran out of time or memory, or died.
    """
    with tempfile.TemporaryDirectory(prefix="raudit-report-") as scratch:
        command = [
            sys.executable,
            "-I",
            "-m",
            "raudit.report.worker",
            str(limits.seconds),
            str(limits.megabytes),
        ]
        try:
            done = subprocess.run(  # noqa: S603 -- our own module, by this interpreter, arguments are two numbers
                command,
                input=job.to_bytes(),
                capture_output=True,
                timeout=limits.seconds,
                env=_environment(job, scratch),
                cwd=Path.cwd(),
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _exhausted(limits) from error
    if done.returncode == 0 and done.stdout.startswith(_OK):
        return done.stdout[len(_OK) :]
    if done.stdout.startswith(_ERROR):
        raise _rebuilt(done.stdout[len(_ERROR) :])
    if (
        done.returncode < 0
        or b"MemoryError" in done.stderr
        or b"cannot allocate" in done.stderr.lower()
    ):
        raise _exhausted(limits)
    raise EnvironmentFault(
        "the report could not be rendered",
        reference="render-failed",
        got=(done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1][
            :200
        ],
        hint="report this with the template's name; the record itself is unharmed",
    )


def _environment(job: Job, scratch: str) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
        if name in os.environ
    }
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
        "SOURCE_DATE_EPOCH": str(job.epoch),
        "FONTCONFIG_FILE": str(Path(scratch) / "fonts.conf"),
    }


def _exhausted(limits: Limits) -> EnvironmentFault:
    return EnvironmentFault(
        "rendering the report needed more than it may use",
        reference="render-limits",
        expected=f"at most {limits.seconds} s and {limits.megabytes} MB",
        hint="shorten the tables of the record, or raise the limits",
    )


def _rebuilt(data: bytes) -> RauditError:
    fields = json.loads(data)
    kind: type[RauditError] = getattr(errors, fields.pop("type"))
    return kind(fields.pop("message"), **fields)
