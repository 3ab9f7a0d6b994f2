"""Work around findings, reports and systems: who mends what, comments, downloads, first steps, a system of one's own."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from raudit.log import open_log

from .test_pages import HOSTILE, A, answers, complete, digest_on, fresh, harm_in, write


def types_told(workspace: Path) -> list[str]:
    with open_log(workspace / "raudit-log.db") as log:
        return [str(entry.type) for entry in log.entries()]


def test_who_mends_a_finding_is_told_and_finds_it_at_home(as_: Any, finding: str) -> None:
    place = f"/s/credit/findings/{finding}/"
    opal, ann = as_("opal"), as_("ann")
    form = {"person": "ann", "due": "2027-01-31", "issue": "https://issues.example.org/7"}
    assert ann.post(place + "task/", form).status_code == 403
    assert opal.post(place + "task/", form).status_code == 302
    page = ann.get(place).content.decode()
    assert 'href="https://issues.example.org/7"' in page
    assert "2027-01-31" in page
    home = ann.get("/").content.decode()
    assert "Mend" in home
    assert place in home
    for wrong in ({"issue": "javascript:alert(1)"}, {"due": "soon"}, {"person": "nobody"}):
        opal.post(place + "task/", {**form, **wrong})
        assert 'class="error"' in opal.get(place).content.decode()
    assert "https://issues.example.org/7" in ann.get(place).content.decode()


def test_comments_stay_out_of_the_signed_file(as_: Any, workspace: Path, finding: str) -> None:
    report = next((workspace / "credit/runs").iterdir()) / "report.pdf"
    before = report.read_bytes()
    rita, place = as_("rita"), f"/s/credit/findings/{finding}/"
    hostile = "<script>alert(1)</script> @rex {{ 7*7 }}"
    assert rita.post(place + "remark/", {"words": hostile}).status_code == 302
    assert (
        rita.post("/s/credit/report/remark/", {"words": "Chart?", "section": "pii"}).status_code
        == 302
    )
    shown = rita.get(place).content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "Chart?" in rita.get("/s/credit/report/").content.decode()
    assert "mentioned" in as_("rex").get("/notices/").content.decode()
    for empty in ("", " ", "x" * 5_000):
        rita.post(place + "remark/", {"words": empty})
        assert 'class="error"' in rita.get(place).content.decode()
    assert report.read_bytes() == before
    eve = as_("eve")
    assert eve.post(place + "remark/", {"words": "x"}).status_code == 404


def test_hostile_texts_in_the_other_fields_do_nothing(
    as_: Any, workspace: Path, finding: str
) -> None:
    """Fields beside an answer and its notes; what a field does not take comes back on its page as it was typed."""
    ann, rex, olga, opal = (as_(name) for name in ("ann", "rex", "olga", "opal"))
    adam, credit = fresh(as_, "adam"), "/s/credit/"
    place = f"{credit}findings/{finding}/"
    complete(ann)
    assert ann.post(A + "submit/", {"answers": digest_on(ann.get(A))}).status_code == 302
    digest = digest_on(rex.get(A + "review/?q=first.what"))
    for text in HOSTILE:
        fields = dict.fromkeys(("person", "due", "issue", "name", "email", "roles", "owner"), text)
        fields |= dict.fromkeys(("reason", "approver", "expires", "how", "number", "role"), text)
        asked = dict.fromkeys(("q", "type", "status", "stage", "of", "old", "new", "sort"), text)
        said = {"question": "first.what", "digest": digest, "state": "to_correct", "note": text}
        answered = [
            opal.post(place + "task/", fields),
            opal.post(place + "remark/", {"words": text}),
            opal.post(credit + "report/remark/", {"words": text, "section": text}),
            opal.post(place + "waive/", fields),
            ann.post(A + "q/first.what/evidence/", {"address": text, "observed": text}),
            ann.post(A + "q/first.what/assign/", fields),
            rex.post(A + "review/", said),
            rex.post(A + "met/", fields),
            olga.post(A + "sign/", {**fields, "what": text, "decision": text, "answers": text}),
            adam.post("/people/add/", fields),
            adam.post("/new/", {**fields, "purpose": text, "affected": text, "step": "show"}),
            adam.get("/log/", asked),
            opal.get("/", asked),
            opal.get(credit + "findings/", asked),
            opal.get(credit + "runs/compare/", asked),
            opal.get(credit + "runs/trend/", asked),
        ]
        assert max(page.status_code for page in answered) < 500, text
        assert [harm for page in answered for harm in harm_in(page)] == [], text
    kept = (place, credit + "report/", A + "q/first.what/", A + "review/", "/notices/", "/", A)
    pages = [client.get(path) for client in (ann, opal) for path in kept]
    pages += [adam.get("/people/"), adam.get("/log/0/")]
    assert [harm for page in pages for harm in harm_in(page)] == []
    assert not harm_in(adam.get("/log/"))


def test_an_assessment_is_taken_out_in_every_form_and_the_log_knows(
    as_: Any, workspace: Path
) -> None:
    ann = as_("ann")
    text = "Credit & <lines> for 漢字, up to *5,000* #1"
    write(ann, "first.what", text)
    before = types_told(workspace).count("file.downloaded")
    kinds = ("html", "word", "excel", "pdf", "markdown", "yaml", "oscal")
    got = {kind: ann.get(f"{A}download/{kind}/").content for kind in kinds}
    assert types_told(workspace).count("file.downloaded") == before + len(kinds)
    assert got["pdf"].startswith(b"%PDF-")
    with zipfile.ZipFile(BytesIO(got["word"])) as archive:
        for name in archive.namelist():
            ET.fromstring(archive.read(name))
        words = "".join(ET.fromstring(archive.read("word/document.xml")).itertext())
    assert text in words
    assert "What does it decide?" in words
    assert got["word"] == ann.get(f"{A}download/word/").content
    assert json.loads(got["oscal"])
    assert got["yaml"].decode() == (workspace / "credit/answers/small.yaml").read_text()


def test_a_burst_of_wrong_passwords_is_in_the_log_and_no_password_is(
    as_: Any, workspace: Path
) -> None:
    from django.core.cache import cache

    cache.clear()
    before, client = types_told(workspace).count("signin.failed"), as_("")
    for turn in range(5):
        form = {"login": "rita@example.org", "password": f"guessed-{turn}-secret"}
        client.post("/accounts/login/", form)
    with open_log(workspace / "raudit-log.db") as log:
        told = list(log.find(type="signin.failed"))
        assert len(told) == before + 1
        assert log.people()[told[-1].body["account"]] == "rita"
        assert told[-1].body["attempts"] == 5
    assert b"guessed-" not in b"".join(p.read_bytes() for p in workspace.glob("raudit-log.db*"))
    cache.clear()


def test_the_log_is_words_with_a_proof_and_an_export(as_: Any, workspace: Path) -> None:
    from raudit.log import verify_proof

    write(as_("ann"), "first.what", "It decides")
    adam = as_("adam")
    page = adam.get("/log/?q=first.what").content.decode()
    assert "Answered first.what of small" in page
    number = re.search(r'href="/log/(\d+)/"', page)
    assert number
    entry = adam.get(f"/log/{number[1]}/").content.decode()
    import html

    pres = [html.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", entry, re.DOTALL)]
    vkey = (workspace / "keys/log-vkey.txt").read_text().strip()
    verify_proof(pres[1], pres[0].encode(), vkey)
    assert adam.get("/log/999999/").status_code == 404
    assert as_("rita").get(f"/log/{number[1]}/").status_code == 403
    with zipfile.ZipFile(BytesIO(adam.get("/log/export/").content)) as archive:
        assert "checkpoint" in archive.namelist()


SYSTEM = {
    "name": "Small loans",
    "purpose": "Approves small loans.",
    "people": "yes",
    "live": "yes",
    "source": "example",
}


def made_from_the_example(client: Any, **more: str) -> Any:
    page = client.post("/new/", {**SYSTEM, "step": "suggest"})
    assert page.status_code == 200, page.content.decode()
    text = page.content.decode()
    form = {**SYSTEM, "checklist": re.findall(r'name="checklist" value="([^"]+)" checked', text)}
    for row in text.split("<tr>"):
        chosen = re.search(r'name="role:(\d+)".*?value="(\w+)" selected', row, re.DOTALL)
        if chosen:
            form[f"role:{chosen[1]}"] = chosen[2]
    form |= dict(re.findall(r'name="((?:favourable|edges):\w+)" value="([^"]*)"', text))
    return form | more


def test_a_system_of_ones_own_from_made_up_decisions(as_: Any, workspace: Path) -> None:
    from raudit.plan import load_plan

    adam, aside = as_("adam"), workspace / ".raudit-web/drafts"
    others = set(aside.glob("*"))  # the workspace is one for all tests of a worker
    form = made_from_the_example(adam)
    assert len(set(aside.glob("*")) - others) == 1
    form = made_from_the_example(adam)
    assert len(set(aside.glob("*")) - others) == 1  # a second look takes the first one's place
    assert {"gdpr-dpia", "launch-readiness"} == set(form["checklist"])
    assert form["favourable:prediction"] == "approved"
    assert not (workspace / "small-loans").exists()  # shown, and not written
    twice = adam.post("/new/", {**form, "role:0": "prediction", "step": "make"})
    assert twice.status_code == 422
    wrong = adam.post("/new/", {**form, "favourable:prediction": "maybe", "step": "make"})
    assert wrong.status_code == 422
    done = adam.post("/new/", {**form, "step": "make"})
    assert done.status_code == 302, done.content.decode()
    plan = load_plan(workspace / "small-loans/raudit.yaml")
    assert plan.file.data.prediction
    assert plan.file.data.prediction.favourable == ("approved",)
    assert {item.column for item in plan.file.sensitive_features} == {"age", "gender"}
    assert (workspace / "small-loans/data/decisions.csv").read_text().count("\n") == 1_201
    assert set(aside.glob("*")) == others
    import shutil

    shutil.rmtree(workspace / "small-loans")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\x00\x01\x02"),
        ("a.parquet", b"PAR1 and no more"),
        ("a.csv", b""),
        ("a.csv", b"a,a\n1,2\n"),
        ("a.exe", b"MZ"),
        ("../../people.yaml", b"schema: x"),
    ],
)
def test_an_upload_that_is_no_table_is_said_and_kept_nowhere(
    as_: Any, workspace: Path, name: str, content: bytes
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile(name, content)
    form = {**SYSTEM, "source": "upload", "data": upload, "step": "suggest"}
    page = as_("adam").post("/new/", form)
    assert page.status_code == 422, page.content.decode()
    assert str(workspace) not in page.content.decode()
    assert not (workspace / "small-loans").exists()
    assert (workspace / "people.yaml").read_text().startswith("schema: raudit.people/1")


def test_first_steps_go_as_they_are_done(as_: Any, workspace: Path) -> None:
    ann = as_("ann")
    assert "Answer your first question" in ann.get("/").content.decode()
    lead = ann.get(A + "next/")
    assert lead["Location"].endswith("/section/first/#q-first-what")
    complete(ann)
    write_other = ann.get("/s/other/a/small/section/first/").content.decode()
    digest = re.search(r'name="d:first.what" value="([^"]*)"', write_other)
    assert digest
    ann.post(
        "/s/other/a/small/section/first/",
        {"d:first.what": digest[1], "v:first.what": "It advises"},
    )
    assert "Answer your first question" not in ann.get("/").content.decode()
    assert ann.get(A + "next/")["Location"].endswith("/a/small/")


def test_a_row_is_read_again_when_its_day_comes(as_: Any, workspace: Path) -> None:
    """The index keeps what it read until a file changes, or a day passes after which it says something else."""
    from datetime import date

    from raudit.web.index import index
    from raudit.web.middleware import workspace as served

    write(as_("ann"), "first.what", "", state="unknown", owner="olga", due="2027-01-31", why="?")
    place, people = served(), served().people()

    def open_on(day: date) -> dict[str, Any]:
        index.stale()
        rows = index.listing(place, people, day).rows
        return dict(next(row for row in rows if row.slug == "credit").waiting[0])

    first = open_on(date(2027, 1, 1))
    assert first["until"] == "2027-01-31"
    assert open_on(date(2027, 1, 31)) is not None
    assert open_on(date(2027, 1, 31))["made"] == "2027-01-01"  # still says the same
    assert open_on(date(2027, 2, 1))["made"] == "2027-02-01"
    assert open_on(date(2026, 12, 1))["made"] == "2026-12-01"  # a clock that went back


def test_a_save_reads_of_the_log_only_what_is_new(
    as_: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from raudit.log import Log

    ann = as_("ann")
    write(ann, "first.what", "One")
    read: list[int] = []
    entries = Log.entries

    def counted(self: Log, start: int = 0, stop: int | None = None) -> Any:
        read.append((self.size if stop is None else stop) - start)
        return entries(self, start, stop)

    monkeypatch.setattr(Log, "entries", counted)
    for turn in range(3):
        read.clear()
        write(ann, "first.what", f"Turn {turn}")
        assert sum(read) <= 4, read
    assert answers(workspace).answers["first.what"].value == "Turn 2"


class Device:
    """A passkey without a browser: an EC key that signs what WebAuthn says (ES256)."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.key, self.credential = ec.generate_private_key(ec.SECP256R1()), b"a credential of mine"

    def enrol(self, person: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from fido2 import cbor

        from raudit.emit.people import change_people, entry_of
        from raudit.web.middleware import workspace
        from raudit.web.workspace import now

        numbers = self.key.public_key().public_numbers()
        assert isinstance(numbers.curve, ec.SECP256R1)
        cose = {1: 2, 3: -7, -1: 1, -2: number(numbers.x), -3: number(numbers.y)}
        passkey = {
            "credential": plain(self.credential),
            "public_key": plain(cbor.encode(cose)),
            "rp_id": "localhost",
            "origin": "http://localhost:8787",
        }

        def edit(document: Any) -> None:
            entry_of(document, person)["keys"] = [{"passkey": passkey}]

        place = workspace()
        with place.log() as log:
            change_people(place.people_file, edit, log, actor=person, clock=now())

    def signs(self, page: Any, *, challenge: str = "") -> dict[str, str]:
        """What the form of a page sends after the passkey signed."""
        import hashlib
        import html

        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        text = page.content.decode()
        found = re.search(r'id="signing" data-options="([^"]+)"(.*?)</form>', text, re.DOTALL)
        assert found, text
        options = json.loads(html.unescape(found[1]))
        fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[2])
        client = json.dumps(
            {
                "type": "webauthn.get",
                "challenge": challenge or options["challenge"],
                "origin": "http://localhost:8787",
                "crossOrigin": False,
            }
        ).encode()
        authenticator = hashlib.sha256(b"localhost").digest() + b"\x05\x00\x00\x00\x01"
        message = authenticator + hashlib.sha256(client).digest()
        assertion = {
            "id": plain(self.credential),
            "clientDataJSON": plain(client),
            "authenticatorData": plain(authenticator),
            "signature": plain(self.key.sign(message, ec.ECDSA(hashes.SHA256()))),
        }
        form = {name: html.unescape(value) for name, value in fields}
        return {**form, "assertion": json.dumps(assertion)}


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def plain(data: bytes) -> str:
    import base64

    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_waiver_and_its_approval_by_passkey(as_: Any, workspace: Path, finding: str) -> None:
    from raudit.policy import load_waivers
    from raudit.web.middleware import workspace as served

    one, two = Device(), Device()
    one.enrol("opal")
    two.credential = b"another credential"
    two.enrol("olga")
    opal, olga, place = as_("opal"), as_("olga"), f"/s/credit/findings/{finding}/waive/"
    form = {
        "reason": "Known, and being mended",
        "approver": "olga",
        "expires": "2027-01-31",
        "prove": "passkey",
    }
    shown = opal.post(place, {**form, "step": "write"})
    file = workspace / "credit/waivers.yaml"
    assert load_waivers(file).entries == ()
    signed = one.signs(shown)
    assert opal.post(place, {**signed, "expires": "2027-01-30"}).status_code == 422
    shown = opal.post(place, {**form, "step": "write"})
    assert opal.post(place, two.signs(shown)).status_code == 422  # somebody else's key
    shown = opal.post(place, {**form, "step": "write"})
    other = one.signs(shown, challenge=plain(b"x" * 32))
    assert opal.post(place, other).status_code == 422
    assert load_waivers(file).entries == ()
    shown = opal.post(place, {**form, "step": "write"})
    done = opal.post(place, one.signs(shown))
    assert done.status_code == 302, done.content.decode()
    (waiver,) = load_waivers(file).entries
    approve = f"/s/credit/waivers/{waiver.id}/approve/"
    shown = olga.post(approve, {"prove": "passkey"})
    done = olga.post(approve, two.signs(shown))
    assert done.status_code == 302, done.content.decode()
    held = load_waivers(file, people=served().people(), identity="proven")
    approval = held.approval(held.entries[0])
    assert approval
    assert approval.proven, approval.detail


