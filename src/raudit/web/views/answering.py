"""Answer an assessment: the task list, one section a page, one question with its history, notes and evidence."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from raudit.checklists import Checklist
from raudit.checklists.document import skeleton
from raudit.checklists.documents import store_document
from raudit.checklists.history import add_note, notes, sayings
from raudit.checklists.states import STATES
from raudit.checklists.writing import add_evidence, record_answer
from raudit.emit import books_of, keep
from raudit.emit import submit as submit_answers
from raudit.errors import AnswersError
from raudit.files import locked, write_whole
from raudit.web.asking import FormOutcome, QuestionForm, named_in, question_form, take, typed_in
from raudit.web.keeping import commit
from raudit.web.middleware import workspace
from raudit.web.models import Assignment
from raudit.web.proving import passkeys
from raudit.web.reading import AssessmentFiles, facts_of
from raudit.web.telling import downloaded
from raudit.web.views.frame import (
    Asks,
    assessment_of,
    htmx,
    in_full,
    in_words,
    mentioned,
    page,
    question_of,
    system_of,
    tell,
    to,
)
from raudit.web.words import dom
from raudit.web.workspace import now

EVIDENCE_MAX = 50 << 20
EVIDENCE_ENDINGS = frozenset(
    [
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".txt",
        ".md",
        ".csv",
        ".tsv",
        ".json",
        ".yaml",
        ".yml",
        ".docx",
        ".xlsx",
        ".pptx",
        ".odt",
        ".ods",
        ".html",
        ".eml",
        ".zip",
        ".svg",
    ]
)


def assessment(request: Asks, system: str, assessment: str) -> HttpResponse:
    """The task list: sections with what is open, the score so far, and what can be done next."""
    found = assessment_of(request, assessment)
    if found.answers.file.signoffs:  # only these rest on what the log knows of keys
        with books_of(found.part.path, clock=now(), actor=request.who.person) as books:
            found = assessment_of(request, assessment, books)
    result = found.result
    gaps = Counter(found.checklist.section_of[gap.question].id for gap in result.open)
    returned = Counter(
        found.checklist.section_of[name].id
        for name, answer in found.answers.file.answers.items()
        if answer.review.state == "to_correct" and name in result.visible
    )
    tasks: list[dict[str, Any]] = []
    for section in found.checklist.file.sections:
        shown = [question.id for question in section.questions if question.id in result.visible]
        if shown:
            done = sum(1 for name in shown if name in found.answers.file.answers)
            tasks.append(
                {
                    "section": section,
                    "open": gaps[section.id],
                    "of": len(shown),
                    "done": done,
                    "returned": returned[section.id],
                }
            )
    actions = STATES[found.state].may
    roles, signs = (
        request.who.roles(request.plan.file.system.name),
        request.who.signs_as(request.plan.file.system.name),
    )
    mine = signs or any(role in roles for action, role in actions.items() if action != "answer")
    return page(
        request,
        "assessment.html",
        held=found,
        name=assessment,
        tasks=tasks,
        mine=mine,
        may=actions,
        standing=STATES[found.state],
        signed=any(state.holds for state in result.signoffs),
        passkeys=len(passkeys(request)),
    )


def next_open(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Lead to the first open question, or to the list once none is open."""
    found = assessment_of(request, assessment)
    if not found.result.open:
        return HttpResponseRedirect(to("assessment", system, assessment))
    first = found.result.open[0].question
    place = found.checklist.section_of[first].id
    at = f"q-{dom(first)}"
    return HttpResponseRedirect(to("section", system, assessment, place, at=at))


def section(request: Asks, system: str, assessment: str, section: str) -> HttpResponse:
    """One section: a form with its questions; each is saved as soon as it is left."""
    found = assessment_of(request, assessment)
    place = next((item for item in found.checklist.file.sections if item.id == section), None)
    if place is None:
        raise Http404
    if request.method == "POST":
        return _save(request, found, system, section)
    return _section(request, found, section)


def _section(
    request: Asks, found: AssessmentFiles, section: str, taken: FormOutcome | None = None
) -> HttpResponse:
    sections = [
        item
        for item in found.checklist.file.sections
        if item.id == section or any(q.id in found.result.visible for q in item.questions)
    ]
    at = next(number for number, item in enumerate(sections) if item.id == section)
    questions = _questions(request, found, section, taken)
    status = 409 if taken and taken.conflicts else 422 if taken and taken.errors else 200
    return page(
        request,
        "section.html",
        status=status,
        held=found,
        name=found.part.name,
        section=sections[at],
        questions=questions,
        number=at + 1,
        count=len(sections),
        before=sections[at - 1] if at else None,
        after=sections[at + 1] if at + 1 < len(sections) else None,
        faults=[q for q in questions if q.error or q.theirs is not None],
        editable="author" in request.who.roles(request.plan.file.system.name),
        colleagues=request.who.people.by_id.values(),
    )


