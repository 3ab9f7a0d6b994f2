"""A third set of hostile files: what points outside, what is deep or wide, what is no file, and turns and tables."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fuzz")]
Make = bytes | Callable[[Path], None]
Made = Iterator[tuple[str, Make, str]]
FINE = b"a,g,y\n" + b"".join(
    b"%d,%s,%d\n" % (i % 7, b"uv"[i % 2 : i % 2 + 1], i % 2) for i in range(60)
)


def column_kinds() -> Made:
    """Arrow and Parquet whose numbers lead outside."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tests.readers.hostile_files import arrow_bytes, changed

    def stripped(path: Path) -> None:
        pq.write_table(pa.table({"a": [1.5, 2.5] * 30, "y": [0, 1] * 30}), path)
        held = path.read_bytes()
        path.write_bytes(held[: len(held) // 2] + held[-8:])

    def deep(path: Path) -> None:
        kind: pa.DataType = pa.int64()
        for _ in range(400):
            kind = pa.struct([("f", kind)])
        pq.write_table(pa.table({"v": pa.nulls(3, kind), "y": [1, 0, 1]}), path)

    words = pa.array(["ab", "cd", "ef"])
    lists = pa.array([[1, 2], [3], []], pa.list_(pa.int32()))
    places = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), words)
    inner = pa.StructArray.from_arrays([places], ["d"])
    step = b"\0\0\0\0\2\0\0\0\4\0\0\0\6\0\0\0"
    yield (
        "back.arrow",
        changed(arrow_bytes(words), step, b"\0\0\0\0\4\0\0\0\2\0\0\0\6\0\0\0"),
        "offsets that go back",
    )
    yield (
        "far.arrow",
        changed(
            arrow_bytes(lists), b"\2\0\0\0\3\0\0\0\3\0\0\0", b"\2\0\0\0\3\0\0\0\xff\xff\xff\x7f"
        ),
        "a list that ends two billion places on",
    )
    yield (
        "inner.arrow",
        changed(
            arrow_bytes(inner), b"\0\0\0\0\1\0\0\0\2\0\0\0", b"\0\0\0\0\xff\xff\xff\xff\2\0\0\0"
        ),
        "a word of place -1, in a structure",
    )
    yield "stripped.parquet", stripped, "a footer whose pages are gone"
    yield "deep.parquet", deep, "fields 400 deep"


def table_kinds() -> Made:
    """Databases, workbooks, archives and text."""
    import openpyxl
    from tests.readers.hostile_files import duckdb_file

    def outside(path: Path) -> None:
        duckdb_file(
            path,
            "CREATE TABLE kept AS SELECT range AS a, range % 2 AS y FROM range(60)",
            'CREATE SCHEMA "/etc/hostname"',
            'CREATE TABLE "/etc/hostname"."/etc/passwd" AS SELECT 1 AS a, 1 AS y',
            "CREATE VIEW v AS SELECT * FROM read_text('/etc/hostname')",
            "CREATE MACRO range(x) AS TABLE SELECT * FROM read_text('/etc/hostname')",
        )

    def named(path: Path) -> None:
        with sqlite3.connect(path) as db:
            for name in ("sqliteX", "a\nb", "", "sqlite%"):
                db.execute(f'CREATE TABLE "{name}" (a, y)')
                db.execute(f'INSERT INTO "{name}" VALUES (1, 1), (2, 0)')  # noqa: S608 -- names of this file
            db.execute("PRAGMA writable_schema = 1")
            db.execute(
                "UPDATE sqlite_master SET name = CAST(x'74ff' AS TEXT) WHERE name = 'sqlite%'"
            )

    def laughing(path: Path) -> None:
        book, sink = openpyxl.Workbook(), io.BytesIO()
        book.active.append(["a", "y"])
        book.save(sink)
        entities = '<!ENTITY a "xxxxxxxxxx">' + "".join(
            f'<!ENTITY {chr(97 + i)} "{f"&{chr(96 + i)};" * 10}">' for i in range(1, 12)
        )
        with zipfile.ZipFile(sink) as old, zipfile.ZipFile(path, "w") as new:
            for member in old.namelist():
                text = old.read(member).decode()
                if member.endswith("sheet1.xml"):
                    text = f"<!DOCTYPE s [{entities}]>{text}".replace("<t>a</t>", "<t>&l;</t>")
                new.writestr(member, text)

    def inside(deep: int) -> bytes:
        content, name = FINE, "a.csv"
        for level in range(deep):
            sink = io.BytesIO()
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
                made.writestr(name, content)
            content, name = sink.getvalue(), f"{level}.zip"
        return content

    keys = ",".join(f'"k{i}": 1' for i in range(200_000))
    yield (
        "outside.duckdb",
        outside,
        "names of files as schema and table, a view and a macro that read one",
    )
    yield "named.sqlite", named, "names of SQLite's own, of two lines, empty, and not UTF-8"
    yield "laughs.xlsx", laughing, "texts of entities that grow to 10^12 characters"
    yield "five.zip", inside(5), "archives five deep"
    yield (
        "spaces.jsonl.gz",
        gzip.compress(b" " * 300_000_000 + b"\n" + b'{"a": 1, "y": 1}\n'),
        "300 million spaces before a row",
    )
    yield "keys.jsonl", b"{" + keys.encode() + b"}\n", "200,000 keys in a row"
    yield "cell.jsonl", b'{"a": "' + b"x" * 100_000_000 + b'", "y": 1}\n', "a cell of 100 MB"


