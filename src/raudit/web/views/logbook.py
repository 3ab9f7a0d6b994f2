"""The log in words: entries, what a reviewer hunts for, the latest checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from raudit.emit import log_state
from raudit.log import EventType
from raudit.log.review import hunt
from raudit.web.middleware import workspace
from raudit.web.views.frame import Asks, page
from raudit.web.workspace import now

MOST = 200


def log(request: Asks) -> HttpResponse:
    """Entries newest first, by type and words."""
    kind, words = request.GET.get("type", ""), request.GET.get("q", "").casefold()
    kinds = sorted(str(item) for item in EventType)
    with workspace().log() as held:
        entries = list(held.entries())
        shown = [
            _shown(entry, held.people())
            for entry in reversed(entries)
            if (not kind or str(entry.type) == kind)
            and (not words or words in entry.data.decode("utf-8", "replace").casefold())
        ]
        leads = hunt(entries, today=now().date().isoformat()) if request.GET.get("hunt") else None
        state = log_state(held) if entries else None
        return page(
            request,
            "log.html",
            entries=shown[:MOST],
            total=len(entries),
            matched=len(shown),
            kinds=kinds,
            kind=kind,
            query=request.GET.get("q", ""),
            leads=leads,
            origin=held.origin,
            state=state,
            most=MOST,
        )


def _shown(entry: Any, people: Mapping[str, str]) -> dict[str, Any]:
    body = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in entry.body.items()
    ]
    return {
        "index": entry.index,
        "time": entry.time,
        "type": str(entry.type),
        "run": entry.run,
        "actor": people.get(entry.actor, entry.actor),
        "body": body,
    }
