"""Verify a report, without signing in: the numbered steps of ``raudit verify``, made by it; nothing is stored."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from raudit.web.middleware import workspace
from raudit.web.views.frame import page

MOST = 50 << 20
SECONDS = 60
A_MINUTE = 20
_at_once = BoundedSemaphore(2)


def verify(request: HttpRequest) -> HttpResponse:
    """Take a PDF and say what its steps come to."""
    error, result = "", None
    if request.method == "POST":
        upload = request.FILES.get("report")
        if _too_many(request):
            error = _("Too many at once. Try again in a minute.")
        elif upload is None:
            error = _("Choose a report.")
        elif (upload.size or 0) > MOST:
            error = _("The file is larger than 50 MB.")
        else:
            result = _verified(upload)
            error = "" if result else _("The file could not be checked.")
    return page(request, "verify.html", status=422 if error else 200, error=error, result=result)


def _too_many(request: HttpRequest) -> bool:
    key = f"verify:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=60)
    return bool(cache.incr(key) > A_MINUTE)


def _verified(upload: Any) -> dict[str, Any] | None:
    """Check it in a process of its own: a hostile file takes down nothing but that."""
    place = workspace()
    if not _at_once.acquire(timeout=SECONDS):
        return None
    try:
        with tempfile.TemporaryDirectory(dir=place.data / "uploads") as folder:
            path = Path(folder) / "report.pdf"
            with path.open("wb") as file:
                for chunk in upload.chunks():
                    file.write(chunk)
            known = []
            if place.certificate.is_file():
                known += ["--trust", str(place.certificate)]
            if place.vkey.is_file() and place.log_file.exists():
                known += ["--log-key", str(place.vkey), "--log", str(place.log_file)]
            return _said([sys.executable, "-m", "raudit", "verify", str(path), "--json", *known])
    finally:
        _at_once.release()


def _said(command: list[str]) -> dict[str, Any] | None:
    try:
        done = subprocess.run(  # noqa: S603 -- our own program, a list, no shell
            command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found
