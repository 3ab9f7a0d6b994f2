"""Two hundred files: kinds, encodings and faults, each read as declared or refused with row, column and what to do."""

import codecs
import csv
import gzip
import io
import itertools
import json
import sqlite3
import zipfile

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from raudit.data import open_data
from raudit.data.readers import Gap, ReadOptions, StreamedTable, open_source
from raudit.errors import DataError

ROWS = [
    {"id": "007", "name": "Zoë", "note": "NA", "n": "1"},
    {"id": "010", "name": "Jürgen", "note": "T", "n": "22"},
    {"id": "011", "name": "André", "note": "x", "n": "-3"},
]
NAMES = list(ROWS[0])
CELLS = [list(row.values()) for row in ROWS]


def text(delimiter=",", end="\n", quote=csv.QUOTE_MINIMAL, rows=CELLS, names=NAMES):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quote)
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def cells(source):
    table = pa.Table.from_batches(list(source.batches()))
    return [list(row.values()) for row in table.to_pylist()]


def both_ways(path, options=None):
    """What a scan reads, and what a plan reads, of one file."""
    (source,) = open_source(path, options)
    assert isinstance(source, StreamedTable), source
    scanned = cells(source)
    data = open_data(path, options=options)
    planned = cells(data.as_written())
    assert list(data.kinds) == list(source.kinds)
    assert scanned == planned
    assert source.problems == []
    return list(source.kinds), scanned, data


DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "unit": "\x1f", "caret": "^"}
MARKED = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-32": b"",
    "utf-16-le": b"",
    "utf-16-be": b"",
    "utf-32-le": b"",
    "utf-32-be": b"",
}
DECLARED = ("cp1252", "iso-8859-15", "cp1250", "mac-roman", "cp850", "utf-16-le", "utf-8")
ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@pytest.mark.parametrize(
    ("delimiter", "encoding", "end"), list(itertools.product(DELIMITERS, MARKED, ("lf", "crlf")))
)  # 96 files
def test_found_delimiters_and_encodings(tmp_path, delimiter, encoding, end):
    path = tmp_path / "t.csv"
    path.write_bytes(text(DELIMITERS[delimiter], ENDS[end]).encode(encoding))
    names, rows, data = both_ways(path)
    assert (names, rows) == (NAMES, CELLS)
    assert [str(kind) for kind in data.kinds.values()] == ["text", "text", "text", "integer"]
    assert data.described["delimiter"] == {"unit": "U+001F"}.get(delimiter, delimiter)
    assert data.described["encoding"].startswith(encoding.removesuffix("-sig"))


@pytest.mark.parametrize(
    ("delimiter", "encoding", "end"),
    list(itertools.product((",", ";", "\t"), DECLARED, ("lf", "cr"))),
)  # 42 files
def test_declared_encodings(tmp_path, delimiter, encoding, end):
    path = tmp_path / "t.txt"
    path.write_bytes(text(delimiter, ENDS[end]).encode(encoding))
    options = ReadOptions(encoding=encoding, delimiter=delimiter)
    names, rows, data = both_ways(path, options)
    assert (names, rows) == (NAMES, CELLS)
    assert data.described["encoding"] == codecs.lookup(encoding).name


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "mac-roman", "cp850"])  # 4 files
def test_an_encoding_is_asked_for_and_never_guessed(tmp_path, encoding):
    path = tmp_path / "t.csv"
    # The byte stands where a look at the first block alone would not see it.
    path.write_bytes(b"id,name\n" + b"1,Anna\n" * 40_000 + "2,Jürgen\n".encode(encoding))
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert "byte 280,012 is not UTF-8" in caught.value.got
    assert "encoding" in caught.value.hint
    (source,) = open_source(path)
    assert "byte 280,012" in source.problems[0]


def as_json_lines(path):
    path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")


def as_json_array(path):
    path.write_text(json.dumps(ROWS, indent=1, ensure_ascii=False), encoding="utf-8")


def as_json_objects(path):
    path.write_text("\n".join(json.dumps(row, indent=2) for row in ROWS), encoding="utf-8")


def as_sqlite(path):
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE t ({', '.join(NAMES)})")
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", CELLS)
    db.close()


def as_duckdb(path):
    duckdb = pytest.importorskip("duckdb", reason="the extra raudit[engines] is not installed")
    with duckdb.connect(str(path)) as db:
        db.execute(f"CREATE TABLE t ({', '.join(name + ' VARCHAR' for name in NAMES)})")
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", CELLS)


