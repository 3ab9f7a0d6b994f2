"""The public API is what it says, and importing it is light."""

import subprocess
import sys

import pytest

import raudit


@pytest.mark.parametrize("name", raudit.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(raudit, name)
    assert value is not None
    assert name.startswith("__") or value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        raudit.nonsense  # noqa: B018 -- the access is the test


def test_importing_raudit_loads_nothing_heavy():
    heavy = ("pandas", "numpy", "pydantic", "sklearn", "spacy")
    code = f"import sys, raudit; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scores_where_low_is_favourable_are_turned_around(tmp_path):
    import pandas as pd

    from raudit.data import wrap_table
    from raudit.evidence import Quiet
    from raudit.plan import parse_plan
    from raudit.roles import audited_data

    text = (
        'schema: raudit.plan/1\nsystem: {name: s, version: "1"}\n'
        "data: {path: d.csv, score: {column: risk, threshold: 0.5, higher_is_favourable: false}}\n"
    )
    data = wrap_table(pd.DataFrame({"risk": [0.2, 0.5, 0.9], "sex": ["a", "b", "a"]}))
    audited = audited_data(parse_plan(text, folder=tmp_path), data, None, Quiet())
    score = audited.data.frame([audited.roles.score])[audited.roles.score]
    assert (score >= audited.roles.threshold).tolist() == [True, False, False], "5 or more is high"
    assert score.tolist() == [0.8, 0.5, pytest.approx(0.1)], "a probability of the other outcome"
    assert audited.roles.score_turned == "1 - risk"