def _questions(
    request: Asks, found: AssessmentFiles, section: str, taken: FormOutcome | None
) -> list[QuestionForm]:
    text = _text(found)
    place = next(item for item in found.checklist.file.sections if item.id == section)
    counted = (
        Counter(note.question for note in notes(found.part.path))
        if found.part.path.is_file()
        else Counter()
    )
    given = _assigned(request, found)
    return [
        _with_typed(
            request,
            question_form(
                found, question.id, text, notes=counted, assigned=given.get(question.id, "")
            ),
            taken,
        )
        for question in place.questions
        if question.id in found.result.visible
    ]


def _with_typed(request: Asks, item: QuestionForm, taken: FormOutcome | None) -> QuestionForm:
    """Keep what was typed where it was refused, with the digest of what stands there now."""
    name = item.question.id
    if taken is None:
        return item
    if name in taken.errors:
        error = taken.errors[name]
        return replace(item, typed=typed_in(request.POST, item.question), error=in_words(error))
    if name in taken.conflicts:
        theirs = dict.fromkeys(("value", "state", "why", "by", "at"), "") | dict(
            taken.conflicts[name].theirs
        )
        return replace(item, typed=typed_in(request.POST, item.question), theirs=theirs)
    return item


def _assigned(request: Asks, found: AssessmentFiles) -> dict[str, str]:
    given = Assignment.objects.filter(system=system_of(request), assessment=found.part.name)
    return {item.question: item.person for item in given}


def _text(found: AssessmentFiles) -> str:
    return found.answers.yaml.text if found.answers.yaml else ""


def started(request: Asks, found: AssessmentFiles) -> Path:
    """The answers file, made on first use as ``raudit assess start`` makes it."""
    path = found.part.path
    if not path.exists():
        with locked(path):
            if not path.exists():
                write_whole(
                    path, skeleton(found.checklist, project=request.plan.file.system.name).encode()
                )
    return path


def _save(request: Asks, found: AssessmentFiles, system: str, section: str) -> HttpResponse:
    path, taken = started(request, found), FormOutcome()
    person = request.who.person
    with books_of(path, clock=now(), actor=person) as books:

        def change(text: str) -> str:
            return take(text, found.checklist, request.POST, taken, by=person, at=books.clock)

        keep(path, change, found.checklist, books)
    if taken.saved:
        commit(path, person, f"Answer {', '.join(taken.saved)[:200]}")
    before = set(found.result.visible)
    found = assessment_of(request, found.part.name)
    if htmx(request):
        return _saved_part(request, found, section, taken, before)
    if taken.errors or taken.conflicts:
        return _section(request, found, section, taken)
    return _after_save(request, found, system, section, taken)


def _after_save(
    request: Asks, found: AssessmentFiles, system: str, section: str, taken: FormOutcome
) -> HttpResponse:
    if taken.saved:
        count = len(taken.saved)
        messages.success(
            request,
            ngettext("%(n)d answer is saved.", "%(n)d answers are saved.", count) % {"n": count},
        )
    name, shown = found.part.name, [s.id for s in found.checklist.file.sections]
    if request.POST.get("go") == "on":
        later = shown[shown.index(section) + 1 :]
        following = [
            s.id
            for s in found.checklist.file.sections
            if s.id in later and any(q.id in found.result.visible for q in s.questions)
        ]
        if following:
            return HttpResponseRedirect(to("section", system, name, following[0]))
    return HttpResponseRedirect(to("assessment", system, name))


def _saved_part(
    request: Asks, found: AssessmentFiles, section: str, taken: FormOutcome, before: set[str]
) -> HttpResponse:
    """The state of each question that was sent; where other questions appear or go, the page is asked for anew."""
    status = 409 if taken.conflicts else 422 if taken.errors else 200
    names = named_in(request.POST)
    questions = [
        item for item in _questions(request, found, section, taken) if item.question.id in names
    ]
    return page(
        request,
        "saved.html",
        status=status,
        questions=questions,
        held=found,
        name=found.part.name,
        clock=now(),
        saved=taken.saved,
        appeared=set(found.result.visible) != before,
        section=section,
        colleagues=request.who.people.by_id.values(),
    )


