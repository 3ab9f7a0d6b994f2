"""Sign: exactly what is signed, the decision, and a passkey's assertion over its digest; conditions that are met."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from raudit.canonical import digest, sha256
from raudit.checklists.signoff import answers_sha256
from raudit.checklists.states import STATES, may
from raudit.emit import Books, books_of
from raudit.emit.decisions import decide, met_statement, sign_off_statement
from raudit.errors import RauditError, StatementError
from raudit.findings import Status
from raudit.statements.statement import Statement, in_words
from raudit.web.keeping import commit
from raudit.web.proving import (
    confirm,
    done,
    envelope_of,
    last_waiting,
    passkeys,
    waiting,
    wants_proof,
)
from raudit.web.reading import AssessmentFiles, last_run
from raudit.web.views.frame import Asks, assessment_of, in_full, page, stale, system_of, tell, to
from raudit.web.workspace import now

DECISIONS = ("approve", "approve_with_conditions", "reject", "refer")


def sign(request: Asks, system: str, assessment: str) -> HttpResponse:
    """What is signed and the decision; then the statement itself, to be signed."""
    with books_of(
        assessment_of(request, assessment).part.path, clock=now(), actor=request.who.person
    ) as books:
        found = assessment_of(request, assessment, books)
        if request.method == "POST":
            return _prepare(request, found, books)
        return _form(request, found, {})


def _form(
    request: Asks,
    found: AssessmentFiles,
    typed: dict[str, Any],
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    ran = last_run(request.plan)
    record = ran.record if ran else None
    left = [f for f in record.findings if f.status is not Status.PASSED] if record else []
    roles = [
        role
        for role in request.who.signs_as(request.plan.file.system.name)
        if role in _roles(found)
    ]
    return page(
        request,
        "sign.html",
        status=status,
        held=found,
        name=found.part.name,
        typed=typed,
        error=error,
        ran=ran,
        record=record,
        findings=left,
        sha256=str(answers_sha256(found.answers)),
        my_roles=roles,
        decisions=DECISIONS,
        open_here=may(found.state, "sign"),
        passkeys=len(passkeys(request)),
        colleagues=request.who.people.by_id.values(),
        standing=STATES[found.state],
        blank=range(2),
    )


def _roles(found: AssessmentFiles) -> tuple[str, ...]:
    return tuple(rule.role for rule in found.checklist.file.signoff)


def basis_of(request: Asks) -> dict[str, str]:
    """Digests of the last record and of its open findings, that a decision rests on; as ``sign --record`` does it."""
    ran = last_run(request.plan)
    if ran is None:
        return {}
    left = sorted(f.fingerprint for f in ran.record.findings if f.status is not Status.PASSED)
    return {
        "record": str(sha256(ran.record_file.read_bytes())),
        "open-findings": str(digest(list(left))),
    }


def _prepare(request: Asks, found: AssessmentFiles, books: Books) -> HttpResponse:
    typed: dict[str, Any] = {
        key: request.POST.get(key, "").strip() for key in ("role", "decision", "answers")
    }
    conditions = [
        {"what": what.strip(), "owner": owner.strip(), "due": due.strip()}
        for what, owner, due in zip(
            request.POST.getlist("what"),
            request.POST.getlist("owner"),
            request.POST.getlist("due"),
            strict=False,
        )
        if what.strip()
    ]
    typed["conditions"] = conditions
    fault = _fault(found, typed)
    if fault:
        return _form(request, found, typed, error=fault, status=422)
    try:
        statement = sign_off_statement(
            found.answers,
            found.checklist,
            books,
            role=typed["role"],
            decision=typed["decision"],
            by=request.who.person,
            nonce=secrets.token_hex(16),
            conditions=conditions,
            record=basis_of(request),
        )
    except RauditError as error:
        return _form(request, found, typed, error=in_full(error), status=409)
    return _confirm(request, found, statement)


def _fault(found: AssessmentFiles, typed: dict[str, Any]) -> str:
    if not may(found.state, "sign"):
        return _("It is not signed in this state.")
    if typed["answers"] != str(answers_sha256(found.answers)):
        return _("The answers changed since you looked. Look again.")
    if typed["decision"] not in DECISIONS:
        return _("Choose a decision.")
    if (typed["decision"] == "approve_with_conditions") != bool(typed["conditions"]):
        return _("Conditions go with “approve with conditions”, and only with it.")
    if any(not (item["owner"] and _day(item["due"])) for item in typed["conditions"]):
        return _("Each condition has someone who answers for it, and a day.")
    return ""


def _day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _confirm(
    request: Asks,
    found: AssessmentFiles,
    statement: Statement,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    name, system = found.part.name, system_of(request)
    back = to("sign", system, name)
    return confirm(
        request,
        statement,
        back=back,
        at=to("sign-finish", system, name),
        status=status,
        error=error,
        held=found,
        name=name,
    )


def finish(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Take the assertion, or the statement without proof after the password was given again."""
    found = assessment_of(request, assessment)
    try:
        statement = last_waiting(request) if request.method == "GET" else waiting(request)
    except StatementError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(to("sign", system, assessment))
    if statement is None:
        messages.error(request, _("There is nothing to sign any more. Begin again."))
        return HttpResponseRedirect(to("sign", system, assessment))
    if request.method == "GET":
        return _confirm(request, found, statement)
    if not request.POST.get("assertion"):
        again = stale(request, to("sign-finish", system, assessment))
        if again is not None:
            return again
    try:
        envelope = envelope_of(request, statement)
        with books_of(found.part.path, clock=statement.at, actor=request.who.person) as books:
            decide(found.part.path, found.checklist, books, statement, envelope=envelope)
    except RauditError as error:
        return _confirm(request, found, statement, error=in_full(error), status=409)
    done(request, statement)
    commit(found.part.path, request.who.person, in_words(statement))
    decided: Mapping[str, Any] = statement.decided
    for item in decided.get("conditions") or ():
        owner, where = request.who.people.id_of(item["owner"]), to("sign", system, assessment)
        tell(owner, "condition", item["what"], where, by=request.who.person)
    messages.success(
        request, _("Signed.") if envelope else _("Written down as stated, not proven.")
    )
    return HttpResponseRedirect(to("assessment", system, assessment))


def met(request: Asks, system: str, assessment: str) -> HttpResponse:
    """Say that a condition of an approval is met; not its owner does."""
    found = assessment_of(request, assessment)
    path, person = found.part.path, request.who.person
    try:
        envelope, statement = None, None
        if request.POST.get("statement"):
            statement = waiting(request)
            envelope = envelope_of(request, statement)
        clock = statement.at if statement else now()
        with books_of(path, clock=clock, actor=person) as books:
            if statement is None:
                statement = _met_statement(request, found, books)
                if wants_proof(request):
                    back = to("assessment", system, assessment)
                    return confirm(request, statement, back=back, held=found, name=assessment)
            decide(path, found.checklist, books, statement, envelope=envelope)
    except RauditError as error:
        return _form(request, found, {}, error=in_full(error), status=409)
    done(request, statement)
    commit(path, person, in_words(statement))
    messages.success(request, _("Written down: the condition is met."))
    return HttpResponseRedirect(to("assessment", system, assessment))


def _met_statement(request: Asks, found: AssessmentFiles, books: Books) -> Statement:
    number = request.POST.get("number", "")
    return met_statement(
        found.answers,
        found.checklist,
        books,
        role=request.POST.get("role", ""),
        number=int(number) if number.isdecimal() else 0,
        how=request.POST.get("how", "").replace("\r\n", "\n").strip(),
        by=request.who.person,
        nonce=secrets.token_hex(16),
    )
