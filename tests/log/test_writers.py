"""Many writers at once lose nothing and double nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from raudit.errors import LogError
from raudit.log import open_log

from .conftest import NOW, started
from .test_crash import APPENDER, acknowledged, check, wait_until

WRITERS = 16


def race(location, count, batch, folder):
    """Let all writers append at once, wait for all, and return what they were told."""
    files = [folder / f"acks{i}" for i in range(WRITERS)]
    with subprocess.Popen(
        [sys.executable, APPENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        for i, file in enumerate(files):
            print(location, count, f"w{i}", batch, file, file=parent.stdin)
        parent.stdin.flush()
        pids = {int(parent.stdout.readline()) for _ in files}
        assert len(pids) == WRITERS
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=240)
        parent.stdin.close()
    acked = {}
    for file in files:
        acked |= acknowledged(file.read_text())
    return acked


def test_sixteen_processes(tmp_path, key):
    path = tmp_path / "log.db"
    open_log(path, key=key, create=True).close()
    acked = race(path, 30, 1, tmp_path)
    assert len(acked) == WRITERS * 30
    assert sorted(acked.values()) == list(range(1, WRITERS * 30 + 1))
    assert check(path, acked) == WRITERS * 30 + 1


def test_threads_share_one_log(log):
    def work(name: str) -> None:
        for number in range(25):
            log.append([started(f"{name}-{number}")], clock=NOW)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.size == 201
    assert not log.verify().failed


def test_two_open_logs_take_turns(tmp_path, key):
    with (
        open_log(tmp_path / "log.db", key=key, create=True) as one,
        open_log(tmp_path / "log.db") as two,
    ):
        for number in range(20):
            (one, two)[number % 2].append([started(f"r{number}")], clock=NOW)
        assert not one.verify([one.checkpoint(NOW)], vkey=key.vkey).failed


def test_a_log_does_not_cross_a_fork(log, monkeypatch):
    monkeypatch.setattr("raudit.log.stores.sqlite.os.getpid", lambda: -1)
    with pytest.raises(LogError, match="another process"):
        log.append([started()], clock=NOW)


def test_creating_at_once_makes_one_log(tmp_path, key):
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from raudit.log import *; k = load_log_key(Path(sys.argv[2]));"
        "b = dict(plan='a'*64, data='a'*64, code='a'*64, environment='a'*64, seed=1);"
        "l = open_log(sys.argv[1], key=k, create=True);"
        "l.append([Event(type='run.started', run='r', actor='Ann', body=b)], clock=datetime.now(UTC)); l.close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log.db"), str(tmp_path / "log.key")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [(p.communicate(timeout=120)[1], p.returncode) for p in processes] == [("", 0)] * 6
    with open_log(tmp_path / "log.db", key=key) as log:
        assert (log.size, len(log.people())) == (7, 1)
        assert [entry.index for entry in log.find(type="log.opened")] == [0]
        assert not log.verify().failed
