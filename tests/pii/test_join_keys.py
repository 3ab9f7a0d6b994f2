"""Columns of different tables that share values are found, whatever they are called."""

import random

import pyarrow as pa
import pytest

from raudit.evidence import Quiet
from raudit.scan.keys import KEPT, KeyFinder, Sketch, contained
from raudit.scan.sweep import sweep
from raudit.stages.pii.options import Options

KEY = "0123456789abcdef"


def sketch(values):
    found = Sketch()
    for start in range(0, len(values), 300):
        found.add(pa.array(values[start : start + 300]), KEY)
    return found


@pytest.mark.parametrize("shared", [0, 500, 5_000, 10_000])
def test_the_share_of_contained_values_is_estimated(shared):
    left = [f"customer {i}" for i in range(10_000)]
    right = [f"customer {i + 10_000 - shared}" for i in range(10_000)]
    assert contained(sketch(left), sketch(right)) == pytest.approx(
        shared / 10_000, abs=4 / KEPT**0.5
    )
    assert sketch(left).different == pytest.approx(10_000, rel=0.15)


def test_small_sets_are_compared_exactly():
    assert contained(sketch(["a", "b", "c", None]), sketch(["b", "C", "d", "e"])) == pytest.approx(
        2 / 3
    )


def test_a_folder_tells_which_columns_join_people_to_another_table(tmp_path):
    rng = random.Random(5)
    mails = [f"person{rng.randrange(10**9)}@example.org" for _ in range(300)]
    (tmp_path / "people.csv").write_text(
        "row,email,height\n" + "".join(f"{i},{m},{150 + i % 50}\n" for i, m in enumerate(mails))
    )
    (tmp_path / "orders.csv").write_text(
        "number,sent_to,pieces\n"
        + "".join(f"{i},{rng.choice(mails).upper()},{i % 50}\n" for i in range(600))
    )
    found = sweep(str(tmp_path), Options(model="none"), seed=0, progress=Quiet())
    assert [(name, set(tables)) for name, tables in found.joins] == [
        ("email = sent_to", {"people.csv", "orders.csv"})
    ]


def test_row_numbers_and_prices_join_nothing():
    finder = KeyFinder(KEY)
    for table, name in (("a", "row"), ("b", "number")):
        finder.sketches[table, name] = sketch([str(i) for i in range(1_000)])
    assert finder.joins() == ()
