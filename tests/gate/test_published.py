"""Published schemas and rule pages are what the code says, and what is written fits them."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import jsonschema
import pytest

from raudit.evidence import discover_stages
from raudit.gate.schemas import output_schemas
from raudit.policy.load import PRESETS
from raudit.policy.published import policy_schemas

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", [*policy_schemas(), *output_schemas()])
def test_schemas_are_published(name):
    schema = {**policy_schemas(), **output_schemas()}[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads((ROOT / "schemas" / name).read_text()) == json.loads(json.dumps(schema)), (
        "make schemas"
    )


def test_json_outputs_fit_their_schemas(raudit, make, stored):
    old = str(
        stored(
            make.record(make.stage(make.finding(), make.finding(group="x", status="indeterminate")))
        )
    )
    said = json.loads(raudit("check", "--record", old, "--json").out)
    jsonschema.validate(said, output_schemas()["gate-1.schema.json"])
    said = json.loads(raudit("compare", old, old, "--format", "json").out)
    jsonschema.validate(said, output_schemas()["comparison-1.schema.json"])


def test_presets_fit_the_policy_schema():
    from ruamel.yaml import YAML

    schema = policy_schemas()["policy-1.schema.json"]
    for path in PRESETS.glob("*.yaml"):
        value = YAML(typ="safe").load(
            path.read_text().replace(" yes", " true").replace(" no\n", " false\n")
        )
        jsonschema.validate(value, schema)


def test_every_rule_has_its_page():
    script = runpy.run_path(str(ROOT / "scripts" / "write_rule_pages.py"))
    made = script["pages"]()
    assert script["FACTS_PAGE"].read_text() == script["facts_page"](), (
        "run python scripts/write_rule_pages.py"
    )
    for name, text in made.items():
        page = ROOT / "docs" / "rules" / name
        assert page.is_file(), f"{name} is missing: python scripts/write_rule_pages.py"
        assert page.read_text() == text or name == "README.md", (
            f"{name} is old: python scripts/write_rule_pages.py"
        )
    assert stage_ids() <= {name.removesuffix(".md") for name in made}


def stage_ids() -> set[str]:
    ids = [rule.id for stage in discover_stages().values() for rule in stage.rules]
    assert len(ids) == len(set(ids)), "an id is used twice"
    return set(ids)