def as_excel(path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (NAMES, *CELLS):
        book.active.append(row)
    book.save(path.with_suffix(".xlsx"))
    path.with_suffix(".xlsx").rename(path)


TABLE = pa.Table.from_pylist(ROWS)
WRITERS = {
    "csv": lambda path: path.write_text(text(), encoding="utf-8"),
    "tsv": lambda path: path.write_text(text("\t"), encoding="utf-8"),
    "jsonl": as_json_lines,
    "json": as_json_array,
    "ndjson": as_json_objects,
    "parquet": lambda path: pq.write_table(TABLE, path),
    "arrow": lambda path: feather.write_feather(TABLE, str(path), compression="uncompressed"),
    "feather": lambda path: feather.write_feather(TABLE, str(path)),
    "sqlite": as_sqlite,
    "duckdb": as_duckdb,
    "xlsx": as_excel,
}


def zipped(path, inner):
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, inner.name)


WRAPS = {
    "plain": lambda path, inner: path.write_bytes(inner.read_bytes()),
    "gzip": lambda path, inner: path.write_bytes(gzip.compress(inner.read_bytes())),
    "zip": zipped,
}


@pytest.mark.parametrize(("kind", "wrap"), list(itertools.product(WRITERS, WRAPS)))  # 33 files
def test_every_format_plain_and_packed(tmp_path, kind, wrap):
    inner = tmp_path / f"inner.{kind}"
    WRITERS[kind](inner)
    suffix = {"plain": "", "gzip": ".gz", "zip": ".zip"}[wrap]
    path = tmp_path / f"t.{kind}{suffix}"
    WRAPS[wrap](path, inner)
    names, rows, _ = both_ways(path)
    assert (names, rows) == (NAMES, CELLS)


@pytest.mark.parametrize(
    ("kind", "name"), list(itertools.product(WRITERS, ["t.csv", "DATA"]))
)  # 22 files
def test_a_false_name_or_none_changes_nothing(tmp_path, kind, name):
    if kind in {"jsonl", "json", "ndjson"} and name == "t.csv":
        pytest.skip("JSON that is called CSV is text with quotes")
    path = tmp_path / name
    WRITERS[kind](path)
    names, rows, _ = both_ways(path)
    assert (names, rows) == (NAMES, CELLS)


FAULTS = {
    "ragged-short": (b"a,b,c\n1,2,3\n4,5\n", "row 3 has 2 columns, 3 expected"),
    "ragged-long": (b"a,b,c\n1,2,3,4\n", "row 2 has 4 columns, 3 expected"),
    "quote": (b'a,b\n"x"y,2\n1,2\n', "row 2"),
    "open-quote": (b'a,b\n1,2\n"x,2\n', "row 3"),
    "not-utf8": (b"a,b\n1,\xe9\n", "byte 7 is not UTF-8"),
    "half-utf16": ("a,b\n1,2\n".encode("utf-16") + b"x", "not UTF-16"),
    "no-header-mail": (b"1,Anna,a@example.org\n2,Bob,b@example.org\n", "first row looks like data"),
    "no-header-level": (b"Anna,F\nBob,M\nCleo,F\n", "first row looks like data"),
    "no-header-number": (b"5.1,3.5,setosa\n4.9,3.0,setosa\n", "first row looks like data"),
    "no-header-date": (b"1990-02-03,x\n1980-01-01,y\n", "first row looks like data"),
    "no-header-family": (
        b'"Huber, Anna",0,7\n"Meier, Bob",1,7\n"Roth, Cleo",2,7\n',
        "looks like data",
    ),
    "no-header-street": (
        b"0,12 Anna Street,7\n1,3 Oak Lane,7\n2,40 Elm Road,7\n",
        "looks like data",
    ),
    "no-header-note": (
        b"0,call Anna Roth back today,3\n1,call Bob back today,3\n2,call Cleo back today,3\n",
        "looks like data",
    ),
    "no-header-repeated": (
        b"anna@example.org\nb@example.org\nanna@example.org\n",
        "looks like data",
    ),
    "no-header-counting": (b"0,219-09-9101,7\n1,219-09-9102,7\n", "looks like data"),
}


