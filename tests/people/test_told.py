"""The log is told: which command writes each type of event, shown by running it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from raudit.cli import raudit
from raudit.emit.waivers import revocations_in
from raudit.findings import Status
from raudit.log import EventType, open_log
from raudit.record import parse_record
from raudit.report import render_html

CLOCK = "2026-11-20T12:00:00Z"


@pytest.fixture
def run(room, monkeypatch, capsys) -> Callable[..., str]:
    """Run a command in the room; its output."""
    monkeypatch.chdir(room.folder)

    def call(*args: str, status: int = 0) -> str:
        got = raudit.main(args=[*args], prog_name="raudit", standalone_mode=False)
        out = capsys.readouterr()
        assert (got or 0) == status, out
        return out.out + out.err

    return call


def types(room) -> list[str]:
    path = room.folder / "log.db"
    if not path.exists():
        return []
    with open_log(path) as log:
        return [entry.type for entry in log.entries()]


def answer_all(room, by: str = "ann") -> None:
    from datetime import UTC, datetime

    from raudit.checklists.writing import record_answer
    from raudit.emit import books_of, keep

    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with books_of(room.answers, clock=now, actor=by) as books:
        for question in "abcdefgh":
            keep(
                room.answers,
                lambda text, q=question: record_answer(text, room.checklist, q, "x", at=now, by=by),
                room.checklist,
                books,
            )


def test_answers_reviews_sign_offs_and_conditions_are_told(room, run):
    answer_all(room)
    assert types(room).count("answers.changed") == 8
    at = ["--clock", CLOCK]
    key = {name: ["--by", name, "--key", str(path)] for name, path in room.keys.items()}
    run("assess", "review", "small-answers.yaml", "--accept", "all", *key["bob"], *at)
    assert types(room).count("review.given") == 8
    said = run(
        "assess",
        "sign",
        "small-answers.yaml",
        "--role",
        "dpo",
        "--decision",
        "approve_with_conditions",
        "--condition",
        "Test more",
        "ann",
        "2027-01-01",
        *key["dee"],
        *at,
    )
    assert "proven: signed with public key" in said
    run(
        "assess", "met", "small-answers.yaml", "--role", "dpo", "--condition", "1", *key["bob"], *at
    )
    run(
        "assess",
        "sign",
        "small-answers.yaml",
        "--role",
        "owner",
        "--decision",
        "approve",
        *key["olu"],
        *at,
    )
    found = types(room)
    assert found[:2] == ["log.opened", "answers.changed"]
    assert (
        found.count("signoff.given"),
        found.count("condition.met"),
        found.count("people.changed"),
    ) == (2, 1, 1)
    with open_log(room.folder / "log.db") as log:
        assert all(
            e.body["statement"]
            for t in ("review.given", "signoff.given", "condition.met")
            for e in log.find(type=t)
        )
    said = run("assess", "status", "small-answers.yaml", *at)
    assert "was told of every change" in said
    assert "enrolled before" in said
    # A change of meaning voids both, and the log says so once.
    Path("note.txt").write_text("shown")
    run("assess", "evidence", "small-answers.yaml", "a", "note.txt", "--by", "ann", *at)
    assert types(room).count("signoff.voided") == 2
    said = run("assess", "diff", "small-answers.yaml", status=1)
    assert "dpo: a" in said
    assert "- value: x" in said.replace("\x1b", "")


def test_a_key_that_is_not_theirs_signs_nothing(room, run):
    answer_all(room)
    before = room.answers.read_bytes()
    from raudit.errors import StatementError

    with pytest.raises(StatementError, match="does not give dee this key"):
        run(
            "assess",
            "sign",
            "small-answers.yaml",
            "--role",
            "dpo",
            "--decision",
            "approve",
            "--by",
            "dee",
            "--key",
            str(room.keys["olu"]),
            "--clock",
            CLOCK,
        )
    assert room.answers.read_bytes() == before


def test_a_form_that_names_no_system_is_not_signed(room, run):
    from raudit.errors import StatementError

    answer_all(room)
    room.answers.write_text(room.answers.read_text().replace("project: Credit", 'project: ""'))
    with pytest.raises(StatementError, match="which system"):
        run(
            "assess",
            "sign",
            "small-answers.yaml",
            "--role",
            "dpo",
            "--decision",
            "approve",
            "--by",
            "dee",
        )


def test_a_change_by_hand_is_told_by_the_next_command_and_named_as_such(room, run):
    answer_all(room)
    room.answers.write_text(room.answers.read_text().replace("value: x", "value: y", 1))
    assert "not told of these answers as they are" in run(
        "assess", "status", "small-answers.yaml", status=3
    )
    run("assess", "review", "small-answers.yaml", "--accept", "b", "--by", "bob", "--clock", CLOCK)
    with open_log(room.folder / "log.db") as log:
        last = list(log.find(type="answers.changed"))[-1]
        assert (last.body["by"], last.body["question"]) == ("service:outside-raudit", "a")


def test_killed_between_answer_and_event_the_next_command_tells_it_once(room, run, monkeypatch):
    answer_all(room)
    import raudit.emit.answers as emit

    count = types(room).count("answers.changed")
    for step in ("_told", "add_line"):
        with monkeypatch.context() as patch:
            patch.setattr(emit, step, lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                answer_again(room, f"killed at {step}")
        assert f"killed at {step}" in room.answers.read_text()  # acknowledged or not, it is on disk
        said = run("assess", "status", "small-answers.yaml", "--clock", CLOCK, status=3)
        assert "was not told of 1 change" in said
        answer_again(room, f"after {step}")  # tells what is missing, once, and itself
    assert types(room).count("answers.changed") == count + 4
    assert "was told of every change" in run(
        "assess", "status", "small-answers.yaml", "--clock", CLOCK, status=3
    )


def answer_again(room, value: str) -> None:
    from datetime import UTC, datetime

    from raudit.checklists.writing import record_answer
    from raudit.emit import books_of, keep

    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with books_of(room.answers, clock=now, actor="ann") as books:
        keep(
            room.answers,
            lambda text: record_answer(text, room.checklist, "a", value, at=now, by="ann"),
            room.checklist,
            books,
        )


def test_without_a_log_it_is_said_that_nothing_is_recorded(room, run):
    (room.folder / "raudit.yaml").unlink()
    said = run("assess", "status", "small-answers.yaml", status=3)
    assert "Not recorded in a log" in said
    from raudit.log.review import KINDS, hunt, not_recorded

    assert set(not_recorded([])) <= set(KINDS)
    assert not hunt([], today="2026-11-20")
    assert "signoff-voided" in not_recorded([])


def test_people_are_enrolled_and_withdrawn_and_the_log_is_told(room, run):
    at = ["--clock", CLOCK]
    run("people", "add", "eve", "--known-as", "eve@example.org", "--role", "dpo=Credit", *at)
    public = (room.folder / "people.yaml").read_text()
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ed25519.Ed25519PrivateKey.generate().public_key()
    Path("eve.pub").write_bytes(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    run("people", "enrol", "eve", "--ssh", "eve.pub", *at)
    from raudit.people import load_people

    held = load_people(room.folder / "people.yaml")
    assert held.may("eve@example.org", "dpo", "Credit")
    assert not held.may("eve", "dpo", "Fraud")
    fingerprint = held.keys("eve")[0].fingerprint
    assert fingerprint in run("people", "list")
    run("people", "withdraw", "eve", fingerprint[:12], *at)
    assert types(room).count("people.changed") == 3
    with open_log(room.folder / "log.db") as log:
        last = list(log.find(type="people.changed"))
        assert last[1].body["enrolled"] == last[2].body["withdrawn"]
    assert public.splitlines()[3] in (room.folder / "people.yaml").read_text()


def sign_all(room, run) -> None:
    """An answered and signed assessment."""
    answer_all(room)
    for role, name in (("dpo", "dee"), ("owner", "olu")):
        run(
            "assess",
            "sign",
            "small-answers.yaml",
            "--role",
            role,
            "--decision",
            "approve",
            "--by",
            name,
            "--key",
            str(room.keys[name]),
            "--clock",
            CLOCK,
        )


def audit(out: str, clock: str) -> None:
    """Run the plan, however it ends."""
    args = ["run", "raudit.yaml", "-q", "-o", out, "--clock", clock]
    raudit.main(args=args, prog_name="raudit", standalone_mode=False)


def test_a_run_supersedes_the_earlier_report_and_verify_and_the_gate_check_statements(room, run):
    light = Path("raudit.yaml").read_text().replace("fairness: {}, ", "")
    Path("raudit.yaml").write_text(light)
    sign_all(room, run)
    for place, out in enumerate(("one", "two")):
        audit(out, f"2026-11-2{place + 1}T12:00:00Z")
        with Path("data.csv").open("a") as file:
            file.write("a,1,1\n")
    found = types(room)
    assert found.count("report.superseded") == 1
    record = json.loads(Path("two/record.json").read_text())
    signed = [f for s in record["stages"] for f in s["findings"] if f["rule"] == "RA-ASMT-004"]
    assert [f["status"] for f in signed] == ["passed"], signed
    trust = [
        "--trust",
        "keys/raudit-signing.crt",
        "--log-key",
        "keys/log-vkey.txt",
        "--log",
        "log.db",
        "--no-remake",
    ]
    old = run("verify", "one/report.pdf", *trust, status=0)
    assert "superseded by the report" in old
    new = run("verify", "two/report.pdf", *trust)
    assert "newer report" not in new
    assert "dee, sign-off as dpo: approve: proven, signed with" in new
    assert "enrolled before" in new
    # Withdrawn by hand, and superseded by hand.
    run("log", "withdraw", "log.db", "two/report.pdf", "--reason", "wrong-data")
    assert "withdrawn" in run("verify", "two/report.pdf", *trust, status=6)
    from raudit.errors import LogError

    with pytest.raises(LogError, match="withdrawn already"):
        run("log", "withdraw", "log.db", "two/report.pdf", "--reason", "wrong-data")
    with pytest.raises(LogError, match="never issued"):
        run("log", "supersede", "log.db", "one/report.pdf", "0" * 64)
    run("log", "supersede", "log.db", "two/report.pdf", "one/report.pdf")
    assert types(room).count("report.superseded") == 2
    # Without its proof the same sign-off is indeterminate; with identity: stated it passes and says so.
    shutil.move("small-answers.statements.jsonl", "away")
    plan = Path("raudit.yaml").read_text()
    for identity, status in (("proven", "indeterminate"), ("stated", "passed")):
        Path("raudit.yaml").write_text(plan + f"identity: {identity}\n")
        from raudit.audit import judge_plan
        from raudit.plan import load_plan

        from datetime import UTC, datetime  # isort: skip

        judged = judge_plan(
            load_plan(Path("raudit.yaml")), clock=datetime(2026, 11, 24, tzinfo=UTC)
        )
        (finding,) = [f for f in judged.findings if f.rule == "RA-ASMT-004"]
        assert (str(finding.status), "stated, not proven" in finding.statement) == (status, True)
        assert ("Who signed off is stated, not proven" in render_html(judged)) == (
            identity == "stated"
        )


WRITERS = {
    "log.opened": "any",
    "run.started": "run",
    "stage.finished": "run",
    "run.finished": "run",
    "run.failed": "run",
    "run.aborted": "run",
    "answers.changed": "assess",
    "answers.submitted": "assess submit",
    "file.downloaded": "serve",
    "signin.failed": "serve",
    "review.given": "assess review",
    "waiver.granted": "waive",
    "waiver.approved": "waive-approve",
    "waiver.revoked": "waive-revoke",
    "waiver.expired": "run",
    "waiver.used": "run",
    "baseline.approved": "check --update-baseline",
    "signoff.given": "assess sign",
    "signoff.voided": "assess",
    "condition.met": "assess met",
    "report.rendered": "run",
    "report.issued": "run",
    "report.countersigned": "sign",
    "report.superseded": "run; log supersede",
    "report.withdrawn": "log withdraw",
    "policy.changed": "run",
    "people.changed": "people",
    "key.rotated": "log rotate",
    "checkpoint.witnessed": "log witness",
    "recovery.performed": "log import --recover",
}


def test_every_type_of_event_has_a_command_that_writes_it():
    """Types that older rooms write are shown by their own tests; those of this one above and below."""
    assert set(WRITERS) == {str(kind) for kind in EventType}
    source = "\n".join(
        path.read_text()
        for path in (Path(__file__).resolve().parents[2] / "src" / "raudit").rglob("*.py")
        if path.name not in ("events.py", "bodies.py", "hunt.py")
    )
    for kind in EventType:
        assert f"EventType.{kind.name}" in source, kind


def killed(*_given: object) -> None:
    raise RuntimeError("killed")


def test_policies_and_waivers_are_told(room, run, monkeypatch):
    at = ["--clock", "2026-11-24T12:00:00Z"]
    audit("two", at[1])
    record = parse_record(Path("two/record.json").read_bytes())
    assert types(room).count("policy.changed") == 1
    first = next(finding for finding in record.findings if finding.status is Status.FAILED)
    rule, fingerprint = first.rule, first.fingerprint
    ask = [
        "waive",
        rule,
        "--record",
        "two/record.json",
        "--fingerprint",
        fingerprint,
        "--reason",
        "known and ticketed",
        "--expires",
        "2027-01-31",
        "-y",
        *at,
    ]
    from raudit.errors import PolicyError

    with pytest.raises(PolicyError, match="takes two people"):
        run(*ask, "--owner", "ann", "--approver", "ANN@example.org")
    run(*ask, "--owner", "ann", "--approver", "bob", "--key", str(room.keys["ann"]))
    with pytest.raises(PolicyError, match="another approver"):
        run("waive-approve", "W-001", "--by", "dee", "--key", str(room.keys["dee"]), *at)
    from raudit.people import load_people
    from raudit.policy.waivers import load_waivers

    people = load_people(Path("people.yaml"))
    held = load_waivers(Path("waivers.yaml"), people=people, identity="proven")
    assert held.identity_of(held.entries[0]) == "stated, not proven"
    run("waive-approve", "W-001", "--by", "b", "--key", str(room.keys["bob"]), *at)
    held = load_waivers(Path("waivers.yaml"), people=people, identity="proven")
    assert held.approval(held.entries[0]).proven
    with monkeypatch.context() as patch:
        patch.setattr("raudit.files.write_whole", killed)
        with pytest.raises(RuntimeError, match="killed"):
            run("waive-revoke", "W-001", "--by", "bob", "--key", str(room.keys["bob"]), *at)
    assert load_waivers(Path("waivers.yaml")).entries
    with open_log(room.folder / "log.db") as log:
        assert [gone.waiver for gone in revocations_in(log, "Credit")] == ["W-001"]
    run("waive-revoke", "W-001", "--by", "bob", "--key", str(room.keys["bob"]), *at)
    assert not load_waivers(Path("waivers.yaml")).entries
    found = types(room)
    assert [found.count(f"waiver.{word}") for word in ("granted", "approved", "revoked")] == [
        1,
        1,
        2,  # also by the one that was cut short
    ]
    Path("raudit.yaml").write_text(Path("raudit.yaml").read_text() + "policy: strict\n")
    from datetime import UTC, datetime

    from raudit.audit import judge_plan
    from raudit.emit.keys import log_of
    from raudit.plan import load_plan

    plan = load_plan(Path("raudit.yaml"))
    with log_of(plan) as log:
        judge_plan(plan, clock=datetime(2026, 11, 25, tzinfo=UTC), log=log)
    assert types(room).count("policy.changed") == 2


def test_two_sign_offs_of_one_second_are_two_events(room, run):
    answer_all(room)
    key = ["--by", "dee", "--key", str(room.keys["dee"]), "--clock", CLOCK]
    for decision in ("approve", "reject"):
        sign = ["assess", "sign", "small-answers.yaml", "--role", "dpo", "--decision", decision]
        run(*sign, *key)
    with open_log(room.folder / "log.db") as log:
        told = list(log.find(type=EventType.SIGNOFF_GIVEN))
    assert len({entry.body["statement"] for entry in told}) == 2
    assert types(room).count("signoff.voided") == 1
