"""What is linked to answers, and workbooks that are read back: files from people, kept by digest or refused by name."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from raudit.checklists import Checklist
from raudit.checklists.documents import store_document
from raudit.checklists.writing import add_evidence, record_answer
from raudit.emit import books_of, keep
from raudit.errors import AnswersError
from raudit.web.evidence_kinds import EVIDENCE_ENDINGS, EVIDENCE_MAX
from raudit.web.keeping import commit
from raudit.web.middleware import workspace
from raudit.web.reading import AssessmentFiles
from raudit.web.telling import downloaded
from raudit.web.views.answering import question_page, started
from raudit.web.views.frame import Asks, assessment_of, in_words, page, question_of, to
from raudit.web.workspace import now


def evidence(request: Asks, system: str, assessment: str, question: str) -> HttpResponse:
    """Link a file, kept by its digest, or an address to an answer."""
    found = assessment_of(request, assessment)
    name = question_of(found, question)
    try:
        _link(request, found, name)
    except AnswersError as error:
        return question_page(request, found, name, error=in_words(error), status=422)
    messages.success(request, _("The evidence is linked."))
    return HttpResponseRedirect(to("question", system, assessment, name, at="evidence"))


def _link(request: Asks, found: AssessmentFiles, name: str) -> None:
    path, person = started(request, found), request.who.person
    upload, address = request.FILES.get("file"), request.POST.get("address", "").strip()
    observed = request.POST.get("observed", "").strip()[:1000]
    if upload is None and not address:
        raise AnswersError(_("choose a file, or give an address"), reference="evidence-nothing")
    if upload is not None:
        link = _stored(path, upload, observed)
    else:
        if not address.startswith(("https://", "http://")) or len(address) > 1000:
            raise AnswersError(_("an address begins with https://"), reference="evidence-address")
        link = {"kind": "link", "path": address, **({"observed": observed} if observed else {})}
    with books_of(path, clock=now(), actor=person) as books:
        keep(
            path,
            lambda text: add_evidence(text, found.checklist, name, link, by=person, at=books.clock),
            found.checklist,
            books,
        )
    commit(path, person, f"Link evidence to {name}")


def _stored(path: Path, upload: Any, observed: str) -> dict[str, str]:
    ending = Path(upload.name or "").suffix.lower()
    if ending not in EVIDENCE_ENDINGS:
        raise AnswersError(
            _("files of this kind are not taken"),
            reference="evidence-kind",
            expected=" ".join(sorted(EVIDENCE_ENDINGS)),
        )
    if upload.size > EVIDENCE_MAX:
        raise AnswersError(_("the file is larger than 50 MB"), reference="evidence-large")
    with tempfile.TemporaryDirectory(dir=workspace().data / "uploads", prefix=".upload-") as folder:
        # The name is data: only its plain characters reach the disk, and store_document decides where.
        plain = "".join(
            ch if ch.isascii() and (ch.isalnum() or ch in "._-") else "_"
            for ch in Path(upload.name).name
        )
        copy = Path(folder) / (plain[-80:].lstrip(".") or "file")
        with copy.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return store_document(path.resolve(), copy, observed=observed)


def evidence_file(request: Asks, system: str, assessment: str, digest: str) -> HttpResponseBase:
    """A file that an answer links, looked up by its digest; always as a download, never as a page of ours."""
    found = assessment_of(request, assessment)
    for answer in found.answers.file.answers.values():
        for link in answer.evidence:
            path = (found.part.path.parent / link.path).resolve()
            inside = path.is_relative_to(found.part.path.parent.resolve())
            if link.sha256 == digest and link.kind == "document" and inside and path.is_file():
                name = path.name.partition("-")[2] or path.name
                downloaded(request, name, digest)
                response = FileResponse(
                    path.open("rb"),
                    as_attachment=True,
                    filename=name,
                    content_type="application/octet-stream",
                )
                response["Content-Security-Policy"] = "default-src 'none'; sandbox"
                return response
    raise Http404


def import_workbook(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Take the answers of a workbook over, question by question; what cannot be read is named by its cell."""
    found = assessment_of(request, assessment)
    error = ""
    if request.method == "POST":
        upload = request.FILES.get("workbook")
        try:
            if upload is None or (upload.size or 0) > (10 << 20):
                raise AnswersError(
                    _("choose a workbook of at most 10 MB"), reference="workbook-none"
                )
            count = _merge(request, found, upload.read())
            messages.success(
                request,
                ngettext("%(n)d answer was taken over.", "%(n)d answers were taken over.", count)
                % {"n": count},
            )
            return HttpResponseRedirect(to("assessment", system, assessment))
        except AnswersError as fault:
            where = f"{fault.where}: " if fault.where else ""
            error = where + in_words(fault)
    return page(
        request,
        "import.html",
        status=422 if error else 200,
        held=found,
        name=assessment,
        error=error,
    )


def _merge(request: Asks, found: AssessmentFiles, content: bytes) -> int:
    from raudit.checklists import parse_answers
    from raudit.checklists.exchange.workbook import from_workbook

    person = request.who.person
    given = parse_answers(
        from_workbook(content, found.checklist, by=person), found.checklist, source="workbook"
    )
    path, count = started(request, found), 0
    with books_of(path, clock=now(), actor=person) as books:

        def change(text: str) -> str:
            nonlocal count
            for name, answer in given.file.answers.items():
                after = _taken_over(text, found.checklist, name, answer, person, books.clock)
                count += after != text
                text = after
            return text

        keep(path, change, found.checklist, books)
    if count:
        commit(path, person, f"Take {count} answers over from a workbook")
    return count


def _taken_over(
    text: str, checklist: Checklist, name: str, answer: Any, person: str, at: Any
) -> str:
    value = answer.value if answer.state == "answered" else None
    if answer.state == "answered" and value in (None, "", []):
        return text
    return record_answer(
        text,
        checklist,
        name,
        value,
        at=at,
        state=answer.state,
        why=answer.why,
        by=person,
        owner=answer.owner,
        due=answer.due,
    )
