"""A table that is already counted, such as most published ones, gives what its people one by one give."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from raudit.errors import PlanError

# Admissions to six departments at Berkeley, 1973 (Bickel, Hammel and O'Connell 1975): admitted and rejected.
BERKELEY = {
    ("Male", "A"): (512, 313),
    ("Female", "A"): (89, 19),
    ("Male", "B"): (353, 207),
    ("Female", "B"): (17, 8),
    ("Male", "C"): (120, 205),
    ("Female", "C"): (202, 391),
    ("Male", "D"): (138, 279),
    ("Female", "D"): (131, 244),
    ("Male", "E"): (53, 138),
    ("Female", "E"): (94, 299),
    ("Male", "F"): (22, 351),
    ("Female", "F"): (24, 317),
}
ROWS = [
    {"gender": gender, "dept": dept, "admit": admit, "freq": n}
    for (gender, dept), counts in BERKELEY.items()
    for admit, n in zip(("yes", "no"), counts, strict=True)
]


def told(result):
    return [
        (f.rule, f.subject.name, f.status, f.statement, f.reason, f.measurement)
        for f in result.findings
    ]


def test_counts_give_what_people_one_by_one_give(run):
    roles = {"prediction": ("admit", "yes"), "sensitive": ("gender",), "control": ("dept",)}
    counted = run(pa.Table.from_pylist(ROWS), count="freq", **roles)
    people = [
        {k: v for k, v in row.items() if k != "freq"} for row in ROWS for _ in range(row["freq"])
    ]
    assert told(counted) == told(run(pa.Table.from_pylist(people), **roles))
    assert len(people) == 4526
    (difference,) = [f for f in counted.findings if f.rule == "RA-FAIR-001"]
    assert difference.measurement.value == pytest.approx(1198 / 2691 - 557 / 1835)


@pytest.mark.parametrize(
    ("lines", "reference"),
    [
        ("task: regression\nstages: {fairness: {}}", "count-task"),
        ("stages: {fairness: {}, pii: {}}", "count-with-stages"),
        ("", "count-with-stages"),
        ("stages: {fairness: {}}\nmodel: {path: m.skops}", "count-with-model"),
    ],
)
def test_what_looks_at_people_one_by_one_is_refused(tmp_path, lines, reference):
    from raudit import judge_plan, load_plan

    (tmp_path / "d.csv").write_text("g,y,n\na,1,20\nb,0,30\n")
    (tmp_path / "raudit.yaml").write_text(
        "schema: raudit.plan/1\nsystem: {name: s, version: '1'}\n"
        "data: {path: d.csv, prediction: {column: y, favourable: '1'}, label: {column: y, favourable: '1'}, count: n}\n"
        f"sensitive_features: [{{column: g}}]\n{lines}\n"
    )
    with pytest.raises(PlanError) as refused:
        judge_plan(load_plan(tmp_path / "raudit.yaml"), clock=datetime(2026, 1, 2, tzinfo=UTC))
    assert refused.value.reference == reference


@pytest.mark.parametrize("count", [-1, 2.5, 10**13])
def test_what_is_no_count_is_refused(run, count):
    from raudit.errors import DataError

    rows = [{**row, "freq": float(row["freq"])} for row in ROWS]
    rows[3]["freq"] = count
    with pytest.raises(DataError, match="no counts"):
        run(
            pa.Table.from_pylist(rows),
            count="freq",
            prediction=("admit", "yes"),
            sensitive=("gender",),
        )
