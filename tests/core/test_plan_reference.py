"""The page of plan keys is made from the program, says something of every key, and its examples are valid."""

import runpy
from pathlib import Path

import pytest

from raudit.evidence import discover_stages
from raudit.plan import load_plan
from raudit.policy.load import load_policy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "scripts" / "write_plan_reference.py"))


def test_the_page_is_current(script):
    assert script["PAGE"].read_text(encoding="utf-8") == script["page"](), (
        "python scripts/write_plan_reference.py"
    )


def test_every_key_has_a_meaning_and_an_example(script):
    keys = list(script["keys"]())
    assert len(keys) > 180
    assert [key.name for key in keys if not key.meaning] == []
    shown = [key for key in keys if key.example]
    assert len(shown) > 0.88 * len(keys), [key.name for key in keys if not key.example]


def test_the_examples_are_valid_plans(script):
    stages = discover_stages()
    assert len(script["EXAMPLES"]) == 3
    for path in script["EXAMPLES"]:
        plan = load_plan(path)
        for name in plan.file.stages or {}:
            plan.stage_options(name, stages[name].options)
        if plan.file.policy is not None:
            policy = load_policy(inline=plan.file.policy, yaml=plan.yaml, folder=plan.folder)
            assert policy.name == "Credit models"
