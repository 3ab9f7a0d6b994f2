"""Further hostile files: other ways to hurt by databases, archives, workbooks, JSON, records and pages."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import stat
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Make = bytes | Callable[[Path], None]
FINE = b"a,g,y\n" + b"1,u,1\n2,v,0\n" * 20


def duckdb_kinds() -> Iterator[tuple[str, Make, str]]:
    """Tables that compute, hide or grow."""
    from tests.readers.hostile_files import duckdb_file

    def made(*statements: str) -> Callable[[Path], None]:
        return lambda path: duckdb_file(path, *statements)

    def logged(path: Path) -> None:
        duckdb_file(path, "CREATE TABLE t AS SELECT 1 AS a, 1 AS y")
        Path(f"{path}.wal").write_bytes(b"\x00" * 64)

    wide = ", ".join(f"1 AS c{i}" for i in range(21_000))
    many = tuple(f"CREATE TABLE t{i} AS SELECT {i} AS a" for i in range(300))
    deep = "1"
    for _ in range(60):
        deep = f"{{'f': {deep}}}"
    names = 'CREATE TABLE "t\n\x1b[2J" AS SELECT 1 AS "a\u202e", 2 AS "b""; DROP TABLE t"'
    yield "rows.duckdb", made("CREATE TABLE t AS SELECT 1 AS a, 1 AS y FROM range(20000000)"), "20 million equal rows"  # fmt: skip
    yield "columns.duckdb", made(f"CREATE TABLE t AS SELECT {wide}"), "21,000 columns"
    yield "tables.duckdb", made(*many), "300 tables"
    yield "struct.duckdb", made(f"CREATE TABLE t AS SELECT {deep} AS v, 1 AS y"), "fields 60 deep"
    yield "names.duckdb", made(names), "names that clear the screen, turn the line and end a statement"  # fmt: skip
    yield "sequence.duckdb", made("CREATE SEQUENCE s"), "a sequence and no table"
    yield "enum.duckdb", made("CREATE TYPE m AS ENUM (SELECT 'v' || i FROM range(100000) r(i))", "CREATE TABLE t AS SELECT 'v1'::m AS a, 1 AS y"), "an enumeration of 100,000"  # fmt: skip
    yield "moments.duckdb", made("CREATE TABLE t AS SELECT 'infinity'::TIMESTAMP AS a, '-infinity'::DATE AS b, 1 AS y"), "a time without end"  # fmt: skip
    yield "big.duckdb", made("CREATE TABLE t AS SELECT 170141183460469231731687303715884105727::HUGEINT AS a, 1 AS y"), "a number of 128 bits"  # fmt: skip
    yield "logged.duckdb", logged, "a write-ahead log beside it"


def sqlite_kinds() -> Iterator[tuple[str, Make, str]]:
    """Lists of tables written by hand."""
    from tests.readers.hostile_files import sqlite_file

    def made(*statements: str) -> Callable[[Path], None]:
        return lambda path: sqlite_file(path, *statements)

    def patched(place: int, content: bytes) -> Callable[[Path], None]:
        def make(path: Path) -> None:
            sqlite_file(path, "CREATE TABLE t (a, y)", "INSERT INTO t VALUES (1, 1)")
            held = bytearray(path.read_bytes())
            held[place : place + len(content)] = content
            path.write_bytes(held)

        return make

    yield "longname.sqlite", made(f'CREATE TABLE t ("{"n" * 200_000}", y)', "INSERT INTO t VALUES (1, 1)"), "a column's name of 200,000 characters"  # fmt: skip
    yield "longtable.sqlite", made(f'CREATE TABLE "{"t" * 200_000}" (a, y)'), "a table's name of 200,000 characters"  # fmt: skip
    yield "utf16.sqlite", made("PRAGMA encoding = 'UTF-16be'", "CREATE TABLE t (a, y)", "INSERT INTO t VALUES ('\u00e9', 1)"), "UTF-16"  # fmt: skip
    yield "mixed.sqlite", made("CREATE TABLE t (a INTEGER, y)", "INSERT INTO t VALUES (x'ff', 1), ('x', 2.5), (9223372036854775807, 1e308)"), "blobs and words among integers"  # fmt: skip
    yield "nosql.sqlite", made("CREATE TABLE t (a, y)", "PRAGMA writable_schema = 1", "UPDATE sqlite_master SET sql = NULL"), "a table without its statement"  # fmt: skip
    yield "page.sqlite", patched(16, b"\x00\x03"), "pages of 3 bytes"
    yield "root.sqlite", made("CREATE TABLE t (a, y)", "PRAGMA writable_schema = 1", "UPDATE sqlite_master SET rootpage = 99999"), "a table that begins behind the end"  # fmt: skip
    yield "trigger.sqlite", made("CREATE TABLE t (a, y)", "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t VALUES (1, 1); END"), "a trigger that calls itself"  # fmt: skip


def archive_kinds() -> Iterator[tuple[str, Make, str]]:
    """What archives may be beside zip and gzip, and what members may be."""

    def archive(write: Callable[[zipfile.ZipFile], object]) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
            write(made)
        return sink.getvalue()

    link = zipfile.ZipInfo("a.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as made:
        info = tarfile.TarInfo("a.csv")
        info.size = len(FINE)
        made.addfile(info, io.BytesIO(FINE))
    plain = archive(lambda z: z.writestr("a.csv", FINE))
    wrong = bytearray(plain)
    wrong[14] ^= 255
    wrong[wrong.index(b"PK\1\2") + 16] ^= 255
    method = bytearray(plain)
    method[8] = method[method.index(b"PK\1\2") + 10] = 98
    rows = b"1,2\n" * 1_000_000

    def million(z: zipfile.ZipFile) -> None:
        with z.open("a.csv", "w", force_zip64=True) as file:
            file.write(b"a,y\n")
            for _ in range(10):
                file.write(rows)

    yield "link.zip", archive(lambda z: z.writestr(link, "/etc/passwd")), "a member that is a link"
    yield "twice.zip", archive(lambda z: [z.writestr("a.csv", FINE), z.writestr("a.csv", b"a,y\n9,9\n")]), "two members of one name"  # fmt: skip
    yield "crc.zip", bytes(wrong), "a wrong checksum"
    yield "ppmd.zip", bytes(method), "a method that nobody has"
    yield "rows.zip", archive(million), "10 million equal rows"
    yield "before.zip", b"#!/bin/sh\nexit\n" + plain, "a program before the archive"
    yield "backslash.zip", archive(lambda z: z.writestr("..\\..\\a.csv", FINE)), "a name with backslashes"  # fmt: skip
    yield "thrice.csv.gz", gzip.compress(gzip.compress(gzip.compress(FINE))), "gzip in gzip in gzip"
    yield "parts.csv.gz", gzip.compress(FINE[:30]) + gzip.compress(FINE[30:]), "gzip of two parts"
    yield "tar.csv", tar.getvalue(), "a tar file named .csv"
    yield "bz2.csv", bz2.compress(FINE), "bzip2 named .csv"
    yield "xz.csv", lzma.compress(FINE), "xz named .csv"


def text_kinds() -> Iterator[tuple[str, Make, str]]:
    """CSV and JSON."""
    deep = json.dumps({"a": 1})
    for _ in range(150):
        deep = f'{{"o": {deep}}}'
    wide = json.dumps([{f"k{i}": {"x": [1] * 50}} for i in range(300)])
    yield "header.csv", b"a,g,y\n", "a header and no row"
    yield "bom.csv", b"\xef\xbb\xbf", "a byte order mark and nothing else"
    yield "returns.csv", FINE.replace(b"\n", b"\r"), "lines that end in a carriage return"
    yield "utf32.csv", FINE.decode().encode("utf-32"), "UTF-32"
    yield "formula.csv", b"a,g,y\n" + b"=HYPERLINK(\"http://x\"),@u,+1\n" * 20, "cells that a spreadsheet runs"  # fmt: skip
    yield "late.csv", b"a,y\n" + b"1,2\n" * 200_000 + b"1,2,3\n", "a row too long, late"
    yield "case.csv", b"a,A,y\n" + b"1,2,1\n" * 9, "names that differ in case alone"
    yield "deep.json", deep.encode(), "objects 150 deep"
    yield "wide.json", wide.encode(), "300 objects of other keys each"
    yield "scalar.json", b'"text"', "a text and no rows"
    yield "lists.json", b"[[1, 2], [3, 4]]", "lists and no objects"
    yield "joined.jsonl", b'{"a": 1}{"a": 2}\n' * 9, "two objects a line"
    yield "utf16.jsonl", '{"a": 1, "y": 2}\n'.encode("utf-16") * 1, "UTF-16"
    yield "nul.jsonl", b'{"a": "x\x00y"}\n', "a zero byte in a text"


def column_kinds() -> Iterator[tuple[str, Make, str]]:
    """Parquet and Arrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tests.readers.hostile_files import arrow_bytes

    def runs(path: Path) -> None:
        rows = 10_000_000
        one = pa.table({"a": pa.array([1] * rows), "y": pa.array([1] * rows)})
        with pq.ParquetWriter(path, one.schema, compression="zstd") as writer:
            for _ in range(4):
                writer.write_table(one, row_group_size=rows)

    def lists(path: Path) -> None:
        kind, value = pa.int64(), 1
        for _ in range(90):
            kind, value = pa.list_(kind), [value]
        pq.write_table(pa.table({"v": pa.array([value], kind)}), path)

    def groups(path: Path) -> None:
        with pq.ParquetWriter(path, pa.schema([("a", pa.int64())])) as writer:
            for _ in range(3000):
                writer.write_table(pa.table({"a": [1]}))

    def told(path: Path) -> None:
        schema = pa.schema([("a", pa.int64())], metadata={"pandas": '{"columns": [' * 500})
        pq.write_table(pa.table({"a": [1, 2]}, schema=schema), path)

    def doubled(path: Path) -> None:
        pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array(["p@example.org"])], ["a", "a"]), path)  # fmt: skip

    yield "runs.parquet", runs, "40 million equal rows"
    yield "deep-list.parquet", lists, "lists 90 deep"
    yield "groups.parquet", groups, "3,000 groups of one row"
    yield "told.parquet", told, "a description for pandas that is no JSON"
    yield "doubled.parquet", doubled, "a name twice"
    yield "sealed.parquet", b"PAR1" + bytes(40) + struct.pack("<I", 20) + b"PARE", "an encrypted footer"  # fmt: skip
    yield "wide-list.arrow", arrow_bytes(pa.array([], pa.list_(pa.int8(), 2**31 - 1))), "lists of two billion, and none"  # fmt: skip
    yield "wide-bytes.arrow", arrow_bytes(pa.array([], pa.binary(2**30))), "cells of a gigabyte, and none"  # fmt: skip
    yield "map.arrow", arrow_bytes(pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))), "a key twice in a map"  # fmt: skip


