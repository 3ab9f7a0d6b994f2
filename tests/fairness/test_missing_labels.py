"""Missing labels cost only what needs labels; limits of values themselves; decisions that hardly vary."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

from raudit.findings import Status
from raudit.stages.fairness.measures.histogram import _off_variance

SIZE = 4000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(7)
    g = np.where(np.arange(SIZE) % 2, "a", "b")
    s = rng.random(SIZE)
    y = (rng.random(SIZE) < s).astype(float)
    p = (s > np.where(g == "a", 0.4, 0.6)).astype(int)
    known = rng.random(SIZE) < np.where(g == "a", 0.9, 0.4)
    return {"g": g, "s": s, "y": np.where(known, y, np.nan), "p": p}


def as_columns(table):
    return table | {"y": [None if np.isnan(v) else int(v) for v in table["y"]]}


def of(result, rule):
    return [finding for finding in result.findings if finding.rule == rule]


def test_selection_is_of_everyone_and_errors_of_the_labelled(run, table):
    options = {
        "thresholds": {"demographic_parity_difference": 0.1, "equal_opportunity_difference": 0.1},
        "draws": 400,
    }
    result = run(
        as_columns(table), prediction=("p", "1"), label=("y", "1"), score="s", options=options
    )
    found = {
        row["metric"] + row["group"][0]: row
        for row in result.artefacts["estimates"]
        if len(row["group"]) == 1
    }
    for group in "ab":
        mine = table["g"] == group
        known = mine & ~np.isnan(table["y"])
        rate = found[f"selection_rate{group}"]
        assert (rate["n"], rate["value"]) == (mine.sum(), pytest.approx(table["p"][mine].mean()))
        recall = found[f"true_positive_rate{group}"]
        assert recall["value"] == pytest.approx(recall_score(table["y"][known], table["p"][known]))
        assert recall["n"] == table["y"][known].sum()
        assert found[f"accuracy{group}"]["n"] == known.sum()
        assert found[f"auc{group}"]["value"] == pytest.approx(
            roc_auc_score(table["y"][known], table["s"][known])
        )
    (coverage,) = of(result, "RA-FAIR-020")
    known = ~np.isnan(table["y"])
    assert f"known for {known.sum():,} of 4,000 people" in coverage.statement
    assert coverage.measurement.value == pytest.approx(
        known[table["g"] == "a"].mean() - known[table["g"] == "b"].mean()
    )
    assert coverage.measurement.interval.low > 0.4


def test_without_any_label_default_limits_that_need_one_are_not_set(run, table):
    everyone = table | {"y": [None] * SIZE}
    for columns, roles in ((everyone, {"label": ("y", "1")}), (table, {})):
        result = run(columns, prediction=("p", "1"), options={"draws": 400}, **roles)
        assert {f.subject.detail["metric"] for f in result.findings if "highest" in f.data} == {
            "demographic_parity_difference",
            "demographic_parity_ratio",
        }
        assert any("default limits that need labels are not set" in note for note in result.notes)
        asked = of(result, "RA-FAIR-020")  # whoever names outcomes, of which none is there, is told
        assert [f.status for f in asked] == [Status.INDETERMINATE] * ("label" in roles)
        assert all("known for none of 4,000 people" in f.statement for f in asked)
    asked = {"thresholds": {"equalized_odds_difference": 0.1}, "draws": 400}
    (kept,) = of(run(table, prediction=("p", "1"), options=asked), "RA-FAIR-003")
    assert kept.status is Status.INDETERMINATE


def test_scores_without_a_threshold_are_compared_and_the_key_is_named(run, table):
    result = run(table, score="s", task="score", options={"draws": 400})
    assert any("data.score.threshold" in note for note in result.notes)
    (spread,) = of(result, "RA-FAIR-018")
    assert spread.status is Status.INDETERMINATE
    means = [table["s"][table["g"] == group].mean() for group in "ab"]
    assert spread.measurement.value == pytest.approx(abs(means[0] - means[1]))


def test_decisions_that_hardly_vary_are_named(run):
    columns = {"g": ["a", "b"] * 500, "p": [0] * 997 + [1] * 3}
    (found,) = of(run(columns, prediction=("p", "1")), "RA-FAIR-021")
    assert "of 1,000 people, 997" in found.statement
    columns["p"] = [0] * 900 + [1] * 100
    assert not of(run(columns, prediction=("p", "1")), "RA-FAIR-021")


def turned(how, size=600):
    """Outcomes, and decisions and scores that follow them (1), ignore them (0) or run against them (-1)."""
    rng = np.random.default_rng(11)
    y = rng.integers(0, 2, size)
    s = np.clip(0.5 + how * 0.15 * (2 * y - 1) + rng.normal(0, 0.2, size), 0.001, 0.999)
    return {"g": ["a", "b"] * (size // 2), "y": y, "s": s, "p": (s > 0.5).astype(int)}


@pytest.mark.parametrize(("how", "named"), [(1, False), (0, False), (-1, True)])
@pytest.mark.parametrize("declared", ["decision", "score"])
def test_a_side_declared_the_wrong_way_round_is_named(run, how, named, declared):
    """High is bad in a risk score; read as good, every rate is of the wrong people."""
    columns = turned(how)
    task = {"score": "s", "task": "score"} if declared == "score" else {"prediction": ("p", "1")}
    found = of(run(columns, label=("y", "1"), options={"draws": 400}, **task), "RA-FAIR-023")
    assert bool(found) is named
    if not named:
        return
    assert found[0].status is Status.FAILED
    y, p = columns["y"], columns["p"]
    right = (
        roc_auc_score(y, columns["s"])
        if declared == "score"
        else p[y == 1].mean() - p[y == 0].mean()
    )
    assert found[0].measurement.value == pytest.approx(right, abs=1e-9)
    assert "higher_is_favourable" in found[0].remedy


def test_limits_of_everyone_have_the_plain_interval(run, table):
    """One group needs no correction for many: Wilson's interval at the level that is printed."""
    from raudit.stats import wilson

    result = run(
        as_columns(table),
        label=("y", "1"),
        prediction=("p", "1"),
        options={"performance": {"accuracy": 0.5}, "draws": 400},
    )
    (everyone,) = [f for f in of(result, "RA-PERF-001") if f.subject.kind == "model"]
    known = ~np.isnan(table["y"])
    hits = (table["y"][known] == table["p"][known]).sum()
    low, high = wilson(hits, known.sum())
    found = everyone.measurement.interval
    assert (found.low, found.high) == pytest.approx((float(low), float(high)))


