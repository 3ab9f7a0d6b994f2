"""The log in words: entries, what a reviewer hunts for, the latest checkpoint."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse

from raudit.canonical import sha256
from raudit.emit import log_state
from raudit.log import Entry, EventType, Log
from raudit.log.exchange import export_log
from raudit.log.review import hunt
from raudit.log.stores.store import SIGNED
from raudit.web.log_words import KINDS, in_words
from raudit.web.middleware import workspace
from raudit.web.telling import downloaded
from raudit.web.views.frame import Asks, page
from raudit.web.workspace import now

MOST = 200
CHUNK = 500


def log(request: Asks) -> HttpResponse:
    """Entries newest first, by type and words."""
    kind, words = request.GET.get("type", ""), request.GET.get("q", "").casefold()
    with workspace().log() as held:
        names = held.people()
        # Read from the end, so that a page costs what it shows; words are looked for in all of it.
        lines = (
            _shown(item, names) for item in _backwards(held) if not kind or str(item.type) == kind
        )
        matching = (line for line in lines if words in line["text"].casefold())
        shown = list(islice(matching, MOST + 1))
        leads = (
            hunt(held.entries(), today=now().date().isoformat())
            if request.GET.get("hunt")
            else None
        )
        return page(
            request,
            "log.html",
            entries=shown[:MOST],
            total=held.size,
            more=len(shown) > MOST,
            kinds=sorted(((str(item), str(KINDS[item])) for item in EventType), key=itemgetter(1)),
            kind=kind,
            query=request.GET.get("q", ""),
            leads=leads,
            origin=held.origin,
            state=log_state(held) if held.size else None,
            checkpoint=_checkpoint(held),
            most=MOST,
        )


def _backwards(held: Log) -> Iterator[Entry]:
    for stop in range(held.size, 0, -CHUNK):
        yield from reversed(list(held.entries(max(0, stop - CHUNK), stop)))


def _checkpoint(held: Log) -> str:
    """The latest checkpoint that was signed; none if none was."""
    notes = held.store.notes(SIGNED, last=1)
    return notes[-1].note if notes else ""


def _shown(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    body = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in entry.body.items()
    ]
    actor, sentence = names.get(entry.actor, entry.actor), in_words(entry, names)
    return {
        "index": entry.index,
        "time": entry.time,
        "type": str(entry.type),
        "kind": str(KINDS.get(entry.type, entry.type)),
        "run": entry.run,
        "actor": actor,
        "words": sentence,
        "body": body,
        "text": f"{sentence} {actor} {entry.run} {entry.data.decode('utf-8', 'replace')}",
    }


def entry(request: Asks, index: int) -> HttpResponse:
    """An entry with the proof that it is in the log as the latest checkpoint describes it."""
    with workspace().log() as held:
        if index >= held.size:
            raise Http404
        found, signed = held.entry(index), held.store.notes(SIGNED, last=1)
        covered = bool(signed) and signed[-1].size > index
        checkpoint = signed[-1].note if covered else held.checkpoint(now())
        proof = held.prove(index, checkpoint)
        return page(
            request,
            "log_entry.html",
            entry=_shown(found, held.people()),
            data=found.data.decode("utf-8", "replace"),
            proof=proof,
            vkey=held.vkey,
        )


def export(request: Asks) -> HttpResponse:
    """The whole log as the archive that ``raudit log export`` writes, to be checked elsewhere."""
    with (
        workspace().log() as held,
        tempfile.TemporaryDirectory(dir=workspace().data / "uploads") as folder,
    ):
        place = Path(folder) / "log"
        export_log(held, place, held.checkpoint(now()))
        archive = shutil.make_archive(str(Path(folder) / "raudit-log"), "zip", place)
        content = Path(archive).read_bytes()
    downloaded(request, "raudit-log.zip", str(sha256(content)))
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="raudit-log.zip"'
    return response
