"""What pages do, without a browser: answers, conflicts, uploads, hostile texts, headers, one way with the command line."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from raudit.checklists import load_answers, load_checklist
from raudit.checklists.history import read_lines

A = "/s/credit/a/small/"


def answers(workspace: Path) -> Any:
    place = workspace / "credit"
    return load_answers(place / "answers" / "small.yaml", load_checklist(place / "small.yaml")).file


def fields(response: Any) -> dict[str, str]:
    """Digests that a form carries."""
    found = re.findall(r'name="(d:[^"]+)" value="([^"]*)"', response.content.decode())
    return dict(found)


def write(client: Any, question: str, value: Any, section: str = "first", **more: str) -> Any:
    form = fields(client.get(f"{A}section/{section}/"))
    data = {
        f"d:{question}": form[f"d:{question}"],
        f"v:{question}": value,
        **{f"{k}:{question}": v for k, v in more.items()},
    }
    return client.post(f"{A}section/{section}/", data)


def complete(client: Any) -> None:
    for question, value in (
        ("first.what", "It decides"),
        ("first.people", "no"),
        ("first.kind", "advice"),
    ):
        assert write(client, question, value).status_code == 302
    for question, value in (
        ("second.which", ["names"]),
        ("second.share", "12"),
        ("second.day", "2026-01-02"),
        ("second.who", "olga"),
    ):
        assert write(client, question, value, "second").status_code == 302


def digest_on(response: Any) -> str:
    found = re.search(
        r'name="(?:digest|answers)" value="([0-9a-f]{64})"', response.content.decode()
    )
    assert found
    return found[1]


def statement_on(response: Any) -> str:
    """The statement that a page shows to be signed."""
    found = re.search(r'name="statement" value="([0-9a-f]{64})"', response.content.decode())
    assert found, response.content.decode()[:2000]
    return found[1]


def accept_all(client: Any) -> None:
    for _ in range(20):
        page = client.get(A + "review/")
        named = re.search(r'name="question" value="([^"]+)"', page.content.decode())
        if not named:
            return
        done = client.post(
            A + "review/", {"question": named[1], "digest": digest_on(page), "state": "accepted"}
        )
        assert done.status_code == 302, done.content.decode()


def reviewed(as_: Any) -> None:
    ann = as_("ann")
    complete(ann)
    assert ann.post(A + "submit/", {"answers": digest_on(ann.get(A))}).status_code == 302
    accept_all(as_("rex"))


def fresh(as_: Any, person: str) -> Any:
    """Someone who gave the password a moment ago, twice: to sign in, and for what weighs most."""
    client = as_("")
    for path, form in (("login", {"login": f"{person}@example.org"}), ("reauthenticate", {})):
        done = client.post(f"/accounts/{path}/", {**form, "password": "a long enough phrase"})
        assert done.status_code == 302, done.content.decode()
    return client


def test_an_answer_is_on_disk_before_it_is_said_to_be_saved(as_: Any, workspace: Path) -> None:
    assert write(as_("ann"), "first.what", "  Zeile eins\r\nZeile zwei\r\n").status_code == 302
    held = answers(workspace).answers["first.what"]
    assert (held.value, held.by) == ("Zeile eins\nZeile zwei", "ann")
    from raudit.log import open_log

    with open_log(workspace / "raudit-log.db") as log:
        bodies = [entry.body for entry in log.find(type="answers.changed")]
    assert bodies[-1]["question"] == "first.what"


def test_two_people_on_one_answer_lose_neither(as_: Any, workspace: Path) -> None:
    one, two = as_("ann"), as_("ann")
    form = fields(two.get(A + "section/first/"))
    assert write(one, "first.what", "Theirs, first").status_code == 302
    late = two.post(
        A + "section/first/", {"d:first.what": form["d:first.what"], "v:first.what": "Mine, later"}
    )
    assert late.status_code == 409
    text = late.content.decode()
    assert "Theirs, first" in text
    assert "Mine, later" in text
    assert answers(workspace).answers["first.what"].value == "Theirs, first"
    again = two.post(
        A + "section/first/",
        {"d:first.what": fields(late)["d:first.what"], "v:first.what": "Mine, later"},
    )
    assert again.status_code == 302
    said = [
        c["entry"]["answers"]["value"]
        for x in read_lines(workspace / "credit/answers/small.yaml")
        if x["kind"] == "change"
        for c in x["changes"]
    ]
    assert said == ["Theirs, first", "Mine, later"]


def test_different_questions_never_conflict(as_: Any, workspace: Path) -> None:
    one, two = as_("ann"), as_("ann")
    form = fields(two.get(A + "section/first/"))
    write(one, "first.kind", "advice")
    done = two.post(
        A + "section/first/", {"d:first.what": form["d:first.what"], "v:first.what": "Mine"}
    )
    assert done.status_code == 302
    assert set(answers(workspace).answers) == {"first.kind", "first.what"}


@pytest.mark.parametrize(
    ("question", "value", "section"),
    [
        ("first.kind", "nonsense", "first"),
        ("second.share", "many", "second"),
        ("second.day", "2026-02-31", "second"),
        ("second.which", ["names", "none"], "second"),
    ],
)
def test_what_does_not_answer_is_refused_at_its_field(
    as_: Any, workspace: Path, question: str, value: Any, section: str
) -> None:
    refused = write(as_("ann"), question, value, section)
    assert refused.status_code == 422
    assert b'role="alert"' in refused.content
    assert f'href="#q-{question.replace(".", "-")}"'.encode() in refused.content
    assert question not in answers(workspace).answers


def test_nobody_knows_and_does_not_apply(as_: Any, workspace: Path) -> None:
    ann = as_("ann")
    assert (
        write(ann, "first.what", "", state="unknown", owner="olga", due="2027-01-31").status_code
        == 302
    )
    assert write(ann, "first.kind", "", state="not_applicable", why="").status_code == 422
    assert (
        write(ann, "first.kind", "", state="not_applicable", why="There is none").status_code == 302
    )
    held = answers(workspace).answers
    assert (held["first.what"].owner, str(held["first.what"].due)) == ("olga", "2027-01-31")
    assert held["first.kind"].state == "not_applicable"
    waiting = as_("olga").get("/").content.decode()
    assert "Find out" in waiting


#: A product whose digits no page shows by chance: the pages count, number and date.
PRODUCT = "7919*104729"

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE web_user; --",
    "{{ " + PRODUCT + " }}",
    "{% load x %}",
    "${" + PRODUCT + "}",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "\u202eevil\u202c",
    "a\u200bb",
    "\ufeffBOM",
    "line\u2028sep",
    "tab\tin",
    "# comment",
    "key: value",
    "- item",
    "!!python/object/apply:os.system [id]",
    "&anchor *alias",
    "yes",
    "null",
    "~",
    "0x10",
    "1e5",
    "2026-01-01",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "-1",
    "../../etc/passwd",
    "%00",
    "a" * 3000,
    "ünïcödé 漢字 🙂",
    "</textarea><b>x",
    "</title>",
    "<!-- -->",
    "]]>",
    "\\",
    "'",
    '"""',
    "| block",
    "> folded",
    "`id`",
    "$(id)",
]


