"""The one command that verifies a report that was just issued, ready to be pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from raudit.emit.keys import LOG_VKEY
from raudit.log import Log
from raudit.plan import Plan


def verify_command(plan: Plan, report: Path, log: Log) -> str:
    """Write the command with the plan's own certificate, verifier key and log.

    Where the plan names no certificate, a word in capitals stands for it.
    """
    section = plan.file.signing
    certificate = (
        from_here(plan.path(section.certificate)) if section.certificate else "CERTIFICATE"
    )
    location = plan.file.log.path
    words = [
        own_name(),
        "verify",
        str(report),
        "--trust",
        certificate,
        "--log-key",
        _verifier_key(plan, log),
        "--log",
        location if "://" in location else from_here(plan.path(location)),
    ]
    return shlex.join(words)


def _verifier_key(plan: Plan, log: Log) -> str:
    """The file beside the log's key if it holds the verifier key, else the verifier key itself."""
    if plan.file.log.key:
        file = plan.path(plan.file.log.key).parent / LOG_VKEY
        if file.is_file() and file.read_text(encoding="utf-8").strip() == log.vkey:
            return from_here(file)
    return log.vkey


def from_here(path: Path) -> str:
    """Write a path from the working directory if it lies below, else whole."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def own_name() -> str:
    """How this command is called from here."""
    return "raudit" if shutil.which("raudit") else sys.argv[0]
