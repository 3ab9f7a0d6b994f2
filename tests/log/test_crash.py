"""Crashes: killed writers, failing disks, full disks, damaged write-ahead logs. Nothing acknowledged may be lost."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from raudit.errors import EnvironmentFault, RauditError
from raudit.log import open_log

from .conftest import NOW, started

APPENDER = Path(__file__).with_name("appender.py")
WRITES = "pwrite64,fdatasync,fsync,ftruncate,write,rename,unlink"


def acknowledged(output: str) -> dict[str, int]:
    """Whole lines only: a half-written line was not acknowledged."""
    lines = output.split("\n")[:-1]
    return {run: int(index) for run, index in (line.split() for line in lines)}


def check(path, acked: dict[str, int]) -> int:
    """Everything acknowledged is where it was acknowledged, nothing is doubled, and the tree is right."""
    with open_log(path) as log:
        report = log.verify()
        assert not report.failed, report.steps
        runs = [entry.run for entry in log.find(type="run.started")]
        assert len(runs) == len(set(runs))
        for run, index in acked.items():
            assert log.entry(index).run == run
        return log.size


def test_kill_minus_nine_a_hundred_times(tmp_path, key):
    path, acks = tmp_path / "log.db", tmp_path / "acks"
    open_log(path, key=key, create=True).close()
    dice, acked = random.Random(8), {}
    with subprocess.Popen(
        [sys.executable, APPENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        for kill in range(100):
            acks.write_text("")
            print(
                path, 100_000, f"k{kill}", dice.choice([1, 3]), acks, file=parent.stdin, flush=True
            )
            pid = int(parent.stdout.readline())
            wait_until(lambda: acks.stat().st_size > 0)  # it is appending now
            time.sleep(dice.random() * 0.02)
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: not Path(f"/proc/{pid}").exists())
            new = acknowledged(acks.read_text())
            assert new
            acked |= new
            if kill % 20 == 19:
                check(path, acked)
        parent.stdin.close()
    with open_log(path, key=key) as log:
        log.append([started()], clock=NOW)
        assert log.checkpoint(NOW)


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def strace():
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    probe = subprocess.run(
        [found, "-f", "-o", os.devnull, "true"], check=False, capture_output=True
    )
    if probe.returncode:
        pytest.skip("strace may not trace here (ptrace is forbidden)")
    return found


def traced(strace, path, inject, name, log):
    command = [
        strace,
        "-f",
        "--seccomp-bpf",
        "-y",
        "-o",
        log,
        "-e",
        f"trace={WRITES}",
        *inject,
        sys.executable,
        APPENDER,
        path,
    ]
    return subprocess.run(
        [*command, "3", name, "1"], check=False, capture_output=True, text=True, timeout=120
    )


def calls(trace: Path, store: Path) -> dict[str, list[int]]:
    """Which calls of each kind touch the store, by their number among all calls of that kind."""
    counts: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for line in trace.read_text().splitlines():
        match = re.match(r"\d+ +(\w+)\((.*)", line)
        if match:
            kind = match[1]
            counts[kind] = counts.get(kind, 0) + 1
            if str(store) in match[2]:
                found.setdefault(kind, []).append(counts[kind])
    return found


def injections(strace, tmp_path, key, faults, every=1):
    """Append three events again and again, failing at one write-like call after the other."""
    template = tmp_path / "template.db"
    with open_log(template, key=key, create=True) as log:
        log.append([started(f"before{i}") for i in range(5)], clock=NOW)
    probe, trace = tmp_path / "probe.db", tmp_path / "trace"
    shutil.copy(template, probe)
    assert traced(strace, probe, [], "x", trace).returncode == 0
    places = [(kind, number) for kind, numbers in calls(trace, probe).items() for number in numbers]
    assert {"pwrite64", "fdatasync"} <= {kind for kind, _ in places}
    done = 0
    for kind, number in places[::every]:
        for fault in faults:
            if fault == "error=ENOSPC" and kind not in {"pwrite64", "write", "ftruncate"}:
                continue
            path = tmp_path / f"{kind}{number}{fault[-6:]}.db"
            shutil.copy(template, path)
            inject = ["-e", f"inject={kind}:{fault}:when={number}"]
            result = traced(strace, path, inject, "new", trace)
            assert "Traceback" not in result.stderr, result.stderr
            if not fault.startswith("signal"):
                assert result.returncode in {0, 4}, (kind, number, fault, result.stderr)
                assert result.returncode == 0 or "nothing was acknowledged" in result.stderr
            size = check(path, acknowledged(result.stdout))
            assert 6 <= size <= 9
            with open_log(path, key=key) as log:  # and the log goes on
                log.append([started("after")], clock=NOW)
                assert log.checkpoint(NOW)
            key.memory.unlink()
            done += 1
    return done


def test_some_write_calls_fail_or_die(strace, tmp_path, key):
    assert (
        injections(strace, tmp_path, key, ["error=EIO", "error=ENOSPC", "signal=SIGKILL"], every=7)
        >= 9
    )


@pytest.mark.slow
def test_every_write_call_fails_or_dies(strace, tmp_path, key):
    assert injections(strace, tmp_path, key, ["error=EIO", "error=ENOSPC", "signal=SIGKILL"]) >= 60


@contextmanager
def small_disk(tmp_path):
    """A file system of 2 MB; needs root."""
    mount = tmp_path / "small"
    mount.mkdir()
    done = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount],
            check=False,
            capture_output=True,
            text=True,
        )
        if shutil.which("mount") and os.getuid() == 0
        else None
    )
    if done is None or done.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


def fill(log, acked):
    for number in range(100_000):
        acked[f"r{number}"] = log.append([started(f"r{number}")], clock=NOW).index_first


def test_disk_full(tmp_path, key):
    with small_disk(tmp_path) as disk:
        acked = {}
        with open_log(disk / "log.db", key=key, create=True) as log:
            with pytest.raises(EnvironmentFault, match="nothing was acknowledged") as caught:
                fill(log, acked)
            assert (caught.value.exit_status, caught.value.hint) == (4, "free some space")
            assert log.size == len(acked) + 1
        size = check(disk / "log.db", acked)
        # With space again, the same file goes on.
        for end in ("", "-wal"):  # what is not folded into the file yet is part of the log
            if (disk / f"log.db{end}").exists():
                shutil.copy(disk / f"log.db{end}", tmp_path / f"moved.db{end}")
    with open_log(tmp_path / "moved.db", key=key) as log:
        assert log.append([started("later")], clock=NOW).index_first == size


def test_damaged_write_ahead_log(tmp_path, key):
    """SQLite drops a damaged tail silently: never a wrong tree, often a shorter one, and the key notices."""
    import sqlite3

    path = tmp_path / "log.db"
    with open_log(path, key=key, create=True) as log:
        log.append([started("r0")], clock=NOW)
    keeper = sqlite3.connect(path)  # while someone reads, the WAL is not folded into the file
    keeper.execute("SELECT 1 FROM entry").fetchall()
    with open_log(path, key=key) as log:
        for number in range(1, 30):
            log.append([started(f"r{number}")], clock=NOW)
        held = log.checkpoint(NOW)
    whole, wal = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    keeper.close()
    assert len(wal) > 30 * 4096
    dice = random.Random(5)
    outcomes = {"whole": 0, "shorter": 0, "refused": 0}
    for trial in range(60):
        damaged = bytearray(wal)
        if trial % 2:
            damaged = damaged[: dice.randrange(len(wal))]
        else:
            damaged[dice.randrange(len(wal))] ^= 1 << dice.randrange(8)
        copy = tmp_path / f"damaged{trial}.db"
        copy.write_bytes(whole)
        Path(f"{copy}-wal").write_bytes(damaged)
        outcomes[damage_outcome(copy, key, held)] += 1
    assert outcomes["shorter"] > 10
    assert sum(outcomes.values()) == 60


def damage_outcome(path, key, held) -> str:
    try:
        with open_log(path, key=key) as log:
            assert not log.verify().failed  # a right tree, of whatever is left
            if log.size == 31:
                return "whole"
            assert log.verify([held]).failed
            with pytest.raises(
                RauditError, match="shorter than the checkpoint that the key remembers"
            ):
                log.checkpoint(NOW)
            return "shorter"
    except RauditError:  # in words, not in a traceback
        return "refused"
