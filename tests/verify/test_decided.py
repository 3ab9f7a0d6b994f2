"""The step about decisions: statements inside a report, against its people, its system, its record and the log."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.verify.conftest import NOW, A, Sealed
from tests.verify.steps import OPEN, certified, failed, step, verified

from raudit.findings import Status
from raudit.log import Event, attest_log
from raudit.people import binding
from raudit.policy.proof import FACT
from raudit.record import Record, Verdict, WaiverUse
from raudit.signing import check_pdf
from raudit.statements import Kind, LogState, PersonKey, Statement, sign_statement
from raudit.verify import StepStatus, verify_report
from raudit.verify.against_log import LogView
from raudit.verify.decided import statements_step

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
PUBLIC = PRIVATE.public_key()
KEY = PersonKey(
    private=PRIVATE, spki=PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PEOPLE = {
    "schema": "raudit.people/1",
    "people": [{"id": "dee", "roles": [{"role": "dpo"}], "keys": [{"public_key": PEM}]}],
}


def said(sealed: Sealed, **other) -> Statement:
    given = {
        "kind": Kind.SIGN_OFF,
        "person": "dee",
        "subjects": {"answers": A},
        "decided": {"role": "dpo", "decision": "approve", "conditions": []},
        "system": str(sealed.record.system["name"]),
        "at": NOW,
        "nonce": "0" * 32,
    }
    return Statement(**(given | other))


def inside(*statements: Statement) -> dict[str, bytes | None]:
    lines = b"".join(sign_statement(statement, KEY) + b"\n" for statement in statements)
    return {"statements.jsonl": lines, "people.json": json.dumps(PEOPLE).encode()}


def test_statements_inside_are_checked_and_what_is_false_fails(sealed):
    whole = inside(said(sealed))
    found = verify_report(certified(sealed, whole), **sealed.given())
    held = step(found, 11)
    assert (held.status, held.needed, found.exit_status) == (OPEN, False, 0)
    assert "dee, sign-off as dpo: approve: proven" in held.detail
    assert "the order of enrolment was not checked" in held.detail
    # The log at hand never enrolled this key.
    strange = verified(sealed, certified(sealed, whole))
    assert 11 in failed(strange)
    assert "the log never enrolled this key" in step(strange, 11).detail
    line = whole["statements.jsonl"] or b""
    other = json.loads(line)
    other["signatures"][0]["sig"] = "AAAA"
    for files, says in (
        (whole | {"statements.jsonl": json.dumps(other).encode()}, "does not fit"),
        (whole | {"statements.jsonl": b"junk\n" + line}, "no signed statement"),
        (whole | {"people.json": b"\xff"}, "the people inside cannot be read"),
        ({"statements.jsonl": line}, "people.json not attached"),
        ({"people.json": whole["people.json"]}, "statements.jsonl not attached"),
    ):
        found = verify_report(certified(sealed, files), **sealed.given())
        assert (failed(found), found.exit_status) == ([11], 6)
        assert says in step(found, 11).detail


def test_without_any_statement_nobody_is_proven(copy):
    found = step(verified(copy, certified(copy, inside() | {"statements.jsonl": b"\n"})), 11)
    assert (found.status, found.detail) == (OPEN, "no statement is inside, so nobody is proven")


def claims(record: Record, *entries: dict[str, object]) -> Record:
    """The same record, which says that these decisions were proven."""
    whole = [{"what": "sign-off", "of": "dpo", "by": "dee", "proven": True, **e} for e in entries]
    first, *rest = record.stages
    facts = {**first.facts, FACT: {"small": whole}}
    return replace(record, stages=(replace(first, facts=facts), *rest))


def judged(sealed: Sealed, files: dict[str, bytes | None], record: Record):
    check = check_pdf(certified(sealed, files), trust=[sealed.trust])
    (found,) = statements_step(check, record, None, LogView(attested=None))
    return found.status, found.detail


def test_a_statement_about_another_system_proves_nothing_of_this_one(sealed):
    mine, theirs = said(sealed), said(sealed, system="Mortgage")
    for statement, ends in ((mine, StepStatus.NOT_CHECKED), (theirs, StepStatus.FAILED)):
        name = _sha256(statement)
        status, detail = judged(
            sealed, inside(statement), claims(sealed.record, {"statement": name})
        )
        assert status is ends, detail
    assert "it is about Mortgage, and the audit is of" in detail or "sign-off dpo by dee" in detail
    # One that is only carried along is named and is no fault of the file.
    found = verify_report(certified(sealed, inside(mine, theirs)), **sealed.given())
    assert (failed(found), found.exit_status) == ([], 0)
    assert "it is about Mortgage, and the audit is of" in step(found, 11).detail
    # A waiver's approval may name no system.
    anywhere = said(sealed, kind=Kind.APPROVAL, decided={"waiver": "W-1"}, system="")
    found = verify_report(certified(sealed, inside(anywhere)), **sealed.given())
    assert "approval of W-1: proven" in step(found, 11).detail


@pytest.mark.parametrize(
    "other",
    [
        {"statement": ""},
        {"statement": A},
        {"of": "owner"},
        {"what": "review"},
        {"of": "dpo 1", "what": "condition"},
    ],
)
def test_what_the_record_says_is_proven_is_proven_by_a_statement_inside(sealed, other):
    own = {"statement": _sha256(said(sealed))}
    assert judged(sealed, inside(said(sealed)), claims(sealed.record, own))[0] is OPEN
    status, detail = judged(sealed, inside(said(sealed)), claims(sealed.record, own | other))
    assert status is StepStatus.FAILED
    assert detail.startswith("the record says that this is proven, and no statement inside proves")
    assert judged(sealed, {}, claims(sealed.record, own))[0] is StepStatus.FAILED
    stated = claims(sealed.record, own | other | {"proven": False})
    assert judged(sealed, inside(said(sealed)), stated)[0] is OPEN


def test_whoever_the_record_names_is_who_signed_in_a_role_that_they_may_hold(sealed):
    own = {"statement": _sha256(said(sealed))}
    two = [*PEOPLE["people"], {"id": "max", "name": "Max Muster", "roles": [{"role": "dpo"}]}]
    known = inside(said(sealed)) | {"people.json": json.dumps(PEOPLE | {"people": two}).encode()}
    for by in ("max", "MAX  muster"):
        status, detail = judged(sealed, known, claims(sealed.record, own | {"by": by}))
        assert status is StepStatus.FAILED
        assert f"no statement inside proves it: sign-off dpo by {by}" in detail
    status, detail = judged(sealed, known, claims(sealed.record, own | {"by": "Dr Famous"}))
    assert status is OPEN
    assert detail.endswith("the record calls the signer Dr Famous, and dee signed")
    owner = said(sealed, decided={"role": "owner", "decision": "approve", "conditions": []})
    as_owner = {"statement": _sha256(owner), "of": "owner"}
    status, _detail = judged(sealed, inside(owner), claims(sealed.record, as_owner))
    assert status is StepStatus.FAILED  # dee may sign as dpo alone


def test_a_waiver_that_the_record_calls_approved_is_approved_by_a_statement_inside(sealed):
    approval = said(sealed, kind=Kind.APPROVAL, decided={"waiver": "W-1"})

    def waived(name: str, **other: str) -> Record:
        given = {"approver": "dee", "statement": _sha256(approval), "state": "applied"}
        use = WaiverUse(id=name, rule="RA-FAIR-001", **(given | other))
        verdict = Verdict(status=Status.PASSED, exit_status=0, because=("x",), waivers=(use,))
        return replace(sealed.record, verdict=verdict)

    assert judged(sealed, inside(approval), waived("W-1"))[0] is OPEN
    assert judged(sealed, inside(approval), waived("W-2", statement=""))[0] is OPEN  # only stated
    for files, record in (
        (inside(approval), waived("W-2")),
        (inside(approval), waived("W-1", statement=A)),
        (inside(said(sealed)), waived("W-1")),
        ({}, waived("W-1")),
    ):
        status, detail = judged(sealed, files, record)
        assert status is StepStatus.FAILED
        assert not files or "no statement inside proves it: waiver W-" in detail
    expired = waived("W-2", state="expired")
    assert judged(sealed, inside(approval), expired)[0] is OPEN


@pytest.mark.parametrize(
    ("kind", "decided", "of"),
    [
        (Kind.REVIEW, {"question": "q", "state": "accepted", "note": ""}, ("review", "q")),
        (Kind.MET, {"role": "dpo", "condition": 2, "how": ""}, ("condition", "dpo 2")),
    ],
)
def test_reviews_and_conditions_are_held_against_their_own_statements(sealed, kind, decided, of):
    statement = said(sealed, kind=kind, decided=decided)
    own = {"what": of[0], "of": of[1], "statement": _sha256(statement)}
    assert judged(sealed, inside(statement), claims(sealed.record, own))[0] is OPEN
    far = own | {"of": "x"}
    assert judged(sealed, inside(statement), claims(sealed.record, *[far] * 5))[1].endswith(
        f"{of[0]} x by dee, {of[0]} x by dee, {of[0]} x by dee and 2 more"
    )


def test_the_log_s_word_on_enrolment_counts_as_far_as_its_key_signed(copy):
    bound = binding("dee", KEY.fingerprint)
    body = {"old": None, "new": A, "enrolled": [bound], "withdrawn": [], "by": "dee"}
    with copy.opened() as log:
        log.append([Event(type="people.changed", actor="dee", body=body)], clock=NOW)
        size, root = log.size, attest_log(log).size
        assert size == root
        from raudit.emit import log_state

        state = log_state(log)
    assert isinstance(state, LogState)
    pdf = certified(copy, inside(said(copy, log=state)))
    beyond = step(verified(copy, pdf), 11)
    assert (beyond.status, "no signed checkpoint of the log covers" in beyond.detail) == (
        OPEN,
        True,
    )
    with copy.opened() as log:
        log.checkpoint(NOW)
    covered = step(verified(copy, pdf), 11)
    assert (covered.status, "enrolled before" in covered.detail) == (StepStatus.OK, True)
    unknown = step(verified(copy, pdf, vkey=None), 11)
    assert (unknown.status, "was not checked" in unknown.detail) == (OPEN, True)


def _sha256(statement: Statement) -> str:
    from raudit.canonical import sha256

    return sha256(statement.payload())
