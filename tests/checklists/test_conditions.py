"""Conditions of an approval: who answers for each and by when, what happens when the day passes, and older files."""

from __future__ import annotations

import io
import re
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.checklists.launch_answers import READY, text_of

from raudit.checklists import Answers, Assessment, assess, parse_answers, risk_register
from raudit.checklists.compare import differences
from raudit.checklists.exchange import from_workbook, in_toto, markdown, workbook
from raudit.checklists.form.load import shipped
from raudit.checklists.prints.page import page
from raudit.checklists.writing import met_condition, signed_off
from raudit.errors import AnswersError
from raudit.evidence import AssessmentFiles, Evidence
from raudit.findings import Finding
from raudit.resources import resource_dir
from raudit.stages.assessments import STAGE
from raudit.stages.assessments.stage import AssessmentOptions

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
BEFORE, AFTER = date(2027, 1, 31), date(2027, 2, 1)
CHECKLIST = shipped("launch-readiness")
GIVEN = {"what": "Rerun after retraining", "owner": "Mara Lindt", "due": "2027-01-31"}


def signed(**changes: str) -> str:
    text = text_of(CHECKLIST, READY)
    text = signed_off(text, CHECKLIST, role="owner", decision="approve", by="Kai", at=AT)
    given = [{**GIVEN, **changes}]
    return signed_off(
        text,
        CHECKLIST,
        role="risk",
        decision="approve_with_conditions",
        by="Ines",
        at=AT,
        conditions=given,
    )


def read(text: str, today: date = BEFORE) -> tuple[Answers, Assessment]:
    answers = parse_answers(text, CHECKLIST)
    return answers, assess(CHECKLIST, answers, today=today)


def test_a_condition_is_open_until_its_day_and_blocks_after_it() -> None:
    text = signed()
    _answers, result = read(text)
    assert [(c.role, c.number, c.state) for c in result.conditions] == [("risk", 1, "open")]
    assert not result.against
    assert not result.missing_roles
    answers, late = read(text, AFTER)
    assert late.overdue == (
        "A condition of the risk officer is overdue: Rerun after retraining (Mara Lindt, 2027-01-31).",
    )
    assert late.against == late.overdue
    assert late.overdue[0] in markdown(late)
    assert page(CHECKLIST, answers, late).against == late.overdue
    assert [(r.source, r.owner, r.due) for r in risk_register([late]) if r.source == "blocker"] == [
        ("blocker", "Mara Lindt", "2027-01-31")
    ]


def test_a_met_condition_stays_met_and_the_sign_off_holds() -> None:
    text = met_condition(
        signed(), role="risk", number=1, by="Ines", at=AT, how="audit of 20 January"
    )
    answers, result = read(text, AFTER)
    assert not result.against
    assert all(state.holds for state in result.signoffs)
    assert (
        result.conditions[0].said
        == "Rerun after retraining (met on 2026-11-21, says Ines: audit of 20 January)"
    )
    before, _result = read(signed())
    assert [c.question for c in differences(CHECKLIST, before, answers)] == ["conditions"]
    statement = in_toto(result, name="a.yaml", sha256="0" * 64)  # type: ignore[arg-type]
    assert statement["predicate"]["conditions"][0]["state"] == "met"
    again = parse_answers(from_workbook(workbook(CHECKLIST, answers, at=AT), CHECKLIST), CHECKLIST)
    assert again.file.signoffs == answers.file.signoffs


@pytest.mark.parametrize(
    ("given", "reference"),
    [
        ({"role": "owner"}, "no-condition"),
        ({"number": 2}, "no-condition"),
        ({"number": 0}, "no-condition"),
        ({"by": " MARA  lindt"}, "condition-owner"),
    ],
)
def test_what_cannot_be_met_is_refused(given: dict[str, str], reference: str) -> None:
    with pytest.raises(AnswersError) as told:
        met_condition(
            signed(), **{"role": "risk", "number": 1, "by": "Ines", "at": AT, "how": "", **given}
        )  # type: ignore[arg-type]
    assert told.value.reference == reference
    text = met_condition(signed(), role="risk", number=1, by="Ines", at=AT, how="")
    with pytest.raises(AnswersError, match="met already"):
        met_condition(text, role="risk", number=1, by="Ines", at=AT, how="")


