"""What a record holds of a plan: nobody who stands in the name of a file or table, or in an option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raudit.data.naming import without_somebody
from raudit.plan import Plan
from raudit.plan.load import options_as_recorded


def recorded_plan(plan: Plan) -> Mapping[str, Any]:
    """Give the plan as JSON for a record, which people read who may not read the data."""
    recorded = plan.as_recorded()
    shown = {key: _without_persons(recorded[key]) for key in ("data", "stages") if key in recorded}
    return {**recorded, **shown}


def recorded_options(options: Mapping[str, Any]) -> Any:
    """A stage's options, likewise."""
    return _without_persons(options_as_recorded(options))


def _without_persons(value: object) -> Any:
    if isinstance(value, str):
        return without_somebody(value)
    if isinstance(value, Mapping):
        return {key: _without_persons(item) for key, item in value.items()}
    return [_without_persons(item) for item in value] if isinstance(value, list) else value
