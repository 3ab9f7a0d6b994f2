"""A contradiction points at the place in the record that refutes the answer, and the place says what it is said to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tests.checklists.launch_answers import READY, answers_to

from raudit.canonical import sha256
from raudit.checklists import assess
from raudit.checklists.form.load import shipped
from raudit.checklists.sources import measured
from raudit.findings import Finding, Severity, Status, Subject
from raudit.record import Input, Outcome, Record, Run, StageRecord, record_to_json

CHECKLIST = shipped("launch-readiness")


def finding(rule: str, column: str, status: Status = Status.FAILED) -> Finding:
    subject = Subject(kind="column", name=column)
    return Finding(
        rule=rule, subject=subject, status=status, severity=Severity.HIGH, statement="s", reason="r"
    )


RECORD = Record(
    run=Run(
        id="0" * 16,
        clock="2026-11-21T10:00:00Z",
        seed=1,
        raudit="0",
        python="3",
        platform="x",
        packages={},
    ),
    system={},
    plan={},
    inputs=(
        Input(role="plan", name="raudit.yaml", sha256=sha256(b"p"), bytes=1),
        Input(
            role="data",
            name="d.csv",
            sha256=sha256(b"d"),
            bytes=1,
            detail={"rows": 9, "columns": 3},
        ),
        Input(
            role="model", name="m.skops", sha256=sha256(b"m"), bytes=1, detail={"format": "skops"}
        ),
    ),
    stages=(
        StageRecord(name="explain", title="E", outcome=Outcome.SKIPPED, reason="no model"),
        StageRecord(
            name="pii",
            title="P",
            outcome=Outcome.COMPLETED,
            findings=(
                finding("RA-PII-001", "age", Status.PASSED),
                finding("RA-PII-001", "Notes"),
                finding("RA-PII-001", "other"),
            ),
            facts={"pii.columns_with_personal_data": ["notes"], "pii.special_category_columns": []},
        ),
    ),
)


def at(document: Any, pointer: str) -> Any:
    """RFC 6901, section 4."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def test_the_pointer_leads_to_the_value_and_to_the_finding() -> None:
    facts, sources = measured(RECORD)
    result = assess(
        CHECKLIST,
        answers_to(CHECKLIST, READY),
        facts=facts,
        sources=sources,
        today=date(2026, 11, 21),
    )
    item = next(c for c in result.contradictions if c.question == "data.sensitivity")
    (place,) = item.places
    document = json.loads(json.dumps(record_to_json(RECORD)))
    assert place.pointer == "/stages/1/facts/pii.columns_with_personal_data"
    assert at(document, place.pointer) == ["notes"]
    assert [f.subject for f in place.findings] == ["Notes"]
    assert at(document, place.findings[0].pointer)["subject"]["name"] == "Notes"
    assert place.said == "record.json#/stages/1/facts/pii.columns_with_personal_data = notes"


def test_what_was_not_measured_points_at_the_stage_that_did_not() -> None:
    facts, sources = measured(RECORD)
    result = assess(
        CHECKLIST,
        answers_to(CHECKLIST, READY),
        facts=facts,
        sources=sources,
        today=date(2026, 11, 21),
    )
    item = next(c for c in result.contradictions if c.question == "tradeoffs.explanation")
    place = next(p for p in item.places if p.fact == "explain.available")
    assert at(record_to_json(RECORD), place.pointer) == "skipped"
    assert place.value == "not measured; skipped: no model"


def test_facts_about_the_inputs_have_places_too() -> None:
    facts, sources = measured(RECORD)
    document = record_to_json(RECORD)
    for fact in ("data.sha256", "data.rows", "data.columns", "model.sha256", "model.format"):
        assert at(document, sources.place(fact, facts).pointer) == facts[fact]


def test_a_stage_that_failed_measured_nothing() -> None:
    failed = replace(RECORD.stages[1], outcome=Outcome.FAILED, reason="broke")
    facts, _sources = measured(replace(RECORD, stages=(RECORD.stages[0], failed)))
    assert "pii.columns_with_personal_data" not in facts


def test_a_run_and_its_record_agree_on_every_place(tmp_path: Path) -> None:
    """What the pipeline tells the stage while it runs is what the finished record holds."""
    from datetime import UTC, datetime

    from raudit.pipeline import measure, prepare
    from raudit.plan import load_plan

    (tmp_path / "d.csv").write_text(
        "y,notes\n" + "1,ann@example.org wrote\n0,bob@example.net called\n" * 60
    )
    (tmp_path / "a.yaml").write_text(
        "schema: raudit.answers/1\n"
        f"checklist: {{id: launch-readiness, version: {CHECKLIST.file.version}, sha256: {CHECKLIST.sha256}}}\n"
        "answers:\n  data.sensitivity: {value: [nothing], by: pm}\n"
    )
    (tmp_path / "raudit.yaml").write_text(
        "schema: raudit.plan/1\n"
        "system: {name: t, version: '1', organisation: o, owner: w, purpose: p, affected: a}\ntask: binary\n"
        "data: {path: d.csv, label: {column: y, favourable: '1'}}\n"
        "stages: {assessments: {}, pii: {}, data_readiness: {}}\n"
        "assessments: [{checklist: launch-readiness, answers: a.yaml}]\n"
    )
    record = measure(
        prepare(load_plan(tmp_path / "raudit.yaml"), clock=datetime(2026, 11, 21, tzinfo=UTC))
    )
    document = record_to_json(record)
    _facts, sources = measured(record)
    found = [
        f
        for s in record.stages
        for f in s.findings
        if f.rule == "RA-ASMT-002" and f.status is Status.FAILED
    ]
    assert found
    for one in found:
        for place in one.data["places"]:
            assert place["pointer"] == sources.pointers[place["fact"]]
            at(document, place["pointer"])
            for related in place["findings"]:
                assert at(document, related["pointer"])["rule"] == related["rule"]
