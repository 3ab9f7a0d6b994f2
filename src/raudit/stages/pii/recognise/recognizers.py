"""A team's own recognisers, in the YAML shape that presidio documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from raudit.errors import PlanError
from raudit.validate import Strict, validate
from raudit.yamltext import read_yaml


class PatternEntry(Strict):
    """A pattern of a recogniser."""

    name: str
    regex: str = Field(min_length=1, max_length=20_000)
    score: float = Field(gt=0, le=1)


class RecognizerEntry(Strict):
    """A recogniser."""

    name: str
    supported_entity: str = Field(pattern="^[A-Z][A-Z0-9_]*$")
    supported_language: str = "en"
    patterns: tuple[PatternEntry, ...] = ()
    context: tuple[str, ...] = ()
    deny_list: tuple[str, ...] = ()
    type: str = "custom"


class RecognizersFile(Strict):
    """The whole file."""

    recognizers: tuple[RecognizerEntry, ...]


def read_recognizers(path: Path) -> tuple[dict[str, Any], ...]:
    """Read recognisers, with file and line in every error.

    Raises
    ------
    PlanError
        If the file breaks the shape, or a pattern does not compile.
    """
    from importlib import import_module

    regex: Any = import_module("regex")  # it has no stubs

    yaml = read_yaml(path, error=PlanError)
    file = validate(RecognizersFile, yaml, error=PlanError)
    for index, entry in enumerate(file.recognizers):
        for number, pattern in enumerate(entry.patterns):
            try:
                regex.compile(pattern.regex)
            except regex.error as error:
                raise PlanError(
                    "a pattern does not compile",
                    reference="pii-pattern",
                    where=yaml.where(("recognizers", index, "patterns", number, "regex")),
                    got=str(error)[:100],
                    hint="try it with Python's regex module",
                ) from error
    return tuple(_presidio(entry) for entry in file.recognizers)


def _presidio(entry: RecognizerEntry) -> dict[str, Any]:
    found = entry.model_dump(exclude={"type"}, exclude_defaults=True)
    found["supported_language"] = "en"
    for key in ("context", "deny_list", "patterns"):
        if key in found:
            found[key] = [dict(v) if isinstance(v, dict) else v for v in found[key]]
    return found
