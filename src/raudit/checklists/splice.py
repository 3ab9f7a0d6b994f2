"""Change one entry of an answers file and leave every other byte as it is: comments, order, layout.

Blocks are found by the parser's own marks, entries are rewritten one at a time by ruamel.yaml, and the result is read
again before it is given back. A file that is laid out in a way this cannot splice (a mapping in braces) is first laid
out in lines.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 116
TOP = ("schema", "checklist", "subject", "review_by", "answers", "set_aside", "signoffs")
"""Keys of an answers file, in the order in which a new one is put in."""
_BREAK = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|\Z)")


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level mapping of entries."""

    start: int
    """Line of its key, from 0."""
    limit: int
    """Line of the next top-level key, or the number of lines."""
    indent: int
    """Column of its entries."""
    spans: Mapping[str, tuple[int, int]]
    """Entry to first line and line after the last; comments between entries belong to none."""


def split_lines(text: str) -> list[str]:
    """Split text where the YAML parser counts lines; line ends are kept."""
    return [line for line in _BREAK.findall(text) if line]


def entry_text(text: str, block: Block, name: str) -> str:
    """The lines of an entry, moved to the left edge."""
    first, last = block.spans[name]
    return "".join(
        line[block.indent :] if line.strip() else "\n" for line in split_lines(text)[first:last]
    )


def find_block(text: str, key: str) -> Block | None:
    """Find a top-level mapping; None if the key is not there."""
    lines = split_lines(text)
    root = _compose(text)
    pairs = list(root.value) if root is not None else []
    starts = [pair[0].start_mark.line for pair in pairs] + [len(lines)]
    for number, (name, value) in enumerate(pairs):
        if name.value != key:
            continue
        start, limit = starts[number], starts[number + 1]
        entries = value.value if isinstance(value.value, list) else []
        indent = entries[0][0].start_mark.column if entries else 2
        heads = [entry[0].start_mark.line for entry in entries] + [limit]
        spans = {
            entry[0].value: (heads[i], _own_end(lines, heads[i], heads[i + 1], indent))
            for i, entry in enumerate(entries)
        }
        return Block(start, limit, indent, spans)
    return None


def _own_end(lines: Sequence[str], first: int, end: int, indent: int) -> int:
    """Line after an entry, without the blank lines and outer comments that follow it."""
    while end > first + 1:
        line = lines[end - 1]
        bare = line.strip()
        outer = bare.startswith("#") and len(line) - len(line.lstrip()) <= indent
        if bare and not outer:
            break
        end -= 1
    return end


def spliceable(text: str, keys: Sequence[str] = ("answers", "set_aside")) -> bool:
    """Whether the mappings stand in lines of their own, not in braces."""
    root = _compose(text)
    if root is None or root.flow_style:
        return False
    return all(
        not (isinstance(value.value, list) and value.value and value.flow_style)
        for name, value in root.value
        if name.value in keys
    )


def in_lines(text: str, keys: Sequence[str] = ("answers", "set_aside")) -> str:
    """Lay mappings that stand in braces out in lines."""
    if spliceable(text, keys):
        return text
    yaml = text_yaml()
    document = yaml.load(text)
    document.fa.set_block_style()
    for key in keys:
        if hasattr(document.get(key), "fa"):
            document[key].fa.set_block_style()
    return dump(document, yaml)


