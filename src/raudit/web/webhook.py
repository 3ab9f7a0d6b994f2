"""Tell an address of the administrator's that a verdict changed: signed, tried again, nothing but the verdict."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from raudit.record import Record
from raudit.web.middleware import workspace

log = logging.getLogger("django.request")
TRIES = (0, 5, 30)
"""Seconds before each try."""


def verdict_changed(name: str, slug: str, records: list[Record]) -> None:
    """Send, if the newest record's verdict is another than that before it."""
    address = settings.RAUDIT_OPTIONS.webhook
    verdicts = [str(record.verdict.status) if record.verdict else "" for record in records]
    if not address or not verdicts or (len(verdicts) > 1 and verdicts[0] == verdicts[1]):
        return
    said = {
        "event": "verdict.changed",
        "system": name,
        "page": f"{settings.RAUDIT_OPTIONS.base}/s/{slug}/",
        "run": records[0].run.id,
        "verdict": verdicts[0],
        "before": verdicts[1] if len(verdicts) > 1 else None,
    }
    body = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
    threading.Thread(target=send, args=(address, body), daemon=True).start()


def signature(body: bytes, stamp: str) -> str:
    """HMAC-SHA-256 over time and body, with a key derived from the workspace's secret."""
    key = hashlib.sha256(b"raudit webhook" + workspace().secret().encode()).digest()
    return "sha256=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(
    address: str, body: bytes, *, waits: tuple[float, ...] = TRIES, sleep: Any = time.sleep
) -> bool:
    """Post it; redirects are not followed, so that it ends where the administrator said."""
    for wait in waits:
        sleep(wait)
        if _posted(address, body):
            return True
    log.error("the webhook could not be told of a verdict")
    return False


def _posted(address: str, body: bytes) -> bool:
    url = urlsplit(address)
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Raudit-Time": stamp,
        "X-Raudit-Signature": signature(body, stamp),
    }
    kind: Any = http.client.HTTPConnection
    options: dict[str, Any] = {"timeout": 10}
    if url.scheme == "https":
        kind, options = (
            http.client.HTTPSConnection,
            {"timeout": 10, "context": ssl.create_default_context()},
        )
    connection = kind(url.hostname or "", url.port, **options)
    try:
        connection.request(
            "POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers
        )
        return bool(200 <= connection.getresponse().status < 300)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
