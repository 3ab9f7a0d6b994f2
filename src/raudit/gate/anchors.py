"""Where in raudit.yaml, the policy or the answers a rule is set: every result of an output has a place."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from raudit.plan.schema import RENAMED_STAGES
from raudit.yamltext import YamlText


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of one line of a file. Lines and columns count from 1; ``end_column`` is behind the last character."""

    uri: str
    """Path relative to the root of the repository, with forward slashes."""
    line: int = 1
    column: int = 1
    end_column: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLines:
    """The files whose lines set rules.

    An anchor is a dotted path such as ``stages.fairness.thresholds``. One that starts with a key of ``files`` and
    a colon, such as ``policy:rules.RA-FAIR-001``, is looked up in that file, any other in the plan.
    """

    plan_uri: str = "raudit.yaml"
    """Path of the plan relative to the root of the repository; also the place of what has none."""
    plan: YamlText | None = None
    """None if the plan is not at hand; then all its places are line 1."""
    files: Mapping[str, tuple[str, YamlText]] = field(default_factory=dict)
    """Other files by name: their path and text."""

    def place(self, anchor: str) -> Place:
        """Find the line of an anchor, or of its nearest ancestor that has one."""
        name, colon, rest = anchor.partition(":")
        if colon and name in self.files:
            uri, yaml = self.files[name]
            return _place(uri, yaml, rest)
        return _place(self.plan_uri, self.plan, anchor)


def _place(uri: str, yaml: YamlText | None, dotted: str) -> Place:
    uri = posixpath.normpath(uri.replace("\\", "/")).lstrip("/")
    while uri.startswith("../"):
        uri = uri[3:]
    if yaml is None:
        return Place(uri=uri)
    line = yaml.line(_path(yaml, dotted))
    lines = yaml.text.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    stripped = text.strip()
    # SARIF's default column unit is the UTF-16 code unit (2.1.0, 3.14.17)
    start = len(text) - len(text.lstrip()) if stripped else 0
    width = len((stripped or " ").encode("utf-16-le")) // 2
    return Place(uri=uri, line=line, column=start + 1, end_column=start + 1 + width)


def _path(yaml: YamlText, dotted: str) -> tuple[str | int, ...]:
    """Split a dotted path, minding keys that hold dots themselves and numbers that are list indices."""
    path: tuple[str | int, ...] = ()
    parts = dotted.split(".") if dotted else []
    while parts:
        for taken in range(len(parts), 0, -1):
            key = ".".join(parts[:taken])
            options: tuple[str | int, ...] = (key, int(key)) if key.isdigit() else (key,)
            if path == ("stages",):  # a plan may know a stage by the name it had before
                options += tuple(old for old, new in RENAMED_STAGES.items() if new == key)
            found = next((option for option in options if (*path, option) in yaml.lines), None)
            if found is not None:
                path, parts = (*path, found), parts[taken:]
                break
        else:
            break
    return path
