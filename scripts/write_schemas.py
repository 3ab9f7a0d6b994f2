"""Write the JSON Schemas that other programs read, a page for every rule, and the page of plan keys."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from raudit.checklists.answers import AnswersFile
from raudit.checklists.form.schema import ChecklistFile
from raudit.data.contract import Contract
from raudit.gate.schemas import output_schemas
from raudit.people import PeopleFile
from raudit.plan.schema import PlanFile
from raudit.policy.published import policy_schemas
from raudit.record import record_json_schema
from raudit.turns.schema import turns_json_schema

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


def schemas() -> dict[str, dict[str, object]]:
    """Every published schema by file name."""
    files = {
        "plan": PlanFile,
        "checklist": ChecklistFile,
        "answers": AnswersFile,
        "people": PeopleFile,
        "contract": Contract,
    }
    found = {
        f"{name}-1.schema.json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"raudit.{name}/1",
            **model.model_json_schema(by_alias=True),
        }
        for name, model in files.items()
    }
    return {
        **found,
        "record-1.schema.json": record_json_schema(),
        "turns-1.schema.json": turns_json_schema(),
    }


def text(schema: dict[str, object]) -> str:
    """A schema as it is written to its file."""
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in {**schemas(), **policy_schemas(), **output_schemas()}.items():
        (SCHEMAS / name).write_text(text(schema))
    for script in ("write_rule_pages.py", "write_plan_reference.py"):
        runpy.run_path(str(Path(__file__).with_name(script)), run_name="__main__")
