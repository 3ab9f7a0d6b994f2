"""Planted persons, tables that hold them in every form that is read, and a search of every byte that was written."""

import base64
import bz2
import contextlib
import csv
import gzip
import io
import json
import re
import sqlite3
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

PERSONS = [
    ("Zyzanna Quillfeather", "zyzanna.q@quillmail.example", "+1 212 555 0141", 912345678411),
    ("Bobrik Tarnwood", "bobrik.t@tarnmail.example", "+1 212 555 0142", 912345678422),
    ("Oxo Vellumby", "oxo.v@vellmail.example", "+1 212 555 0143", 912345678433),
]
CANARIES = (
    *(part for name, *_ in PERSONS for part in name.split()[1:]),
    *("quillmail", "tarnmail", "vellmail", "555 014", "5550141", "5550142", "5550143"),
    *(str(number) for *_, number in PERSONS),
    *(f"{number:,}" for *_, number in PERSONS),
)


def rows(n=120):
    """Give rows in which each person stands many times, and in one small group as its label."""
    for i in range(n):
        name, mail, phone, number = PERSONS[i % 3]
        yield {
            "id": i,
            "agent_name": name,
            "handled": mail,
            "reach": phone,
            "account": number,
            "decided_by": PERSONS[i % 2][0],
            "note": f"call {name} at {phone} about case {i} please",
            "payload": json.dumps({"who": {"mail": mail, "n": i}}),
            "group": "AB"[i % 2],
            "office": PERSONS[0][0] if i < 2 else ["North", "South"][i % 2],
            "label": int(i % 4 > 1),
            "prediction": int(i % 5 > 1),
            "city": ["Riga", "Oslo"][i % 2],
            "x": i % 7,
        }


def _text(delimiter=","):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(next(rows())), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows())
    return text.getvalue().encode()


def _table():
    return pa.Table.from_pylist(list(rows()))


def _sqlite(path, name="t"):
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        names = list(next(rows()))
        db.execute(f'CREATE TABLE "{name}" ({", ".join(f""""{n}" """ for n in names)})')
        marks = ", ".join("?" * len(names))
        db.executemany(f'INSERT INTO "{name}" VALUES ({marks})', [[*r.values()] for r in rows()])


def _duckdb(path, name="t"):
    import duckdb

    table = _table()  # noqa: F841 -- DuckDB finds it by its name
    with contextlib.closing(duckdb.connect(str(path))) as db:
        db.execute(f'CREATE TABLE "{name}" AS SELECT * FROM "table"')


def _excel(path, name="t"):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = name
    sheet.append(list(next(rows())))
    for row in rows():
        sheet.append(list(row.values()))
    book.save(path)


def _zip(path, name="t.csv"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, _text())


def _stream(path):
    table = _table()
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


def _partitioned(path):
    for name, mail, *_ in PERSONS:
        part = path / f"agent_name={quote(name)}" / f"handled={mail}"
        part.mkdir(parents=True)
        kept = [{**row} for row in rows() if row["agent_name"] == name]
        table = pa.Table.from_pylist(kept).drop_columns(["agent_name", "handled"])
        pq.write_table(table, part / "p.parquet")


