"""Read raudit.yaml."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from raudit.canonical import Sha256, sha256
from raudit.errors import PlanError
from raudit.plan.data import check_data
from raudit.plan.schema import PlanFile, Task
from raudit.validate import validate
from raudit.yamltext import YamlText, parse_yaml, read_yaml

O = TypeVar("O", bound=BaseModel)  # noqa: E741 -- options of a stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A validated plan and the file it came from."""

    file: PlanFile
    yaml: YamlText
    folder: Path
    """Folder of raudit.yaml, against which its paths are taken."""
    sha256: Sha256
    """Digest of the file's bytes."""

    def path(self, name: str) -> Path:
        """Resolve a path of the plan against its folder; a link that leads in a circle stays as it is written."""
        return Path(os.path.realpath(self.folder / name))

    def stage_options(self, stage: str, model: type[O]) -> O:
        """Validate the options of one stage.

        Raises
        ------
        PlanError
            With the line of the fault.
        """
        raw = (self.file.stages or {}).get(stage)
        if raw is None:
            return model()
        return validate(model, self.yaml, error=PlanError, at=("stages", stage), value=raw)

    def as_json(self) -> Mapping[str, Any]:
        """The plan as JSON for the record, with relative paths as written."""
        return self.file.model_dump(mode="json", by_alias=True, exclude_none=True)

    def as_recorded(self) -> Mapping[str, Any]:
        """The same without values of the data: literals of a query, and keys that name rows."""
        plan = copy.deepcopy(dict(self.as_json()))
        if plan["data"].get("query"):
            plan["data"]["query"] = without_literals(plan["data"]["query"])
        for name, options in (plan.get("stages") or {}).items():
            plan["stages"][name] = options_as_recorded(options)
        return plan


LEFT_OUT = "…"
LISTING = ("allow", "deny")
"""Options of stages that list values of the data."""
LITERALS = re.compile(
    r"""
    --[^\n]* | /\*.*?\*/                               # comments may repeat values
    | '(?:[^']|'')*' | "(?:[^"]|"")*"                  # texts; "…" is one in BigQuery and MySQL
    | (?P<tag>\$\w*\$).*?(?P=tag)                      # and $$…$$ in PostgreSQL
    | (?<![\w.])\d{5,}(?:\.\d+)?\b                    # numbers that may name somebody
    """,
    re.VERBOSE | re.DOTALL,
)


def options_as_recorded(options: object) -> Any:
    """A stage's options, without the values that they list and the keys of rows whose reasons are asked for."""
    if not isinstance(options, dict):
        return options
    listed = {name: [LEFT_OUT] * len(options[name]) for name in LISTING if options.get(name)}
    options = {**options, **listed}
    reasons = options.get("reasons")
    if not isinstance(reasons, dict) or not reasons.get("keys"):
        return options
    keys = reasons["keys"]
    shown = LEFT_OUT if isinstance(keys, str) else [LEFT_OUT] * len(keys)
    return {**options, "reasons": {**reasons, "keys": shown}}


def without_literals(query: str) -> str:
    """A query of SQL without what may be values of the data; all of it where its quotes cannot be told apart.

    >>> without_literals("SELECT a FROM t WHERE name = 'O''Hara' AND id > 123456 AND age < 40 -- not Ann")
    "SELECT a FROM t WHERE name = '…' AND id > … AND age < 40 "
    """

    def shown(match: re.Match[str]) -> str:
        first = match[0][0]
        if first in "-/":
            return ""
        return LEFT_OUT if first.isdigit() else f"'{LEFT_OUT}'"

    found = LITERALS.sub(shown, query)
    doubtful = "\\" in query or set("'\"") & set(found.replace(f"'{LEFT_OUT}'", ""))
    return LEFT_OUT if doubtful else found


def load_plan(path: Path) -> Plan:
    """Read and validate a plan.

    Raises
    ------
    PlanError
        With file, line, key and what to do.
    """
    return _plan(read_yaml(path, error=PlanError), path.resolve().parent)


def parse_plan(text: str, *, folder: Path, source: str = "raudit.yaml") -> Plan:
    """Validate the text of a plan; its paths are taken against ``folder``."""
    return _plan(parse_yaml(text, source=source, error=PlanError), folder.resolve())


def _plan(yaml: YamlText, folder: Path) -> Plan:
    if not isinstance(yaml.value, dict):
        raise PlanError(
            "the plan is not a mapping",
            reference="plan-not-a-mapping",
            where=f"{yaml.source}:1",
            expected="keys such as schema, system and data",
            hint="start with: raudit init DATA",
        )
    file = validate(PlanFile, yaml, error=PlanError)
    check_data(file, yaml)
    _check_labels(file, yaml)
    return Plan(file=file, yaml=yaml, folder=folder, sha256=sha256(yaml.text.encode()))


def _check_labels(file: PlanFile, yaml: YamlText) -> None:
    """A binary task needs its favourable label said aloud; guessing it would turn every rate around."""
    if file.task is not Task.BINARY:
        return
    for key, section in (
        ("label", file.data.label),
        ("prediction", file.data.prediction),
        ("baseline", file.data.baseline),
    ):
        if section is not None and not section.favourable:
            raise PlanError(
                f"data.{key} does not say which value is favourable",
                reference="favourable-missing",
                where=yaml.where(("data", key)),
                expected="favourable: <a value of the column>",
                hint="name the outcome that is good for the person, exactly as it is written in the data",
            )
        both = set(section.favourable) & set(section.unfavourable) if section else set()
        if both:
            raise PlanError(
                f"data.{key} calls {min(both)!r} both favourable and unfavourable",
                reference="label-contradiction",
                where=yaml.where(("data", key)),
                hint="keep it in one of the two",
            )
