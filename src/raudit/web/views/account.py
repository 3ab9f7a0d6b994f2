"""Accounts: accepting an invitation, language, the calendar's address, and the pages for what went wrong."""

from __future__ import annotations

import re
import secrets
import sys

from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from raudit.errors import UsageError
from raudit.web.accounts import accept, digest_of, invitation
from raudit.web.middleware import workspace
from raudit.web.models import User
from raudit.web.views.frame import Asks, page, to

PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: say who one is, choose a password."""
    held = invitation(token)
    if held is None:
        return page(request, "invited_gone.html", status=410)
    if request.method != "POST":
        return page(request, "invited.html", held=held, typed={"email": held.email})
    typed = {key: request.POST.get(key, "").strip() for key in ("person", "name", "email")}
    email = held.email or typed["email"]
    faults = _faults(typed, email, request.POST.get("password", ""), first=not held.person)
    if not faults:
        try:
            user = accept(
                token,
                person=typed["person"],
                name=typed["name"],
                email=email,
                password=request.POST["password"],
            )
        except UsageError as error:
            faults["email"] = error.message
        else:
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            record_authentication(request, user, "password")
            messages.success(
                request,
                _(
                    "Welcome. Add a passkey next: with it you sign in, and you sign what you decide."
                ),
            )
            return HttpResponseRedirect(to("account"))
    return page(request, "invited.html", held=held, typed=typed, faults=faults, status=422)


def _faults(typed: dict[str, str], email: str, password: str, *, first: bool) -> dict[str, str]:
    found = {}
    if first and not PERSON.fullmatch(typed["person"]):
        found["person"] = _("Small letters and digits, such as ines.calloway")
    elif first and typed["person"] in workspace().people().by_id:
        found["person"] = _("This id is someone's already")
    try:
        validate_email(email)
    except ValidationError:
        found["email"] = _("Give an e-mail address")
    try:
        validate_password(password, User(email=email, person=typed["person"]))
    except ValidationError as error:
        found["password"] = " ".join(error.messages)
    return found


def language(request: HttpRequest) -> HttpResponse:
    """Choose a language."""
    code = request.POST.get("language", "")
    code = code if code in ("en", "de") else "en"
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=code)
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    response = HttpResponseRedirect(target if safe else "/")
    response.set_cookie(
        "language", code, max_age=31_536_000, secure=True, httponly=True, samesite="Lax"
    )
    return response


def account(request: Asks) -> HttpResponse:
    """My account: passkeys, password, the calendar's address, what people.yaml lets me do."""
    fresh = ""
    if request.method == "POST":
        fresh = secrets.token_urlsafe(24) if request.POST.get("feed") == "new" else ""
        User.objects.filter(pk=request.user.pk).update(feed=digest_of(fresh) if fresh else "")
        request.user.refresh_from_db()
    from django.conf import settings

    link = f"{settings.RAUDIT_OPTIONS.base}{to('feed', fresh)}" if fresh else ""
    return page(request, "account.html", feed_link=link, entry=request.who.entry)


def closed(request: HttpRequest) -> HttpResponse:
    """Nobody makes an account for themselves; a provider's unknown person is told so."""
    return page(request, "closed.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or from elsewhere."""
    return render(request, "web/csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that nobody can read."""
    return HttpResponse("bad request", status=400, content_type="text/plain")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Somebody may read it and not do this."""
    return render(request, "web/forbidden.html", status=403)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page, or none for this person."""
    return render(request, "web/missing.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours, or a database that does not answer; without the frame, which may be what is broken."""
    away = isinstance(sys.exc_info()[1], DatabaseError)
    text = render_to_string("web/broken.html", {"away": away})
    return HttpResponse(text, status=503 if away else 500)
