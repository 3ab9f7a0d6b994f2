"""The bundled audit of recorded turns is what its script writes, and its maps and answers fit."""

from __future__ import annotations

import runpy
import shutil

import pytest

from raudit.checklists.form.load import shipped
from raudit.errors import DataError
from raudit.evidence import discover_stages
from raudit.resources import resource_dir
from raudit.yamltext import read_yaml

EXAMPLE = resource_dir("examples") / "support-chatbot"


def test_the_script_writes_the_same_bytes_again(tmp_path):
    shutil.copy(EXAMPLE / "prepare.py", tmp_path)
    (tmp_path / "data").mkdir()
    runpy.run_path(str(tmp_path / "prepare.py"), run_name="__main__")
    for name in ("turns.jsonl", "labels.csv"):
        assert (tmp_path / "data" / name).read_bytes() == (EXAMPLE / "data" / name).read_bytes()


@pytest.mark.parametrize("name", ["launch-readiness", "nist-ai-600-1"])
def test_its_answers_are_pinned_to_the_checklist(name):
    text = (EXAMPLE / "answers" / f"{name}.yaml").read_text()
    assert str(shipped(name).sha256) in text


def test_the_maps_name_rules_and_questions_that_exist():
    rules = {rule.id for stage in discover_stages().values() for rule in stage.rules}
    maps = sorted((resource_dir("llm_formats") / "maps").glob("*.yaml"))
    assert [path.stem for path in maps] == ["mitre-atlas", "nist-ai-600-1", "owasp-llm-2025"]
    for path in maps:
        read = read_yaml(path, error=DataError).value
        assert read["as_of"] == "2026-11-26"
        for entry in read["entries"]:
            assert set(entry["rules"]) <= rules, entry["id"]
            for question in entry["questions"]:
                checklist, _, name = question.partition("/")
                assert name in shipped(checklist).questions, question


@pytest.mark.slow
def test_the_demo_ends_in_a_verified_report_with_one_answer_refuted(tmp_path):
    import json
    import subprocess
    import sys

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "raudit",
            "demo",
            str(tmp_path / "d"),
            "--example",
            "support-chatbot",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "d" / "record.json").read_text())
    findings = [item for stage in record["stages"] for item in stage["findings"]]
    refuted = [
        item for item in findings if item["rule"] == "RA-ASMT-002" and item["status"] == "failed"
    ]
    assert [item["subject"]["name"] for item in refuted] == ["language.injection"]
    failed = {item["rule"] for item in findings if item["status"] == "failed"}
    assert {"RA-LLM-004", "RA-LLM-010", "RA-LLM-013", "RA-PII-002", "RA-PII-004"} <= failed
