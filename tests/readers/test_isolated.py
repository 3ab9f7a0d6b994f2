"""Each reader of a native format has a process of its own: bound to one file, watched, and gone without harm."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import sqlite3
import sys
import sysconfig
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.readers.hostile_files import MAKERS
from tests.readers.test_files import WRITERS

from raudit.data import open_data
from raudit.data.readers import Gap, ReadOptions, isolated, open_source
from raudit.data.readers.reader_task import NATIVE
from raudit.errors import DataError
from raudit.isolation.start import ForkServer
from raudit.plan.schema import DataLimits

linux = pytest.mark.skipif(sys.platform != "linux", reason="the guard is the Linux kernel's")
CALLS = "trace=open,openat,openat2,%network,execve,landlock_restrict_self"
SUFFIXES = {"parquet": "parquet", "arrow": "arrow", "excel": "xlsx", "sqlite": "sqlite"}
OWN = (
    sys.prefix,
    sys.base_prefix,
    sysconfig.get_path("stdlib"),
    str(Path(__file__).resolve().parents[2] / "src"),
    *(
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/sys/devices/system",
        "/sys/fs/cgroup",
    ),
    *("/lib", "/usr/lib", "/dev/null", "/dev/urandom", "/etc/ld.so.cache", "/etc/localtime"),
    "/usr/share/zoneinfo",
)


@linux
@pytest.mark.parametrize("kind", NATIVE)
def test_no_reader_opens_another_file_or_makes_a_socket(kind, tmp_path, monkeypatch):
    """Every system call of the fork server and of the reader, as strace sees it."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: apt-get install strace")
    path = tmp_path / f"t.{SUFFIXES.get(kind, kind)}"
    if kind == "duckdb":
        MAKERS["macro.duckdb"](path)  # calls a macro that reads /etc/hostname, if anything does
    else:
        WRITERS[path.suffix[1:]](path)
    log, wrapper = tmp_path / "log", tmp_path / "python"
    wrapper.write_text(
        f'#!/bin/sh\nexec {strace} -f -qq -o {log} -e {CALLS} {sys.executable} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    server = ForkServer(isolated.READERS.module, isolated.READERS.variables)
    monkeypatch.setattr(isolated, "READERS", server)
    (table,) = open_source(path)
    assert sum(batch.num_rows for batch in table.batches()) > 0
    del table
    gc.collect()
    server.end()
    lines = [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    done = [(pid, call) for pid, call in lines if not re.search(r"= -1 |resumed", call)]
    others = [(pid, call) for pid, call in done if pid != done[0][0]]  # the server is the first
    assert not [
        c for _, c in others if re.match(r"(socket|connect|bind|send\w+|recv\w+|execve)\(", c)
    ]
    bound = [
        place for place, (_, call) in enumerate(others) if call.startswith("landlock_restrict")
    ]
    if not bound:
        pytest.skip("this kernel has no Landlock")
    opened = {call.split('"')[1] for _, call in others[bound[0] :] if call.startswith("open")}
    assert {name for name in opened if not name.startswith(OWN)} == {str(path)}


def parquet(path, rows=200_000):
    pq.write_table(pa.table({"n": pa.array(range(rows)), "t": ["x"] * rows}), path)
    return path


def running():
    """The readers that this process's server has; others of this machine are not ours to count."""
    server = isolated.READERS.process
    parents = [
        _bytes(place).rpartition(b")")[2].split() for place in Path("/proc").glob("[0-9]*/stat")
    ]
    return sum(server is not None and found[1:2] == [str(server.pid).encode()] for found in parents)


def _bytes(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@linux
def test_a_reader_that_dies_is_one_error_and_the_next_reading_starts_another(tmp_path):
    data = open_data(parquet(tmp_path / "t.parquet"))
    batches = data.batches(rows=1_000)
    next(batches)
    victim = reader_of(tmp_path)
    os.kill(victim.worker.pid, signal.SIGSEGV)
    with pytest.raises(DataError, match="crashes its reader") as raised:
        list(batches)
    assert "SIGSEGV" in raised.value.got
    assert raised.value.exit_status == 2
    assert sum(batch.num_rows for batch in data.batches()) == 200_000


def reader_of(folder):
    """The one reader that is being read from."""
    readers = [found for found in gc.get_objects() if type(found) is isolated._Reader]
    (one,) = [r for r in readers if r.task.path.parent == folder and not r.between_questions]
    return one


@linux
def test_readings_at_once_each_have_a_process_and_none_is_left(tmp_path):
    before = running()
    data = open_data(parquet(tmp_path / "t.parquet"))
    first, second = data.batches(rows=70_000), data.batches(rows=50_000)
    pairs = list(zip(first, second, strict=False))
    assert len(pairs) >= 3
    assert running() >= before + 2
    assert sum(batch.num_rows for batch in data.batches()) == 200_000
    del first, second, data
    gc.collect()
    assert running() <= before


def test_what_is_done_with_the_rows_is_not_time_of_reading(tmp_path):
    options = ReadOptions(limits=DataLimits(seconds=2))
    text = tmp_path / "t.csv"
    text.write_text("a,b\n" + "1,2\n" * 3)
    for path in (parquet(tmp_path / "t.parquet", 3), text):
        (table,) = open_source(path, options)
        for _ in table.batches(rows=1):
            time.sleep(0.9)


def test_memory_is_bound_and_the_limit_is_named(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"v": ["x" * 2**27 + "y"]}), path, compression="zstd")
    (table,) = open_source(path, ReadOptions(limits=DataLimits(memory_gib=0.1)))
    with pytest.raises(DataError, match=r"data\.limits\.memory_gib") as raised:
        list(table.batches())
    assert raised.value.where == "t.parquet"


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "arrow", "sqlite", "xlsx"])
def test_a_cell_that_is_too_long_is_refused_by_every_reader(suffix, tmp_path):
    path, text = tmp_path / f"t.{suffix}", "x" * 30_000
    match suffix:
        case "csv" | "tsv":
            path.write_text(f"a,b\n1,{text}\n".replace(",", "\t" if suffix == "tsv" else ","))
        case "jsonl":
            path.write_text('{"a": 1, "b": "' + text + '"}\n')
        case "parquet":
            pq.write_table(pa.table({"b": [text, "c"]}), path)
        case "arrow":
            with pa.ipc.new_file(str(path), pa.schema([("b", pa.string())])) as writer:
                writer.write_table(pa.table({"b": [text, "c"]}))
        case "sqlite":
            db = sqlite3.connect(path)
            db.execute("CREATE TABLE t (b TEXT)")
            db.execute("INSERT INTO t VALUES (?)", [text])
            db.commit()
            db.close()
        case _:
            import openpyxl

            book = openpyxl.Workbook()
            book.active.append(["a", "b"])
            book.active.append([1, text])
            book.save(path)
    limits = DataLimits(cell_bytes=20_000)
    with pytest.raises(DataError, match=r"data\.limits\.cell_bytes"):
        [list(s.batches()) for s in open_source(path, ReadOptions(limits=limits, header=True))]
    assert all(sum(b.num_rows for b in s.batches()) for s in open_source(path))


