"""What the browser application itself tells the log: files that were taken out, passwords that were guessed at."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache

from raudit.canonical import sha256
from raudit.emit import tell
from raudit.errors import RauditError
from raudit.log import Event, EventType
from raudit.web.middleware import workspace
from raudit.web.models import User
from raudit.web.views.frame import Asks

BURST = 5
"""Wrong passwords for one address after which the log is told; the account then waits, too."""
WINDOW = 300
"""Seconds in which they count together."""
NOBODY = "service:unknown"
log = logging.getLogger("django.request")


def downloaded(request: Asks, name: str, digest: str) -> None:
    """Tell the log that somebody takes a file out.

    Raises
    ------
    RauditError
        If the log cannot be told; the file is not given out then.
    """
    if request.method != "GET":
        return
    person, plan = request.who.person, getattr(request, "plan", None)
    body: dict[str, Any] = {"name": name[:200], "sha256": digest, "by": person}
    if plan is not None:
        body["system"] = plan.file.system.name[:200]
    with workspace().books(person) as books:
        tell(books, [Event(type=EventType.FILE_DOWNLOADED, actor=person, body=body)])


def failed(login: str) -> None:
    """Count a wrong password, and tell the log of a burst; what was typed is kept nowhere."""
    key = f"failed:{sha256(login.strip().lower().encode())[:32]}"
    cache.add(key, 0, timeout=WINDOW)
    if cache.incr(key) % BURST:
        return
    user = User.objects.filter(email=login.strip().lower()).first()
    body = {"attempts": int(cache.get(key) or BURST), "account": user.person if user else NOBODY}
    try:
        with workspace().books("service:serve") as books:
            tell(books, [Event(type=EventType.SIGNIN_FAILED, actor="service:serve", body=body)])
    except RauditError as error:
        # Nobody who guesses passwords may learn that the log cannot be written.
        log.error("the log could not be told of wrong passwords: %s", error.reference)
