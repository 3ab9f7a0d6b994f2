"""Home: what waits for me, then all systems; notices, the feed of what comes due, help."""

from __future__ import annotations

import csv
import hmac
from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from raudit.canonical import sha256
from raudit.web.access import Who
from raudit.web.accounts import digest_of
from raudit.web.guide import first_steps
from raudit.web.index import PATIENCE, Listing, Row, index
from raudit.web.middleware import workspace
from raudit.web.models import Assignment, FindingTask, Notice, RunState, User
from raudit.web.reading import last_run, parts, plan_at
from raudit.web.summing import waiting_for
from raudit.web.telling import downloaded
from raudit.web.views.frame import Asks, page, to
from raudit.web.words import todo
from raudit.web.workspace import now

SORTS = {
    "name": lambda row: row.name.casefold(),
    "verdict": lambda row: (
        ["failed", "indeterminate", "", "passed"].index(row.verdict),
        row.name.casefold(),
    ),
    "age": lambda row: (-(row.age if row.age is not None else 10**6), row.name.casefold()),
    "open": lambda row: (-row.open, row.name.casefold()),
    "due": lambda row: (row.due or "9999", row.name.casefold()),
    "owner": lambda row: (row.owner.casefold(), row.name.casefold()),
    "tier": lambda row: (row.tier.casefold(), row.name.casefold()),
}


def visible(who: Who, today: date) -> Listing:
    """Systems for which someone has a role."""
    patience = PATIENCE if index.background else None
    listing = index.listing(workspace(), who.people, today, patience=patience)
    reads, administers = who.reads_everything, who.administers
    mine = tuple(
        row for row in listing.rows if reads or who.roles(row.name) or (row.fault and administers)
    )
    return Listing(rows=mine, unread=listing.unread)


def home(request: Asks) -> HttpResponse:
    """What waits for me, then all systems."""
    who, today = request.who, now().date()
    listing = visible(who, today)
    found = listing.rows
    waiting = [item for row in found for item in _waiting(row, who)]
    sort = request.GET.get("sort", "name")
    shown = sorted(_filtered(found, request), key=SORTS.get(sort, SORTS["name"]))
    running = set(
        RunState.objects.filter(state__in=[RunState.WAITING, RunState.RUNNING]).values_list(
            "system", flat=True
        )
    )
    return page(
        request,
        "home.html",
        drawn=[_drawn(row, today.isoformat(), row.slug in running) for row in shown],
        steps=first_steps(who, found),
        waiting=_urgent([*_assigned(who, found), *_to_mend(who, found), *waiting]),
        total=len(found),
        unread=listing.unread,
        sort=sort,
        sorts=list(SORTS),
        today=today.isoformat(),
        query=request.GET,
    )


_pieces: dict[tuple[str, str], tuple[Row, str, bool, SafeString]] = {}
"""Rows as they were drawn, by folder and language: 500 of them cost more than all the rest of the page."""


def _drawn(row: Row, today: str, running: bool) -> SafeString:
    key = (row.slug, get_language() or "")
    known = _pieces.get(key)
    if known is not None and known[0] is row and known[1:3] == (today, running):
        return known[3]
    text = render_to_string("web/home_row.html", {"row": row, "today": today, "running": running})
    _pieces[key] = (row, today, running, text)
    return text


def _assigned(who: Who, found: Sequence[Row]) -> list[dict[str, Any]]:
    """Questions that someone asked this person to answer, in their own words."""
    known = {row.slug: row for row in found}
    items = []
    for given in Assignment.objects.filter(person=who.person):
        row = known.get(given.system)
        if row is None or row.fault:
            continue
        plan = plan_at(workspace(), given.system)
        part = next((part for part in parts(plan) if part.name == given.assessment), None)
        question = part.checklist.questions.get(given.question) if part else None
        if part is None or question is None or _answered(part.path, given.question):
            continue
        items.append(
            {
                "kind": "assigned",
                "system": row.slug,
                "name": row.name,
                "part": part.name,
                "title": part.checklist.file.title,
                "what": question.text,
                "place": part.checklist.section_of[question.id].id,
                "question": question.id,
                "page": "section",
            }
        )
    return items


def _to_mend(who: Who, found: Sequence[Row]) -> list[dict[str, Any]]:
    """Findings that this person is to mend, and that the last run still shows."""
    known = {row.slug: row for row in found}
    items = []
    for given in FindingTask.objects.filter(person=who.person):
        row = known.get(given.system)
        ran = last_run(plan_at(workspace(), given.system)) if row and not row.fault else None
        left = [
            finding
            for finding in (ran.told.findings if ran else ())
            if finding.fingerprint == given.fingerprint and str(finding.status) != "passed"
        ]
        if row is not None and left:
            items.append(
                {
                    "kind": "finding",
                    "system": row.slug,
                    "name": row.name,
                    "title": left[0].rule,
                    "what": left[0].statement,
                    "due": given.due.isoformat() if given.due else "",
                    "part": given.fingerprint,
                    "page": "finding",
                }
            )
    return items


