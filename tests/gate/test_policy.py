"""What a policy makes of findings, by hand-worked cases and laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.errors import PolicyError
from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject, Threshold
from raudit.policy import (
    OnInconclusive,
    Policy,
    RulePolicy,
    Waivers,
    apply_policy,
    load_policy,
    preset_names,
)
from raudit.policy.judge import rejudge
from raudit.record import Outcome

TODAY = date(2026, 11, 21)
DEFAULT = Policy(name="default")


def apply(record, policy=DEFAULT, baseline=None, waivers=None, today=TODAY):
    return apply_policy(
        record, policy, waivers=waivers or Waivers(), baseline=baseline, today=today
    )


def test_nothing_failed_is_zero(make):
    verdict = apply(make.record(make.stage(make.finding(status="passed"))))
    assert (verdict.exit_status, verdict.status, verdict.blocking) == (0, Status.PASSED, ())


def test_failed_at_or_above_fail_on_blocks(make):
    finding = make.finding(severity="medium")
    verdict = apply(make.record(make.stage(finding)))
    assert (verdict.exit_status, verdict.blocking) == (1, (finding.fingerprint,))
    assert "RA-FAIR-001 (medium) failed" in verdict.because[0]


def test_failed_below_fail_on_does_not_block(make):
    assert apply(make.record(make.stage(make.finding(severity="low")))).exit_status == 0


def test_severity_order_is_worst_first(make):
    # a tool that sorted severities by name ranked INFO above CRITICAL, and its gate always failed
    for severity in Severity:
        for fail_on in Severity:
            status = apply(
                make.record(make.stage(make.finding(severity=severity))),
                Policy(name="p", fail_on=fail_on),
            )
            assert status.exit_status == int(severity.rank <= fail_on.rank)


def test_indeterminate_that_must_hold(make):
    finding = make.finding(status="indeterminate")
    record = make.record(make.stage(finding, make.finding(group="Male", status="passed")))
    review, block, passes = (
        apply(record, DEFAULT.changed(on_inconclusive=OnInconclusive(word)))
        for word in ("review", "block", "pass")
    )
    assert (review.exit_status, review.undecided) == (3, (finding.fingerprint,))
    assert (block.exit_status, block.blocking) == (1, (finding.fingerprint,))
    assert (passes.exit_status, passes.undecided) == (0, ())


def test_indeterminate_of_low_severity_need_not_hold(make):
    low = make.finding(status="indeterminate", severity="low")
    passed = make.finding(group="Male", status="passed")
    assert apply(make.record(make.stage(low, passed))).exit_status == 0


@pytest.mark.parametrize(
    ("severity", "policy"),
    [
        ("low", DEFAULT),
        ("high", DEFAULT.changed(on_inconclusive=OnInconclusive.PASS)),
        ("critical", load_policy("advisory")),
    ],
)
def test_nothing_that_could_be_told_is_five_whatever_the_policy_lets_through(
    make, severity, policy
):
    verdict = apply(
        make.record(make.stage(make.finding(status="indeterminate", severity=severity))), policy
    )
    assert (verdict.exit_status, verdict.status) == (5, Status.INDETERMINATE)
    assert verdict.because == ("The only finding could not be told, so nothing was evaluated.",)


def test_blocking_wins_over_inconclusive(make):
    record = make.record(
        make.stage(make.finding(), make.finding(group="Male", status="indeterminate"))
    )
    assert apply(record).exit_status == 1


def test_no_finding_is_five_whatever_the_policy(make):
    record = make.record(make.stage())
    for word in OnInconclusive:
        assert apply(record, DEFAULT.changed(on_inconclusive=word, fail_on=None)).exit_status == 5


def test_select_that_leaves_nothing_is_five(make):
    verdict = apply(make.record(make.stage(make.finding())), DEFAULT.changed(ignore=("RA-FAIR",)))
    assert verdict.exit_status == 5
    assert "select and ignore" in verdict.because[0]


def test_declared_stage_that_did_not_complete(make):
    rest = make.stage(name="pii", outcome=Outcome.SKIPPED, reason="no text columns", rules=())
    ok = make.stage(make.finding(status="passed"))
    declared = make.record(ok, rest, plan={"stages": {"fairness": None, "pii": None}})
    assert (apply(declared).exit_status, apply(declared).not_run) == (3, ("pii",))
    undeclared = make.record(ok, rest, plan={})
    assert apply(undeclared).exit_status == 0
    failed = make.record(ok, replace(rest, outcome=Outcome.FAILED), plan={})
    assert apply(failed).exit_status == 3
    assert apply(failed, DEFAULT.changed(on_inconclusive=OnInconclusive.PASS)).exit_status == 3
    assert apply(failed, DEFAULT.changed(on_inconclusive=OnInconclusive.BLOCK)).exit_status == 1


def test_required_stage_that_is_not_in_the_record(make):
    record = make.record(make.stage(make.finding(status="passed")))
    verdict = apply(record, DEFAULT.changed(required_stages=("explain",)))
    assert (verdict.exit_status, verdict.not_run) == (3, ("explain",))


def test_required_assessment(make):
    policy = DEFAULT.changed(required_assessments=("dpia",))
    answered = make.finding(
        "RA-ASMT-001", status="passed", value=None, subject=Subject(kind="assessment", name="dpia")
    )
    open_one = replace(
        answered, status=Status.INDETERMINATE, reason="2 of 9 questions have no answer"
    )
    ok = make.finding(status="passed")
    assert apply(make.record(make.stage(ok, answered)), policy).exit_status == 0
    assert apply(make.record(make.stage(ok, open_one)), policy).exit_status == 3
    assert apply(make.record(make.stage(ok)), policy).not_run == ("assessment dpia",)


@pytest.mark.parametrize(
    ("hard", "soft", "blocks"),
    [
        ((), ("RA-FAIR",), False),
        ((), ("high",), False),
        (("RA-FAIR-001",), ("high",), True),
        (("high",), ("RA-FAIR-001",), False),
        (("RA-FAIR",), ("RA-FAIR-001",), False),
        (("RA-FAIR-001",), ("RA-FAIR-001",), True),
        ((), ("RA-FAI",), True),
    ],
)
def test_the_most_specific_word_wins(make, hard, soft, blocks):
    policy = DEFAULT.changed(hard_fail_on=hard, soft_fail_on=soft)
    assert policy.blocks("RA-FAIR-001", Severity.HIGH) is blocks


def test_rule_says_whether_it_blocks(make):
    policy = DEFAULT.changed(
        rules={"RA-FAIR": RulePolicy(block=False), "RA-FAIR-002": RulePolicy(block=True)}
    )
    assert not policy.blocks("RA-FAIR-001", Severity.CRITICAL)
    assert policy.blocks("RA-FAIR-002", Severity.INFO)


def test_threshold_of_the_policy_judges_again(make):
    record = make.record(make.stage(make.finding(value=0.2, span=(0.15, 0.25))))

    def status(high):
        policy = DEFAULT.changed(
            rules={"RA-FAIR-001": RulePolicy(threshold=Threshold(high=high, source="policy"))}
        )
        return apply(record, policy)

    assert status(0.3).exit_status == 0
    assert status(0.2).exit_status == 3
    assert status(0.1).exit_status == 1
    assert status(0.3).policy["adjusted"][0]["status"] == "passed"


@pytest.mark.parametrize(
    ("own", "policy", "status"),
    [
        (
            0.10,
            0.40,
            "indeterminate",
        ),  # .15 to .25 broke its own limit, and yet it could not be told
        (0.30, 0.40, "indeterminate"),  # it kept to its own limit, and yet it could not be told
        (0.20, 0.40, "passed"),  # its own limit lay within the interval, and this one does not
        (0.30, 0.10, "failed"),
    ],
)
def test_what_could_not_be_told_for_another_reason_is_not_told_by_another_range(
    make, own, policy, status
):
    """Such as groups that could not be measured, or a file that was read in part."""
    untold = make.finding(
        status="indeterminate", high=own, reason="For 2 groups it cannot be estimated."
    )
    found, reason = rejudge(untold, Threshold(high=policy))
    assert found == status
    assert (reason == untold.reason) == (status == "indeterminate")


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("the plan sets no limit for it", "passed"),
        ("judge not validated: 3 labels by people", "indeterminate"),
    ],
)
def test_a_threshold_tells_what_lacked_a_limit_and_nothing_else(make, reason, status):
    untold = make.finding(status="indeterminate", high=None, reason=reason)
    assert rejudge(untold, Threshold(high=0.4))[0] == status
    assert rejudge(untold, Threshold(high=0.1))[0] == "failed"


def test_a_threshold_that_is_open_where_the_rules_own_is_not_tells_nothing(make):
    """A gap of .9 lies above any lower end."""
    gap = make.finding(value=0.9, span=(0.85, 0.95), high=0.1)
    found, reason = rejudge(gap, Threshold(low=0.05))
    assert found == "indeterminate"
    assert "has no upper end" in reason
    ratio = make.finding(value=0.3, span=(0.2, 0.4), low=0.8, high=None)
    found, reason = rejudge(ratio, Threshold(high=1.25))
    assert found == "indeterminate"
    assert "has no lower end" in reason
    assert rejudge(ratio, Threshold(low=0.1, high=1.25))[0] == "passed"
    assert rejudge(ratio, Threshold(low=0.8))[0] == "failed"
    assert rejudge(make.finding(low=0.8, high=1.25), Threshold(low=0.1))[0] == "passed"


finite = st.floats(-1, 1)


@given(
    value=finite,
    width=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    limits=st.tuples(finite, finite),
)
def test_a_wider_interval_never_turns_into_another_certainty(value, width, limits):
    threshold = Threshold(low=min(limits), high=max(limits))

    def at(scale):
        span = Interval(low=value - scale * width[0], high=value + scale * width[1], method="wald")
        m = Measurement(metric="m", value=value, n=10, interval=span)
        return rejudge(
            Finding(
                rule="RA-X-001",
                subject=Subject(kind="model", name="m"),
                status=Status.PASSED,
                severity=Severity.LOW,
                statement="s",
                measurement=m,
            ),
            threshold,
        )[0]

    narrow, wide = at(1), at(2)
    assert wide in {narrow, Status.INDETERMINATE}


def test_undefined_value_never_passes(make):
    m = Measurement(metric="tpr", value=None, n=0, undefined_because="no positives")
    status, why = rejudge(make.finding(measurement=m), Threshold(high=0.5))
    assert (status, why) == (Status.INDETERMINATE, "no positives")


def test_presets_load(make):
    assert {"default", "strict", "advisory"} <= set(preset_names())
    for name in preset_names():
        assert load_policy(name).name == name
    strict = load_policy("strict")
    assert (strict.fail_on, strict.waivers.four_eyes, strict.waivers.warn_days) == (
        Severity.LOW,
        True,
        14,
    )
    assert strict.extends == ("default",)


def test_file_extends_preset_and_rules_merge(tmp_path):
    (tmp_path / "house.yaml").write_text(
        "schema: raudit.policy/1\nname: house\nextends: strict\nrules:\n"
        "  RA-FAIR: {severity: high}\n  RA-FAIR-001: {threshold: {high: 0.2}}\n"
    )
    (tmp_path / "team.yaml").write_text(
        "schema: raudit.policy/1\nname: team\nextends: house.yaml\nfail_on: critical\n"
        "rules:\n  RA-FAIR-001: {block: no, requirements: [mrm-4]}\n"
    )
    policy = load_policy(tmp_path / "team.yaml")
    assert (policy.name, policy.extends, policy.fail_on) == (
        "team",
        ("house", "strict", "default"),
        Severity.CRITICAL,
    )
    rule = policy.rule("RA-FAIR-001")
    assert (rule.severity, rule.block, rule.threshold.high, rule.requirements) == (
        Severity.HIGH,
        False,
        0.2,
        ("mrm-4",),
    )


def test_inline_policy_speaks_over_default():
    policy = load_policy(inline={"fail_on": "never", "waivers": {"max_days": "30"}})
    assert (policy.fail_on, policy.waivers.max_days, policy.waivers.warn_days) == (None, 30, 14)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("fail_on: hgih\n", "bad-value"),
        ("fial_on: high\n", "unknown-key"),
        ("[]\n", "policy-not-a-mapping"),
        ("", "policy-not-a-mapping"),
        ("rules:\n  RA-FAIR-001: {threshold: {}}\n", "bad-value"),
        ("rules:\n  RA-FAIR-001: {threshold: {low: 2, high: 1}}\n", "bad-value"),
        ("rules:\n  RA-FAIR-001: {threshold: {high: nan}}\n", "bad-value"),
        ("rules:\n  fairness: {block: no}\n", "bad-value"),
        ("extends: nowhere\n", "unknown-preset"),
        ("extends: p.yaml\n", "policy-chain"),
        ("schema: raudit.policy/9\n", "bad-value"),
    ],
)
def test_a_bad_policy_is_named(tmp_path, text, reference):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path / "p.yaml")
    assert caught.value.reference == reference
    assert caught.value.exit_status == 2


def test_words_that_name_no_rule_are_reported(make):
    policy = DEFAULT.changed(rules={"RA-FARI-001": RulePolicy(block=True)}, soft_fail_on=("low",))
    verdict = apply(make.record(make.stage(make.finding())), policy)
    assert verdict.policy["unmatched"] == ["RA-FARI-001"]


def test_required_assessment_by_the_stage_that_knows(make):
    policy = DEFAULT.changed(required_assessments=("dpia",))
    ok = make.finding(status="passed")
    done, open_one = (
        make.record(make.stage(ok, facts={"assessments.done": ids})) for ids in (["dpia"], [])
    )
    assert apply(done, policy).exit_status == 0
    assert apply(open_one, policy).exit_status == 3


def test_blocking_what_could_not_be_told_leaves_nothing_undecided(make):
    finding = make.finding(status="indeterminate")
    for mode, undecided, blocking in (
        (OnInconclusive.BLOCK, (), (finding.fingerprint,)),
        (OnInconclusive.REVIEW, (finding.fingerprint,), ()),
        (OnInconclusive.PASS, (), ()),
    ):
        verdict = apply(make.record(make.stage(finding)), Policy(name="p", on_inconclusive=mode))
        assert (verdict.undecided, verdict.blocking) == (undecided, blocking)


def test_a_rule_says_where_it_was_set_by_the_longest_word_that_says_it():
    rules = {
        "RA-FAIR": RulePolicy(anchor="policy.rules.RA-FAIR", because="house"),
        "RA-FAIR-001": RulePolicy(block=False),
        "RA-PII": RulePolicy(anchor="policy.rules.RA-PII"),
    }
    policy = Policy(name="p", rules=rules)
    merged = policy.rule("RA-FAIR-001")
    assert (merged.anchor, merged.because, merged.block) == ("policy.rules.RA-FAIR", "house", False)
    closer = policy.changed(rules={**rules, "RA-FAIR-001": RulePolicy(anchor="here")})
    assert closer.rule("RA-FAIR-001").anchor == "here"