@pytest.mark.parametrize("lacking", ["what", "owner", "due"])
def test_nobody_approves_on_a_condition_without_an_owner_and_a_day(lacking: str) -> None:
    with pytest.raises(AnswersError, match=f"a condition has no {lacking}"):
        signed(**{lacking: " "})
    with pytest.raises(AnswersError, match="on a day"):
        signed(due="soon")


def test_older_files_are_read_and_their_conditions_stand_as_unowned() -> None:
    text = signed()
    start, end = (
        text.index("    conditions:"),
        text.index("    covered:", text.index("    conditions:")),
    )
    old = text[:start] + "    conditions: [rerun after retraining]\n" + text[end:]
    _answers, result = read(old, AFTER)
    assert [c.state for c in result.unowned] == ["unowned"]
    assert result.unowned[0].said == "rerun after retraining (no owner and no day)"
    assert not result.against
    _answers, result = read(text[:start] + text[end:])
    assert [c.said for c in result.unowned] == ["no condition is named"]


def test_conditions_of_a_void_sign_off_count_for_nothing() -> None:
    text = signed().replace("Contract", "Consent")
    _answers, result = read(text, AFTER)
    assert not result.conditions
    assert set(result.missing_roles) == {"owner", "risk"}


def judged(
    text: str, folder: Path, day: date, rule: str = "RA-ASMT-004", system: str = ""
) -> Finding:
    """The stage's finding about the sign-off, or by another rule."""
    (folder / "a.yaml").write_text(text)
    found = STAGE.run(evidence(folder, day, system), AssessmentOptions()).findings
    return next(f for f in found if f.rule == rule)


def evidence(folder: Path, day: date, system: str = "", times: int = 1) -> Evidence:
    """The answers of a folder, as the stage sees them."""
    files = AssessmentFiles(
        checklist="launch-readiness",
        checklist_path=resource_dir("checklists") / "launch-readiness.yaml",
        answers_path=folder / "a.yaml",
        anchor="assessments.0",
    )
    nothing: Any = None
    clock = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Evidence(
        system={"name": system},
        task=nothing,
        data=nothing,
        roles=nothing,
        model=None,
        assessments=(files,) * times,
        seed=0,
        clock=clock,
    )


def test_the_stage_says_what_of_the_conditions_is_missing(tmp_path: Path) -> None:
    text = signed()
    passed = judged(text, tmp_path, BEFORE)
    assert passed.status.value == "passed"
    assert "0 of 1 conditions are met; the next is due on 2027-01-31." in passed.statement
    late = judged(text, tmp_path, AFTER)
    assert late.status.value == "failed"
    assert "Rerun after retraining (Mara Lindt, 2027-01-31)" in late.statement
    old = re.sub(r"(?m)^ +owner: Mara Lindt\n(?= +due: 2027-01-31)", "", text)
    assert old != text
    unowned = judged(old, tmp_path, BEFORE)
    assert unowned.status.value == "indeterminate"
    assert unowned.reason == "a condition of the risk officer has no owner"


def test_a_rejection_is_not_answered_by_the_advice_to_sign(tmp_path: Path) -> None:
    """And what an owner rejects says nothing of a data protection officer's advice (Article 35(2) GDPR)."""
    yaml = YAML()
    document = yaml.load(signed())
    document["signoffs"].append(deepcopy(document["signoffs"][0]))
    document["signoffs"][-1]["decision"] = "reject"
    out = io.StringIO()
    yaml.dump(document, out)
    found = judged(out.getvalue(), tmp_path, BEFORE)
    assert found.status.value == "failed"
    assert "decided to reject" in found.statement
    assert found.remedy.startswith("Settle what ")
    assert "sign" not in found.remedy
    assert "gdpr:35.2" not in found.requirements


