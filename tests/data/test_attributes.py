"""Sensitive attributes from a second file, by key."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.audit import judge_plan
from raudit.errors import DataError
from raudit.plan import load_plan

PLAN = """schema: raudit.plan/1
system: {{name: t, version: "1"}}
data:
  path: {data}
  prediction: {{column: p, favourable: "1"}}
  attributes: {{path: people.csv, key: {key}}}
sensitive_features: [sex]
stages: {{fairness: {{}}}}
"""


def write(folder, ids, people, *, key="id", data="rows.csv"):
    table = pa.table({"id": ids, "p": [i % 3 == 0 for i in range(len(ids))]})
    table = table.set_column(1, "p", pa.array([int(v.as_py()) for v in table["p"]]))
    if data.endswith(".parquet"):
        pq.write_table(table, folder / data)
    else:
        (folder / data).write_text(
            "id,p\n" + "".join(f"{i},{int(n % 3 == 0)}\n" for n, i in enumerate(ids))
        )
    (folder / "people.csv").write_text("id,sex\n" + "".join(f"{i},{s}\n" for i, s in people))
    (folder / "raudit.yaml").write_text(PLAN.format(data=data, key=key))
    return load_plan(folder / "raudit.yaml")


def audit(plan, clock):
    return judge_plan(plan, clock=clock)


@pytest.fixture
def clock():
    from datetime import UTC, datetime

    return datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("data", ["rows.csv", "rows.parquet"])
def test_rows_meet_their_people_whatever_the_order(tmp_path, clock, data):
    people = [(i, "F" if i % 2 else "M") for i in range(120)]
    plan = write(tmp_path, list(range(120)), reversed(people[:110]), data=data)
    record = audit(plan, clock)
    assert [item.role for item in record.inputs][:3] == ["plan", "data", "attributes"]
    (stage,) = record.stages
    cells = stage.artefacts["cells"]
    (levels,) = [dim["levels"] for dim in cells["dims"] if dim["name"] == "sex"]
    assert levels == ["F", "M", "unknown"]
    unknown = next(f for f in record.findings if f.rule == "RA-FAIR-008")
    assert "For 10 of 120 people" in unknown.statement


@pytest.mark.parametrize(
    ("people", "reference"),
    [
        ([(1, "F"), (1, "M")], "attributes-key-twice"),
        ([(900, "F"), (901, "M")], "attributes-no-match"),
    ],
)
def test_a_wrong_key_is_refused(tmp_path, clock, people, reference):
    plan = write(tmp_path, list(range(60)), people)
    with pytest.raises(DataError) as caught:
        audit(plan, clock)
    assert caught.value.reference == reference


def test_a_column_of_both_files_is_refused(tmp_path, clock):
    plan = write(tmp_path, list(range(60)), [(i, "F") for i in range(60)])
    (tmp_path / "people.csv").write_text("id,p,sex\n" + "".join(f"{i},1,F\n" for i in range(60)))
    with pytest.raises(DataError) as caught:
        audit(plan, clock)
    assert caught.value.reference == "attributes-column-twice"
