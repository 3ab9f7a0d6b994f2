"""Short ways to open recorded turns in tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from raudit.stages.llm.assemble import assemble
from raudit.stages.llm.options import LlmOptions
from raudit.turns import FieldMap, TurnsDataSet, open_turns


def fields(**paths: Any) -> dict[str, FieldMap]:
    """Fields by name, with ``__`` for a dot."""
    return {
        n.replace("__", "."): FieldMap.model_validate(
            {"path": p} if isinstance(p, str | list) else p
        )
        for n, p in paths.items()
    }


def written(folder: Path, rows: list[dict[str, Any]], name: str = "turns.jsonl") -> Path:
    """Rows as a file of raudit's own layout."""
    path = folder / name
    path.write_text("".join(json.dumps({"status": "answered", **row}) + "\n" for row in rows))
    return path


def opened(folder: Path, rows: list[dict[str, Any]], **more: Any) -> TurnsDataSet:
    """The same, opened."""
    return open_turns([written(folder, rows)], **more)


def measured(data: TurnsDataSet, seed: int = 0, **options: Any) -> Any:
    """The stage's result."""
    return assemble(data.turns, LlmOptions.model_validate(options), seed=seed)


def of(result: Any, rule: str) -> list[Any]:
    """Findings of a rule."""
    return [item for item in result.findings if item.rule == f"RA-LLM-{rule}"]


def rows_of(result: Any, table: str) -> list[dict[str, Any]]:
    """Rows of a table."""
    return next((list(t.rows) for t in result.tables if t.id == table), [])
