"""Bytes from somebody else: no file ends a reader by anything but one clear error, and none ends the process."""

import datetime as dt
import gzip
import json
import os
import struct
import zipfile
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from tests.readers.test_files import WRITERS

from raudit.data import open_data
from raudit.data.readers import Gap, ReadOptions, open_source
from raudit.errors import DataError, RauditError, UsageError
from raudit.plan.schema import DataLimits


def arrow_file(path, array):
    table = pa.table({"v": array})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return path.read_bytes()


@pytest.mark.parametrize("offset", [-5, 2**31 - 17, 10**6])
def test_one_wrong_offset_of_an_arrow_file_is_an_error(tmp_path, offset):
    path = tmp_path / "t.arrow"
    content = arrow_file(path, pa.array(["ab", "cde", "f"] * 30))
    good = struct.pack("<4i", 0, 2, 5, 6)
    assert good in content
    path.write_bytes(content.replace(good, struct.pack("<4i", 0, 2, offset, 6), 1))
    with pytest.raises(DataError, match="offsets or indices"):
        open_data(path)


def test_a_wrong_dictionary_index_is_an_error_and_costs_no_other_file(tmp_path):
    path = tmp_path / "bad.arrow"
    codes = pa.array([0, 1, 0, 1] * 8, pa.int32())
    content = arrow_file(path, pa.DictionaryArray.from_arrays(codes, pa.array(["x", "y"])))
    good = struct.pack("<4i", 0, 1, 0, 1)
    path.write_bytes(content.replace(good, struct.pack("<4i", 0, 1, 900, 1), 1))
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    read, refused = [], []
    for source in open_source(tmp_path):
        try:
            list(source.batches())
            read.append(source.name)
        except DataError as error:
            refused.append(error.where)
    assert (read, refused) == (["good.csv"], ["bad.arrow"])


def every_arrow_type():
    n = 3
    struct_type = pa.struct([("a", pa.string())])
    text = pa.array([b"\xff\xfe", b"ok", None], pa.binary())
    not_utf8 = pa.StringArray.from_buffers(
        n, text.buffers()[1], text.buffers()[2], text.buffers()[0], 1
    )
    return {
        "fixed_bytes": pa.array([b"abcd", None, b"\xff\xff\xff\xff"], pa.binary(4)),
        "fixed_list": pa.array(
            [["a@example.org", "b"], None, ["c", "d"]], pa.list_(pa.string(), 2)
        ),
        "interval": pa.array([pa.MonthDayNano([1, 2, 3]), None, pa.MonthDayNano([0, 0, 0])]),
        "map": pa.array([[("k", "v@example.org")], None, []], pa.map_(pa.string(), pa.string())),
        "union": pa.UnionArray.from_sparse(
            pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(list("abc"))]
        ),
        "list_struct": pa.array([[{"a": "x"}], None, []], pa.list_(struct_type)),
        "large_list": pa.array([["x"], None, []], pa.large_list(pa.string())),
        "list_view": pa.array([["x"], None, []], pa.list_view(pa.string())),
        "view": pa.array(["x", None, "y"], pa.string_view()),
        "packed": pa.array([b"\x1f\x8b" + b"\xff" * 9, None, b"\xff" * 32], pa.binary()),
        "picture": pa.array([b"\x89PNG" + b"\xff" * 99, None, b"x" * 99], pa.binary()),
        "bytes_utf16": pa.array(["anna@b.org".encode("utf-16-be"), None, b""], pa.binary()),
        "bytes_view": pa.array([b"x", None, b"\xff"], pa.binary_view()),
        "not_utf8": not_utf8,
        "coded": pa.array(["x", None, "y"]).dictionary_encode(),
        "runs": pa.RunEndEncodedArray.from_arrays(
            pa.array([2, 3], pa.int32()), pa.array(["x", "y"])
        ),
        "half": pa.array([1.5, None, 2.0], pa.float16()),
        "huge": pa.array([2**200, None, 1], pa.decimal256(76)),
        "far": pa.array([2**62, None, 1], pa.timestamp("s")),
        "zone": pa.array([1, None, 2], pa.timestamp("s", "Atlantis/Sunken")),
        "span": pa.array([dt.timedelta(1), None, dt.timedelta(2)]),
        "clock": pa.array([dt.time(1), None, dt.time(2)]),
        "nothing": pa.nulls(3),
        "deep": pa.array([{"a": {"b": {"c": ["x"]}}}, None, {"a": None}]),
    }