def _answered(path: Path, question: str) -> bool:
    # The line of an answer at its margin: enough here, the page itself reads the file.
    return path.is_file() and f"\n  {question}:" in path.read_text("utf-8", "replace")


def _urgent(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: item.get("due") or "9999")


def _waiting(row: Row, who: Who) -> list[dict[str, Any]]:
    return waiting_for(row, who.person, who.people, who.roles(row.name), who.signs_as(row.name))


def _filtered(found: Sequence[Row], request: HttpRequest) -> list[Row]:
    words = request.GET.get("q", "").casefold().split()
    verdict, state = request.GET.get("verdict", ""), request.GET.get("state", "")
    return [
        row
        for row in found
        if all(word in f"{row.name} {row.owner} {row.tier}".casefold() for word in words)
        and (not verdict or row.verdict == verdict or (verdict == "none" and not row.last))
        and (not state or any(state == item[2] for item in row.states))
    ]


def portfolio(request: Asks) -> HttpResponse:
    """All systems as CSV."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "system",
            "owner",
            "tier",
            "verdict",
            "worst open finding",
            "last run",
            "age in days",
            "open questions",
            "answered",
            "asked",
            "open conditions",
            "next due",
            "states",
        ]
    )
    for row in _filtered(visible(request.who, now().date()).rows, request):
        states = "; ".join(f"{title}: {state}" for _name, title, state, _level in row.states)
        cells = [
            row.name,
            row.owner,
            row.tier,
            row.verdict,
            row.worst,
            row.last,
            "" if row.age is None else row.age,
            row.open,
            row.answered,
            row.asked,
            row.conditions,
            row.due,
            states,
        ]
        writer.writerow([_inert(cell) for cell in cells])
    downloaded(request, "systems.csv", str(sha256(out.getvalue().encode())))
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="systems.csv"'
    return response


def _inert(cell: object) -> Any:
    """Text that a spreadsheet does not take for a formula."""
    return (
        f"'{cell}"
        if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
        else cell
    )


def notices(request: Asks) -> HttpResponse:
    """What I was told; marking all as read."""
    mine = Notice.objects.filter(person=request.who.person)
    if request.method == "POST":
        mine.filter(read=None).update(read=timezone.now())
        return HttpResponseRedirect(to("notices"))
    told = list(mine.order_by("-at")[:200])
    return page(request, "notices.html", notices=told, people=request.who.people)


def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A calendar of what comes due for one person; whoever has the address reads it, so it can be renewed."""
    own = digest_of(token)
    user = next(
        (
            u
            for u in User.objects.filter(feed=own, is_active=True)
            if hmac.compare_digest(u.feed, own)
        ),
        None,
    )
    if user is None:
        raise Http404
    who, base = Who(user.person, workspace().people()), _base()
    stamp = now().strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//raudit//serve//EN",
        f"X-WR-CALNAME:{_('Due in raudit')}",
    ]
    found = visible(who, now().date()).rows
    items = [*_to_mend(who, found), *(item for row in found for item in _waiting(row, who))]
    for item in items:
        if item.get("due"):
            lines += _event(item, base, stamp)
    lines.append("END:VCALENDAR")
    return HttpResponse(
        "".join(_folded(line) for line in lines), content_type="text/calendar; charset=utf-8"
    )


def _event(item: dict[str, Any], base: str, stamp: str) -> list[str]:
    """Something that comes due, as an event of a whole day (RFC 5545, 3.6.1)."""
    named = f"{item['system']}|{item['part']}|{item['kind']}|{item.get('what')}"
    return [
        "BEGIN:VEVENT",
        f"UID:{digest_of(named)[:32]}@raudit",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{item['due'].replace('-', '')}",
        f"SUMMARY:{_ics(todo(item['kind']) + ': ' + item['name'])}",
        f"DESCRIPTION:{_ics(item.get('what', ''))}",
        f"URL:{base}{to(item['page'], item['system'], item['part'])}",
        "END:VEVENT",
    ]


def _base() -> str:
    from django.conf import settings

    return str(settings.RAUDIT_OPTIONS.base)


def _ics(text: str) -> str:
    """Text of a calendar (RFC 5545, 3.3.11)."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.replace("\r", "\n").split("\n"))


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets (RFC 5545, 3.1)."""
    pieces, piece = [], ""
    for char in line:
        if len((piece + char).encode()) > 73:
            pieces.append(piece)
            piece = ""
        piece += char
    return "\r\n ".join([*pieces, piece]) + "\r\n"


def help_page(request: Asks) -> HttpResponse:
    """Keys, roles, states."""
    from raudit.checklists.states import STATES

    return page(request, "help.html", states=STATES)
