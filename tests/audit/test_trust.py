"""Who issued a report, what its log vouches for, and what is said where either is not known."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from raudit.emit.keys import first_keys
from raudit.errors import LogIntegrityError, UsageError
from raudit.log import load_log_key, open_log
from raudit.signing import PemFiles, certify, check_pdf, countersign, load_signer
from raudit.verify import StepStatus, verify_report
from raudit.verify.accept import accept_signatures

from .conftest import CLOCK, audit


def status(found, number):
    return next(step for step in found.steps if step.number == number)


@pytest.fixture(scope="module")
def reviewer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    first_keys(folder / "keys", name="Dora DPO", log_name="unused", clock=CLOCK)
    files = PemFiles(
        key=folder / "keys" / "raudit-signing.key",
        certificate=folder / "keys" / "raudit-signing.crt",
    )
    with load_signer(files) as key:
        yield key


@pytest.fixture(scope="module")
def outside(given, reviewer):
    """The report as somebody without the log's key has signed it."""
    return countersign(given[0], reviewer, role="dpo", name="Dora", clock=CLOCK)


def owner(copy):
    return open_log(copy / "log.db", key=load_log_key(copy / "keys" / "log-key.txt"))


def test_a_signature_that_the_log_does_not_know_is_a_warning_until_it_is_accepted(
    copy, given, outside, reviewer
):
    known = {**given[1], "trust": [*given[1]["trust"], reviewer.certificate]}
    with owner(copy) as log:
        before = verify_report(outside, **known, log=log)
        done = accept_signatures(
            outside, log, actor="owner@example.org", clock=CLOCK, trust=known["trust"]
        )
        after = verify_report(outside, **known, log=log)
        again = accept_signatures(outside, log, actor="owner@example.org", clock=CLOCK)
        cut = verify_report(given[0], **given[1], log=log)
    assert (before.exit_status, len(status(before, 4).warnings)) == (0, 1)
    assert "raudit log accept" in status(before, 4).warnings[0]
    assert [item.fingerprint for item in done.signatures] == [reviewer.fingerprint]
    assert (after.exit_status, status(after, 4).warnings) == (0, ())
    assert (again.signatures, again.checkpoint) == ((), "")
    assert status(cut, 4).status is StepStatus.FAILED
    assert "counter-signed revision" in status(cut, 4).detail


def test_accept_refuses_strangers_other_logs_and_changed_files(copy, given, outside, tmp_path):
    with owner(copy) as log:
        size = log.size
        with pytest.raises(UsageError, match="none of those that were given"):
            accept_signatures(outside, log, actor="a", clock=CLOCK, trust=given[1]["trust"])
        with pytest.raises(Exception, match="not as it was signed"):
            accept_signatures(outside + b"x", log, actor="a", clock=CLOCK)
        assert log.size == size
    from raudit.log import create_log_key

    key = create_log_key(tmp_path / "other.key", "other")
    with (
        open_log(tmp_path / "other.db", key=key, create=True) as log,
        pytest.raises(LogIntegrityError, match="does not know this report"),
    ):
        accept_signatures(outside, log, actor="a", clock=CLOCK)


def test_a_trusted_certificate_is_not_the_issuers_by_being_trusted(folder, given, reviewer):
    """The reviewer certifies the base anew: trusted, intact, and not the issuer."""
    pdf, known = given
    forged = certify(check_pdf(pdf).base, reviewer, reason="Issued", name="Issuer", clock=CLOCK)
    both = {**known, "trust": [*known["trust"], reviewer.certificate]}
    found = verify_report(forged, **both)
    assert (found.exit_status, status(found, 10).status) == (3, StepStatus.NOT_CHECKED)
    issuer = check_pdf(pdf).certification.fingerprint
    assert status(verify_report(forged, **both, issuer=[issuer]), 10).status is StepStatus.FAILED
    assert verify_report(pdf, **both, issuer=[issuer]).exit_status == 0
    with open_log(folder / "log.db") as log:
        assert verify_report(forged, **both, log=log).exit_status == 6


