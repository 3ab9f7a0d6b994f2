"""SARIF against the official schema, and one test for each of GitHub's documented rules."""

from __future__ import annotations

import gzip
import json
import re
import sysconfig
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from raudit.errors import PlanError
from raudit.findings import Severity
from raudit.gate import PlanLines, render
from raudit.policy import Policy, Waivers, apply_policy, load_waivers
from raudit.record import Outcome
from raudit.yamltext import parse_yaml

from .conftest import PLAN

SCHEMA = Path(sysconfig.get_paths()["purelib"]) / "sarif-schema.json"
LINES = PlanLines(
    plan_uri="audits/raudit.yaml", plan=parse_yaml(PLAN, source="raudit.yaml", error=PlanError)
)
TODAY = date(2026, 11, 21)


def judged(record, policy=None, waivers=None):
    verdict = apply_policy(
        record, policy or Policy(name="p"), waivers=waivers or Waivers(), baseline=None, today=TODAY
    )
    return record.with_verdict(verdict)


@pytest.fixture
def rich(make):
    """A record with every kind of finding."""
    pii = make.rule(
        "RA-PII-001",
        title="Columns hold personal data",
        why="w" * 3000,
        requirements=tuple("abcdefghijkl"),
    )
    return make.record(
        make.stage(
            make.finding(),
            make.finding(group="Ä\U0001f600 <b>", status="indeterminate"),
            make.finding(group="low", severity="low"),
            make.finding(group="ok", status="passed"),
            make.finding("RA-FAIR-009", group="undeclared", anchor=""),
        ),
        make.stage(make.finding("RA-PII-001", anchor="stages.pii"), name="pii", rules=(pii,)),
        make.stage(
            name="explain", outcome=Outcome.FAILED, reason="the model cannot be read", rules=()
        ),
    )


def sarif(record, lines=LINES):
    return json.loads(render(judged(record), "sarif", anchors=lines))


@pytest.fixture
def log(rich):
    return sarif(rich)


def test_official_schema(log, make):
    schema = json.loads(SCHEMA.read_text())
    assert schema["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    empty = sarif(make.record(make.stage()))
    passed = sarif(make.record(make.stage(make.finding(status="passed"))))
    for value in (log, empty, passed):
        assert list(validator.iter_errors(value)) == []


def run_of(log):
    return log["runs"][0]


def rules_of(log):
    return run_of(log)["tool"]["driver"]["rules"]


def test_schema_and_version(log):
    assert log["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
    assert log["version"] == "2.1.0"


def test_at_most_twenty_runs(log):
    assert 1 <= len(log["runs"]) <= 20


def test_driver_has_name_and_semantic_version(log):
    driver = run_of(log)["tool"]["driver"]
    assert driver["name"] == "raudit"
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", driver["semanticVersion"])


def test_results_is_a_list_even_if_empty(make):
    assert run_of(sarif(make.record(make.stage(make.finding(status="passed")))))["results"] == []


def test_every_rule_has_id_and_descriptions_and_help(log):
    for rule in rules_of(log):
        assert rule["id"]
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]


def test_rule_name_at_most_255_and_descriptions_at_most_1024(log):
    for rule in rules_of(log):
        assert 0 < len(rule["name"]) <= 255
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert len(rule["fullDescription"]["text"]) <= 1024


def test_default_level_is_known(log):
    assert {rule["defaultConfiguration"]["level"] for rule in rules_of(log)} <= {
        "error",
        "warning",
        "note",
    }


def test_at_most_ten_tags_are_given(log):
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules_of(log))


def test_precision_and_problem_severity_are_known(log):
    for rule in rules_of(log):
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}


def test_security_severity_only_for_personal_data(log):
    for rule in rules_of(log):
        assert ("security-severity" in rule["properties"]) == rule["id"].startswith("RA-PII")
        if "security-severity" in rule["properties"]:
            assert 0 < float(rule["properties"]["security-severity"]) <= 10
            assert "security" in rule["properties"]["tags"]


def test_rule_index_points_to_rule_id(log):
    for result in run_of(log)["results"]:
        assert rules_of(log)[result["ruleIndex"]]["id"] == result["ruleId"]


def test_levels_are_known_and_messages_not_empty(log):
    for result in run_of(log)["results"]:
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"].strip()


def test_every_result_has_one_location_with_all_four_ends(log):
    assert len(run_of(log)["results"]) == 6
    for result in run_of(log)["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
        assert region["endLine"] == region["startLine"]
        assert region["endColumn"] > region["startColumn"]


def test_uris_are_relative_and_without_parents(rich):
    for uri in (
        "../up/raudit.yaml",
        "/abs/raudit.yaml",
        "a\\b\\raudit.yaml",
        "with space/ra#.yaml",
    ):
        lines = PlanLines(plan_uri=uri, plan=LINES.plan)
        for result in run_of(sarif(rich, lines))["results"]:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert not place.startswith(("/", "..", "file:"))
            assert not set(place) & set(" #\\")


def test_location_is_the_line_that_sets_the_rule(log):
    lines = {
        r["ruleId"]: r["locations"][0]["physicalLocation"]["region"] for r in run_of(log)["results"]
    }
    region = lines["RA-FAIR-001"]
    text = PLAN.splitlines()[region["startLine"] - 1]
    assert text[region["startColumn"] - 1 : region["endColumn"] - 1] == "thresholds:"
    assert PLAN.splitlines()[lines["RA-PII-001"]["startLine"] - 1].strip() == "pii: {}"


def test_a_record_without_its_plan_still_has_locations(rich):
    for result in run_of(sarif(rich, PlanLines()))["results"]:
        assert (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "raudit.yaml"
        )


def test_fingerprints_are_stable_when_values_change(make):
    def prints(**change):
        record = make.record(make.stage(make.finding(**change)))
        return [
            r["partialFingerprints"]["primaryLocationLineHash"]
            for r in run_of(sarif(record))["results"]
        ]

    assert prints(value=0.2) == prints(value=0.4, span=(0.3, 0.5), statement="Another sentence.")
    assert prints() != prints(group="Male")


def test_fingerprints_are_unique_within_a_run(log):
    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in run_of(log)["results"]]
    assert all(prints)
    assert len(set(prints)) == len(prints)


