"""More hostile files: the largest numbers, half-true headers, names, and models of other kinds than they say."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
Make = bytes | Callable[[Path], None]
ROWS = b"".join(b"%d,%s,%d\n" % (i % 7, b"uv"[i % 2 : i % 2 + 1], i % 2) for i in range(60))
FINE = b"a,g,y\n" + ROWS


def _archive(write: Callable[[zipfile.ZipFile], object]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        write(made)
    return sink.getvalue()


def number_kinds() -> Iterator[tuple[str, Make, str]]:
    """Numbers at the edge, and texts that look like them."""

    def column(*values: str) -> bytes:
        """A column of them among others, a group and a decision."""
        many = (values[i % len(values)] if i % 5 == 0 else str(i / 7) for i in range(90))
        return ("a,g,y\n" + "".join(f"{v},{'uv'[i % 2]},{i // 2 % 2}\n" for i, v in enumerate(many))).encode()  # fmt: skip

    yield "edge.csv", column("1.7976931348623157e308", "-1.7976931348623157e308"), "the largest numbers there are"  # fmt: skip
    yield "beyond.csv", column("1e309", "-1e400"), "numbers beyond all"
    yield "least.csv", column("5e-324", "-5e-324"), "the smallest numbers there are"
    yield "digits.csv", column("9" * 4000), "numbers of 4,000 digits"
    yield (
        "whole.csv",
        column("9223372036854775808", "-9223372036854775809"),
        "whole numbers past 64 bits",
    )
    yield "hex.csv", column("0x1p1023", "1_000", "\u0661\u0662"), "numbers as programs write them"
    yield "zero.csv", column("-0", "0", "-0.0", "+0"), "zero in four forms"


def text_kinds() -> Iterator[tuple[str, Make, str]]:
    """CSV, TSV and JSON."""
    yield "tabs.tsv", FINE.replace(b",", b"\t").replace(b"u", b'"u'), "a quote in every other cell"
    yield "crlf.csv", FINE.replace(b"\n", b"\r\n", 9), "two kinds of line ends"
    yield "surrogate.jsonl", b'{"a": "\\ud800", "y": 1}\n' * 9, "half a character"
    yield "digits.jsonl", b'{"a": ' + b"9" * 9000 + b', "y": 1}\n', "a number of 9,000 digits"
    yield "nan.jsonl", b'{"a": NaN, "y": -Infinity}\n' * 9, "numbers that JSON has not"
    yield "proto.json", b'[{"__proto__": {"a": 1}, "constructor": 2, "y": 1}]', "names that programs use"  # fmt: skip
    yield "kinds.jsonl", b"".join(json.dumps({"a": v, "y": 1}).encode() + b"\n" for v in (1, "x", [1], {"b": 1}, None, True, 1e308)), "a column of every kind"  # fmt: skip
    yield "empty-name.csv", b",,\n" + ROWS, "columns without names"
    yield "control.csv", b"a\x07\x00,g\x9b,y\n" + ROWS, "control characters in names"
    yield "newline.csv", b'"a\nerror[x]: y",g,y\n' + ROWS, "a name of two lines"


def binary_kinds() -> Iterator[tuple[str, Make, str]]:
    """Parquet, Arrow, SQLite, DuckDB and archives."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tests.readers.hostile_files import duckdb_file

    def parquet(table: pa.Table, **more: object) -> Callable[[Path], None]:
        return lambda path: pq.write_table(table, path, **more)

    def sqlite(path: Path) -> None:
        held = sqlite3.connect(path)
        held.execute("CREATE TABLE t (a REAL, y INTEGER, v AS (a * 1e308))")
        held.executemany("INSERT INTO t (a, y) VALUES (?, ?)", [(1e308, 1), (-1e308, 0)] * 30)
        held.commit()
        held.close()

    def footless(path: Path) -> None:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, pa.schema([("a", pa.int64())])) as writer:  # fmt: skip
            writer.write_table(pa.table({"a": [1, 2, 3]}))
        path.write_bytes(path.read_bytes()[:-8] + b"\xff\xff\xff\xff\xff\xff\xff\x7f")

    moments = pa.array([2**62, -(2**62)] * 30, pa.timestamp("us"))
    large = pa.array([10**37, -(10**37)] * 30, pa.decimal256(76, 0))
    deep = pa.array([[{"k": [{"v": i}]}] for i in range(60)])
    member = zipfile.ZipInfo("a.csv", (2107, 12, 31, 23, 59, 58))
    yield "moments.parquet", parquet(pa.table({"a": moments, "y": [0, 1] * 30})), "times of no calendar"  # fmt: skip
    yield "decimal.parquet", parquet(pa.table({"a": large, "y": [0, 1] * 30})), "decimals of 76 digits"  # fmt: skip
    yield "nested.parquet", parquet(pa.table({"a": deep, "y": [0, 1] * 30})), "lists of objects of lists"  # fmt: skip
    yield "names.parquet", parquet(pa.table({"a\n\x1b[2J": [1, 2] * 30, "": [0, 1] * 30})), "a name that clears the screen, and none"  # fmt: skip
    yield "length.arrow", footless, "a message as long as 64 bits say"
    yield "edge.sqlite", sqlite, "the largest numbers, and a column computed past them"
    yield "edge.duckdb", lambda path: duckdb_file(path, "CREATE TABLE t AS SELECT 1.7e308::DOUBLE AS a, 'nan'::DOUBLE AS b, i % 2 AS y FROM range(60) r(i)"), "the largest numbers"  # fmt: skip
    yield "dots.zip", _archive(lambda z: z.writestr("../../../../tmp/a.csv", FINE)), "a member above the archive"  # fmt: skip
    yield "case.zip", _archive(lambda z: [z.writestr(n, FINE) for n in ("a.csv", "A.CSV", "a.csv ")]), "members that differ in case alone"  # fmt: skip
    yield "lines.zip", _archive(lambda z: z.writestr("a\n::error::x\x1b[2J.csv", FINE)), "a member's name of two lines"  # fmt: skip
    yield "far.zip", _archive(lambda z: z.writestr(member, FINE)), "a member of the year 2107"
    yield "tail.csv.gz", gzip.compress(FINE) + b"\x00" * 64 + b"rest", "bytes behind the end"
    yield "name.csv.gz", b"\x1f\x8b\x08\x08" + bytes(6) + b"../../x\x1b[2J.csv\0" + gzip.compress(FINE)[10:], "a name of its own"  # fmt: skip


