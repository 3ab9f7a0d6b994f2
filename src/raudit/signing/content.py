"""What a certified report may hold besides pages of text: nothing that acts, leads away, or stands there twice.

A certification covers whatever was put in before it, so an intact signature says nothing about a script that runs when
the file is opened. A report needs pages, links within itself, signature fields and attachments of distinct names; the
lists here name what that takes (ISO 32000-2, tables 29, 31 and 32), and everything else is refused by name, known to
be harmful or not.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from typing import Any

from raudit.sentences import say
from raudit.signing.embedded import associated, embedded_files, named_specifications, value
from raudit.signing.verdict import Fault, FaultCode

MAX_NODES = 200_000
MAX_DEPTH = 50
NAMED = ("/F", "/UF", "/Unix", "/DOS", "/Mac")
"""Under which a file specification gives names and contents; readers differ in which they take."""
PLAIN = frozenset(string.ascii_letters + string.digits + " ._-+()")
"""Letters of an attachment's name: a report's need no other, and others can look like these or hide them."""
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
        "/LastModified",
        "/UserUnit",
    }
)
TREE = PAGE | {"/Kids", "/Count"}
ELSEWHERE = frozenset({"/F", "/FFilter", "/FDecodeParms", "/Ref", "/OPI", "/Alternates", "/PS"})
"""Keys of a stream by which what is drawn, or attached, lies in another file or depends on who draws it."""
DRAWN = frozenset({"/Form", "/Image"})
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
    yield from _others(root, CATALOG, say("the catalog"))
    yield from _others(value(root, "/Names", {}), NAMES, say("the catalog's names"))
    form = value(root, "/AcroForm", {})
    yield from _others(form, FORM, say("the form"))
    for field in _walk(value(form, "/Fields", ()), "/Kids"):
        if value(field, "/FT", "/Sig") != "/Sig":
            yield say("the form has a field that is no signature field")
        yield from _actions(field, say("a form field"))
    pages = value(root, "/Pages", None)
    if pages is None:
        yield say("the catalog has no pages")
    seen: set[object] = set()
    for number, page in enumerate(_walk([] if pages is None else [pages], "/Kids")):
        yield from _others(page, TREE, say("page node {number}", number=number))
        yield from _drawn(page, seen)
        for annotation in value(page, "/Annots", ()):
            item = annotation.get_object()
            kind = value(item, "/Subtype", "unknown")
            if kind not in ANNOTATIONS:
                yield say("a page has an annotation of the kind {kind}", kind=_printable(str(kind)))
            if kind == "/Widget" and _inherited(item, "/FT") != "/Sig":
                yield say("a page has a form field that is no signature field")
            yield from _actions(item, say("an annotation"))
    for item in _outline(value(root, "/Outlines", {})):
        yield from _actions(item, say("the outline"))


def _drawn(page: object, seen: set[object]) -> Iterator[str]:
    """Name streams of a page, and of what they draw, that a reader would not take from these bytes alone."""
    contents = value(page, "/Contents", ())
    streams = [contents] if hasattr(contents, "data") else list(contents)
    todo = [(stream.get_object(), "/Form") for stream in streams] + _resources(page)
    while todo:
        item, kind = todo.pop()
        reference = getattr(item, "container_ref", None) or id(item)
        if reference in seen:
            continue
        seen.add(reference)
        if len(seen) > MAX_NODES:
            raise ValueError("the pages draw too many things")
        if kind not in DRAWN:
            yield say("a page draws something of the kind {kind}", kind=_printable(kind))
        for key in sorted(ELSEWHERE & set(map(str, item))):
            yield say("a page draws something with {key}", key=key)
        todo += _resources(item)


def _resources(holder: object) -> list[tuple[Any, str]]:
    drawn = value(value(holder, "/Resources", {}), "/XObject", {})
    items = [value(drawn, key, {}) for key in drawn]
    return [(item, str(value(item, "/Subtype", "unknown"))) for item in items]


def _inherited(field: Any, key: str) -> object:
    """Look a key up in a field and in those above it; hostile fields may be above themselves."""
    for _ in range(MAX_DEPTH):
        if key in field:
            return value(field, key, None)
        if "/Parent" not in field:
            return None
        field = value(field, "/Parent", {})
    return None


def _others(dictionary: Any, allowed: frozenset[str], where: str) -> Iterator[str]:
    for key in sorted(set(map(str, dictionary)) - allowed):
        yield say("{where} has {key}", where=where, key=_printable(key))


def _actions(holder: Any, where: str) -> Iterator[str]:
    """Name actions other than going to a place in this file."""
    for key in ("/AA", "/PA"):
        if key in holder:
            yield say("{where} has {key}", where=where, key=key)
    if "/A" not in holder:
        return
    action = value(holder, "/A", {})
    kind = str(value(action, "/S", "unknown"))
    if kind != "/GoTo" or set(map(str, action)) - ACTION:
        yield say("{where} has an action of the kind {kind}", where=where, kind=_printable(kind))


def _walk(nodes: Any, kids: str) -> Iterator[Any]:
    """Visit a tree's nodes, each once; hostile trees may have loops."""
    stack = list(nodes)
    seen: set[object] = set()
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
            yield say("there are two attachments of the name {name}", name=_printable(file.name))
    for key, specification in [*named_specifications(root), *associated(root)]:
        names = {str(value(specification, name, "")) for name in NAMED if name in specification}
        names |= {key} - {""}
        streams = value(specification, "/EF", {})
        contents = {bytes(streams[name].data) for name in NAMED if name in streams}
        if len(names) > 1 or len(contents) > 1:
            yield say(
                "an attachment has two names or contents: {names}",
                names=_printable(", ".join(sorted(names))),
            )
        for name in names:
            if not set(name) <= PLAIN or not name.strip("."):
                yield say(
                    "an attachment has a name that does not read as it is: {name}",
                    name=_printable(name),
                )
        for outside in sorted({k for n in streams for k in map(str, streams[n])} & ELSEWHERE):
            yield say(
                "an attachment has {outside}, so its content may be another file's", outside=outside
            )


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)[:80]
