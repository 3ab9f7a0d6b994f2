"""What a certified report may hold besides pages of text: nothing that acts, leads away, or stands there twice.

A certification covers whatever was put in before it, so an intact signature says nothing about a script that runs when
the file is opened. A report needs pages, links within itself, signature fields and attachments of distinct names; the
lists here name what that takes (ISO 32000-2, tables 29, 31 and 32), and everything else is refused by name, known to
be harmful or not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from raudit.signing.embedded import embedded_files, specifications, value
from raudit.signing.verdict import Fault, FaultCode

MAX_NODES = 200_000
CATALOG = frozenset(
    {
        "/Type",
        "/Version",
        "/Extensions",
        "/Pages",
        "/PageLabels",
        "/Names",
        "/Dests",
        "/ViewerPreferences",
        "/PageLayout",
        "/PageMode",
        "/Outlines",
        "/Metadata",
        "/StructTreeRoot",
        "/MarkInfo",
        "/Lang",
        "/OutputIntents",
        "/AcroForm",
        "/AF",
        "/Perms",
        "/DSS",
    }
)
NAMES = frozenset({"/EmbeddedFiles", "/Dests"})
FORM = frozenset({"/Fields", "/SigFlags", "/DR", "/DA"})
PAGE = frozenset(
    {
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Contents",
        "/Rotate",
        "/Group",
        "/Annots",
        "/StructParents",
        "/Tabs",
        "/Metadata",
        "/AF",
        "/LastModified",
        "/UserUnit",
    }
)
TREE = PAGE | {"/Kids", "/Count"}
ANNOTATIONS = frozenset({"/Link", "/Widget"})
ACTION = frozenset({"/Type", "/S", "/D", "/SD"})


def content_faults(reader: Any) -> list[Fault]:
    """Name what a certified file holds that a report has no use for.

    Parameters
    ----------
    reader
        pyHanko's reader of the certified bytes.
    """
    active = dict.fromkeys(_active(reader.root))
    faults = [Fault(code=FaultCode.ACTIVE_CONTENT, detail=detail) for detail in active]
    doubled = dict.fromkeys(_doubled(reader.root))
    return faults + [Fault(code=FaultCode.DOUBLED_ATTACHMENT, detail=detail) for detail in doubled]


def _active(root: Any) -> Iterator[str]:
    yield from _others(root, CATALOG, "the catalog")
    yield from _others(value(root, "/Names", {}), NAMES, "the catalog's names")
    form = value(root, "/AcroForm", {})
    yield from _others(form, FORM, "the form")
    for field in _walk(value(form, "/Fields", ()), "/Kids"):
        if value(field, "/FT", "/Sig") != "/Sig":
            yield "the form has a field that is no signature field"
        yield from _actions(field, "a form field")
    pages = value(root, "/Pages", None)
    if pages is None:
        yield "the catalog has no pages"
    for number, page in enumerate(_walk([] if pages is None else [pages], "/Kids")):
        yield from _others(page, TREE, f"page node {number}")
        for annotation in value(page, "/Annots", ()):
            item = annotation.get_object()
            if value(item, "/Subtype", "") not in ANNOTATIONS:
                yield f"a page has an annotation of the kind {value(item, '/Subtype', 'unknown')}"
            yield from _actions(item, "an annotation")
    for item in _outline(value(root, "/Outlines", {})):
        yield from _actions(item, "the outline")


def _others(dictionary: Any, allowed: frozenset[str], where: str) -> Iterator[str]:
    for key in sorted(set(map(str, dictionary)) - allowed):
        yield f"{where} has {_printable(key)}"


def _actions(holder: Any, where: str) -> Iterator[str]:
    """Name actions other than going to a place in this file."""
    for key in ("/AA", "/PA"):
        if key in holder:
            yield f"{where} has {key}"
    if "/A" not in holder:
        return
    action = value(holder, "/A", {})
    kind = str(value(action, "/S", "unknown"))
    if kind != "/GoTo" or set(map(str, action)) - ACTION:
        yield f"{where} has an action of the kind {_printable(kind)}"


def _walk(nodes: Any, kids: str) -> Iterator[Any]:
    """Visit a tree's nodes, each once; hostile trees may have loops."""
    stack = list(nodes)
    seen: set[Any] = set()
    while stack:
        raw = stack.pop()
        node = raw.get_object()
        reference = getattr(node, "container_ref", None) or id(node)
        if reference in seen:
            continue
        seen.add(reference)
        if len(seen) > MAX_NODES:
            raise ValueError("a tree of the document has too many nodes")
        yield node
        stack.extend(value(node, kids, ()))


def _outline(root: object) -> Iterator[Any]:
    stack = [value(root, "/First", None)]
    for count in range(MAX_NODES):
        if not stack:
            return
        node = stack.pop()
        if node is None:
            continue
        yield node
        stack += [value(node, "/Next", None), value(node, "/First", None)]
        if count == MAX_NODES - 1:
            raise ValueError("the outline has too many items")


def _doubled(root: object) -> Iterator[str]:
    """Name attachments of which two readers may open different ones."""
    seen: dict[str, str] = {}
    for file in embedded_files(root):
        name = unicodedata.normalize("NFKC", file.name).casefold().strip()
        if seen.setdefault(name, file.sha256) != file.sha256:
            yield f"there are two attachments of the name {_printable(file.name)}"
    for specification in specifications(root):
        names = {str(specification[key]) for key in ("/F", "/UF") if key in specification}
        streams = value(specification, "/EF", {})
        contents = {bytes(streams[key].data) for key in ("/F", "/UF") if key in streams}
        if len(names) > 1 or len(contents) > 1:
            yield f"an attachment has two names or contents: {_printable(', '.join(sorted(names)))}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)[:80]
