"""JSON Schemas of what a person writes for the gate, as published under ``schemas/``."""

from __future__ import annotations

from typing import Any

from raudit.policy.baseline_schema import BaselineFile
from raudit.policy.schema import PolicyFile, WaiversFile
from raudit.validate import Strict


def policy_schemas() -> dict[str, dict[str, Any]]:
    """Schemas of policy, waivers and baseline by file name."""
    return {
        f"{name}-1.schema.json": _schema(f"raudit.{name}/1", model)
        for name, model in (
            ("policy", PolicyFile),
            ("waivers", WaiversFile),
            ("baseline", BaselineFile),
        )
    }


def _schema(name: str, model: type[Strict]) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **made}
