"""JSON Schemas of what the gate writes for scripts, as published under ``schemas/``."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": ["number", "null"]}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_OBJECT_OR_NULL = {"type": ["object", "null"]}
_COUNT = {"type": "integer", "minimum": 0}


def output_schemas() -> dict[str, dict[str, Any]]:
    """Schemas of the JSON output and of a comparison by file name."""
    return {"gate-1.schema.json": _gate(), "comparison-1.schema.json": _comparison()}


def _object(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": required, "required": sorted(required), **more}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _head(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        **_object({"schema": {"const": name}, **properties}, additionalProperties=False),
    }


_EFFECTS = ("blocks", "undecided", "noted", "known", "waived", "passed", "ignored")
_STATES = (
    "newly failed",
    "turned",
    "worse",
    "lost",
    "now unclear",
    "other unit",
    "better",
    "no longer failed",
    "new",
    "same",
)


def _gate() -> dict[str, Any]:
    stage = _object(dict.fromkeys(("name", "title", "outcome", "reason"), _TEXT))
    return _head(
        "raudit.gate/1",
        {
            "system": _object({"name": _TEXT, "version": _TEXT}),
            "run": _object({"id": _TEXT, "clock": _TEXT, "seed": _COUNT, "raudit": _TEXT}),
            "verdict": _verdict(),
            "counts": _object(dict.fromkeys(_EFFECTS, _COUNT)),
            "stages": _list(stage),
            "findings": _list(_finding()),
        },
    )


def _verdict() -> dict[str, Any]:
    return _object(
        {
            "status": {"enum": ["passed", "failed", "indeterminate"]},
            "exit_status": {"enum": [0, 1, 3, 5]},
            **dict.fromkeys(("because", "blocking", "undecided", "not_run"), _list(_TEXT)),
            "waivers": _list({"type": "object"}),
            "policy": {"type": "object"},
            "baseline": {"type": "object"},
        }
    )


def _finding() -> dict[str, Any]:
    texts = ("rule", "title", "stage", "statement", "reason", "explanation", "remedy")
    return _object(
        {
            **dict.fromkeys(texts, _TEXT),
            "subject": _object({"kind": _TEXT, "name": _TEXT, "detail": {"type": "object"}}),
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "status": {"enum": ["passed", "failed", "indeterminate"]},
            "severity": {"enum": ["critical", "high", "medium", "low", "info"]},
            "effect": {"enum": list(_EFFECTS)},
            "requirements": _list(_TEXT),
            "adjusted_by_policy": {"type": "boolean"},
            "measurement": {"type": ["object", "null"]},
            "place": _object({"file": _TEXT, "line": {"type": "integer", "minimum": 1}}),
        },
        additionalProperties=False,
    )


def _comparison() -> dict[str, Any]:
    run = _object({"run": _TEXT, "clock": _TEXT, "system": {"type": "object"}})
    drift = _object({"attribute": _TEXT, "group": _TEXT, "shifts": _list(_shift())})
    return _head(
        "raudit.comparison/1",
        {
            "old": run,
            "new": run,
            "counts": _object(dict.fromkeys(_STATES, _COUNT)),
            "changes": _list(_change()),
            "rates": _list(_rate()),
            "drift": _list(drift),
            "notes": _list(_TEXT),
        },
    )


def _change() -> dict[str, Any]:
    return _object(
        {
            **dict.fromkeys(("fingerprint", "rule", "subject", "severity", "sentence"), _TEXT),
            "state": {"enum": list(_STATES)},
            "clear": {"type": "boolean"},
            "detectable": {"type": ["number", "null"]},
            **dict.fromkeys(("old_status", "new_status"), _TEXT_OR_NULL),
            **dict.fromkeys(("difference", "ratio", "pair"), _OBJECT_OR_NULL),
        },
        additionalProperties=False,
    )


def _rate() -> dict[str, Any]:
    return _object(
        {
            **dict.fromkeys(("attribute", "group", "metric"), _TEXT),
            "old": {"type": "number"},
            "new": {"type": "number"},
            **dict.fromkeys(("n_old", "n_new"), _COUNT),
            "difference": {"type": "object"},
            "clear": {"type": "boolean"},
        },
        additionalProperties=False,
    )


def _shift() -> dict[str, Any]:
    return _object(
        {
            "name": _TEXT,
            "test": {"enum": ["ks", "chi-square", ""]},
            **dict.fromkeys(("n_old", "n_new"), _COUNT),
            **dict.fromkeys(("psi", "statistic", "p_value", "effect"), _NUMBER),
            "state": {"enum": ["stable", "moderate", "large", "unclear"]},
            "why": _TEXT,
        },
        additionalProperties=False,
    )
