"""Findings of the last run, each with its number and what to do; waivers by two people."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from raudit.checking import waiver_for
from raudit.emit import Books, books_of
from raudit.emit.waivers import (
    approve_waiver,
    request_waiver,
    to_approve,
    two_people,
    waiver_statement,
)
from raudit.errors import RauditError, StatementError
from raudit.findings import Finding
from raudit.policy import load_waivers
from raudit.policy.waive import Covered, named
from raudit.policy.waivers import Waiver, waiver_sha256
from raudit.record import Record
from raudit.report.numbers import MINUS
from raudit.report.points import counted, writer
from raudit.statements import Kind
from raudit.web.keeping import commit
from raudit.web.models import FindingTask
from raudit.web.proving import confirm, done, envelope_of, passkeys, waiting, wants_proof
from raudit.web.reading import FinishedRun, last_run, runs_of
from raudit.web.views.frame import Asks, in_full, page, system_of, tell, to
from raudit.web.views.remarks import add_remark, refused, remarks_on
from raudit.web.words import reader_language, spoken
from raudit.web.workspace import now

ORDER = {name: number for number, name in enumerate(("critical", "high", "medium", "low", "info"))}
STATUS = {"failed": 0, "indeterminate": 1, "passed": 2}


def findings(request: Asks, system: str) -> HttpResponse:
    """Findings by severity, filtered by status, stage and words."""
    ran = last_run(request.plan)
    if ran is None:
        return page(request, "findings.html", ran=None, found=[])
    record, get = ran.told, request.GET
    status, stage, words = (
        get.get("status", "open"),
        get.get("stage", ""),
        get.get("q", "").casefold().split(),
    )
    waived = _waived(record)
    found = [
        _shown(finding, part.name, waived)
        for part in record.stages
        for finding in part.findings
        if (
            status == "all"
            or (status == "open" and str(finding.status) != "passed")
            or str(finding.status) == status
        )
        and (not stage or part.name == stage)
        and all(
            word in f"{finding.statement} {finding.rule} {finding.subject.name}".casefold()
            for word in words
        )
    ]
    found.sort(key=lambda item: weight(item["finding"]))
    return page(
        request,
        "findings.html",
        ran=ran,
        found=found,
        status=200,
        chosen=status,
        stage=stage,
        query=get.get("q", ""),
        stages=[part.name for part in record.stages],
        waivers=_waivers(request),
    )


def weight(finding: Finding) -> tuple[int, int]:
    """Where a finding stands in a list: those that failed first, and of them the severest."""
    return STATUS[str(finding.status)], ORDER.get(str(finding.severity), 9)


def _shown(finding: Finding, stage: str, waived: dict[str, str]) -> dict[str, Any]:
    return {
        "finding": finding,
        "stage": stage,
        "fingerprint": finding.fingerprint,
        "number": number_of(finding),
        "waiver": waived.get(finding.fingerprint, ""),
    }


def number_of(finding: Finding) -> str:
    """A finding's number with its interval, in the reader's words and number marks."""
    measured, said = finding.measurement, reader_language()
    if measured is None or measured.value is None:
        return measured.undefined_because if measured else ""

    write = writer(measured, said)
    text = f"{said.metric(measured.metric)} {counted(write(measured.value), measured, said)}"
    if measured.interval is not None:
        low, high = measured.interval.low, measured.interval.high
        ends = {
            "low": f"{MINUS}∞" if low is None else write(low),
            "high": "∞" if high is None else write(high),
        }
        text += " (" + _("%(low)s to %(high)s") % ends + ")"
    return f"{text}, n = {said.numbers.count(measured.n)}"


def _waived(record: Record) -> dict[str, str]:
    uses = record.verdict.waivers if record.verdict else ()
    return {use.fingerprint: f"{use.id} ({spoken(use.state)})" for use in uses if use.fingerprint}


def _waivers(request: Asks) -> list[dict[str, Any]]:
    path = request.plan.path(request.plan.file.waivers) if request.plan.file.waivers else None
    if path is None or not path.exists():
        return []
    held = load_waivers(path, people=request.who.people, system=request.plan.file.system.name)
    mine = request.who.people.id_of
    return [
        {
            "waiver": waiver,
            "known": held.identity_of(waiver),
            "mine": mine(waiver.approver) == request.who.person,
        }
        for waiver in held.entries
    ]


def _finding(request: Asks, fingerprint: str) -> tuple[Finding, str, Any]:
    ran = last_run(request.plan)
    for part in ran.told.stages if ran else ():
        for finding in part.findings:
            if finding.fingerprint == fingerprint:
                return (
                    finding,
                    part.name,
                    next((rule for rule in part.rules if rule.id == finding.rule), None),
                )
    raise Http404


def finding(request: Asks, system: str, fingerprint: str) -> HttpResponse:
    """One finding: sentence, number, how it was measured, what to do, and what it was in earlier runs."""
    found, stage, rule = _finding(request, fingerprint)
    before = []
    for ran in runs_of(request.plan)[:20]:
        record = ran.told
        old = next((f for f in record.findings if f.fingerprint == fingerprint), None)
        before.append(
            {
                "clock": record.run.clock,
                "status": str(old.status) if old else "",
                "number": number_of(old) if old else "",
            }
        )
    return page(
        request,
        "finding.html",
        task=FindingTask.objects.filter(system=system, fingerprint=fingerprint).first(),
        remarks=remarks_on(system, f"finding:{fingerprint}"),
        colleagues=request.who.people.by_id.values(),
        error=request.session.pop("fault", ""),
        finding=found,
        stage=stage,
        rule=rule,
        number=number_of(found),
        before=before,
        fingerprint=fingerprint,
        waivable=str(found.status) == "failed" and bool(request.plan.file.waivers),
    )


def task(request: Asks, system: str, fingerprint: str) -> HttpResponse:
    """Say who mends a finding, by which day, and where the work is tracked."""
    found, _stage, _rule = _finding(request, fingerprint)
    person, due, issue = (request.POST.get(key, "").strip() for key in ("person", "due", "issue"))
    where = to("finding", system, fingerprint, at="task")
    try:
        day = date.fromisoformat(due) if due else None
    except ValueError:
        return refused(request, _("Give a day, such as 2026-12-31"), where)
    if issue and (not issue.startswith(("https://", "http://")) or len(issue) > 500):
        return refused(request, _("an address begins with https://"), where)
    if person and person not in request.who.people.by_id:
        return refused(request, _("Choose someone from the list."), where)
    FindingTask.objects.update_or_create(
        system=system,
        fingerprint=fingerprint,
        defaults={"person": person, "due": day, "issue": issue, "by": request.who.person},
    )
    tell(
        person,
        "finding",
        found.statement,
        to("finding", system, fingerprint),
        by=request.who.person,
    )
    messages.success(request, _("Written down."))
    return HttpResponseRedirect(where)


def remark(request: Asks, system: str, fingerprint: str) -> HttpResponse:
    """Add a comment to a finding."""
    found, _stage, _rule = _finding(request, fingerprint)
    where = to("finding", system, fingerprint, at="remarks")
    return add_remark(request, f"finding:{fingerprint}", where, about_words=found.statement)


def waive(request: Asks, system: str, fingerprint: str) -> HttpResponse:
    """Ask for a waiver: what it would cover is shown before it is written."""
    found, _stage, _rule = _finding(request, fingerprint)
    ran = last_run(request.plan)
    if not request.plan.file.waivers or ran is None:
        raise Http404
    typed = {
        key: request.POST.get(key, "").strip()
        for key in ("reason", "approver", "expires", "ticket")
    }
    error, waiver = "", None
    covered: tuple[Covered, ...] = ()
    if request.method == "POST":
        path = request.plan.path(request.plan.file.waivers)
        try:
            with books_of(path, clock=now(), actor=request.who.person) as books:
                waiver, covered = _wanted(request, books, found, ran, typed)
                if request.POST.get("step") == "write":
                    return _written(request, books, waiver, typed)
        except RauditError as fault:
            error = ": ".join(part for part in (fault.message, fault.expected, fault.hint) if part)
    return page(
        request,
        "waive.html",
        status=422 if error else 200,
        finding=found,
        typed=typed,
        error=error,
        covered=covered,
        waiver=waiver,
        fingerprint=fingerprint,
        number=number_of(found),
        passkeys=len(passkeys(request)),
        prove=True,
        colleagues=[
            entry for entry in request.who.people.by_id.values() if entry.id != request.who.person
        ],
    )


def _wanted(
    request: Asks, books: Books, found: Finding, ran: FinishedRun, typed: dict[str, str]
) -> tuple[Waiver, tuple[Covered, ...]]:
    """The waiver that a form asks for, and what it would cover."""
    return waiver_for(
        found.rule,
        request.plan.path(request.plan.file.waivers or ""),
        record=ran.record_file,
        policy=_policy(request),
        expires=typed["expires"],
        today=now().date(),
        name=None,
        fingerprint=found.fingerprint,
        max_value=None,
        min_value=None,
        reason=typed["reason"],
        ticket=typed["ticket"],
        **two_people(books, owner=request.who.person, approver=typed["approver"]),
    )


def _written(request: Asks, books: Books, waiver: Waiver, typed: dict[str, str]) -> HttpResponse:
    """Write a waiver down, with its owner's signature if that was asked for."""
    path = request.plan.path(request.plan.file.waivers or "")
    envelope = None
    if request.POST.get("statement"):
        statement = waiting(request)
        envelope = envelope_of(request, statement)
        if statement.subjects.get("waiver") != str(waiver_sha256(waiver)):
            raise StatementError(
                _("the waiver changed since it was read; read it again"),
                reference="waiver-changed",
            )
        done(request, statement)
    elif wants_proof(request):
        statement = waiver_statement(
            books, waiver, kind=Kind.WAIVER, by=request.who.person, nonce=secrets.token_hex(16)
        )
        return confirm(request, statement, back=request.path, carry={**typed, "step": "write"})
    request_waiver(books, path, waiver, envelope)
    return _asked(request, system_of(request), waiver)