def test_a_review_by_passkey_is_proven_and_a_changed_answer_is_not_reviewed(
    as_: Any, workspace: Path
) -> None:
    from raudit.emit import enrolment_of
    from raudit.statements import check_statements, read_statements
    from raudit.web.middleware import workspace as served

    from .test_pages import digest_on

    device, ann, rex = Device(), as_("ann"), as_("rex")
    device.enrol("rex")
    complete(ann)
    assert ann.post(A + "submit/", {"answers": digest_on(ann.get(A))}).status_code == 302
    page = rex.get(A + "review/")
    named = re.search(r'name="question" value="([^"]+)"', page.content.decode())
    assert named
    form = {"question": named[1], "digest": digest_on(page), "state": "accepted"}
    shown = rex.post(A + "review/", {**form, "prove": "passkey"})
    signed = device.signs(shown)
    assert rex.post(A + "review/", signed).status_code == 302
    path = workspace / "credit/answers/small.yaml"
    with served().log() as log:
        (outcome,) = check_statements(
            read_statements(path), served().people(), enrolment=enrolment_of(log)
        )
    assert outcome.proven, outcome.detail
    assert rex.post(A + "review/", signed).status_code == 409  # once is once
    page = rex.get(A + "review/")
    named = re.search(r'name="question" value="([^"]+)"', page.content.decode())
    assert named
    form = {"question": named[1], "digest": digest_on(page), "state": "accepted"}
    signed = device.signs(rex.post(A + "review/", {**form, "prove": "passkey"}))
    section = "first" if named[1].startswith("first") else "second"
    value = {"first.people": "yes", "first.kind": "decides"}.get(named[1], "Changed")
    write(ann, named[1], value, section)
    assert rex.post(A + "review/", signed).status_code == 409
    assert answers(workspace).answers[named[1]].review.state == "pending"