def harm_in(page: Any) -> list[str]:
    """What of the hostile texts would do something on a page."""
    if "html" not in page.get("Content-Type", ""):
        return []
    text = page.content.decode()
    harmful = (
        "<script>alert",
        "<img src=x",
        "<svg/onload",
        "<b>x",
        str(7919 * 104729),
        'href="javascript:',
    )
    return [one for one in harmful if one in text]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_come_back_as_they_were_and_do_nothing(
    as_: Any, workspace: Path, text: str
) -> None:
    ann = as_("ann")
    assert write(ann, "first.what", text, why=text).status_code == 302
    stored = answers(workspace).answers["first.what"]
    assert (stored.value, stored.why) == (text.strip(), text.strip())
    ann.post(A + "q/first.what/note/", {"words": text})
    for path in ("/", A, A + "section/first/", A + "q/first.what/", "/notices/"):
        page = ann.get(path)
        assert page.status_code == 200
        assert not harm_in(page)
    rex = as_("rex").get(A + "review/?q=first.what")
    assert rex.status_code == 200
    assert html.escape(text.strip().split("\n")[0])[:200] in rex.content.decode().replace(
        "&#x27;", "&#x27;"
    )
    # The next save goes through as well: nothing in the file was broken.
    assert write(ann, "first.people", "no").status_code == 302


