"""What work with a table may take, beside what reading it may."""

import os
import resource
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.command_line import raudit
from tests.readers.hostile_files import MAKERS

from raudit.cli import _internal
from raudit.data import content, declared
from raudit.data.content import _hashed as hashed
from raudit.data.readers import options
from raudit.data.readers.source import StreamedTable
from raudit.errors import DataError
from raudit.isolation import limits, messages
from raudit.plan.schema import DataLimits, DataSection

ONE_SECOND = DataLimits(work_seconds=1)


def test_the_clock_of_work_rings_again_where_somebody_took_it_for_an_error_of_his_own(monkeypatch):
    monkeypatch.setattr(options, "RINGS_AGAIN", 0.05)
    rung = []

    def work():
        try:
            time.sleep(10)
        except DataError as error:
            rung.append(error)
        time.sleep(10)

    late = pytest.raises(DataError, match=r"t\.csv .*data\.limits\.work_seconds")
    with late, options.working("t.csv", ONE_SECOND):
        work()
    assert len(rung) == 1
    time.sleep(0.2)  # and no more, once the work has ended


def test_the_digest_of_the_content_is_work_with_the_rows(tmp_path, monkeypatch):
    """It was bounded by nothing: a Parquet file of 10 kB took 9.6 GB and more than 20 minutes before any stage."""
    (tmp_path / "t.csv").write_text("a,y\n1,1\n")
    section = DataSection(path="t.csv", limits=ONE_SECOND)
    monkeypatch.setattr(declared, "content_digest", lambda *_asked: time.sleep(30))
    with pytest.raises(DataError, match=r"t\.csv .*data\.limits\.work_seconds"):
        declared.open_declared(section, tmp_path / "t.csv")


def test_rows_are_written_out_in_pieces_whatever_a_dictionary_repeats(monkeypatch):
    words = pa.array(["x" * 900, None, "", "ä"])
    indices = pa.array([0, 1, 2, 3, None] * 40, pa.int32())
    columns = [
        pa.DictionaryArray.from_arrays(indices, words),
        pa.array(range(200)),
        pa.DictionaryArray.from_arrays(indices, pa.array([1, 2, 3, 4])),
        pa.nulls(200),
    ]
    batch = pa.RecordBatch.from_arrays(columns, names=["d", "n", "i", "none"])
    whole, seen = content.row_hashes(batch), []
    monkeypatch.setattr(content, "PIECE", 5_000)
    monkeypatch.setattr(content, "_hashed", lambda rows: seen.append(rows) or hashed(rows))
    assert (content.row_hashes(batch) == whole).all()
    assert max(sum(map(len, rows)) for rows in seen) < 12_000  # values, and the marks around them
    assert sum(map(len, seen)) == 200


def test_work_may_take_ten_times_what_reading_may():
    assert DataLimits(seconds=20).most_work == 200
    assert DataLimits(seconds=20, work_seconds=7).most_work == 7


def test_no_more_memory_is_asked_for_than_the_machine_has(monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_AS)
    monkeypatch.setattr(limits, "_memory_there_is", lambda: 100 * 2**20)
    with limits.within_machine(), pytest.raises(MemoryError):
        bytearray(2**30)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def nested(path):
    kind, value = pa.int64(), 1
    for _ in range(90):
        kind, value = pa.list_(kind), [value]
    pq.write_table(pa.table({"v": pa.array([value], kind), "y": [1]}), path)


