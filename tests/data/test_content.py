"""The digest of a table's content: by hand, in any order, and different for whatever says something else."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.data import wrap_table
from raudit.data.content import SCHEME, ContentDigest, content_digest, row_hashes
from raudit.errors import DataError

ROWS = pa.table(
    {
        "b": pa.array([1, None, -7], pa.int32()),
        "a": ["x;", "", None],
        "c": [1.5, -0.0, float("nan")],
        "d": [True, False, None],
    }
)
TEXTS = [
    b"t2:x;;i1;f3ff8000000000000;b1;",
    b"t0:;n;f0000000000000000;b0;",
    b"n;i-7;f7ff8000000000000;n;",
]


def by_hand(texts, columns, rows):
    """The definition, without numpy or Arrow."""
    header = json.dumps(
        {"columns": columns, "rows": rows, "scheme": SCHEME}, separators=(",", ":"), sort_keys=True
    )
    groups = [[] for _ in range(256)]
    for text in texts:
        digest = hashlib.sha256(text).digest()
        groups[digest[0]].append(digest)
    whole = hashlib.sha256(header.encode())
    for group in groups:
        whole.update(hashlib.sha256(b"".join(sorted(group))).digest())
    return whole.hexdigest()


KINDS = [["a", "text"], ["b", "integer"], ["c", "number"], ["d", "boolean"]]


def test_it_is_what_the_definition_says():
    assert content_digest(wrap_table(ROWS)) == by_hand(TEXTS, KINDS, 3)
    assert content_digest(wrap_table(ROWS.slice(0, 1))) == by_hand(TEXTS[:1], KINDS, 1)


def test_canonical_cells_of_every_kind():
    columns = {
        "decimals": (
            pa.array([Decimal("1.50"), Decimal("-0.00"), Decimal("1200.00")]),
            ["d15e-1;", "d0e0;", "d12e2;"],
        ),
        "long": (pa.array([Decimal("1" * 37 + "0")]), [f"d{'1' * 37}e1;"]),
        "dates": (pa.array([date(1970, 1, 2), date(1500, 1, 1)]), ["D1;", "D-171664;"]),
        "moments": (pa.array([datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]), ["T-1;"]),
        "zoned": (
            pa.array([datetime(1970, 1, 1, tzinfo=UTC)], pa.timestamp("s", "Asia/Tokyo")),
            ["T0;"],
        ),
        "nanoseconds": (
            pa.array([1_001, -1, 2_000], pa.timestamp("ns")),
            ["T1.001;", "T-1.999;", "T2;"],
        ),
        "narrow": (pa.array([0.5], pa.float32()), ["f3fe0000000000000;"]),
        "codes": (pa.array(["é", None, "é"]).dictionary_encode(), ["t2:é;", "n;", "t2:é;"]),
        "nothing": (pa.nulls(2), ["n;", "n;"]),
    }
    for name, (column, texts) in columns.items():
        expected = [hashlib.sha256(text.encode()).digest() for text in texts]
        found = row_hashes(pa.record_batch({name: column}))
        assert [bytes(value).ljust(32, b"\0") for value in found] == expected, name


@given(st.permutations(range(40)), st.lists(st.integers(0, 40), max_size=3))
def test_neither_order_nor_parts_matter(order, cuts):
    table = pa.table({"n": [i % 7 for i in range(40)], "t": [str(i % 3) for i in range(40)]})
    whole = content_digest(wrap_table(table))
    mixed = table.take(pa.array(order))
    ends = sorted({0, 40, *cuts})
    total = ContentDigest(wrap_table(table).kinds)
    for low, high in pairwise(ends):
        part = ContentDigest(wrap_table(table).kinds)
        for batch in mixed.slice(low, high - low).to_batches():
            part.add(row_hashes(batch))
        total.merge(part)
    assert total.sha256() == whole
    assert content_digest(wrap_table(mixed.select(["t", "n"]))) == whole


@pytest.mark.parametrize(
    "other",
    [
        {"a": ["1", "2", "2"], "b": [1, 2, 2]},
        {"a": ["1", "3"], "b": [1, 2]},
        {"a": ["1", None], "b": [1, 2]},
        {"a": ["1", ""], "b": [1, 2]},
        {"a": ["2", "1"], "b": [1, 2]},
        {"a": ["1", "2"], "b": [1.0, 2.0]},
        {"a": ["1", "2"], "c": [1, 2]},
        {"b": ["1", "2"], "a": [1, 2]},
        {"a": ["1", "2 "], "b": [1, 2]},
    ],
)
def test_anything_else_is_another_content(other):
    base = content_digest(wrap_table(pa.table({"a": ["1", "2"], "b": [1, 2]})))
    assert content_digest(wrap_table(pa.table(other))) != base


def test_integers_of_any_width_and_text_of_any_form_are_one_content():
    wide = pa.table(
        {"n": pa.array([1, 2], pa.int64()), "t": pa.array(["a", "b"], pa.large_string())}
    )
    narrow = pa.table(
        {"n": pa.array([1, 2], pa.uint8()), "t": pa.array(["a", "b"]).dictionary_encode()}
    )
    assert content_digest(wrap_table(wide)) == content_digest(wrap_table(narrow))


def test_nested_values_have_no_canonical_form():
    with pytest.raises(DataError, match="canonical form"):
        content_digest(wrap_table(pa.table({"a": [[1], [2]]})))


def test_many_equal_rows_count():
    one, two = (pa.table({"a": np.zeros(n)}) for n in (1_000, 1_001))
    assert content_digest(wrap_table(one)) != content_digest(wrap_table(two))