def test_headers_are_strict_on_every_page(as_: Any) -> None:
    for person, path in (
        ("", "/verify/"),
        ("", "/accounts/login/"),
        ("ann", "/"),
        ("ann", A),
        ("nob", "/nowhere"),
    ):
        response = as_(person).get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        text = response.content.decode()
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
        assert not re.search(r'\s(style|on\w+)="', text)
        assert not re.search(r'(src|href)="https?://', text)


def test_templates_use_no_part_of_htmx_that_runs_text() -> None:
    folder = Path(__file__).resolve().parents[2] / "src/raudit/web"
    text = "\n".join(p.read_text() for p in folder.rglob("*.html"))
    assert not re.search(
        r"hx-on|hx-ext|js:|hx-trigger=\"[^\"]*\[|hx-headers|\|safe|autoescape off|mark_safe", text
    )
    import hashlib

    code = (folder / "static/web/htmx-4.0.1.min.js").read_bytes()
    assert (
        hashlib.sha256(code).hexdigest()
        == "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
    )


def test_forms_without_their_token_write_nothing(as_: Any, workspace: Path) -> None:
    client = as_("ann", enforce_csrf_checks=True)
    for path in (
        A + "section/first/",
        A + "submit/",
        A + "q/first.what/note/",
        "/language/",
        "/accounts/logout/",
    ):
        assert client.post(path, {"d:first.what": "", "v:first.what": "x"}).status_code == 403, path
    assert not (workspace / "credit/answers/small.yaml").exists()


def test_another_host_is_refused(as_: Any) -> None:
    assert as_("").get("/verify/", HTTP_HOST="evil.example").status_code == 400


def test_signing_in_changes_the_session_and_throttles(as_: Any, workspace: Path) -> None:
    client = as_("")
    client.get("/accounts/login/")
    before = client.session.session_key
    done = client.post(
        "/accounts/login/", {"login": "ann@example.org", "password": "a long enough phrase"}
    )
    assert done.status_code == 302
    assert client.session.session_key != before
    other = as_("")
    said = [
        other.post("/accounts/login/", {"login": "rita@example.org", "password": "wrong"})
        for _ in range(8)
    ]
    assert all(r.status_code in (200, 429) for r in said)
    right = other.post(
        "/accounts/login/", {"login": "rita@example.org", "password": "a long enough phrase"}
    )
    assert right.status_code in (200, 429), "after that many failures even the right password waits"


def test_an_invitation_is_good_once(as_: Any, workspace: Path) -> None:
    page = as_("adam").post(
        "/people/add/",
        {
            "person": "new.one",
            "name": "New One",
            "email": "new@example.org",
            "roles": "author: Credit",
        },
    )
    assert page.status_code == 302
    assert "new.one" in (workspace / "people.yaml").read_text()
    link = re.search(
        r"http://localhost:8787(/invited/[\w-]+/)",
        as_("adam").post("/people/new.one/invite/").content.decode(),
    )
    assert link
    guest = as_("")
    assert guest.post(link[1], {"email": "new@example.org", "password": "short"}).status_code == 422
    assert (
        guest.post(
            link[1], {"email": "other@example.org", "password": "a long enough phrase"}
        ).status_code
        == 302
    )
    assert guest.get(A).status_code == 200
    assert as_("").get(link[1]).status_code == 410
    from raudit.web.models import User

    assert User.objects.get(person="new.one").email == "new@example.org"
    User.objects.filter(person="new.one").delete()


