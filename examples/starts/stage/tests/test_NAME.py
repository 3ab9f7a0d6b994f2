"""The stage on tables whose right answer is known by hand."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from raudit_NAME import STAGE, Options

from raudit import Evidence, StageResult, wrap_table
from raudit.data import Roles
from raudit.errors import NotEvaluable
from raudit.plan import Task


def measured(table: pd.DataFrame, **options: float) -> StageResult:
    evidence = Evidence(
        system={},
        task=Task.BINARY,
        data=wrap_table(table),
        roles=Roles(),
        model=None,
        seed=0,
        clock=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return STAGE.run(evidence, Options(**options))


TABLE = pd.DataFrame({"x": [1, None, 3, 4], "y": [1, 0, 1, 0]})


@pytest.mark.parametrize(("limit", "failed"), [(0.25, []), (0.2, ["x"])])
def test_a_column_fails_over_the_limit_only(limit, failed):
    result = measured(TABLE, max_missing=limit)
    assert [f.subject.name for f in result.findings if f.status == "failed"] == failed


def test_the_sentence_says_on_how_many():
    sentence = "1 of 4 values of the column x are missing."
    assert measured(TABLE).findings[0].statement == sentence


def test_nothing_passes_on_no_rows():
    with pytest.raises(NotEvaluable):
        measured(TABLE.head(0))
