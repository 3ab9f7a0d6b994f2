"""kill -9 while answers are saved: nothing that was acknowledged is lost, no answer is without its event."""

from __future__ import annotations

import http.client
import http.cookiejar
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from raudit.checklists import load_answers, load_checklist
from raudit.emit import books_of, settle
from raudit.web.workspace import now

SECTION = "/s/credit/a/small/section/first/"


class Person:
    """A browser without a screen."""

    def __init__(self, base: str) -> None:
        # Secure cookies are kept on localhost, as browsers do.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        jar = http.cookiejar.CookieJar(policy)
        self.base, self.opener = (
            base,
            urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)),
        )

    def get(self, path: str) -> str:
        return str(self.opener.open(self.base + path, timeout=30).read().decode())

    def post(self, path: str, page: str, data: dict[str, str]) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": token[1]}).encode()
        return str(self.opener.open(self.base + path, body, timeout=30).read().decode())

    def sign_in(self) -> None:
        page = self.get("/accounts/login/")
        self.post(
            "/accounts/login/",
            page,
            {"login": "ann@example.org", "password": "a long enough phrase"},
        )

    def answer(self, text: str) -> None:
        page = self.get(SECTION)
        digest = re.search(r'name="d:first.what" value="([^"]*)"', page)
        assert digest
        said = self.post(
            SECTION, page, {"d:first.what": digest[1], "v:first.what": text, "go": "back"}
        )
        assert "1 answer is saved" in said


@pytest.mark.slow
def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path, starting: Any) -> None:
    make_workspace, start = starting
    folder, chance = make_workspace(tmp_path / "w"), random.Random(7)
    for round_ in range(6):
        server, acknowledged = start(folder), [""]

        def work(
            base: str = server.base, done: list[str] = acknowledged, number: int = round_
        ) -> None:
            try:
                person = Person(base)
                person.sign_in()
                for turn in range(1000):
                    person.answer(f"round {number} turn {turn}")
                    done.append(f"round {number} turn {turn}")
            except (OSError, urllib.error.URLError, http.client.HTTPException):
                return

        thread = threading.Thread(target=work)
        thread.start()
        until = time.monotonic() + 60
        while len(acknowledged) < 3 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(chance.random() * 2)
        server.process.kill()
        server.process.wait()
        thread.join()
        if server.process.stdout:
            server.process.stdout.close()
        assert len(acknowledged) >= 3
        check(folder, acknowledged[-1])


def check(folder: Path, last: str) -> None:
    place = folder / "credit"
    checklist, path = load_checklist(place / "small.yaml"), place / "answers/small.yaml"
    value: Any = load_answers(path, checklist).file.answers["first.what"].value
    turn = int(last.rsplit(" ", 1)[1])
    # What was acknowledged stands there, or the one after it that was on its way.
    assert value in (last, f"{last.rsplit(' ', 1)[0]} {turn + 1}")
    with books_of(path, clock=now(), actor="ann") as books:
        settle(path, checklist, books)
        assert books.log is not None
        from raudit.checklists.signoff import answers_sha256

        told = [entry.body["new"] for entry in books.log.find(type="answers.changed")]
        assert told[-1] == str(answers_sha256(load_answers(path, checklist)))
