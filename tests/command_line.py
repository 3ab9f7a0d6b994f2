"""The command line as a test calls it: within this process, the same code without two seconds of imports a call.

What only a process can show (signals, descriptors, the interpreter's own start) starts ``python -m raudit`` instead.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from raudit.cli import main


def raudit(
    *arguments: str | Path, cwd: Path | str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``raudit`` in a folder.

    Parameters
    ----------
    arguments
        What follows the program's name.
    cwd
        The folder; by default this one.
    env
        The whole environment; by default that of the tests.

    Returns
    -------
    subprocess.CompletedProcess
        As of a process: both streams are pipes in UTF-8, and standard input is empty.
    """
    words = [str(argument) for argument in arguments]
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)
    )
    with (
        contextlib.chdir(cwd or Path.cwd()),
        mock.patch.dict(os.environ, env or {}, clear=env is not None),
        mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO())),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        status = _status(words)
    texts = (stream.buffer.getvalue().decode() for stream in (out, err))
    done = subprocess.CompletedProcess(words, status, *texts)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def _status(words: list[str]) -> int:
    try:
        main(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
