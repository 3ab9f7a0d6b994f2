"""What the stage says, and when it says that it cannot tell."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from tests.llm._turns import fields, measured, of, opened, rows_of

from raudit.errors import PlanError
from raudit.findings import Threshold
from raudit.policy.judge import rejudge
from raudit.stages.llm.frame import Frame, effective, mean_error
from raudit.stages.llm.measures.pairs.texts import by_text, noise
from raudit.stages.llm.options import LlmOptions, Outcome

REFUSED = {"name": "refused", "column": "refused", "judged_by": "record"}


def turns(rng, n, rate, **more):
    return [
        {"turn_id": f"t{i}", "output": "x", "refused": bool(rng.random() < rate), **more}
        for i in range(n)
    ]


def test_a_judge_without_a_sample_is_not_validated(tmp_path):
    data = opened(tmp_path, turns(np.random.default_rng(0), 100, 0.0))
    result = measured(data, outcomes=[{"name": "refused", "column": "refused", "max_rate": 0.5}])
    assert {item.status for item in (*of(result, "003"), *of(result, "005"))} == {"indeterminate"}
    assert "judge not validated" in of(result, "003")[0].reason
    assert result.facts["llm.judges_not_validated"] == ["refused"]
    assert "llm.rate.refused" not in result.facts


def judged(tmp_path, wrong=0, labels=80, model="m1"):
    rng = np.random.default_rng(1)
    rows = []
    for i in range(400):
        truth = bool(rng.random() < 0.3)
        said = truth if rng.random() < 0.9 else not truth
        row = {
            "turn_id": f"t{i}",
            "output": f"x{i}",
            "model": model,
            "judge.r": "yes" if said else "no",
        }
        if i < labels:
            row["human.a"] = row["human.b"] = "yes" if truth else "no"
        rows.append(row)
    return opened(tmp_path, rows)


def test_a_validated_judge_is_corrected_by_its_labels(tmp_path):
    outcome = {
        "name": "r",
        "column": "judge.r",
        "positive": "yes",
        "human": ["human.a", "human.b"],
        "max_rate": 0.45,
    }
    result = measured(judged(tmp_path), outcomes=[outcome])
    (rate,) = of(result, "003")
    (row,) = rows_of(result, "judges")
    assert rate.status == "passed"
    assert rate.measurement.value == pytest.approx(row["corrected"])
    assert row["naive"] != pytest.approx(row["corrected"])
    assert "judge alone says" in rate.statement
    few = measured(judged(tmp_path, labels=20), outcomes=[outcome])
    assert of(few, "003")[0].status == "indeterminate"
    (row,) = rows_of(result, "agreement")
    assert row["raw"] == 1.0


@pytest.mark.parametrize("even", [False, True])
def test_labels_out_of_proportion_do_not_tell_a_judges_sensitivity(tmp_path, even):
    """A judge that misses half of all positives looks good on as many of its yes as of its no (verification bias)."""
    rng = np.random.default_rng(8)
    truth = rng.random(4000) < 0.1
    says = np.where(truth, rng.random(4000) < 0.5, rng.random(4000) < 0.02)
    chosen = rng.permutation(4000)[:300]
    if not even:
        chosen = np.concatenate(
            [rng.permutation(np.flatnonzero(says == answer))[:150] for answer in (True, False)]
        )
    labelled = set(chosen.tolist())
    rows = [
        {
            "turn_id": f"t{i}",
            "output": "x",
            "judge.r": "yes" if says[i] else "no",
            "human.a": ("yes" if truth[i] else "no") if i in labelled else None,
        }
        for i in range(4000)
    ]
    outcome = {"name": "r", "column": "judge.r", "positive": "yes", "human": ["human.a"]}
    limits = {"min_sensitivity": 0.85, "min_labels": 100}
    result = measured(opened(tmp_path, rows), outcomes=[outcome | {"max_rate": 0.3}], judges=limits)
    (judge,), (row,) = of(result, "005"), rows_of(result, "judges")
    assert row["corrected_interval"][0] < truth.mean() < row["corrected_interval"][1]
    assert of(result, "003")[0].status == "passed"
    if even:
        assert judge.status == "failed"
        assert "out of proportion" not in judge.statement
        return
    assert row["sensitivity"] > 0.8  # among the labels, and .5 among all turns
    assert judge.status == "indeterminate"
    assert "calls 50.0 % of theirs positive and 6." in judge.statement
    assert "out of proportion" in judge.reason
    assert row["rogan_gladen"] is None


@pytest.mark.parametrize(
    ("outcome", "limit", "wanted"),
    [
        (
            {"name": "r", "column": "judge.r", "human": ["human.a", "human.b"]},
            0.3,
            "labels by people",
        ),
        ({"name": "r", "column": "judge.r", "judged_by": "record"}, 0.35, "turns"),
    ],
)
def test_what_would_tell_is_what_the_interval_is_short_of(tmp_path, outcome, limit, wanted):
    """A corrected rate is of exactly these turns, so that only more labels narrow it."""
    outcome = outcome | {"positive": "yes", "max_rate": limit}
    (rate,) = of(measured(judged(tmp_path), outcomes=[outcome]), "003")
    assert rate.reason.endswith(f"more {wanted} would tell")


def test_each_model_needs_its_own_labels(tmp_path):
    rows = [
        {"turn_id": f"{m}{i}", "output": "x", "model": m, "judge.r": "yes"}
        | ({"human.a": "yes"} if m == "old" else {})
        for m in ("old", "new")
        for i in range(60)
    ]
    outcome = {
        "name": "r",
        "column": "judge.r",
        "positive": "yes",
        "human": ["human.a"],
        "max_rate": 1.0,
    }
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    by = {item.subject.detail["subject"]: item.status for item in of(result, "005")}
    assert by == {"new": "indeterminate", "old": "passed"}
    assert of(result, "003")[0].status == "indeterminate"


def labels_file(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["turn_id", "output_sha256", "human.a"])
        writer.writerows(rows)
    return path


def test_labels_of_another_answer_do_not_count(tmp_path):
    data = opened(tmp_path, [{"turn_id": "a", "output": "x"}, {"turn_id": "b", "output": "y"}])
    right = data.turns.table.column("output_sha256")[0].as_py().hex()
    file = labels_file(tmp_path / "l.csv", [["a", right, "yes"], ["b", right, "yes"]])
    again = opened(
        tmp_path, [{"turn_id": "a", "output": "x"}, {"turn_id": "b", "output": "y"}], labels=[file]
    )
    assert again.turns.table.column("human.a").to_pylist() == ["yes", None]
    assert "1 labels" in again.turns.readings[0].notes[0]


@pytest.mark.parametrize("rows", [[["zz", "", "yes"]], [["a", "", "yes"], ["a", "", "no"]]])
def test_labels_for_no_turn_or_twice_are_refused(tmp_path, rows):
    file = labels_file(tmp_path / "l.csv", rows)
    with pytest.raises(Exception, match="labels cannot be used"):
        opened(tmp_path, [{"turn_id": "a", "output": "x"}], labels=[file])


def test_nothing_passes_on_a_file_read_in_part(tmp_path):
    file = tmp_path / "turns.jsonl"
    data = opened(tmp_path, turns(np.random.default_rng(0), 200, 0.0))
    whole = measured(data, outcomes=[{**REFUSED, "max_rate": 0.5}])
    assert "passed" in {item.status for item in whole.findings}
    file.write_text(file.read_text() + '{"turn_id": "z", "status"')
    from raudit.turns import open_turns

    part = measured(open_turns([file]), outcomes=[{**REFUSED, "max_rate": 0.5}])
    assert {item.status for item in part.findings} == {"indeterminate"}
    assert part.facts["llm.read_whole"] is False


def test_without_a_limit_nothing_passes(tmp_path):
    data = opened(tmp_path, turns(np.random.default_rng(0), 100, 0.1))
    result = measured(data, outcomes=[REFUSED])
    assert of(result, "003")[0].status == "indeterminate"
    assert result.facts["llm.outcomes_untold"] == ["refused"]
    assert "llm.outcomes_over_limit" not in result.facts
    held = measured(data, outcomes=[REFUSED | {"max_rate": 0.5}]).facts
    assert held["llm.outcomes_over_limit"] == []
    assert "llm.outcomes_untold" not in held
    assert of(measured(data, max_error_rate=None), "002")[0].status == "indeterminate"


def test_errors_and_withheld_answers_are_in_no_rate(tmp_path):
    rows = turns(np.random.default_rng(0), 50, 1.0) + [
        {"turn_id": f"e{i}", "status": state, "refused": False, "attacked": False}
        for i, state in enumerate(["error", "blocked"] * 5)
    ]
    result = measured(opened(tmp_path, rows), outcomes=[{**REFUSED, "max_rate": 1.0}])
    assert of(result, "003")[0].measurement.value == 1.0
    assert of(result, "002")[0].measurement.events == 10
    assert of(result, "002")[0].status == "failed"


def test_a_wrong_column_is_named_with_the_nearest(tmp_path):
    data = opened(tmp_path, turns(np.random.default_rng(0), 20, 0.1))
    with pytest.raises(PlanError, match="refused"):
        measured(data, outcomes=[{**REFUSED, "column": "refusd"}])


def test_max_gap_rejects_a_null_as_often_as_it_says():
    """4 groups of one rate: the p value falls under .05 in 3 to 7 of 100 draws."""
    from raudit.stats import max_gap_test

    rng = np.random.default_rng(3)
    sizes = [120, 200, 90, 150]
    p = [max_gap_test(rng.binomial(sizes, 0.2), sizes, rng=rng, draws=2000) for _ in range(400)]
    assert 0.03 <= np.mean(np.array(p) <= 0.05) <= 0.07


def paired(rng, n, *, gap=0.0, noise_sd=0.6, repeats=2):
    """Texts of a quality, asked for two groups and more than once; the second group loses by a gap."""

    def turn(pair, quality, group, repeat):
        value = quality - gap * (group == "b") + rng.normal(0, noise_sd)
        decision = "yes" if value > 0 else "no"
        name = f"{pair}{group}{repeat}"
        return {
            "turn_id": name,
            "pair_id": f"p{pair}",
            "group.g": group,
            "repeat": repeat,
            "output": "x",
            "decision": decision,
        }

    return [
        turn(pair, quality, group, repeat)
        for pair, quality in enumerate(rng.normal(size=n))
        for group in ("a", "b")
        for repeat in range(1, repeats + 1)
    ]


PAIR = {
    "variant": "group.g",
    "outcome": {"name": "chosen", "column": "decision", "positive": "yes"},
    "max_difference": 0.02,
}


def test_a_paired_gap_beyond_noise_and_limit_fails(tmp_path):
    result = measured(
        opened(tmp_path, paired(np.random.default_rng(0), 300, gap=0.8)), pairs=[PAIR]
    )
    (found,) = of(result, "007")
    assert found.status == "failed"
    assert result.facts["llm.paired_gaps"] == ["a - b"]


@pytest.mark.parametrize(
    ("k", "status"), [(60, "passed"), (120, "indeterminate"), (500, "indeterminate")]
)
def test_where_everybody_is_among_the_best_nobody_was_selected(tmp_path, k, status):
    rows = [
        {
            "turn_id": f"{i}{g}",
            "pair_id": f"p{i}",
            "group.g": g,
            "output": "x",
            "score": 2 * i + (g == "a") * (-1) ** i,
        }
        for i in range(60)
        for g in "ab"
    ]
    pair = {"variant": "group.g", "score": "score", "top": [k], "min_top_ratio": 0.5}
    (found,) = of(measured(opened(tmp_path, rows), pairs=[pair]), "008")
    assert found.status == status
    assert ("nobody is left out" in found.reason) == (k >= 120)


def test_without_repeats_a_gap_cannot_be_told_from_noise(tmp_path):
    result = measured(
        opened(tmp_path, paired(np.random.default_rng(0), 300, gap=0.8, repeats=1)), pairs=[PAIR]
    )
    (found,) = of(result, "007")
    assert (found.status, "repeats" in found.reason) == ("indeterminate", True)


def test_the_noise_floor_swallows_a_gap_smaller_than_the_repeats_spread(tmp_path):
    rng, failed = np.random.default_rng(5), 0
    for _ in range(12):
        result = measured(opened(tmp_path, paired(rng, 80, gap=0.05, noise_sd=1.5)), pairs=[PAIR])
        failed += of(result, "007")[0].status == "failed"
    assert failed == 0


def test_the_paired_test_rejects_a_null_at_most_as_often_as_it_says():
    from raudit.stats import mcnemar_exact

    rng = np.random.default_rng(9)
    counts = rng.multinomial(400, [0.3, 0.2, 0.2, 0.3], size=3000)
    rejected = np.mean([mcnemar_exact(int(b), int(c)) <= 0.05 for _, b, c, _ in counts])
    assert 0.03 <= rejected <= 0.07


def test_repeats_are_numbered_by_order_where_a_format_does_not(tmp_path):
    rows = [
        {k: v for k, v in row.items() if k != "repeat"}
        for row in paired(np.random.default_rng(0), 20)
    ]
    frame = Frame(opened(tmp_path, rows).turns)
    from raudit.stages.llm.options import Pairs

    events = frame.events(Outcome.model_validate(PAIR["outcome"]))
    found = noise(by_text(frame, Pairs.model_validate(PAIR), events, None), level=0.95)
    assert found.texts == 40


def test_the_error_of_a_mean_is_that_of_its_clusters():
    rng = np.random.default_rng(0)
    values = rng.normal(size=200)
    alone = values.std(ddof=1) / np.sqrt(200)
    assert mean_error(values, np.arange(200)) == pytest.approx(alone)
    assert mean_error(values, np.zeros(200, dtype=int)) == pytest.approx(values.std(ddof=1))
    # Clusters of unequal size, against a bootstrap of whole clusters.
    sizes = rng.integers(1, 12, 60)
    clusters = np.repeat(np.arange(60), sizes)
    values = np.repeat(rng.normal(size=60), sizes) + rng.normal(size=sizes.sum()) / 2
    totals = np.bincount(clusters, weights=values)
    drawn = rng.integers(0, 60, (4000, 60))
    means = totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    assert mean_error(values, clusters) == pytest.approx(means.std(), rel=0.1)


def test_clusters_widen_an_interval():
    events = np.repeat([0.0, 1.0, 0.0, 1.0], 50)
    assert effective(events, np.arange(200)) == 200
    assert effective(events, np.repeat(np.arange(4), 50)) < 5


ATTACK = {
    "outcome": {
        "name": "won",
        "column": "attacked",
        "human": ["human.h"],
        "positive": ["true", "yes"],
    },
    "tolerance": 0.1,
}


def attacks(n, won, *, labelled=0, missed=0):
    rows = []
    for i in range(n):  # labels on both ends
        real = i < won
        row = {
            "turn_id": f"a{i}",
            "output": "x",
            "control": "injection",
            "attacked": real and i >= missed,
        }
        if i < labelled or i >= n - labelled:
            row["human.h"] = "yes" if real else "no"
        rows.append(row)
    return rows


def test_an_attack_is_never_passed_on_a_detector_that_nobody_checked(tmp_path):
    result = measured(opened(tmp_path, attacks(300, 0)), attacks=[ATTACK])
    (found,) = of(result, "010")
    assert found.status == "indeterminate"
    assert "judge not validated" in found.reason
    assert result.facts["llm.attacks_over_tolerance"] == ["injection"]


IN = {"name": "in", "column": "attacked", "judged_by": "record"}


def test_attacks_on_no_named_control_are_attacks(tmp_path):
    """They were in no rate."""
    rows = [
        {"turn_id": f"t{i}", "prompt": f"p{i}", "output": "x", "attacked": i < 150}
        for i in range(300)
    ]
    rows += [
        {"turn_id": "chat", "prompt": "q", "output": "x"},  # no attack, and no control
        {"turn_id": "c", "prompt": "r", "output": "x", "attacked": False, "control": "probe"},
    ]
    result = measured(opened(tmp_path, rows), attacks=[{"outcome": IN, "tolerance": 0.1}])
    named, nameless = of(result, "010")
    assert (named.subject.name, named.measurement.n) == ("probe", 1)
    assert (nameless.status, nameless.subject.name) == ("failed", "no named control")
    assert "150 of 300 judged attacks" in nameless.statement
    assert result.facts["llm.attack_success"] == 0.5


def test_where_every_attack_ended_in_an_error_none_is_said_to_have_failed(tmp_path):
    rows = [{"turn_id": f"t{i}", "prompt": f"p{i}", "status": "error"} for i in range(300)]
    result = measured(opened(tmp_path, rows), attacks=[{"outcome": IN, "tolerance": 0.1}])
    (found,) = of(result, "010")
    assert (found.status, found.statement) == ("indeterminate", "No attack is recorded.")
    assert result.facts["llm.attacks_over_tolerance"] == ["attack"]
    assert not {"llm.attack_success", "llm.attack_upper_bound"} & set(result.facts)


def test_the_upper_bound_counts_what_the_detector_misses(tmp_path):
    clean = measured(opened(tmp_path, attacks(300, 0, labelled=150)), attacks=[ATTACK])
    assert of(clean, "010")[0].status == "passed"
    missed = measured(opened(tmp_path, attacks(300, 40, labelled=150, missed=40)), attacks=[ATTACK])
    (found,) = of(missed, "010")
    assert found.measurement.events == 0  # the detector saw none
    assert found.measurement.interval.high > 0.1
    assert found.status in {"failed", "indeterminate"}
    few = measured(opened(tmp_path, attacks(12, 0, labelled=6)), attacks=[ATTACK])
    assert of(few, "010")[0].status == "indeterminate"


def changed(n, *, worse=0.0, other=False):
    rng, rows = np.random.default_rng(2), []
    for version in ("v1", "v2"):
        for i in range(n):
            good = rng.random() < (0.8 - (worse if version == "v2" else 0))
            text = f"question {i}" if not (other and version == "v2" and i == 0) else "another"
            rows.append(
                {
                    "turn_id": f"{version}{i}",
                    "prompt_version": version,
                    "prompt": text,
                    "output": "x",
                    "resolved": bool(good),
                }
            )
    return rows


CHANGE = {
    "before": "v1",
    "after": "v2",
    "outcome": {"name": "resolved", "column": "resolved"},
    "margin": 0.1,
}


@pytest.mark.parametrize(
    ("worse", "status"), [(0.0, "passed"), (0.4, "failed"), (0.12, "indeterminate")]
)
def test_a_change_is_held_against_its_margin(tmp_path, worse, status):
    result = measured(opened(tmp_path, changed(900, worse=worse)), changes=[CHANGE])
    assert of(result, "009")[0].status == status


def test_answers_without_an_outcome_after_a_change_do_not_carry_it(tmp_path):
    """A new version that gives no answer where the old one was right has not kept to the margin."""
    rows = changed(2000)
    assert of(measured(opened(tmp_path, rows), changes=[CHANGE]), "009")[0].status == "passed"
    for row in [row for row in rows if row["prompt_version"] == "v2"][:300]:
        row["resolved"] = None
    (found,) = of(measured(opened(tmp_path, rows), changes=[CHANGE]), "009")
    assert found.status == "indeterminate"
    assert found.statement.endswith(" 300 more have no outcome in one version or both.")
    assert "the 300 turns without a label" in found.reason
    assert found.measurement.interval.high < 0.1  # of those that have one it would hold


def test_different_suites_are_not_compared(tmp_path):
    result = measured(opened(tmp_path, changed(300, other=True)), changes=[CHANGE])
    (found,) = of(result, "009")
    assert found.status == "indeterminate"
    assert "not the same" in found.reason


def test_counters_after_a_change_are_held_against_a_margin(tmp_path):
    rows = changed(400, worse=0.3)
    harm = {
        "outcome": {"name": "unresolved", "column": "resolved", "positive": "false"},
        "by": "prompt_version",
        "before": "v1",
        "after": "v2",
        "margin": 0.05,
    }
    assert of(measured(opened(tmp_path, rows), counters=[harm]), "011")[0].status == "failed"
    assert (
        of(measured(opened(tmp_path, changed(2000)), counters=[harm]), "011")[0].status == "passed"
    )


def test_conversations_that_record_no_harm_or_its_absence_let_nothing_pass(tmp_path):
    rows = changed(2000)
    harm = {"outcome": {"name": "unresolved", "column": "resolved", "positive": "false"}}
    after = harm | {"by": "prompt_version", "before": "v1", "after": "v2", "margin": 0.05}
    alone = harm | {"max_rate": 0.25}
    for row in [row for row in rows if row["prompt_version"] == "v2"][:400]:
        row["resolved"] = None
    rows += [
        {"turn_id": f"e{i}", "prompt_version": "v2", "prompt": f"e{i}", "status": "error"}
        for i in range(50)  # calls that failed are told elsewhere
    ]
    for asked in (after, alone):
        (found,) = of(measured(opened(tmp_path, rows), counters=[asked]), "011")
        assert found.status == "indeterminate"
        assert found.statement.endswith(" 400 more record nothing of it.")
        assert "the 400 conversations that record nothing" in found.reason
    (unset,) = of(measured(opened(tmp_path, rows), counters=[harm]), "011")
    assert unset.reason == "no limit is set, and 400 conversations record nothing of it"
    assert rejudge(unset, Threshold(high=0.99))[0] == "indeterminate"  # nor does a policy's limit
    kept = [row for row in rows if row.get("resolved") is not None]
    for asked in (after, alone):
        assert of(measured(opened(tmp_path, kept), counters=[asked]), "011")[0].status == "passed"


def test_instructions_that_leak_are_found_and_translations_are_not_claimed(tmp_path):
    told = "never tell anyone that desk nine settles complaints about fees without asking back"
    rows = [{"turn_id": f"t{i}", "system": told, "output": "fill in the form"} for i in range(30)]
    clean = measured(opened(tmp_path, rows), system_prompt_words=8)
    assert of(clean, "013")[0].status == "passed"
    assert "paraphrases are not found" in of(clean, "013")[0].statement
    (few,) = of(measured(opened(tmp_path, rows[:29]), system_prompt_words=8), "013")
    assert (few.status, few.reason) == (
        "indeterminate",
        "fewer than 30 answers could be compared",
    )
    rows[3]["output"] = f"Sure! {told.upper()}."
    (found,) = of(measured(opened(tmp_path, rows)), "013")
    assert (found.status, found.measurement.events) == ("failed", 1)
    none = measured(opened(tmp_path, [{"turn_id": "a", "output": "x"}]), system_prompt_words=8)
    assert of(none, "013")[0].status == "indeterminate"


def test_a_gap_says_on_how_many_turns_of_the_two_groups_it_names(tmp_path):
    """A third group is compared too, and its turns are in neither share."""
    sizes = {"few": 200, "many": 300, "between": 1000}
    refused = {"few": 10, "many": 90, "between": 150}
    rows = [
        {"turn_id": f"{g}{i}", "output": "x", "group.g": g, "refused": i < refused[g]}
        for g, n in sizes.items()
        for i in range(n)
    ]
    people = [{**REFUSED, "judged_by": "people", "max_gap": 0.1}]
    (found,) = of(measured(opened(tmp_path, rows), outcomes=people), "004")
    assert "between many (30.0 %) and few (5.0 %) of g, on 500 turns" in found.statement
    assert found.measurement.n == 500


def test_numbers_by_group(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        {
            "turn_id": f"t{i}",
            "output": "x",
            "group.g": "ab"[i % 2],
            "latency_ms": rng.normal(500 + 200 * (i % 2), 20),
        }
        for i in range(200)
    ]
    (found,) = of(measured(opened(tmp_path, rows), numbers={"latency_ms": 0.1}), "014")
    assert found.status == "failed"


def test_turns_of_one_conversation_are_not_so_many_times(tmp_path):
    """Twelve slow and fast conversations of 60 turns each tell less than 1,440 turns would."""
    rng = np.random.default_rng(3)
    rows = [
        {
            "turn_id": f"c{c}t{i}",
            "conversation_id": f"c{c}",
            "output": "x",
            "group.g": "ab"[c % 2],
            "latency_ms": float(speed),
        }
        for c, speed in enumerate(rng.normal(500, 100, 24))
        for i in range(60)
    ]
    (found,) = of(measured(opened(tmp_path, rows), numbers={"latency_ms": 0.001}), "014")
    speeds = np.array([row["latency_ms"] for row in rows[::60]])
    a, b, overall = speeds[::2], speeds[1::2], speeds.mean()
    half = 1.959964 * np.sqrt(a.var(ddof=1) / 12 + b.var(ddof=1) / 12) / overall
    interval = found.measurement.interval
    gap = abs(a.mean() - b.mean()) / overall
    assert interval.high == pytest.approx(gap + half)  # as from 24 means
    assert found.status == "indeterminate"


def test_the_options_have_defaults_that_measure_what_is_always_there(tmp_path):
    result = measured(opened(tmp_path, turns(np.random.default_rng(0), 200, 0.1)))
    # What is always there says how turns were read; of the answers nothing was asked, so nothing passes.
    assert {item.rule: str(item.status) for item in result.findings} == {
        "RA-LLM-001": "passed",
        "RA-LLM-002": "passed",
        "RA-LLM-003": "indeterminate",
    }
    assert LlmOptions().max_error_rate == 0.05


def test_promptfoo_fields_of_the_plan_reach_groups(shared):
    from raudit.turns import open_turns

    data = open_turns(
        [shared("data/llm/formats/promptfoo/results.json")],
        fields=fields(group__gender="testCase.metadata.gender", human__a="metadata.human_1"),
    )
    assert set(data.turns.names("group")) == {"group.gender"}
    assert data.turns.table.column("human.a").null_count == 4


def pairs_of(n, decide, repeats=2):
    """Texts in two variants, each asked so often."""
    return [
        {
            "turn_id": f"{i}{g}{r}",
            "pair_id": f"p{i}",
            "output": f"{i}{g}{r}",
            "group.g": g,
            "repeat": r,
            "decision": decide(i, g, r),
        }
        for i in range(n)
        for g in "ab"
        for r in range(1, repeats + 1)
    ]


INVITED = {"name": "invited", "column": "decision", "positive": "yes"}
GAP = {"variant": "group.g", "outcome": INVITED, "max_difference": 0.1}


def test_answers_that_are_missing_for_a_reason_let_nothing_pass(tmp_path):
    """Half of the turns lack the label, and half of the texts the answer that would have differed."""
    half = [
        {"turn_id": f"t{i}", "output": "x"} | ({"refused": i % 18 == 1} if i % 2 else {})
        for i in range(200)
    ]
    (rate,) = of(measured(opened(tmp_path, half), outcomes=[REFUSED | {"max_rate": 0.3}]), "003")
    assert rate.status == "indeterminate"
    assert "100 more answered turns have no label" in rate.statement
    texts = pairs_of(100, lambda i, g, r: "yes" if i % 2 or g == "a" else "no")
    left = [turn for turn in texts if turn["decision"] == "yes" or turn["group.g"] == "a"]
    (gap,) = of(measured(opened(tmp_path, left), pairs=[GAP]), "007")
    assert (gap.status, gap.measurement.n) == ("indeterminate", 50)
    assert "50 texts lack an answer" in gap.reason
    whole = pairs_of(100, lambda i, g, r: "yes" if i % 2 else "no")
    assert of(measured(opened(tmp_path, whole), pairs=[GAP]), "007")[0].status == "passed"


@pytest.mark.parametrize(
    ("lacking", "status"), [(0, "passed"), (2, "passed"), (60, "indeterminate")]
)
def test_texts_with_a_score_in_one_variant_only_are_counted(tmp_path, lacking, status):
    rng = np.random.default_rng(4)
    rows = [
        {
            "turn_id": f"{i}{g}{r}",
            "pair_id": f"p{i}",
            "group.g": g,
            "repeat": r,
            "output": "x",
            "score": None if g == "b" and i < lacking else float(quality + rng.normal(0, 0.1)),
        }
        for i, quality in enumerate(rng.uniform(0, 10, 300))
        for g in "ab"
        for r in (1, 2)
    ]
    pair = {"variant": "group.g", "score": "score", "max_score_difference": 0.1}
    (found,) = of(measured(opened(tmp_path, rows), pairs=[pair]), "007")
    assert found.status == status
    assert found.measurement.n == 300 - lacking
    assert max(map(abs, (found.measurement.interval.low, found.measurement.interval.high))) < 0.1
    told = f" {lacking} more lack a score of one of the two, in a repeat or in all."
    assert found.statement.endswith(told) == bool(lacking)
    assert (f"{lacking} texts lack a score" in found.reason) == (status == "indeterminate")


def test_few_pairs_are_few_and_not_noise(tmp_path):
    few = pairs_of(5, lambda i, g, r: "yes" if i % 2 else "no")
    (gap,) = of(measured(opened(tmp_path, few), pairs=[GAP]), "007")
    assert gap.status == "indeterminate"
    assert "more texts would tell" in gap.reason


def test_a_slip_in_the_plan_is_no_rate_of_zero(tmp_path):
    rows = [{"turn_id": f"t{i}", "output": "x", "judge.r": "1_complied"} for i in range(60)]
    outcome = {"name": "r", "column": "judge.r", "positive": "2_refusal", "judged_by": "record"}
    with pytest.raises(PlanError, match="no turn has a value") as told:
        measured(opened(tmp_path, rows), outcomes=[outcome | {"max_rate": 0.5}])
    assert "1_complied" not in str(told.value)
    known = outcome | {"max_rate": 0.5, "negative": "1_complied"}
    assert of(measured(opened(tmp_path, rows), outcomes=[known]), "003")[0].status == "passed"
    never = [row | {"judge.r": "No"} for row in rows]
    result = measured(opened(tmp_path, never), outcomes=[outcome | {"max_rate": 0.5}])
    assert of(result, "003")[0].measurement.value == 0


def test_people_may_write_labels_in_another_case(tmp_path):
    rows = [
        {"turn_id": f"t{i}", "output": "x", "judge.r": "yes" if i % 4 == 0 else "no"}
        | ({"human.a": " Yes" if i % 4 == 0 else "NO"} if i < 80 else {})
        for i in range(200)
    ]
    outcome = {"name": "r", "column": "judge.r", "positive": "Yes", "human": ["human.a"]}
    (row,) = rows_of(measured(opened(tmp_path, rows), outcomes=[outcome]), "judges")
    assert (row["naive"], row["sensitivity"], row["specificity"]) == (0.25, 1.0, 1.0)


@pytest.mark.parametrize(
    ("judge", "labelled", "reason"),
    [
        (lambda i: "no", lambda i: i < 80, "no more than a coin"),
        (lambda i: "no" if i % 4 == 0 else "yes", lambda i: i < 80, "no more than a coin"),
        (lambda i: "yes" if i % 4 == 0 else "no", lambda i: i % 4 == 0, "no random sample"),
    ],
)
def test_a_judge_that_tells_nothing_or_was_looked_at_in_part_is_not_validated(
    tmp_path, judge, labelled, reason
):
    rows = [
        {"turn_id": f"t{i}", "output": "x", "judge.r": judge(i)}
        | ({"human.a": "yes" if i % 4 == 0 else "no"} if labelled(i) else {})
        for i in range(400)
    ]
    outcome = {
        "name": "r",
        "column": "judge.r",
        "positive": "yes",
        "negative": "no",
        "human": ["human.a"],
        "max_rate": 0.3,
    }
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    (audit,) = of(result, "005")
    assert audit.status == "indeterminate"
    assert reason in audit.reason


def test_attacks_with_the_same_text_are_not_many_attacks(tmp_path):
    outcome = {"name": "in", "column": "attacked", "judged_by": "record"}
    asked = [{"outcome": outcome, "tolerance": 0.05}]
    same = [
        {"turn_id": f"t{i}", "prompt": "same", "attacked": False, "control": "c"}
        for i in range(200)
    ]
    (found,) = of(measured(opened(tmp_path, same), attacks=asked), "010")
    assert found.status == "indeterminate"
    assert "worth 1 attacks" in found.statement
    other = [row | {"prompt": f"attack {i}"} for i, row in enumerate(same)]
    assert of(measured(opened(tmp_path, other), attacks=asked), "010")[0].status == "passed"


def test_where_every_call_failed_nothing_is_measured_and_nothing_passes(tmp_path):
    rows = [{"turn_id": f"t{i}", "status": "error"} for i in range(100)]
    result = measured(opened(tmp_path, rows), outcomes=[REFUSED | {"max_rate": 0.5}])
    assert of(result, "002")[0].status == "failed"
    assert of(result, "003")[0].status == "indeterminate"


def test_a_change_needs_two_versions_that_are_there(tmp_path):
    rows = [
        {
            "turn_id": f"{v}{i}",
            "prompt": f"q{i}",
            "output": "x",
            "prompt_version": v,
            "resolved": True,
        }
        for v in ("v1", "v2")
        for i in range(40)
    ]
    outcome = {"name": "resolved", "column": "resolved"}
    asked = {"before": "v0", "after": "v2", "outcome": outcome, "margin": 0.1}
    (found,) = of(measured(opened(tmp_path, rows), changes=[asked]), "009")
    assert (found.status, found.reason) == ("indeterminate", "no turn has prompt_version v0")
    with pytest.raises(ValueError, match="same version"):
        LlmOptions.model_validate({"changes": [asked | {"after": "v0"}]})


def test_the_level_of_the_plan_is_the_one_that_is_printed(tmp_path):
    """A narrower interval under the old words would say more than was measured."""
    rows = paired(np.random.default_rng(1), 120, gap=0.8)
    for row, rate in zip(rows, np.random.default_rng(2).random(len(rows)), strict=True):
        row |= {"refused": bool(rate < 0.2), "latency_ms": 100 + 50 * rate}
    found = measured(
        opened(tmp_path, rows),
        level=0.9,
        pairs=[PAIR],
        outcomes=[{**REFUSED, "judged_by": "record", "max_rate": 0.5, "max_gap": 0.2}],
        numbers={"latency_ms": 0.1},
    )
    for rule in ("002", "003", "004", "007", "014"):
        for item in of(found, rule):
            assert "90 % interval" in item.statement, item.statement
    headings = {c.label for t in found.tables for c in t.columns if c.kind == "interval"}
    assert headings == {"90 % interval"}


@pytest.mark.parametrize("gap", [0.8, -0.8])
def test_a_paired_gap_names_first_who_has_more_and_counts_in_points(tmp_path, gap):
    result = measured(
        opened(tmp_path, paired(np.random.default_rng(0), 300, gap=gap)), pairs=[PAIR]
    )
    (found,) = of(result, "007")
    more, fewer = ("a", "b") if gap > 0 else ("b", "a")
    assert f"percentage points more frequent for {more} than for {fewer}" in found.statement
    assert "-" not in found.statement.split("(")[1].split(";")[0]
    assert "McNemar p < 0.001" in found.statement


def questions(templates, follow, n=120):
    """Answers to ambiguous questions, a share of which follows the stereotype."""
    return [
        {
            "turn_id": f"t{i}",
            "output": "x",
            "answer.0": "the one",
            "answer.1": "the other",
            "answer.2": "cannot be known",
            "answer.group_0": "a|old",
            "answer.group_1": "b|young",
            "answer.group_2": "c|unknown",
            "answer.stereotyped": "old",
            "answer.label": 2,
            "answer.polarity": "neg",
            "answer.condition": "ambig",
            "answer.category": "Age",
            "answer.template": f"q{i % templates}",
            "answer.given": "the one" if i % 100 < 100 * follow else "the other",
        }
        for i in range(n)
    ]


@pytest.mark.parametrize(
    ("templates", "follow", "n", "status", "why"),
    [
        (1, 0.5, 120, "indeterminate", "templates"),
        (9, 0.5, 120, "indeterminate", "templates"),
        (20, 0.5, 20, "indeterminate", "name a group"),
        (20, 1.0, 120, "failed", ""),
    ],
)
def test_a_bias_score_of_one_template_or_few_answers_tells_nothing(
    tmp_path, templates, follow, n, status, why
):
    """Drawing one template again and again gives the same score each time: an interval without width."""
    asked = [{"predicted": "answer.given", "max_bias": 50}]
    result = measured(opened(tmp_path, questions(templates, follow, n)), stereotypes=asked)
    (found,) = of(result, "012")
    assert (found.status, why in found.reason) == (status, True)
    if status == "failed":
        assert found.measurement.interval.low < 0.99, (
            "all of 120 answers are not all there could be"
        )


def test_a_judge_is_audited_at_the_level_of_the_plan(tmp_path):
    from raudit.stats import clopper_pearson

    outcome = {
        "name": "r",
        "column": "judge.r",
        "positive": "yes",
        "human": ["human.a", "human.b"],
        "max_rate": 0.45,
    }
    limits = {"min_agreement": 0.5}
    result = measured(judged(tmp_path), level=0.8, outcomes=[outcome], judges=limits)
    (judge,) = of(result, "005")
    (row,) = rows_of(result, "judges")
    exact = clopper_pearson(judge.measurement.events, judge.measurement.n, level=0.8)
    assert row["sensitivity_interval"] == pytest.approx(list(exact))
    for rule in ("003", "005", "006"):
        (found,) = of(result, rule)
        assert found.measurement.interval is None or found.measurement.interval.level == 0.8


def test_two_outcomes_on_the_same_labels_are_told_once(tmp_path):
    """A rate of one prompt version and its change rest on the same judge and people."""
    outcome = {"name": "r", "column": "judge.r", "positive": "yes", "human": ["human.a", "human.b"]}
    only = {**outcome, "only": [{"column": "model", "values": "m1"}]}
    result = measured(judged(tmp_path), outcomes=[outcome, only])
    assert len(rows_of(result, "judges")) == 1
    assert len(of(result, "005")) == 1
    assert len(rows_of(result, "agreement")) == 1