@pytest.mark.parametrize("fault", FAULTS)  # 10 files
def test_a_fault_is_named_by_place_and_never_by_value(tmp_path, fault):
    content, expected = FAULTS[fault]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert caught.value.exit_status == 2
    assert caught.value.hint
    assert expected in str(caught.value)
    (source,) = open_source(path)
    list(source.batches())
    assert any(expected in problem for problem in source.problems)
    everything = str(caught.value) + " ".join(source.problems) + " ".join(map(str, source.kinds))
    assert "example.org" not in everything
    assert "Anna" not in everything


GOOD = {
    "blank-first-lines": (b"\n\n  \na,b\n1,x\n", ["a", "b"], [["1", "x"]]),
    "quoted-delimiters-in-header": (
        b'id,"a;b;c","d;e"\n1,x,y\n2,z,w\n',
        ["id", "a;b;c", "d;e"],
        None,
    ),
    "newline-in-header": (b'id,"se\nx",y\n1,F,2\n', ["id", "se\nx", "y"], [["1", "F", "2"]]),
    "separator-line": (b"sep=;\na;b\n1;2,5\n", ["a", "b"], [["1", "2,5"]]),
    "decimal-commas": (b"a;b\n1,5;2,5\n1,0;3,25\n", ["a", "b"], None),
    "names-of-names": (
        b'"Last, First","City, State"\n"Huber, Anna","Boston, MA"\n"Meier, Bob","Austin, TX"\n',
        ["Last, First", "City, State"],
        None,
    ),
    "a-question": (
        b"how did you like it here,n\nI liked it very much here,1\nnot at all it rained here,2\n",
        ["how did you like it here", "n"],
        None,
    ),
    "years-are-names": (
        b"country,2019,2020,2021\nA,1,2,3\nB,4,5,6\n",
        ["country", "2019", "2020", "2021"],
        None,
    ),
    "numbered-columns": (b"0,1,2\n5,6,7\n", ["0", "1", "2"], [["5", "6", "7"]]),
    "repeated-header": (b"a,b\n1,2\na,b\n3,4\n", ["a", "b"], None),
    "blank-lines": (b"a,b\n1,2\n\n3,4\n\n", ["a", "b"], [["1", "2"], ["3", "4"]]),
    "no-last-line-end": (b"a,b\n1,2", ["a", "b"], [["1", "2"]]),
    "header-alone": (b"a,b\n", ["a", "b"], []),
    "quoted-empty-is-text": (b'a,b\n"",\n', ["a", "b"], [["", None]]),
    "nul": (b"a,b\n1\x00,2\n", ["a", "b"], [["1\x00", "2"]]),
}


@pytest.mark.parametrize("case", GOOD)  # 13 files
def test_forms_that_are_read_as_they_are(tmp_path, case):
    content, names, rows = GOOD[case]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    found, read, _ = both_ways(path)
    assert found == names
    assert rows is None or read == rows


@pytest.mark.parametrize("suffix", ["csv", "txt", "data"])
def test_spaces_between_cells_are_asked_about(tmp_path, suffix):
    """As UCI's archive writes tables: read by any other delimiter they are one column that nothing is wrong with."""
    path = tmp_path / f"german.{suffix}"
    path.write_text("".join(f"A1{n} {n} A34 {n * 7} A65\n" for n in range(1, 8)))
    with pytest.raises(DataError, match=r"5 parts by spaces.*delimiter"):
        open_data(path, options=ReadOptions(header=False))
    [table] = open_source(path, ReadOptions(header=False))
    assert "5 parts by spaces" in table.problems[0]
    read = open_data(path, options=ReadOptions(header=False, delimiter=" "))
    assert (read.n_rows, len(read.kinds)) == (7, 5)