@pytest.mark.parametrize(
    ("make", "said"),
    [(nested, "nested deeper than they are read"), (MAKERS["moments.parquet"], "years 1 to 9999")],
)
def test_readiness_of_what_cannot_be_read_is_one_error_with_its_cause(tmp_path, make, said):
    make(tmp_path / "t.parquet")
    done = raudit("readiness", "t.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_work_takes_no_more_memory_than_the_plan_grants():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    asked = DataLimits(memory_gib=0.1)
    over = pytest.raises(DataError, match=r"t\.csv .*data\.limits\.memory_gib")
    with over as raised, options.working("t.csv", asked):
        bytearray(2**30)
    assert "0.1 GiB" in raised.value.expected
    with pytest.raises(DataError, match="mend it"), options.working("t.csv", asked):
        raise DataError("mend it", reference="data-broken") from MemoryError()
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert DataLimits().most_memory is None  # nobody asked: what the machine has
    with options.working("t.csv", DataLimits()):
        bytearray(2**28)


@pytest.mark.parametrize("command", ["readiness", "check"])
def test_memory_that_the_plan_grants_ends_a_command(tmp_path, command):
    """End to end: the small file is read within it, and what is done with its rows is not."""
    rows = 300_000
    columns = {f"c{place}": pa.array([0.5]).take(pa.array([0] * rows)) for place in range(12)}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    (tmp_path / "raudit.yaml").write_text(
        'schema: raudit.plan/1\nsystem: {name: T, version: "1"}\n'
        "data: {path: t.parquet, limits: {memory_gib: 0.02}}\nstages: {data_readiness: }\n"
    )
    asked = {
        "readiness": ("readiness", "t.parquet", "--limit=memory_gib=0.02"),
        "check": ("check", "--no-log", "--no-cache"),
    }
    done = raudit(*asked[command], cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line, *_rest) = done.stderr.strip().splitlines()
    assert line.startswith("error[data-limit]: ")
    assert "t.parquet takes more than data.limits.memory_gib allows" in line
    assert "at most 0.02 GiB" in line


@pytest.mark.parametrize(("mib", "threads"), [(None, None), (8_000, None), (2_000, "1")])
def test_libraries_ask_for_less_where_the_machine_grants_little(monkeypatch, mib, threads):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")  # so that it is put back
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setattr(limits, "machine_memory", lambda: mib and mib * 2**20)
    limits.check_machine()
    assert os.environ.get("OPENBLAS_NUM_THREADS") == threads


def test_too_little_memory_is_said_at_once(monkeypatch):
    """OpenBLAS ends a process that it has no memory for with 1, as a finding does."""
    monkeypatch.setattr(limits, "machine_memory", lambda: 900 * 2**20)
    done = raudit("doctor")
    assert (done.returncode, done.stdout) == (2, "")
    assert "900 MiB of address space, expected at least 1,024 MiB" in done.stderr


@pytest.mark.parametrize(
    "said", ["Failed to launch worker thread: Resource", "can't start new thread", "bad_alloc"]
)
def test_what_libraries_say_that_lack_memory_is_no_fault_of_raudit(said, capsys):
    def read(_columns, _rows):
        raise pa.ArrowException(said)
        yield

    table = StreamedTable(name="t.csv", kinds={}, n_rows=1, read=read)
    with pytest.raises(DataError, match="more memory than there is"):
        list(table.batches())
    assert _internal(RuntimeError(said)) == 2
    assert "the machine gives raudit no more memory" in capsys.readouterr().err


def test_a_process_of_ours_takes_less_where_the_machine_grants_less(monkeypatch):
    """Asking for more than the hard limit ended every report under ``ulimit -v`` in 4."""
    granted = {resource.RLIMIT_AS: 2**30, resource.RLIMIT_CPU: resource.RLIM_INFINITY}
    bound = {}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (-1, granted.get(kind, -1)))
    monkeypatch.setattr(resource, "setrlimit", bound.__setitem__)
    limits.limit_process(300, 3072)
    assert bound[resource.RLIMIT_AS] == (2**30, 2**30)
    assert bound[resource.RLIMIT_CPU] == (300, 305)
    assert bound[resource.RLIMIT_CORE] == (0, 0)


def test_a_process_that_ended_before_is_said_to_have_ended(tmp_path):
    """Another stage asked it again, which was a fault in raudit: a write to a closed file."""
    with (tmp_path / "pipe").open("wb") as stream:
        pass
    with pytest.raises(BrokenPipeError):
        messages.send(stream, {})
