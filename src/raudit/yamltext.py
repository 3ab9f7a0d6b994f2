"""YAML as data: text scalars with their lines, no aliases, no tags, bounded size.

Scalars stay text, so ``no``, ``12:30:00`` and ``1_0`` mean what was typed; whoever knows the type converts.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raudit.errors import RauditError, UsageError
from raudit.ordinary import read_file

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
TOO_DEEP = f"use at most {MAX_DEPTH} levels"

Fault = Callable[[str, int, str, str], RauditError]
"""Make an error of message, line, reference and hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlText:
    """A parsed YAML file."""

    value: Any
    """Nested dicts and lists of str; an empty scalar or ``null`` or ``~`` without quotes is None."""
    lines: Mapping[tuple[str | int, ...], int]
    """1-based line of every key and item, by path."""
    source: str
    """File name for messages."""
    text: str
    """The text as read."""

    def line(self, path: tuple[str | int, ...]) -> int:
        """Line of a path, or of its nearest ancestor that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: tuple[str | int, ...]) -> str:
        """``file:line key.key`` for messages."""
        dotted = ".".join(str(part) for part in path)
        return f"{self.source}:{self.line(path)}" + (f" ({dotted})" if dotted else "")


def read_yaml(path: Path, *, error: type[UsageError]) -> YamlText:
    """Read a YAML file as text scalars.

    Parameters
    ----------
    path
        The file.
    error
        Which error to raise, such as ``PlanError``.

    Raises
    ------
    UsageError
        Of the given type: missing file, not UTF-8, over 4 MB or 100,000 keys and values, syntax error, alias, tag,
        duplicate key, two documents.
    """
    try:
        text = _bytes(path, error).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise error(
            "the file is not UTF-8",
            reference="not-utf-8",
            where=f"{path}, byte {fault.start}",
            hint="save it as UTF-8",
        ) from fault
    return parse_yaml(text, source=path.name, error=error)


def _bytes(path: Path, error: type[UsageError]) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise error(
                "the file is too large",
                reference="yaml-too-large",
                where=str(path),
                got=f"{size:,} bytes",
                expected=f"at most {MAX_BYTES:,}",
                hint="split it",
            )
        return read_file(path)
    except OSError as fault:
        raise error(
            "the file cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=fault.strerror or str(fault),
            hint="check the path; it is taken relative to the file that names it",
        ) from fault


def parse_yaml(text: str, *, source: str, error: type[UsageError]) -> YamlText:
    """Parse YAML text; see ``read_yaml``.

    libyaml reads it first; what that refuses, or might read differently, goes to the pure parser,
    whose words are the ones a person sees.
    """
    from raudit.yamlfast import MAX_PARTS, TooManyPartsError, parse_fast

    try:
        quick = parse_fast(text, depth=MAX_DEPTH)
        if quick is not None:
            return YamlText(value=quick[0], lines=quick[1], source=source, text=text)
        return parse_pure(text, source=source, error=error)
    except TooManyPartsError as fault:
        raise error(
            "the file is too large",
            reference="yaml-too-large",
            where=f"{source}:{fault.line}",
            got=f"more than {MAX_PARTS:,} keys, values and brackets up to this line",
            hint="split it",
        ) from fault


def parse_pure(text: str, *, source: str, error: type[UsageError]) -> YamlText:
    """Parse YAML text with the pure parser, some twenty times slower, which says what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    def fault(message: str, line: int, reference: str, hint: str) -> RauditError:
        return error(message, reference=reference, where=f"{source}:{line}", hint=hint)

    try:
        _refuse_events(text, fault)
        node = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        what = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise fault(
            f"not valid YAML: {what}",
            mark.line + 1 if mark else 1,
            "yaml-syntax",
            "check indentation, colons and quotes on this line",
        ) from problem
    except RecursionError as problem:
        raise fault("nested too deeply", 1, "yaml-too-deep", TOO_DEEP) from problem
    lines: dict[tuple[str | int, ...], int] = {}
    value = _build(node, (), lines, fault) if node is not None else None
    return YamlText(value=value, lines=lines, source=source, text=text)


def _refuse_events(text: str, fault: Fault) -> None:
    """Refuse documents, depth, tags and aliases before the tree is built, which is what would take the time."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import (
        AliasEvent,
        CollectionEndEvent,
        CollectionStartEvent,
        DocumentStartEvent,
    )

    from raudit.yamlfast import counted

    depth = documents = 0
    for event in counted(YAML(typ="safe", pure=True).parse(text)):
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        if documents > 1:
            raise fault("more than one document", line, "yaml-documents", "remove the second '---'")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise fault("nested too deeply", line, "yaml-too-deep", TOO_DEEP)
        tag = getattr(event, "tag", None)
        if tag is not None:
            hint = "remove it; everything is read as text"
            raise fault(f"the tag {tag} is not allowed", line, "yaml-tag", hint)
        if isinstance(event, AliasEvent):
            message = "aliases (*name) are not allowed"
            raise fault(message, line, "yaml-alias", "write the value out")


def nearest(name: str, known: list[str]) -> str:
    """``did you mean 'x'?``, or the known names."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else "known here: " + ", ".join(sorted(known))


def _build(
    node: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], fault: Fault
) -> Any:
    """Make text, lists and mappings of a node, and note the line of each path."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    lines.setdefault(path, node.start_mark.line + 1)
    match node:
        case MappingNode():
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = _key(key_node, result, fault)
                lines[(*path, key)] = key_node.start_mark.line + 1
                result[key] = _build(value_node, (*path, key), lines, fault)
            return result
        case SequenceNode():
            return [
                _build(item, (*path, index), lines, fault) for index, item in enumerate(node.value)
            ]
        case _:
            plain_null = node.style is None and node.value in {"", "~", "null", "Null", "NULL"}
            return None if plain_null else str(node.value)


def _key(node: Any, taken: dict[str, Any], fault: Fault) -> str:
    from ruamel.yaml.nodes import ScalarNode

    line = node.start_mark.line + 1
    if not isinstance(node, ScalarNode):
        hint = "write a plain word before the colon"
        raise fault("a key must be text", line, "yaml-key", hint)
    key = str(node.value)
    if key in taken:
        raise fault(f"the key '{key}' is there twice", line, "yaml-duplicate-key", "remove one")
    return key
