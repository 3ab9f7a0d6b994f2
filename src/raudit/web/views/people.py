"""People: who there is, what they may do, invitations. Everything said here stands in people.yaml and in the log."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from raudit.checklists import shipped_checklists
from raudit.checklists.form.load import shipped
from raudit.errors import PeopleError
from raudit.web.access import BUILT_IN
from raudit.web.accounts import add_person, set_roles
from raudit.web.accounts import invite as make_invitation
from raudit.web.middleware import workspace
from raudit.web.models import Invitation, User
from raudit.web.reading import plan_at
from raudit.web.views.account import PERSON
from raudit.web.views.frame import Asks, page, stale, tell, to

ROLE = re.compile(r"[a-z][a-z0-9_-]{0,40}")


def people(request: Asks) -> HttpResponse:
    """Everybody, with roles, keys and whether they have an account."""
    return _people(request)


def _people(
    request: Asks,
    *,
    error: str = "",
    typed: dict[str, str] | None = None,
    link: str = "",
    link_for: str = "",
) -> HttpResponse:
    accounts = {user.person: user for user in User.objects.all()}
    invited = {item.person for item in Invitation.objects.filter(used=None)}
    listed = [
        {
            "entry": entry,
            "account": entry.id in accounts,
            "invited": entry.id in invited,
            "keys": entry.keys,
            "roles": "\n".join(_role_line(grant) for grant in entry.roles),
        }
        for entry in request.who.people.by_id.values()
    ]
    return page(
        request,
        "people.html",
        status=422 if error else 200,
        listed=listed,
        error=error,
        typed=typed or {},
        link=link,
        link_for=link_for,
        role_names=_role_names(),
        systems=_systems(),
    )


def _role_line(grant: object) -> str:
    role, systems = grant.role, grant.systems  # type: ignore[attr-defined]
    return role if systems == ("*",) else f"{role}: {', '.join(systems)}"


def _role_names() -> list[str]:
    signing = {rule.role for name in shipped_checklists() for rule in shipped(name).file.signoff}
    return [*BUILT_IN, *sorted(signing - set(BUILT_IN))]


def _systems() -> list[str]:
    place, found = workspace(), []
    for slug in place.slugs():
        try:
            found.append(plan_at(place, slug).file.system.name)
        except Exception:  # noqa: BLE001, S112 -- a broken plan has its own page
            continue
    return found


def roles_in(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Roles as they are typed: one a line, ``role`` or ``role: system, system``.

    Raises
    ------
    PeopleError
        If a line is none.
    """
    found = []
    for line in text.replace("\r", "\n").split("\n"):
        if line.strip():
            role, _colon, systems = line.partition(":")
            if not ROLE.fullmatch(role.strip()):
                raise PeopleError(
                    _("this is no role"), reference="role-name", got=line.strip()[:60]
                )
            found.append(
                (role.strip(), tuple(name.strip() for name in systems.split(",") if name.strip()))
            )
    return found


def add(request: Asks) -> HttpResponse:
    """Add someone to people.yaml."""
    typed = {key: request.POST.get(key, "").strip() for key in ("person", "name", "email", "roles")}
    try:
        if not PERSON.fullmatch(typed["person"]):
            raise PeopleError(
                _("An id has small letters and digits, such as ines.calloway"),
                reference="person-id",
            )
        if typed["person"] in request.who.people.by_id:
            raise PeopleError(_("This id is someone's already"), reference="person-exists")
        if typed["email"]:
            validate_email(typed["email"])
        add_person(
            typed["person"],
            name=typed["name"],
            email=typed["email"],
            roles=roles_in(typed["roles"]),
            actor=request.who.person,
        )
    except (PeopleError, ValidationError) as error:
        return _people(request, error=getattr(error, "message", "") or str(error), typed=typed)
    messages.success(request, _("Added to people.yaml. Invite them next."))
    return HttpResponseRedirect(to("people"))


def roles(request: Asks, person: str) -> HttpResponse:
    """Replace someone's roles; the log is told, and so is the person."""
    if person not in request.who.people.by_id:
        raise Http404
    again = stale(request, to("people"))
    if again is not None:
        return again
    try:
        given = roles_in(request.POST.get("roles", ""))
        if person == request.who.person and ("administrator", ()) not in given:
            raise PeopleError(
                _("You cannot take your own administration away; let another administrator do it"),
                reference="own-role",
            )
        set_roles(person, given, actor=request.who.person)
    except PeopleError as error:
        return _people(request, error=error.message)
    tell(
        person,
        "roles",
        request.POST.get("roles", "")[:200] or "-",
        to("account"),
        by=request.who.person,
    )
    messages.success(request, _("The roles are changed; the log was told."))
    return HttpResponseRedirect(to("people"))


def invite(request: Asks, person: str) -> HttpResponse:
    """Make a one-time link for someone; it is shown once."""
    entry = request.who.people.by_id.get(person)
    if entry is None:
        raise Http404
    if User.objects.filter(person=person).exists():
        return _people(request, error=_("This person has an account already"))
    email = next((name for name in entry.known_as if "@" in name), "")
    Invitation.objects.filter(person=person, used=None).delete()
    token = make_invitation(person, email, by=request.who.person)
    return _people(
        request, link=f"{settings.RAUDIT_OPTIONS.base}{to('invited', token)}", link_for=person
    )
