"""Write docs/reference/plan.md: every key of raudit.yaml, what it means, and an example from one file that uses all."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from raudit.evidence import discover_stages
from raudit.plan.schema import PlanFile
from raudit.policy.schema import PolicyFile

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGE = FOLDER / "plan.md"
EXAMPLES = sorted(FOLDER.glob("plan-example*.yaml"))
"""Valid plans that use every key between them; the first has the most."""
MOST = 70
"""Characters of an example; a longer one of a section is told by its keys."""
HEAD = """# raudit.yaml

Every key, what it means and an example, made from what the program declares
(`python scripts/write_plan_reference.py`). Unknown keys are errors that name the line and the nearest known key. Paths
are relative to the folder of raudit.yaml. `raudit init DATA` writes a first plan from the data.

The examples come from three valid plans that use every key: [of a model](plan-example.yaml),
[of a database](plan-example-database.yaml), [of a language model](plan-example-turns.yaml). No real plan needs more
than a few of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the plan."""

    path: tuple[str, ...]
    home: str
    """The section that declares it, which may occur in several places."""
    kind: str
    default: str
    meaning: str
    example: str
    section: bool
    """Whether it holds keys that follow."""

    @property
    def name(self) -> str:
        """Such as ``data.label.column``."""
        return ".".join(self.path)


def keys() -> Iterator[Key]:
    """Every key, in the order of the file, with the first example that a plan gives."""
    found: dict[tuple[str, ...], Key] = {}
    for path in EXAMPLES:
        for key in _of_plan(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if key.path not in found or (key.example and not found[key.path].example):
                found[key.path] = key
    told = {key.home: key.example for key in reversed(found.values()) if key.example}
    for key in found.values():  # a section that occurs in several places needs to be shown in one
        yield key if key.example else replace(key, example=told.get(key.home, ""))


def _of_plan(plan: dict[str, Any]) -> Iterator[Key]:
    for name, field in PlanFile.model_fields.items():
        key = field.alias or name
        yield from _keys(field, (key,), plan.get(key), "plan")
        if key == "stages":
            for stage_name, stage in discover_stages().items():
                chosen = (plan.get(key) or {}).get(stage_name)
                yield from _fields(stage.options, ("stages", stage_name), chosen)
        if key == "policy":
            yield from _fields(PolicyFile, ("policy",), plan.get(key))


def _fields(model: type[BaseModel], path: tuple[str, ...], example: Any) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        chosen = example.get(key) if isinstance(example, dict) else None
        yield from _keys(field, (*path, key), chosen, f"{model.__module__}.{model.__name__}")


def _keys(field: FieldInfo, path: tuple[str, ...], example: Any, home: str) -> Iterator[Key]:
    inner = _models(field.annotation)
    yield Key(
        path=path,
        home=f"{home}.{path[-1]}",
        kind=_kind(field.annotation),
        default=_default(field),
        meaning=" ".join((field.description or "").split()),
        example=_example(field, example),
        section=bool(inner) or path == ("stages",) or path == ("policy",),
    )
    if isinstance(example, list):
        example = next((item for item in example if isinstance(item, dict)), None)
    if isinstance(example, dict) and typing.get_origin(field.annotation) is dict:
        example = next(iter(example.values()))
    path = (*path, "NAME") if typing.get_origin(field.annotation) is dict and inner else path
    for model in inner:
        yield from _fields(model, path, example)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]


def _kind(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(parts[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(part) for part in parts if part is not type(None)))
    if origin is typing.Literal:
        return " or ".join(f"`{json.dumps(part, ensure_ascii=False)}`" for part in parts)
    if origin is tuple:
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return f"mapping of {_kind(parts[0])} to {_kind(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{item.value}`" for item in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    names = {str: "text", int: "whole number", float: "number", bool: "yes or no", Any: "anything"}
    return names.get(annotation, str(getattr(annotation, "__name__", annotation)))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), "", {}) or isinstance(value, BaseModel):
        return ""
    return f"`{_written(value.value if isinstance(value, Enum) else value)}`"


def _example(field: FieldInfo, example: Any) -> str:
    if example is None and field.examples:
        example = field.examples[0]
    return "" if example is None else _written(example)


def _written(value: Any) -> str:
    """YAML on one line."""
    plain = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(
        plain, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False
    ).strip()
    return text.removesuffix("...").strip()


def page() -> str:
    """The page."""
    lines, section = [HEAD], ""
    for key in keys():
        if len(key.path) == 1 or (
            key.path[0] == "stages" and key.path[:2] != tuple(section.split("."))
        ):
            section = key.path[0] if len(key.path) == 1 else ".".join(key.path[:2])
            lines += [
                f"\n## {section}\n",
                "| key | value | default | meaning | example |",
                "|---|---|---|---|---|",
            ]
        short = (
            f"`{key.example}`" if len(key.example) <= MOST or not key.section else "its keys follow"
        )
        cells = (f"`{key.name}`", key.kind, key.default, key.meaning, short)
        lines.append(
            f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('``', '`') for cell in cells)} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
