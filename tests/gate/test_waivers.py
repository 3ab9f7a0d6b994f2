"""Waivers: what they cover, and that every way of being wrong returns the finding."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from raudit.errors import PolicyError
from raudit.findings import Subject
from raudit.policy import Policy, WaiverTerms, apply_policy, load_waivers

GOOD = {
    "id": "W-014",
    "rule": "RA-FAIR-001",
    "scope": "{attribute: sex, group: Female}",
    "max_value": "0.24",
    "reason": "Retraining is under way; every refusal is reviewed by hand",
    "owner": "pm@x.example",
    "approver": "compliance@x.example",
    "created": "2026-11-01",
    "expires": "2027-01-31",
}
TODAY = date(2026, 11, 21)


def write(folder: Path, *entries: dict[str, str | None]) -> Path:
    path = folder / "waivers.yaml"
    lines = ["schema: raudit.waivers/1", "waivers:"]
    for entry in entries:
        said = {key: value for key, value in {**GOOD, **entry}.items() if value is not None}
        lines += [
            f"  {'-' if n == 0 else ' '} {key}: {value}"
            for n, (key, value) in enumerate(said.items())
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def judged(make, tmp_path):
    def run(*entries, today=TODAY, terms=None, finding=None, identity="stated"):
        finding = finding or make.finding(value=0.2)
        record = make.record(make.stage(finding))
        waivers = load_waivers(write(tmp_path, *entries), identity=identity)
        policy = Policy(name="p", waivers=terms or WaiverTerms())
        verdict = apply_policy(record, policy, waivers=waivers, baseline=None, today=today)
        return verdict.exit_status, [use.state for use in verdict.waivers], verdict

    return run


def test_a_waiver_that_nobody_is_proven_to_have_approved_does_not_count(judged):
    status, states, verdict = judged({}, identity="proven")
    assert (status, states) == (1, ["unproven"])
    assert "name them (people: people.yaml)" in verdict.waivers[0].explanation
    status, states, verdict = judged({}, identity="stated")
    assert (status, states) == (0, ["applied"])
    assert verdict.waivers[0].explanation.endswith("its approval is stated, not proven.")
    assert judged({}, identity="proven", terms=WaiverTerms(strict=True))[0] == 1


def test_a_waiver_that_fits_lets_the_finding_stand(judged):
    status, states, verdict = judged({})
    assert (status, states, verdict.blocking) == (0, ["applied"], ())
    use = verdict.waivers[0]
    assert (use.owner, use.approver, use.expires) == (
        "pm@x.example",
        "compliance@x.example",
        "2027-01-31",
    )


@pytest.mark.parametrize(
    ("day", "status", "state"),
    [
        (date(2027, 1, 16), 0, "applied"),
        (date(2027, 1, 17), 0, "expires_soon"),
        (date(2027, 1, 31), 0, "expires_soon"),
        (date(2027, 2, 1), 1, "expired"),
    ],
)
def test_the_last_day_counts_and_fourteen_days_warn(judged, day, status, state):
    assert judged({}, today=day)[:2] == (status, [state])


def test_outgrown(judged, make):
    status, states, verdict = judged({"max_value": "0.14"})
    assert (status, states) == (1, ["outgrown"])
    assert "0.2 is above its max_value of 0.14" in verdict.waivers[0].explanation


def test_too_low_needs_min_value(judged, make):
    ratio = make.finding(value=0.6, span=(0.5, 0.7), low=0.8, high=None)
    assert judged({"max_value": "0.9"}, finding=ratio)[:2] == (1, ["malformed"])
    assert judged({"max_value": None, "min_value": "0.55"}, finding=ratio)[:2] == (0, ["applied"])
    assert judged({"max_value": None, "min_value": "0.65"}, finding=ratio)[:2] == (1, ["outgrown"])


def test_a_measured_finding_needs_a_bound(judged):
    assert judged({"max_value": None})[:2] == (1, ["malformed"])


def test_an_unmeasured_finding_needs_none(judged, make):
    assert judged({"max_value": None}, finding=make.finding(value=None))[:2] == (0, ["applied"])


def test_a_bound_covers_nothing_that_has_no_value(judged, make):
    status, states, verdict = judged({"max_value": "0.3"}, finding=make.finding(value=None))
    assert (status, states) == (1, ["malformed"])
    assert "no value to hold against it" in verdict.waivers[0].explanation


@pytest.mark.parametrize(
    "scope",
    [
        "{group: Male}",
        "{attribute: race}",
        "{model_sha256: '000000000000'}",
        "{fingerprint: '" + "0" * 32 + "'}",
    ],
)
def test_another_scope_is_unused(judged, scope):
    assert judged({"scope": scope})[:2] == (1, ["unused"])


def test_scope_by_model_and_metric(judged):
    assert judged({"scope": "{model_sha256: 9f2c9f2c9f2c, metric: selection_rate_difference}"})[
        :2
    ] == (0, ["applied"])


def test_another_rule_is_unused_and_named(judged):
    status, states, verdict = judged({"rule": "RA-FAIR-002"})
    assert (status, states) == (1, ["unused"])
    assert "no stage has the rule RA-FAIR-002" in verdict.waivers[0].explanation


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires": None},
        {"expires": "soon"},
        {"expires": "31.01.2027"},
        {"expires": "2026-10-01"},
        {"created": "2026-13-01"},
        {"owner": None},
        {"approver": '""'},
        {"reason": "ok"},
        {"scope": "{}"},
        {"scope": "all"},
        {"rule": "RA-FAIR"},
        {"max_value": "lots"},
        {"max_value": "nan"},
        {"max_value": "inf"},
        {"surprise": "1"},
        {"id": '"W 14\\n::error::"'},
    ],
)
def test_nonsense_returns_the_finding_and_says_so(judged, wrong):
    status, states, verdict = judged(wrong)
    assert (status, states) == (1, ["malformed"])
    assert "does not count" in verdict.waivers[0].explanation


def test_one_bad_entry_spoils_only_itself(judged):
    status, states, verdict = judged({}, {"id": "W-2", "expires": None})
    assert (status, states) == (0, ["malformed", "applied"])
    assert "(line 12)" in verdict.waivers[0].explanation


def test_an_id_used_twice(judged):
    assert judged({}, {})[:2] == (0, ["malformed", "applied"])


def test_clock_before_creation_and_before_the_record(judged):
    assert judged({}, today=date(2026, 10, 1))[:2] == (1, ["malformed"])
    assert judged({"created": "2020-01-01", "expires": "2020-12-31"}, today=date(2020, 6, 1))[
        :2
    ] == (1, ["malformed"])


def test_too_long_a_life(judged):
    assert judged({"expires": "2029-01-01"})[:2] == (1, ["malformed"])


def test_four_eyes(judged):
    same = {"approver": " PM@x.example"}
    assert judged(same, terms=WaiverTerms(four_eyes=False))[:2] == (0, ["applied"])
    assert judged(same)[:2] == (1, ["malformed"])


def test_strict_waivers(judged, make):
    passed = make.finding(status="passed", value=0.01)
    assert judged({}, finding=passed)[:2] == (0, ["unused"])
    assert judged({}, finding=passed, terms=WaiverTerms(strict=True))[:2] == (1, ["unused"])


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("waivers: []\n", "missing-key"),
        ("schema: raudit.waivers/2\nwaivers: []\n", "waivers-version"),
        ("- W-1\n", "waivers-not-a-mapping"),
        ("schema: raudit.waivers/1\nwaivers: {a: b}\n", "bad-value"),
        ("schema: raudit.waivers/1\nwaivers: [\n", "yaml-syntax"),
        ("\x00\x01", "yaml-syntax"),
    ],
)
def test_a_file_that_is_no_waivers_file_is_an_error(tmp_path, text, reference):
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_waivers(path)
    assert caught.value.reference == reference


def test_empty_list_is_no_waiver(tmp_path):
    (tmp_path / "w.yaml").write_text("schema: raudit.waivers/1\nwaivers:\n")
    assert load_waivers(tmp_path / "w.yaml").entries == ()


def test_an_attribute_goes_by_column_or_label(make, tmp_path):
    from raudit.findings import Subject

    finding = make.finding(subject=Subject(kind="attribute", name="Sex"))
    plan = {"sensitive_features": [{"column": "sex", "label": "Sex"}]}
    record = make.record(make.stage(finding), plan=plan)
    for name in ("sex", "Sex"):
        waivers = load_waivers(write(tmp_path, {"scope": f"{{attribute: {name}}}"}))
        assert (
            apply_policy(
                record, Policy(name="p"), waivers=waivers, baseline=None, today=TODAY
            ).exit_status
            == 0
        )


def test_a_value_at_its_bound_is_covered(judged, make):
    finding = make.finding(value=0.24)
    assert judged({}, finding=finding)[1] == ["applied"]
    low = make.finding(value=-0.3, span=(-0.35, -0.25), low=-0.1, high=None)
    assert judged({"max_value": None, "min_value": "-0.3"}, finding=low)[1] == ["applied"]
    assert judged({"max_value": None, "min_value": "-0.29"}, finding=low)[1] == ["outgrown"]


def test_a_faulty_waiver_that_covers_nothing_is_told_once(judged):
    late = {"expires": "2026-11-10", "scope": "{attribute: age}"}
    _status, states, verdict = judged(late)
    assert states == ["expired"]
    assert verdict.waivers[0].explanation == "Waiver W-014 expired on 2026-11-10."
    assert verdict.waivers[0].fingerprint == ""


PEOPLE = """\
schema: raudit.people/1
people: [{id: pm, known_as: pm@x.example}, {id: compliance, known_as: compliance@x.example}]
"""


def uses_of(make, waivers, count=1):
    """What a gate says of each use of the waivers on findings that they cover."""
    about = [{"group": "Female", **({"age": str(n)} if n else {})} for n in range(count)]
    found = [
        make.finding(value=0.2, subject=Subject(kind="attribute", name="sex", detail=detail))
        for detail in about
    ]
    verdict = apply_policy(
        make.record(make.stage(*found)),
        Policy(name="p"),
        waivers=waivers,
        baseline=None,
        today=TODAY,
    )
    return verdict.waivers


def test_people_that_are_known_prove_nothing_by_that(make, tmp_path):
    from raudit.people import parse_people

    waivers = load_waivers(write(tmp_path, {}), people=parse_people(PEOPLE), identity="proven")
    (use,) = uses_of(make, waivers)
    assert use.state == "unproven"
    assert use.explanation == (
        "Waiver W-014 does not count: its approval is stated, not proven; compliance@x.example "
        "proves it with: raudit waive-approve W-014 --by compliance@x.example --key FILE."
    )


@pytest.mark.parametrize(("role", "person"), [("owner", "pm"), ("approver", "compliance")])
def test_whoever_is_not_known_is_named(make, tmp_path, role, person):
    from raudit.people import parse_people

    known = parse_people(PEOPLE.replace(f"{person}@x.example", "someone@x.example"))
    (use,) = uses_of(make, load_waivers(write(tmp_path, {}), people=known, identity="stated"))
    assert (use.state, use.explanation) == (
        "malformed",
        f"Waiver W-014 does not count: nobody is known as {GOOD[role]}.",
    )


def test_what_was_taken_back_of_who_knows_which_system_says_so(make, tmp_path):
    """An older entry of a log names no system, so it is about any that has a waiver of this name."""
    from dataclasses import replace

    from raudit.policy.proof import Revocation

    waivers = load_waivers(write(tmp_path, {}), identity="stated", system="Credit")

    def said(system, told):
        taken = (Revocation(waiver="W-014", system=told),)
        (use,) = uses_of(make, replace(waivers, system=system, revoked=taken))
        return use.state, use.explanation

    plain = "Waiver W-014 does not count: the log says that it was taken back."
    assert said("Credit", "Credit") == said("", "") == ("unproven", plain)
    state, why = said("Credit", "")
    assert state == "unproven"
    assert "does not say of which system; if it was another's, take this one out of the file" in why


def test_of_two_approvals_the_proven_one_speaks(make, tmp_path, monkeypatch):
    from dataclasses import replace
    from datetime import UTC, datetime

    from raudit.policy.waivers import waiver_sha256
    from raudit.statements import Kind, Outcome, Standing, Statement

    waivers = load_waivers(write(tmp_path, {}), identity="proven")
    (waiver,) = waivers.entries
    said = Statement(
        kind=Kind.APPROVAL,
        person=waivers.people.id_of(waiver.approver),
        subjects={"waiver": str(waiver_sha256(waiver))},
        at=datetime(2026, 11, 20, tzinfo=UTC),
        nonce="0" * 32,
    )
    stated = Outcome(standing=Standing.UNPROVEN, why="no key", statement=said)
    proven = Outcome(standing=Standing.PROVEN, why="signed", statement=said)
    for order in ((stated, proven), (proven, stated)):
        held = replace(waivers, statements=order)
        assert held.approval(waiver) is proven
        assert held.identity_of(waiver) == "signed"
    for other in (
        replace(said, kind=Kind.WAIVER),
        replace(said, person="someone"),
        replace(said, subjects={"waiver": "0" * 64}),
    ):
        false = replace(waivers, statements=(replace(proven, statement=other),))
        assert false.approval(waiver) is None
    for named, about, counts in (
        ("Credit", "Credit", True),
        ("Credit", "Mortgage", False),
        ("", "Mortgage", True),  # approved where no plan named the system
        ("Credit", "", True),  # read where none does
    ):
        of = replace(proven, statement=replace(said, system=named))
        read = replace(waivers, statements=(of,), system=about)
        assert (read.approval(waiver) is of) is counts
        uses = uses_of(make, replace(read, identity="stated"))
        told = [use.explanation.endswith(", and names no system.") for use in uses]
        assert told == [counts and not named]
    asked = []
    looked = type(held).approval
    monkeypatch.setattr(
        type(held), "approval", lambda *of: asked.append(of) or looked(*of)
    )  # once a waiver, however many findings it covers
    uses = uses_of(make, replace(held, identity="stated"), 3)
    assert [use.statement for use in uses] == [str(proven.sha256)] * 3
    assert len(asked) == 1


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_one_more_and_one_less_keep_the_layout(tmp_path, indent):
    from dataclasses import replace

    from raudit.policy.waive import appended, without

    path = write(tmp_path, {"id": "W-001"}, {"id": "W-002"})
    head, *lines = path.read_text().splitlines()[1:]
    text = "schema: raudit.waivers/1\n" + head + "  # ours\n"
    path.write_text(text + "".join(indent + line[2:] + "\n" for line in lines))
    before = path.read_bytes()
    first, second = load_waivers(path).entries
    more = appended(path, replace(first, id="W-003"))
    assert more.startswith(before)
    path.write_bytes(more)
    assert [entry.id for entry in load_waivers(path).entries] == ["W-001", "W-002", "W-003"]
    taken, less = without(path, "W-003")
    assert (taken.id, less) == ("W-003", before)
    path.write_bytes(before)
    taken, less = without(path, "W-001")
    assert taken == first
    path.write_bytes(less)
    assert b"# ours" in less
    assert [entry.reason for entry in load_waivers(path).entries] == [second.reason]
    taken, less = without(path, "W-002")
    path.write_bytes(less)
    assert load_waivers(path).entries == ()
    with pytest.raises(PolicyError, match="no waiver W-002"):
        without(path, "W-002")
