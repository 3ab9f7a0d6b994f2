"""Parsed YAML to a pydantic model, with errors that name key, line and the nearest known key."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict

from raudit.errors import UsageError
from raudit.yamltext import YamlText, nearest


class Strict(BaseModel):
    """Root of all models for what a person writes: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


M = TypeVar("M", bound=BaseModel)


def validate(
    model: type[M],
    yaml: YamlText,
    *,
    error: type[UsageError],
    at: tuple[str | int, ...] = (),
    value: Any = None,
) -> M:
    """Validate parsed YAML (or the part of it at a path) against a model.

    Parameters
    ----------
    model
        The pydantic model.
    yaml
        The parsed file, for lines.
    error
        Which error to raise.
    at
        Path of the part that is validated.
    value
        The part itself; by default the value at that path.

    Raises
    ------
    UsageError
        Of the given type, for the first fault, with file, line, key, and how many more faults there are.
    """
    if value is None:
        value = yaml.value
        for part in at:
            value = value[part]
    if value is None:
        value = {}
    try:
        return model.model_validate(value)
    except pydantic.ValidationError as problem:
        raise _first_fault(problem, model, yaml, error=error, at=at, value=value) from problem


def _first_fault(
    problem: pydantic.ValidationError,
    model: type[BaseModel],
    yaml: YamlText,
    *,
    error: type[UsageError],
    at: tuple[str | int, ...],
    value: Any,
) -> UsageError:
    """Say the first fault in our words, where it is, and how many more there are."""
    # A misspelt key is also a missing one; naming the slip helps, naming the gap confuses.
    faults = sorted(problem.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    path = (*at, *(part for part in fault["loc"] if not _is_union_tag(part, value)))
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, fault["loc"][:-1])
        return error(
            f"unknown key '{fault['loc'][-1]}'{more}",
            reference="unknown-key",
            where=yaml.where(path),
            hint=nearest(str(fault["loc"][-1]), known) if known else "remove it",
        )
    if fault["type"] == "missing":
        return error(
            f"'{fault['loc'][-1]}' is missing{more}",
            reference="missing-key",
            where=yaml.where(path[:-1]),
            hint=f"add '{fault['loc'][-1]}:' there",
        )
    return error(
        f"{fault['msg']}{more}",
        reference="bad-value",
        where=yaml.where(path),
        got=repr(fault["input"])[:120],
        hint="see the schema for what is accepted",
    )


def _is_union_tag(part: str | int, value: Any) -> bool:
    """Pydantic puts the member's name of a union into the location; such parts are no keys of the file."""
    return (
        isinstance(part, str)
        and (part.endswith("]") or part in {"str", "int", "float"})
        and part not in str(value)
    )


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: Any = model
    for part in loc:
        field = getattr(current, "model_fields", {}).get(part)
        if field is not None:
            current = _model_in(field.annotation)
        elif not isinstance(part, int):
            named = [m for m in _models_in(current) if m.__name__ == part]
            current = named[0] if named else current
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]


def _model_in(annotation: Any) -> Any:
    found = _models_in(annotation)
    return found[0] if found else annotation


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]