def test_texts_in_one_column_stay_texts(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("note\n" + "we met at noon today\n" * 9)
    assert list(open_data(path).kinds) == ["note"]


def test_tabs_without_quoting_keep_their_rows(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("id\tsize\tc\n" + "".join(f'{i}\t"{i} inch pipe\tx{i}\n' for i in range(6)))
    _, rows, _ = both_ways(path)
    assert rows == [[str(i), f'"{i} inch pipe', f"x{i}"] for i in range(6)]


def test_numbers_by_declared_marks(tmp_path):
    from raudit.plan.schema import Numbers

    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1.234,50;1,5;1.234\n-2,00;2;1\n")
    german = ReadOptions(numbers=Numbers(decimal=",", thousands="."))
    assert open_data(path).frame().dtypes.astype(str).tolist()[1] not in {"int64", "float64"}
    frame = open_data(path, options=german).frame()
    assert frame["a"].tolist() == [1234.5, -2.0]
    assert frame["b"].tolist() == [1.5, 2.0]
    assert frame["c"].tolist() == [1234, 1]
    path.write_text("a;b\n1.23,50;1\n")
    assert not str(open_data(path, options=german).frame()["a"].dtype).startswith("float")


def test_json_keeps_late_keys_types_nesting_and_doubled_keys(tmp_path):
    path = tmp_path / "t.jsonl"
    lines = ['{"a": 1, "t": "007", "b": true, "o": {"x": {"y": 1.50}}}'] * 12_000
    lines += ['{"a": null, "late": "x@example.org", "l": [1, {"k": 2}]}', '{"a": 2, "a": 3}']
    path.write_text("\n".join(lines))
    data = open_data(path)
    assert {str(n): str(k) for n, k in data.kinds.items()} == {
        "a": "integer",
        "t": "text",
        "b": "boolean",
        "o.x.y": "number",
        "late": "text",
        "l": "text",
        "a (2)": "integer",
    }
    frame = data.as_written().frame()
    assert frame["o.x.y"][0] == "1.50"
    assert frame["late"].dropna().tolist() == ["x@example.org"]
    assert frame["l"].dropna().tolist() == ['[1, {"k": 2}]']
    assert data.n_rows == 12_002


@pytest.mark.parametrize(
    "content",
    ['{"a": 1}\nnot json\n{"a": 2}\n', '[{"a": 1}, {"a": 2', '[{"a": 1}] [2]', '[{"a": 1}, 5]'],
)
def test_json_that_is_lost_is_counted(tmp_path, content):
    path = tmp_path / "t.json"
    path.write_text(content)
    (source,) = open_source(path)
    assert source.problems
    with pytest.raises(DataError, match="left out"):
        open_data(path)


def test_folders_partitions_links_and_leftovers(tmp_path):
    folder = tmp_path / "lake"
    for value in ("007", "a%40example.org"):
        part = folder / f"zip={value}" / "p.parquet"
        part.parent.mkdir(parents=True)
        pq.write_table(pa.table({"v": ["x"]}), part)
    (folder / "_SUCCESS").touch()
    data = open_data(folder)
    assert sorted(data.frame()["zip"]) == ["007", "a@example.org"]
    assert data.described == {"format": "parquet", "files": 2, "partitions": "zip"}
    before = data.sha256
    (folder / "notes.doc").write_bytes(b"\xd0\xcf\x11\xe0....")
    (folder / "away.csv").symlink_to("/etc/passwd")
    gaps = [source for source in open_source(folder) if isinstance(source, Gap)]
    assert {gap.name for gap in gaps} == {"notes.doc", "away.csv"}
    assert "a@example.org" not in str(gaps)
    with pytest.raises(DataError):
        open_data(folder)
    (folder / "notes.doc").unlink()
    (folder / "away.csv").unlink()
    assert open_data(folder).sha256 == before


def test_several_tables_are_asked_about(tmp_path):
    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE a (x)")
        db.execute("CREATE TABLE b (y)")
        db.execute("INSERT INTO b VALUES (1)")
    db.close()
    with pytest.raises(DataError, match="several tables"):
        open_data(path)
    assert list(open_data(path, options=ReadOptions(table="b")).kinds) == ["y"]
    with pytest.raises(DataError, match="no table"):
        open_data(path, options=ReadOptions(table="c"))


NAMES_ALONE = ["Anna Schmidt", "Bernd Maier", "Anna Krüger", "Carla Maier", "Dieter Schmidt"] * 4


@pytest.mark.parametrize("first", ["Bernd Schmidt", "Carla Krüger"])
def test_a_person_above_persons_is_no_name_of_a_column(tmp_path, first):
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{name};Kassel {i}\n" for i, name in enumerate([first, *NAMES_ALONE])))
    (source,) = open_source(path)
    assert list(source.kinds) == ["column 1", "column 2"]
    assert len(source.frame()) == 21


@pytest.mark.parametrize(
    "header",
    [
        "Account Manager",
        "full name",
        "Primary Physician",
        "Full Name",
        "patient",
        "NAME",
        "Home Team",
        "e-mail",
        "2020",
    ],
)
def test_names_of_columns_stay_names(tmp_path, header):
    path = tmp_path / "t.csv"
    path.write_text(
        "".join(f"{name};Kassel {i}\n" for i, name in enumerate([header, *NAMES_ALONE]))
    )
    (source,) = open_source(path)
    assert next(iter(source.kinds)) == header
    assert source.problems == []