@pytest.mark.parametrize("name", ["live.sqlite", "other-file.duckdb"])
def test_rows_that_are_in_another_file_are_not_passed_over(name, tmp_path):
    path = tmp_path / name
    MAKERS[name](path)
    assert len(list(tmp_path.iterdir())) > 1
    with pytest.raises(DataError, match="last changes are in"):
        list(open_source(path))
    for other in tmp_path.iterdir():
        if other != path:
            other.unlink()
    (table,) = open_source(path)
    assert table.frame()["a"].tolist() == ["kept"]
    assert [other.name for other in tmp_path.iterdir()] == [name]  # and nothing is left beside it


SLOW = {
    "rows-from-nothing.arrow",
    "overlapping.zip",
    "zstd-bomb.arrow",
    "bomb.csv.gz",
    "inflated.xlsx",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in MAKERS],
)
def test_a_hostile_file_is_read_or_refused_within_its_limits(name, tmp_path):
    path = tmp_path / name
    MAKERS[name](path)
    limits = DataLimits(memory_gib=1, seconds=20, cell_bytes=2**25)
    begin = time.monotonic()
    for text in said_of(path, ReadOptions(limits=limits)):
        assert text.replace("\n", "").isprintable()
        assert "a fault of its reader" not in text
    assert time.monotonic() - begin < 60


def said_of(path, options):
    """Names, gaps and errors of everything that is read from a path."""
    try:
        for source in open_source(path, options):
            yield source.name
            if isinstance(source, Gap):
                yield source.because
                continue
            try:
                for _ in source.batches():
                    pass
            except DataError as error:
                yield str(error)
    except DataError as error:
        yield str(error)


@linux
@pytest.mark.filterwarnings("error")
def test_a_reading_that_is_garbage_is_ended_without_a_word(tmp_path):
    """In a circle, where pipes and generators are let go of in any order."""
    table = next(open_source(parquet(tmp_path / "t.parquet")))
    circle = [table.batches(rows=1_000)]
    circle.append(circle)
    next(circle[0])
    victim = reader_of(tmp_path).worker.pid
    del table, circle
    gc.collect()
    assert not Path(f"/proc/{victim}/cmdline").exists() or not _bytes(
        Path(f"/proc/{victim}/cmdline")
    )
