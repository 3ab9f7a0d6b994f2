"""Rates of groups: their tables, the pairs that are compared, and what they are counted in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from raudit.report import render_html
from raudit.report.rates import comparisons, group_places, overall

from .groups import COUNTS, RECORD, estimate, estimates, with_groups


def test_groups_stand_largest_first_and_have_their_place():
    (one,) = comparisons(with_groups())
    assert [g.name for g in one.groups] == ["White", "Black", "Other"]
    assert group_places(comparisons(with_groups())) == {"White": 0, "Black": 1, "Other": 2}


def test_the_largest_groups_are_a_pair_with_its_score_statistic():
    (one,) = comparisons(with_groups())
    pair = next(p for p in one.pairs if p.metric == "selection_rate")
    assert (pair.first, pair.second) == ("White", "Black")
    p = (2789 + 137) / (13946 + 1561)
    z = (2789 / 13946 - 137 / 1561) / (p * (1 - p) * (1 / 13946 + 1 / 1561)) ** 0.5
    assert pair.z == pytest.approx(z)
    assert pair.low < pair.difference < pair.high


def with_few(**options):
    """Eight people of whom seven were chosen, and of whose two deserving ones both, beside the large groups."""
    few = [estimate("Few", "selection_rate", 7, 8), estimate("Few", "true_positive_rate", 2, 2)]
    some = [estimate("unKNOWN", "selection_rate", 39, 40)]
    record = with_groups()
    stages = tuple(
        replace(
            stage,
            options={**stage.options, "min_group": 30, "min_events": 10, **options},
            artefacts={"estimates": [*estimates(), *few, *some]},
        )
        if stage.name == "fairness"
        else stage
        for stage in record.stages
    )
    return replace(record, stages=stages)


def test_farthest_apart_are_groups_that_are_held_to_limits():
    """A group of eight is farthest apart by chance; people of no known group are no group."""
    (one,) = comparisons(with_few())
    assert [g.name for g in one.groups] == ["White", "Black", "Other", "Few", "unKNOWN"]
    named = {name for pair in one.pairs for name in (pair.first, pair.second)}
    assert named == {"White", "Black", "Other"}
    (loose,) = comparisons(with_few(min_group=5, min_events=1))
    assert {"Few"} < {name for pair in loose.pairs for name in (pair.first, pair.second)}


@pytest.mark.parametrize(
    ("language", "said"), [("en", "87.5\u202f% of 8"), ("de", "87,5\u202f% von 8")]
)
def test_a_rate_of_few_people_says_on_how_many(language, said):
    page = render_html(with_few(), language=language)
    assert f">{said}<" in page
    assert "of at least 30 people" in page or "ab 30 Menschen" in page


def test_a_rate_that_nobody_has_is_no_column_and_what_was_not_given_is_said():
    stages = tuple(
        replace(
            stage,
            artefacts={"estimates": [e for e in estimates() if e["metric"] == "selection_rate"]},
        )
        if stage.name == "fairness"
        else stage
        for stage in RECORD.stages
    )
    page = render_html(replace(RECORD, stages=stages))
    table = page[page.index("Rates by Race") :]
    assert "True positive rate" not in table[: table.index("</table>")]
    assert "Outcomes were not given" in page
    assert "at the threshold in use" not in page


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_gap_between_rates_is_in_points_and_a_ratio_is_not(language):
    page = render_html(with_groups(), language=language).replace("\u202f", " ")
    word, short = (
        ("percentage points", "points") if language == "en" else ("Prozentpunkte", "Punkte")
    )
    mark = "." if language == "en" else ","
    assert f"19{mark}6 {word}" in page
    assert f"10 {word}" in page
    assert f">19{mark}6 {short}</td>" in page
    assert f"rates: 0{mark}196" not in page
    assert f"quoten: 0{mark}196" not in page


def test_overall_rates_are_sums_of_the_groups():
    rates = overall(comparisons(with_groups()))
    assert (rates["selection_rate"].events, rates["selection_rate"].n) == (2940, 15642)
    assert rates["true_positive_rate"].n == 3486 + 179 + 25
    assert rates["selection_rate"].low < 2940 / 15642 < rates["selection_rate"].high


def test_every_comparison_has_its_table_in_both_languages():
    for language, words in (("en", "White and Black"), ("de", "White und Black")):
        page = render_html(with_groups(), language=language)
        assert words in page
        assert all(f'<td class="">{group}</td>' in page for group in COUNTS)
