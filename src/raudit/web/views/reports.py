"""The report of a run, and any assessment as HTML, Word, Excel, YAML or Markdown, drafts marked by their state."""

from __future__ import annotations

import json
from pathlib import Path

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as lazy

from raudit.canonical import sha256, sha256_file
from raudit.checklists import exchange
from raudit.report.printing import pdf_of
from raudit.report.translate import speaker
from raudit.web.reading import AssessmentFiles, FinishedRun, last_run, runs_of
from raudit.web.telling import downloaded
from raudit.web.views.frame import Asks, assessment_of, page, to
from raudit.web.views.remarks import add_remark, remarks_on
from raudit.web.words import reader_language
from raudit.web.workspace import now

MEANINGS = {
    "report.pdf": lazy("the signed report, to read and to pass on"),
    "record.json": lazy("everything the run established, for programs"),
    "report.pdf.tlog-proof": lazy("proof that the report stands in the log"),
    "report.pdf.intoto.json": lazy("a signed statement of what the report was made from"),
}
"""What each file is for, said beside its name."""
FILES = {
    "report.pdf": "application/pdf",
    "record.json": "application/json",
    "report.pdf.tlog-proof": "text/plain",
    "report.pdf.intoto.json": "application/json",
}
# The report is one file with its styles and a script inside: shown in a frame that may nothing else.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'self'; sandbox"
)


def report(request: Asks, system: str) -> HttpResponse:
    """The report of the last run, its files, and how to verify it."""
    ran = last_run(request.plan)
    files = [(name, MEANINGS[name]) for name in FILES if ran and (ran.folder / name).is_file()]
    pdf = (
        sha256((ran.folder / "report.pdf").read_bytes())
        if ran and "report.pdf" in dict(files)
        else ""
    )
    return page(
        request,
        "report.html",
        ran=ran,
        files=files,
        pdf=pdf,
        remarks=remarks_on(system, "report"),
        sections=[part.name for part in ran.record.stages] if ran else (),
        error=request.session.pop("fault", ""),
    )


def remark(request: Asks, system: str) -> HttpResponse:
    """Add a comment to a part of the report; it stays out of the signed file."""
    ran = last_run(request.plan)
    if ran is None:
        raise Http404
    parts = {part.name for part in ran.record.stages}
    section = request.POST.get("section", "")
    return add_remark(
        request,
        "report",
        to("report", system, at="remarks"),
        about_words=request.plan.file.system.name,
        section=section if section in parts else "",
    )


def page_of(request: Asks, ran: FinishedRun) -> bytes:
    """The report as HTML, made from the record once."""
    from raudit.report import render_html

    made = ran.folder / ".report.html"
    newer = made.is_file() and made.stat().st_mtime >= ran.record_file.stat().st_mtime
    if not newer:
        from raudit.files import write_whole

        section = request.plan.file.report
        html = render_html(
            ran.record,
            template=section.template,
            language=section.language,
            templates_dir=request.plan.folder,
        )
        write_whole(made, html.encode())
    return made.read_bytes()


def shown(request: Asks, system: str) -> HttpResponse:
    """The report itself, for the frame."""
    ran = last_run(request.plan)
    if ran is None:
        raise Http404
    response = HttpResponse(page_of(request, ran), content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = PAGE_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def file(request: Asks, system: str, run: str, name: str) -> HttpResponseBase:
    """A file of a run; both names are looked up, never joined unseen."""
    ran = next((item for item in runs_of(request.plan) if item.name == run), None)
    if ran is None or name not in FILES or not (ran.folder / name).is_file():
        raise Http404
    downloaded(request, name, str(sha256_file(ran.folder / name)))
    return FileResponse(
        (ran.folder / name).open("rb"), as_attachment=True, filename=name, content_type=FILES[name]
    )


KINDS = {
    "html": ("html", "text/html; charset=utf-8"),
    "word": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "excel": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": ("pdf", "application/pdf"),
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "yaml": ("yaml", "application/yaml"),
    "oscal": ("json", "application/json"),
}
"""Ending and type of each form that an assessment can be taken out in."""


def download(request: Asks, system: str, assessment: str, kind: str) -> HttpResponse:
    """An assessment as it is now, as ``raudit assess export`` writes it."""
    found = assessment_of(request, assessment)
    if kind not in KINDS:
        raise Http404
    ending, content_type = KINDS[kind]
    content = _exported(found, kind)
    name = f"{_plain(assessment)}.{ending}"
    downloaded(request, name, str(sha256(content)))
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _exported(found: AssessmentFiles, kind: str) -> bytes:
    """In the language of who takes it out."""
    language = reader_language()
    speak, code = speaker(language), language.code
    match kind:
        case "html":
            return exchange.html(found.result, speak, code=code).encode()
        case "markdown":
            return exchange.markdown(found.result, speak).encode()
        case "excel":
            return exchange.workbook(found.checklist, found.answers, at=now(), speak=speak)
        case "word":
            return exchange.word(found.result, speak)
        case "pdf":
            return pdf_of(exchange.html(found.result, speak, code=code))
        case "yaml":
            return (found.answers.yaml.text if found.answers.yaml else "").encode()
        case _:
            return json.dumps(exchange.oscal(found.result, at=now()), indent=2).encode()


def _plain(name: str) -> str:
    return "".join(
        ch if ch.isascii() and (ch.isalnum() or ch in "-_") else "_" for ch in Path(name).name
    )
