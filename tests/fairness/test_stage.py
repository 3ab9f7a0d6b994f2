"""The stage end to end: every task, the sentences, and what goes into the record."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from raudit.canonical import canonical_bytes
from raudit.data.cells import CellTable
from raudit.findings import Status
from raudit.stages.fairness.options import FairnessOptions, Words
from raudit.stages.fairness.tasks.ranking import exposure, ndkl
from raudit.stages.fairness.words.sentences import agree, half_up, points, rounded_up, spoken


@pytest.fixture(scope="module")
def compas(vectors, run):
    counts = pd.read_csv(vectors / "fairness" / "compas-two-years.csv")
    frame = counts.loc[counts.index.repeat(counts["people"])].reset_index(drop=True)
    frame = frame[frame.race.isin(["African-American", "Caucasian"])]
    words = {
        "people": "defendants",
        "selected": "were marked low risk",
        "rejected": "were marked high risk",
        "deserving": "who did not reoffend",
        "undeserving": "who reoffended",
        "groups": {"African-American": "Black", "Caucasian": "white"},
    }
    return run(
        pa.Table.from_pandas(
            frame[["race", "sex", "two_year_recid", "score_text"]], preserve_index=False
        ),
        sensitive=("race",),
        label=("two_year_recid", "0"),
        prediction=("score_text", "Low"),
        options={"presets": "equal-opportunity", "words": words},
    )


def test_the_sentence_of_the_issue(compas, finding):
    found = finding(compas, "RA-FAIR-004")
    assert found.statement == (
        "Of 100 Black defendants who did not reoffend, 45 were marked high risk; of 100 white, 23. n = 1,795 and 1,488."
    )
    assert found.status is Status.FAILED


def test_the_result_fits_a_record(compas):
    canonical_bytes(
        {
            "facts": compas.facts,
            "artefacts": compas.artefacts,
            "tables": [dict(r) for t in compas.tables for r in t.rows],
        }
    )
    table = CellTable.from_json(compas.artefacts["cells"])
    assert table.total == 6150
    assert all(
        {"value", "n", "method"} <= set(row) or "suppressed" in row
        for row in compas.artefacts["estimates"]
    )
    assert compas.facts["fairness.groups_compared"] == ["race"]
    assert compas.facts["fairness.worst_gap"]["lowest"]["group"] == ["African-American"]
    for figure in compas.figures:
        assert "Black" in figure.alt


def test_the_same_seed_gives_the_same_bytes(run):
    rng = np.random.default_rng(0)
    table = {
        "g": rng.choice(["a", "b"], 400),
        "y": rng.integers(0, 2, 400),
        "p": rng.integers(0, 2, 400),
    }
    first, second = (run(table, label=("y", "1"), prediction=("p", "1")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("rate", "base", "said"),
    [
        (0.0, 100, "0"),
        (0.004, 100, "fewer than 1"),
        (0.445, 100, "45"),
        (0.449, 100, "45"),
        (0.9999, 100, "more than 99"),
        (1.0, 100, "100"),
        (0.2345, 1000, "235"),
    ],
)
def test_rates_are_spoken(rate, base, said):
    assert spoken(rate, base) == said


def test_grammar_and_rounding():
    assert agree("were marked", "1") == "was marked"
    assert agree("were marked", "45") == "were marked"
    assert agree("receive a loan", "fewer than 1") == "receives a loan"
    assert [half_up(v) for v in (0.5, 1.5, 2.4999999)] == [1, 2, 2]
    assert points(0.2049) == "20"
    assert points(0.0449) == "4.5"
    assert [rounded_up(v) for v in (7, 99, 1234)] == [7, 99, 1300]


def test_close_rates_are_told_per_thousand(run, finding):
    p = [1] * 301 + [0] * 699 + [1] * 304 + [0] * 696
    result = run({"g": ["a"] * 1000 + ["b"] * 1000, "p": p}, prediction=("p", "1"))
    assert finding(result, "RA-FAIR-001").statement.startswith(
        "Of 1,000 people in the group “a”, 301 were given the decision “1”; "
    )


def test_an_open_verdict_says_what_would_settle_it(run, finding):
    p = [1] * 20 + [0] * 80 + [1] * 32 + [0] * 68
    found = finding(
        run({"g": ["a"] * 100 + ["b"] * 100, "p": p}, prediction=("p", "1")), "RA-FAIR-001"
    )
    assert found.status is Status.INDETERMINATE
    assert "smallest gap that this sample shows reliably" in found.reason
    assert "rows in these two groups would settle it" in found.reason


def test_audit_wide_intervals_are_wider(run, finding):
    rng = np.random.default_rng(0)
    table = {
        "g": rng.choice(["a", "b"], 400),
        "h": rng.choice(["x", "y"], 400),
        "p": rng.integers(0, 2, 400),
    }
    widths = []
    for family in ("attribute", "audit"):
        result = run(table, sensitive=("g", "h"), prediction=("p", "1"), options={"family": family})
        interval = finding(result, "RA-FAIR-001", "g").measurement.interval
        widths.append(interval.high - interval.low)
    assert widths[1] > widths[0]


def test_berkeley_reverses_within_departments(vectors, run, finding):
    frame = pd.read_csv(vectors / "fairness" / "berkeley.csv")
    rows = frame.loc[frame.index.repeat(frame.Freq), ["Admit", "Gender", "Dept"]]
    result = run(
        pa.Table.from_pandas(rows, preserve_index=False),
        sensitive=("Gender",),
        control=("Dept",),
        prediction=("Admit", "Admitted"),
    )
    overall, within = finding(result, "RA-FAIR-001"), finding(result, "RA-FAIR-015")
    assert overall.data["lowest"]["group"] == ["Female"]
    assert overall.status is Status.FAILED
    assert within.data["lowest"]["group"] == ["Male"]
    assert within.status is Status.PASSED
    (table,) = [t for t in result.tables if t.id == "conditional-gender"]
    assert len(table.rows) == 6


def test_costs_scores_and_baseline_reach_the_intersections(run, finding):
    rng = np.random.default_rng(7)
    y, g, h = rng.integers(0, 2, 4000), rng.choice(["a", "b"], 4000), rng.choice(["x", "y"], 4000)
    wrong = np.where(
        (g == "b") & (h == "y"), 0.4, 0.1
    )  # neither attribute alone shows it at full size
    p = np.where(rng.random(4000) < wrong, 1 - y, y)
    table = {
        "g": g,
        "h": h,
        "y": y,
        "s": np.where(rng.random(4000) < wrong, rng.random(4000), 0.9 * y),
        "p": p,
        "old": np.where(rng.random(4000) < 0.3, 1 - y, y),
    }
    options = {
        "costs": {"false_positive": 1, "false_negative": 1, "limit": 0.2},
        "thresholds": {"auc_difference": 0.05, "calibration_difference": 0.2},
    }
    result = run(
        table,
        sensitive=("g", "h"),
        label=("y", "1"),
        prediction=("p", "1"),
        baseline=("old", "1"),
        score="s",
        options=options,
    )
    cost = finding(result, "RA-FAIR-013", "g × h")
    assert cost.data["highest"]["group"] == ["b", "y"]
    inside = (g == "b") & (h == "y")
    assert cost.data["highest"]["rate"] == pytest.approx(np.mean(p[inside] != y[inside]))
    assert finding(result, "RA-FAIR-013", "g").measurement.value < cost.measurement.value
    least = finding(result, "RA-FAIR-014", "g × h")
    assert least.status is Status.FAILED
    assert least.measurement.n == inside.sum()
    ranked = [
        f for f in result.findings if f.measurement and f.measurement.metric == "auc_difference"
    ]
    assert {f.subject.name for f in ranked} == {"g", "h", "g × h"}
    assert not [
        t for t in result.tables if t.id.startswith(("scores-g-x", "costs-g-x", "baseline-g-x"))
    ]


def test_a_compared_group_is_never_a_hidden_one():
    with pytest.raises(ValueError, match="suppress_below"):
        FairnessOptions(min_group=2, suppress_below=5)


def test_baseline_and_costs(run, finding):
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 3000)
    table = {
        "g": rng.choice(["a", "b"], 3000),
        "y": y,
        "p": np.where(rng.random(3000) < 0.85, y, 1 - y),
        "old": np.where(rng.random(3000) < 0.7, y, 1 - y),
    }
    options = {"costs": {"false_positive": 1, "false_negative": 5, "limit": 0.2}}
    result = run(
        table, label=("y", "1"), prediction=("p", "1"), baseline=("old", "1"), options=options
    )
    better = finding(result, "RA-FAIR-014", "all people")
    assert better.status is Status.PASSED
    want = np.mean(table["p"] == y) - np.mean(table["old"] == y)
    assert better.measurement.value == pytest.approx(want, abs=1e-12)
    cost = finding(result, "RA-FAIR-013")
    group = table["g"] == cost.data["highest"]["group"][0]
    fp, fn = (table["p"] == 1) & (y == 0) & group, (table["p"] == 0) & (y == 1) & group
    assert cost.data["highest"]["rate"] == pytest.approx((fp.sum() + 5 * fn.sum()) / group.sum())


def test_scores_bring_calibration_and_curves(run, finding):
    rng = np.random.default_rng(5)
    s = rng.random(4000)
    group = rng.choice(["a", "b"], 4000)
    y = (rng.random(4000) < np.where(group == "a", s, s * 0.6)).astype(int)
    options = {"presets": ["calibration"], "costs": {"false_positive": 1, "false_negative": 1}}
    result = run(
        {"g": group, "s": s, "y": y},
        task="score",
        score="s",
        threshold=0.5,
        label=("y", "1"),
        options=options,
    )
    assert finding(result, "RA-FAIR-009").status is Status.FAILED
    assert {"calibration-g", "score-distribution-g", "cost-sweep-g"} <= {
        figure.id for figure in result.figures
    }
    (table,) = [t for t in result.tables if t.id == "scores-g"]
    assert table.rows[0]["ece"] < 0.05 < table.rows[1]["ece"]


def test_without_labels_only_selection_is_measured(run):
    result = run({"g": ["a", "b"] * 100, "p": [1, 0, 0, 1] * 50}, prediction=("p", "1"))
    assert any("no labels" in note for note in result.notes)
    assert {row["metric"] for row in result.artefacts["estimates"]} == {"selection_rate"}
    open_ = [f for f in result.findings if f.rule == "RA-FAIR-003"]
    assert all(f.status is Status.INDETERMINATE and "no labels" in f.reason for f in open_)


def test_regression(run, finding):
    rng = np.random.default_rng(6)
    y = rng.normal(100, 10, 600)
    table = {
        "g": ["a"] * 300 + ["b"] * 300,
        "y": y,
        "p": y + np.repeat([0.0, -5.0], 300) + rng.normal(0, 1, 600),
    }
    options = {"thresholds": {"mean_error_difference": 2}}
    result = run(table, task="regression", label=("y",), prediction=("p",), options=options)
    assert finding(result, "RA-FAIR-011", metric="mean_error_difference").status is Status.FAILED
    assert (
        finding(result, "RA-FAIR-011", metric="mean_absolute_error_difference").status
        is Status.INDETERMINATE
    )


def test_multiclass(run, finding):
    rng = np.random.default_rng(7)
    group = np.repeat(["a", "b"], 2000)
    p = np.where(
        (group == "b") & (rng.random(4000) < 0.3), "jail", rng.choice(["fine", "warn"], 4000)
    )
    y = rng.choice(["fine", "warn", "jail"], 4000)
    result = run({"g": group, "p": p, "y": y}, task="multiclass", prediction=("p",), label=("y",))
    found = finding(result, "RA-FAIR-017", metric="demographic_parity_difference")
    assert found.status is Status.FAILED
    assert found.data["class"] == "jail"
    (table,) = [t for t in result.tables if t.id == "accuracy-g"]
    assert table.rows[0]["accuracy"] == pytest.approx(np.mean((p == y)[:2000]))


def test_ranking(run, finding):
    rng = np.random.default_rng(8)
    group = np.repeat(["a", "b"], 300)
    result = run(
        {"g": group, "s": rng.normal(0, 1, 600) + (group == "a") * 2},
        task="ranking",
        score="s",
        options={"top_k": [50]},
    )
    found = finding(result, "RA-FAIR-012")
    assert found.data["lowest"]["group"] == ["b"]
    assert found.data["p_value"] < 0.01
    assert result.facts["fairness.ndkl.g"] > 0


def test_exposure_and_ndkl_by_hand():
    assert exposure(np.array([1.0, 3.0, 2.0])) == pytest.approx([0.5, 1.0, 1 / np.log2(3)])
    assert exposure(np.array([1.0, 1.0])) == pytest.approx([(1 + 1 / np.log2(3)) / 2] * 2)
    # top 1 is group 0: KL = ln 2; top 2 is even: KL = 0
    weight = np.array([1, 1 / np.log2(3)])
    assert ndkl(np.array([0, 1]), np.array([2.0, 1.0])) == pytest.approx(
        np.log(2) * 1 / weight.sum()
    )


def test_options_name_the_nearest_disparity():
    with pytest.raises(ValueError, match="demographic_parity_ratio"):
        FairnessOptions(thresholds={"demographic_parity_ration": 0.8})
    assert FairnessOptions().limits()["demographic_parity_ratio"] == (0.8, "default")
    assert FairnessOptions(presets=("four-fifths",)).limits() == {
        "demographic_parity_ratio": (0.8, "preset four-fifths")
    }
    assert Words().people == "people"