def test_numbers_without_edges_are_named(run):
    columns = {"g": [20 + i % 40 for i in range(4000)], "p": [0, 1] * 2000}
    (found,) = of(run(columns, prediction=("p", "1"), options={"draws": 400}), "RA-FAIR-022")
    assert "The 40 groups by g are single numbers" in found.statement


@pytest.mark.parametrize(
    ("name", "limit", "status"),
    [
        ("accuracy", 0.5, Status.PASSED),
        ("accuracy", 0.95, Status.FAILED),
        ("recall", 0.99, Status.FAILED),
        ("auc", 0.6, Status.PASSED),
        ("auc", 0.99, Status.FAILED),
        ("calibration", 0.2, Status.PASSED),
        ("calibration", 0.0001, Status.INDETERMINATE),
    ],
)
def test_performance_is_held_against_its_own_limit(run, table, name, limit, status):
    options = {"performance": {name: limit}, "draws": 400}
    result = run(
        as_columns(table), prediction=("p", "1"), label=("y", "1"), score="s", options=options
    )
    everyone, worst = [f for f in result.findings if f.rule.startswith("RA-PERF")]
    assert everyone.subject.name == "all people"
    assert {everyone.status, worst.status} == {status}
    known = ~np.isnan(table["y"])
    y, p, s, g = (table[key][known] for key in "ypsg")
    second = {
        "accuracy": lambda m: accuracy_score(y[m], p[m]),
        "recall": lambda m: recall_score(y[m], p[m]),
        "auc": lambda m: roc_auc_score(y[m], s[m]),
        "calibration": lambda m: y[m].mean() - s[m].mean(),
    }[name]
    assert everyone.measurement.value == pytest.approx(second(np.ones(len(y), dtype=bool)))
    values = [second(g == group) for group in "ab"]
    expected = max(values, key=abs) if name == "calibration" else min(values)
    assert worst.measurement.value == pytest.approx(expected)


def test_a_performance_limit_without_labels_is_not_passed(run, table):
    result = run(
        table, prediction=("p", "1"), options={"performance": {"accuracy": 0.5}, "draws": 400}
    )
    (found,) = [f for f in result.findings if f.rule == "RA-PERF-001"]
    assert found.status is Status.INDETERMINATE
    assert found.reason == "There are no outcomes."


def amounts():
    rng = np.random.default_rng(9)
    g = np.where(np.arange(600) % 2, "a", "b")
    y = rng.normal(50, 10, 600)
    p = y + rng.normal(0, 2, 600) + (g == "a")
    known = rng.random(600) < np.where(g == "a", 0.9, 0.5)
    return {"g": g, "p": p, "y": np.where(known, y, np.nan)}


