"""What an attacker does to an issued report, and the numbered step of ``raudit verify`` that refuses it."""

from __future__ import annotations

import importlib.util
import random
import shutil
from pathlib import Path

import pytest

from raudit.emit.keys import first_keys, log_of, signer_of
from raudit.log import Event, EventType, open_log
from raudit.plan import load_plan
from raudit.signing import PemFiles, check_pdf, countersign, load_signer
from raudit.verify import StepStatus, verify_report

from .conftest import CLOCK, PLAN, audit

SIGNING = Path(__file__).resolve().parent.parent / "signing" / "test_attacks.py"


def failed(found):
    return [step.number for step in found.steps if step.status is StepStatus.FAILED]


@pytest.fixture(scope="module")
def moves():
    """The attacks that the signing room tests its own checks with."""
    spec = importlib.util.spec_from_file_location("signing_attacks", SIGNING)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "attack",
    [
        "overlay_page",
        "free_text",
        "swap_attachment",
        "open_action",
        "swap_stamp",
        "stamp_on_unsigned_field",
    ],
)
def test_an_incremental_attack_fails_at_the_step_about_changes(given, moves, attack):
    pdf, trust = given
    assert failed(verify_report(moves.update(pdf, getattr(moves, attack)), **trust)) == [3]


def test_an_incremental_attack_is_unknown_to_the_log_too(folder, given, moves):
    pdf, trust = given
    with open_log(folder / "log.db") as log:
        assert failed(verify_report(moves.update(pdf, moves.free_text), **trust, log=log)) == [3, 4]


@pytest.fixture(scope="module")
def countersigned(folder, given, tmp_path_factory):
    """The report with a reviewer's signature, which the log knows."""
    pdf, trust = given
    keys = tmp_path_factory.mktemp("dpo")
    first_keys(keys / "keys", name="DPO", log_name="unused", clock=CLOCK)
    key, certificate = keys / "keys" / "raudit-signing.key", keys / "keys" / "raudit-signing.crt"
    with load_signer(PemFiles(key=key, certificate=certificate)) as signer:
        longer = countersign(pdf, signer, role="dpo", name="DPO", clock=CLOCK)
        fingerprint = signer.fingerprint
    before, after = check_pdf(pdf), check_pdf(longer)
    copy = tmp_path_factory.mktemp("log")
    shutil.copytree(folder, copy / "audit")
    plan = load_plan(copy / "audit" / "raudit.yaml")
    with log_of(plan) as log:
        run = next(e.run for e in log.find(type="report.issued") if e.body["pdf"] == before.sha256)
        body = {"pdf": after.sha256, "previous": before.sha256, "certificate": fingerprint}
        log.append(
            [
                Event(
                    type=EventType.REPORT_COUNTERSIGNED, run=run, actor="dpo@example.org", body=body
                )
            ],
            clock=CLOCK,
        )
    known = {"trust": [*trust["trust"], certificate.read_bytes()], "vkey": trust["vkey"]}
    return longer, known, copy / "audit" / "log.db"


def test_a_countersigned_report_verifies(countersigned):
    pdf, trust, location = countersigned
    with open_log(location) as log:
        found = verify_report(pdf, **trust, log=log)
    assert found.exit_status == 0
    assert "counter-signed by CN=DPO, who claims the role 'dpo'" in found.steps[1].detail


def test_a_cut_off_countersignature_is_noticed_by_the_log_alone(countersigned, given):
    _pdf, trust, location = countersigned
    assert verify_report(given[0], **given[1]).exit_status == 0
    with open_log(location) as log:
        assert failed(verify_report(given[0], **trust, log=log)) == [4]


def test_a_reviewer_whom_the_reader_was_not_told_to_trust_is_no_forgery(countersigned, given):
    pdf, _trust, _location = countersigned
    found = verify_report(pdf, **given[1])
    assert (failed(found), found.exit_status) == ([], 3)
    assert "whom you were not told to trust" in found.steps[1].detail
    assert "--trust" in found.steps[1].detail


def test_a_report_of_another_log_fails_at_the_checkpoint(tmp_path, folder, given):
    (tmp_path / "raudit.yaml").write_text(PLAN)
    shutil.copy(folder / "data.csv", tmp_path)
    shutil.copytree(
        folder / "keys",
        tmp_path / "keys",
        ignore=lambda _f, names: [n for n in names if n.startswith("log")],
    )
    from raudit.log import create_log_key

    create_log_key(tmp_path / "keys" / "log-key.txt", "test-log")
    other = audit(tmp_path)
    with open_log(folder / "log.db") as log:
        found = verify_report(other.report.read_bytes(), **given[1], log=log)
    assert failed(found) == [4, 7, 8]


def test_a_certified_forgery_with_another_record_fails_where_the_record_is_held_against_the_log(
    folder, given, tmp_path
):
    """The issuer's own key signs a better record: the signature holds, the log's entry does not."""
    from raudit.audit import ENTRY_NAME
    from raudit.record import record_bytes
    from raudit.report import Seals, render_pdf
    from raudit.signing import certify

    pdf, trust = given
    check = check_pdf(pdf)
    record = verify_report(pdf).record
    better = record.with_verdict(None)
    assert record_bytes(better) != record_bytes(record)
    files = {
        name: check.file(name).data for name in ("checkpoint.txt", "record.tlog-proof", ENTRY_NAME)
    }
    seals = Seals(
        checkpoint=files["checkpoint.txt"],
        proof=files["record.tlog-proof"],
        vkey=trust["vkey"],
        attachments={ENTRY_NAME: files[ENTRY_NAME]},
    )
    plan = load_plan(folder / "raudit.yaml")
    forged = certify(
        render_pdf(better, seals=seals), signer_of(plan), reason="x", name="x", clock=CLOCK
    )
    with open_log(folder / "log.db") as log:
        assert failed(verify_report(forged, **trust, log=log)) == [4, 5]


def flips(pdf, count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        place = rng.randrange(len(pdf))
        changed = bytearray(pdf)
        changed[place] ^= 1 << rng.randrange(8)
        yield place, bytes(changed)


def refuse_flips(pdf, trust, count, seed):
    for place, changed in flips(pdf, count, seed):
        found = verify_report(changed, **trust)
        assert found.exit_status == 6, f"a change at byte {place} was not noticed"


def test_fifty_random_changes_of_one_bit_are_refused(given):
    refuse_flips(*given, 50, seed=1)


@pytest.mark.slow
def test_a_thousand_random_changes_of_one_bit_are_refused(given):
    refuse_flips(*given, 1000, seed=2)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.99])
def test_a_truncated_file_is_refused(given, share):
    pdf, trust = given
    assert verify_report(pdf[: int(len(pdf) * share)], **trust).exit_status == 6
