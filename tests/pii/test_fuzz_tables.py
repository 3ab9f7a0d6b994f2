"""Generated tables of every type, coding and nesting: no one of them is an internal error."""

import csv
import decimal
import gzip
import io
import json
import random
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.errors import RauditError
from raudit.evidence import Quiet
from raudit.scan import sweep as sweeping
from raudit.scan.sarif import to_sarif
from raudit.scan.sweep import sweep, to_json
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare

TEXTS = [
    *(
        "",
        " ",
        "a",
        "anna@example.org",
        "+49 171 1234567",
        "DE89370400440532013000",
        "4111111111111111",
    ),
    *(
        "Anna Müller wrote from 10.0.0.1",
        "王小明",
        "\u202eabc",
        "a\x00b",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ),
    *(
        '{"mail": "a@b.org"}',
        "[1, 2",
        "<x>a@b.org</x>",
        "=1+1",
        "1e400",
        "NaN",
        "x" * 3000,
        '"',
        "a,b\n;c\t|",
    ),
    *(
        "4.5E+15",
        "9E99",
        "1,234,567",
        "1'234'567.0",
        "\uff14\uff11",
        "\u0664\u0662",
        "p (at) x (dot) org",
    ),
    *("true", "2020-01-01", "12:00", "1.234,56", "0x1F", "-0", "\ufeffx", "e\u0301", "null", "\r"),
]
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "utf-32-be",
    "cp1252",
    "cp1251",
    "shift_jis",
]
NAMES = [
    "id",
    "name",
    "e-mail",
    "",
    " ",
    "a.b",
    "phone",
    "id",
    "born",
    "x\ny",
    "名前",
    "1",
    "_",
    "ssn",
    "{}",
]


def leaf(draw):
    """A type and a maker of its values."""
    whole = pa.int64(), lambda: draw.choice([0, -1, 2**62, 123456789, 4111111111111111])
    makers = [
        (pa.string(), lambda: draw.choice(TEXTS)),
        (pa.large_string(), lambda: draw.choice(TEXTS)),
        (pa.string_view(), lambda: draw.choice(TEXTS)),
        (pa.binary(), lambda: draw.randbytes(draw.randrange(9))),
        (pa.binary_view(), lambda: draw.randbytes(draw.randrange(9))),
        (pa.binary(4), lambda: draw.randbytes(4)),
        (pa.bool_(), lambda: draw.random() < 0.5),
        whole,
        (pa.uint64(), lambda: draw.choice([0, 2**64 - 1])),
        (pa.int8(), lambda: draw.randrange(-128, 128)),
        (pa.float16(), lambda: np.float16(draw.choice([0.5, 1.0, float("inf")]))),
        (pa.float64(), lambda: draw.choice([0.0, -0.0, 1e308, float("nan"), 123456789.0])),
        (pa.decimal32(7, 2), lambda: decimal.Decimal(draw.randrange(99999)) / 100),
        (pa.decimal128(38, 0), lambda: decimal.Decimal(draw.randrange(10**30))),
        (pa.decimal256(60, 5), lambda: decimal.Decimal(draw.randrange(10**9)) / 10**5),
        (pa.date32(), lambda: draw.choice([0, -(2**31), 2**30])),
        (pa.date64(), lambda: draw.randrange(-(10**6), 10**6) * 86_400_000),
        (pa.timestamp("s"), lambda: draw.choice([0, 2**60, -(2**60)])),
        (pa.timestamp("us", "Europe/Oslo"), lambda: draw.randrange(10**15)),
        (pa.timestamp("ns", "No/Where"), lambda: draw.randrange(10**15)),
        (pa.time64("ns"), lambda: draw.randrange(86_400 * 10**9)),
        (pa.duration("s"), lambda: draw.choice([1, 2**62])),
        (pa.month_day_nano_interval(), lambda: (1, 2, 3)),
        (pa.null(), lambda: None),
    ]
    return draw.choice(makers)


def nested(draw, depth=0):
    """A type, maybe of lists, structs and maps of others, and a maker of its values."""
    kind = (
        draw.choice(["leaf", "leaf", "leaf", "list", "struct", "map", "fixed"])
        if depth < 4
        else "leaf"
    )
    if kind == "leaf":
        return leaf(draw)
    inner, make = nested(draw, depth + 1)
    if kind == "list":
        return pa.list_(inner), lambda: [make() for _ in range(draw.randrange(3))]
    if kind == "fixed":
        return pa.list_(inner, 2), lambda: [make(), make()]
    if kind == "map":
        return pa.map_(pa.string(), inner), lambda: [(draw.choice(TEXTS), make())]
    other, more = nested(draw, depth + 1)
    return pa.struct([("a", inner), ("b.c", other)]), lambda: {"a": make(), "b.c": more()}


