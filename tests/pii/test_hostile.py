"""Inputs made to hurt: bounded time and memory, and the rest is still found."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data import wrap_table
from raudit.errors import DataError
from raudit.stages.pii.assess import prepare, scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.show import visible
from raudit.stages.pii.sources import open_source


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(sample=200), seed=0)


def scan(scanner, path):
    (source,) = open_source(str(path))
    return {v.name: v for v in scan_table(source, scanner)}, source


def test_a_small_parquet_that_inflates(scanner, tmp_path):
    path = tmp_path / "bomb.parquet"
    with pq.ParquetWriter(path, pa.schema([("t", pa.string())])) as writer:
        value = "a b " * 250_000
        for _ in range(10):
            dictionary = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array([value]))
            writer.write_table(pa.table({"t": dictionary.cast(pa.string())}))
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, _ = scan(scanner, path)
    assert found["t"].profile.n_rows == 5_000
    assert found["t"].profile.cut == 5_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


def test_a_cell_of_a_hundred_megabytes(scanner, tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text("a,email\n" + "x" * 100_000_000 + ",a@example.org\ny,b@example.org\n")
    found, _ = scan(scanner, path)
    assert found["email"].personal
    assert found["a"].profile.n_rows == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_other_encodings(scanner, tmp_path, encoding):
    path = tmp_path / "e.csv"
    path.write_bytes("größe;e-mail\ngroß;jürgen@example.org\nklein;anna@example.org\n".encode(encoding))
    found, _ = scan(scanner, path)
    assert found["e-mail"].personal
    assert not found["größe"].personal


def test_nul_bytes_bidi_formulas_and_control_characters(scanner, tmp_path):
    path = tmp_path / "n.csv"
    path.write_bytes("mail,\u202egnp.exe\n\0a@example.org,=cmd|' /C calc'!A0\n\x1bb@example.org,+1\n".encode())
    found, _ = scan(scanner, path)
    assert found["mail"].personal
    assert "\u202e" not in visible("\u202egnp.exe")
    assert "\x1b" not in visible("\x1b[31m")


def test_a_million_columns_are_refused_at_once(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(1_000_000)) + "\n")
    start = time.monotonic()
    with pytest.raises(DataError, match="too many columns"):
        list(open_source(str(path)))
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("value", ["a" * 20_000, "1" * 20_000, "a@" * 9_000, "a.b-" * 4_000, "1-" * 9_000, "::" * 500])
def test_values_that_send_patterns_backwards(scanner, value):
    start = time.process_time()
    scan_table(wrap_table(pa.table({"t": [value] * 3})), scanner)
    assert time.process_time() - start < 30
