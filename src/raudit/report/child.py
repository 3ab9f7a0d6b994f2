"""Rendering in a child process, so that no record or template can take the machine with it.

The child gets its job on standard input and a bare environment: no proxy, no home folder, only our fonts.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from raudit import errors
from raudit.errors import EnvironmentFault, RauditError, TemplateError
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
    TemplateError
        With reference ``report-limits``, if it ran out of time or memory.
    EnvironmentFault
        If it died of something else.
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
                env=_environment(scratch),
                cwd=Path.cwd(),
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _late(job, limits) from error
    if done.returncode == 0 and done.stdout.startswith(_OK):
        return done.stdout[len(_OK) :]
    if done.stdout.startswith(_ERROR):
        raise _rebuilt(done.stdout[len(_ERROR) :])
    if done.returncode < 0 and done.returncode == -getattr(signal, "SIGXCPU", 0):
        raise _late(job, limits)
    if done.returncode < 0 or _lacked_memory(done.stderr):
        raise _too_large(job, limits, done.returncode)
    raise EnvironmentFault(
        "the report could not be rendered",
        reference="render-failed",
        got=(done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1][
            :200
        ],
        hint="report this with the template's name; the record itself is unharmed",
    )


def _environment(scratch: str) -> dict[str, str]:
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
        "OPENBLAS_NUM_THREADS": "1",  # a page has no matrix to multiply, and starting threads takes as long as numpy
        "PYTHONWARNINGS": "ignore",
        "FONTCONFIG_FILE": str(Path(scratch) / "fonts.conf"),
    }


def _lacked_memory(said: bytes) -> bool:
    return b"MemoryError" in said or b"cannot allocate" in said.lower()


def _late(job: Job, limits: Limits) -> TemplateError:
    return TemplateError(
        "rendering the report takes longer than it may",
        reference="report-limits",
        where=job.template,
        got=f"not done after {limits.seconds} s",
        expected=f"at most {limits.seconds} s, report.limits.seconds",
        hint="look for loops in the template; if the report is that long, raise report.limits.seconds",
    )


def _too_large(job: Job, limits: Limits, status: int) -> TemplateError:
    ended = f"its process was ended by {signal.Signals(-status).name}" if status < 0 else ""
    return TemplateError(
        "rendering the report takes more memory than it may" + (", or crashed" if ended else ""),
        reference="report-limits",
        where=job.template,
        got=ended,
        expected=f"at most {limits.megabytes / 1024:g} GiB, report.limits.memory_gib",
        hint="look for long texts in the template; if the report is that long, raise report.limits.memory_gib",
    )


def _rebuilt(data: bytes) -> RauditError:
    fields = json.loads(data)
    kind: type[RauditError] = getattr(errors, fields.pop("type"))
    return kind(fields.pop("message"), **fields)
