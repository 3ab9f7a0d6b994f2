"""Values of one case are printed only while ten rows share all of them."""

from __future__ import annotations

import pandas as pd

from raudit.stages.explain.questions.case_tables import Reason
from raudit.stages.explain.questions.reasons import _shared_by_many
from raudit.stages.explain.survey.values_shown import NOT_SHOWN, RARE, sharing, shown


def _survey():
    return pd.DataFrame(
        {
            "job": ["a"] * 50 + ["b"] * 50,
            "town": (["x"] * 5 + ["y"] * 45) * 2,
            "age": list(range(20, 70)) * 2,
        }
    )


def test_what_is_printed_is_true_of_the_rows_that_share_it():
    survey = _survey()
    survey.loc[0, "town"] = "rare place"
    for column in survey:
        for row in (0, 3, 60, 99):
            value = survey[column].iloc[row]
            text = shown(survey[column], value, "coarse")
            alike = sharing(survey[column], value, text)
            assert alike[row]
            said = [shown(survey[column], v, "coarse") == text for v in survey[column]]
            assert text == NOT_SHOWN or list(alike) == said
    assert shown(survey["town"], "rare place", "coarse") == RARE


def test_values_that_many_share_alone_but_few_together_are_left_out():
    survey = _survey()
    told = [Reason(feature=n, value=v, part=0.1) for n, v in (("job", "a"), ("town", "x"))]
    columns = {"job": "job", "town": "town"}
    kept = _shared_by_many(told, columns, survey, survey.iloc[0])
    assert [reason.value for reason in kept] == ["a", NOT_SHOWN]  # ten have x, five of them are a


def test_values_that_ten_share_together_stay():
    survey = _survey()
    told = [Reason(feature=n, value=v, part=0.1) for n, v in (("job", "a"), ("town", "y"))]
    kept = _shared_by_many(told, {"job": "job", "town": "town"}, survey, survey.iloc[10])
    assert [reason.value for reason in kept] == ["a", "y"]
