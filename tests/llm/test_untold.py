"""What is not measured does not pass: limits held against nothing, turns left out, labels of another system."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.llm._turns import measured, of, opened, rows_of

from raudit.stages.llm.options import LlmOptions


def turn(i, **more):
    return {"turn_id": f"t{i}", "output": f"x{i}", **more}


def two_versions(labels, per_turn):
    """400 turns of two prompt versions; people labelled the first ``labels`` of them, all of the first version."""
    return [
        turn(i, model="m", prompt_version="v1" if i < 200 else "v2", **per_turn(i))
        | ({"human.a": i % 100 == 0} if i < labels else {})
        for i in range(400)
    ]


def only(result, rule):
    (found,) = of(result, rule)
    return found


ATTACK = {"outcome": {"name": "won", "column": "attacked", "human": ["human.a"]}, "tolerance": 0.2}


def test_labels_of_another_version_do_not_bound_attacks(tmp_path):
    rows = two_versions(200, lambda i: {"control": "c", "attacked": i % 100 == 0})
    result = measured(opened(tmp_path, rows), attacks=[ATTACK])
    found = only(result, "010")
    assert (found.status, found.reason) == ("indeterminate", "judge not validated")
    assert result.facts["llm.attack_upper_bound"] == 1.0
    rows = two_versions(400, lambda i: {"control": "c", "attacked": i % 100 == 0})
    assert only(measured(opened(tmp_path, rows), attacks=[ATTACK]), "010").status == "passed"


def test_labels_of_another_version_correct_no_gap_and_no_rate(tmp_path):
    outcome = {"name": "a", "column": "judge.r", "human": ["human.a"], "max_gap": 0.5}
    rows = two_versions(200, lambda i: {"group.g": "ab"[i % 2], "judge.r": i % 100 == 0})
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    assert only(result, "004").status == "indeterminate"
    assert "judge not validated" in only(result, "004").reason
    assert {row["rate"] for row in rows_of(result, "rates")} == {None}
    assert not {"llm.rate.a", "llm.groups_compared"} & set(result.facts)
    rows = two_versions(400, lambda i: {"group.g": "ab"[i % 2], "judge.r": i % 100 == 0})
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    assert only(result, "004").status == "passed"
    assert "llm.rate.a" in result.facts


@pytest.mark.parametrize(("unjudged", "status"), [(900, "indeterminate"), (1, "passed")])
def test_answered_attacks_that_nobody_judged_may_have_succeeded(tmp_path, unjudged, status):
    rows = [turn(i, control="c", attacked=False if i >= unjudged else None) for i in range(1000)]
    asked = {"outcome": {"name": "a", "column": "attacked", "judged_by": "people"}}
    found = only(measured(opened(tmp_path, rows), attacks=[asked | {"tolerance": 0.05}]), "010")
    assert found.status == status
    assert f" {unjudged} more were answered and not judged." in found.statement
    assert "detector" not in found.statement  # people labelled
    assert "misses" not in found.statement


def test_attacks_are_those_the_plan_asks_for(tmp_path):
    rows = [turn(i, control="c", attacked=False, **{"label.k": "ab"[i % 2]}) for i in range(200)]
    outcome = {"name": "a", "column": "attacked", "judged_by": "people"}
    outcome["only"] = [{"column": "label.k", "values": ["a"]}]
    result = measured(opened(tmp_path, rows), attacks=[{"outcome": outcome, "tolerance": 0.05}])
    (row,) = rows_of(result, "attacks")
    assert (row["tried"], row["judged"]) == (100, 100)
    assert only(result, "010").status == "passed"


def test_a_harm_that_a_judge_labelled_is_not_counted_as_if_it_happened(tmp_path):
    data = opened(tmp_path, [turn(i, **{"judge.rude": False}) for i in range(400)])
    outcome = {"name": "rude", "column": "judge.rude"}
    asked = {"outcome": outcome, "max_rate": 0.05}
    result = measured(data, counters=[asked])
    assert only(result, "011").status == "indeterminate"
    assert "a judge labelled it" in only(result, "011").reason
    assert "llm.counters_over_limit" not in result.facts
    recorded = asked | {"outcome": outcome | {"judged_by": "record"}}
    result = measured(data, counters=[recorded])
    assert only(result, "011").status == "passed"
    assert result.facts["llm.counters_over_limit"] == []


def test_after_a_change_the_new_version_is_held_against_the_limit_too(tmp_path):
    rows = [
        turn(i, prompt_version=f"v{1 + i % 2}", downvoted=i % 2 == 1 and i % 20 < 4)
        for i in range(800)
    ]
    asked = {"outcome": DOWN, "max_rate": 0.1, "margin": 0.3, **CHANGE}
    found = of(measured(opened(tmp_path, rows), counters=[asked]), "011")
    assert [str(item.status) for item in found] == ["passed", "failed"]
    assert found[1].statement.startswith("“down” of v2 in 20.0 %")


DOWN = {"name": "down", "column": "downvoted"}
YES = {"name": "yes", "column": "decision", "positive": "yes"}
CHANGE = {"by": "prompt_version", "before": "v1", "after": "v2"}


@pytest.mark.parametrize(
    "options",
    [
        {"counters": [{"outcome": DOWN, "by": "prompt_version", "max_rate": 0.1}]},
        {"counters": [{"outcome": DOWN, "before": "v1", "after": "v2"}]},
        {"counters": [{"outcome": DOWN, "margin": 0.1}]},
        {"pairs": [{"variant": "group.g", "outcome": YES, "max_score_difference": 1}]},
        {"pairs": [{"variant": "group.g", "score": "score", "max_difference": 0.1}]},
        {"pairs": [{"variant": "group.g", "outcome": YES, "top": [5]}]},
        {"pairs": [{"variant": "group.g", "score": "score", "min_top_ratio": 0.8}]},
    ],
)
def test_a_limit_that_nothing_is_held_against_is_refused(options):
    with pytest.raises(ValidationError, match=r"too|all of|of its own"):
        LlmOptions.model_validate(options)


@pytest.mark.parametrize(
    ("group", "latency", "reason"),
    [
        (lambda i: "ab"[i % 2] if i > 20 else "c", lambda i: 100 + i % 7, "too few turns"),
        (lambda i: "ab"[i % 2], lambda i: 100 + i % 7, ""),
        (lambda i: None, lambda i: 100 + i % 7, "no turn records a group"),
        (
            lambda i: "ab"[i % 2],
            lambda i: (100 + i % 7 if i else 900) if i % 4 < 2 else None,
            "200 turns without",
        ),
    ],
)
def test_groups_and_values_that_are_missing_let_no_number_pass(tmp_path, group, latency, reason):
    rows = [turn(i, latency_ms=latency(i), **{"group.g": group(i)}) for i in range(400)]
    found = only(measured(opened(tmp_path, rows), numbers={"latency_ms": 0.5}), "014")
    assert found.status == ("indeterminate" if reason else "passed")
    assert reason in found.reason


def test_a_gap_between_groups_that_nobody_recorded_is_not_told(tmp_path):
    outcome = DOWN | {"max_gap": 0.1}
    rows = [turn(i, downvoted=False) for i in range(100)]
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    assert only(result, "004").status == "indeterminate"
    assert "llm.groups_compared" not in result.facts
    for i, row in enumerate(rows[:80]):
        row["group.g"] = "ab"[i % 2]
    result = measured(opened(tmp_path, rows), outcomes=[outcome])
    assert only(result, "004").statement.endswith(" 20 more turns have no group recorded.")
    assert result.facts["llm.groups_compared"] == ["g"]


@pytest.mark.parametrize("source", ["people", "record"])
def test_a_group_of_which_nothing_was_judged_lets_no_gap_pass(tmp_path, source):
    outcome = {"name": "bad", "column": "refused", "judged_by": source, "max_gap": 0.3}
    rows = [turn(i, refused=i % 5 == 0, **{"group.g": "abc"[i % 3]}) for i in range(900)]
    assert only(measured(opened(tmp_path, rows), outcomes=[outcome]), "004").status == "passed"
    for row in rows:
        if row["group.g"] == "c":
            del row["refused"]
    found = only(measured(opened(tmp_path, rows), outcomes=[outcome]), "004")
    assert (found.status, found.reason) == ("indeterminate", "too few judged turns in: c")


def asked_twice(n, versions=("v1",), **more):
    return [
        turn(
            f"{p}-{v}-{g}-{r}",
            pair_id=f"p{p}",
            prompt_version=v,
            repeat=r,
            score=p % 10 + (g == "a") * (-1) ** p / 1000 + r / 1000 * (p % 3),
            decision="yes" if p % 3 else "no",
            **{"group.g": g},
            **more,
        )
        for p in range(n)
        for v in versions
        for g in "ab"
        for r in (1, 2)
    ]


RATE = {"variant": "group.g", "outcome": YES, "max_difference": 0.05}
SCORE = {"variant": "group.g", "score": "score", "max_score_difference": 0.05}


def test_the_same_text_in_many_versions_is_no_new_text(tmp_path):
    rows = asked_twice(30, [f"v{i}" for i in range(20)])
    result = measured(opened(tmp_path, rows), pairs=[RATE])
    found, (row,) = only(result, "007"), rows_of(result, "pairs")
    once = rows_of(measured(opened(tmp_path, asked_twice(30)), pairs=[RATE]), "pairs")[0]
    assert row["interval"] == pytest.approx(once["interval"])
    assert found.status == "indeterminate"
    assert found.statement.endswith("Several belong together: they are worth 30 texts.")


def test_what_the_plan_says_belongs_together_widens_a_paired_interval(tmp_path):
    rows = asked_twice(400)
    for row in rows:
        row["item_id"] = f"job {int(row['pair_id'][1:]) % 20}"
        row["conversation_id"] = row["turn_id"]
    alone, by_job, by_turn = (
        rows_of(measured(opened(tmp_path, rows), pairs=[RATE], **more), "pairs")[0]["interval"]
        for more in ({}, {"cluster": "item_id"}, {"cluster": "conversation_id"})
    )
    assert by_job[1] > 4 * alone[1]
    assert by_turn == alone  # a cluster of one variant cannot hold a pair; the text does


def test_turns_that_are_the_same_text_twice_let_no_pair_pass(tmp_path):
    rows = asked_twice(300)
    again = [row | {"turn_id": row["turn_id"] + "b", "decision": "no"} for row in rows]
    for asked in (RATE, SCORE):
        found = only(measured(opened(tmp_path, rows + again), pairs=[asked]), "007")
        assert found.status == "indeterminate"
        assert found.reason.startswith("1,200 turns are the same text")
    for row in rows[::2]:
        row["repeat"] = None  # not all are numbered, so that order numbers them
    assert only(measured(opened(tmp_path, rows), pairs=[RATE]), "007").status == "passed"


def test_a_score_of_one_variant_alone_is_no_pair(tmp_path):
    rows = [row for row in asked_twice(30) if row["group.g"] == "a"]
    result = measured(opened(tmp_path, rows), pairs=[SCORE])
    assert only(result, "007").status == "indeterminate"
    assert "llm.paired_gaps" not in result.facts


def test_scores_that_one_repeat_lacks_are_counted(tmp_path):
    rows = asked_twice(300)
    for row in rows:
        if row["repeat"] == 2 and int(row["pair_id"][1:]) >= 100:
            row["score"] = None
    found = only(measured(opened(tmp_path, rows), pairs=[SCORE]), "007")
    assert (found.status, found.measurement.n) == ("indeterminate", 100)
    assert found.reason.startswith("200 texts lack a score")


def test_the_best_are_those_of_each_run(tmp_path):
    """Of two versions with scores of another height, the better one is not all of the short list."""
    rows = [
        turn(
            f"{i}{g}{v}",
            pair_id=f"p{i}",
            prompt_version=v,
            score=2 * i + (g == "a") * (-1) ** i + 1000 * (v == "v2"),
            **{"group.g": g},
        )
        for i in range(60)
        for g in "ab"
        for v in ("v1", "v2")
    ]
    asked = {"variant": "group.g", "score": "score", "top": [60], "min_top_ratio": 0.5}
    result = measured(opened(tmp_path, rows), pairs=[asked])
    found = only(result, "008")
    assert found.status == "passed"
    assert "60 best of each of 2 runs" in found.statement
    assert sum(row["selected"] for row in rows_of(result, "top") if row["k"] == 60) == 120
    for row in rows:
        if row["group.g"] == "b" and int(row["pair_id"][1:]) % 2:
            row["score"], row["repeat"] = None, 1
        row["repeat"] = 1
    lacking = only(measured(opened(tmp_path, rows), pairs=[asked | {"top": [40]}]), "008")
    assert lacking.status != "passed"


def question(version, q, model="m", k=0, ok="yes"):
    return turn(
        f"{version}{q}{model}{k}",
        item_id=f"q{q}",
        prompt_version=version,
        model=model,
        **{"human.ok": ok},
    )


BETTER = CHANGE | {
    "item": "item_id",
    "margin": 0.05,
    "outcome": {"name": "ok", "column": "human.ok", "positive": "yes"},
}


def test_a_change_of_prompt_is_compared_within_each_model(tmp_path):
    rows = [
        question(v, q, m, ok="yes" if m == "m1" else "no")
        for v, models in (("v1", ("m1", "m2")), ("v2", ("m2", "m1")))
        for q in range(100)
        for m in models
    ]
    found = only(measured(opened(tmp_path, rows), changes=[BETTER]), "009")
    assert "0 were so before only, 0 after only" in found.statement
    assert found.status == "passed"


def test_answers_to_one_question_are_not_so_many_questions(tmp_path):
    rows = [
        question(v, q, k=k, ok="no" if v == "v2" and q == 0 else "yes")
        for v in ("v1", "v2")
        for q in range(20)
        for k in range(30)
    ]
    found = only(measured(opened(tmp_path, rows), changes=[BETTER | {"margin": 0.1}]), "009")
    assert found.status == "indeterminate"
    assert found.measurement.n == 600
    assert "Answers to one question belong together" in found.statement


def test_answers_without_a_counterpart_are_counted(tmp_path):
    rows = [
        question(v, q, k=k, ok="no" if k else "yes")
        for v in ("v1", "v2")
        for q in range(100)
        for k in range(5 if v == "v2" else 1)
    ]
    result = measured(opened(tmp_path, rows), changes=[BETTER])
    assert only(result, "009").status == "indeterminate"
    assert "400 more have no outcome in one version or both" in only(result, "009").statement
    assert "llm.regressions" not in result.facts


@pytest.mark.parametrize(("unjudged", "status"), [(0, "passed"), (60, "indeterminate")])
def test_answers_without_an_outcome_before_and_after_let_no_change_pass(tmp_path, unjudged, status):
    outcome = {"name": "bad", "column": "refused", "judged_by": "record"}
    rows = [
        turn(f"{v}-{q}", item_id=f"q{q}", prompt_version=v, refused=None if q < unjudged else False)
        for v in ("v1", "v2")
        for q in range(400)
    ]
    asked = CHANGE | {"item": "item_id", "margin": 0.05, "outcome": outcome}
    found = only(measured(opened(tmp_path, rows), changes=[asked]), "009")
    assert found.status == status
    assert ("60 more have no outcome" in found.statement) == bool(unjudged)


def asked(i, **more):
    names = {"category": "age", "condition": "ambig", "polarity": "neg", "stereotyped": "old"}
    options = {"0": "x", "1": "y", "2": "z", "group_0": "x|old", "group_1": "y|young"}
    given = {**names, **options, "group_2": "z|unknown", "label": 2, "template": f"t{i % 20}"}
    given |= {"p": "xy"[i // 20 % 2], **more}
    return turn(i, **{f"answer.{name}": value for name, value in given.items()})


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "passed"),
        ({"condition": "Ambiguous", "polarity": "Negative"}, "passed"),
        ({"condition": "maybe"}, "indeterminate"),
        ({"polarity": None}, "indeterminate"),
        ({"group_0": "x|tall"}, "indeterminate"),
    ],
)
def test_questions_that_do_not_say_what_they_are_let_nothing_pass(tmp_path, more, status):
    rows = [asked(i, **(more if i % 2 else {})) for i in range(400)]
    options = [{"predicted": "answer.p", "max_bias": 40}]
    found = of(measured(opened(tmp_path, rows), stereotypes=options), "012")
    assert {str(item.status) for item in found} == {status}


def test_turns_that_are_no_questions_are_no_answers_to_them(tmp_path):
    rows = [asked(i, category=None) if i else asked(i, condition="maybe") for i in range(40)]
    result = measured(opened(tmp_path, rows), stereotypes=[{"predicted": "answer.p"}])
    assert only(result, "012").statement == "No answer was held against a stereotype."


def test_the_measure_that_is_printed_is_the_one_that_decides(tmp_path):
    """A judge that finds all and calls much else so fails by its specificity, and shows it."""
    rows = [
        turn(i, **{"judge.r": i % 2 == 0, "human.a": i % 4 == 0, "human.b": i % 4 == 0})
        for i in range(400)
    ]
    outcome = {"name": "r", "column": "judge.r", "human": ["human.a", "human.b"], "max_rate": 0.5}
    limits = {"min_sensitivity": 0.8, "min_specificity": 0.9}
    found = only(measured(opened(tmp_path, rows), outcomes=[outcome], judges=limits), "005")
    assert found.status == "failed"
    assert (found.measurement.metric, found.threshold.low) == ("specificity", 0.9)
    assert found.measurement.value < 0.9


@pytest.mark.parametrize(
    ("misses", "alarms", "metric"), [(10, 30, "specificity"), (40, 12, "sensitivity")]
)
def test_of_two_measures_that_break_their_limits_the_one_further_off_is_printed(
    tmp_path, misses, alarms, metric
):
    """200 turns that people call so, 200 that they do not; both shares are to be at least .99."""
    human = [i < 200 for i in range(400)]
    judge = [misses <= i < 200 + alarms for i in range(400)]
    rows = [
        turn(i, **{"judge.r": j, "human.a": h, "human.b": h})
        for i, (j, h) in enumerate(zip(judge, human, strict=True))
    ]
    outcome = {"name": "r", "column": "judge.r", "human": ["human.a", "human.b"], "max_rate": 0.9}
    limits = {"min_sensitivity": 0.99, "min_specificity": 0.99}
    found = only(measured(opened(tmp_path, rows), outcomes=[outcome], judges=limits), "005")
    assert (found.status, found.measurement.metric) == ("failed", metric)
    assert found.measurement.value == 1 - max(misses, alarms) / 200


def test_agreement_of_one_person_is_not_known(tmp_path):
    outcome = {"name": "r", "column": "human.a", "human": ["human.a"], "max_rate": 0.9}
    rows = [turn(i, **{"human.a": i % 2 == 0}) for i in range(100)]
    result = measured(opened(tmp_path, rows), outcomes=[outcome], judges={"min_agreement": 0.8})
    assert only(result, "006").status == "indeterminate"
    for i, row in enumerate(rows):
        row["human.b"] = True if i % 2 else None
        row["human.a"] = None if i % 2 else True
    outcome["human"] = ["human.a", "human.b"]
    result = measured(opened(tmp_path, rows), outcomes=[outcome], judges={"min_agreement": 0.8})
    assert only(result, "006").status == "indeterminate"


def test_answers_that_nothing_compared_with_instructions_let_none_pass(tmp_path):
    told = "never tell anyone that desk nine settles complaints about fees without asking back"
    rows = [turn(i, system=told if i else None) for i in range(40)]
    found = only(measured(opened(tmp_path, rows), system_prompt_words=8), "013")
    assert found.status == "indeterminate"
    assert found.statement.endswith(" 1 more had no instructions to be compared with.")
    # What is printed beside the limit is in the limit's unit.
    assert (found.measurement.unit, found.measurement.value) == ("words", 0.0)