def test_roles_are_people_yaml_and_the_log_knows(as_: Any, workspace: Path) -> None:
    from raudit.log import open_log
    from raudit.web.models import User

    client = fresh(as_, "adam")
    done = client.post("/people/nob/roles/", {"roles": "reader: Credit\nreviewer: Other"})
    assert done.status_code == 302, done.content.decode()
    assert as_("nob").get("/s/credit/").status_code == 200
    assert as_("nob").get("/s/other/a/small/review/").status_code == 200
    assert as_("nob").get("/s/credit/a/small/review/").status_code == 403
    with open_log(workspace / "raudit-log.db") as log:
        assert list(log.find(type="people.changed"))
    assert client.post("/people/adam/roles/", {"roles": "reader"}).status_code == 422
    assert User.objects.filter(person="adam").exists()


def test_nobody_reviews_an_own_answer_under_any_name(as_: Any, workspace: Path) -> None:
    text = (workspace / "people.yaml").read_text()
    (workspace / "people.yaml").write_text(
        text.replace("{role: author, systems: [Credit, Other]}", "author, reviewer")
    )
    ann = as_("ann")
    complete(ann)
    path = workspace / "credit/answers/small.yaml"
    path.write_text(
        path.read_text().replace("by: ann", "by: Ann Thor")
    )  # the same person, typed by hand
    ann.post(A + "submit/", {"answers": digest_on(ann.get(A))})
    page = ann.get(A + "review/?q=first.what")
    assert "your own answer" in page.content.decode()
    done = ann.post(
        A + "review/",
        {
            "question": "first.what",
            "digest": digest_on_answers(workspace, "first.what"),
            "state": "accepted",
        },
    )
    assert done.status_code == 409
    assert answers(workspace).answers["first.what"].review.state == "pending"


def digest_on_answers(workspace: Path, question: str) -> str:
    from raudit.checklists.signoff import answer_digests

    place = workspace / "credit"
    return str(
        answer_digests(
            load_answers(place / "answers/small.yaml", load_checklist(place / "small.yaml"))
        )[question]
    )


def test_the_browser_and_the_command_line_write_the_same_bytes(
    as_: Any, workspace: Path, tmp_path: Path
) -> None:
    """Answers, reviews and a sign-off, both ways: the files differ in times alone, the events in times and salts."""
    from click.testing import CliRunner

    from raudit.checklists.document import skeleton
    from raudit.checklists.writing import record_answer
    from raudit.cli import raudit
    from raudit.emit import books_of, keep
    from raudit.web.workspace import now

    twin = tmp_path / "twin"
    shutil.copytree(workspace, twin, ignore=shutil.ignore_patterns(".raudit-web", "raudit-log.db*"))
    reviewed(as_)
    olga = as_("olga")
    page = olga.get(A + "sign/")
    form = {"answers": digest_on(page), "role": "owner", "decision": "approve"}
    assert olga.post(A + "sign/", form).status_code == 200
    client = fresh(as_, "olga")
    shown = statement_on(client.post(A + "sign/", form))
    done = client.post(A + "sign/finish/", {"statement": shown, "without": "proof"})
    assert done.status_code == 302, done.content.decode()

    place = twin / "credit"
    checklist, path = load_checklist(place / "small.yaml"), place / "answers/small.yaml"
    path.parent.mkdir()
    path.write_text(skeleton(checklist, project="Credit"))
    given = [
        ("first.what", "It decides"),
        ("first.people", "no"),
        ("first.kind", "advice"),
        ("second.which", ["names"]),
        ("second.share", "12"),
        ("second.day", "2026-01-02"),
        ("second.who", "olga"),
    ]
    for question, value in given:
        with books_of(path, clock=now(), actor="ann") as books:
            keep(
                path,
                lambda t, q=question, v=value: record_answer(
                    t, checklist, q, v, at=books.clock, by="ann", why=""
                ),
                checklist,
                books,
            )
    for arguments in (
        ["submit", str(path), "--by", "ann"],
        ["review", str(path), "--by", "rex", "--accept", "all"],
        ["sign", str(path), "--role", "owner", "--by", "olga", "--decision", "approve"],
    ):
        result = CliRunner().invoke(raudit, ["assess", *arguments], standalone_mode=False)
        assert result.exception is None, result.output

    def timeless(text: str) -> str:
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)

    web, cli = workspace / "credit/answers/small.yaml", path
    assert timeless(web.read_text()) == timeless(cli.read_text())
    # Ids of events follow from what happened and when, so one that a test before told in the same
    # second on this workspace is not told twice: the whole log is looked through.
    told = events(twin)
    assert len(told) > len(given)
    assert set(told) <= set(events(workspace))


