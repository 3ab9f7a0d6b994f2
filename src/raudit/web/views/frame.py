"""What pages share."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from raudit.errors import AnswersError
from raudit.plan import Plan
from raudit.web.access import Who
from raudit.web.models import Notice
from raudit.web.reading import Held, held, parts

MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._-]{0,63})")


class Asks(HttpRequest):
    """A request behind the gate."""

    who: Who
    plan: Plan


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page, with the frame of its system if it has one."""
    plan = getattr(request, "plan", None)
    match = request.resolver_match
    if plan is not None and match is not None:
        name = plan.file.system.name
        who: Who = request.who  # type: ignore[attr-defined]
        context |= {
            "slug": match.kwargs["system"],
            "system": plan.file.system,
            "roles": who.roles(name),
            "signs": who.signs_as(name),
            "people": who.people,
        }
    return render(request, f"web/{template}", context, status=status)


def assessment_of(request: Asks, name: str, books: Any = None) -> Held:
    """An assessment of the request's system; one that is not there is no page."""
    if name not in {part.name for part in parts(request.plan)}:
        raise Http404
    return held(request.plan, name, request.who.people, books)


def question_of(found: Held, name: str) -> str:
    """A question of an assessment; one that is not there is no page."""
    if name not in found.checklist.questions:
        raise Http404
    return name


def htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, and takes a part of a page."""
    return request.headers.get("HX-Request") == "true"


def to(name: str, *args: str, at: str = "") -> str:
    """Address of a page."""
    return reverse(name, args=args) + (f"#{quote(at)}" if at else "")


def tell(person: str, kind: str, about: str, where: str, *, by: str) -> None:
    """Leave a notice for someone else, and mail it where there is a server."""
    if not person or person == by:
        return
    Notice.objects.create(person=person, kind=kind, about=about[:300], where=where, by=by)
    from raudit.web.mailing import mail

    mail(person, kind, about[:300], where)


def mentioned(words: str) -> set[str]:
    """Ids of people that a note mentions."""
    return set(MENTION.findall(words))


def in_words(error: AnswersError) -> str:
    """An error at its field, in one sentence."""
    expected = f": {error.expected}" if error.expected else ""
    return f"{error.message}{expected}"
