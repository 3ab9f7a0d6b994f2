"""A table that is too large to hold is read the same way as one that is not."""

import random

import pytest

from raudit.data import open as opening
from raudit.data import open_data

ROWS = 300_000


@pytest.fixture
def large(tmp_path):
    draw = random.Random(1)
    path = tmp_path / "t.csv"
    with path.open("w") as file:
        file.write("id,code,x,mixed,gap,word\n")
        for i in range(ROWS):
            gap = "" if i < ROWS // 2 else str(i)
            mixed = "n/a" if i == ROWS - 1 else str(i)
            file.write(
                f"{i},{i % 900:03d},{i if i < ROWS // 2 else i / 2},{mixed},{gap},{draw.choice('ab')}\n"
            )
    return path


def test_a_table_kept_on_disk_is_the_one_held_in_memory(large, monkeypatch):
    held = open_data(large)
    monkeypatch.setattr(opening, "HELD_BYTES", 2**20)
    kept = open_data(large)
    assert type(kept) is not type(held)
    assert dict(kept.kinds) == dict(held.kinds)
    assert [str(kind) for kind in kept.kinds.values()] == [
        "integer",
        "text",
        "number",
        "text",
        "integer",
        "text",
    ]
    assert (kept.n_rows, kept.sha256) == (held.n_rows, held.sha256)
    columns = ["id", "code", "x", "mixed", "gap", "word"]
    assert kept.frame(columns).astype(str).equals(held.frame(columns).astype(str))
    assert dict(kept.as_written().kinds) == dict(held.as_written().kinds)
    assert kept.with_columns({"p": list(range(ROWS))}).frame(["p", "id"])["p"].tolist() == list(
        range(ROWS)
    )
