"""Placeholders, constants, outliers, contract, coverage, labels, times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import raudit
from raudit.data import Kind, wrap_table
from raudit.data.contract import breaches, contract_bytes, learn_contract, read_contract
from raudit.findings import Status
from raudit.stages.data_readiness.columns import far_outside
from raudit.stages.data_readiness.placeholder_values import find_placeholders
from raudit.stats.tally import tally

from .conftest import of, people

RNG = np.random.default_rng(11)


@pytest.mark.parametrize(
    "text", ["?", "NA", "-", "unknown", "N/A", "  ", "Not Available", "null", "1900-01-01"]
)
def test_texts_that_stand_for_nothing(text: str) -> None:
    series = pd.Series([*(["red", "green", "blue"] * 30), *([text] * 7)])
    [found] = find_placeholders(series, Kind.TEXT)
    assert (found.cells, found.certain) == (7, True)


@pytest.mark.parametrize("value", [999, -1, -9, 9999, 99999, -999])
def test_numbers_that_stand_apart(value: int) -> None:
    series = pd.Series([*RNG.integers(18, 80, 300), *([value] * 6)])
    [found] = find_placeholders(series, Kind.INTEGER)
    assert (found.shown, found.cells) == (str(value), 6)
    texts = pd.Series([*(str(v) for v in series), "?"])
    assert {p.shown for p in find_placeholders(texts, Kind.TEXT)} == {str(value), "?"}


def test_days_and_zero() -> None:
    days = pd.Series(
        [*pd.date_range("2020-01-01", periods=50), *([pd.Timestamp("1900-01-01")] * 3)]
    )
    assert [(p.shown, p.cells) for p in find_placeholders(days, Kind.TIME)] == [("1900-01-01", 3)]
    pressure = pd.Series([*RNG.normal(72, 6, 300).round(), 0, 0, 0])
    assert [p.shown for p in find_placeholders(pressure, Kind.NUMBER)] == ["0"]


@pytest.mark.parametrize(
    "values",
    [
        RNG.integers(0, 120, 500),
        RNG.normal(0, 1, 500),
        RNG.integers(990, 1010, 500),
        np.arange(9_000, 10_000),
        RNG.integers(-3, 4, 500),
        RNG.lognormal(3, 1, 500),
        [0, 1] * 50,
    ],
)
def test_numbers_that_are_meant(values: object) -> None:
    assert find_placeholders(pd.Series(values), Kind.NUMBER) == ()
    assert far_outside(np.asarray(values, dtype=float)) == 0


def test_a_lone_value_is_found_behind_a_heavy_tail() -> None:
    """Rounds played in a game: the last of the many are some hundreds apart, one is seventeen times further out."""
    tail = np.geomspace(221, 2640, 60).round()
    rounds = np.concatenate([np.tile(np.arange(221), 40), tail, [2961, 49_854]])
    assert far_outside(rounds) == 1
    assert far_outside(rounds[:-1]) == 0


def test_a_number_of_the_user_names_rows(audit: Callable) -> None:
    """Written as one word too; compared with the rest it would hide every copy."""
    frame = people(300).assign(userid=np.arange(300) + 1000)
    frame = pd.concat([frame, frame.iloc[:30].assign(userid=np.arange(30) + 5000)])
    record = audit(frame)
    assert record.facts["data.duplicate_rows"] == 30


def test_codes_of_countries_and_answers_are_left_undecided() -> None:
    codes = pd.Series(["DE", "FR", "NA", "ZA", "GB"] * 10)
    assert [p.certain for p in find_placeholders(codes, Kind.TEXT)] == [False]
    assert [
        p.certain for p in find_placeholders(pd.Series(["none", "some", "all"] * 9), Kind.TEXT)
    ] == [False]


def test_a_question_mark_is_counted_as_missing(audit: Callable) -> None:
    frame = people()
    frame.loc[:599, "region"] = "?"
    record = audit(frame)
    [hidden] = of(record, "RA-DATA-003")
    [missing] = of(record, "RA-DATA-001", "region")
    assert hidden.measurement.events == missing.measurement.events == 600
    assert missing.status is Status.FAILED
    assert "holds a placeholder in 600 more" in missing.statement
    assert record.facts["data.placeholder_cells"] == 600


@pytest.mark.parametrize(
    ("before", "status"),
    [(["DE"] * 400, "passed"), (["DE", "AT"] * 200, "failed")],
    ids=["constant before", "changing before"],
)
def test_the_reference_says_whether_a_constant_should_change(
    audit: Callable, before: list[str], status: str
) -> None:
    frame, reference = (people(400, seed).drop(columns="approved") for seed in (1, 2))
    record = audit(frame.assign(country="DE"), reference.assign(country=before))
    [country] = of(record, "RA-DATA-013", "country")
    assert country.status == status
    assert "in the reference" in country.reason


def test_constant_and_far_out(audit: Callable) -> None:
    frame = people()
    frame["country"] = "DE"
    frame["empty"] = pd.Series([None] * len(frame), dtype="string")
    frame.loc[5, "income"] = 9.9e6
    record = audit(frame)
    assert record.facts["data.constant_columns"] == ["country", "empty"]
    [country], [empty] = (of(record, "RA-DATA-013", name) for name in ("country", "empty"))
    assert (country.status, empty.status) == (Status.INDETERMINATE, Status.FAILED)
    assert "nothing says whether it should change" in country.reason
    assert record.facts["data.outlier_columns"] == ["income"]
    assert of(record, "RA-DATA-014", "income")[0].measurement.events == 1


def test_a_learnt_contract_survives_its_file_and_holds_for_its_data(tmp_path: Path) -> None:
    data = wrap_table(people())
    contract = learn_contract(data)
    path = tmp_path / "contract.json"
    path.write_bytes(contract_bytes(contract))
    assert read_contract(path) == contract
    assert breaches(contract, data) == ()
    assert contract.columns["region"].levels == ("east", "north", "south", "west")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda f: f.drop(columns="years"), "missing column"),
        (lambda f: f.assign(other=1), "new column"),
        (lambda f: f.assign(years="ten"), "type"),
        (lambda f: f.assign(income=f["income"] * 100), "unit"),
        (lambda f: f.assign(region=f["region"].replace("west", "WEST")), "levels"),
        (lambda f: f.assign(balance=f["balance"].where(f.index % 2 == 0)), "missing values"),
    ],
)
def test_every_breach_is_named(change: Callable, what: str) -> None:
    found = breaches(learn_contract(wrap_table(people())), wrap_table(change(people(2000, 5))))
    assert what in {b.what for b in found}
    assert {b.what for b in found} <= {what, "range"}
    assert not [b for b in found if b.what == "range" and b.certain]


def test_a_declared_contract_blocks(audit: Callable, tmp_path: Path) -> None:
    rules = {
        "schema": "raudit.contract/1",
        "closed": False,
        "columns": {"age": {"low": 21, "high": 70, "unit": "years"}},
    }
    (tmp_path / "contract.json").write_text(json.dumps(rules))
    frame = people()
    [finding] = of(audit(frame, data={"contract": "contract.json"}), "RA-DATA-008")
    outside = int(((frame["age"] < 21) | (frame["age"] > 70)).sum())
    assert finding.status is Status.FAILED
    assert finding.measurement.value == outside


def test_labels_against_the_promise(audit: Callable) -> None:
    frame = people()
    frame.loc[:99, "approved"] = None
    record = audit(frame.dropna(), labels_promised={"yes": 10, "no": 5_000})
    have = int((frame["approved"] == "no").sum())
    gap = [f for f in of(record, "RA-DATA-009") if f.status is Status.FAILED]
    assert [f.measurement.value for f in gap] == [have]
    assert record.facts["data.label_promise_gap"] == 5_000 - have


def test_coverage_against_the_population(audit: Callable) -> None:
    frame = people()
    frame["sex"] = np.where(np.arange(len(frame)) % 5 == 0, "Female", "Male")
    record = audit(frame, population={"sex": {"Female": 0.51, "Male": 0.49}})
    assert record.facts["data.groups_short"] == ["sex Female"]
    half = audit(frame, population={"sex": {"Female": 0.5}})
    assert of(half, "RA-DATA-011")[0].status is Status.INDETERMINATE


def test_age_and_gaps(audit: Callable) -> None:
    frame = people(200)
    frame["day"] = pd.date_range("2025-01-01", periods=200, freq="D") + pd.to_timedelta(
        (np.arange(200) >= 100) * 30, "D"
    )
    wanted = {"as_of": "2025-09-01", "max_age_days": 10, "max_gap_days": 40}
    record = audit(frame, time="day", freshness=wanted)
    age, gap = (of(record, "RA-DATA-012", metric=m)[0] for m in ("age_days", "gap_days"))
    assert (age.status, gap.status) == (Status.FAILED, Status.PASSED)
    assert (record.facts["data.age_days"], record.facts["data.gap_days_max"]) == (14.0, 31.0)


def test_one_row_with_a_time_has_no_gap_that_could_be_short(audit: Callable) -> None:
    frame = people(200)
    frame["day"] = [pd.Timestamp("2025-01-01"), *[pd.NaT] * 199]
    [gap] = of(audit(frame, time="day", freshness={"max_gap_days": 40}), "RA-DATA-012")
    assert gap.status is Status.INDETERMINATE


def test_a_date_to_come_makes_no_data_fresh(audit: Callable) -> None:
    """One placeholder such as 2099 was the newest row, of an age below zero, which any limit holds."""
    frame = people(200)
    frame["day"] = pd.date_range("2025-01-01", periods=200, freq="D")
    frame.loc[7, "day"] = pd.Timestamp("2099-12-31")
    wanted = {"as_of": "2025-09-01", "max_age_days": 10}
    [age] = of(audit(frame, time="day", freshness=wanted), "RA-DATA-012", metric="age_days")
    assert (age.status, age.measurement.value) == (Status.FAILED, 44.0)
    assert "1 row are dated" not in age.statement
    assert "1 row" in age.statement
    assert "the newest of the others is of 2025-07-19, 44.0 days before" in age.statement
    wanted["as_of"] = "2024-12-31"
    [age] = of(audit(frame, time="day", freshness=wanted), "RA-DATA-012")
    assert (age.status, age.reason) == (
        Status.INDETERMINATE,
        "every row is dated after 2024-12-31",
    )
    wanted["as_of"] = "2025-07-19"  # rows of the day itself are not after it
    frame.loc[7, "day"] = pd.Timestamp("2025-07-19T23:00")
    [age] = of(audit(frame, time="day", freshness=wanted), "RA-DATA-012", metric="age_days")
    assert (age.status, age.measurement.value) == (Status.PASSED, 0.0)


def test_a_tally_gives_numpys_quantiles_and_counts() -> None:
    rng = np.random.default_rng(0)
    for values in (
        rng.normal(size=1001).round(1),
        rng.integers(0, 9, 400).astype(float),
        np.array([0.0, -0.0, np.nan, 3.0, np.inf, 3.0, 7.0]),
    ):
        finite, found = values[np.isfinite(values)], tally(values)
        distinct, counts = np.unique(finite, return_counts=True)
        assert found.values.tolist() == distinct.tolist()
        assert found.counts.tolist() == counts.tolist()
        assert (found.n, found.missing) == (finite.size, values.size - finite.size)
        levels = np.linspace(0, 1, 51)
        assert found.quantiles(levels).tolist() == np.quantile(finite, levels).tolist()
        wanted = np.quantile(finite, levels, method="nearest")
        assert found.nearest_quantiles(levels).tolist() == wanted.tolist()
        assert found.below(distinct).tolist() == [(finite < edge).sum() for edge in distinct]


def test_a_frame_with_a_named_index() -> None:
    """Arrow keeps the index as a column, and pandas would take it away again."""
    frame = pd.DataFrame({"age": range(200)}, index=pd.Index(range(200, 400), name="person"))
    found = raudit.readiness(frame.sample(frac=1, random_state=0))
    assert found.facts["data.constant_columns"] == []


def test_decisions_are_no_news_to_a_contract_learnt_from_training_data(audit: Callable) -> None:
    training = people(400, 1)
    new = people(300, 2).assign(advice="yes", extra=1)
    plan = {"prediction": {"column": "advice", "favourable": "yes"}}
    record = audit(new, training, data=plan)
    found = of(record, "RA-DATA-008")
    assert [(f.subject.name, f.measurement) for f in found] == [("extra", None)]
    assert record.summary.startswith("9 columns profiled on 300 rows and in 2 groups.")
    bare = audit(people(300, 2).drop(columns="sex"))
    assert bare.summary.startswith("6 columns profiled on 300 rows. ")


def test_a_day_of_a_series_that_runs_past_it_is_a_day() -> None:
    months = pd.Series(pd.date_range("1967-07-01", periods=574, freq="MS"))
    assert find_placeholders(months.dt.strftime("%Y-%m-%d"), Kind.TEXT) == ()
    assert find_placeholders(pd.concat([months, months]), Kind.TIME) == ()
    often = pd.concat([months, pd.Series([pd.Timestamp("1970-01-01")] * 9)])
    for values, kind in ((often.dt.strftime("%Y-%m-%d"), Kind.TEXT), (often, Kind.TIME)):
        assert [(p.shown, p.cells) for p in find_placeholders(values, kind)] == [("1970-01-01", 10)]
    ends = pd.Series(["2020-01-01", "0001-01-01", "9999-12-31"] * 5)
    assert {p.shown for p in find_placeholders(ends, Kind.TEXT)} == {"0001-01-01", "9999-12-31"}


def test_what_may_be_a_placeholder_is_found_among_many_other_texts() -> None:
    odd = ["?", " N/A ", "NULL", "\u00a0-", "Unknown", "1900-01-01T00:00:00Z", "\x1c?", "none"]
    many = pd.Series([f"A-{number:06d}" for number in range(2_000)] + odd)
    found = {p.shown: p.cells for p in find_placeholders(many, Kind.TEXT)}
    assert found == {"?": 2, "N/A": 1, "NULL": 1, "-": 1, "Unknown": 1, "1900-01-01": 1, "none": 1}
    written = ["1", "2.0", " 3 ", "+4", "5e0", "1_0", ".5", "\u0667", "999", "999", "?"] * 3
    assert "999" in {p.shown for p in find_placeholders(pd.Series(written), Kind.TEXT)}


def test_one_of_anything_is_told_as_one():
    """Of one column, one row, one label, and one time that cannot be read."""
    stamped = pa.table({"at": ["2026-01-01", "2026-01-03", "soon"], "x": [1, 2, 3]})
    told = [
        raudit.readiness(pa.table({"a": ["x"]}), label="a"),
        raudit.readiness(pa.table({"a": [5, None]})),
        raudit.readiness(pa.table({"a": [5, 5, 6]})),
        raudit.readiness(stamped, time="at", freshness={"as_of": "2026-02-01"}),
    ]
    texts = [
        str(text)
        for result in told
        for text in (
            result.summary,
            *result.notes,
            *(finding.statement for finding in result.findings),
            *(table.caption for table in result.tables),
        )
    ]
    several = re.compile(r"(?<!of )\b1 (?:[a-z]+ )?(?:rows|columns|checks|groups|levels)\b")
    assert [text for text in texts if several.search(text)] == []
    assert any("1 column profiled on 1 row" in text for text in texts)
    assert any("in the one compared column" in text for text in texts)
    assert any("no time could be read of 1 row." in text for text in texts)


def test_labels_that_are_promised_and_not_there_are_said(audit: Callable) -> None:
    """A label without a value, with a value for every row, or a number was passed over, and the promise with it."""
    frame = people(300)
    frame["approved"] = None
    record = audit(frame, labels_promised={"yes": 10})
    found = of(record, "RA-DATA-009", "label")
    assert {finding.status for finding in found[:2]} == {Status.FAILED}
    assert "None of the 300 rows has a label." in found[0].statement
    frame["approved"] = [f"v{i % 60}" for i in range(300)]
    [promise] = of(
        audit(frame, labels_promised={"yes": 10}), "RA-DATA-009", "label", metric="promise"
    )
    assert promise.status is Status.INDETERMINATE