def place_kinds() -> Made:
    """What is no file, is somewhere else, or has a name that is no text."""

    def holes(path: Path) -> None:
        with path.open("wb") as file:
            file.write(b"a,g,y\n")
            file.truncate(40 * 2**30)

    def folder(path: Path) -> None:
        path.mkdir()
        (path / "a.csv").write_bytes(FINE)
        (path / "zero.csv").symlink_to("/dev/zero")
        (path / "passwd.csv").symlink_to("/etc/passwd")
        (path / "self.csv").symlink_to("self.csv")
        (path / "up").symlink_to("..")
        os.mkfifo(path / "pipe.csv")
        (path / os.fsdecode(b"caf\xe9.csv")).write_bytes(FINE)

    yield "holes.csv", holes, "40 GB of holes"
    yield "circle.csv", lambda path: path.symlink_to(path.name), "a link to itself"
    yield "zero.csv", lambda path: path.symlink_to("/dev/zero"), "a link to /dev/zero"
    yield "pipe.parquet", os.mkfifo, "a pipe"
    yield (
        "memory.sqlite",
        lambda path: path.symlink_to("/proc/self/mem"),
        "a link to the memory of whoever reads",
    )
    yield "strange", folder, "a folder of links, a pipe and a name that is not UTF-8"
    yield os.fsdecode(b"caf\xe9.csv"), FINE, "a name that is not UTF-8"


def turn_kinds() -> Made:
    """Recorded turns."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from seeds import MEMORY

    def endless(path: Path) -> None:
        with sqlite3.connect(path) as db:
            for statement in MEMORY[:-1]:
                db.execute(statement)
            db.execute(
                "CREATE VIEW Conversations AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
                "SELECT n AS conversation_id, n AS target_identifier_hash FROM r"
            )

    def before(path: Path) -> None:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as made:
            made.writestr("samples/1.json", json.dumps({"id": 1}))
        held = bytearray(sink.getvalue())
        at = held.index(b"PK\1\2") + 42
        held[at : at + 4] = b"\xff\xff\xff\xff"
        path.write_bytes(held)

    def repeated(path: Path) -> None:
        texts = pa.DictionaryArray.from_arrays(pa.array([0] * 500_000, pa.int32()), ["x" * 2**16])
        rows = pa.table({"turn_id": [str(i) for i in range(500_000)], "output": texts})
        pq.write_table(rows, path)

    yield "endless.db", endless, "a view that never ends among a tool's tables"
    yield "before.eval", before, "a member that begins before the file"
    yield "repeated.parquet", repeated, "one answer of 64 kB, half a million times"


def published_kinds() -> Made:
    """Published tables of Local Law 144."""
    yield "deep.html", b"<table>" + b"<tr><td><table>" * 40_000, "40,000 tables within one another"
    yield "cells.html", b"<table>" + b"<tr>" + b"<td>1" * 600_000, "600,000 cells in a row"


def model_kinds() -> Made:
    """Weights in other files, where few look."""
    import onnx

    h, kind = onnx.helper, onnx.TensorProto
    shape = [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])]
    out = [h.make_tensor_value_info("p", kind.FLOAT, [None, 2])]
    away = onnx.TensorProto(name="w", data_type=1, dims=[2], data_location=1)
    away.external_data.add(key="location", value="../../etc/hostname")

    def model(*, functions: list[object] = [], domain: str = "") -> onnx.ModelProto:  # noqa: B006 -- not changed
        node = h.make_node("F" if domain else "Softmax", ["x"], ["p"], domain=domain)
        sets = [h.make_opsetid("", 17), *([h.make_opsetid(domain, 1)] if domain else [])]
        made = h.make_graph([node], "g", shape, out)
        return h.make_model(made, ir_version=8, opset_imports=sets, functions=functions)

    body = [h.make_node("Constant", [], ["w"], value=away), h.make_node("Add", ["x", "w"], ["p"])]
    function = h.make_function("own", "F", ["x"], ["p"], body, [h.make_opsetid("", 17)])
    trained = model()
    trained.training_info.add().algorithm.initializer.append(away)
    yield (
        "function.onnx",
        model(functions=[function], domain="own").SerializeToString(),
        "weights of another file in a function",
    )
    yield "training.onnx", trained.SerializeToString(), "and in what it was trained with"


MORE = {
    "sibling data": (column_kinds, table_kinds, place_kinds),
    "sibling turns": (turn_kinds,),
    "sibling published": (published_kinds,),
    "sibling model": (model_kinds,),
}
