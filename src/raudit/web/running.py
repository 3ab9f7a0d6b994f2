"""Runs in the background: one thread takes them up in turn, each audit is a child process.

A queue that forgets nothing needs little here: a row a run, written before and after each step. The server holds
the workspace alone, so at its start every row that says "running" is a run that died with the last server.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from raudit.errors import RauditError
from raudit.web.index import index
from raudit.web.middleware import workspace
from raudit.web.models import RunState

_bell = threading.Event()
LAST = "report.pdf.intoto.json"
"""What a run writes last."""
AGAIN = 1.0
"""Seconds after which a database that did not answer is asked again."""
PATIENCE = 300.0
"""Seconds after which a database that still does not answer is given up for this step of a run."""
LIMIT = 3600
"""Seconds after which a run is stopped."""


def wake() -> None:
    """Tell the worker that something waits."""
    _bell.set()


def tidy(runs: Path) -> None:
    """Take up a run that died when all of it was there, and remove one that left nothing; a record is kept aside."""
    for place in runs.glob(".[0-9]*T*Z"):
        if (place / LAST).is_file() and not place.with_name(place.name[1:]).exists():
            place.rename(place.with_name(place.name[1:]))
        elif not (place / "record.json").is_file():
            shutil.rmtree(place, ignore_errors=True)


def sweep() -> int:
    """Say of runs that died with the last server that they did; returns how many."""
    for runs in workspace().folder.glob("*/runs"):
        tidy(runs)
    return RunState.objects.filter(state=RunState.RUNNING).update(
        state=RunState.INTERRUPTED, ended=timezone.now(), step=""
    )


class Worker(threading.Thread):
    """Takes runs up, one after the other."""

    def __init__(self) -> None:
        super().__init__(name="raudit-worker", daemon=True)
        self.stopping = threading.Event()
        self.child: subprocess.Popen[str] | None = None
        self.behind = False
        """Whether a run ended and the database could not be told."""

    def run(self) -> None:
        """Until it is stopped."""
        while not self.stopping.is_set():
            try:
                if self.behind:
                    sweep()
                    self.behind = False
                state = RunState.objects.filter(state=RunState.WAITING).order_by("asked").first()
            except DatabaseError:  # locked, or being restarted: the runs wait with it
                connection.close()
                self.stopping.wait(AGAIN)
                continue
            if state is None:
                connection.close()
                _bell.wait(2)
                _bell.clear()
                continue
            try:
                self._one(state)
            except Exception as error:  # noqa: BLE001 -- one run must not take the worker with it
                self._end(state, RunState.FAILED, type(error).__name__)
            close_old_connections()
        connection.close()

    def stop(self) -> None:
        """End the child, and the thread with it."""
        self.stopping.set()
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                self.child.kill()
        wake()

    def _one(self, state: RunState) -> None:
        place = workspace()
        folder = timezone.now().strftime("%Y%m%dT%H%M%SZ")
        out = place.folder / state.system / "runs" / folder
        now, running = timezone.now(), RunState.RUNNING
        if not self._set(state, state=running, started=now, folder=folder):
            return  # it still waits, and nothing was begun
        command = [
            sys.executable,
            "-m",
            "raudit.web.child",
            str(place.folder / state.system / "raudit.yaml"),
            str(out),
            state.by,
        ]
        environment = os.environ | {"RAUDIT_PARENT": str(os.getpid())}
        self.child = subprocess.Popen(  # noqa: S603 -- our own program, a list, no shell
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self._set(state, pid=self.child.pid)
        timer = threading.Timer(LIMIT, self.child.kill)
        timer.start()
        with self.child:  # its pipe is closed with it
            said = self._follow(state, self.child.stdout)
        status = self.child.returncode
        timer.cancel()
        self.child = None
        if said.get("done"):
            index.stale()
            self._end(state, RunState.DONE)
            _tell(state)
        else:
            tidy(out.parent)
            error = said.get("error") or f"the run ended without a word (status {status})"
            stopped = self.stopping.is_set()
            self._end(state, RunState.INTERRUPTED if stopped else RunState.FAILED, error)

    def _end(self, state: RunState, how: str, error: str = "") -> None:
        """Write how a run ended; what cannot be written is said of it once the database answers again."""
        told = {"error": error} if error else {}
        if not self._set(state, state=how, ended=timezone.now(), step="", **told):
            self.behind = True

    def _follow(self, state: RunState, lines: IO[str] | None) -> dict[str, Any]:
        last: dict[str, Any] = {}
        for line in lines or ():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "step" in said:
                self._set(state, step=str(said["step"])[:200])
            else:
                last = said
        return last

    def _set(self, row: RunState, /, **values: Any) -> bool:
        """Write how far a run is, and whether that could be done.

        A database that is locked or restarts is waited for, or the run would stay as it was; one that stays away is
        given up, or the thread would stay here for good.
        """
        for key, value in {**values, "beat": timezone.now()}.items():
            setattr(row, key, value)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                row.save(update_fields=[*values, "beat"])
            except DatabaseError as error:
                connection.close()
                if self.stopping.is_set() or time.monotonic() > end:
                    logging.getLogger("django.request").error(
                        "how far a run is could not be written: %s", type(error).__name__
                    )
                    return False
                self.stopping.wait(AGAIN)
            else:
                return True


def _tell(state: RunState) -> None:
    """Tell of a run that is done; whoever cannot be told changes nothing of that."""
    try:
        _told(state)
    except (DatabaseError, RauditError, OSError) as error:
        logging.getLogger("django.request").error(
            "the end of a run could not be told: %s", type(error).__name__
        )


def _told(state: RunState) -> None:
    """Tell whoever asked for the run, and the webhook if the verdict changed."""
    from raudit.web.models import Notice
    from raudit.web.reading import runs_of
    from raudit.web.webhook import verdict_changed

    Notice.objects.create(
        person=state.by,
        kind="run ended",
        about=state.system,
        where=f"/s/{state.system}/runs/",
        by="service:serve",
    )
    plan = workspace().plan(state.system)
    records = [ran.record for ran in runs_of(plan)[:2]]
    verdict_changed(plan.file.system.name, state.system, records)


__all__ = ["Worker", "sweep", "wake"]