def test_amounts_without_a_true_value_cost_only_errors(run):
    columns = amounts()
    limits = {"thresholds": {"mean_error_difference": 2.0}, "draws": 400}
    result = run(columns, score="p", label=("y",), task="regression", options=limits)
    known = ~np.isnan(columns["y"])
    found = {(row["metric"], row["group"][0]): row for row in result.artefacts["estimates"]}
    for group in "ab":
        mine = columns["g"] == group
        mean = found["mean_prediction", group]
        assert (mean["n"], mean["value"]) == (mine.sum(), pytest.approx(columns["p"][mine].mean()))
        error = found["mean_error", group]
        off = (columns["p"] - columns["y"])[mine & known]
        assert (error["n"], error["value"]) == (off.size, pytest.approx(off.mean()))
    (coverage,) = of(result, "RA-FAIR-020")
    assert f"known for {known.sum():,} of 600 people" in coverage.statement
    assert any("Mean predictions are of all 600; errors are of the" in n for n in result.notes)
    (table,) = [t for t in result.tables if t.id == "errors-g"]
    assert {row["labelled"] for row in table.rows} == {
        int((known & (columns["g"] == group)).sum()) for group in "ab"
    }


def test_limits_on_errors_without_any_true_value_are_not_passed(run):
    columns = amounts() | {"y": np.full(600, np.nan)}
    limits = {"thresholds": {"mean_error_difference": 2.0}, "draws": 400}
    result = run(columns, score="p", label=("y",), task="regression", options=limits)
    (found,) = [
        f for f in of(result, "RA-FAIR-011") if f.subject.detail["metric"].startswith("mean_error")
    ]
    assert found.status is Status.INDETERMINATE
    assert {row["metric"] for row in result.artefacts["estimates"]} == {"mean_prediction"}


def test_classes_without_a_true_one_still_count_as_decided(run):
    rng = np.random.default_rng(10)
    columns = {"g": ["a", "b"] * 300, "p": rng.choice(["u", "v", "w"], 600).tolist()}
    columns["y"] = [None if i % 5 == 0 else p for i, p in enumerate(columns["p"])]
    result = run(
        columns,
        prediction=("p",),
        label=("y",),
        task="multiclass",
        options={"thresholds": {"demographic_parity_difference": 0.2}, "draws": 400},
    )
    sizes = {f.subject.detail["metric"]: f.measurement.n for f in of(result, "RA-FAIR-017")}
    assert sizes["demographic_parity_difference"] == 600
    assert of(result, "RA-FAIR-020")
    (accuracy,) = [t for t in result.tables if t.id == "accuracy-g"]
    assert sum(row["n"] for row in accuracy.rows) == 480


def test_classes_of_which_nearly_everyone_is_given_one_are_named(run):
    """No two groups differ in what everybody gets, whatever the true classes were."""

    def told(others):
        given = ["u"] * (1000 - others) + ["v"] * others
        columns = {"g": ["a", "b"] * 500, "p": given, "y": ["u", "v", "w", "u"] * 250}
        result = run(columns, prediction=("p",), label=("y",), task="multiclass")
        return [(f.status, f.statement) for f in of(result, "RA-FAIR-021")]

    for others in (0, 9):
        ((status, statement),) = told(others)
        assert status is Status.INDETERMINATE
        assert f"{1000 - others:,} were given the class u and {others} were given" in statement
    assert told(10) == []


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize(("scale", "turned"), [(1, "1 - s"), (10, "-s")])
def test_a_risk_is_measured_as_its_counterpart_is(tmp_path, kind, scale, turned):
    """A probability of something bad is calibrated or not like any other; nobody is lost at the threshold."""
    import pandas as pd

    from raudit.data import wrap_table
    from raudit.evidence import Quiet
    from raudit.plan import parse_plan
    from raudit.roles import audited_data

    values = np.round(np.random.default_rng(5).random(300), 1).astype(kind) * np.asarray(
        scale, kind
    )
    at = 0.3 * scale
    text = (
        'schema: raudit.plan/1\nsystem: {name: s, version: "1"}\n'
        f"data: {{path: d.csv, score: {{column: s, threshold: {at}, higher_is_favourable: false}}}}\n"
    )
    data = wrap_table(pd.DataFrame({"s": values}))
    audited = audited_data(parse_plan(text, folder=tmp_path), data, None, Quiet())
    score = audited.data.frame([audited.roles.score])[audited.roles.score].to_numpy()
    assert audited.roles.score_turned == turned
    assert ((score >= audited.roles.threshold) == (values < np.asarray(at, kind))).all()
    assert (values == np.asarray(at, kind)).sum() > 0


