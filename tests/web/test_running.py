"""The worker that takes runs up: a database that does not answer ends neither it nor a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError


@contextmanager
def working(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A worker in this process whose audits are over at once."""
    import subprocess

    from raudit.web import running

    started, done = subprocess.Popen, 'print(\'{"step": "data"}\\n{"done": true}\')'

    def child(_command: list[str], **options: Any) -> Any:
        return started([sys.executable, "-c", done], **options)

    monkeypatch.setattr(running.subprocess, "Popen", child)
    monkeypatch.setattr(running, "AGAIN", 0.01)
    worker = running.Worker()
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        worker.join(20)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def refusing(times: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """A call that finds the database locked a few times, and then goes through."""
    left = [times]

    def call(*given: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return real(*given, **named)

    return call


@pytest.mark.parametrize("what", ["write", "look", "tell"])
def test_a_database_that_does_not_answer_is_waited_for(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    from raudit.web import running
    from raudit.web.models import Notice, RunState

    state = RunState.objects.create(system="credit", by="opal")
    if what == "write":
        monkeypatch.setattr(RunState, "save", refusing(4, RunState.save))
    elif what == "look":
        waiting = RunState.objects.filter
        monkeypatch.setattr(running.RunState.objects, "filter", refusing(3, waiting))
    else:
        monkeypatch.setattr(Notice.objects, "create", refusing(1, Notice.objects.create))
    with working(monkeypatch) as worker:
        until(lambda: RunState.objects.get(pk=state.pk).state == RunState.DONE)
        assert worker.is_alive()
    assert RunState.objects.get(pk=state.pk).error == ""


def test_a_database_that_cannot_be_written_is_given_up_and_told_when_it_can(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for good in one place, nor the same audit again and again; what ended meanwhile is said to have."""
    from raudit.web import running
    from raudit.web.models import RunState

    state, real, broken = RunState.objects.create(system="credit", by="opal"), RunState.save, [0]

    def save(row: Any, **given: Any) -> Any:
        broken[0] += 1
        if (row.state == RunState.RUNNING and broken[0] <= 2) or (
            row.state == RunState.DONE and broken[0] <= 9
        ):
            raise OperationalError("attempt to write a readonly database")
        return real(row, **given)

    monkeypatch.setattr(RunState, "save", save)
    monkeypatch.setattr(running, "PATIENCE", 0.0)
    with working(monkeypatch) as worker:
        until(lambda: RunState.objects.get(pk=state.pk).state == RunState.INTERRUPTED)
        assert worker.is_alive()
        again = RunState.objects.create(system="credit", by="opal")
        running.wake()
        broken[0] = 100
        until(lambda: RunState.objects.get(pk=again.pk).state == RunState.DONE)


def test_a_worker_that_is_stopped_waits_for_no_database(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from raudit.web import running
    from raudit.web.models import RunState

    state = RunState.objects.create(system="credit", by="opal")
    monkeypatch.setattr(RunState, "save", refusing(10**9, RunState.save))
    with working(monkeypatch) as worker:
        time.sleep(0.05)
        worker.stop()
        worker.join(5)
        assert not worker.is_alive()
    assert RunState.objects.get(pk=state.pk).state == RunState.WAITING
    assert running.PATIENCE >= 60


@pytest.mark.parametrize("ends", ["before", "rendering", "telling", "well"])
def test_a_run_is_whole_or_not_there(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """A run that dies while its report is made is none whose findings are read; one that was all there is taken up."""
    from raudit import audit
    from raudit.errors import UsageError
    from raudit.web import child, running

    names = ["record.json", "report.pdf", "report.pdf.tlog-proof", "report.pdf.intoto.json"]
    made = {"before": 0, "rendering": 1, "telling": 4, "well": 4}[ends]

    def run_audit(_plan: Any, *, out: Path, **_given: Any) -> Any:
        out.mkdir(parents=True)
        for name in names[:made]:
            (out / name).write_text("{}")
        if ends != "well":
            raise UsageError("it died", reference="died")
        return SimpleNamespace(record=SimpleNamespace(verdict=None))

    monkeypatch.setattr(audit, "run_audit", run_audit)
    monkeypatch.setenv("RAUDIT_PARENT", "0")
    monkeypatch.setattr(child.ctypes, "CDLL", lambda *_a, **_k: SimpleNamespace(prctl=max))
    runs = workspace / "credit/runs"
    child.main([str(workspace / "credit/raudit.yaml"), str(runs / "20260101T000000Z"), "opal"])
    whole = ["20260101T000000Z"] if ends == "well" else []
    assert [path.name for path in runs.glob("[!.]*")] == whole
    running.tidy(runs)
    left = {"before": [], "rendering": [".20260101T000000Z"]}.get(ends, ["20260101T000000Z"])
    assert [path.name for path in runs.iterdir()] == left