def model_kinds() -> Iterator[tuple[str, Make, str]]:
    """Models."""
    import numpy as np

    sink = io.BytesIO()
    np.savez(sink, a=np.array([{"x": 1}], dtype=object))
    ubj = b"{" + b"i\x07learner" * 3 + b"[$d#l" + struct.pack(">i", 2**31 - 1)
    trees = b"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\n"
    endless = b"".join(b"\nTree=%d\nnum_leaves=2\nsplit_feature=99\nleft_child=0\nright_child=0\nleaf_value=nan nan\n" % i for i in range(3))  # fmt: skip
    schema = json.dumps({"__class__": "function", "__module__": "os", "__loader__": "FunctionNode", "content": {"module_path": "os", "function": "system"}, "_skops_version": "0.11", "protocol": 2})  # fmt: skip
    circle = json.dumps({"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": 1, "content": [{"__class__": "list", "__loader__": "CachedNode", "__id__": 1}], "protocol": 2})  # fmt: skip
    yield "objects.npz", sink.getvalue(), "arrays of objects"
    yield "count.ubj", ubj, "two billion numbers that are not there"
    yield "circle.txt", trees + endless, "a tree whose branches lead to its root"
    yield "system.skops", _archive(lambda z: z.writestr("schema.json", schema)), "a function that runs commands"  # fmt: skip
    yield "circle.skops", _archive(lambda z: z.writestr("schema.json", circle)), "a list that holds itself"  # fmt: skip
    yield "learner.json", b'{"learner": {"gradient_booster": {"name": "gbtree", "model": {"trees": [{"left_children": [0], "right_children": [0]}]}}}, "version": [2,0,0]}', "a tree whose branches lead to its root"  # fmt: skip
    yield "flat.cbm", b"CBM1" + struct.pack("<I", 64) + b"\xff" * 64, "offsets before the beginning"
    yield "varint.onnx", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a length as long as 64 bits say"  # fmt: skip


def answer_kinds() -> Iterator[tuple[str, Make, str]]:
    """Plans, answers and people."""
    yield "numbers.plan.yaml", b"schema: raudit.plan/1\nseed: " + b"9" * 5000 + b"\n", "a number of 5,000 digits"  # fmt: skip
    yield "dates.plan.yaml", b"schema: raudit.plan/1\nsystem: {name: 0000-00-00, version: 2026-13-45}\n", "days of no calendar"  # fmt: skip
    yield "merge.plan.yaml", b"a: &a {<<: *a}\nschema: raudit.plan/1\n", "a key that merges itself"
    yield "keys.plan.yaml", b"? [a, {b: c}]\n: 1\nschema: raudit.plan/1\n", "a key that is a list"
    yield "up.plan.yaml", b"schema: raudit.plan/1\nsystem: {name: T, version: '1'}\ndata: {path: ../../../../etc/passwd}\nstages: {pii: {model: none}}\n", "data above the folder"  # fmt: skip
    yield "self.plan.yaml", b"schema: raudit.plan/1\nsystem: {name: T, version: '1'}\ndata: {path: /dev/stdin}\nstages: {pii: {model: none}}\n", "data from a device"  # fmt: skip


SIBLINGS = {
    "data": (number_kinds, text_kinds, binary_kinds),
    "model": (model_kinds,),
    "plan": (answer_kinds,),
}