def workbook_kinds() -> Iterator[tuple[str, Make, str]]:
    """Workbooks, as data and as answers."""
    import openpyxl

    def book(change: Callable[[openpyxl.Workbook], object]) -> Callable[[Path], None]:
        def make(path: Path) -> None:
            made = openpyxl.Workbook()
            for row in (["a", "g", "y"], [1, "u", 1], [2, "v", 0]):
                made.active.append(row)
            change(made)
            made.save(path)

        return make

    def replaced(member: str, content: bytes) -> Callable[[Path], None]:
        def make(path: Path) -> None:
            book(lambda _: None)(path)
            with zipfile.ZipFile(path) as old:
                held = {name: old.read(name) for name in old.namelist()}
            held[member] = content
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
                for name, inside in held.items():
                    new.writestr(name, inside)

        return make

    def hidden(made: openpyxl.Workbook) -> None:
        sheet = made.create_sheet("people")
        sheet.sheet_state = "veryHidden"
        for i in range(40):
            sheet.append([f"p{i}@example.org"])

    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    outside = b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="http://example.org/sheet.xml" TargetMode="External"/></Relationships>'
    yield "old.xlsx", ole, "a locked or old workbook"
    yield "hidden.xlsx", book(hidden), "people on a sheet that is hidden"
    yield "formula.xlsx", book(lambda b: b.active.append(["=1+1", "=cmd|' /c calc'!A0", 1])), "formulas without results"  # fmt: skip
    yield "outside.xlsx", replaced("xl/_rels/workbook.xml.rels", outside), "a sheet on a server"
    yield "types.xlsx", replaced("[Content_Types].xml", b"<"), "no list of contents"
    yield "sheet.xlsx", replaced("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>" + b"<row>" * 9000), "rows within rows"  # fmt: skip


