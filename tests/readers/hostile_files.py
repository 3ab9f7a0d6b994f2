"""Files made to hurt a reader: each function writes one at a path that is free, or something else that stands there."""

from __future__ import annotations

import gzip
import json
import os
import socket
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MAKERS: dict[str, Callable[[Path], None]] = {}
"""By the name of the file."""


def maker(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Add a function under the name that its file shall have."""

    def add(function: Callable[[Path], None]) -> Callable[[Path], None]:
        MAKERS[name] = function
        return function

    return add


# Arrow


def arrow_bytes(array: pa.Array, **more: object) -> bytes:
    """An Arrow file of one column."""
    sink = pa.BufferOutputStream()
    table = pa.table({"v": array})
    with pa.ipc.new_file(sink, table.schema, **more) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def changed(content: bytes, good: bytes, bad: bytes) -> bytes:
    """The content with one place changed, which must be there."""
    assert good in content
    return content.replace(good, bad, 1)


@maker("list-offsets.arrow")
def _(path):
    content = arrow_bytes(pa.array([[1, 2], [3], [4, 5, 6]] * 9))
    path.write_bytes(
        changed(content, struct.pack("<4i", 0, 2, 3, 6), struct.pack("<4i", 0, 2, 9999, 6))
    )


@maker("large-offsets.arrow")
def _(path):
    content = arrow_bytes(pa.array(["ab", "c", "def"] * 9, pa.large_string()))
    path.write_bytes(
        changed(content, struct.pack("<4q", 0, 2, 3, 6), struct.pack("<4q", 0, -(2**60), 3, 6))
    )


@maker("union-ids.arrow")
def _(path):
    ids = pa.array([0, 1] * 20, pa.int8())
    union = pa.UnionArray.from_sparse(ids, [pa.array(range(40)), pa.array(["x"] * 40)])
    content = arrow_bytes(union)
    path.write_bytes(changed(content, bytes([0, 1] * 20), bytes([0, 99] * 20)))


@maker("dense-union.arrow")
def _(path):
    ids, at = pa.array([0, 1] * 20, pa.int8()), pa.array(range(40), pa.int32())
    union = pa.UnionArray.from_dense(ids, at, [pa.array(range(40)), pa.array(["x"] * 40)])
    content = arrow_bytes(union)
    good = struct.pack("<4i", 0, 1, 2, 3)
    path.write_bytes(changed(content, good, struct.pack("<4i", 0, 2**30, 2, 3)))


@maker("run-ends.arrow")
def _(path):
    runs = pa.RunEndEncodedArray.from_arrays(
        pa.array([3, 7, 9, 12], pa.int32()), ["a", "b", "c", "d"]
    )
    content = arrow_bytes(runs)
    good = struct.pack("<4i", 3, 7, 9, 12)
    path.write_bytes(changed(content, good, struct.pack("<4i", 3, 2**31 - 1, -4, 12)))


@maker("string-view.arrow")
def _(path):
    text = "a text that is longer than twelve bytes"
    content = arrow_bytes(pa.array([text] * 12, pa.string_view()))
    good = struct.pack("<i4s2i", len(text), text[:4].encode(), 0, 0)
    path.write_bytes(changed(content, good, struct.pack("<i4s2i", len(text), b"a te", 77, 2**30)))


@maker("nested-dictionary.arrow")
def _(path):
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 1] * 5, pa.int32()), ["x", "y"])
    nested = pa.ListArray.from_arrays(pa.array(range(0, 21, 4), pa.int32()), codes)
    good = struct.pack("<4i", 0, 1, 0, 1)
    path.write_bytes(changed(arrow_bytes(nested), good, struct.pack("<4i", 0, -9, 0, 10**8)))


@maker("rows-from-nothing.arrow")
def _(path):
    content = arrow_bytes(pa.nulls(1_234_567))
    path.write_bytes(content.replace(struct.pack("<q", 1_234_567), struct.pack("<q", 2**52)))


@maker("inflated-buffer.arrow")
def _(path):
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    content = arrow_bytes(pa.array([7] * 100_000), options=options)
    path.write_bytes(changed(content, struct.pack("<q", 800_000), struct.pack("<q", 2**40)))


@maker("zstd-bomb.arrow")
def _(path):
    table = pa.table({"v": pa.array(["x" * 2**28])})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, table.schema, options=options) as w,
    ):
        for _ in range(24):
            w.write_table(table)


@maker("deep-schema.arrow")
def _(path):
    kind = pa.int8()
    for _ in range(60):
        kind = pa.list_(kind)
    value = 1
    for _ in range(60):
        value = [value]
    path.write_bytes(arrow_bytes(pa.array([value], kind)))


@maker("stream-length.arrow")
def _(path):
    path.write_bytes(b"\xff\xff\xff\xff" + struct.pack("<i", 2**31 - 1) + bytes(64))


@maker("zone.arrow")
def _(path):
    path.write_bytes(arrow_bytes(pa.array([1, 2, 3], pa.timestamp("us", tz="Nowhere/\x1b[2J"))))


# Parquet


@maker("many-rows.parquet")
def _(path):
    pq.write_table(pa.table({"v": pa.nulls(10**9 // 200, pa.int8())}), path)


@maker("dictionary-bomb.parquet")
def _(path):
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int32()), ["x" * 2**16])
    pq.write_table(pa.table({"v": values}), path)


@maker("wide.parquet")
def _(path):
    pq.write_table(pa.table({f"c{i}": pa.array([1], pa.int8()) for i in range(30_000)}), path)


@maker("long-cell.parquet")
def _(path):
    pq.write_table(pa.table({"v": ["x" * 2**28 + "y"]}), path, compression="zstd")


@maker("broken-arrow-schema.parquet")
def _(path):
    schema = pa.schema([("v", pa.int64())], metadata={"k": "v"})
    pq.write_table(pa.table({"v": [1, 2]}, schema=schema), path)
    content = path.read_bytes()
    at = content.index(b"ARROW:schema") + 20
    path.write_bytes(content[:at] + b"A" * 40 + content[at + 40 :])


@maker("broken-page.parquet")
def _(path):
    pq.write_table(pa.table({"v": [str(i) for i in range(9000)]}), path, compression="snappy")
    content = bytearray(path.read_bytes())
    content[60:160] = bytes(100)
    path.write_bytes(content)


@maker("deep.parquet")
def _(path):
    kind: pa.DataType = pa.int8()
    value: object = 1
    for _ in range(40):
        kind, value = pa.struct([("f", kind)]), {"f": value}
    pq.write_table(pa.table({"v": pa.array([value], kind)}), path)


@maker("zeroed-footer.parquet")
def _(path):
    pq.write_table(pa.table({"v": [1, 2, 3]}), path)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[: -8 - length] + bytes(length) + content[-8:])


@maker("moments.parquet")
def _(path):
    big = pa.array([2**62, -(2**62), 0], pa.timestamp("us"))
    pq.write_table(pa.table({"d": pa.array([2**31 - 1, -(2**31), 0], pa.date32()), "b": big}), path)


# Archives


def zipped(path: Path, members: dict[str, bytes]) -> None:
    """A zip file of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@maker("leads-out.zip")
def _(path):
    zipped(
        path,
        {"../../../../tmp/raudit-out.csv": b"a,b\n1,2\n", "/tmp/raudit-abs.csv": b"a,b\n3,4\n"},
    )


@maker("nested.zip")
def _(path):
    inner = b"a,b\n1,2\n"
    for depth in range(6):
        zipped(path, {f"n{depth}.zip" if depth else "t.csv": inner})
        inner = path.read_bytes()


@maker("overlapping.zip")
def _(path):
    zipped(path, {"a.csv": b"a,b\n" + b"1,2\n" * 5_000_000})
    content = path.read_bytes()
    at = content.index(b"PK\1\2")
    end = content.index(b"PK\5\6")
    entry = content[at:end]
    many = b"".join(entry.replace(b"a.csv", b"%05d" % i) for i in range(2000))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2000, 2000, len(many), at, 0)
    path.write_bytes(content[:at] + many + tail)


