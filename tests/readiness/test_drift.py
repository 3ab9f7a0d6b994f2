"""Drift against a reference: what moved is found, what did not is left alone, nothing is estimated on bad scores."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from raudit.data import Kind
from raudit.findings import Status
from raudit.stages.drift.compare import shift
from raudit.stages.drift.judge import judge
from raudit.stages.drift.options import Options
from raudit.stats.shift import absence, chi_square, homogeneity

from .conftest import of, people

DRIFT = {"stage": "drift"}
CHANCE = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "readiness_chance.py"), run_name="chance"
)
year = CHANCE["year"]


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("age", lambda s: s + 15),
        ("income", lambda s: s * 1.4),
        ("region", lambda s: s.where(s != "west", "north")),
        ("region", lambda s: s + "!"),
        ("balance", lambda s: s.where(np.arange(len(s)) % 4 > 0)),
        ("balance", lambda s: -s + 2000 + 300 * (s > 1000)),
    ],
)
def test_what_moved_is_found_and_only_that(audit: Callable, column: str, change: Callable) -> None:
    new = people(2000, 2)
    new[column] = change(new[column])
    record = audit(new, people(3000, 1), **DRIFT)
    assert record.facts["drift.moved"] == [column]
    [finding] = (
        of(record, "RA-DRIFT-001", column)
        if not of(record, "RA-DRIFT-001", column, group="sex Male")
        else of(record, "RA-DRIFT-001", column)[:1]
    )
    assert finding.status is Status.FAILED
    assert finding.measurement.interval.low > 0


def test_data_that_are_their_own_reference_tell_nothing(audit: Callable) -> None:
    record = audit(people(), people(), **DRIFT)
    assert record.findings
    assert {finding.status for finding in record.findings} == {Status.INDETERMINATE}
    assert record.facts["drift.measured"] is False


def test_a_constant_of_a_group_that_moved_is_told(audit: Callable) -> None:
    """Where two groups swap their values, everyone together has the same ones."""
    old, new = people(2000, 1), people(2000, 2)
    old["desk"] = np.where(old["sex"] == "Male", "a", "b")
    new["desk"] = np.where(new["sex"] == "Male", "b", "a")
    record = audit(new, old, **DRIFT)
    assert {name.split(" among ")[0] for name in record.facts["drift.moved_in_groups"]} == {"desk"}


def test_a_moved_constant_and_replaced_levels_are_never_stable() -> None:
    rng = np.random.default_rng(0)
    one = shift("a", pd.Series([1.0] * 80), pd.Series([2.0] * 80), Kind.NUMBER, rng=rng)
    two = shift("b", pd.Series(["x", "y"] * 40), pd.Series(["u", "v"] * 40), Kind.TEXT, rng=rng)
    for found in (one, two):
        assert found.psi.value > 1
        assert found.psi.low > 0.1
        assert found.p_value < 1e-10
    [judged] = judge([two], Options())
    assert (two.new_rows, judged.lost_levels, judged.levels) == (80, 2, Status.FAILED)


def test_nothing_moved_is_told_from_nothing_seen(audit: Callable) -> None:
    record = audit(people(3000, 2), people(3000, 1), **DRIFT)
    assert record.facts["drift.moved"] == []
    assert {f.status for f in of(record, "RA-DRIFT-001")} == {Status.PASSED}
    small = audit(people(80, 2), people(80, 1), **DRIFT)
    assert Status.PASSED not in {f.status for f in of(small, "RA-DRIFT-001", "income")}


def test_a_shift_in_one_group_is_found_there(audit: Callable) -> None:
    old, new = people(6000, 1), people(6000, 2)
    new.loc[(new["sex"] == "Female") & (np.arange(len(new)) % 2 == 0), "years"] = 3
    record = audit(new, old, **DRIFT)
    assert "years among sex Female" in record.facts["drift.moved_in_groups"]
    assert not any("Male" in g for g in record.facts["drift.moved_in_groups"])


def test_what_is_asked_for_and_cannot_be_compared_is_not_passed_over(audit: Callable) -> None:
    """It stood in a note, and the columns beside it passed for all."""
    now, before = people(), people(seed=1)
    now["note"] = before["note"] = [f"row {i}" for i in range(len(now))]
    now["fresh"] = 1.0
    columns = ["income", "note", "fresh"]
    record = audit(now, before, stage="drift", columns=columns)
    told = {f.subject.name: f for f in of(record, "RA-DRIFT-001") if f.subject.name in columns}
    assert told["income"].status is Status.PASSED
    assert (told["note"].status, told["note"].reason) == (
        Status.INDETERMINATE,
        "names rows, or is free text",
    )
    assert (told["fresh"].status, told["fresh"].reason) == (
        Status.INDETERMINATE,
        "in one of the two only",
    )
    note = " ".join(record.notes)
    assert "note (names rows, or is free text), fresh (in one of the two only)" in note
    by_default = audit(now, before, stage="drift")  # nobody asked for these two
    assert {"note", "fresh"}.isdisjoint(f.subject.name for f in by_default.findings)


def test_the_same_rows_in_another_file_tell_nothing(audit: Callable) -> None:
    """A shuffled copy has another digest, and passed for a period in which nothing moved."""
    now = people(3000, 2)
    for reference in (now, now.sample(frac=1, random_state=3)):
        record = audit(now, reference, **DRIFT)
        assert Status.PASSED not in {finding.status for finding in record.findings}
        assert record.facts["drift.measured"] is False
    reasons = {finding.reason for finding in record.findings}
    assert any("they are the same rows, so nothing can have moved" in why for why in reasons)
    (contract,) = of(audit(now, now, stage="data_readiness"), "RA-DATA-008")
    assert contract.reason == "it was learnt from the audited file itself"
    one_less = audit(now, now.iloc[1:], **DRIFT)
    assert one_less.facts["drift.measured"] is True


def test_numbers_that_are_none_in_the_reference_are_not_passed_over(audit: Callable) -> None:
    """A column that was filled since: as text it would name rows, and was left out in a note."""
    before = people(2000, 1)
    record = audit(people(2000, 2), before.assign(income=None), stage="drift")
    (told,) = [f for f in of(record, "RA-DRIFT-001") if f.subject.name == "income"]
    assert (told.status, told.reason) == (
        Status.INDETERMINATE,
        "numbers in one of the two only",
    )


def test_new_levels_by_share(audit: Callable) -> None:
    new = people(2000, 2)
    new.loc[:99, "region"] = "centre"
    record = audit(new, people(2000, 1), **DRIFT)
    [finding] = of(record, "RA-DRIFT-002", "region")
    assert (finding.status, finding.measurement.events) == (Status.FAILED, 100)


def test_without_a_reference_the_stage_is_skipped_and_says_so(tmp_path) -> None:
    import json

    from raudit.pipeline import measure, prepare
    from raudit.plan import parse_plan

    from .conftest import CLOCK

    people(100).to_parquet(tmp_path / "data.parquet")
    plan = {
        "schema": "raudit.plan/1",
        "system": {"name": "x", "version": "1"},
        "data": {"path": "data.parquet"},
    }
    for stages, there in ((None, False), ({"drift": {}, "pii": {}}, True)):
        text = json.dumps(plan | ({"stages": stages} if stages else {"stages": None}))
        prepared = prepare(parse_plan(text, folder=tmp_path), clock=CLOCK)
        assert ("drift" in prepared.stages) is there
    only = prepare(
        parse_plan(json.dumps(plan | {"stages": {"drift": {}}}), folder=tmp_path), clock=CLOCK
    )
    [record] = measure(only).stages
    assert record.outcome == "skipped"
    assert "data.reference" in record.reason


def scored(n: int, seed: int, *, power: float = 1.0) -> pd.DataFrame:
    """Calibrated scores if ``power`` is 1, overconfident ones else."""
    rng = np.random.default_rng(seed)
    score = rng.beta(1.2, 1.2, n)
    frame = people(n, seed)
    frame["approved"] = np.where(rng.random(n) < score, "yes", "no")
    frame["score"] = score**power / (score**power + (1 - score) ** power)
    return frame


SCORES = {"data": {"score": {"column": "score", "threshold": 0.5}}}


def test_performance_is_estimated_from_calibrated_scores_only(audit: Callable) -> None:
    unlabelled = scored(2000, 2).assign(approved=None)
    good = audit(unlabelled, scored(3000, 1), **DRIFT, **SCORES)
    [finding] = of(good, "RA-DRIFT-003")
    real = scored(2000, 2)
    accuracy = ((real["score"] >= 0.5) == (real["approved"] == "yes")).mean()
    assert finding.status is Status.PASSED
    assert finding.measurement.interval.low <= accuracy <= finding.measurement.interval.high
    sure = scored(2000, 2, power=3).assign(approved=None)
    bad = audit(sure, scored(3000, 1, power=3), **DRIFT, **SCORES)
    [refused] = of(bad, "RA-DRIFT-003")
    assert refused.status is Status.INDETERMINATE
    assert "not calibrated" in refused.reason
    assert refused.measurement is None
    assert "drift.estimated_accuracy" not in bad.facts


def test_late_labels_are_bounds(audit: Callable) -> None:
    new = scored(1000, 2)
    new.loc[:299, "approved"] = None
    record = audit(new, scored(3000, 1), **DRIFT, **SCORES)
    [finding] = of(record, "RA-DRIFT-004")
    known = new.iloc[300:]
    right = int(((known["score"] >= 0.5) == (known["approved"] == "yes")).sum())
    assert (finding.measurement.interval.low, finding.measurement.interval.high) == (
        right / 1000,
        (right + 300) / 1000,
    )


def _wide(rng: np.random.Generator, n: int) -> pd.Series:
    """A text of 150 levels, most of them rare: any sample has some that another lacks."""
    weights = 1 / np.arange(1, 151)
    return pd.Series(rng.choice([f"v{i}" for i in range(150)], n, p=weights / weights.sum()))


def test_rare_levels_that_chance_brings_are_no_alarm() -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(60):
        found = shift("a", _wide(rng, 400), _wide(rng, 400), Kind.TEXT, rng=rng)
        [judged] = judge([found], Options(audits=1))
        seen.add(judged.levels)
        assert found.new_rows > 0.01 * found.n_new
    assert seen == {Status.INDETERMINATE}


def test_a_renamed_level_is_found_among_rare_ones() -> None:
    rng = np.random.default_rng(3)
    old, new = _wide(rng, 2_000), _wide(rng, 1_000)
    found = shift("a", old, new.replace("v3", "V3"), Kind.TEXT, rng=rng)
    [judged] = judge([found], Options())
    assert judged.levels is Status.FAILED
    assert judged.lost_levels == 1
    assert found.new_chance < 1e-4


def test_no_alarm_over_some_weeks_of_an_unchanged_stream() -> None:
    assert not any(year(1, weeks=4))


def test_values_that_begin_to_go_missing_are_told_however_few() -> None:
    rng = np.random.default_rng(0)
    old, new = pd.Series(rng.normal(size=4_000)), pd.Series(rng.normal(size=500))
    new[::20] = np.nan
    found = shift("a", old, new, Kind.NUMBER, rng=rng)
    [judged] = judge([found], Options(audits=52))
    assert judged.moved
    assert absence((200, 4_000), (25, 500)) > 0.9
    assert absence((0, 0), (0, 500)) == 1.0


def test_the_simulated_year_asks_the_tests_of_the_stage() -> None:
    rng = np.random.default_rng(4)
    old, new = (CHANCE["parts"](CHANCE["stream"](rng, size)) for size in (2_000, 400))
    for name in ("h0", "s1", "e0", "l0", "l3"):
        kind = Kind.TEXT if name[0] == "l" else Kind.NUMBER
        sides = [pd.Series(side[name, "1"]) for side in (old, new)]
        texts = [side.map(str) if kind is Kind.TEXT else side for side in sides]
        told = shift(name, *texts, kind, rng=rng, group="1").p_value
        asked, _levels = CHANCE["clearest"](name, old[name, "1"], new[name, "1"], grouped=True)
        assert min(asked, 1.0) == pytest.approx(told)
    moved = old["n0", ""] + 2.0
    options = Options(audits=52)
    assert CHANCE["alarms"]({("n0", ""): old["n0", ""]}, {("n0", ""): moved}, options, rng)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_false_alarms_over_a_year() -> None:
    years = [any(year(seed)) for seed in range(8)]
    assert sum(years) <= 2  # at 5 % more than two has a chance of 0.6 %


def test_a_comparison_of_levels_is_as_sure_as_the_less_sure_test() -> None:
    """One level of few rows that jumps: Pearson's statistic alone is far too sure of it."""
    old = pd.Series(["a"] * 950 + ["b"] * 50)
    new = pd.Series(["a"] * 107 + ["b"] * 18)
    found = shift("a", old, new, Kind.TEXT, rng=np.random.default_rng(0))
    _statistic, pearson = chi_square([950, 50], [107, 18])
    assert found.p_value == homogeneity([950, 50], [107, 18])[1] > 5 * pearson


