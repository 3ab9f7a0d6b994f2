"""The plan as its record holds it: without values of the data that a plan itself quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raudit.data.naming import without_somebody
from raudit.plan import Plan

QUOTING = frozenset({"allow", "deny"})
"""Options of stages that list values of the data."""
NOT_SHOWN = "(not shown)"


def recorded_plan(plan: Plan) -> Mapping[str, Any]:
    """Give the plan as JSON for a record, which people read who may not read the data.

    Values that a scan must never or always report are left out, and persons in names of files, tables and queries are
    starred out.
    """
    recorded = dict(plan.as_json())
    recorded["data"] = _without_persons(recorded["data"])
    if recorded.get("stages"):
        recorded["stages"] = {key: unquoted(value) for key, value in recorded["stages"].items()}
    return recorded


def unquoted(options: Any) -> Any:
    """Options of a stage without the values of the data that they quote."""
    if not isinstance(options, Mapping):
        return options
    return {
        key: [NOT_SHOWN] * len(value)
        if key in QUOTING and isinstance(value, list)
        else _without_persons(value)
        for key, value in options.items()
    }


def _without_persons(value: Any) -> Any:
    if isinstance(value, str):
        return without_somebody(value)
    if isinstance(value, Mapping):
        return {key: _without_persons(item) for key, item in value.items()}
    return [_without_persons(item) for item in value] if isinstance(value, list) else value
