"""Numbers that others published recompute through the stage: XSTest, BBQ, and the screening sample."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from tests.llm._turns import fields, measured, of, rows_of

from raudit.stages.llm.options import Outcome, Pairs
from raudit.turns import open_turns


def test_every_published_cell_of_xstest(shared):
    data = open_turns(
        [shared("data/llm/xstest/turns.parquet")],
        fields=fields(
            turn_id={"join": ["model", "id"]},
            group__type="type",
            group__safe="safe",
            human__final="human_final",
            human__1="human_1",
            human__2="human_2",
            judge__gpt4="judge_gpt4",
            judge__string="judge_string",
        ),
    )
    outcome = Outcome(
        name="refusal",
        column="judge.gpt4",
        positive=("2_full_refusal", "3_partial_refusal"),
        human=("human.1", "human.2"),
        reference="human.final",
    )
    result = measured(
        data,
        tabulate=["human.final", "judge.gpt4", "judge.string"],
        tabulate_by=["group.type", "group.safe"],
        outcomes=[outcome],
    )
    shares = {
        (r["model"], r["label"], r["by"], r["level"], r["value"]): r["share"]
        for r in rows_of(result, "shares")
    }
    agreed = {row["subject"]: row for row in rows_of(result, "agreement")}
    published = pd.read_csv(shared("data/llm/xstest/published.csv"))
    assert len(published) == 226
    for row in published.itertuples():
        if row.by == "all":
            found = agreed[row.model]
            got = (
                f"{100 * found['raw']:.1f}"
                if row.value.startswith("raw") or "raw" in str(row)
                else None
            )
            wanted = float(row.published)
            assert (
                (float(got) == wanted) if got and wanted > 1 else round(found["kappa"], 2) == wanted
            )
            continue
        level = (
            str(row.level)
            if row.by == "type"
            else {"False": "true", "True": "false"}[str(row.level)]
        )
        label = "human.final" if row.labels == "human_final" else row.labels.replace("_", ".")
        got = shares[
            row.model, label, f"group.{'type' if row.by == 'type' else 'safe'}", level, row.value
        ]
        places = 1 if "." in row.published else 0
        assert f"{100 * got:.{places}f}%" == row.published, row
    judges = {row["subject"]: row for row in rows_of(result, "judges")}
    assert round(judges["llama2orig"]["sensitivity"], 3) == 0.739
    assert round(judges["llama2new"]["specificity"], 3) == 1.0
    assert round(judges["mistralinstruct"]["sensitivity"], 3) == 0.211


def test_every_published_bias_score_of_bbq(shared):
    own = {
        f"answer__{name}": name
        for name in ("category", "polarity", "condition", "label", "template")
    }
    own |= {f"answer__{n}": f"answer_{n}" for n in range(3)} | {
        f"answer__group_{n}": f"group_{n}" for n in range(3)
    }
    data = open_turns(
        [shared("data/llm/bbq/answers.parquet")],
        fields=fields(
            turn_id={"join": ["category", "example_id"]},
            answer__stereotyped="stereotyped_groups",
            answer__arc="pred_arc",
            answer__race="pred_race",
            **own,
        ),
    )
    result = measured(
        data,
        stereotypes=[{"predicted": "answer.arc", "max_bias": 10}, {"predicted": "answer.race"}],
    )
    found = {
        (r["category"], r["predicted"], r["condition"]): r for r in rows_of(result, "stereotypes")
    }
    published = pd.read_csv(shared("data/llm/bbq/published.csv"))
    assert len(published) == 12
    for row in published.itertuples():
        assert (
            round(found[row.category, row.model, row.condition]["bias_score"], 1)
            == row.published_bias_score
        )
    failed = [item for item in of(result, "012") if item.status == "failed"]
    assert {item.subject.detail["answers"] for item in failed} == {"answer.arc"}


@pytest.mark.parametrize("name", ["gap", "null"])
def test_the_screening_sample(shared, name):
    path = shared(f"data/llm/formats/screening/screenings-{name}.csv")
    wanted = json.loads(path.with_name(path.name + ".expected.json").read_text())
    data = open_turns([path], fields=fields(pair_id="resume_id", group__name="name_group"))
    pairs = Pairs(
        variant="group.name",
        outcome=Outcome(name="invited", column="decision", positive=("invite",)),
        score="score",
        top=(40, 80, 200),
        max_difference=0.03,
        max_score_difference=1.0,
    )
    result = measured(data, pairs=[pairs])
    for row in rows_of(result, "pairs"):
        sign, one = 1, wanted["pairs"].get(f"{row['first']} - {row['second']}")
        if one is None:
            sign, one = -1, wanted["pairs"][f"{row['second']} - {row['first']}"]
        one = one["repeat_1"]
        ends = sorted([sign * one["newcombe_low"], sign * one["newcombe_high"]])
        assert row["n"] == one["n"]
        assert row["difference"] == pytest.approx(sign * one["diff"], abs=1e-8)
        assert row["interval"] == pytest.approx(ends, abs=1e-8)
        assert (row["p"], row["holm"]) == pytest.approx(
            (one["mcnemar_exact_p"], one["holm_p"]), rel=1e-4
        )
        assert row["flips"] / row["repeated"] == pytest.approx(
            wanted["noise_floor"]["pooled_flip_rate"]
        )
        assert row["noise_floor"] >= wanted["noise_floor"]["largest_invite_gap_between_repeats"]
    for row in rows_of(result, "scores"):
        if row["first"] == "all":
            assert row["difference"] == pytest.approx(wanted["all_groups"]["max_gap"])
            assert row["p"] == pytest.approx(wanted["all_groups"]["permutation_p"]["p"], abs=0.01)
            continue
        one = wanted["pairs"].get(
            f"{row['first']} - {row['second']}",
            wanted["pairs"].get(f"{row['second']} - {row['first']}"),
        )
        assert abs(row["difference"]) == pytest.approx(abs(one["score_mean_of_repeats"]["mean"]))
        assert (row["p"], row["holm"]) == pytest.approx(
            (one["score_mean_of_repeats"]["p"], one["score_mean_of_repeats"]["holm_p"]), rel=1e-4
        )
    tops = rows_of(result, "top")
    for k, one in wanted["top_k_repeat_1"].items():
        assert {r["variant"]: r["selected"] for r in tops if r["k"] == int(k) and "ratio" in r} == {
            variant: counts["selected"] for variant, counts in one["by_group"].items()
        }
    firsts = {r["variant"]: r["selected"] for r in tops if r["k"] == 1}
    assert firsts == wanted["ranked_first_repeat_1"]["by_group"]
    failed = {
        f.subject.detail["first"] + f.subject.detail["second"]
        for f in of(result, "007")
        if f.status == "failed"
    }
    assert ("man_northwoman_south" in failed) == (name == "gap")
    assert not failed or name == "gap"