def test_automation_id_is_category_and_run(log):
    category, _, run_id = run_of(log)["automationDetails"]["id"].rpartition("/")
    assert (category, run_id) == ("raudit/Loan-helper", "0123456789abcdef")


def test_no_suppressions_and_waived_results_left_out(make, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "schema: raudit.waivers/1\nwaivers:\n- {id: W, rule: RA-FAIR-001, scope: {attribute: sex}, max_value: 1,"
        " reason: long enough, owner: a, approver: b, created: 2026-11-01, expires: 2026-12-31}\n"
    )
    record = judged(
        make.record(make.stage(make.finding())), waivers=load_waivers(tmp_path / "w.yaml")
    )
    text = render(record, "sarif", anchors=LINES)
    assert json.loads(text)["runs"][0]["results"] == []
    assert b"suppressions" not in text


def test_at_most_5000_results_worst_first(make):
    findings = [make.finding(group=f"g{n}", severity="low") for n in range(6000)]
    findings.append(make.finding(group="worst", severity="critical"))
    results = run_of(sarif(make.record(make.stage(*findings))))["results"]
    assert len(results) == 5000
    assert results[0]["properties"]["severity"] == "critical"


@pytest.mark.slow
def test_at_most_ten_megabytes_gzipped(make):
    import random

    noise, letters = random.Random(0), [chr(code) for code in range(0x4E00, 0x4E00 + 4096)]
    findings = [
        make.finding(group=f"g{n}", statement="".join(noise.choices(letters, k=9000)))
        for n in range(2500)
    ]
    data = render(judged(make.record(make.stage(*findings))), "sarif", anchors=LINES)
    assert len(gzip.compress(data, mtime=0)) <= 10_000_000
    assert run_of(json.loads(data))["results"]


def test_levels_follow_severity(make):
    levels = {}
    for severity in Severity:
        results = run_of(sarif(make.record(make.stage(make.finding(severity=severity)))))["results"]
        levels[str(severity)] = results[0]["level"]
    assert levels == {
        "critical": "error",
        "high": "error",
        "medium": "warning",
        "low": "note",
        "info": "note",
    }


def test_a_failed_stage_is_a_result(log):
    (result,) = [r for r in run_of(log)["results"] if r["ruleId"] == "RA-GATE-001"]
    assert "the model cannot be read" in result["message"]["text"]
    assert run_of(log)["invocations"][0]["executionSuccessful"] is False


def test_same_record_same_bytes(rich):
    assert render(judged(rich), "sarif", anchors=LINES) == render(
        judged(rich), "sarif", anchors=LINES
    )


def test_results_sit_in_the_policy_or_the_answers_that_set_them(make):
    from raudit.findings import Subject
    from raudit.policy import RulePolicy

    policy_text = "rules:\n  RA-FAIR-001:\n    severity: critical\n"
    answers_text = "schema: raudit.answers/1\nanswers:\n  data.kinds:\n    value: no\n"
    files = {
        "policy.yaml": (
            "policies/policy.yaml",
            parse_yaml(policy_text, source="policy.yaml", error=PlanError),
        ),
        "a/dpia.yaml": (
            "audits/a/dpia.yaml",
            parse_yaml(answers_text, source="dpia.yaml", error=PlanError),
        ),
    }
    lines = PlanLines(plan_uri="raudit.yaml", plan=LINES.plan, files=files)
    question = make.finding(
        "RA-ASMT-002",
        subject=Subject(kind="question", name="data.kinds"),
        anchor="assessments.0",
        value=None,
    )
    plan = {"assessments": [{"checklist": "dpia", "answers": "a/dpia.yaml"}]}
    rule = RulePolicy(severity=Severity.CRITICAL, anchor="policy.yaml:rules.RA-FAIR-001")
    record = judged(
        make.record(make.stage(make.finding(), question), plan=plan),
        Policy(name="p", rules={"RA-FAIR-001": rule}),
    )
    results = json.loads(render(record, "sarif", anchors=lines))["runs"][0]["results"]
    places = {r["ruleId"]: r["locations"][0]["physicalLocation"] for r in results}
    assert places["RA-FAIR-001"]["artifactLocation"]["uri"] == "policies/policy.yaml"
    assert places["RA-FAIR-001"]["region"]["startLine"] == 2
    assert places["RA-ASMT-002"]["artifactLocation"]["uri"] == "audits/a/dpia.yaml"
    assert places["RA-ASMT-002"]["region"]["startLine"] == 3
