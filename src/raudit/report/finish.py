"""The last pass over a PDF: what PDF/A-3a and PDF/UA-1 ask for and WeasyPrint leaves open."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where a signature field goes."""

    name: str
    page: int
    """Number of the page, from 0."""
    rect: tuple[float, float, float, float]
    """Left, bottom, right, top in points."""
    tooltip: str
    """What a screen reader says."""


def finish(data: bytes, *, boxes: tuple[Box, ...], renderer: str) -> bytes:
    """Finish a PDF.

    (1) Each attachment is listed once in ``/AF`` (ISO 19005-3, 6.8). (2) Each header cell says its
    scope (ISO 14289-1, 7.5), and no table body lies in another, as after some page breaks (7.2).
    (3) Signature fields are made now and tagged, since a signature may add none later without
    breaking both standards. (4) The producer names the libraries that decide the bytes. (5) XMP
    metadata is stored plain (ISO 19005-3, 6.6.2.1); the identifier is a digest, so equal input
    gives equal bytes. (6) No stream of operators ends in a carriage return, which some readers take
    for part of the line end before ``endstream``.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        _attachments_once(pdf)
        _header_scopes(pdf)
        _flat_bodies(pdf)
        if boxes:
            _signature_fields(pdf, boxes)
        _producer(pdf, renderer)
        _stream_ends(pdf)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            fix_metadata_version=False,
        )
    return out.getvalue()


def _attachments_once(pdf: Any) -> None:
    import pikepdf

    seen: set[tuple[int, int]] = set()
    kept = []
    for spec in pdf.Root.get("/AF", ()):
        if spec.objgen not in seen:
            seen.add(spec.objgen)
            kept.append(spec)
    if kept:
        pdf.Root.AF = pikepdf.Array(kept)


def _header_scopes(pdf: Any) -> None:
    """Give each TH its scope: a row's if it is the first cell of a row with data cells, else a column's."""
    import pikepdf

    root = pdf.Root.get("/StructTreeRoot")
    for element in pdf.objects:
        if (
            not isinstance(element, pikepdf.Dictionary)
            or element.get("/S") != "/TR"
            or root is None
        ):
            continue
        kids = [kid for kid in element.get("/K", ()) if isinstance(kid, pikepdf.Dictionary)]
        has_data = any(kid.get("/S") == "/TD" for kid in kids)
        for kid in kids:
            if kid.get("/S") == "/TH":
                kid.A["/Scope"] = pikepdf.Name("/Row") if has_data else pikepdf.Name("/Column")


def _flat_bodies(pdf: Any) -> None:
    """Let a table body that lies in others give its rows to the outermost."""
    import pikepdf

    for element in pdf.objects:
        if not isinstance(element, pikepdf.Dictionary) or element.get("/S") != "/TBody":
            continue
        if any(kid.get("/S") == "/TBody" for kid in _kids(element)):
            element.K = pikepdf.Array(_rows(element, element))


def _kids(element: Any) -> list[Any]:
    import pikepdf

    kids = element.get("/K", ())
    return [kid for kid in kids if isinstance(kid, pikepdf.Dictionary)]


def _rows(body: Any, owner: Any) -> Iterator[Any]:
    for kid in _kids(body):
        if kid.get("/S") == "/TBody":
            yield from _rows(kid, owner)
        else:
            kid.P = owner
            yield kid


def _signature_fields(pdf: Any, boxes: tuple[Box, ...]) -> None:
    import pikepdf
    from pikepdf import Array, Dictionary, Name, String

    root = pdf.Root.StructTreeRoot
    document = root.K[0]
    numbers = root.ParentTree.Nums
    key = max((int(numbers[i]) for i in range(0, len(numbers), 2)), default=-1) + 1
    fields = []
    for box in boxes:
        page = pdf.pages[box.page]
        left, bottom, right, top = (round(side, 2) for side in box.rect)
        form = pdf.make_stream(b"")
        form.Type, form.Subtype, form.FormType = Name.XObject, Name.Form, 1
        form.BBox = Array([0, 0, round(right - left, 2), round(top - bottom, 2)])
        form.Resources = Dictionary()
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String(box.name),
                TU=String(box.tooltip),
                Rect=Array([left, bottom, right, top]),
                F=4,
                P=page.obj,
                StructParent=key,
                AP=Dictionary(N=form),
            )
        )
        reference = pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=page.obj))
        element = pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page.obj, K=reference)
        )
        document.K.append(element)
        numbers.extend([key, element])
        if "/Annots" not in page.obj:
            page.obj.Annots = Array()
        page.obj.Annots.append(widget)
        fields.append(widget)
        key += 1
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(fields)))
    root["/ParentTreeNextKey"] = key
    del pikepdf


def _stream_ends(pdf: Any) -> None:
    """Add white space to page contents and character maps whose compressed form happens to end in CR or LF."""
    import pikepdf

    for stream in pdf.objects:
        if not isinstance(stream, pikepdf.Stream) or stream.get("/Filter") != "/FlateDecode":
            continue
        if "/Type" in stream or "/Subtype" in stream or "/Length1" in stream:
            continue
        packed = stream.read_raw_bytes()
        if not packed.endswith((b"\r", b"\n")):
            continue
        data = stream.read_bytes()
        while packed.endswith((b"\r", b"\n")):
            data += b"\n"
            packed = zlib.compress(data)
        stream.write(packed, filter=pikepdf.Name.FlateDecode)


def _producer(pdf: Any, renderer: str) -> None:
    """Write the producer into document information and XMP alike, and store the XMP unfiltered."""
    import re
    from xml.sax.saxutils import quoteattr

    import pikepdf

    xmp = pdf.Root.Metadata.read_bytes()
    xmp = re.sub(rb'pdf:Producer="[^"]*"', b"pdf:Producer=" + quoteattr(renderer).encode(), xmp)
    stream = pikepdf.Stream(pdf, xmp)
    stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
    pdf.Root.Metadata = pdf.make_indirect(stream)
    pdf.docinfo["/Producer"] = pikepdf.String(renderer)