def _policy(request: Asks) -> str | None:
    given = request.plan.file.policy
    return given if isinstance(given, str) else None


def _asked(request: Asks, system: str, waiver: Any) -> HttpResponse:
    path = request.plan.path(request.plan.file.waivers or "")
    commit(path, request.who.person, f"Ask for waiver {waiver.id}")
    where = to("waiver-approve", system, waiver.id)
    tell(waiver.approver, "waiver", f"{waiver.id}: {waiver.rule}", where, by=request.who.person)
    messages.success(request, _("Asked for. It counts once the approver agrees."))
    return HttpResponseRedirect(to("findings", system))


def approve(request: Asks, system: str, waiver: str) -> HttpResponse:
    """Agree to a waiver, as the approver that it names."""
    if not request.plan.file.waivers:
        raise Http404
    path = request.plan.path(request.plan.file.waivers)
    try:
        held = named(path, waiver)
    except RauditError as fault:
        raise Http404 from fault
    error = ""
    if request.method == "POST":
        try:
            with books_of(path, clock=now(), actor=request.who.person) as books:
                return _approved(request, books, path, held)
        except RauditError as fault:
            error = in_full(fault)
    return page(
        request,
        "waiver.html",
        status=409 if error else 200,
        waiver=held,
        error=error,
        passkeys=len(passkeys(request)),
        prove=True,
    )


def _approved(request: Asks, books: Books, path: Path, waiver: Waiver) -> HttpResponse:
    person, system = request.who.person, system_of(request)
    envelope = None
    if request.POST.get("statement"):
        statement = waiting(request)
        envelope = envelope_of(request, statement)
        done(request, statement)
    elif wants_proof(request):
        to_approve(books, waiver, person)
        statement = waiver_statement(
            books, waiver, kind=Kind.APPROVAL, by=person, nonce=secrets.token_hex(16)
        )
        return confirm(request, statement, back=to("findings", system), at_once=True)
    approve_waiver(books, path, waiver.id, by=person, envelope=envelope)
    commit(path, person, f"Approve waiver {waiver.id}")
    tell(
        request.who.people.id_of(waiver.owner),
        "waiver approved",
        f"{waiver.id}: {waiver.rule}",
        to("findings", system),
        by=person,
    )
    messages.success(
        request, _("Approved and signed.") if envelope else _("Approved, as stated and not proven.")
    )
    return HttpResponseRedirect(to("findings", system))
