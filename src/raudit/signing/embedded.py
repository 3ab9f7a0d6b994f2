"""Attachments of one revision of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.canonical import sha256
from raudit.signing.verdict import EmbeddedFile

MAX_DEPTH = 20
MAX_FILES = 10_000


def embedded_files(root: object) -> tuple[EmbeddedFile, ...]:
    """Read every attachment of a catalog, from the name tree and from the associated files (AF), each once.

    Parameters
    ----------
    root
        A catalog from pyHanko, of the current or a historical revision.

    References
    ----------
    ISO 32000-2, 7.11.4 and 14.13; ISO 19005-3, 6.8.
    """
    found: dict[tuple[str, str], EmbeddedFile] = {}
    for specification in specifications(root):
        file = _file(specification)
        if file is not None:
            # two attachments of one name but different content are both kept, so that neither can hide the other
            found.setdefault((file.name, file.sha256), file)
    return tuple(found.values())


def value(dictionary: Any, key: str, default: object) -> Any:
    """Look a key up and follow its reference; pyHanko's own ``get`` does not follow it."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def specifications(root: object) -> Iterator[Any]:
    """Yield the file specifications of the name tree and of the associated files, in that order."""
    for _, specification in (*named_specifications(root), *associated(root)):
        yield specification


def named_specifications(root: object) -> list[tuple[str, Any]]:
    """List the file specifications of the name tree with the names that they have there.

    Raises
    ------
    ValueError
        If there are too many, or too deep: one that is not looked at could be opened by a reader.
    """
    names = value(root, "/Names", {})
    found = list(_walk(names["/EmbeddedFiles"], 0)) if "/EmbeddedFiles" in names else []
    if len(found) > MAX_FILES:
        raise ValueError("there are too many attachments")
    return found


def associated(root: object) -> list[tuple[str, Any]]:
    """List the file specifications of the associated files, which have no name of their own there."""
    items = list(value(root, "/AF", ()))
    if len(items) > MAX_FILES:
        raise ValueError("there are too many attachments")
    return [("", item.get_object()) for item in items]


def _walk(node: object, depth: int) -> Iterator[tuple[str, Any]]:
    kids = list(value(node, "/Kids", ()))
    if depth > MAX_DEPTH or len(kids) > MAX_FILES:
        raise ValueError("the tree of attachments is too deep or too wide")
    pairs = list(value(node, "/Names", ()))
    for name, entry in zip(pairs[::2], pairs[1::2], strict=True):
        yield str(name), entry.get_object()
    for kid in kids:
        yield from _walk(kid.get_object(), depth + 1)


def _file(specification: object) -> EmbeddedFile | None:
    streams = value(specification, "/EF", {})
    stream = value(streams, "/UF", None) or value(streams, "/F", None)
    if stream is None:
        return None
    data = bytes(stream.data)
    return EmbeddedFile(
        name=str(value(specification, "/UF", "") or value(specification, "/F", "")),
        data=data,
        sha256=sha256(data),
        relationship=str(value(specification, "/AFRelationship", "")).removeprefix("/"),
    )