def test_neither_a_day_to_come_nor_somebody_elses_signature_makes_one_valid_for_longer(
    tmp_path: Path,
) -> None:
    def of(owner: datetime, risk: datetime, review: str = "") -> str:
        text = text_of(CHECKLIST, READY).replace("answers:\n", f"{review}answers:\n", 1)
        for role, by, at in (("owner", "Kai", owner), ("risk", "Ines", risk)):
            text = signed_off(text, CHECKLIST, role=role, decision="approve", by=by, at=at)
        return text

    long_ago, far_off = AT.replace(year=2025), AT.replace(year=2099)
    assert judged(of(AT, AT), tmp_path, BEFORE).status.value == "passed"
    for text in (of(long_ago, AT), of(long_ago, long_ago, "review_by: 2099-01-01\n")):
        old = judged(text, tmp_path, BEFORE)
        assert old.status.value == "failed"
        assert "signed on 2025-11-21, and valid for P6M" in old.statement
    early = judged(of(AT, far_off), tmp_path, BEFORE)
    assert early.status.value == "failed"
    assert "it is dated 2099-11-21, which is after today (2027-01-31)" in early.statement


def test_answers_about_another_system_are_none_about_this_one(tmp_path: Path) -> None:
    text = signed()
    assert "project: Loans" in text
    for rule, status in (("RA-ASMT-001", "indeterminate"), ("RA-ASMT-004", "failed")):
        assert judged(text, tmp_path, BEFORE, rule, " LOANS ").status.value == "passed"
        other = judged(text, tmp_path, BEFORE, rule, "Mortgages")
        assert other.status.value == status
        assert "about “Loans”, and this audit is about “Mortgages”" in other.statement


def test_what_was_signed_without_a_system_is_signed_for_none(tmp_path: Path) -> None:
    text = text_of(CHECKLIST, READY).replace("  project: Loans\n", "  version: '1'\n")
    assert "project" not in text
    for role, by in (("owner", "Kai"), ("risk", "Ines")):
        text = signed_off(text, CHECKLIST, role=role, decision="approve", by=by, at=AT)
    assert judged(text, tmp_path, BEFORE).status.value == "passed"
    unnamed = judged(text, tmp_path, BEFORE, system="Loans")
    assert unnamed.status.value == "indeterminate"
    assert "what was signed names no system" in unnamed.statement


def test_evidence_shows_nothing_after_its_last_day(tmp_path: Path) -> None:
    link = "evidence: [{kind: link, path: 'https://example.org/r', expires: 2026-12-31}]"
    text = text_of(CHECKLIST, READY).replace("  problem.goal:\n", f"  problem.goal:\n    {link}\n")
    assert link in text
    before = judged(text, tmp_path, date(2026, 12, 31), "RA-ASMT-001")
    assert before.status.value == "passed"
    late = judged(text, tmp_path, date(2027, 1, 1), "RA-ASMT-001")
    assert late.status.value == "indeterminate"
    assert late.reason == (
        "the evidence for problem.goal expired on 2026-12-31: https://example.org/r"
    )


def test_what_nobody_answered_is_held_against_nothing() -> None:
    facts = {"data.shared_share": 0.0, "data.leaks": [], "pii.columns_with_personal_data": []}
    _answers, full = read(text_of(CHECKLIST, READY))
    empty = parse_answers(re.sub(r"(?s)\nanswers:.*", "\nanswers: {}\n", signed()), CHECKLIST)
    assert assess(CHECKLIST, full.answers, facts=facts, today=BEFORE).facts_used
    assert not assess(CHECKLIST, empty, facts=facts, today=BEFORE).facts_used


def test_two_sets_of_answers_to_one_checklist_are_refused(tmp_path: Path) -> None:
    """The second would hide whose decisions the first rests on."""
    (tmp_path / "a.yaml").write_text(signed())
    with pytest.raises(AnswersError) as told:
        STAGE.run(evidence(tmp_path, BEFORE, times=2), AssessmentOptions())
    assert told.value.reference == "answered-twice"
