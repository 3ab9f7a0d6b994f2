"""Review: the next answer that nobody has read, accepted or sent back with a note, by keyboard."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from raudit.checklists.history import notes, sayings
from raudit.checklists.signoff import answer_digests
from raudit.checklists.states import may
from raudit.emit import books_of
from raudit.emit.decisions import decide, review_statement
from raudit.errors import AnswersError, RauditError, StatementError
from raudit.statements import Statement
from raudit.web.keeping import commit
from raudit.web.proving import confirm, done, envelope_of, passkeys, waiting, wants_proof
from raudit.web.reading import AssessmentFiles
from raudit.web.views.frame import Asks, assessment_of, in_words, page, question_of, tell, to
from raudit.web.words import value_said
from raudit.web.workspace import now


def review(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Show the next answer to read, or take what the reviewer says about one."""
    found = assessment_of(request, assessment)
    if request.method == "POST" and request.POST.get("statement"):
        return _signed(request, found, system)
    if request.method == "POST":
        return _reviewed(request, found, system)
    return _show(request, found, request.GET.get("q", ""))


def left_to(request: Asks, found: AssessmentFiles) -> list[str]:
    """Answers that this person may review and nobody accepted."""
    people, answers = request.who.people, found.answers.file.answers
    return [
        name
        for name in found.result.visible
        if name in answers
        and answers[name].review.state == "pending"
        and answers[name].by.strip()
        and people.id_of(answers[name].by) != request.who.person
    ]


def _show(
    request: Asks,
    found: AssessmentFiles,
    wanted: str,
    *,
    error: str = "",
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    left = left_to(request, found)
    answers = found.answers.file.answers
    name = (
        wanted if wanted in answers and wanted in found.result.visible else left[0] if left else ""
    )
    context: dict[str, Any] = {
        "left": len(left),
        "done": found.result.accepted,
        "total": found.result.answered,
        "error": error,
        "note": note,
    }
    if not name:
        return page(request, "review_done.html", held=found, name=found.part.name, **context)
    question, answer = found.checklist.questions[name], answers[name]
    place = left.index(name) if name in left else -1
    before = [item for item in sayings(found.part.path, name) if item.what == "answer"][:-1]
    return page(
        request,
        "review.html",
        status=status,
        held=found,
        name=found.part.name,
        question=question,
        answer=answer,
        said=value_said(question, found.answers.values.get(name)),
        value=found.answers.values.get(name),
        digest=str(answer_digests(found.answers)[name]),
        section=found.checklist.section_of[name],
        following=left[place + 1] if 0 <= place < len(left) - 1 else "",
        before=before[-1] if before else None,
        contradictions=[c.because for c in found.result.contradictions if c.question == name],
        own=request.who.people.id_of(answer.by) == request.who.person,
        open_here=may(found.state, "review"),
        thread=notes(found.part.path, name),
        passkeys=len(passkeys(request)),
        prove=request.session.get("prove", True),
        **context,
    )


def _reviewed(request: Asks, found: AssessmentFiles, system: str) -> HttpResponse:
    name = question_of(found, request.POST.get("question", ""))
    state, note = (
        request.POST.get("state", ""),
        request.POST.get("note", "").replace("\r\n", "\n").strip(),
    )
    if not may(found.state, "review"):
        return _show(
            request,
            found,
            name,
            error=_("The answers were not submitted yet."),
            note=note,
            status=409,
        )
    if state not in ("accepted", "to_correct"):
        return _show(
            request, found, name, error=_("Accept it, or send it back."), note=note, status=422
        )
    if state == "to_correct" and not note:
        return _show(
            request, found, name, error=_("Say what is to be corrected."), note=note, status=422
        )
    path, person = found.part.path, request.who.person
    if passkeys(request):  # only who could choose has chosen
        request.session["prove"] = request.POST.get("prove") == "passkey"
    try:
        with books_of(path, clock=now(), actor=person) as books:
            statement = review_statement(
                found.answers,
                found.checklist,
                books,
                question=name,
                state=state,
                by=person,
                nonce=secrets.token_hex(16),
                note=note,
            )
            if statement.subjects["answer"] != request.POST.get("digest"):
                raise StatementError(
                    _("the answer changed since you read it; read it again"),
                    reference="answer-changed",
                )
            if wants_proof(request):
                back = to("review", system, found.part.name)
                return confirm(
                    request, statement, back=back, at_once=True, held=found, name=found.part.name
                )
            decide(path, found.checklist, books, statement)
    except (AnswersError, StatementError) as error:
        fresh = assessment_of(request, found.part.name)
        return _show(request, fresh, name, error=in_words(error), note=note, status=409)
    return _written(request, found, system, statement)


def _signed(request: Asks, found: AssessmentFiles, system: str) -> HttpResponse:
    """Take the passkey's signature of a review that was shown."""
    name = ""
    try:
        statement = waiting(request)
        name = question_of(found, str(statement.decided["question"]))
        envelope = envelope_of(request, statement)
        with books_of(found.part.path, clock=statement.at, actor=request.who.person) as books:
            decide(found.part.path, found.checklist, books, statement, envelope=envelope)
    except RauditError as error:
        fresh = assessment_of(request, found.part.name)
        return _show(request, fresh, name, error=in_words(error), status=409)
    done(request, statement)
    return _written(request, found, system, statement)


def _written(
    request: Asks, found: AssessmentFiles, system: str, statement: Statement
) -> HttpResponse:
    path, person = found.part.path, request.who.person
    name, state = str(statement.decided["question"]), statement.decided["state"]
    commit(path, person, f"Review {name}")
    author = request.who.people.id_of(found.answers.file.answers[name].by)
    if state == "to_correct":
        tell(
            author,
            "sent back",
            found.checklist.questions[name].text,
            to("question", system, found.part.name, name),
            by=person,
        )
    messages.success(request, _("Accepted.") if state == "accepted" else _("Sent back."))
    return HttpResponseRedirect(to("review", system, found.part.name))
