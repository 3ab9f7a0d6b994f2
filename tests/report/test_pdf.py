"""The PDF: standards, attachments, fields, text, sameness, hostile input."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from raudit.record import Column, Outcome, StageRecord, Table, record_bytes
from raudit.report import Seals, render_pdf, template_names
from raudit.report.numbers import exact, exact_interval

from . import synthetic

RECORD = synthetic.make_record()
SMALL = replace(RECORD, stages=(synthetic.pii(), RECORD.stages[3]))
SEALS = Seals(
    checkpoint=b"example.org/log\n42\nAAAA\n\n\xe2\x80\x94 x y\n",
    proof=b"c2sp.org/tlog-proof@v1\n",
    vkey="example.org/log+abc",
)


@pytest.fixture(scope="module")
def full():
    return render_pdf(RECORD, seals=SEALS)


def opened(data):
    import pikepdf

    return pikepdf.open(io.BytesIO(data))


def text_of(data, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    file = tmp_path / "x.pdf"
    file.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def annexes():
    return render_pdf(RECORD, template="annexes", seals=SEALS)


def test_every_finding_is_in_the_annexes_exactly(annexes, tmp_path):
    lines = text_of(annexes, tmp_path).splitlines()
    for finding in RECORD.findings:
        measurement = finding.measurement
        wanted = [finding.rule, finding.fingerprint[:8]]
        if measurement:
            wanted += [exact(measurement.value), exact(measurement.n)]
            wanted += [exact_interval(measurement.interval)] if measurement.interval else []
        assert any(all(part in line for part in wanted) for line in lines), wanted


def test_the_same_record_gives_the_same_bytes():
    first, second = (render_pdf(SMALL, template="brief", seals=SEALS) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert first != render_pdf(
        replace(SMALL, run=replace(SMALL.run, seed=8)), template="brief", seals=SEALS
    )


def test_attachments_are_listed_once_with_their_relation(full):
    with opened(full) as pdf:
        specs = list(pdf.Root.AF)
        assert len({s.objgen for s in specs}) == len(specs)
        relations = {str(s.UF): str(s.AFRelationship) for s in specs}
        assert relations["record.json"] == "/Source"
        assert relations["table-fairness-cells.csv"] == "/Data"
        assert relations["checkpoint.txt"] == "/Supplement"
        assert pdf.attachments["record.json"].get_file().read_bytes() == record_bytes(RECORD)
        assert pdf.attachments["record.tlog-proof"].get_file().read_bytes() == SEALS.proof
        cells = pdf.attachments["table-fairness-cells.csv"].get_file().read_bytes()
        assert cells.count(b"\r\n") == 301


def test_spreadsheet_formulas_are_disarmed(full):
    with opened(full) as pdf:
        table = pdf.attachments["table-pii-columns.csv"].get_file().read_bytes().decode()
    assert "\"'=HYPERLINK(" in table


def test_signature_fields_are_there_and_tagged(full):
    with opened(full) as pdf:
        fields = {str(f.T): f for f in pdf.Root.AcroForm.Fields}
        assert list(fields) == ["raudit-issuer", *(f"raudit-reviewer-{i}" for i in range(1, 5))]
        nums = pdf.Root.StructTreeRoot.ParentTree.Nums
        parents = {int(nums[i]): nums[i + 1] for i in range(0, len(nums), 2)}
        last = pdf.pages[-1].obj.objgen
        for field in fields.values():
            element = parents[int(field.StructParent)]
            assert element.S == "/Form"
            assert element.K.Obj.objgen == field.objgen
            assert field.P.objgen == last
            assert str(field.TU)
            assert field.AP.N.BBox[2] > 100


def test_headers_have_scopes_and_figures_have_texts(annexes):
    import pikepdf

    with opened(annexes) as pdf:
        elements = [
            o
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"
        ]
        headers = [e for e in elements if e.S == "/TH"]
        assert headers
        assert all(
            h.A.Scope in ("/Row", "/Column") for h in headers if "/A" in h and h.A.O == "/Table"
        )
        figures = [e for e in elements if e.S == "/Figure"]
        assert len(figures) >= 8
        assert all(str(f.Alt) for f in figures)


def test_nothing_can_run_or_be_fetched(full):
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|SubmitForm|GoToR|RichMedia)\b", full)


@pytest.mark.parametrize("profile", ["pdfa-3a", "pdfua-1"])
def test_quick_validator_agrees(full, profile):
    import page

    report = page.validate_pdf_bytes(full, profile=profile)
    assert report.is_compliant, [f.message for f in report.failures][:5]


@pytest.mark.slow
@pytest.mark.parametrize("template", sorted(template_names()))
@pytest.mark.parametrize("language", ["en", "de"])
def test_verapdf_says_compliant(shared, tmp_path, template, language):
    validate = shared("tools/verapdf/validate")
    if shutil.which("java") is None:
        pytest.skip("no Java here")
    file = tmp_path / "report.pdf"
    file.write_bytes(
        render_pdf(
            synthetic.for_template(template), template=template, language=language, seals=SEALS
        )
    )
    for flavour in ("3a", "ua1"):
        done = subprocess.run(
            ["bash", validate, flavour, file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


VECTORS = [
    '<img src="http://127.0.0.1:{p}/a.png">',
    '<link rel="stylesheet" href="http://127.0.0.1:{p}/b.css">',
    '<link rel="attachment" href="file:///etc/hostname">',
    "<style>@import url(http://127.0.0.1:{p}/c.css);</style>",
    "<style>body {{ background: url(http://127.0.0.1:{p}/d.png) }}</style>",
    '<p style="background: url(http://127.0.0.1:{p}/e.png)">',
    '<object data="http://127.0.0.1:{p}/f.pdf"></object>',
    '<embed src="http://127.0.0.1:{p}/g.svg">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{p}/h.png"/></svg>',
    '<svg><use href="http://127.0.0.1:{p}/i.svg#x"/></svg>',
    '<iframe src="file:///etc/hostname"></iframe>',
    '<base href="http://127.0.0.1:{p}/">',
    '<a rel="attachment" href="file:///etc/hostname">x</a>',
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{p}/j">',
    '" style="background:url(http://127.0.0.1:{p}/k.png)" x="',
    "x onload=fetch('http://127.0.0.1:{p}/l')",
    '<table><tr><td colspan="1000000" rowspan="1000000">x',
    "<div>" * 3000,
    "{{{{ ''.__class__ }}}}{{% for i in range(9) %}}",
    "]]><!-- --><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/hostname'>]>&y;",
    "\u202e\u2066\u0000\u001b\u0007شخصעבר名前\U0001f600",
]


@pytest.mark.parametrize(("template", "attached"), [("standard", 3), ("annexes", 2)])
def test_hostile_values_make_no_request_and_embed_nothing(tmp_path, template, attached):
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        port = listener.getsockname()[1]
        names = [
            vector.replace("{p}", str(port)).replace("{{", "{").replace("}}", "}")
            for vector in VECTORS
        ]
        data = render_pdf(hostile_record(names), template=template)
        with pytest.raises(BlockingIOError):
            listener.accept()
    with opened(data) as pdf:
        assert len(pdf.attachments) == attached
    text = text_of(data, tmp_path).replace("\n", "")
    file = Path("/etc/hostname")
    hostname = file.read_text().strip() if file.exists() else ""
    assert not hostname or hostname not in text
    assert template == "standard" or "U+202E" in text


def hostile_record(names):
    """Put hostile names everywhere a record has text."""
    columns = tuple(Column(key=name, label=name) for name in names[:9])
    table = Table(
        id=names[0],
        title=names[1],
        columns=columns,
        rows=({n: n for n in names},),
        caption=names[2],
    )
    findings = tuple(
        replace(
            synthetic.finding(
                synthetic.PII,
                name,
                synthetic.Status.FAILED,
                0.5,
                statement=name,
                detail={name: name},
            ),
            reason=name,
            remedy=name,
            anchor=name,
        )
        for name in names
    )
    rule = replace(synthetic.PII, title=names[3], why=names[4], how=names[5], fix=names[6])
    figure = replace(
        synthetic.fairness().figures[0], id=names[0], title=names[4], alt=names[5], caption=names[6]
    )
    stage = StageRecord(
        name=names[0],
        title=names[1],
        outcome=Outcome.COMPLETED,
        summary=names[8],
        rules=(rule,),
        findings=findings,
        tables=(table,),
        figures=(figure,),
        notes=tuple(names),
        options={n: n for n in names},
    )
    system = {"name": names[0], "version": names[3], "organisation": names[14], names[5]: names[15]}
    return replace(RECORD, stages=(stage,), system=system)
