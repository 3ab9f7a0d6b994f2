"""Parsed YAML to a pydantic model, with errors that name key, line and the nearest known key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict

from raudit.errors import UsageError
from raudit.yamltext import YamlText, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Strict(BaseModel):
    """Root of all models for what a person writes: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


M = TypeVar("M", bound=BaseModel)
E = TypeVar("E", bound=UsageError)


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


def faults_of(model: type[BaseModel], yaml: YamlText, *, error: type[E]) -> tuple[E, ...]:
    """List every fault of a parsed file against a model, each with file, line and key."""
    value = yaml.value if yaml.value is not None else {}
    try:
        model.model_validate(value)
    except pydantic.ValidationError as problem:
        return tuple(
            _in_words(fault, "", model, yaml, error=error, at=(), value=value)
            for fault in _slips_first(problem)
        )
    return ()


def _slips_first(problem: pydantic.ValidationError) -> list[ErrorDetails]:
    """A misspelt key is also a missing one; naming the slip helps, naming the gap confuses."""
    return sorted(problem.errors(), key=lambda fault: fault["type"] != "extra_forbidden")


def _first_fault(
    problem: pydantic.ValidationError,
    model: type[BaseModel],
    yaml: YamlText,
    *,
    error: type[E],
    at: tuple[str | int, ...],
    value: object,
) -> E:
    """Say the first fault, and how many more there are."""
    first, *rest = _slips_first(problem)
    more = f" (and {len(rest)} more)" if rest else ""
    return _in_words(first, more, model, yaml, error=error, at=at, value=value)


def _in_words(
    fault: ErrorDetails,
    more: str,
    model: type[BaseModel],
    yaml: YamlText,
    *,
    error: type[E],
    at: tuple[str | int, ...],
    value: object,
) -> E:
    """Say a fault in our words, and where it is."""
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
    keys = [part for part in path if isinstance(part, str)]
    named = f"'{keys[-1]}': " if keys else ""
    return error(
        f"{named}{fault['msg'].removeprefix('Value error, ')}{more}",
        reference="bad-value",
        where=yaml.where(path),
        got=repr(fault["input"])[:120],
        hint="see the schema for what is accepted",
    )


def _is_union_tag(part: str | int, value: object) -> bool:
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


def _model_in(annotation: object) -> Any:
    found = _models_in(annotation)
    return found[0] if found else annotation


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]
