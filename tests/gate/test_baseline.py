"""The baseline as a value: what it keeps, lets in, tightens and calls worse, by hand-worked cases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from raudit.canonical import Sha256
from raudit.errors import PolicyError
from raudit.findings import Interval, Measurement, Severity, Status, Threshold
from raudit.policy import Policy, Waivers, apply_policy
from raudit.policy.baseline import Approval, Baseline, Entry, grown, hold
from raudit.policy.baseline_file import (
    approval_sha256,
    baseline_bytes,
    load_baseline,
    vouched,
)

DAY = date(2026, 11, 21)
DIGEST = Sha256("ab" * 32)


def measured(value: float | None, half: float = 0.01, **more) -> Measurement:
    said = {"metric": "selection_rate_difference", "n": 5000, "events": 40, "unit": "points"}
    span = None
    if value is not None and half:
        span = Interval(low=value - half, high=value + half, method="newcombe")
    return Measurement(value=value, interval=span, **(said | more))


def let_in(record, *findings, before: Baseline | None = None, **more):
    said = {
        "record_sha256": DIGEST,
        "today": DAY,
        "approver": "Olga",
        "reason": "known at launch",
    } | more
    pairs = [(finding, finding.threshold) for finding in findings]
    return grown(before or Baseline(), record, pairs, **said)


@pytest.fixture
def case(make):
    """A finding of a value, above an upper limit of 0.1 or below a lower one of -0.1."""

    def made(value, half=0.01, *, low=None, high=0.1, group="Female", **more):
        finding = make.finding(group=group, low=low, high=high)
        return replace(finding, measurement=measured(value, half, **more))

    return made


def accepted(make, *findings) -> Baseline:
    return let_in(make.record(make.stage(*findings)), *findings).baseline


def test_a_file_gives_back_all_that_was_written(make, case, tmp_path):
    findings = [case(0.2), case(-0.2, low=-0.1, high=None, group="Male"), case(None, group="X")]
    before = accepted(make, *findings)
    path = tmp_path / "baseline.json"
    data = baseline_bytes(before)
    assert data.endswith(b"}\n")
    path.write_bytes(data)
    after = load_baseline(path)
    (approval,) = after.approvals
    assert approval.entries == tuple(after.entries[key] for key in sorted(after.entries))
    assert approval.system == "Loan helper"
    assert approval_sha256(approval) == approval_sha256(before.approvals[0])
    assert after.source == "baseline.json"
    assert set(after.entries) == {finding.fingerprint for finding in findings}
    for key, entry in before.entries.items():
        limit = entry.threshold
        assert limit is not None
        assert after.entries[key] == replace(entry, threshold=replace(limit, source="baseline"))
    assert baseline_bytes(after) == data
    assert after.entries[findings[0].fingerprint].threshold == Threshold(
        low=None, high=0.1, source="baseline"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"approver": "Otto"},
        {"reason": "unknown"},
        {"date": date(2026, 11, 22)},
        {"record_sha256": Sha256("cd" * 32)},
        {"added": ("b",)},
        {"system": "Loans"},
        {
            "entries": (
                Entry(fingerprint="a", rule="R", subject="", measurement=None, threshold=None),
            )
        },
    ],
)
def test_an_approval_is_known_by_all_it_says(change):
    first = Approval(approver="Olga", reason="known", date=DAY, record_sha256=DIGEST, added=("a",))
    other = replace(first, **change)
    assert approval_sha256(first) != approval_sha256(other)
    held = vouched(Baseline(approvals=(first, other)), frozenset({approval_sha256(other)}))
    assert held.approvals == (other,)


def test_a_file_over_the_limit_or_of_another_kind_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "baseline.json"
    for text, reference in (
        ("[1", "baseline-not-json"),
        ("[]", "not-a-baseline"),
        ('{"schema": "raudit.baseline/2"}', "baseline-version"),
        ('{"schema": "raudit.baseline/1", "entries": [{}]}', "baseline-schema"),
    ):
        path.write_text(text)
        with pytest.raises(PolicyError) as refused:
            load_baseline(path)
        assert refused.value.reference == reference
        assert refused.value.where == str(path)
    path.write_text(json.dumps({"schema": "raudit.baseline/1", "entries": [], "approvals": []}))
    size = path.stat().st_size
    monkeypatch.setattr("raudit.policy.baseline_file.MAX_BYTES", size)
    assert load_baseline(path).entries == {}
    monkeypatch.setattr("raudit.policy.baseline_file.MAX_BYTES", size - 1)
    with pytest.raises(PolicyError, match="too large"):
        load_baseline(path)


@pytest.mark.parametrize(
    ("then", "now", "state"),
    [
        (0.2, 0.2, "known"),
        (0.2, 0.4, "worse"),
        (0.4, 0.2, "known"),
        (None, None, "known"),
        # Nobody accepted a gap of that size, or one of no size.
        (0.2, None, "new"),
        (None, 0.2, "new"),
    ],
)
def test_a_known_finding_is_worse_only_beyond_chance(make, case, then, now, state):
    held = hold(accepted(make, case(then)), [(case(now), case(now).threshold)], level=0.95)
    (found,) = held.values()
    assert found.state == state
    assert (found.change is None) is (then is None or now is None)


def test_below_a_lower_limit_less_is_worse(make, case):
    low = {"low": -0.1, "high": None}
    for then, now, state in ((-0.2, -0.4, "worse"), (-0.4, -0.2, "known")):
        before = accepted(make, case(then, **low))
        finding = case(now, **low)
        (found,) = hold(before, [(finding, finding.threshold)], level=0.95).values()
        assert found.state == state


def test_new_unapproved_and_of_another_metric(make, case):
    before, finding = accepted(make, case(0.2)), case(0.2)
    pair = [(finding, finding.threshold)]
    (found,) = hold(Baseline(), pair, level=0.95).values()
    assert found.state == "new"
    (found,) = hold(replace(before, approvals=()), pair, level=0.95).values()
    assert found.state == "unapproved"
    other = case(0.2, metric="another")
    (found,) = hold(before, [(other, other.threshold)], level=0.95).values()
    assert found.state == "new"
    bare = replace(finding, measurement=None)
    (found,) = hold(before, [(bare, None)], level=0.95).values()
    assert (found.state, found.change) == ("new", None)


def test_what_is_in_another_unit_or_more_severe_was_never_accepted(make, case, tmp_path):
    finding = case(0.2)
    before = accepted(make, replace(finding, severity=Severity.LOW))
    path = tmp_path / "baseline.json"
    path.write_bytes(baseline_bytes(before))
    before = load_baseline(path)

    def state(now):
        (found,) = hold(before, [(now, now.threshold)], level=0.95).values()
        return found.state

    assert state(replace(finding, severity=Severity.LOW)) == "known"
    assert state(replace(finding, severity=Severity.INFO)) == "known"
    assert state(replace(finding, severity=Severity.HIGH)) == "worse"
    (found,) = hold(before, [(finding, finding.threshold)], level=0.95).values()
    assert found.explanation == (
        f"It is more severe than in the baseline: low then, {finding.severity} now."
    )
    odds = replace(finding.measurement, unit="log-odds")
    assert state(replace(finding, severity=Severity.LOW, measurement=odds)) == "new"
    # Who lets another unit in is written down, though the number is no larger, and so is a higher severity.
    turned = replace(finding, severity=Severity.LOW, measurement=odds)
    growth = let_in(make.record(make.stage(turned)), turned, before=before)
    assert growth.added == (finding.fingerprint,)
    now = replace(finding, severity=Severity.HIGH)
    growth = let_in(make.record(make.stage(now)), now, before=before)
    assert growth.added == (finding.fingerprint,)


def test_the_share_of_chance_is_divided_among_the_known(make, case):
    """A change that one comparison alone would call worse is not, when thirty are made."""
    many = [case(0.2, half=0.03, group=f"g{n}") for n in range(30)]
    before = accepted(make, *many)
    worse = case(0.25, half=0.03, group="g0")
    alone = hold(before, [(worse, worse.threshold)], level=0.95)
    assert alone[worse.fingerprint].state == "worse"
    rest = [(finding, finding.threshold) for finding in many[1:]]
    assert (
        hold(before, [(worse, worse.threshold), *rest], level=0.95)[worse.fingerprint].state
        == "known"
    )
    new = [(case(0.2, group=f"n{n}"), None) for n in range(29)]  # not known: they take no share
    assert (
        hold(before, [(worse, worse.threshold), *new], level=0.95)[worse.fingerprint].state
        == "worse"
    )


def test_without_an_approver_it_only_shrinks_and_tightens(make, case):
    findings = [case(0.4), case(0.3, group="a"), case(0.3, group="b"), case(0.3, group="c")]
    before = accepted(make, *findings)
    better, luck, gone, unclear = (
        case(0.2),
        case(0.295, group="a"),
        replace(findings[2], status=Status.PASSED),
        replace(findings[3], status=Status.INDETERMINATE, reason="too few rows"),
    )
    worse_new = case(0.5, group="d")
    record = make.record(make.stage(better, luck, gone, unclear, worse_new))
    growth = let_in(record, better, luck, worse_new, before=before, approver="", reason="")
    entries = growth.baseline.entries
    assert growth.approval is None
    assert growth.added == ()
    assert growth.removed == (gone.fingerprint,)
    assert entries[better.fingerprint].measurement.value == 0.2
    assert entries[luck.fingerprint].measurement.value == 0.3
    assert unclear.fingerprint in entries
    assert worse_new.fingerprint not in entries
    assert growth.baseline.approvals == before.approvals


def test_tightening_knows_which_way_is_better(make, case):
    low = {"low": -0.1, "high": None}
    before = accepted(make, case(-0.4, **low))
    for now, kept in ((-0.2, -0.2), (-0.6, -0.4)):
        finding = case(now, **low)
        record = make.record(make.stage(finding))
        after = let_in(record, finding, before=before, approver="", reason="").baseline
        assert after.entries[finding.fingerprint].measurement.value == kept


@pytest.mark.parametrize(
    ("then", "now", "low", "raised"),
    [
        (0.2, 0.2, None, False),
        (0.2, 0.19, None, False),
        (0.2, 0.21, None, True),
        (-0.2, -0.19, -0.1, False),
        (-0.2, -0.21, -0.1, True),
        (None, None, None, False),
        (None, 0.2, None, True),
        (0.2, None, None, True),
    ],
)
def test_an_approval_names_what_is_new_or_further_out(make, case, then, now, low, raised):
    limits = {"low": low, "high": None if low else 0.1}
    before = accepted(make, case(then, **limits))
    finding = case(now, **limits)
    growth = let_in(make.record(make.stage(finding)), finding, before=before)
    assert growth.added == ((finding.fingerprint,) if raised else ())
    assert (growth.approval is not None) is raised
    assert len(growth.baseline.approvals) == 1 + raised
    assert growth.baseline.entries[finding.fingerprint].measurement.value == now


def test_what_a_verdict_says_of_the_baseline(make, case):
    before = accepted(make, case(0.2))
    worse = case(0.4)
    verdict = apply_policy(
        make.record(make.stage(worse)),
        Policy(name="p"),
        waivers=Waivers(),
        baseline=before,
        today=DAY,
    )
    assert verdict.exit_status == 1
    assert verdict.because[0].endswith("It is worse than in the baseline: 0.2 then, 0.4 now.")
    assert (verdict.baseline["worse"], verdict.baseline["entries"]) == (1, 1)
    (told,) = verdict.baseline["findings"]
    assert told["difference"]["value"] == pytest.approx(0.2)


def test_what_a_baseline_keeps_from_blocking_is_counted(make, case):
    """A finding that would not block, is waived or is not in it is not what the baseline accepts."""
    blocks, light = case(0.2), replace(case(0.2, group="Other"), severity=Severity.LOW)
    record = make.record(make.stage(blocks, light, case(0.2, group="New")))
    before = let_in(make.record(make.stage(blocks, light)), blocks, light).baseline
    verdict = apply_policy(record, Policy(name="p"), waivers=Waivers(), baseline=before, today=DAY)
    assert verdict.baseline["known"] == 2
    assert verdict.baseline["accepted"] == 1
    assert len(verdict.blocking) == 1


def test_a_value_that_was_edited_since_it_was_let_in_lets_nothing_worse_stand(make, case, tmp_path):
    """The log vouches for an approval, and an approval for the values that it let in."""
    before = accepted(make, case(0.2))
    path = tmp_path / "baseline.json"
    file = json.loads(baseline_bytes(before))

    def state(finding, **measurement) -> str:
        edited = json.loads(json.dumps(file))
        edited["entries"][0]["measurement"] |= measurement
        path.write_text(json.dumps(edited))
        now = vouched(load_baseline(path), frozenset(map(approval_sha256, before.approvals)))
        assert now.approvals  # what was edited is not the approval
        (held,) = hold(now, [(finding, finding.threshold)], level=0.95).values()
        return held.state

    assert state(case(0.2)) == "known"
    far = {"low": 0.0, "high": 1.0, "level": 0.95, "method": "wald"}
    assert state(case(0.9), value=0.9) == state(case(0.9), interval=far, n=3) == "worse"
    assert state(case(0.9), metric="another", value=0.9) == "new"
    assert state(case(0.2), value=0.15, interval=None) == "worse"  # tightened since


def test_what_was_let_in_for_one_system_stands_in_no_other(make, case):
    finding = case(0.2)
    here = make.record(make.stage(finding))
    before = let_in(here, finding).baseline
    elsewhere = replace(here, system={**here.system, "name": "Mortgages"})
    for record, status in ((here, 0), (elsewhere, 1)):
        verdict = apply_policy(
            record, Policy(name="p"), waivers=Waivers(), baseline=before, today=DAY
        )
        assert verdict.exit_status == status
