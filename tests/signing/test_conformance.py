"""Signing leaves PDF/A-3a and PDF/UA-1 as they were, and tagged fields can be counter-signed."""

from __future__ import annotations

import gc
import io
import subprocess
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey
from raudit.signing.sign import certify, countersign, renew_archive
from raudit.signing.timestamping import Level, TimeStamping

FIELDS = ("raudit-issuer", *(f"raudit-reviewer-{number}" for number in range(1, 5)))
PDFUA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfuaid:part>1</pdfuaid:part>
<pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
<rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li>
</rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


def tagged_pdf(pages: int) -> bytes:
    """Make a PDF/A-3a and PDF/UA-1 file with an attachment and tagged, empty signature fields."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ResourceWarning
        )  # the renderer leaves its colour profile open
        raw = io.BytesIO(_render(pages))
        gc.collect()
    with pikepdf.open(raw) as pdf:
        unique = {item.objgen: item for item in pdf.Root.AF}
        pdf.Root.AF = Array(list(unique.values()))
        for item in pdf.objects:
            if isinstance(item, Dictionary) and item.get("/S") == Name.TH:
                item.A = Array([Dictionary(O=Name.Table, Scope=Name.Column)])
        _add_fields(pdf)
        metadata = pikepdf.Stream(pdf, pdf.Root.Metadata.read_bytes())
        metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
        pdf.Root.Metadata = pdf.make_indirect(metadata)
        output = io.BytesIO()
        # pyHanko unpacks an object stream anew for each object in it: with them, checking takes time in the square
        pdf.save(output, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return output.getvalue()


def _render(pages: int) -> bytes:
    import weasyprint

    rows = "".join(f"<tr><td>{i}</td><td>group {i}</td><td>0.{i:02d}</td></tr>" for i in range(25))
    sections = "".join(
        f"<h2 style='page-break-before:always'>Section {n}</h2><p>Text.</p><table><tr><th>No</th><th>What</th>"
        f"<th>Value</th></tr>{rows}</table>"
        for n in range(1, pages)
    )
    html = f"<html lang=en><head><title>Audit</title></head><body><h1>Audit</h1><p>Brief.</p>{sections}</body></html>"
    document = weasyprint.HTML(string=html).render(pdf_variant="pdf/a-3a", pdf_tags=True)
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    document.metadata.attachments = [
        weasyprint.Attachment(
            string=b'{"verdict":"passed"}',
            name="record.json",
            relationship="Data",
            created=clock,
            modified=clock,
        )
    ]
    original = document.metadata.generate_rdf_metadata
    document.metadata.generate_rdf_metadata = lambda *a, **k: original(*a, **k).replace(
        b"</rdf:RDF>", PDFUA
    )
    data: bytes = document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True)
    return data


def _add_fields(pdf: pikepdf.Pdf) -> None:
    tree = pdf.Root.StructTreeRoot
    top, numbers, page = tree.K[0], tree.ParentTree.Nums, pdf.pages[0]
    key = max((int(numbers[i]) for i in range(0, len(numbers), 2)), default=-1) + 1
    widgets = []
    for row, name in enumerate(FIELDS):
        form = pdf.make_stream(
            b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 200, 30])
        )
        form.Resources = Dictionary()
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String(name),
                TU=String(name),
                F=4,
                P=page.obj,
                Rect=Array([72, 300 + 40 * row, 272, 330 + 40 * row]),
                StructParent=key,
                AP=Dictionary(N=form),
            )
        )
        # one child, not an array of one: pyHanko's analysis follows K to Obj without an index in between
        reference = pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=page.obj))
        element = pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Form, P=top, Pg=page.obj, K=reference)
        )
        top.K.append(element)
        numbers.extend([key, element])
        widgets.append(widget)
        key += 1
    page.obj.Annots = Array([*page.obj.get("/Annots", Array()), *widgets])
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(widgets)))
    tree.ParentTreeNextKey = key


def test_tagged_fields_can_be_counter_signed(
    local_key: SigningKey, local_trust: list[bytes], clock: datetime
) -> None:
    base = tagged_pdf(2)
    pdf = certify(base, local_key, reason="Issued", name="I", clock=clock)
    for role in ("dpo", "owner", "reviewer", "auditor"):
        pdf = countersign(pdf, local_key, role=role, name="R", clock=clock)
    check = check_pdf(pdf, trust=local_trust)
    assert check.faults == ()
    assert [item.field for item in check.signatures] == list(FIELDS)
    assert check.base == base


def test_more_reviewers_than_prepared_fields(
    certified: bytes, local_key: SigningKey, local_trust: list[bytes], clock: datetime
) -> None:
    pdf = certified
    for _ in range(6):
        pdf = countersign(pdf, local_key, role="dpo", name="R", clock=clock)
    check = check_pdf(pdf, trust=local_trust)
    assert check.faults == ()
    assert check.signatures[-1].field == "raudit-reviewer-6"


@pytest.mark.slow
def test_twenty_pages_take_under_a_second_and_a_half(
    local_key: SigningKey, local_trust: list[bytes], clock: datetime
) -> None:
    pdf = certify(tagged_pdf(20), local_key, reason="Issued", name="I", clock=clock)
    pdf = countersign(pdf, local_key, role="dpo", name="R", clock=clock)
    spent = []
    for _ in range(3):
        start = time.process_time()
        assert check_pdf(pdf, trust=local_trust).holds
        spent.append(time.process_time() - start)
    assert min(spent) < 1.5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_both_standards_hold_before_and_after_every_step(
    local_key: SigningKey,
    clock: datetime,
    authority: Any,
    shared: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    judge = shared("tools/verapdf/validate")
    tsa = TimeStamping(url=authority.tsa(), level=Level.B_LTA, trust=(authority.root,))
    steps = [tagged_pdf(3)]
    steps.append(certify(steps[-1], local_key, reason="Issued", name="I", clock=clock))
    steps.append(countersign(steps[-1], local_key, role="dpo", name="R", clock=clock))
    steps.append(
        countersign(
            steps[-1], authority.signer("reviewer"), role="owner", name="R", clock=clock, tsa=tsa
        )
    )
    steps.append(renew_archive(steps[-1], tsa))
    files = []
    for number, step in enumerate(steps):
        path = tmp_path / f"step-{number}.pdf"
        path.write_bytes(step)
        files.append(str(path))
    for flavour in ("3a", "ua1"):
        done = subprocess.run([str(judge), flavour, *files], capture_output=True, text=True)
        if "compliant=" not in done.stdout:
            pytest.skip("the validator could not be set up here")
        assert done.returncode == 0, done.stdout