def record_kinds() -> Iterator[tuple[str, Make, str]]:
    """Records."""
    yield "schema.record.json", b'{"schema":"raudit.record/1"}', "a schema and nothing else"
    yield "later.record.json", b'{"schema":"raudit.record/99"}', "of a later version"
    yield "wide.record.json", json.dumps({f"k{i:06}": i for i in range(100_000)}, separators=(",", ":")).encode(), "100,000 keys"  # fmt: skip
    yield "twice.record.json", b'{"schema":"raudit.record/1","schema":"x"}', "a key twice"
    yield "float.record.json", b'{"schema":1e400}', "a number beyond all"
    yield "text.record.json", b'"raudit.record/1"', "a text"
    yield "bom.record.json", b'\xef\xbb\xbf{"schema":"raudit.record/1"}', "a byte order mark"
    yield "control.record.json", b'{"schema":"\\u001b[2J\\u202e"}', "a schema that clears the screen"  # fmt: skip


def page_kinds() -> Iterator[tuple[str, Make, str]]:
    """PDF files."""

    def page(*objects: bytes) -> bytes:
        body, places = b"%PDF-1.7\n", []
        for number, content in enumerate(objects, 1):
            places.append(len(body))
            body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))  # fmt: skip
        return body + head + table + end

    none = b"<</Type/Pages/Kids[]/Count 0>>"
    bomb = zlib.compress(bytes(200 * 2**20), 1)
    kept = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(record.json) 3 0 R]>>>>>>"
    spec = b"<</Type/Filespec/F(record.json)/EF<</F 4 0 R>>>>"
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(bomb), bomb)
    script = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    circle = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 3 0 R>>>>"
    signed = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[3 0 R]>>>>"
    field = b"<</FT/Sig/T(raudit)/V<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 9 99999999]/Contents<00>>>>>"  # fmt: skip
    yield "bomb.pdf", page(kept, none, spec, stream), "an attachment that inflates to 200 MB"
    yield "script.pdf", page(script, none), "a script that runs when it is opened"
    yield "circle.pdf", page(circle, none, b"<</Kids[3 0 R]>>"), "attachments that contain themselves"  # fmt: skip
    yield "range.pdf", page(signed, none, field), "a signature over bytes behind the end"
    yield "many.pdf", page(b"<</Type/Catalog/Pages 2 0 R>>", none, *[b"<<>>"] * 60_000), "60,000 objects"  # fmt: skip
    yield "locked.pdf", page(b"<</Type/Catalog/Pages 2 0 R>>", none).replace(b"/Root", b"/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(x)/P 1>>/Root"), "encrypted"  # fmt: skip


def turn_kinds() -> Iterator[tuple[str, Make, str]]:
    """Recorded turns of a language model."""

    def turn(**more: object) -> bytes:
        said = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
        line = {"id": "1", "messages": said, "model": "m"}
        return (json.dumps({**line, **more}) + "\n").encode()

    many = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}] * 25_000
    yield "long.turns.jsonl", turn(messages=many), "a talk of 50,000 messages"
    yield "roles.turns.jsonl", turn(messages=[{"role": ["user"], "content": {"a": 1}}]), "a role that is a list"  # fmt: skip
    yield "twice.turns.jsonl", turn() * 30, "one name for all"
    yield "half.turns.jsonl", turn()[:-20], "cut in half"
    yield "control.turns.jsonl", turn(model="\x1b[2J\u202e"), "a model that clears the screen"


KINDS = {
    "data": (sqlite_kinds, archive_kinds, text_kinds, column_kinds, duckdb_kinds),
    "workbook": (workbook_kinds,),
    "record": (record_kinds,),
    "report": (page_kinds,),
    "turns": (turn_kinds,),
}
sys.path.insert(0, str(ROOT))
