"""What every request passes: headers, one host name, language, and the gate that holds it against the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.utils import translation

from raudit.errors import EnvironmentFault, RauditError
from raudit.web.access import ACCESS, ADMINISTRATOR, ANYONE, EVERYTHING, MAKER, SIGNED_IN, Who
from raudit.web.workspace import SystemUnknownError, Workspace

Handler = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'{providers}; base-uri 'none'; frame-ancestors 'none'"
)


def headers(get_response: Handler) -> Handler:
    """Send a strict content security policy and keep pages out of shared caches."""
    from urllib.parse import urlsplit

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        providers = ""
        if request.path.startswith("/accounts/"):
            # The redirect to a provider counts as a form's action: without its origin Chromium stays silent.
            urls = {urlsplit(app["settings"]["server_url"]) for app in settings.RAUDIT_OPTIONS.oidc}
            providers = "".join(f" {url.scheme}://{url.netloc}" for url in sorted(urls))
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = POLICY.format(providers=providers)
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        return response

    return handle


def one_name(get_response: Handler) -> Handler:
    """Lead from 127.0.0.1 to localhost: passkeys work on names alone."""

    def handle(request: HttpRequest) -> HttpResponse:
        host = request.META.get("HTTP_HOST", "")
        name, _colon, port = host.partition(":")
        options = settings.RAUDIT_OPTIONS
        if not options.origin and name == "127.0.0.1" and port == str(options.port):
            return HttpResponseRedirect(options.base + request.get_full_path())
        return get_response(request)

    return handle


def language(get_response: Handler) -> Handler:
    """Speak the language that the person chose, else the browser's."""
    known = [code for code, _name in settings.LANGUAGES]

    def handle(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get("language", "")
        code = chosen if chosen in known else translation.get_language_from_request(request)
        with translation.override(code):
            request.LANGUAGE_CODE = code
            response = get_response(request)
        response["Content-Language"] = code
        return response

    return handle


class Gate:
    """Hold every request against the table of ``access``, before any page's own code runs."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on."""
        request.who = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse what the table does not open."""
        match = request.resolver_match
        needs = ACCESS.get(match.view_name if match else "")
        method = "GET" if request.method == "HEAD" else str(request.method)
        if needs is None:
            raise Http404
        if request.user.is_authenticated:
            request.who = Who(request.user.person, workspace().people())  # type: ignore[attr-defined]
        if method not in needs:
            if request.user.is_authenticated or ANYONE in needs.values():
                return HttpResponseNotAllowed(sorted(needs))
            return redirect_to_login(request.get_full_path())
        return self._judged(request, needs[method], kwargs)

    def _judged(
        self, request: HttpRequest, need: str, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        who = request.who  # type: ignore[attr-defined]
        if need == ANYONE:
            return None
        if who is None:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        if need == SIGNED_IN:
            return None
        everywhere = {
            ADMINISTRATOR: who.administers,
            EVERYTHING: who.reads_everything,
            MAKER: who.makes_systems,
        }
        if need in everywhere:
            if not everywhere[need]:
                raise PermissionDenied
            return None
        try:
            plan = workspace().plan(kwargs["system"])
        except SystemUnknownError as error:
            raise Http404 from error
        name = plan.file.system.name
        if not who.roles(name):
            raise Http404  # nobody learns which systems there are
        if not who.may(need, name):
            raise PermissionDenied
        request.plan = plan  # type: ignore[attr-defined]
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn an error of ours into a page that says what, where and what to do; others stay faults."""
        if isinstance(error, SystemUnknownError):
            raise Http404 from error
        if isinstance(error, RauditError):
            known = {2: 400, 6: 409}.get(error.exit_status, 500)
            status = 503 if isinstance(error, EnvironmentFault) else known
            return render(request, "web/fault.html", {"error": ShownError(error)}, status=status)
        if isinstance(error, OSError):
            return render(
                request, "web/full.html", {"what": error.strerror or "OSError"}, status=507
            )
        return None


class ShownError:
    """An error of ours without a path of this machine."""

    def __init__(self, error: RauditError) -> None:
        root = str(workspace().folder.resolve())
        self.unsure = isinstance(error, EnvironmentFault)
        self.message = _without(error.message, root)
        self.reference = error.reference
        self.where = _without(error.where, root)
        self.got = _without(error.got, root)
        self.expected = _without(error.expected, root)
        self.hint = _without(error.hint, root)


def _without(text: str, root: str) -> str:
    return text.replace(root + "/", "").replace(root, "")


def workspace() -> Workspace:
    """The workspace that is served."""
    found: Workspace = settings.RAUDIT_WORKSPACE
    return found


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page shows."""
    from raudit.web.models import Notice

    who = getattr(request, "who", None)
    unread = Notice.objects.filter(person=who.person, read=None).count() if who else 0
    return {"who": who, "unread": unread, "languages": settings.LANGUAGES}
