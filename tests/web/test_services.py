"""What stands around the pages, really run: webhook, mail, calendar, git, second factor, provider, proxy with TLS."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from .conftest import free_port
from .person import PASSWORD
from .test_pages import A, answers, fresh, write


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Quiet(BaseHTTPRequestHandler):
    """A handler that does not write to the terminal."""

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_the_webhook_is_signed_and_tried_again(workspace: Path) -> None:
    from raudit.web import webhook

    got: list[tuple[bytes, dict[str, str]]] = []

    class Receiver(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((body, dict(self.headers)))
            # A redirect is not followed: what is told ends where the administrator said.
            self.send_response({1: 503, 2: 302}.get(len(got), 204))
            if len(got) == 2:
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/else")
            self.end_headers()

    with listening(Receiver) as server:
        address = f"http://127.0.0.1:{server.server_port}/told?by=raudit"
        waited: list[float] = []
        assert webhook.send(address, b'{"a": 1}', sleep=waited.append)
        assert waited == [0, 5, 30]
    assert len(got) == 3
    # As docs/how-to/serve-for-a-team.md says it, by other means.
    secret = (workspace / ".raudit-web/secret").read_bytes().strip()
    key = hashlib.sha256(b"raudit webhook" + secret).digest()
    for body, headers in got:
        signed = headers["X-Raudit-Time"].encode() + b"." + body
        expected = hmac.new(key, signed, "sha256").hexdigest()
        assert headers["X-Raudit-Signature"] == f"sha256={expected}"
    assert not webhook.send("http://127.0.0.1:9/", b"{}", sleep=lambda _wait: None)


def test_a_changed_verdict_is_told_and_an_unchanged_one_is_not(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from django.conf import settings

    from raudit.web import webhook

    options = replace(settings.RAUDIT_OPTIONS, webhook="http://127.0.0.1:9/")
    monkeypatch.setattr(settings, "RAUDIT_OPTIONS", options)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(webhook, "send", lambda _to, body: sent.append(json.loads(body)))

    def records(*verdicts: str) -> list[Any]:
        return [
            SimpleNamespace(verdict=SimpleNamespace(status=v), run=SimpleNamespace(id=f"run-{v}"))
            for v in verdicts
        ]

    for verdicts in (("failed", "failed"), ("passed", "failed"), ("failed",), ()):
        webhook.verdict_changed("Credit", "credit", records(*verdicts))
    until = time.monotonic() + 10
    while len(sent) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert sorted((said["before"] or "", said["verdict"]) for said in sent) == [
        ("", "failed"),
        ("failed", "passed"),
    ]
    assert all(said["page"].endswith("/s/credit/") for said in sent)


def test_notices_go_out_as_mail(as_: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    from dataclasses import replace
    from email import message_from_bytes, policy

    from django.conf import settings

    from raudit.web.settings import _mail

    class Box:
        def __init__(self) -> None:
            self.mails: list[Any] = []

        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- its name
            self.mails.append((envelope.rcpt_tos, envelope.content))
            return "250 OK"

    box = Box()
    server = controller.Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        port = server.port
        options = replace(settings.RAUDIT_OPTIONS, smtp=f"smtp://127.0.0.1:{port}")
        monkeypatch.setattr(settings, "RAUDIT_OPTIONS", options)
        for name, value in _mail(options).items():
            monkeypatch.setattr(settings, name, value, raising=False)
        ann = as_("ann")
        done = ann.post(A + "q/first.what/note/", {"words": "Please look, @rex:\r\nis it so?"})
        assert done.status_code == 302
        until = time.monotonic() + 20
        while not box.mails and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        server.stop()
    ((to, content),) = box.mails
    mail = message_from_bytes(content, policy=policy.default)
    assert to == ["rex@example.org"]
    assert "What does it decide?" in mail["Subject"]
    assert "/s/credit/a/small/q/first.what/" in mail.get_content()
    assert "is it so" not in content.decode()  # a mail says that something waits, and nothing of it


def test_a_calendar_reads_what_comes_due(as_: Any, workspace: Path) -> None:
    icalendar = pytest.importorskip("icalendar", reason="icalendar is not installed")
    ann, olga = as_("ann"), as_("olga")
    long = "Ärger; mit, \\ und 漢字 " * 12
    assert write(ann, "first.what", "", state="unknown", owner="olga", due="2027-01-31", why=long)
    page = olga.post("/account/", {"feed": "new"}).content.decode()
    address = re.search(r"/due/[\w-]+\.ics", page)
    assert address
    nobody = as_("")
    answer = nobody.get(address[0])
    assert answer.status_code == 200
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("DTSTART") == date(2027, 1, 31)
    assert "Credit" in str(event["SUMMARY"])
    assert "What does it decide?" in str(event["DESCRIPTION"])
    assert str(event["URL"]).endswith("/s/credit/a/small/")
    assert str(event["UID"]) == str(
        icalendar.Calendar.from_ical(nobody.get(address[0]).content).walk("VEVENT")[0]["UID"]
    )
    olga.post("/account/", {"feed": "off"})
    assert nobody.get(address[0]).status_code == 404


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def tree(workspace: Path) -> Path:
    git(workspace, "init", "-q")
    for name, value in (("user.name", "T"), ("user.email", "t@example.org")):
        git(workspace, "config", name, value)
    (workspace / ".gitignore").write_text(".raudit-web/\nraudit-log.db*\nkeys/\n.*.lock\n")
    git(workspace, "add", "-A")
    git(workspace, "commit", "-qm", "Begin")
    return workspace


def test_each_save_is_a_commit_of_its_own_files(as_: Any, tree: Path) -> None:
    (tree / "other" / "staged.txt").write_text("somebody else's work")
    git(tree, "add", "other/staged.txt")
    hook = tree / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\ntouch ran; exit 1\n")
    hook.chmod(0o755)
    assert write(as_("ann"), "first.what", "It decides").status_code == 302
    last = git(tree, "log", "-1", "--format=%an|%ae|%cn|%s", "--name-only").split()
    assert " ".join(last).startswith("Ann Thor|ann@raudit.invalid|raudit serve|Answer first.what")
    assert {"credit/answers/small.yaml", "credit/answers/small.history.jsonl"} <= set(last)
    assert not (tree / "ran").exists()
    assert git(tree, "diff", "--cached", "--name-only").split() == ["other/staged.txt"]


def test_a_commit_that_fails_fails_no_save_and_is_made_up_for(as_: Any, tree: Path) -> None:
    lock = tree / ".git/index.lock"
    lock.touch()
    assert write(as_("ann"), "first.what", "While git is locked").status_code == 302
    assert answers(tree).answers["first.what"].value == "While git is locked"
    assert git(tree, "rev-list", "--count", "HEAD").strip() == "1"
    lock.unlink()
    assert write(as_("ann"), "first.people", "no").status_code == 302
    assert git(tree, "rev-list", "--count", "HEAD").strip() == "2"
    assert git(tree, "status", "--porcelain").strip() == ""


def totp(secret: str, at: float) -> str:
    """A code of RFC 6238, from its own words: HMAC-SHA-1 over the count of 30 seconds, truncated to six digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_a_second_factor_by_app(as_: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert totp(base64.b32encode(b"12345678901234567890").decode(), 59) == "287082"  # RFC 6238, B
    client = fresh(as_, "rita")
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"secret=([A-Z2-7]+)", urllib.parse.unquote(page)) or re.search(
        r'value="([A-Z2-7]{16,})"', page
    )
    assert secret, page
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert wrong.status_code == 200
    done = client.post("/accounts/2fa/totp/activate/", {"code": totp(secret[1], time.time())})
    assert done.status_code == 302, done.content.decode()
    later = as_("")
    form = {"login": "rita@example.org", "password": PASSWORD}
    first = later.post("/accounts/login/", form)
    assert "/2fa/authenticate/" in first["Location"]
    assert later.get("/").status_code == 302  # the password alone opens nothing
    assert later.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    from allauth.mfa.totp.internal import auth

    # A code counts once, so the next one is of a later half minute.
    at = time.time() + 90
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: at))
    code = totp(secret[1], at)
    second = later.post("/accounts/2fa/authenticate/", {"code": code})
    assert second.status_code == 302, second.content.decode()
    assert later.get("/").status_code == 200
    from allauth.mfa.models import Authenticator

    Authenticator.objects.all().delete()