def put_entry(text: str, key: str, name: str, entry: str, *, order: Sequence[str] = ()) -> str:
    """Put an entry into a top-level mapping, in place of the one of that name.

    Parameters
    ----------
    text
        The file; its mappings in lines.
    key
        The mapping, such as ``answers``; put in if it is not there.
    name
        The entry's key.
    entry
        Its text at the left edge, as ``entry_text`` gives it.
    order
        Names in the order in which new entries are to stand.
    """
    text = _with_block(text, key)
    block = find_block(text, key)
    if block is None:  # pragma: no cover -- it was put in above
        return text
    lines = split_lines(text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    new = [
        " " * block.indent + line + end if line.strip() else end
        for line in entry.rstrip("\n").splitlines()
    ]
    first, last = block.spans.get(name) or _place(lines, block, name, order)
    if first > 0 and not lines[first - 1].endswith(("\n", "\r")):
        lines[first - 1] += end
    return "".join([*lines[:first], *new, *lines[last:]])


def take_entry(text: str, key: str, name: str, *, leave: str = "") -> str:
    """Take an entry out; where it stood, leave a comment if one is given."""
    block = find_block(text, key)
    if block is None or name not in block.spans:
        return text
    lines = split_lines(text)
    first, last = block.spans[name]
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    return "".join(
        [*lines[:first], *([" " * block.indent + leave + end] if leave else []), *lines[last:]]
    )


def _place(lines: Sequence[str], block: Block, name: str, order: Sequence[str]) -> tuple[int, int]:
    """Lines to replace by a new entry: its commented-out stand-in, or none at the place where it belongs."""
    taken = {line for first, last in block.spans.values() for line in range(first, last)}
    head = re.compile(rf"\s*#\s{{0,3}}{re.escape(name)}:")
    for number in range(block.start + 1, block.limit):
        if number not in taken and head.match(lines[number]):
            last = number + 1
            while last < block.limit and last not in taken and _STAND_IN.match(lines[last]):
                last += 1
            return number, last
    place = {other: index for index, other in enumerate(order)}
    before = [o for o in block.spans if place.get(o, -1) < place.get(name, len(place))]
    at = max((block.spans[o][1] for o in before), default=block.start + 1)
    return at, at


_STAND_IN = re.compile(r"\s*#\s{2,}(value|state|why|by|at|owner|due|evidence):")


def _with_block(text: str, key: str) -> str:
    """See that a top-level mapping is there, in lines."""
    lines = split_lines(text)
    root = _compose(text)
    pairs = list(root.value) if root is not None else []
    for name, value in pairs:
        if name.value == key:
            if isinstance(value.value, list) and not value.value:  # written as {}
                at = name.start_mark.line
                lines[at] = re.sub(r"\{\s*\}", "", lines[at], count=1).rstrip() + "\n"
            return "".join(lines)
    later = [name.start_mark.line for name, _v in pairs if name.value in TOP[TOP.index(key) + 1 :]]
    at = min(later, default=len(lines))
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    return "".join([*lines[:at], f"{key}:\n", *lines[at:]])


def changed_entry(
    old: str, name: str, changes: Mapping[str, Any], *, order: Sequence[str] = ()
) -> str:
    """Text of an entry after changes; None takes a key out. Comments inside it stay.

    Parameters
    ----------
    old
        Text of the entry at the left edge, or nothing for a new one.
    name
        The entry's key.
    changes
        Key to new value: text, lists and mappings of text.
    order
        Keys in the order in which new ones are to stand.
    """
    from ruamel.yaml.comments import CommentedMap

    yaml = text_yaml()
    document = yaml.load(old) if old.strip() else CommentedMap()
    if not isinstance(document.get(name), CommentedMap):
        document[name] = CommentedMap()
    entry = document[name]
    for key, value in changes.items():
        if value is None:
            entry.pop(key, None)
        elif key in entry:
            entry[key] = scalars(value)
        else:
            ahead = (
                [k for k in entry if k in order[: order.index(key)]]
                if key in order
                else list(entry)
            )
            entry.insert(list(entry).index(ahead[-1]) + 1 if ahead else 0, key, scalars(value))
    return dump(document, yaml)


def dump(document: Any, yaml: Any) -> str:
    """Text of a document."""
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def text_yaml() -> Any:
    """A ruamel.yaml that keeps comments and leaves every scalar the text it is."""
    from ruamel.yaml import YAML
    from ruamel.yaml.resolver import VersionedResolver

    class TextResolver(VersionedResolver):
        def resolve(self, kind: object, value: object, implicit: object) -> Any:
            found = super().resolve(kind, value, implicit)
            plain = str(found).rpartition(":")[2].rstrip("'>)")
            return (
                self.DEFAULT_SCALAR_TAG
                if plain in {"int", "float", "bool", "timestamp", "value"}
                else found
            )

    yaml = YAML()
    yaml.Resolver = TextResolver
    yaml.width, yaml.preserve_quotes = WIDTH, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


_AMBIGUOUS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|~|)$")


def scalars(value: object) -> Any:
    """Quote words that another reader would take for something else."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    match value:
        case str() if _AMBIGUOUS.match(value):
            return DoubleQuotedScalarString(value)
        case str() if "\n" in value and _literal(value):
            return LiteralScalarString(value)
        case str() if not value.replace("\n", "").isprintable():
            return DoubleQuotedScalarString(
                value
            )  # a plain scalar would turn U+0085 or U+2028 into a space
        case str():
            return value
        case Mapping():
            return {str(key): scalars(item) for key, item in value.items()}
        case list() | tuple():
            return [scalars(item) for item in value]
        case _:
            return value


def _literal(value: str) -> bool:
    """Whether text of several lines can stand as a block as it is."""
    lines = value.split("\n")
    return all(
        line == line.rstrip() and line.isprintable() for line in lines
    ) and not value.startswith((" ", "\n"))


def _compose(text: str) -> Any:
    from ruamel.yaml import YAML

    from raudit.yamlfast import compose_fast

    quick = compose_fast(text)
    if quick is not None:
        return quick
    return YAML(typ="safe", pure=True).compose(text)