def events(folder: Path) -> list[tuple[str, str]]:
    from raudit.log import open_log

    def plain(value: Any) -> Any:
        return re.sub(r"salted:[0-9a-f]+", "salted", json.dumps(value, sort_keys=True))

    with open_log(folder / "raudit-log.db") as log:
        kept = [
            entry
            for entry in log.entries()
            if entry.type
            in ("answers.changed", "answers.submitted", "review.given", "signoff.given")
        ]
        return [(str(entry.type), plain(entry.body)) for entry in kept]


def test_evidence_is_kept_by_digest_and_given_back_as_a_download(as_: Any, workspace: Path) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    ann = as_("ann")
    write(ann, "first.what", "It decides")
    file = SimpleUploadedFile("../../evil <b>.html", b"<script>alert(1)</script>")
    assert (
        ann.post(
            A + "q/first.what/evidence/", {"file": file, "observed": "what it shows"}
        ).status_code
        == 302
    )
    link = answers(workspace).answers["first.what"].evidence[0]
    assert re.fullmatch(r"evidence/[0-9a-f]{64}-[A-Za-z0-9._-]+", link.path)
    got = ann.get(f"{A}evidence/{link.sha256}/")
    assert got["Content-Disposition"].startswith("attachment")
    assert got["Content-Type"] == "application/octet-stream"
    assert b"".join(got.streaming_content) == b"<script>alert(1)</script>"
    bad = ann.post(A + "q/first.what/evidence/", {"file": SimpleUploadedFile("run.exe", b"MZ")})
    assert bad.status_code == 422
    assert (
        ann.post(A + "q/first.what/evidence/", {"address": "javascript:alert(1)"}).status_code
        == 422
    )


def test_a_link_in_the_file_to_elsewhere_is_not_served(as_: Any, workspace: Path) -> None:
    ann = as_("ann")
    write(ann, "first.what", "It decides")
    path = workspace / "credit/answers/small.yaml"
    import hashlib

    digest = hashlib.sha256((workspace / "people.yaml").read_bytes()).hexdigest()
    evidence = f"    evidence: [{{kind: document, path: ../../people.yaml, sha256: {digest}}}]\n"
    path.write_text(path.read_text().replace("    by: ann\n", evidence + "    by: ann\n", 1))
    assert answers(workspace).answers["first.what"].evidence
    assert ann.get(f"{A}evidence/{digest}/").status_code == 404


def test_a_broken_file_is_a_page_that_says_where_and_takes_nothing_else_down(
    as_: Any, workspace: Path
) -> None:
    ann = as_("ann")
    write(ann, "first.what", "It decides")
    path = workspace / "credit/answers/small.yaml"
    path.write_text(path.read_text() + "\nnonsense: [unclosed\n")
    assert ann.get("/").status_code == 200
    assert b"a file is broken" in ann.get("/").content
    broken = ann.get(A)
    assert broken.status_code == 400
    assert b"small.yaml" in broken.content
    assert str(workspace).encode() not in broken.content
    (workspace / "other/raudit.yaml").write_text("schema: [")
    assert ann.get("/").status_code == 200


def test_a_workbook_comes_back_and_errors_name_their_cell(as_: Any, workspace: Path) -> None:
    from io import BytesIO

    import openpyxl
    from django.core.files.uploadedfile import SimpleUploadedFile

    ann = as_("ann")
    write(ann, "first.what", "It decides")
    book = openpyxl.load_workbook(BytesIO(ann.get(A + "download/excel/").content))
    sheet = next(
        s for s in book if any("first.kind" in str(c.value) for row in s.iter_rows() for c in row)
    )
    head = [str(c.value) for c in next(sheet.iter_rows(max_row=1))]
    row = next(r for r in sheet.iter_rows() if any(c.value == "first.kind" for c in r))
    cell = row[next(i for i, name in enumerate(head) if name.lower() in ("answer", "value"))]
    for value, status in (("nonsense", 422), ("advice", 302)):
        cell.value = value
        out = BytesIO()
        book.save(out)
        done = ann.post(A + "import/", {"workbook": SimpleUploadedFile("a.xlsx", out.getvalue())})
        assert done.status_code == status, done.content.decode()[:3000]
    assert answers(workspace).answers["first.kind"].value == "advice"
    assert (
        ann.post(
            A + "import/", {"workbook": SimpleUploadedFile("a.xlsx", b"PK\x03\x04no")}
        ).status_code
        == 422
    )


