"""Attachments of one revision of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.canonical import sha256
from raudit.signing.verdict import EmbeddedFile

MAX_DEPTH = 20
MAX_FILES = 1000


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
    names = value(root, "/Names", {})
    if "/EmbeddedFiles" in names:
        yield from _walk(names["/EmbeddedFiles"], 0)
    for item in list(value(root, "/AF", ()))[:MAX_FILES]:
        yield item.get_object()


def _walk(node: object, depth: int) -> Iterator[Any]:
    if depth > MAX_DEPTH:
        raise ValueError("the tree of attachments is too deep")
    for entry in list(value(node, "/Names", ()))[1 : 2 * MAX_FILES : 2]:
        yield entry.get_object()
    for kid in list(value(node, "/Kids", ()))[:MAX_FILES]:
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
