"""The stage on a small table with known personal data."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from raudit.data import ColumnName, Roles, wrap_table
from raudit.errors import DataError, NotEvaluable
from raudit.evidence import Evidence, discover_stages
from raudit.findings import Status
from raudit.plan import Task
from raudit.record import Outcome, Record, Run, StageRecord, parse_record, record_bytes

PEOPLE = [
    "Angela Jones",
    "Robert Miller",
    "Maria Garcia",
    "James Smith",
    "Linda Brown",
    "Carlos Lopez",
    "Emma Wilson",
]
N = 210


def people_table() -> pa.Table:
    names = [PEOPLE[i % 7] for i in range(N)]
    return pa.table(
        {
            "customer": names,
            "e_mail": [
                f"{n.lower().replace(' ', '.')}{i}@example.org" for i, n in enumerate(names)
            ],
            "age": [20 + i % 50 for i in range(N)],
            "zip_code": [f"{10000 + i % 30}" for i in range(N)],
            "religion": ["catholic", "muslim", "jewish"] * 70,
            "note": [
                f"Please call {n} back about order {i} on Monday" for i, n in enumerate(names)
            ],
            "amount": [i * 1.5 for i in range(N)],
            "product": ["table", "chair", "lamp"] * 70,
        }
    )


def run(table, features=(), **options):
    stage = discover_stages()["pii"]
    evidence = Evidence(
        system={},
        task=Task.BINARY,
        data=wrap_table(table, name="people.parquet"),
        roles=Roles(features=tuple(ColumnName(f) for f in features)),
        model=None,
        seed=7,
        clock=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return stage.run(evidence, stage.options(**options))


@pytest.fixture(scope="module")
def result():
    return run(people_table(), features=("age", "e_mail", "religion"))


def test_facts_name_the_columns_and_their_entity_types(result):
    assert result.facts["pii.assessed"] is True
    assert result.facts["pii.columns_with_personal_data"] == ["customer", "e_mail", "note"]
    assert result.facts["pii.entity_types"]["e_mail"] == ["EMAIL_ADDRESS"]
    assert result.facts["pii.free_text_columns_with_personal_data"] == ["note"]
    assert result.facts["pii.special_category_columns"] == ["religion"]
    assert result.facts["pii.quasi_identifiers"] == ["age", "zip_code"]


def test_patterns_are_counted_and_names_estimated(result):
    by = {(f.rule, f.subject.name): f for f in result.findings}
    mail = by["RA-PII-001", "e_mail"].measurement
    assert (mail.events, mail.n, mail.interval) == (N, N, None)
    assert by["RA-PII-001", "customer"].status is Status.FAILED


def test_personal_and_special_features_of_the_model_are_findings(result):
    assert {f.subject.name for f in result.findings if f.rule == "RA-PII-005"} == {"e_mail"}
    assert {f.subject.name for f in result.findings if f.rule == "RA-PII-006"} == {"religion"}


def test_rows_alone_are_counted_by_hand(result):
    ages_and_zips = {(20 + i % 50, i % 30) for i in range(N)}
    counts = [sum((20 + i % 50, i % 30) == pair for i in range(N)) for pair in ages_and_zips]
    assert result.facts["pii.k_anonymity"] == min(counts)
    assert result.facts["pii.rows_alone"] == counts.count(1)


def test_every_finding_answers_a_rule_of_the_catalogue(result):
    known = {rule.id for rule in discover_stages()["pii"].rules}
    assert {f.rule for f in result.findings} <= known
    assert len({f.fingerprint for f in result.findings}) == len(result.findings)


def test_no_value_reaches_the_record(result):
    stage = StageRecord(
        name="pii",
        title="Personal data",
        outcome=Outcome.COMPLETED,
        summary=result.summary,
        findings=result.findings,
        tables=result.tables,
        figures=result.figures,
        facts=result.facts,
        notes=result.notes,
        artefacts=result.artefacts,
    )
    run_ = Run(
        id="0",
        clock="2026-01-01T00:00:00Z",
        seed=7,
        raudit="0",
        python="3",
        platform="x",
        packages={},
    )
    data = record_bytes(Record(run=run_, system={}, plan={}, inputs=(), stages=(stage,)))
    parse_record(data)
    text = json.dumps(json.loads(data), ensure_ascii=False).lower()
    for person in PEOPLE:
        assert person.lower() not in text
        assert person.split()[0].lower() not in text
    assert "example.org" not in text


def test_declared_columns_stay_findings_for_review_and_never_pass():
    found = run(people_table(), features=("religion",), expected=("e_mail", "religion", "amount"))
    mail = [f for f in found.findings if f.subject.name == "e_mail"]
    assert {(f.status, str(f.severity)) for f in mail} == {(Status.FAILED, "info")}
    religion = {f.rule: str(f.severity) for f in found.findings if f.subject.name == "religion"}
    assert religion == {"RA-PII-003": "info", "RA-PII-006": "high"}
    (amount,) = [f for f in found.findings if f.subject.name == "amount"]
    assert amount.status is Status.INDETERMINATE


def test_a_secret_cannot_be_declared_away():
    table = people_table().append_column("token", pa.array([f"AKIA{i:016d}" for i in range(N)]))
    (secret,) = [f for f in run(table, expected=("token",)).findings if f.rule == "RA-PII-002"]
    assert (secret.status, str(secret.severity)) == (Status.FAILED, "critical")


def test_without_a_language_model_names_are_indeterminate():
    found = run(people_table(), model="none")
    (names,) = [f for f in found.findings if f.rule == "RA-PII-009"]
    assert names.status is Status.INDETERMINATE
    assert found.facts["pii.names_assessed"] is False
    assert "not searched" in found.summary


def test_full_mode_counts_everything(result):
    found = run(people_table(), mode="full")
    assert (
        found.facts["pii.columns_with_personal_data"]
        == result.facts["pii.columns_with_personal_data"]
    )
    assert all(
        f.measurement.interval is None
        for f in found.findings
        if f.rule in {"RA-PII-001", "RA-PII-004"}
    )


def test_the_same_seed_gives_the_same_result(result):
    assert run(people_table(), features=("age", "e_mail", "religion")) == result


def test_an_empty_table_is_not_evaluable():
    with pytest.raises(NotEvaluable):
        run(people_table().slice(0, 0))


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(DataError, match="did you mean 'e_mail'"):
        run(people_table(), columns=("email",))