def test_the_words_say_whether_the_pages_were_compared(given):
    found = verify_report(given[0], **given[1])
    assert (found.exit_status, found.verdict) == (0, "VERIFIED, pages not compared with the record")
    assert not found.pages_compared


def test_a_claim_to_be_the_issuer_made_elsewhere_is_shown_as_a_claim(given, reviewer, monkeypatch):
    from raudit.signing import sign

    monkeypatch.setattr(sign, "_reads_as_issuer", lambda role: False)
    claimed = countersign(given[0], reviewer, role="issuer", name="Dora", clock=CLOCK)
    both = {**given[1], "trust": [*given[1]["trust"], reviewer.certificate]}
    detail = status(verify_report(claimed, **both), 2).detail
    assert (
        detail
        == "certified by CN=Tester; counter-signed by CN=Dora DPO, who claims the role 'issuer'"
    )


def edit(path: Path, kind: str, old: str, new: str) -> None:
    with sqlite3.connect(path) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        index, data = db.execute(
            "SELECT idx, data FROM entry WHERE instr(data, ?)", (kind.encode(),)
        ).fetchone()
        assert old.encode() in data
        db.execute(
            "UPDATE entry SET data = ? WHERE idx = ?",
            (data.replace(old.encode(), new.encode()), index),
        )
    db.close()


def test_every_command_that_relies_on_the_log_ends_in_six_if_it_was_edited(
    copy, issued, reviewer, tmp_path
):
    from raudit.cli import raudit as cli
    from raudit.errors import RauditError

    report = copy / "out" / "report.pdf"
    edit(copy / "log.db", "report.issued", check_pdf(report.read_bytes()).sha256, "0" * 64)
    keys, log = copy / "keys", str(copy / "log.db")
    own = ["--key", str(keys / "raudit-signing.key"), "--cert", str(keys / "raudit-signing.crt")]
    output = tmp_path / "o.pdf"
    commands = [
        [
            "verify",
            report,
            "--trust",
            keys / "raudit-signing.crt",
            "--log-key",
            keys / "log-vkey.txt",
            "--log",
            log,
        ],
        ["log", "verify", log, "--vkey", keys / "log-vkey.txt"],
        ["log", "checkpoint", log, "--key", keys / "log-key.txt"],
        ["log", "accept", report, "--log", log, "--key", keys / "log-key.txt"],
        [
            "sign",
            report,
            "--role",
            "dpo",
            *own,
            "--log",
            log,
            "--log-key",
            keys / "log-key.txt",
            "-o",
            output,
        ],
        ["run", copy / "raudit.yaml"],
    ]
    for arguments in commands:
        done = CliRunner().invoke(cli, [str(part) for part in arguments], standalone_mode=False)
        ended = (
            done.exception.exit_status
            if isinstance(done.exception, RauditError)
            else done.return_value
        )
        code = ended if ended is not None else getattr(done.exception, "code", None)
        assert code == 6, (arguments[:2], done.output, done.exception)
    assert not output.exists()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_log_that_goes_away_during_a_run_leaves_no_report(copy, monkeypatch, replaced):
    import raudit.audit as module

    render = module._render

    def remove_and_render(*args):
        (copy / "log.db").unlink()
        if replaced:
            (copy / "log.db").write_bytes(b"")
        return render(*args)

    monkeypatch.setattr(module, "_render", remove_and_render)
    with pytest.raises(LogIntegrityError, match="removed from its path, or replaced") as refused:
        audit(copy, out="gone")
    assert refused.value.exit_status == 6
    # The record of what was measured stays; nothing that claims to be in the log does.
    assert [path.name for path in (copy / "gone").iterdir()] == ["record.json"]


def test_an_older_report_says_that_there_is_a_newer_one(copy, given):
    from datetime import timedelta

    audit(copy, out="newer", clock=CLOCK + timedelta(days=1))
    with open_log(copy / "log.db") as log:
        found = verify_report(given[0], **given[1], log=log)
    assert found.exit_status == 0
    assert status(found, 4).warnings[0].startswith("superseded by the report ")  # a run tells it