@maker("many.zip")
def _(path):
    zipped(path, {f"{i}.csv": b"a,b\n1,2\n" for i in range(11_000)})


@maker("lying-size.zip")
def _(path):
    zipped(path, {"a.csv": b"a,b\n" + b"1,2\n" * 1000})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = struct.pack("<L", 2**31)
    path.write_bytes(content)


@maker("locked.zip")
def _(path):
    zipped(path, {"a.csv": b"a,b\n1,2\n"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)


@maker("bomb.csv.gz")
def _(path):
    with gzip.open(path, "wb", 9) as file:
        file.write(b"a,b\n")
        for _ in range(600):
            file.write(b"x" * 2**20)


@maker("tail.csv.gz")
def _(path):
    path.write_bytes(gzip.compress(b"a,b\n1,2\n") + b"garbage after the end" * 9)


@maker("cut.csv.gz")
def _(path):
    path.write_bytes(gzip.compress(os.urandom(9000).hex().encode())[:-400])


# JSON


@maker("deep.jsonl")
def _(path):
    path.write_text('{"a": ' + "[" * 300_000 + "]" * 300_000 + "}\n")


@maker("digits.jsonl")
def _(path):
    path.write_text('{"a": ' + "9" * 200_000 + "}\n" + '{"a": 1e999999}\n{"a": -Infinity}\n')


@maker("doubled-keys.jsonl")
def _(path):
    path.write_text('{"a": 1, "a": 2}\n{"a": 3, "b\\u0000c": "\\ud800"}\n')


@maker("many-keys.jsonl")
def _(path):
    path.write_text(json.dumps({f"k{i}": i for i in range(200_000)}) + "\n")


@maker("keys-grow.jsonl")
def _(path):
    path.write_text("".join(f'{{"k{i}": {i}}}\n' for i in range(60_000)))


@maker("one-line.json")
def _(path):
    path.write_text("[" + '{"a": "' + "x" * 40_000_000 + '"}]')


@maker("unfinished.json")
def _(path):
    path.write_text('[{"a": 1}, {"a": 2')


# SQLite


def sqlite_file(path: Path, *statements: str) -> None:
    """A database after these statements."""
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


@maker("names.sqlite")
def _(path):
    sqlite_file(
        path,
        'CREATE TABLE "a""b\n\x1b[2J" ("x\n" TEXT, "" TEXT, "select" TEXT)',
        'INSERT INTO "a""b\n\x1b[2J" VALUES (1, 2, 3)',
    )


@maker("endless-view.sqlite")
def _(path):
    sqlite_file(
        path,
        "CREATE TABLE t (a TEXT)",
        "INSERT INTO t VALUES ('x')",
        "CREATE VIEW v AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
    )


@maker("blob-column.sqlite")
def _(path):
    sqlite_file(
        path,
        "CREATE TABLE t (a INTEGER, b GENERATED ALWAYS AS (hex(zeroblob(a))) VIRTUAL)",
        "INSERT INTO t (a) VALUES (400000000)",
    )


@maker("slow-column.sqlite")
def _(path):
    sqlite_file(
        path,
        "CREATE TABLE t (a TEXT, b GENERATED ALWAYS AS (a LIKE '" + "%a" * 60 + "b') VIRTUAL)",
        f"INSERT INTO t (a) VALUES ('{'a' * 40_000}')",
    )


@maker("virtual.sqlite")
def _(path):
    sqlite_file(
        path,
        "CREATE VIRTUAL TABLE notes USING fts5(body)",
        "INSERT INTO notes VALUES ('a@example.org')",
    )


@maker("circle.sqlite")
def _(path):
    sqlite_file(
        path,
        "CREATE TABLE t (a TEXT)",
        "INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 3000) "
        f"SELECT '{'y' * 200}' FROM r",
    )
    content = bytearray(path.read_bytes())
    at = 4096  # the root page of the table: every child is the root itself
    cells = int.from_bytes(content[at + 3 : at + 5], "big")
    for cell in range(cells):
        place = int.from_bytes(content[at + 12 + 2 * cell : at + 14 + 2 * cell], "big")
        content[at + place : at + place + 4] = struct.pack(">I", 2)
    path.write_bytes(content)


@maker("broken-schema.sqlite")
def _(path):
    sqlite_file(path, "CREATE TABLE t (a TEXT)", "CREATE TABLE u (a TEXT)")
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE t (a TEXT)", b"CREATE TABLE t (a (((((")
    )


@maker("live.sqlite")
def _(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (a TEXT)")
    db.execute("INSERT INTO t VALUES ('kept')")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("INSERT INTO t VALUES ('only in the other file')")
    db.commit()
    copies = [(p, p.read_bytes()) for p in path.parent.glob(path.name + "*")]
    db.close()
    for place, content in copies:
        place.write_bytes(content)


@maker("log-mode.sqlite")
def _(path):
    sqlite_file(
        path, "PRAGMA journal_mode = WAL", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')"
    )


@maker("wide.sqlite")
def _(path):
    sqlite_file(path, "CREATE TABLE t (" + ", ".join(f"c{i}" for i in range(1999)) + ")")


# DuckDB


def duckdb_file(path: Path, *statements: str) -> None:
    """A database after these statements."""
    import duckdb

    with duckdb.connect(str(path)) as db:
        for statement in statements:
            db.execute(statement)


@maker("macro.duckdb")
def _(path):
    duckdb_file(
        path,
        "CREATE TABLE t AS SELECT 'x' AS a",
        "CREATE MACRO duckdb_tables() AS TABLE SELECT 1 AS database_name",
        "CREATE MACRO upper(x) AS (SELECT content FROM read_text('/etc/hostname'))",
    )


@maker("default.duckdb")
def _(path):
    duckdb_file(
        path,
        "CREATE TABLE t (a INTEGER, b VARCHAR DEFAULT current_setting('home_directory'), c AS (repeat('z', a)))",
        "INSERT INTO t (a) VALUES (400000000)",
    )


@maker("types.duckdb")
def _(path):
    duckdb_file(
        path,
        "CREATE TYPE mood AS ENUM ('a', 'b')",
        "CREATE TABLE t AS SELECT 'a'::mood AS m, {'x': [1, 2]} AS s, MAP {'k': 1} AS p, 1::HUGEINT AS h, "
        "'101'::BIT AS bits, uuid() AS u, INTERVAL 3 MONTH AS i, TIME '10:00' AS ti, union_value(num := 2) AS un, "
        "'\\xAA'::BLOB AS b, 1::UHUGEINT AS uh, TIMETZ '10:00:00+01' AS tz, "
        "99999999999999999999999999999999999999::DECIMAL(38,0) AS d",
    )


@maker("other-file.duckdb")
def _(path):
    path.with_suffix(".wal-copy").unlink(missing_ok=True)
    import subprocess
    import sys

    code = (
        "import duckdb, os, sys; d = duckdb.connect(sys.argv[1]); d.execute(\"CREATE TABLE t AS SELECT 'kept' AS a\");"
        "d.execute('CHECKPOINT'); d.execute(\"PRAGMA disable_checkpoint_on_shutdown\");"
        "d.execute(\"INSERT INTO t VALUES ('only in the other file')\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@maker("broken-block.duckdb")
def _(path):
    duckdb_file(path, "CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(200000)")
    content = bytearray(path.read_bytes())
    content[60_000:70_000] = os.urandom(10_000)
    path.write_bytes(content)


# Excel


def workbook(path: Path, sheet: str, strings: str = "", more: dict[str, str] | None = None) -> None:
    """A workbook of one sheet, written by hand."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    zipped(
        path,
        {
            "[Content_Types].xml": (
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
                f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
                f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>'
            ).encode(),
            "_rels/.rels": (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="r" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            ).encode(),
            "xl/workbook.xml": (
                f'<workbook {space} xmlns:r="{rel}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
            ).encode(),
            "xl/_rels/workbook.xml.rels": (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
                f'<Relationship Id="r2" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/>'
                f'<Relationship Id="r3" Type="{rel}/externalLink" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
                "</Relationships>"
            ).encode(),
            "xl/worksheets/sheet1.xml": sheet.replace("SPACE", space).encode(),
            "xl/sharedStrings.xml": (strings or "<sst SPACE/>").replace("SPACE", space).encode(),
            **{name: text.encode() for name, text in (more or {}).items()},
        },
    )


ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'


@maker("laughs.xlsx")
def _(path):
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 11)
    )
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&a10;</t></is></c></row>'
    workbook(
        path,
        f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><worksheet SPACE><sheetData>{row}</sheetData></worksheet>',
    )


@maker("entity.xlsx")
def _(path):
    strings = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        "<sst SPACE><si><t>&e;</t></si></sst>"
    )
    row = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    )
    workbook(path, f"<worksheet SPACE><sheetData>{row}</sheetData></worksheet>", strings)


@maker("far-cell.xlsx")
def _(path):
    row = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    workbook(path, f"<worksheet SPACE><sheetData>{ROW}{row}</sheetData></worksheet>")


@maker("no-such-text.xlsx")
def _(path):
    row = (
        '<row r="2"><c r="A2" t="s"><v>999</v></c></row><row r="3"><c r="A3"><v>1e999</v></c></row>'
    )
    workbook(path, f"<worksheet SPACE><sheetData>{ROW}{row}</sheetData></worksheet>")


@maker("inflated.xlsx")
def _(path):
    rows = "".join(
        f'<row r="{i}"><c r="A{i}" t="inlineStr"><is><t>{"z" * 1000}</t></is></c></row>'
        for i in range(2, 200_000)
    )
    workbook(path, f"<worksheet SPACE><sheetData>{ROW}{rows}</sheetData></worksheet>")


@maker("rows-back.xlsx")
def _(path):
    rows = (
        '<row r="9"><c r="A9"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
        '<row r="-5"><c r="ZZZZZ5"><v>2</v></c></row>'
    )
    workbook(path, f"<worksheet SPACE><sheetData>{ROW}{rows}</sheetData></worksheet>")


# Text


@maker("nul.csv")
def _(path):
    path.write_bytes(b"a,b\nx\0y,1\n\0,2\n")


@maker("odd-utf16.csv")
def _(path):
    path.write_bytes(b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\x00")


@maker("surrogate.csv")
def _(path):
    path.write_bytes(b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8,\x001\x00\n\x00")


@maker("wide.csv")
def _(path):
    path.write_text(",".join(f"c{i}" for i in range(200_000)) + "\n" + "1," * 199_999 + "1\n")


@maker("empty-names.csv")
def _(path):
    path.write_text("," * 15_000 + "\n" + "1," * 15_000 + "1\n")


@maker("long-line.csv")
def _(path):
    path.write_text("a,b\n" + "x" * 60_000_000 + ",1\n")


@maker("mixed-ends.csv")
def _(path):
    path.write_bytes(b"a,b\r1,2\n3,4\r\n5,6\r\n\r7,8")


@maker("quotes.csv")
def _(path):
    path.write_text('a,b\n"1""' + '"' * 2_000_001 + ",2\n")


# What is no file


@maker("fifo.csv")
def _(path):
    os.mkfifo(path)


@maker("endless.csv")
def _(path):
    path.symlink_to("/dev/zero")


@maker("circle.csv")
def _(path):
    path.symlink_to(path)


@maker("socket.parquet")
def _(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@maker("folder.parquet")
def _(path):
    path.mkdir()
    (path / "good.csv").write_text("a,b\n1,2\n")
    os.mkfifo(path / "pipe.csv")
    (path / "out.csv").symlink_to("/etc/hostname")
    (path / "zero.csv").symlink_to("/dev/zero")
    (path / "up").symlink_to("..")


@maker("na\udcffme.csv")
def _(path):
    path.write_text("a,b\n1,2\n")


@maker("line\n\x1b[2J.csv")
def _(path):
    path.write_text("a,b\n1,2\n")
