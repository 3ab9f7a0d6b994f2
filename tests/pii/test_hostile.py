"""Inputs made to hurt: bounded time and memory, and the rest is still found."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data import wrap_table
from raudit.errors import DataError
from raudit.scan.copies import Original
from raudit.scan.redact import operator, redactors
from raudit.scan.rewrite import rewrite
from raudit.scan.show import visible
from raudit.scan.sources import ReadOptions, open_source
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(sample=200), seed=0)


def scan(scanner, path):
    (source,) = open_source(str(path))
    return {v.name: v for v in scan_table(source, scanner)}, source


WATCH = """
import sys, time
from raudit.errors import RauditError
from raudit.scan.sweep import scan_pii
try:
    result = scan_pii(sys.argv[1], sample=200, mode=sys.argv[2])
    (table,) = result.tables
    print("rows", table.n_rows, "cut", sum(v.profile.cut for v in table.verdicts))
except RauditError as error:
    print("refused", error.reference)
# Not ru_maxrss, which a process inherits from the one that started it.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak // 1024, round(time.process_time()))
"""


def watched(path, mode="profile"):
    """What a scan in a process of its own says, its peak memory in MB and its CPU seconds."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(path), mode],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said, numbers = done.stdout.strip().splitlines()
    memory, seconds = map(int, numbers.split())
    assert memory < 1_000
    assert seconds < 60
    return said


def bomb(path, wrap):
    value = "a b " * 250_000
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array([value])).cast(
        pa.string()
    )
    table = pa.table({"t": wrap(cells)})
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(10):
            writer.write_table(table)
    assert path.stat().st_size < 600_000


@pytest.mark.parametrize("mode", ["profile", pytest.param("full", marks=pytest.mark.slow)])
def test_a_small_parquet_that_inflates_to_five_gigabytes(tmp_path, mode):
    bomb(tmp_path / "bomb.parquet", lambda cells: cells)
    assert watched(tmp_path / "bomb.parquet", mode) == "rows 5000 cut 5000"


@pytest.mark.slow
def test_a_bomb_inside_a_structure(tmp_path):
    bomb(tmp_path / "bomb.parquet", lambda cells: pa.StructArray.from_arrays([cells], ["inner"]))
    # Arrow may decline to decode so much text inside a structure; then that is said.
    assert watched(tmp_path / "bomb.parquet") in {"rows 5000 cut 5000", "refused data-broken"}


@pytest.mark.slow
def test_a_json_line_of_sixty_megabytes(tmp_path):
    path = tmp_path / "cell.jsonl"
    path.write_text(
        json.dumps({"a": "x" * 60_000_000, "email": "a@example.org"}) + "\n" + '{"a": "y"}\n'
    )
    assert watched(path).startswith("rows 2")


@pytest.mark.parametrize(
    "suffix", ["csv", *(pytest.param(s, marks=pytest.mark.slow) for s in ("jsonl", "arrow"))]
)
def test_a_million_columns_are_refused_in_bounded_time_and_memory(tmp_path, suffix):
    path = tmp_path / f"wide.{suffix}"
    names = [f"c{i}" for i in range(1_000_000)]
    if suffix == "csv":
        path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    elif suffix == "jsonl":
        path.write_text(json.dumps(dict.fromkeys(names, 1)) + "\n")
    else:
        schema = pa.schema([(name, pa.int8()) for name in names[:200_000]])
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema):
            pass
    assert watched(path) == "refused too-many-columns"


def test_a_parquet_directory_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "wide.parquet"
    with path.open("wb") as file:
        file.write(b"PAR1")
        file.truncate(200_000_000)
        file.seek(200_000_000 - 8)
        file.write((150_000_000).to_bytes(4, "little") + b"PAR1")
    assert watched(path) == "refused too-many-columns"


def test_a_cell_of_a_hundred_megabytes(scanner, tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text("a,email\n" + "x" * 100_000_000 + ",a@example.org\ny,b@example.org\n")
    with pytest.raises(DataError, match=r"cell\.csv takes more than data\.limits\.cell_bytes"):
        scan(scanner, path)
    path.write_text("a,email\n" + "x" * 60_000_000 + ",a@example.org\ny,b@example.org\n")
    found, _ = scan(scanner, path)
    assert found["email"].personal
    assert found["a"].profile.n_rows == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_other_encodings(scanner, tmp_path, encoding):
    path = tmp_path / "e.csv"
    path.write_bytes(
        "größe;e-mail\ngroß;jürgen@example.org\nklein;anna@example.org\n".encode(encoding)
    )
    found, _ = scan(scanner, path)
    assert found["e-mail"].personal
    assert not found["größe"].personal


def test_nul_bytes_bidi_formulas_and_control_characters(scanner, tmp_path):
    path = tmp_path / "n.csv"
    path.write_bytes(
        "mail,\u202egnp.exe\n\0a@example.org,=cmd|' /C calc'!A0\n\x1bb@example.org,+1\n".encode()
    )
    found, _ = scan(scanner, path)
    assert found["mail"].personal
    assert "\u202e" not in visible("\u202egnp.exe")
    assert "\x1b" not in visible("\x1b[31m")


@pytest.mark.parametrize(
    "value", ["a" * 20_000, "1" * 20_000, "a@" * 9_000, "a.b-" * 4_000, "1-" * 9_000, "::" * 500]
)
def test_values_that_send_patterns_backwards(scanner, value):
    start = time.process_time()
    scan_table(wrap_table(pa.table({"t": [value] * 3})), scanner)
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    "value", ["a@" * 9_000, "1-" * 9_000, "x.co" * 4_000, "(" * 9_000, "+1 " * 6_000]
)
def test_full_mode_and_redaction_are_not_sent_backwards_either(scanner, tmp_path, value):
    begin = time.process_time()
    full = replace(scanner, options=scanner.options.model_copy(update={"mode": "full"}))
    scan_table(wrap_table(pa.table({"t": [value, value[1:]]})), full)
    scanner.engine.spans([value])
    assert time.process_time() - begin < 30


def test_formulas_are_copied_as_they_are_and_masks_make_none(scanner, tmp_path):
    """The copy is faithful where nothing was found; what is put in place of a value is never a formula."""
    path, out = tmp_path / "f.csv", tmp_path / "out.csv"
    path.write_text("email,note\n" + "=a@example.org,=1+1\n" * 30)
    (source,) = open_source(str(path))
    verdicts = scan_table(source, scanner)
    for how in ("mask", "replace", "pseudonymise"):
        rewrite(
            Original(path, ReadOptions()),
            source,
            out,
            redactors(verdicts, operator(how, bytes(range(32))), scanner),
        )
        rows = out.read_text().splitlines()[1:]
        assert all(not row.startswith(("=", "+", "-", "@")) for row in rows)
        assert all(row.endswith(",=1+1") for row in rows)
        out.unlink()
