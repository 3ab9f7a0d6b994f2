"""What a policy wants proven, and a record that is held against other people than it was made with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from raudit.cli import main
from raudit.policy.load import load_policy
from raudit.policy.model import Policy, Proven
from raudit.policy.proof import Decision, Revocation, unproven

AT = ["--clock", "2026-11-21T12:00:00Z"]


@pytest.fixture
def run(room, monkeypatch, capsys) -> Callable[..., str]:
    """Run a command in the room; what it printed, after its status was compared."""
    monkeypatch.chdir(room.folder)

    def call(*args: object, status: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        out = capsys.readouterr()
        assert int(str(ended.value.code or 0)) == status, out
        return out.out + out.err

    return call


@pytest.fixture
def decided(room, run) -> Path:
    """Everything is answered, accepted, approved on a condition that is met, and signed by whoever has a key."""
    plan = (room.folder / "raudit.yaml").read_text()
    (room.folder / "raudit.yaml").write_text(plan.replace("fairness: {}, ", "") + ADVISORY)
    from .test_told import answer_all

    answer_all(room)
    key = {name: ["--by", name, "--key", path, *AT] for name, path in room.keys.items()}
    file = "small-answers.yaml"
    run("assess", "review", file, "--accept", "all", *key["bob"])
    condition = ["--condition", "Test more", "ann", "2027-01-01"]
    decision = ["--decision", "approve_with_conditions", *condition]
    run("assess", "sign", file, "--role", "dpo", *decision, *key["dee"])
    run("assess", "met", file, "--role", "dpo", "--condition", "1", *key["bob"])
    run("assess", "sign", file, "--role", "owner", "--decision", "approve", *key["olu"])
    return room.folder / "out" / "record.json"


ADVISORY = "policy: {extends: advisory}\n"
WANTED = "policy: {extends: advisory, require: {proven: [reviews, conditions]}}\n"


def judged(run, *options: object, status: int) -> dict:
    """The verdict of a check in the room's folder."""
    run("check", *options, "-q", "--output", "json=gate.json", *AT, status=status)
    return json.loads(Path("gate.json").read_text())


def test_a_policy_can_ask_that_reviews_and_conditions_are_proven(room, run, decided):
    plan = Path("raudit.yaml").read_text()
    Path("raudit.yaml").write_text(plan.replace(ADVISORY, WANTED))
    judged(run, status=0)
    lines = Path("small-answers.statements.jsonl").read_text().splitlines()
    assert len(lines) == 11
    Path("small-answers.statements.jsonl").write_text("\n".join([*lines[:2], *lines[8:]]) + "\n")
    said = judged(run, status=3)["verdict"]
    assert any(
        "6 of 8 reviews of small are stated, not proven" in reason and "c accepted by bob" in reason
        for reason in said["because"]
    ), said
    Path("small-answers.statements.jsonl").write_text("\n".join([*lines[:9], lines[10]]) + "\n")
    said = judged(run, status=3)["verdict"]
    assert any(
        "1 of 1 conditions of small are stated, not proven" in reason
        and "dpo 1 met by bob" in reason
        for reason in said["because"]
    ), said
    # Without the demand the same files pass: the sign-offs themselves are proven.
    Path("raudit.yaml").write_text(plan)
    judged(run, status=0)


def test_a_record_is_held_against_other_people(room, run, decided):
    run("run", "-o", "out", *AT)
    record = ["--record", decided, "--no-log"]
    judged(run, *record, status=0)
    people = Path("people.yaml").read_text()
    blocks = people.split("  - id: ")
    gone = [b if not b.startswith("dee") else b.split("    keys:")[0] for b in blocks]
    for text, why in (
        ("  - id: ".join(gone), "a key that people.yaml does not give this person"),
        (people.replace("roles: [dpo]", "roles: [owner]"), "dee may not sign as dpo for Credit"),
        (people.replace("id: dee", "id: eve"), "nobody is known by the id dee"),
    ):
        assert text != people
        Path("people.yaml").write_text(text)
        reasons = judged(run, *record, status=3)["verdict"]["because"]
        assert any("(dpo) is not proven under the people given" in r and why in r for r in reasons)
    # Whatever else is said of people, a record whose proofs still hold stands.
    Path("people.yaml").write_text(people + "# a comment\n")
    judged(run, *record, status=0)
    Path("small-answers.statements.jsonl").unlink()
    reasons = judged(run, *record, status=3)["verdict"]["because"]
    assert any("its statement is not beside the answers any more" in reason for reason in reasons)


