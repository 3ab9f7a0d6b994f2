"""Thirteen kinds of leaks are found, and tables without one have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

import raudit
from raudit.data import Kind
from raudit.findings import Status
from raudit.stages.data_readiness.codings import _column_codings

from .conftest import of, people

RNG = np.random.default_rng(3)


def _copy(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(np.where(good, "A17", "B02"))


def _noisy(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(np.where(RNG.random(len(good)) < 0.04, ~good, good).astype(int))


def _number(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(RNG.normal(0, 1, len(good)) + 6 * good)


def _filled(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(np.where(good, RNG.normal(500, 50, len(good)), np.nan))


def _folded(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(
        np.where(
            good,
            RNG.normal(0, 1, len(good)),
            RNG.choice([-9, 9], len(good)) + RNG.normal(0, 1, len(good)),
        )
    )


def _prefix(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series([("P" if g else "R") + f"-{i:06}" for i, g in enumerate(good)])


def _word(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(
        [
            f"case {i} seen, {'contract sent' if g else 'letter of regret'} on file"
            for i, g in enumerate(good)
        ]
    )


def _digit(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(RNG.integers(1_000, 900_000, len(good)) * 2 + good)


def _date(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    days = RNG.integers(0, 300, len(good)) + 400 * good
    return pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))


def _cents(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(RNG.gamma(3, 100, len(good)).round() + np.where(good, 0.0, 0.37))


def _remainder(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    return pd.Series(RNG.integers(1_000, 90_000, len(good)) * 7 + np.where(good, 0, 3))


def _minute(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    hours = pd.to_timedelta(RNG.integers(0, 7_000, len(good)), unit="h")
    minutes = pd.to_timedelta(np.where(good, 7, 33), unit="min")
    return pd.Series(pd.Timestamp("2024-01-01") + hours + minutes)


def _weekday(frame: pd.DataFrame, good: np.ndarray) -> pd.Series:
    days = RNG.integers(0, 50, len(good)) * 7 + np.where(good, 0, 3)
    return pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))


KINDS = {
    "copy under another name": _copy,
    "copy with errors": _noisy,
    "number": _number,
    "filled in afterwards": _filled,
    "not monotone": _folded,
    "prefix of a number": _prefix,
    "word in a note": _word,
    "last digit": _digit,
    "date": _date,
    "cents": _cents,
    "remainder": _remainder,
    "minute": _minute,
    "day of the week": _weekday,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_leak_is_found_and_nothing_else(audit: Callable, kind: str) -> None:
    frame = people()
    frame["extra"] = KINDS[kind](frame, (frame["approved"] == "yes").to_numpy())
    record = audit(frame)
    assert [f.status for f in of(record, "RA-DATA-007", "extra")] == [Status.FAILED]
    assert record.facts["data.leaks"] == ["extra"]


OWN = np.random.default_rng(5)


def _moments(good: np.ndarray) -> pd.Series:
    minutes = pd.to_timedelta(OWN.integers(0, 400_000, len(good)), unit="min")
    return pd.Series(pd.Timestamp("2024-01-01") + minutes)


HIDDEN = {
    "digit in the middle": lambda n, g: (
        OWN.integers(10, 99, n) * 1000 + np.where(g, 300, 800) + OWN.integers(0, 99, n)
    ),
    "half of a hundred": lambda n, g: (
        OWN.integers(9, 999, n) * 100 + OWN.integers(0, 50, n) + np.where(g, 0, 50)
    ),
    "remainder of 11": lambda n, g: OWN.integers(9, 9_999, n) * 11 + np.where(g, 2, 9),
    "remainder of 13": lambda n, g: OWN.integers(9, 9_999, n) * 13 + np.where(g, 2, 9),
    "third decimal": lambda n, g: np.round(OWN.gamma(3, 100, n), 2) + np.where(g, 0.001, 0.006),
    "second": lambda n, g: _moments(g) + pd.to_timedelta(np.where(g, 12, 45), unit="s"),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_coding_tells_what_a_number_or_a_time_hides(kind: str) -> None:
    good = OWN.random(600) < 0.5
    series = pd.Series(HIDDEN[kind](good.size, good))
    held = Kind.TIME if kind == "second" else Kind.NUMBER
    codings = _column_codings(series, held, good.astype(np.int64), np.zeros(600, np.int64))
    assert any(
        set(codes[good]).isdisjoint(codes[~good]) for how, codes in codings if how != "value"
    )


def test_a_copy_that_is_mostly_empty(audit: Callable) -> None:
    frame = people()
    frame["letter"] = frame["approved"].where(np.arange(len(frame)) % 10 < 4)
    record = audit(frame)
    assert record.facts["data.leaks"] == ["letter"]
    assert "no doubt about 40% of the rows" in of(record, "RA-DATA-007", "letter")[0].statement


def test_a_copy_that_is_filled_in_a_few_rows(audit: Callable) -> None:
    frame = people()
    frame["letter"] = frame["approved"].where(np.arange(len(frame)) % 25 < 2)
    frame["code"] = np.where(np.arange(len(frame)) % 20 == 3, frame["approved"], "open")
    record = audit(frame)
    assert record.facts["data.leaks"] == ["letter", "code"]
    assert (
        "the same in all rows but 8%, and there it leaves no doubt"
        in of(record, "RA-DATA-007", "letter")[0].statement
    )


def test_a_few_pure_rows_of_one_class_are_no_leak(audit: Callable) -> None:
    frame = people()
    good = (frame["approved"] == "yes").to_numpy()
    frame["bonus"] = np.where(good & (np.arange(len(frame)) % 8 == 0), "paid", "none")
    assert audit(frame).facts["data.leaks"] == []


@pytest.mark.parametrize("shares", [(0.5, 0.25, 0.25), (0.25, 0.5, 0.25)])
def test_one_class_of_several_that_lies_far_off_is_no_leak(shares: tuple[float, ...]) -> None:
    """As in Fisher's irises, be it the commonest or not; a copy of the label tells all classes."""
    frame = people(1000)
    kind = RNG.choice(3, len(frame), p=shares)
    frame["approved"] = np.array(["a", "b", "c"])[kind]
    for place in range(4):
        frame[f"size{place}"] = np.where(kind == 0, 0, 5) + RNG.normal(0, 1, len(frame)) + kind
    assert raudit.readiness(frame, label="approved").facts["data.leaks"] == []
    frame["copy"] = frame["approved"].str.upper()
    frame["some"] = frame["approved"].where(RNG.random(len(frame)) < 0.4)
    frame["few"] = frame["approved"].where(RNG.random(len(frame)) < 0.2)
    found = raudit.readiness(frame, label="approved").facts["data.leaks"]
    assert found == ["copy", "some", "few"]
    if shares[0] == max(shares):  # one column that tells the class from the rest
        frame = frame.drop(columns=["copy", "some", "few", *(f"size{i}" for i in range(4))])
        frame["is_a"] = (kind == 0).astype(int)
        assert raudit.readiness(frame, label="approved").facts["data.leaks"] == ["is_a"]