def test_a_test_is_called_what_it_is() -> None:
    """Where nobody is missing p is the test's own; where some are, it is corrected and says so."""
    rng = np.random.default_rng(5)
    old, new = pd.Series(rng.normal(size=900)), pd.Series(rng.normal(0.06, 1, 700))
    found = shift("a", old, new, Kind.NUMBER, rng=rng)
    theirs = ks_2samp(old, new)
    assert (found.test, found.p_value) == (
        "Kolmogorov-Smirnov",
        pytest.approx(theirs.pvalue, abs=0.02),
    )
    holes = shift("a", old.where(old < 1.5), new, Kind.NUMBER, rng=rng)
    assert holes.test == "Kolmogorov-Smirnov and missing values (Bonferroni)"


def test_what_labels_tell_is_not_estimated(audit: Callable) -> None:
    """With every label there, a reference without scores leaves nothing open."""
    new, old = scored(600, 2), scored(600, 1).drop(columns="score")
    assert not of(audit(new, old, **DRIFT, **SCORES), "RA-DRIFT-003")
    new.loc[:200, "approved"] = None
    [finding] = of(audit(new, old, **DRIFT, **SCORES), "RA-DRIFT-003")
    assert finding.status is Status.INDETERMINATE


@pytest.mark.parametrize(("turned", "status"), [(0.0, Status.PASSED), (0.5, Status.FAILED)])
def test_labels_in_hand_overrule_what_scores_promise(
    audit: Callable, turned: float, status: Status
) -> None:
    """Scores stay as calibrated as they were; the labels say that decisions are wrong."""
    new, old = scored(2000, 2), scored(3000, 1)
    rows = np.random.default_rng(0).random(len(new)) < turned
    new.loc[rows, "approved"] = new.loc[rows, "approved"].map({"yes": "no", "no": "yes"})
    [finding] = of(audit(new, old, **DRIFT, **SCORES), "RA-DRIFT-003")
    right, before = (
        (frame["approved"] == np.where(frame["score"] >= 0.5, "yes", "no")).mean()
        for frame in (new, old)
    )
    assert finding.status is status
    assert finding.measurement.value == pytest.approx(before - right)
    assert finding.measurement.n == 5000
    assert f"accuracy is {right:.1%}" in finding.statement