READERS = {
    "csv": lambda p: p.write_bytes(_text()),
    "tsv": lambda p: p.write_bytes(_text("\t")),
    "csv.gz": lambda p: p.write_bytes(gzip.compress(_text())),
    "zip": _zip,
    "jsonl": lambda p: p.write_text("\n".join(map(json.dumps, rows()))),
    "json": lambda p: p.write_text(json.dumps(list(rows()))),
    "xlsx": _excel,
    "parquet": lambda p: pq.write_table(_table(), p),
    "feather": lambda p: feather.write_feather(_table(), str(p)),
    "arrows": _stream,
    "sqlite": _sqlite,
    "duckdb": _duckdb,
    "folder": _partitioned,
}
"""A file of each form, by its suffix."""
MAIL = PERSONS[0][1]
NAMED = {
    "file.csv": lambda folder: READERS["csv"](folder / f"{MAIL}.csv"),
    "person.csv": lambda folder: READERS["csv"](folder / f"{PERSONS[0][1]} list.csv"),
    "folder": lambda folder: (folder / MAIL).mkdir() or READERS["csv"](folder / MAIL / "a.csv"),
    "table.sqlite": lambda folder: _sqlite(folder / "a.sqlite", MAIL),
    "table.duckdb": lambda folder: _duckdb(folder / "a.duckdb", MAIL),
    "sheet.xlsx": lambda folder: _excel(folder / "a.xlsx", MAIL),
    "member.zip": lambda folder: _zip(folder / "a.zip", f"{MAIL}.csv"),
    "key.json": lambda folder: (folder / "a.json").write_text(json.dumps({MAIL: {"n": 1}})),
    "key.jsonl": lambda folder: (folder / "a.jsonl").write_text(json.dumps({MAIL: 1, "n": 2})),
    "header.csv": lambda folder: (folder / "a.csv").write_text(f"1,{MAIL}\n2,{PERSONS[1][1]}\n"),
    "column.parquet": lambda folder: pq.write_table(pa.table({MAIL: [1]}), folder / "a.parquet"),
    "json called.csv": lambda folder: (folder / "a.csv").write_text(json.dumps(list(rows(5)))),
    "rtf called.csv": lambda folder: (folder / "a.csv").write_text("{\\rtf1 " + MAIL + "}"),
    "view.sqlite": lambda folder: _view(folder / "a.sqlite"),
    "late.csv": lambda folder: (folder / "a.csv").write_bytes(_text() + f"1,{MAIL}\n".encode()),
    "broken.jsonl": lambda folder: (folder / "a.jsonl").write_text('{"a": 1}\n{' + MAIL + "\n"),
    "broken.parquet": lambda folder: (folder / "a.parquet").write_bytes(f"PAR1{MAIL}".encode()),
    "titled.csv": lambda folder: (folder / "a.csv").write_text(
        f"Report for {MAIL}\nn,x\n1,2\n3,4\n"
    ),
    "author.xlsx": lambda folder: _authored(folder / "a.xlsx"),
    "broken.gz": lambda folder: (folder / "a.csv.gz").write_bytes(gzip.compress(_text())[:-90]),
}
"""A value where no cell is: in a name, a key, a header, a part that is broken or in excess."""


def _authored(path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["n", "x"], [1, 2], [3, 4]):
        book.active.append(row)
    book.properties.creator, book.properties.lastModifiedBy = PERSONS[0][0], MAIL
    book.active.oddHeader.left.text = f"for {PERSONS[1][0]}, {PERSONS[1][2]}"
    book.save(path)


def _view(path):
    _sqlite(path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(f'CREATE VIEW "{MAIL}" AS SELECT * FROM t')


def _needles():
    for canary in CANARIES:
        lower = canary.casefold()
        yield lower.encode()
        yield quote(lower).encode().lower()
        yield lower.encode("utf-16-le")
        yield lower.encode("utf-16-be")
        yield lower.encode().hex().encode()
    # Base64 shifts a text by a third of a byte for each byte before it, and keeps case.
    for canary in {canary.casefold() for canary in CANARIES} | set(CANARIES):
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + canary.encode())
            inner = coded[4 if shift else 0 : (len(canary) + shift) // 3 * 4]
            if len(inner) >= 8:
                yield inner


NEEDLES = re.compile(b"|".join(re.escape(n) for n in dict.fromkeys(_needles())))


def found_in(data: bytes) -> list[bytes]:
    """Give what is planted in some bytes: as they are, without case, and inside what is compressed in them."""
    hits = []
    for part in _unfolded(data):
        hits += [part[max(0, m.start() - 60) : m.end() + 30] for m in NEEDLES.finditer(part)]
        low = part.lower()
        hits += [low[max(0, m.start() - 60) : m.end() + 30] for m in NEEDLES.finditer(low)]
    return hits


def _unfolded(data, depth=0):
    yield data
    if depth > 2:
        return
    for start in re.finditer(rb"stream\r?\n", data):
        with contextlib.suppress(zlib.error):
            yield from _unfolded(zlib.decompressobj().decompress(data[start.end() :]), depth + 1)
    if data[:2] == b"PK":
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from _unfolded(archive.read(name), depth + 1)
    for magic, opened in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress)):
        if data.startswith(magic):
            with contextlib.suppress(OSError, EOFError, zlib.error):
                yield from _unfolded(opened(data), depth + 1)


def leaks(folder: Path, said: str, *, besides=()) -> list[tuple[str, bytes]]:
    """Give every planted value in a text and in the files of a folder, but for the planted files."""
    hits = [("(terminal)", hit) for hit in found_in(said.encode("utf-8", "replace"))]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(kept) for kept in besides):
            hits += [(path.name, hit) for hit in found_in(path.read_bytes())]
    return hits