def question(request: Asks, system: str, assessment: str, question: str) -> HttpResponse:
    """One question: its answer in words, evidence, notes, history, and who is asked to answer it."""
    found = assessment_of(request, assessment)
    name = question_of(found, question)
    return _question(request, found, name)


def _question(
    request: Asks,
    found: AssessmentFiles,
    name: str,
    *,
    error: str = "",
    words: str = "",
    status: int = 200,
) -> HttpResponse:
    path = found.part.path
    there = path.is_file()
    item = question_form(
        found, name, _text(found), assigned=_assigned(request, found).get(name, "")
    )
    thread = notes(path, name) if there else ()
    said = tuple(sayings(path, name))[::-1] if there else ()
    return page(
        request,
        "question.html",
        status=status,
        held=found,
        name=found.part.name,
        item=item,
        thread=thread,
        history=said,
        section=found.checklist.section_of[name],
        error=error,
        words=words,
        editable="author" in request.who.roles(request.plan.file.system.name),
        colleagues=request.who.people.by_id.values(),
        endings=" ".join(sorted(EVIDENCE_ENDINGS)),
    )


def note(request: Asks, system: str, assessment: str, question: str) -> HttpResponse:
    """Add a note to a question's thread; whoever it mentions is told."""
    found = assessment_of(request, assessment)
    name, words = question_of(found, question), request.POST.get("words", "")
    path = started(request, found)
    at = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        with locked(path.resolve()):
            add_note(
                path.resolve(),
                name,
                by=request.who.person,
                at=at,
                words=words,
                reply_to=request.POST.get("reply_to", ""),
            )
    except AnswersError as error:
        return _question(request, found, name, error=in_words(error), words=words, status=422)
    where = to("question", system, assessment, name)
    for person in mentioned(words):
        entry = request.who.people.find(person)
        if entry and any(
            grant.systems == ("*",) or request.plan.file.system.name in grant.systems
            for grant in entry.roles
        ):
            tell(
                entry.id,
                "mentioned",
                found.checklist.questions[name].text,
                where,
                by=request.who.person,
            )
    return HttpResponseRedirect(where + "#notes")


def assign(request: Asks, system: str, assessment: str, question: str) -> HttpResponse:
    """Ask a colleague to answer a question."""
    found = assessment_of(request, assessment)
    name, person = question_of(found, question), request.POST.get("person", "")
    where = to("question", system, assessment, name)
    given = Assignment.objects.filter(system=system, assessment=assessment, question=name)
    if not person:
        given.delete()
        return HttpResponseRedirect(where)
    entry = request.who.people.by_id.get(person)
    if entry is None:
        return _question(request, found, name, error=_("Choose someone from the list."), status=422)
    Assignment.objects.update_or_create(
        system=system,
        assessment=assessment,
        question=name,
        defaults={"person": person, "by": request.who.person},
    )
    tell(person, "assigned", found.checklist.questions[name].text, where, by=request.who.person)
    messages.success(request, _("Asked."))
    return HttpResponseRedirect(where)


def evidence(request: Asks, system: str, assessment: str, question: str) -> HttpResponse:
    """Link a file, kept by its digest, or an address to an answer."""
    found = assessment_of(request, assessment)
    name = question_of(found, question)
    try:
        _link(request, found, name)
    except AnswersError as error:
        return _question(request, found, name, error=in_words(error), status=422)
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


def submit(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Say that the answers are ready to be read."""
    found = assessment_of(request, assessment)
    path, person = started(request, found), request.who.person
    try:
        with books_of(path, clock=now(), actor=person) as books:
            submit_answers(
                path,
                found.checklist,
                books,
                by=person,
                made_from=request.POST.get("answers", "") or "nothing",
                facts=facts_of(request.plan)[0],
            )
    except AnswersError as error:
        messages.error(request, in_full(error))
        return HttpResponseRedirect(to("assessment", system, assessment))
    commit(path, person, f"Submit {found.checklist.file.title}")
    for entry in request.who.people.by_id.values():
        if any(
            g.role == "reviewer"
            and (g.systems == ("*",) or request.plan.file.system.name in g.systems)
            for g in entry.roles
        ):
            tell(
                entry.id,
                "submitted",
                found.checklist.file.title,
                to("review", system, assessment),
                by=person,
            )
    messages.success(request, _("Submitted: the reviewers are told."))
    return HttpResponseRedirect(to("assessment", system, assessment))


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