def column(draw, n):
    kind, make = nested(draw)
    values = [None if draw.random() < 0.15 else make() for _ in range(n)]
    made = pa.array(values, kind)
    if pa.types.is_string(kind) and draw.random() < 0.3:
        return draw.choice([made.dictionary_encode, lambda: pa.compute.run_end_encode(made)])()
    return made


def arrow_table(draw):
    n = draw.choice([0, 1, 2, 7])
    names = draw.sample(NAMES, draw.randrange(1, 5))
    return pa.Table.from_arrays([column(draw, n) for _ in names], names=names)


def arrow_bytes(draw):
    table, out = arrow_table(draw), io.BytesIO()
    if draw.random() < 0.5:
        try:
            pq.write_table(table, out, row_group_size=draw.choice([1, 3, 100]))
        except (pa.ArrowException, NotImplementedError):
            out = io.BytesIO()
        else:
            return "parquet", out.getvalue()
    opened = draw.choice([pa.ipc.new_file, pa.ipc.new_stream])
    with opened(out, table.schema) as writer:
        writer.write_table(table)
    return "arrow", out.getvalue()


def json_value(draw, depth=0):
    kind = draw.choice(["text", "number", "list", "object"] if depth < 4 else ["text", "number"])
    if kind == "list":
        return [json_value(draw, depth + 1) for _ in range(draw.randrange(3))]
    if kind == "object":
        return {draw.choice(NAMES): json_value(draw, depth + 1) for _ in range(draw.randrange(3))}
    return draw.choice(TEXTS) if kind == "text" else draw.choice([0, 1.5, 10**30, True, None, 1e3])


def text_bytes(draw):
    n = draw.randrange(6)
    if draw.random() < 0.5:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=draw.choice(",;\t|"), quoting=draw.choice([0, 1]))
        writer.writerow(draw.sample(NAMES, 3))
        for _ in range(n):
            writer.writerow([draw.choice(TEXTS) for _ in range(draw.choice([3, 3, 3, 2, 5, 0]))])
        suffix, written = draw.choice(["csv", "tsv", "txt"]), text.getvalue()
    else:
        rows = [json_value(draw) for _ in range(n)]
        lines = draw.random() < 0.5
        written = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
        suffix = "jsonl" if lines else "json"
    coded = written.encode(draw.choice(ENCODINGS), "replace")
    return suffix, coded


def file_bytes(draw):
    suffix, data = draw.choice([arrow_bytes, text_bytes])(draw)
    if draw.random() < 0.15 and len(data) > 4:  # a byte is lost, changed, or the end is missing
        place = draw.randrange(len(data))
        data = draw.choice(
            [
                data[:place],
                data[:place] + data[place + 1 :],
                data[:place] + b"\xff" + data[place + 1 :],
            ]
        )
    if draw.random() < 0.1:
        suffix, data = f"{suffix}.gz", gzip.compress(data)
    elif draw.random() < 0.1:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"in.{suffix}", data)
        suffix, data = "zip", packed.getvalue()
    if draw.random() < 0.1:
        suffix = draw.choice(["csv", "json", "parquet", "arrow", "sqlite", "xlsx", "bin"])
    return suffix, data


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(model="none"), seed=0)


@pytest.mark.parametrize(
    ("first", "count"),
    [
        (0, 10),
        pytest.param(10, 50, marks=pytest.mark.slow),
        *(pytest.param(1_000 * i, 1_000, marks=pytest.mark.slow) for i in range(1, 11)),
    ],
)
def test_no_table_is_an_internal_error(tmp_path, monkeypatch, scanner, first, count):
    """What cannot be read is a gap or a data error; anything else fails here, with the seed of its table."""
    monkeypatch.setattr(sweeping, "prepare", lambda _options, seed: scanner)
    # How names are printed is looked at elsewhere, and takes as long as such a table.
    monkeypatch.setattr(sweeping, "printed_names", lambda _scanner: str)
    statuses, broken = [], []
    for seed in range(first, first + count):
        suffix, data = file_bytes(random.Random(seed))
        path = tmp_path / f"t{seed}.{suffix}"
        path.write_bytes(data)
        try:
            result = sweep(str(path), scanner.options, seed=0, progress=Quiet())
            json.dumps(to_json(result)), json.dumps(to_sarif(result, scanner.options, "0"))
            statuses.append(result.exit_status)
        except RauditError as error:
            statuses.append(error.exit_status)
        except Exception as error:  # noqa: BLE001 -- this is what must not happen
            broken.append((seed, suffix, type(error).__name__, str(error)[:200]))
        path.unlink()
    assert not broken
    # A generator that only made what is refused would pass everything.
    assert sum(status in {0, 1, 3} for status in statuses) > 0.4 * count