@pytest.mark.parametrize("signed", [True, False])
def test_a_policy_can_ask_that_revocations_are_proven(room, run, signed):
    from raudit.findings import Status
    from raudit.record import parse_record

    run("run", "-o", "out", *AT, status=1)
    record = parse_record(Path("out/record.json").read_bytes())
    first = next(finding for finding in record.findings if finding.status is Status.FAILED)
    asked = ["--record", "out/record.json", "--fingerprint", first.fingerprint]
    why = ["--reason", "known and ticketed", "--expires", "2027-01-31", "-y"]
    who = ["--owner", "ann", "--approver", "bob", "--key", room.keys["ann"]]
    run("waive", first.rule, *asked, *why, *who, *AT)
    plan = Path("raudit.yaml").read_text()
    wanted = "policy: {extends: advisory, require: {proven: revocations}}\n"
    Path("raudit.yaml").write_text(plan + wanted)
    judged(run, status=0)  # nothing was revoked yet
    run("waive-revoke", "W-001", "--by", "bob", *(["--key", room.keys["bob"]] if signed else []))
    reasons = str(judged(run, status=0 if signed else 3)["verdict"]["because"])
    told = "1 of 1 revocations of waivers are stated, not proven" in reasons and "W-001" in reasons
    assert told is not signed
    judged(run, "--no-log", status=0 if signed else 3)  # it is not told, and asked all the same
    Path("keys/log-vkey.txt").unlink()
    reasons = str(judged(run, "--no-log", status=3)["verdict"]["because"])
    assert "no log is open that tells of them" in reasons


def test_the_demand_is_read_added_up_printed_and_never_met_by_silence(tmp_path):
    policy = load_policy(
        inline={"extends": "strict", "require": {"proven": "reviews"}}, folder=tmp_path
    )
    assert policy.required_proof == (Proven.REVIEWS,)
    assert policy.as_json()["require"]["proven"] == ["reviews"]
    (tmp_path / "p.yaml").write_text(
        "schema: raudit.policy/1\nrequire: {proven: [conditions, reviews]}\n"
    )
    both = load_policy(
        inline={"extends": "p.yaml", "require": {"proven": "revocations"}}, folder=tmp_path
    )
    assert both.required_proof == (Proven.CONDITIONS, Proven.REVIEWS, Proven.REVOCATIONS)
    silent = unproven(both, decisions=None, revoked=None, statements=())
    assert set(silent) == {"proven conditions", "proven reviews", "proven revocations"}
    from raudit.errors import PolicyError

    with pytest.raises(PolicyError, match="proven"):
        load_policy(inline={"require": {"proven": "signoffs"}}, folder=tmp_path)


def test_many_are_counted_and_few_are_named():
    policy = Policy(name="p", required_proof=(Proven.REVIEWS, Proven.REVOCATIONS))
    listed = [
        Decision(assessment="a", what="review", of=f"q{n}", by="bob", proven=n > 4)
        for n in range(7)
    ]
    revoked = [Revocation(waiver=f"W-{n}") for n in range(4)]
    found = unproven(policy, decisions=listed, revoked=revoked, statements=())
    assert found["proven reviews a"].startswith("5 of 7 reviews of a are stated")
    assert found["proven reviews a"].endswith("q2 accepted by bob and 2 more")
    assert "4 of 4 revocations" in found["proven revocations"]
    assert found["proven revocations"].endswith("W-0, W-1, W-2 and 1 more")
    assert not unproven(policy, decisions=listed[5:], revoked=(), statements=())
