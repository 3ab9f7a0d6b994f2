"""What was added to a PDF after a signature: allowed counter-signatures and proofs, or an attack.

A signature covers the bytes up to its own revision; whatever an incremental update appends later is outside it, and a
reader shows the appended state. pyHanko's analysis walks every later revision and explains every changed object by a
rule, or refuses it. What it allows is looked at again here: descriptions that readers show, attachments, and what the
catalogue says of the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from raudit.sentences import say
from raudit.signing.embedded import embedded_files, value
from raudit.signing.names import printable
from raudit.signing.verdict import Fault, FaultCode

# a later signature may say when and with what it was made
FREE_INFO = frozenset({"/ModDate", "/Producer"})
FREE_XMP = frozenset({"ModifyDate", "MetadataDate", "Producer"})
# pyHanko passes them over; a viewer and a screen reader go by them
DECLARED = ("/Version", "/MarkInfo")
SIGNING_VERSIONS = ("/1.7", "/2.0")
"""Versions of the format to which a later signature may raise the file, since its algorithm asks for it."""
SIGNING_EXTENSIONS = frozenset({"/ESIC", "/ADBE", "/ISO_"})
"""Whose extensions of the format a later signature may declare (ETSI EN 319 142-1, 5.6; ISO 32001 and 32002)."""


def _in_words(message: str) -> str:
    """What came after a signature that none brings; the library's own words are English, and name its classes."""
    kinds = (
        (r"\bDSS\b|\bVRI\b", say("the store of validation data was changed")),
        (r"[Mm]etadata|XMP", say("what the file says of itself was replaced")),
        (r"[Aa]nnotation|page tree", say("pages, or what stands on them, were changed")),
        (r"\b[Ff]ields?\b|\bAP\b|appearance", say("fields were added, removed or changed")),
        (r"freed|clobbers|stream", say("objects of the file were replaced or taken out")),
        (r"[Dd]ict|\b[Kk]eys?\b", say("entries of the file's structure were changed")),
    )
    other = say("something was changed that no signature changes")
    what = next((words for known, words in kinds if re.search(known, message)), other)
    names = list(dict.fromkeys(re.findall(r"/[A-Za-z]\w{0,30}", message)))[:3]
    return say("{what} ({names})", what=what, names=", ".join(names)) if names else what


def modification_fault(embedded: Any, signature_fields: frozenset[str]) -> tuple[str, str]:
    """Judge what came after one signature.

    Parameters
    ----------
    embedded
        pyHanko's signature, its integrity computed.
    signature_fields
        Names of all signature fields; only these may have been filled.

    Returns
    -------
    tuple of str
        ``none``, ``long-term``, ``signatures`` or ``illegal``, and for the last one why.
    """
    from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification

    result = embedded.diff_result
    if isinstance(result, SuspiciousModification):
        return "illegal", _in_words(str(result))
    others = result.changed_form_fields - signature_fields
    if others:
        return (
            "illegal",
            say(
                "form fields were filled that are no signature fields: {others}",
                others=printable(", ".join(sorted(others)), 120),
            ),
        )
    permitted = embedded.docmdp_level
    level = result.modification_level
    if level is ModificationLevel.OTHER or (
        permitted is not None and level.value > permitted.value
    ):
        return (
            "illegal",
            say(
                "changes of the kind {kind} are not permitted",
                kind=level.name.lower().replace("_", "-"),
            ),
        )
    match level:
        case ModificationLevel.NONE:
            return "none", ""
        case ModificationLevel.LTA_UPDATES:
            return "long-term", ""
        case ModificationLevel.FORM_FILLING:
            return "signatures", ""
        case _:
            return "illegal", say("annotations were changed")


def later_faults(signed: Any, shown: Any) -> list[Fault]:
    """Compare descriptions and attachments as they were certified with those a reader would show.

    Parameters
    ----------
    signed, shown
        pyHanko's readers of the certified revision's bytes and of the whole file.
    """
    faults = []
    if _description(signed) != _description(shown):
        faults.append(
            Fault(
                code=FaultCode.METADATA_CHANGED,
                detail=say("title or other descriptions differ from the certified ones"),
            )
        )
    certified, now = _fields(signed), _fields(shown)
    known = {name for name, _flags in certified}
    if (
        _form_settings(signed) != _form_settings(shown)
        or [field for field in now if field[0] in known] != certified
    ):
        faults.append(
            Fault(
                code=FaultCode.ILLEGAL_CHANGE,
                detail=say(
                    "the form's settings, by which a reader draws its fields, are not the certified ones"
                ),
            )
        )
    faults.extend(
        Fault(
            code=FaultCode.ILLEGAL_CHANGE,
            detail=say("the catalogue's {key} is not the certified one", key=key),
        )
        for key in _redeclared(signed.root, shown.root)
    )
    before = {(item.name, item.sha256, item.relationship) for item in embedded_files(signed.root)}
    after = {(item.name, item.sha256, item.relationship) for item in embedded_files(shown.root)}
    faults.extend(
        Fault(
            code=FaultCode.ATTACHMENT_CHANGED,
            detail=say(
                "the attachment {name} that a reader opens is not the certified one",
                name=repr(name),
            ),
        )
        for name in sorted({name for name, _, _ in before ^ after})
    )
    return faults


def _redeclared(signed: Any, shown: Any) -> Iterator[str]:
    """Name what the catalogue says otherwise than it did; a signature may declare what of the format it needs."""
    for key in DECLARED:
        was, now = (value(catalogue, key, None) for catalogue in (signed, shown))
        raised = key == "/Version" and now in SIGNING_VERSIONS and str(was or "") < str(now)
        if not raised and repr(was) != repr(now):
            yield key
    before, after = value(signed, "/Extensions", {}), value(shown, "/Extensions", {})
    for name in sorted(set(before) | set(after)):
        needed = name in SIGNING_EXTENSIONS and name not in before
        if not needed and repr(value(before, name, None)) != repr(value(after, name, None)):
            yield "/Extensions"


def _form_settings(reader: Any) -> dict[str, str]:
    """Collect the form's entries but its fields and the flags that say that there are signatures."""
    form = value(reader.root, "/AcroForm", {})
    return {key: repr(form[key]) for key in form if key not in {"/Fields", "/SigFlags"}}


def _fields(reader: Any) -> list[tuple[str, str]]:
    """Name and flags of every field, in the order in which a reader goes through them; the library looks at neither."""
    form = value(reader.root, "/AcroForm", {})
    found = [item.get_object() for item in value(form, "/Fields", ())]
    return [(str(value(item, "/T", "")), repr(value(item, "/Ff", None))) for item in found]


def _description(reader: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Collect what describes the document, from Info and from XMP, without what every signature may change."""
    from pyhanko.pdf_utils.metadata.xmp_xml import MetadataStream

    info = value(reader.trailer, "/Info", {})
    plain = {key: str(info[key]) for key in info if key not in FREE_INFO}
    stream = value(reader.root, "/Metadata", None)
    described: dict[str, str] = {}
    if isinstance(stream, MetadataStream):
        for structure in stream.xmp:
            for name, content in structure:
                if name.local_name not in FREE_XMP:
                    described[str(name)] = repr(content)
    return plain, described