def test_two_features_that_leak_only_together(audit: Callable) -> None:
    frame = people()
    coin = RNG.integers(0, 2, len(frame))
    frame["one"], frame["two"] = coin, coin ^ (frame["approved"] == "yes").astype(int)
    [leak] = audit(frame).facts["data.leaks"]
    assert set(leak.split(" + ")) == {"one", "two"}


def test_what_is_known_after_the_outcome(audit: Callable) -> None:
    frame = people()
    day = pd.Timestamp("2025-01-01")
    frame["decided"] = day
    frame["visit"] = day + pd.to_timedelta(
        np.where(np.arange(len(frame)) % 10 == 0, 5, -5), unit="D"
    )
    record = audit(frame, outcome_time="decided")
    [finding] = of(record, "RA-DATA-007", "visit", by="time")
    assert finding.status is Status.FAILED
    assert "200 of 2,000 rows" in finding.statement


def test_a_value_without_a_time_may_have_come_at_any(audit: Callable) -> None:
    """Times that cannot be read were left out, and the rest passed."""
    frame = people()
    frame["decided"] = "2025-01-01"
    frame["score"], frame["scored"] = 1.0, "2024-12-01"
    asked = {"outcome_time": "decided", "known_at": {"score": "scored"}}
    [finding] = of(audit(frame, **asked), "RA-DATA-007", "score", by="time")
    assert (finding.status, finding.measurement.n) == (Status.PASSED, 2_000)
    frame.loc[:299, "scored"] = "01/02/2025"
    frame.loc[:99, "score"] = np.nan  # what is not there was not known too early
    [finding] = of(audit(frame, **asked), "RA-DATA-007", "score", by="time")
    assert (finding.status, finding.measurement.n) == (Status.INDETERMINATE, 1_700)
    assert finding.statement.endswith(" 200 more have a value and no time that could be read.")
    frame.loc[500, "scored"] = "2025-02-01"
    [finding] = of(audit(frame, **asked), "RA-DATA-007", "score", by="time")
    assert finding.status is Status.FAILED


@pytest.mark.parametrize(
    ("stage", "options", "slip"),
    [
        (
            "data_readiness",
            {"known_at": {"age": "decidedd"}, "outcome_time": "decided"},
            "decidedd",
        ),
        (
            "data_readiness",
            {"known_at": {"nobody": "decided"}, "outcome_time": "decided"},
            "nobody",
        ),
        ("data_readiness", {"outcome_time": "decidedd"}, "decidedd"),
        ("data_readiness", {"features": ["age", "incom"]}, "incom"),
        ("data_readiness", {"unit": ["person"]}, "person"),
        ("drift", {"columns": ["age", "incom"]}, "incom"),
    ],
)
def test_a_slip_in_the_plan_is_no_check_that_passed(
    audit: Callable, stage: str, options: dict[str, Any], slip: str
) -> None:
    """What is said of such a column was left out, and the rest passed."""
    frame = people().assign(decided="2025-01-01")
    with pytest.raises(AssertionError, match=f"no column '{slip}'"):  # the stage fails
        audit(frame, frame, stage=stage, **options)


def test_no_leak_where_there_is_none(audit: Callable) -> None:
    frame = people()
    frame["case_id"] = [f"{i:07}" for i in np.random.default_rng(1).permutation(len(frame))]
    record = audit(frame)
    [finding] = of(record, "RA-DATA-007")
    assert finding.status is Status.PASSED
    assert finding.measurement.value < 0.85
    assert "would not have shown" in finding.statement


def test_an_easy_task_is_no_leak(audit: Callable) -> None:
    frame = datasets.load_breast_cancer(as_frame=True).frame
    frame["approved"] = np.where(frame.pop("target") == 1, "yes", "no")
    record = audit(frame)
    failed = {
        f.subject.name
        for f in record.findings
        if f.status is Status.FAILED and f.subject.kind == "column"
    }
    assert len(failed) <= 0.01 * len(frame.columns)


def test_too_few_rows_say_so(audit: Callable) -> None:
    [finding] = of(audit(people(60)), "RA-DATA-007")
    assert finding.status is Status.INDETERMINATE
