"""What pages share."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from raudit.errors import RauditError
from raudit.plan import Plan
from raudit.web.access import AUTHOR, Who
from raudit.web.models import Notice, RunState
from raudit.web.reading import AssessmentFiles, held, parts

MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._-]{0,63})")


class Asks(HttpRequest):
    """A request behind the gate."""

    user: Any
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
            "running": RunState.objects.filter(
                system=match.kwargs["system"], state__in=[RunState.WAITING, RunState.RUNNING]
            ).first(),
            "here": match.view_name,
            "tabs": (
                ("system", _("Overview")),
                ("findings", _("Findings")),
                ("report", _("Report")),
                ("runs", _("Runs")),
                *(_labels(plan, who)),
            ),
        }
    return render(request, f"web/{template}", context, status=status)


def _labels(plan: Plan, who: Who) -> tuple[tuple[str, str], ...]:
    """The tab for labels, where there are turns of a language model and a person who answers."""
    of_turns = plan.file.data is not None and plan.file.data.turns is not None
    asked = of_turns and AUTHOR in who.roles(plan.file.system.name)
    return (("labels", _("Labels")),) if asked else ()


def assessment_of(request: Asks, name: str, books: Any = None) -> AssessmentFiles:
    """An assessment of the request's system; one that is not there is no page."""
    if name not in {part.name for part in parts(request.plan)}:
        raise Http404
    return held(request.plan, name, request.who.people, books)


def question_of(found: AssessmentFiles, name: str) -> str:
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


def in_words(error: RauditError) -> str:
    """An error at its field, in one sentence."""
    expected = f": {error.expected}" if error.expected else ""
    return f"{error.message}{expected}"


def in_full(error: RauditError) -> str:
    """An error above a form: what, and what to do."""
    return f"{error.message}. {error.hint}".strip(". ")


def system_of(request: HttpRequest) -> str:
    """Folder of the system that a request is about; empty for none."""
    match = request.resolver_match
    return str(match.kwargs.get("system", "")) if match else ""


def stale(request: HttpRequest, back: str) -> HttpResponse | None:
    """Where to give the password or key again, before what weighs most; nothing if that was minutes ago.

    allauth would resume the form by itself, past the gate; here the person comes back to a page and sends it again.
    """
    if did_recently_reauthenticate(request):
        return None
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied
    messages.info(request, _("Show once more that it is you, then send it again."))
    return HttpResponseRedirect(f"{methods[0]['url']}?next={quote(back)}")
