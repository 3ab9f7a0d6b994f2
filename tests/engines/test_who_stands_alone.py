"""Who stands alone is the same from rows and from every engine's own GROUP BY."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.engines.conftest import ENGINES

import raudit
from raudit.data import counted
from raudit.errors import DataError, NotEvaluable

pytestmark = pytest.mark.filterwarnings("ignore")  # of the engines' own


def people(n=3_000):
    rng = np.random.default_rng(5)
    ages = rng.integers(18, 70, n)
    return pa.table(
        {
            "age": pa.array(ages, mask=rng.random(n) < 0.05),
            "post code": pa.array([f"{code:05}" for code in rng.integers(10_000, 10_040, n)]),
            "sex": pa.array(rng.choice(["F", "M"], n), mask=rng.random(n) < 0.1),
            "paid": pa.array(rng.choice([1.5, 2.0, 2.5], n)),
            "ill": pa.array(rng.choice(["none", "flu", "asthma"], n, p=[0.8, 0.15, 0.05])),
        }
    )


def asked(table):
    return raudit.k_anonymity(
        table, ["age", "post code", "sex", "paid"], sensitive=["ill"], k=4, t=0.9
    )


@pytest.fixture(scope="module")
def expected():
    result = asked(people())
    assert {finding.rule for finding in result.findings} == {"RA-PII-007", "RA-PII-008"}
    assert [table.id for table in result.tables] == ["singling-out", "coarser"]
    return result


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_every_engine_tells_the_same(engine, expected):
    assert asked(engine(people())) == expected


def test_the_order_of_rows_does_not_matter(expected):
    table = people()
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    assert asked(mixed) == expected


def test_what_is_larger_than_may_leave_is_said_and_not_cut(held_by, monkeypatch):
    monkeypatch.setattr(counted, "MOST", 100)
    with pytest.raises(NotEvaluable, match="more different rows together"):
        asked(held_by("duckdb")(people()))


def test_a_file_that_is_larger_is_counted_on_its_first_rows(monkeypatch):
    monkeypatch.setattr(counted, "MOST", 100)
    monkeypatch.setattr(counted, "TOGETHER", 1_000)
    table = pa.concat_tables([people(), people()])
    [first, *_] = asked(table).findings
    assert first.measurement.n < table.num_rows
    assert f"Only the first {first.measurement.n:,} rows were grouped." in first.reason


def test_a_column_that_is_not_there_is_one_error(held_by):
    with pytest.raises(DataError, match="no column 'zip'"):
        raudit.k_anonymity(held_by("duckdb")(people()), ["age", "zip"])
