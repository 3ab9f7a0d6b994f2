"""Read YAML with libyaml: the same values and lines as the pure parser gives, some twenty times faster.

Where the two could differ nothing is given back, and the pure parser decides: characters that they
count or print differently, tags, aliases, directives, odd keys, anything that libyaml refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PLAIN_TEXT = re.compile(
    "[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\\Z"
)
"""Characters that both parsers take, count and print alike."""
_DOUBTFUL = re.compile(
    r"(?m)^(%|---|\.\.\.)|^[^\S\n]*[?!&*]|[\[{,:-]\s*[!&*?]|[|>][-+\d]*#|[|>][-+\d]*\n +\n|[\"']:\S"
)
"""Documents, directives, tags, anchors, aliases, explicit keys, odd heads of blocks, colons without a space."""
MAX_PARTS = 100_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
Lines = Mapping[tuple[str | int, ...], int]


class Node:
    """A node with the marks that the pure parser's nodes have."""

    __slots__ = ("flow_style", "kind", "start_mark", "style", "value")

    def __init__(self, kind: str, event: Any, value: Any) -> None:
        self.kind, self.value, self.start_mark = kind, value, event.start_mark
        self.flow_style = getattr(event, "flow_style", None)
        self.style = getattr(event, "style", None)


class TooManyPartsError(Exception):
    """There are more keys, values and brackets than a file that somebody wrote may hold."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def counted(events: Iterable[Any]) -> Iterator[Any]:
    """The events of either parser, which take time and memory each, up to ``MAX_PARTS``."""
    for number, event in enumerate(events):
        if number > MAX_PARTS:
            raise TooManyPartsError(event.start_mark.line + 1)
        yield event


def parse_fast(text: str, *, depth: int) -> tuple[Any, Lines] | None:
    """Values as nested dicts and lists of text, with the line of every path; None if the pure parser has to decide.

    Raises
    ------
    TooManyPartsError
        If there are more than ``MAX_PARTS`` keys, values and brackets.
    """
    node = compose_fast(text, depth=depth)
    if node is None:
        return None
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        return _build(node, (), lines), lines
    except _Doubt:
        return None


def compose_fast(text: str, *, depth: int = 40) -> Node | None:
    """The tree of nodes with their marks; None if the pure parser has to decide.

    libyaml's own composer recurses on the C stack, which deep nesting overflows; its events do not.
    """
    import yaml

    if not yaml.__with_libyaml__ or not _PLAIN_TEXT.match(text) or _DOUBTFUL.search(text):
        return None
    events: Any = counted(yaml.parse(text, Loader=yaml.CBaseLoader))
    try:
        next(events), next(events)  # the stream and its only document
        root = _node(next(events), events, depth)
        for _end in events:  # what follows may still be refused
            pass
        return root
    except (yaml.YAMLError, ValueError, StopIteration, _Doubt):
        return None
    finally:
        events.close()


class _Doubt(Exception):  # noqa: N818 -- a signal to the caller, no error
    """The pure parser has to decide."""


def _node(event: object, events: Iterator[Any], depth: int) -> Node:
    import yaml

    match event:
        case yaml.ScalarEvent():
            return Node("scalar", event, event.value)
        case yaml.MappingStartEvent() if depth > 0:
            pairs = []
            while not isinstance(key := next(events), yaml.MappingEndEvent):
                pairs.append(
                    (_node(key, events, depth - 1), _node(next(events), events, depth - 1))
                )
            return Node("mapping", event, pairs)
        case yaml.SequenceStartEvent() if depth > 0:
            items = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(_node(item, events, depth - 1))
            return Node("sequence", event, items)
    raise _Doubt


def _build(node: Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    match node.kind:
        case "mapping":
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = key_node.value
                if key_node.kind != "scalar" or key in result:
                    raise _Doubt
                lines[(*path, key)] = key_node.start_mark.line + 1
                result[key] = _build(value_node, (*path, key), lines)
            return result
        case "sequence":
            return [_build(item, (*path, index), lines) for index, item in enumerate(node.value)]
        case _:
            plain = node.style is None or node.style == ""
            return None if plain and node.value in _NULLS else str(node.value)