def test_nothing_is_signed_over_answers_that_changed(as_: Any, workspace: Path) -> None:
    reviewed(as_)
    client = fresh(as_, "olga")
    form = {"answers": digest_on(client.get(A + "sign/")), "role": "owner", "decision": "approve"}
    shown = statement_on(client.post(A + "sign/", form))
    write(as_("ann"), "first.what", "Something else")
    finish = {"statement": shown, "without": "proof"}
    assert client.post(A + "sign/finish/", finish).status_code == 409
    assert answers(workspace).signoffs == ()
    forged = json.dumps(
        dict.fromkeys(("id", "clientDataJSON", "authenticatorData", "signature"), "AAAA")
    )
    finish = {"statement": shown, "assertion": forged}
    assert client.post(A + "sign/finish/", finish).status_code == 409


def test_a_form_signs_the_statement_that_it_showed_and_no_other(as_: Any, workspace: Path) -> None:
    """Two tabs: the decision of the second never goes out under the first, nor on another page."""
    reviewed(as_)
    client = fresh(as_, "olga")
    form = {"answers": digest_on(client.get(A + "sign/")), "role": "owner"}
    reject = statement_on(client.post(A + "sign/", {**form, "decision": "reject"}))
    approve = statement_on(client.post(A + "sign/", {**form, "decision": "approve"}))
    assert reject != approve
    elsewhere = client.post(A + "met/", {"statement": reject, "without": "proof"})
    assert elsewhere.status_code in (403, 409)
    nothing = client.post(A + "sign/finish/", {"statement": "0" * 64, "without": "proof"})
    assert nothing["Location"].endswith("/sign/")
    assert answers(workspace).signoffs == ()
    client.post(A + "sign/finish/", {"statement": reject, "without": "proof"})
    assert [s.decision for s in answers(workspace).signoffs] == ["reject"]
    again = client.post(A + "sign/finish/", {"statement": reject, "without": "proof"})
    assert again["Location"].endswith("/sign/")
    assert len(answers(workspace).signoffs) == 1


def test_signing_without_proof_asks_for_the_password_again(as_: Any, workspace: Path) -> None:
    reviewed(as_)
    olga = as_("olga")  # a session without a fresh password
    shown = olga.post(
        A + "sign/",
        {"answers": digest_on(olga.get(A + "sign/")), "role": "owner", "decision": "approve"},
    )
    done = olga.post(A + "sign/finish/", {"statement": statement_on(shown), "without": "proof"})
    assert "/accounts/reauthenticate/" in done["Location"]
    assert answers(workspace).signoffs == ()


def test_check_deploy_is_clean(site: Path) -> None:
    from io import StringIO

    from django.core.management import call_command

    out = StringIO()
    call_command("check", deploy=True, fail_level="WARNING", stdout=out, stderr=out)
    assert "no issues" in out.getvalue()