def test_a_risk_too_small_to_be_taken_from_one_keeps_its_order(tmp_path):
    import pandas as pd

    from raudit.data import wrap_table
    from raudit.evidence import Quiet
    from raudit.plan import parse_plan
    from raudit.roles import audited_data

    text = (
        'schema: raudit.plan/1\nsystem: {name: s, version: "1"}\n'
        "data: {path: d.csv, score: {column: s, threshold: 0.5, higher_is_favourable: false}}\n"
    )
    near = wrap_table(pd.DataFrame({"s": [np.nextafter(0.5, 0), 0.4]}))
    roles = audited_data(parse_plan(text, folder=tmp_path), near, None, Quiet())
    kept = roles.data.frame([roles.roles.score])[roles.roles.score].to_numpy()
    assert (kept >= roles.roles.threshold).all(), (
        "both lie under the threshold, one by the last bit"
    )
    data = wrap_table(pd.DataFrame({"s": [1e-18, 2e-18, 0.5]}))
    audited = audited_data(parse_plan(text, folder=tmp_path), data, None, Quiet())
    score = audited.data.frame([audited.roles.score])[audited.roles.score].to_numpy()
    assert (audited.roles.score_turned, np.argsort(score).tolist()) == ("-s", [2, 1, 0])


def test_a_list_in_which_nearly_everyone_has_one_place_ranks_nobody(run):
    def told(apart):
        scores = [0.5] * (1000 - apart) + [0.1] * apart
        result = run({"g": ["a", "b"] * 500, "s": scores}, task="ranking", score="s")
        return [(f.status, f.statement) for f in of(result, "RA-FAIR-021")]

    for apart in (0, 9):
        ((status, statement),) = told(apart)
        assert status is Status.INDETERMINATE
        assert f"{1000 - apart:,} of 1,000 rows share one score" in statement
    assert told(10) == []


def test_what_is_alike_at_few_levels_of_the_controls_is_not_told_of_all(run):
    """Where groups stand apart, few can be compared, and the others are most of the people."""

    def within(shared):
        """Of 4,000 people, those that stand at the one level at which both groups are."""
        apart = (4000 - shared) // 2
        group = ["a", "b"] * (shared // 2) + ["a"] * apart + ["b"] * apart
        level = ["both"] * shared + ["only a"] * apart + ["only b"] * apart
        columns = {"g": group, "c": level, "p": [1, 1, 0, 0] * 1000}
        result = run(columns, prediction=("p", "1"), control=("c",), options={"draws": 200})
        (found,) = of(result, "RA-FAIR-015")
        return found

    few, most = within(1000), within(3000)
    assert most.status is Status.PASSED
    assert few.status is Status.INDETERMINATE
    assert few.reason == (
        "Every group that is compared has people at one level of c only, with 25% of the people."
    )


def test_no_wrong_decision_among_few_is_no_certainty(run):
    """Of 40 people without one, three in a hundred may be decided wrongly, and cost what that costs."""

    def cost(size):
        y = [0, 1] * size
        columns = {"g": ["a"] * size + ["b"] * size, "y": y, "p": y}
        options = {"costs": {"false_positive": 1, "false_negative": 5, "limit": 0.1}}
        roles = {"prediction": ("p", "1"), "label": ("y", "1")}
        (found,) = of(run(columns, options=options | {"draws": 200}, **roles), "RA-FAIR-013")
        return found.status, found.measurement.interval.high

    few, many = cost(40), cost(4000)
    assert few[0] is Status.INDETERMINATE
    assert few[1] > 0.1
    assert many[0] is Status.PASSED


@pytest.mark.parametrize("n", [30, 40, 100, 400, 2000])
@pytest.mark.parametrize("rate", [0.005, 0.02, 0.05, 0.1, 0.3])
def test_calibration_covers_where_outcomes_are_rare(rate, n):
    """Of forty rows none may have the outcome: that the score says as much proves nothing."""
    rng, draws = np.random.default_rng(12), 20_000
    events = rng.binomial(n, rate, draws)
    score = np.full(draws, rate)
    off = events / n - score
    squares = (events * (1 - rate) ** 2 + (n - events) * rate**2) / n
    half = 1.96 * np.sqrt(_off_variance(squares, off, score, np.full(draws, float(n))))
    assert np.mean(np.abs(off) <= half) >= 0.925  # 14 to 93 % without the rows that are added


def test_nobody_selected_among_few_at_one_level_is_no_certainty(run):
    columns = {"g": ["a", "b"] * 40, "c": ["x"] * 80, "p": [0] * 79 + [1]}
    result = run(columns, prediction=("p", "1"), control=("c",), options={"draws": 200})
    (within,) = of(result, "RA-FAIR-015")
    (alone,) = [f for f in of(result, "RA-FAIR-001") if f.subject.name == "g"]
    assert within.measurement.value == pytest.approx(alone.measurement.value)
    # One level is no level: the interval is about as wide as that of the rates themselves.
    assert within.measurement.interval.high > 0.9 * alone.measurement.interval.high
