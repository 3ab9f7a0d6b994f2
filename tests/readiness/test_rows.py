"""Copies, near-copies, and what training and audited data share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from raudit.data import open_data, wrap_table
from raudit.data.rows import found_in, repeated, row_hashes, written_as_text
from raudit.findings import Status

from .conftest import of, people

ADULT = Path(__file__).parent.parent.parent / "examples" / "adult-income" / "data"
_NUMBERS = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
_WORDS = ("workclass", "marital-status", "occupation", "relationship", "native-country")
TEN = [*_NUMBERS, *_WORDS]


def test_the_example_on_its_ten_features() -> None:
    audited, training = (
        open_data(ADULT / f"{name}.parquet") for name in ("applicants", "training")
    )
    as_text = written_as_text(TEN, audited, training)
    ours, theirs = (row_hashes(data, TEN, as_text=as_text) for data in (audited, training))
    assert repeated(ours)["repeats"] == 1_738
    assert int(found_in(ours, theirs).sum()) == 3_818


def test_hashes_agree_with_pandas() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        frame = pd.DataFrame({name: rng.integers(0, 4, 300) for name in "abcd"})
        frame["t"] = rng.choice(["x", "y", None], 300)
        data = wrap_table(frame)
        names = list(data.kinds)
        hashes = row_hashes(data, names, as_text=written_as_text(names, data))
        assert repeated(hashes)["repeats"] == int(frame.duplicated().sum())
        assert repeated(hashes)["with_twin"] == int(frame.duplicated(keep=False).sum())


def test_a_number_is_the_same_whatever_it_is_stored_as() -> None:
    one = wrap_table(pd.DataFrame({"a": [1, 2, 3]}))
    for other in ({"a": [1.0, 2.0, 3.0]}, {"a": ["1", "2", "3"]}):
        two = wrap_table(pd.DataFrame(other))
        as_text = written_as_text(["a"], one, two)
        assert found_in(
            row_hashes(one, ["a"], as_text=as_text), row_hashes(two, ["a"], as_text=as_text)
        ).all()


def test_copies_are_counted_and_fail(audit: Callable) -> None:
    frame = people()
    frame = pd.concat([frame, frame.iloc[:100]], ignore_index=True)
    [finding] = of(audit(frame), "RA-DATA-004")
    assert finding.status is Status.FAILED
    assert finding.measurement.events == 100
    assert finding.statement.startswith("100 of 2,100 rows (4.8%) repeat an earlier row")


def test_coarse_columns_cannot_tell_copies_from_look_alikes(audit: Callable) -> None:
    frame = people()[["region", "sex", "approved"]]
    [finding] = of(audit(frame), "RA-DATA-004")
    assert finding.status is Status.INDETERMINATE
    assert "unit" in finding.reason


def test_near_copies(audit: Callable) -> None:
    frame = people()
    copies = frame.iloc[:200].assign(age=lambda f: f["age"] + 1)
    record = audit(pd.concat([frame, copies], ignore_index=True))
    [finding] = of(record, "RA-DATA-005")
    assert finding.status is Status.FAILED
    assert finding.measurement.events == 400
    assert record.facts["data.duplicate_rows"] == 0
    assert of(audit(frame), "RA-DATA-005")[0].status is Status.PASSED


def test_shared_rows_persons_and_times(audit: Callable) -> None:
    training, audited = people(2000, 1), people(1000, 2)
    audited = pd.concat([audited, training.iloc[:150]], ignore_index=True)
    training["person_id"] = [f"p{i}" for i in range(len(training))]
    audited["person_id"] = [f"q{i}" for i in range(len(audited) - 40)] + [
        f"p{i}" for i in range(40)
    ]
    training["day"] = pd.date_range("2023-01-01", periods=len(training), freq="h")
    audited["day"] = training["day"].max() + pd.to_timedelta(np.arange(len(audited)) - 29, unit="h")
    features = ["age", "income", "years", "balance", "region"]
    record = audit(audited, training, features=features, unit=["person_id"], time="day")
    rows, person, time = (
        of(record, "RA-DATA-006", by=by)[0] for by in ("rows", "person_id", "time")
    )
    assert [f.measurement.events for f in (rows, person, time)] == [150, 40, 30]
    assert {f.status for f in (rows, person, time)} == {Status.FAILED}
    assert record.facts["data.shared_rows"] == 150


def test_a_missing_unit_or_time_is_nobodys_and_lets_nothing_pass(audit: Callable) -> None:
    """Missing ids were one person in both; a time that was not read was left out of what passed."""
    training, audited = people(400, seed=1), people(300, seed=2)
    training["person_id"] = [f"t{i}" for i in range(400)]
    audited["person_id"] = [f"a{i}" for i in range(300)]
    training["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(400), unit="h")
    audited["day"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(300), unit="h")

    def statuses() -> list[Status]:
        record = audit(audited, training, unit=["person_id"], time="day")
        found = [of(record, "RA-DATA-006", by=name) for name in ("person_id", "time")]
        return [finding.status for [finding] in found]

    assert statuses() == [Status.PASSED, Status.PASSED]
    for frame in (training, audited):
        frame.loc[:5, ["person_id", "day"]] = None
    assert statuses() == [Status.INDETERMINATE, Status.INDETERMINATE]
    audited.loc[9, ["person_id", "day"]] = training.loc[9, ["person_id", "day"]]
    assert statuses() == [Status.FAILED, Status.FAILED]


def test_look_alikes_in_the_training_data_are_no_proof(audit: Callable) -> None:
    training, audited = people(4000, 1), people(1000, 2)
    record = audit(audited, training, features=["region", "sex", "years"])
    [finding] = of(record, "RA-DATA-006", by="rows")
    assert finding.status is Status.INDETERMINATE
    assert "coincidence would give about" in finding.statement


def test_no_overlap_passes_with_what_was_compared(audit: Callable) -> None:
    [finding] = of(audit(people(1000, 2), people(2000, 1)), "RA-DATA-006", by="rows")
    assert finding.status is Status.PASSED
    assert finding.statement.startswith("0 of 1,000 audited rows (0.0%)")


def test_without_training_data_nothing_is_said_to_be_apart(audit: Callable) -> None:
    record = audit(people())
    assert not of(record, "RA-DATA-006")
    assert any("was not looked for" in note for note in record.notes)
    assert "data.shared_rows" not in record.facts


@pytest.mark.parametrize("column", ["person_id", "customerID"])
def test_an_identifier_is_guessed_by_name_and_said(audit: Callable, column: str) -> None:
    training, audited = people(2000, 1), people(1000, 2)
    training[column] = np.random.default_rng(0).permutation(10_000)[:2000]
    audited[column] = np.random.default_rng(1).permutation(10_000)[:1000]
    [finding] = of(audit(audited, training), "RA-DATA-006", by=column)
    assert finding.status is Status.FAILED
    assert "taken for an identifier by its name" in finding.statement