def test_every_text_is_there_in_german(site: Path) -> None:
    import polib

    folder = Path(__file__).resolve().parents[2] / "src/raudit/web"
    asked: set[str] = set()
    for path in folder.rglob("*.html"):
        asked |= set(
            re.findall(r"""translate (?:"([^"]+)"|'([^']+)')""", path.read_text())
            and [
                a or b
                for a, b in re.findall(r"""translate (?:"([^"]+)"|'([^']+)')""", path.read_text())
            ]
        )
    for path in folder.rglob("*.py"):
        asked |= set(re.findall(r"""\b(?:_|lazy)\(\s*"([^"]+)"\s*\)""", path.read_text()))
    catalogue = polib.pofile(str(folder / "locale/de/LC_MESSAGES/django.po"))
    said = {entry.msgid for entry in catalogue if entry.msgstr or entry.msgstr_plural}
    assert sorted(asked - said) == []
    from raudit.checklists.states import STATES

    assert sorted({str(s) for s in STATES} - said) == []
    compiled = polib.mofile(str(folder / "locale/de/LC_MESSAGES/django.mo"))
    assert {e.msgid: e.msgstr for e in compiled} == {e.msgid: e.msgstr for e in catalogue}


def test_german_pages_speak_german(as_: Any) -> None:
    page = as_("ann").get("/", HTTP_ACCEPT_LANGUAGE="de")
    assert 'lang="de"' in page.content.decode()
    assert "Das wartet auf Sie" in page.content.decode()


def test_a_shipped_checklist_is_asked_in_the_persons_language(as_: Any) -> None:
    """Whoever fills in a form in German is asked in German; a form of one's own stays in its own words."""
    from django.utils import translation

    from raudit.checklists.form.load import shipped
    from raudit.sentences import say
    from raudit.web.words import asked

    checklist = shipped("launch-readiness")
    texts = [checklist.file.title, *(question.text for question in checklist.questions.values())]
    with translation.override("de"):
        same = [text for text in texts if asked(text) == text]
        assert same == []
        assert asked("What does it decide?") == "What does it decide?"
        assert asked(say("not signed off by {roles}", roles="{x}")).endswith("{x}")
    assert [asked(text) for text in texts] == texts
    form = {"name": "S", "purpose": "p", "people": "yes", "live": "yes", "source": "example"}
    sent = as_("adam").post("/new/", {**form, "step": "suggest"}, HTTP_ACCEPT_LANGUAGE="de")
    page = sent.content.decode()
    with translation.override("de"):
        assert html.escape(asked(checklist.file.title)) in page


def test_a_gap_between_rates_is_in_points_in_the_list_of_findings():
    from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject
    from raudit.web.views.findings import number_of

    def shown(metric, value, interval):
        measured = Measurement(
            metric=metric,
            value=value,
            n=16281,
            interval=Interval(low=interval[0], high=interval[1], method="x"),
        )
        return number_of(
            Finding(
                rule="RA-FAIR-001",
                subject=Subject(kind="attribute", name="sex"),
                status=Status.FAILED,
                severity=Severity.HIGH,
                statement="Said.",
                measurement=measured,
            )
        )

    gap = shown("demographic_parity_difference", 0.1696, (0.1586, 0.1803))
    assert gap.endswith(" 17.0 percentage points (15.9 to 18.0), n = 16,281")
    assert shown("impact_ratio", 0.5, (0.25, None)).endswith(" 0.500 (0.250 to ∞), n = 16,281")


def test_the_pages_tell_a_finding_as_the_policy_judged_it(as_, tmp_path):
    """What passed its stage and fails the policy's limit is among the open ones, and in the portfolio."""
    from dataclasses import replace

    from tests.report import synthetic

    from raudit.findings import Status
    from raudit.record import record_bytes
    from raudit.web.reading import FinishedRun
    from raudit.web.summing import summed_run

    record = synthetic.make_record()
    passed = next(found for found in record.findings if found.status is Status.PASSED)
    change = {
        "fingerprint": passed.fingerprint,
        "status": "failed",
        "severity": "critical",
        "reason": "",
        "threshold": None,
    }
    policy = {**record.verdict.policy, "adjusted": [change]}
    judged = replace(record, verdict=replace(record.verdict, policy=policy))
    before, after = summed_run(record), summed_run(judged)
    assert after["findings"] == before["findings"] + 1
    assert after["worst"] == "critical"
    (tmp_path / "record.json").write_bytes(record_bytes(judged))
    told = FinishedRun(name="r", folder=tmp_path).told
    seen = next(found for found in told.findings if found.fingerprint == passed.fingerprint)
    assert (seen.status, str(seen.severity)) == (Status.FAILED, "critical")
