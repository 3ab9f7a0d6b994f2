"""What work with a table may take, beside what reading it may."""

import resource
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.command_line import raudit
from tests.readers.hostile_files import MAKERS

from raudit.data.readers import options
from raudit.errors import DataError
from raudit.isolation import limits
from raudit.plan.schema import DataLimits

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
