"""A report against its log: what it knows of the file, what others hold of it, and what it takes no word of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.verify.conftest import NOW, A, Sealed, issue, start
from tests.verify.steps import OPEN, certified, failed, sha256_of, step, verified

from raudit.canonical import sha256
from raudit.errors import LogIntegrityError, SignatureIntegrityError, UsageError
from raudit.log import Event, open_log
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint
from raudit.verify import verify_report
from raudit.verify.accept import accept_signatures

# -- what the log knows of the file


def told(copy: Sealed, *events: Event, sign: bool = True) -> None:
    with copy.opened() as log:
        log.append(list(events), clock=NOW)
        if sign:
            log.checkpoint(NOW)


def event(kind: str, **body) -> Event:
    return Event(type=kind, run="r9", actor="dpo@example.org", body=body)


def test_a_report_that_the_log_did_not_issue_is_named(sealed, copy):
    found = verified(sealed, certified(sealed, {}))  # signed anew: another file
    assert failed(found) == [4]
    assert "is not in the log: it issued no such report" in step(found, 4).detail
    assert step(found, 4).detail.startswith("revision 1 (")


@pytest.mark.parametrize("sign", [True, False])
def test_a_withdrawal_is_heard_whether_it_is_signed_or_not(copy, sign):
    told(copy, event("report.withdrawn", pdf=sha256(copy.pdf), reason="wrong-data"), sign=sign)
    found = verified(copy)
    assert failed(found) == [4]
    assert step(found, 4).detail == "the report was withdrawn (entry 4): wrong-data"
    told(copy, event("report.superseded", pdf=A, by="b" * 64))
    assert failed(verified(copy)) == [4]


def test_another_reports_fate_is_not_this_ones(copy):
    told(copy, event("report.withdrawn", pdf=A, reason="wrong-data"))
    told(copy, event("report.superseded", pdf=A, by="b" * 64))
    told(copy, event("report.countersigned", pdf=A, previous="b" * 64, certificate=A))
    found = verified(copy)
    assert (found.exit_status, step(found, 4).warnings) == (0, ())


def test_an_issue_that_no_checkpoint_covers_counts_for_nothing(copy):
    again = certified(copy, {})
    told(copy, issue(copy.record, "r9", again, copy.base, A), sign=False)
    found = verified(copy, again)
    assert failed(found) == [4]
    said = step(found, 4).detail
    assert "entry 4, which issued it, is covered by no signed checkpoint" in said
    assert "1 entry lies beyond the last signed checkpoint (size 4)" in said
    # The first report is as good as before, and what lies beyond is said of it in both places.
    found = verified(copy)
    assert found.exit_status == 0
    assert all("1 entry lies beyond" in step(found, number).detail for number in (4, 9))


def test_another_base_than_the_logged_one_is_named(copy):
    again = certified(copy, {})
    told(copy, issue(copy.record, "r9", again, b"another", A))
    assert "entry 4 issued another base than the one inside" in (
        step(verified(copy, again), 4).detail
    )


def test_counter_signatures_are_known_unknown_or_cut_off(copy):
    longer = copy.countersigned()
    trust = [copy.trust, copy.certificate("reviewer")]
    with copy.opened() as log:
        known = {"trust": trust, "vkey": copy.vkey, "log": log}
        found = verify_report(longer, **known)
        assert (failed(found), found.exit_status) == ([], 0)
        (warning,) = step(found, 4).warnings
        assert "the log does not know the signature in raudit-reviewer-1 by CN=Reviewer" in warning
        assert "raudit log accept REPORT" in warning
        made = accept_signatures(longer, log, actor="dpo", clock=NOW, trust=trust)
        assert [item.signer for item in made.signatures] == ["CN=Reviewer"]
        assert (made.trusted, bool(made.checkpoint)) == (True, True)
        again = accept_signatures(longer, log, actor="dpo", clock=NOW)
        assert (again.signatures, again.checkpoint, again.trusted) == ((), "", False)
        found = verify_report(longer, **known)
        assert (found.exit_status, step(found, 4).warnings) == (0, ())
        assert step(found, 4).detail == "2 signed revisions logged"
        assert step(found, 2).detail == (
            "certified by CN=Issuer; counter-signed by CN=Reviewer, who claims the role 'dpo'"
        )
        cut = verify_report(copy.pdf, **known)
        assert failed(cut) == [4]
        assert "(entry 4) that is not in this file" not in cut.steps[3].detail
        assert "the log knows a counter-signed revision" in step(cut, 4).detail
        assert "entry 4" in step(cut, 4).detail


def test_a_copy_signed_by_another_reviewer_says_what_it_lacks(copy):
    one, other = copy.countersigned("reviewer"), copy.countersigned("second")
    trust = [copy.trust, copy.certificate("reviewer"), copy.certificate("second")]
    with copy.opened() as log:
        accept_signatures(one, log, actor="dpo", clock=NOW, trust=trust)
        accept_signatures(other, log, actor="dpo", clock=NOW, trust=trust)
        found = verify_report(one, trust=trust, vkey=copy.vkey, log=log)
    assert found.exit_status == 0
    assert step(found, 4).warnings == (
        "the log knows another copy, counter-signed in entry 5, whose signature this file lacks",
    )


def test_two_signatures_are_told_one_after_the_other(copy):
    first = copy.countersigned("reviewer")
    second = copy.countersigned("second", first)
    with copy.opened() as log:
        made = accept_signatures(second, log, actor="dpo", clock=NOW)
        said = [e.body for e in log.find(type="report.countersigned")]
        runs = {e.run for e in log.find(type="report.countersigned")}
    assert [item.signer for item in made.signatures] == ["CN=Reviewer", "CN=Second"]
    assert [(one["previous"], one["pdf"]) for one in said] == [
        (sha256(copy.pdf), sha256(first)),
        (sha256(first), sha256(second)),
    ]
    assert [one["certificate"] for one in said] == [
        sha256_of(copy.certificate(name)) for name in ("reviewer", "second")
    ]
    assert runs == {copy.record.run.id}


def test_the_log_takes_no_word_of_what_it_must_not(copy):
    longer = copy.countersigned()
    with copy.opened() as log:
        size = log.size
        with pytest.raises(SignatureIntegrityError, match="the log was told nothing"):
            accept_signatures(longer[:-9], log, actor="dpo", clock=NOW)
        with pytest.raises(UsageError, match="none of those that were given") as refused:
            accept_signatures(longer, log, actor="dpo", clock=NOW, trust=[copy.trust])
        assert refused.value.where == "raudit-reviewer-1"
        assert "CN=Reviewer (SHA-256" in (refused.value.got or "")
        strange = certified(copy, {})
        with pytest.raises(LogIntegrityError, match="does not know this report") as refused:
            accept_signatures(strange, log, actor="dpo", clock=NOW)
        assert refused.value.got == sha256(strange)
        assert refused.value.hint == "name the log that the report was issued with"
        assert log.size == size
    told(copy, event("report.withdrawn", pdf=sha256(copy.pdf), reason="x"), sign=False)
    with copy.opened() as log, pytest.raises(LogIntegrityError, match="was withdrawn"):
        accept_signatures(longer, log, actor="dpo", clock=NOW)


def test_a_newer_report_of_the_same_system_is_named_and_a_replacement_before_it(copy):
    record = copy.record
    other = replace(record, run=replace(record.run, id="later"))
    told(copy, start(other, "later"), issue(other, "later", b"newer", b"n", A))
    found = verified(copy)
    assert found.exit_status == 0
    assert step(found, 4).warnings == (
        "there is a newer report of this system, issued 2026-11-20 (entry 5)",
    )
    told(copy, event("report.superseded", pdf=sha256(copy.pdf), by="b" * 64))
    (warning,) = step(verified(copy), 4).warnings
    assert warning == "superseded by the report bbbbbbbbbbbbbbbb… (entry 6)"


def test_a_newer_report_of_another_system_is_none(copy):
    other = replace(copy.record, system={**copy.record.system, "name": "Other"})
    told(copy, start(other, "later"), issue(other, "later", b"newer", b"n", A))
    assert step(verified(copy), 4).warnings == ()


# -- what others hold of the log


def test_checkpoints_of_others_agree_or_show_two_logs(copy):
    with copy.opened() as log:
        first, last = (note.note for note in log.store.notes("signed"))
        key = log._signer()
        alone = verify_report(copy.pdf, **copy.given(checkpoints=[first]))
        assert step(alone, 9).detail == "a checkpoint of the same 3 entries agrees"
        alone = verify_report(copy.pdf, **copy.given(checkpoints=[last]))
        assert "of 4 entries is signed by the same log; without the log" in step(alone, 9).detail
        both = verify_report(copy.pdf, **copy.given(log=log, checkpoints=[first, last]))
        assert step(both, 9).detail == (
            "a checkpoint of 3 entries agrees; a checkpoint of 4 entries agrees; "
            "the log has 4 entries and begins with these 3"
        )
        split = Checkpoint(origin=log.origin, size=3, root=merkle.root_of([b"x"] * 3))
        text = sign_checkpoint(split, key)
        for given in (copy.given(), copy.given(log=log)):
            found = verify_report(copy.pdf, **given, checkpoints=[text])
            assert failed(found) == [9]
            assert "two checkpoints of one size differ" in step(found, 9).detail
        further = sign_checkpoint(
            Checkpoint(origin=log.origin, size=9, root=merkle.root_of([b"x"] * 9)), key
        )
        found = verify_report(copy.pdf, **copy.given(log=log), checkpoints=[further])
        assert failed(found) == [9]
        nobody = verify_report(copy.pdf, trust=[copy.trust], checkpoints=[first])
        assert (step(nobody, 9).status, step(nobody, 9).needed) == (OPEN, False)
        assert "no verified checkpoint to start from" in step(nobody, 9).detail
        without = certified(copy, {"checkpoint.txt": None})
        found = verify_report(without, **copy.given(checkpoints=[first]))
        assert (failed(found), step(found, 9).detail) == ([7], step(nobody, 9).detail)


def test_a_log_that_lost_its_last_checkpoint_does_not_pass_for_the_reports(copy):
    """The report's own checkpoint is larger than any that the store kept."""
    import sqlite3

    with sqlite3.connect(copy.log) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("DELETE FROM note")
    db.close()
    with open_log(copy.log) as log:  # without the key, which remembers for itself
        found = verify_report(copy.pdf, **copy.given(log=log))
    assert 9 in failed(found)
    assert "lost a checkpoint" in step(found, 9).detail
