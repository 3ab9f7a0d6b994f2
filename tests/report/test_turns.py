"""The language model in the report: a line on page one and a chapter that says what nobody measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from raudit.findings import Status, Threshold
from raudit.record import Column, Outcome, StageRecord, Table
from raudit.report import render_html, render_markdown
from raudit.report.language import load_language
from raudit.report.one_liners import one_liners
from raudit.report.points import counted
from raudit.report.reading import faults_of
from raudit.report.sections import accepted
from raudit.report.templates import find_template
from raudit.report.turns import SHOWN, turns_line, turns_of

from . import synthetic


def language(code="en"):
    return load_language(code, find_template("standard").language_folders())


def stage(**facts):
    columns = tuple(
        Column(key=key, label=key.capitalize(), kind=kind)
        for key, kind in (
            ("control", "text"),
            ("tried", "count"),
            ("judged", "count"),
            ("successes", "count"),
            ("corrected", "proportion"),
            ("upper", "proportion"),
            ("errors", "count"),
        )
    )
    row = {"control": "orders", "tried": 60, "judged": 60, "successes": 9, "upper": 0.258}
    attacks = Table(id="attacks", title="Attacks", columns=columns, rows=(row,))
    pair = {"outcome": "refused", "n": 12, "noise_floor": 0.1}
    pairs = Table(
        id="pairs",
        title="Pairs",
        columns=tuple(Column(key=key, label=key.capitalize()) for key in pair),
        rows=(pair,),
        caption="Newcombe's paired interval.",
    )
    return StageRecord(
        name="llm",
        title="Language model",
        outcome=Outcome.COMPLETED,
        summary="540 recorded turns from one file; 3 findings failed.",
        tables=(attacks, pairs),
        facts={"llm.turns": 540, **facts},
    )


def test_the_line_says_how_much_what_is_over_and_the_bound():
    line = turns_line(
        stage(
            **{
                "llm.outcomes_over_limit": ["refused"],
                "llm.attack_upper_bound": 0.258,
                "llm.judges_not_validated": ["rude"],
            }
        ),
        language(),
    )
    assert "540" in line
    assert "Over their limit: refused." in line
    assert "25.8" in line
    assert "Not validated by people: rude." in line


def test_what_was_not_measured_is_said():
    assert "No attack was judged." in turns_line(stage(), language())
    assert "No outcome was held against a limit." in turns_line(stage(), language())


@pytest.mark.parametrize(
    ("over", "untold", "said"),
    [
        ([], None, "No outcome is over its limit."),
        ([], ["rude"], "Outcomes that could not be told: rude."),
        (None, ["rude"], "Outcomes that could not be told: rude."),
        (["rude"], ["rude", "wrong"], "limit: rude. Outcomes that could not be told: wrong."),
    ],
)
def test_no_outcome_is_within_its_limit_unless_all_were_told(over, untold, said):
    facts = {"llm.outcomes_over_limit": over, "llm.outcomes_untold": untold}
    line = turns_line(stage(**facts), language())
    assert said in line
    assert ("No outcome" in line) is (over == [] and untold is None)


def test_the_chapter_has_columns_in_which_something_stands_and_names_the_rest():
    chapter = turns_of(stage(), language())
    assert [c.key for c in chapter.tables[1].columns] == [
        "control",
        "tried",
        "judged",
        "successes",
        "upper",
    ]
    assert len(chapter.untested) == len(SHOWN) - 2
    assert turns_of(None, language()) is None


@pytest.mark.parametrize("code", ["en", "de"])
def test_only_an_audit_of_turns_has_the_chapter(code):
    base = synthetic.make_record()
    heading = language(code)("section-language")
    with_turns = replace(base, stages=(*base.stages, stage()))
    page = render_html(with_turns, language=code)
    assert heading in page
    assert language(code)("untested-rates") in page
    assert language(code)("line-language") in page
    assert heading not in render_html(base, language=code)
    assert heading in render_markdown(with_turns, language=code)
    assert faults_of(page) == ()


def test_groups_compared_in_answers_are_not_called_unlooked_at():
    base = replace(synthetic.make_record(), stages=(stage(**{"llm.groups_compared": ["dialect"]}),))
    assert dict(one_liners(base, (), language()))["Fairness"] == (
        "Answers of the language model were compared between groups (dialect); decisions were not."
    )
    unseen = replace(base, stages=(stage(),))
    assert dict(one_liners(unseen, (), language()))["Fairness"] == "This audit did not look at it."


def test_a_limit_names_both_of_its_ends():
    def said(code="en", metric="impact_ratio", **limit):
        finding = synthetic.finding(
            synthetic.FAIR, "sex", Status.PASSED, 0.9, metric=metric, statement="Said."
        )
        held = replace(finding, threshold=Threshold(**limit))
        m = held.measurement
        return accepted(held, lambda text: counted(text, m, language(code)), language(code))

    assert said(low=0.8, high=1.25) == "at least 0.8 and at most 1.25"
    assert said(low=0.8) == "at least 0.8"
    assert said("de", high=0.1) == "höchstens 0,1"
    gap = "demographic_parity_difference"
    assert said("de", gap, high=0.1) == "höchstens 10 Prozentpunkte"
    assert (
        said(metric=gap, low=-0.125, high=0.1) == "at least −12.5 and at most 10 percentage points"
    )