def test_a_waiver_takes_two_people_and_the_log_knows(as_: Any, workspace: Path) -> None:
    from raudit.log import open_log
    from raudit.policy import load_waivers

    finding = run_once(workspace)
    opal = fresh(as_, "opal")
    form = {
        "reason": "Known, and being mended",
        "approver": "olga",
        "expires": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(),
        "ticket": "RISK-1",
    }
    path = f"/s/credit/findings/{finding}/waive/"
    own = opal.post(path, {**form, "approver": "opal", "step": "write"})
    assert own.status_code == 422
    looked = opal.post(path, {**form, "step": "look"})
    assert looked.status_code == 200
    assert "would cover" in looked.content.decode()
    file = workspace / "credit/waivers.yaml"
    assert load_waivers(file).entries == ()  # shown, and not written
    assert opal.post(path, {**form, "step": "write"}).status_code == 302
    (waiver,) = load_waivers(file).entries
    assert (waiver.owner, waiver.approver) == ("opal", "olga")
    approve = f"/s/credit/waivers/{waiver.id}/approve/"
    assert as_("opal").post(approve).status_code == 403
    olga = as_("olga")
    assert waiver.id in olga.get("/notices/").content.decode()
    assert olga.post(approve, {}).status_code == 302
    with open_log(workspace / "raudit-log.db") as log:
        told = [str(entry.type) for entry in log.entries()][-2:]
    assert told == ["waiver.granted", "waiver.approved"]
    assert as_("rita").get("/s/credit/findings/").status_code == 200


def run_once(workspace: Path) -> str:
    """Run the audit of "credit" here; fingerprint of a finding that failed."""
    from raudit.audit import run_audit
    from raudit.checklists import load_checklist
    from raudit.checklists.document import skeleton
    from raudit.emit.keys import log_of, signer_of
    from raudit.files import write_whole
    from raudit.plan import load_plan
    from raudit.web.workspace import now

    rows = (workspace / "credit/data/decisions.csv").read_text().replace("y,g", "y,email")
    rows = re.sub(r"(?m)^(\d),([ab])$", lambda m: f"{m[1]},{m[2]}x@example.com", rows)
    (workspace / "credit/data/decisions.csv").write_text(rows)
    plan_file = workspace / "credit/raudit.yaml"
    text = plan_file.read_text().replace("{column: g}", "{column: email}")
    plan_file.write_text(text.replace("data_profile: {}", "pii: {}"))
    plan = load_plan(plan_file)
    answers_file = workspace / "credit/answers/small.yaml"
    if not answers_file.exists():
        checklist = load_checklist(workspace / "credit/small.yaml")
        write_whole(answers_file, skeleton(checklist, project="Credit").encode())
    with log_of(plan) as log:
        issued = run_audit(
            plan, out=workspace / "credit/runs/20260101T000000Z", clock=now(),
            signer=signer_of(plan), log=log, actor="opal",
        )  # fmt: skip
    failed = [f for f in issued.record.findings if str(f.status) == "failed"]
    return failed[0].fingerprint