def test_rows_without_a_decision_are_no_refusals(audit: Callable) -> None:
    """A missing score counted as a decision against the person, and could pass."""
    new, old = scored(1000, 2), scored(3000, 1)
    new.loc[:299, "approved"] = None
    new.loc[500:699, "score"] = None
    record = audit(new, old, **DRIFT, **SCORES)
    [late] = of(record, "RA-DRIFT-004")
    kept = new[new["score"].notna()]
    known = kept[kept["approved"].notna()]
    right = int(((known["score"] >= 0.5) == (known["approved"] == "yes")).sum())
    assert late.measurement.interval.low == right / 800
    assert "left out for want of a decision: 200" in late.statement
    [estimated] = of(record, "RA-DRIFT-003")
    assert estimated.reason == "rows without a decision: 200"


def test_a_reference_of_few_or_no_labels_is_no_measure(audit: Callable) -> None:
    new = scored(1000, 2)
    new.loc[:4, "approved"] = None
    for labelled, said in ((40, "40 labelled rows"), (0, "has no labels")):
        old = scored(3000, 1)
        old.loc[labelled:, "approved"] = None
        [late] = of(audit(new, old, **DRIFT, **SCORES), "RA-DRIFT-004")
        assert late.status is Status.INDETERMINATE
        assert said in late.reason


def test_a_sensitive_feature_that_the_reference_lacks_is_not_passed_over(audit: Callable) -> None:
    record = audit(people(), people(seed=1).drop(columns="sex"), **DRIFT)
    [finding] = of(record, "RA-DRIFT-001", "sex")
    assert finding.status is Status.INDETERMINATE
    bare = people(seed=1).drop(columns="approved")
    record = audit(people().assign(score=0.5), bare, **DRIFT, **SCORES)
    assert any("(score) (the reference has none)" in note for note in record.notes)
