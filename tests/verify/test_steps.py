"""Every step of a verification, by what is given and what is wrong: its status, its words and its exit status."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.verify.conftest import NOW, A, Sealed, files_of, finish, issue
from tests.verify.steps import OK, OPEN, certified, failed, sha256_of, step, verified

from raudit.errors import EnvironmentFault
from raudit.log import create_log_key
from raudit.signing import certify
from raudit.verify import verify_report


@pytest.mark.parametrize(
    ("left_out", "steps", "status"),
    [
        ({"trust": []}, {2: True, 10: True}, 3),
        ({"vkey": None}, {4: False, 7: True, 8: True, 9: False, 10: False}, 3),
        ({"log": None}, {4: False, 9: False, 10: False}, 0),
        ({"log": None, "vkey": None}, {4: False, 7: True, 8: True, 9: False, 10: False}, 3),
    ],
)
def test_what_is_not_given_is_not_checked_and_never_passed(sealed, left_out, steps, status):
    with sealed.opened() as log:
        found = verify_report(sealed.pdf, **(sealed.given(log=log) | left_out))
    if "trust" in left_out:  # nobody is trusted, yet the log names the issuer
        steps = {2: True}
    assert {i.number: i.needed for i in found.steps if i.status is OPEN} == steps | {6: False}
    assert (failed(found), found.exit_status) == ([], status)
    assert (status == 3) == found.verdict.startswith("COULD NOT TELL")


def test_what_has_no_signature_is_nothing(sealed):
    found = verified(sealed, sealed.base)
    assert found.exit_status == 6
    assert failed(found)[0] == 1
    for number in (2, 3):
        nothing = step(found, number)
        assert (nothing.status, nothing.detail) == (OPEN, "there is no signature")
    assert (step(found, 10).status, step(found, 10).detail) == (OPEN, "there is no certification")
    garbage = verify_report(b"%PDF-1.7", **sealed.given())
    assert (failed(garbage), garbage.exit_status) == ([1, 5, 7, 8], 6)
    assert garbage.verdict == "NOT VERIFIED: do not rely on this file"


# -- the log's key inside


def test_the_key_that_the_file_names_is_the_one_that_signed_its_checkpoint(sealed):
    own = sealed.vkey.encode()
    other = create_log_key(sealed.folder / "x.key", "example.org/log", seed=b"x" * 32).vkey.encode()
    for data, vkey, says in (
        (other, sealed.vkey, "log.vkey inside names another key than the one that you know"),
        (other, None, "no known key has signed this note"),
        (b"\xff", sealed.vkey, "log.vkey inside names another key"),
        (b"\xff", None, "not a verifier key"),
        (None, sealed.vkey, "log.vkey is not attached"),
    ):
        found = verify_report(certified(sealed, {"log.vkey": data}), **sealed.given(vkey=vkey))
        assert (failed(found), found.exit_status) == ([7], 6)
        assert says in step(found, 7).detail, step(found, 7).detail
    for data in (own, own + b"\n"):
        found = verify_report(certified(sealed, {"log.vkey": data}), **sealed.given())
        assert (failed(found), found.exit_status) == ([], 0)


# -- whom the issuer is


def test_the_issuer_is_whom_the_reader_or_the_log_names(sealed):
    longer = sealed.countersigned()
    theirs = sealed.certificate("reviewer")
    own, other = sha256_of(sealed.trust), sha256_of(theirs)
    named = verify_report(sealed.pdf, **sealed.given(issuer=[other, own]))
    assert step(named, 10).detail == "CN=Issuer, named by --issuer"
    both = verified(sealed, issuer=[own])
    assert step(both, 10).detail == "CN=Issuer, named by --issuer and entry 3 of the log"
    wrong = verify_report(sealed.pdf, **sealed.given(issuer=[other]))
    assert (failed(wrong), wrong.exit_status) == ([10], 6)
    assert f"(SHA-256 {own}); --issuer names another certificate" in step(wrong, 10).detail
    # The only one that is believed is the issuer; beside another, nobody says which of them is.
    alone = step(verify_report(sealed.pdf, **sealed.given()), 10)
    assert (alone.status, alone.needed) == (OPEN, False)
    assert "the one certificate you trust" in alone.detail
    two = {"trust": [sealed.trust, theirs]}
    among = verify_report(longer, **(sealed.given() | two))
    assert (step(among, 10).needed, among.exit_status) == (True, 3)
    assert "one of those you trust" in step(among, 10).detail


def test_a_log_that_names_another_issuer_is_heard(copy):
    with copy.signer("mallory") as key:
        forged = certify(copy.base, key, reason="x", name="Mallory", clock=NOW)
    with copy.opened() as log:
        event = issue(copy.record, copy.record.run.id, forged, copy.base, A)
        log.append([event], clock=NOW)
        log.checkpoint(NOW)
    trusted = [copy.trust, copy.certificate("mallory")]
    with copy.opened() as log:
        found = verify_report(forged, trust=trusted, vkey=copy.vkey, log=log)
        unpinned = verify_report(forged, trust=trusted, log=log)
    assert failed(found) == [10]
    assert "the log names another certificate" in step(found, 10).detail
    assert step(unpinned, 10).status is OPEN  # whose log this is nobody says


# -- the record, its entry, checkpoint and proof


@pytest.mark.parametrize(
    ("files", "steps", "says"),
    [
        ({"record.json": None}, [5], "record.json is not attached"),
        ({"record.json": b"{}"}, [5], ""),
        ({"run-finished.json": b"{"}, [5, 8], "run-finished.json is not a log entry"),
        ({"run-finished.json": b"[]"}, [5, 8], "run-finished.json is not a log entry"),
        ({"run-finished.json": b'{"body":[]}'}, [5, 8], "run-finished.json is not a log entry"),
        ({"run-finished.json": b'{"body":{}}'}, [5, 8], "the logged entry names another record"),
        ({"run-finished.json": None}, [8], "run-finished.json is not attached"),
        ({"record.tlog-proof": None}, [8], ""),
        ({"record.tlog-proof": b"c2sp.org/tlog-proof@v1\n"}, [8], ""),
        ({"checkpoint.txt": None}, [7], ""),
        ({"checkpoint.txt": b"example.org/log\n3\n"}, [7], ""),
    ],
)
def test_what_is_missing_inside_or_contradicts_is_named(sealed, files, steps, says):
    found = verify_report(certified(sealed, files), **sealed.given())
    assert (failed(found), found.exit_status) == (steps, 6)
    assert says in step(found, 5).detail
    if files.get("run-finished.json", b"") is None:
        assert step(found, 5).status is OPEN
    if {"record.tlog-proof", "run-finished.json"} & set(files) and steps == [8]:
        assert "not attached" in step(found, 8).detail or found.exit_status == 6


def test_a_proof_of_another_entry_does_not_end_the_run(sealed, copy):
    with copy.opened() as log:
        checkpoint = log.store.notes("signed")[0].note
        begun = files_of(log, copy.record, 1, checkpoint)
    found = verify_report(certified(copy, begun), **copy.given())
    assert failed(found) == [5, 8]
    assert step(found, 8).detail == "entry 1 does not end this run"
    with copy.opened() as log:
        log.append([finish(copy.record, "another")], clock=NOW)
        later = log.checkpoint(NOW)
        other = files_of(log, copy.record, 4, later)
    found = verify_report(certified(copy, other), **copy.given())
    assert failed(found) == [8]
    assert step(found, 8).detail == "entry 4 does not end this run"


def test_another_logs_key_fails_all_that_it_should_have_signed(sealed, tmp_path):
    other = create_log_key(tmp_path / "k", "example.org/log", seed=b"o" * 32)
    found = verify_report(sealed.pdf, **sealed.given(vkey=other.vkey))
    assert failed(found) == [7, 8]
    with sealed.opened() as log:
        found = verify_report(sealed.pdf, **sealed.given(vkey=other.vkey, log=log))
    assert failed(found) == [4, 7, 8, 9]
    assert "the log does not hold: the log is not signed by the key you know" in (
        step(found, 4).detail
    )
    assert f", expected {other.vkey}" in step(found, 9).detail


# -- the pages


def rendered(monkeypatch, answer) -> list[dict]:
    asked: list[dict] = []

    def render(record, **settings):
        asked.append({"record": record} | settings)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("raudit.report.render_pdf", render)
    return asked


def test_pages_that_are_the_same_bytes_are_plainly_verified(sealed, monkeypatch):
    asked = rendered(monkeypatch, sealed.base)
    for remake in (None, True):
        found = verified(sealed, remake=remake)
        assert (step(found, 6).status, found.exit_status) == (OK, 0)
        assert step(found, 6).detail == f"{len(sealed.base):,} bytes, all equal"
        assert (found.pages_compared, found.verdict) == (True, "VERIFIED with what was given")
    (first, _) = asked
    plan = sealed.record.plan.get("report", {})
    assert first["record"] == sealed.record
    assert first["template"] == plan.get("template", "standard")
    assert first["language"] == plan.get("language", "en")
    seals = first["seals"]
    assert (seals.vkey, set(seals.attachments)) == (sealed.vkey, {"run-finished.json"})
    assert seals.checkpoint == sealed_file(sealed, "checkpoint.txt")
    assert seals.proof == sealed_file(sealed, "record.tlog-proof")


def sealed_file(sealed: Sealed, name: str) -> bytes:
    from raudit.signing import check_pdf

    file = check_pdf(sealed.pdf).file(name)
    assert file is not None
    return file.data


@pytest.mark.parametrize("remake", [None, True])
def test_pages_that_differ_are_refused_or_cannot_be_compared(sealed, monkeypatch, remake):
    rendered(monkeypatch, sealed.base + b" ")
    found = verified(sealed, remake=remake)
    assert (failed(found), found.exit_status) == ([6], 6)
    assert step(found, 6).detail == "the bytes differ from what the record gives"
    rendered(monkeypatch, EnvironmentFault("no such font", reference="font"))
    found = verified(sealed, remake=remake)
    assert (step(found, 6).status, step(found, 6).detail) == (OPEN, "no such font")
    assert found.exit_status == (3 if remake else 0)


def test_another_renderer_is_named_and_one_that_is_not_said_too(sealed, monkeypatch):
    rendered(monkeypatch, b"ours")
    for theirs, said in (("raudit 0", "raudit 0"), ("", "what it does not say")):
        names = {b"ours": "raudit 9"}
        monkeypatch.setattr(
            "raudit.report.renderer.renderer_of", lambda pdf, t=theirs, n=names: n.get(pdf, t)
        )
        found = verified(sealed, remake=True)
        assert (step(found, 6).status, found.exit_status) == (OPEN, 3)
        assert step(found, 6).detail == f"it was made with {said}; here is raudit 9"


def test_pages_are_not_rendered_in_vain(sealed, monkeypatch):
    asked = rendered(monkeypatch, sealed.base)
    found = verified(sealed, remake=False)
    assert step(found, 6).detail == "not asked for; --remake renders it again"
    found = verify_report(sealed.pdf, vkey=sealed.vkey, remake=None)  # nobody is trusted
    assert step(found, 6).detail == "not rendered, since another step does not hold"
    found = verify_report(certified(sealed, {"record.json": None}), **sealed.given(remake=True))
    assert step(found, 6).detail == "there is no record or no base to compare"
    assert asked == []
    # A file that lost a proof is rendered without seals.
    verify_report(certified(sealed, {"checkpoint.txt": None}), **sealed.given(remake=True))
    assert asked[0]["seals"] is None


def test_a_time_at_which_the_file_existed_is_handed_on(sealed):
    far = NOW + timedelta(days=9000)
    assert verify_report(sealed.pdf, **sealed.given(at=far)).exit_status == 3
    assert verify_report(sealed.pdf, **sealed.given(at=NOW)).exit_status == 0