@pytest.mark.parametrize("name", list(every_arrow_type()))
def test_no_arrow_type_ends_a_reader_or_a_scan(tmp_path, name):
    from raudit.stages.pii.count.as_text import as_strings

    path = tmp_path / "t.arrow"
    arrow_file(path, every_arrow_type()[name])
    (source,) = open_source(path)
    batches = list(source.batches())
    assert sum(batch.num_rows for batch in batches) == 3
    for column in batches[0].columns:
        as_strings(column).to_pylist()
    unread = {"not_utf8", "packed", "picture"}
    assert [said[:7] for said in source.problems] == ["1 cells"] * (name in unread)
    if name == "bytes_utf16":
        assert "anna@b.org" in map(str, batches[0].to_pylist()[0].values())


def raised(path, options=None):
    """Read a file in every way; only errors of our own may come out of it."""
    errors = []
    try:
        for source in open_source(path, options):
            if not isinstance(source, Gap):
                for _ in source.batches(rows=1_000):
                    pass
    except RauditError as error:
        errors.append(error)
    try:
        open_data(path, options=options).frame()
    except RauditError as error:
        errors.append(error)
    assert all(isinstance(error, UsageError) for error in errors)
    assert all(str(error).replace("\n", "").isprintable() for error in errors)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    found = {}
    for kind, write in WRITERS.items():
        write(folder / f"t.{kind}")
        found[kind] = (folder / f"t.{kind}").read_bytes()
    found["csv.gz"] = gzip.compress(found["csv"])
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.writestr("a.csv", found["csv"])
        archive.writestr("b.json", found["json"])
    found["zip"] = (folder / "t.zip").read_bytes()
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(sorted({*WRITERS, "csv.gz", "zip"} - {"duckdb"})),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.none() | st.floats(0, 1, exclude_max=True),
)
def test_damaged_files_of_every_kind(tmp_path, seeds, kind, changes, cut):
    """Some bytes are others, at parts of the file's length, and some files are cut short."""
    content = bytearray(seeds[kind])
    for place, byte in changes:
        content[int(place * len(content))] = byte
    if cut is not None:
        del content[int(cut * len(content)) :]
    path = tmp_path / f"t.{kind}"
    path.write_bytes(content)
    raised(path, ReadOptions(limits=DataLimits(bytes=2**26, memory_gib=0.5, seconds=20)))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='ab1@,;\t|"\n\r \0é', max_size=120).map(str.encode),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    suffix=st.sampled_from(
        ["csv", "tsv", "txt", "json", "jsonl", "parquet", "arrow", "xlsx", "gz", "zip", "bin", ""]
    ),
    encoding=st.sampled_from([None, None, "utf-16-le", "cp1252", "shift_jis"]),
)
def test_any_bytes_under_any_name(tmp_path, content, suffix, encoding):
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(content)
    raised(path, ReadOptions(encoding=encoding))


LIMITS = {
    "bytes": 10,
    "rows": 5,
    "columns": 1,
    "cells": 20,
    "cell_bytes": 2,
}


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "sqlite", "parquet"])
def test_a_limit_names_file_limit_and_key(tmp_path, key, kind):
    path = tmp_path / f"t.{kind}"
    rows = [{"a": "abc", "b": str(i)} for i in range(40)]
    if kind == "csv":
        path.write_text("a,b\n" + "".join(f"{row['a']},{row['b']}\n" for row in rows))
    elif kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif kind == "sqlite":
        import sqlite3

        db = sqlite3.connect(path)
        db.execute("CREATE TABLE t (a, b)")
        db.executemany("INSERT INTO t VALUES (:a, :b)", rows)
        db.commit()
        db.close()
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    if key == "cell_bytes" and kind != "jsonl":
        pytest.skip("a block of these readers is bounded by memory instead")
    limits = DataLimits(**{key: LIMITS[key]})
    with pytest.raises(DataError) as caught:
        list(open_data(path, options=ReadOptions(limits=limits)).batches())
    assert f"t.{kind}" in caught.value.message + caught.value.where
    assert f"data.limits.{key}" in str(caught.value)


def test_a_gzip_file_that_unpacks_to_more_than_it_may(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"0,0\n" * 500_000))
    with pytest.raises(DataError, match=r"data\.limits\.bytes"):
        open_data(path, options=ReadOptions(limits=DataLimits(bytes=100_000)))


def test_a_name_that_is_no_text_is_printed_with_marks(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\x1b[31m.csv"))
    path.write_text("a,b\n1\n")
    (source,) = open_source(path)
    assert source.name.isprintable()
    with pytest.raises(DataError) as caught:
        open_data(path)
    str(caught.value).encode("utf-8")
    assert "\x1b" not in str(caught.value)


def test_a_column_whose_length_is_below_zero_is_an_error():
    """As a batch that was read may claim; Python's ``len`` then ends in a SystemError."""
    from raudit.data.readers.arrow_files import arrow

    path = Path(__file__).parents[1] / "fuzz" / "corpus" / "arrow" / "length-below-zero.bin"
    with pytest.raises(DataError, match="offsets or indices"):
        list(arrow(path, "t.arrow", ReadOptions()).batches())
