"""Comments on findings and reports; whoever is mentioned is told, and none of them enters what is signed."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from raudit.web.models import Remark
from raudit.web.views.frame import Asks, mentioned, system_of, tell

LONGEST = 4_000


def remarks_on(system: str, about: str) -> list[Remark]:
    """Comments, oldest first."""
    return list(Remark.objects.filter(system=system, about=about).order_by("at", "pk")[:500])


def refused(request: Asks, fault: str, where: str) -> HttpResponse:
    """Lead back to the page, which says what is wrong."""
    request.session["fault"] = fault
    return HttpResponseRedirect(where)


def add_remark(
    request: Asks, about: str, where: str, *, about_words: str, section: str = ""
) -> HttpResponse:
    """Keep a comment, and tell whoever it mentions and may read it."""
    words = request.POST.get("words", "").replace("\r\n", "\n").strip()
    if not words or len(words) > LONGEST or "\x00" in words:
        return refused(request, _("Say something, in at most 4,000 characters"), where)
    system, name = system_of(request), request.plan.file.system.name
    Remark.objects.create(
        system=system, about=about, section=section, words=words, by=request.who.person
    )
    for person in mentioned(words):
        entry = request.who.people.find(person)
        if entry and any(grant.systems == ("*",) or name in grant.systems for grant in entry.roles):
            tell(entry.id, "mentioned", about_words, where, by=request.who.person)
    return HttpResponseRedirect(where)
