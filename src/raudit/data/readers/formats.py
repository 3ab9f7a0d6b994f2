"""What a file is: declared, or by its first bytes, or by its name, or by how its text looks."""

from __future__ import annotations

import zipfile

from raudit.data.readers.contents import Contents
from raudit.data.readers.encodings import find_form, lines
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import unreadable
from raudit.errors import DataError

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".txt": "csv",
    ".data": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".duckdb": "duckdb",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".gz": "gzip",
    ".zip": "zip",
}
DECLARED = {"tsv": "csv", "jsonl": "json"}
"""Declared formats that are read as another."""
BINARY = {"parquet", "arrow", "sqlite", "duckdb", "excel", "gzip", "zip"}
"""Formats that are known by their first bytes; a file that is only called so is broken."""
REFUSED = (
    (b"BZh", "bzip2", "unpack it first"),
    (b"\xfd7zXZ\0", "xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", "unpack it first"),
    (b"Rar!", "RAR", "unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Office format", "save it as .xlsx or CSV"),
    (b"%PDF", "PDF", "export the table behind it"),
    (b"\x89PNG", "a picture", "leave it out"),
    (b"\x93NUMPY", "NumPy", "save it as Parquet"),
    (b"\x80\x04", "a Python pickle, which is code", "save it as Parquet"),
    (b"\x80\x05", "a Python pickle, which is code", "save it as Parquet"),
    (b"Obj\x01", "Avro", "save it as Parquet"),
    (b"ORC", "ORC", "save it as Parquet"),
    (b"\x89HDF", "HDF5", "save it as Parquet"),
)
LONGEST_LINE = 2**22


def format_of(contents: Contents, options: ReadOptions) -> str:
    """The reader that a file needs.

    Raises
    ------
    DataError
        If none does.
    """
    if options.format:
        return DECLARED.get(options.format, options.format)
    start = contents.start()
    magic = _magic(contents, start)
    if magic:
        return magic
    for mark, what, hint in REFUSED:
        if start.startswith(mark):
            raise _unknown(contents, what, hint)
    if start[257:262] == b"ustar":
        raise _unknown(contents, "tar", "unpack it first")
    named = SUFFIXES.get(contents.suffix, "")
    if named == "arrow" and start[:4] == b"\xff\xff\xff\xff":
        return named  # a stream of Arrow batches has no other mark
    if named in BINARY:
        raise unreadable(
            contents.name, f"not what {contents.suffix} says" if start else "an empty file"
        )
    if named:
        return named
    return _by_text(contents, options, start)


def _magic(contents: Contents, start: bytes) -> str:
    if start[:4] in {b"PAR1", b"PARE"}:
        return "parquet"
    if start[:6] == b"ARROW1" or start[:4] == b"FEA1":
        return "arrow"
    if start[:16] == b"SQLite format 3\0":
        return "sqlite"
    if start[8:12] == b"DUCK":
        return "duckdb"
    if start[:2] == b"\x1f\x8b":
        return "gzip"
    if start[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return "excel" if _workbook(contents) else "zip"
    return ""


def _workbook(contents: Contents) -> bool:
    """Whether a zip file is an Excel workbook."""
    try:
        with contents.open() as file, zipfile.ZipFile(file) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _by_text(contents: Contents, options: ReadOptions, start: bytes) -> str:
    """A file of no known name: JSON objects, or text whose first lines fall into equally many cells."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"{" or text[:2] in {b"[{", b"[\n", b"[ ", b"[\r"}:
        return "json"
    if start and b"\0" not in start.replace(b"\0\0\0", b"") and _table_like(contents, options):
        return "csv"
    if start and options.encoding:
        return "csv"
    raise _unknown(
        contents,
        contents.suffix or "no suffix",
        "convert the file, or say what it is as the format",
    )


def _table_like(contents: Contents, options: ReadOptions) -> bool:
    form = find_form(contents, options)
    first = []
    for line in lines(contents, form, LONGEST_LINE):
        if line.strip():
            first.append(line)
        if len(first) == 20:
            break
    return len(first) > 1 and any(
        first[0].count(delimiter) > 0 and len({line.count(delimiter) for line in first}) == 1
        for delimiter in ",;\t|"
    )


def _unknown(contents: Contents, got: str, hint: str) -> DataError:
    return DataError(
        "unknown data format",
        reference="data-format",
        where=contents.name,
        got=got,
        expected=", ".join(sorted(SUFFIXES)),
        hint=hint,
    )
