"""Where the workspace is a git work tree, each save is a commit by the person who saved.

The file is on disk before; a commit that fails is tried again with the next save and never fails one.
Only the files of that save are committed: what others staged stays as they left it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
import threading
from pathlib import Path

from raudit.files import locked
from raudit.web.access import name_of
from raudit.web.index import index
from raudit.web.middleware import workspace

log = logging.getLogger("django.request")
_left: set[Path] = set()
_guard = threading.Lock()


def commit(path: Path, person: str, message: str) -> None:
    """Commit an answers or waivers file with its history, statements and evidence."""
    place = workspace()
    index.stale()
    if not (place.folder / ".git").exists():
        return
    with _guard:
        _left.update(_beside(path))
        files = sorted(file for file in _left if file.exists())
    name = re.sub(r"[<>\r\n\x00-\x1f]", " ", name_of(place.people(), person)).strip() or person
    with locked(place.data / "git"):
        done = _git(place.folder, ["add", "--", *_relative(files, place.folder)])
        done = done and _git(
            place.folder,
            [
                "commit",
                "--quiet",
                "--no-verify",
                "--only",
                "-m",
                message,
                f"--author={name} <{person}@raudit.invalid>",
                "--",
                *_relative(files, place.folder),
            ],
        )
    if done:
        with _guard:
            _left.difference_update(files)
    else:
        log.error("git could not commit; the files are saved, and the next save tries again")


def _relative(files: list[Path], folder: Path) -> list[str]:
    return [file.relative_to(folder.resolve()).as_posix() for file in files]


def _beside(path: Path) -> set[Path]:
    path = path.resolve()
    found = {
        path,
        path.with_name(path.stem + ".history.jsonl"),
        path.with_name(path.stem + ".statements.jsonl"),
    }
    with contextlib.suppress(OSError):
        found |= set((path.parent / "evidence").iterdir())
    return found


def _git(folder: Path, arguments: list[str]) -> bool:
    own = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_COMMITTER_NAME": "raudit serve",
        "GIT_COMMITTER_EMAIL": "serve@raudit.invalid",
    }
    command = [
        "git",
        "-c",
        f"core.hooksPath={os.devnull}",
        "-c",
        "commit.gpgSign=false",
        "-c",
        f"safe.directory={folder.resolve()}",
    ]
    try:
        done = subprocess.run(  # noqa: S603 -- a list, no shell; names follow "--"
            [*command, *arguments],
            cwd=folder,
            env=own,
            check=False,
            timeout=30,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
