"""``raudit assess`` as a process, and the sign-off that any change of meaning voids."""

import runpy
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests import command_line

from raudit.checklists import assess, load_answers, load_checklist, parse_answers
from raudit.checklists.document import skeleton
from raudit.checklists.writing import signed_off
from raudit.errors import AnswersError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "adult-income" / "answers" / "gdpr-dpia.yaml"
AT = datetime(2026, 11, 21, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def raudit(*args, cwd):
    return command_line.raudit("assess", *args, cwd=cwd)


@pytest.fixture(scope="module")
def dpia():
    return load_checklist(ROOT / "checklists" / "gdpr-dpia.yaml")


def test_start_writes_a_file_that_loads_and_looks_open_not_safe(tmp_path):
    assert raudit("start", "gdpr-dpia", cwd=tmp_path).returncode == 0
    done = raudit("status", "answers/gdpr-dpia.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert "answered 0 of" in done.stdout
    assert "could still end from" in done.stdout
    assert "unsigned" in done.stdout
    again = raudit("start", "gdpr-dpia", cwd=tmp_path)
    assert again.returncode == 2


def test_status_names_what_is_missing_by_line(tmp_path, dpia):
    text = skeleton(dpia).replace(
        "answers:\n", "answers:\n  describe.direct:\n    state: unknown\n    owner: sam\n"
    )
    (tmp_path / "a.yaml").write_text(text)
    done = raudit("status", "a.yaml", cwd=tmp_path)
    line = text.splitlines().index("  describe.direct:") + 1
    assert f"a.yaml:{line} describe.direct: unknown; sam finds out" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["start", "gdpr-dpi"], "did you mean 'gdpr-dpia'"),
        (["status", "none.yaml"], "cannot be read"),
        (
            [
                "sign",
                "a.yaml",
                "--role",
                "dpo",
                "--by",
                "x",
                "--decision",
                "approve_with_conditions",
            ],
            "do not fit",
        ),
    ],
)
def test_a_mistake_is_one_clear_message(tmp_path, args, said):
    done = raudit(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_examples_answers_are_signed_as_they_stand(dpia):
    again = runpy.run_path(str(ROOT / "scripts" / "sign_example.py"))["signed"](EXAMPLE.read_text())
    assert again == EXAMPLE.read_text(), "run scripts/sign_example.py"
    result = assess(dpia, load_answers(EXAMPLE, dpia), today=TODAY)
    assert result.complete
    assert not result.missing_roles
    assert result.level == "acceptable"


def test_the_evidence_contradicts_one_answer_of_the_example(dpia):
    facts = {
        "pii.free_text_columns_with_personal_data": ["case_notes"],
        "data.sha256": "x",
        "fairness.groups_compared": ["sex"],
    }
    result = assess(dpia, load_answers(EXAMPLE, dpia), facts=facts, today=TODAY)
    found = result.contradictions
    assert result.accepted == len(result.visible) - 1  # a contradicted answer is not accepted
    assert result.standing == "Acceptable on answers of which the evidence contradicts 1"
    assert [(item.question, item.answer) for item in found] == [("describe.free_text", "no")]
    assert "case_notes" in found[0].because


def test_layout_does_not_void_a_signoff_and_every_change_of_meaning_does(dpia):
    text = EXAMPLE.read_text()
    spaced = "# a comment\n" + text.replace("\n  need.basis:", "\n\n  # another\n  need.basis:")
    assert all(
        state.holds for state in assess(dpia, parse_answers(spaced, dpia), today=TODAY).signoffs
    )
    for old, new in (
        ("value: contract", "value: consent"),
        ("why: The applicant asked for a credit line.", "why: Other."),
        ("severity: limited", "severity: maximum"),
        ("project: Income pre-approval", "project: Another"),
    ):
        states = assess(dpia, parse_answers(text.replace(old, new, 1), dpia), today=TODAY).signoffs
        assert not any(state.holds for state in states), new
    changed = assess(
        dpia, parse_answers(text.replace("value: contract", "value: consent"), dpia), today=TODAY
    ).signoffs
    assert changed[0].changed == ("need.basis",)


def test_an_author_cannot_sign_and_unknown_roles_are_refused(dpia):
    text = EXAMPLE.read_text()
    with pytest.raises(AnswersError, match="author"):
        signed_off(text, dpia, role="dpo", decision="approve", by="PM@example.org", at=AT)
    with pytest.raises(AnswersError, match="no sign-off by 'king'"):
        signed_off(text, dpia, role="king", decision="approve", by="x", at=AT)


def test_signing_keeps_the_comments_of_the_file(dpia, tmp_path):
    (tmp_path / "a.yaml").write_text(EXAMPLE.read_text())
    done = raudit(
        "sign",
        "a.yaml",
        "--role",
        "dpo",
        "--by",
        "new@example.org",
        "--decision",
        "approve",
        "--clock",
        f"{TODAY}T12:00:00Z",
        cwd=tmp_path,
    )
    assert done.returncode == 0
    text = (tmp_path / "a.yaml").read_text()
    assert "# Filled in by the product manager" in text
    result = assess(dpia, parse_answers(text, dpia), today=TODAY)
    assert {state.signoff.by for state in result.signoffs} == {
        "new@example.org",
        "head-of-lending@example.org",
    }
    assert all(state.holds for state in result.signoffs)


def test_expired_and_other_data_are_said(dpia):
    answers = load_answers(EXAMPLE, dpia)
    assert "review was due" in assess(dpia, answers, today=date(2028, 1, 1)).expired
    pinned = EXAMPLE.read_text().replace("subject:\n", f"subject:\n  data_sha256: {'a' * 64}\n")
    found = assess(dpia, parse_answers(pinned, dpia), facts={"data.sha256": "b" * 64}, today=TODAY)
    assert "another data" in found.expired


def test_conditions_are_signed_shown_met_and_block_when_late(tmp_path, dpia):
    text = EXAMPLE.read_text()
    (tmp_path / "a.yaml").write_text(text)
    at = ["--clock", "2026-11-21T10:00:00+00:00"]
    sign = [
        "sign",
        "a.yaml",
        "--role",
        "owner",
        "--by",
        "kai@example.org",
        "--decision",
        "approve_with_conditions",
    ]
    done = raudit(
        *sign, "--condition", "Audit again", "Mara Lindt", "2027-01-31", *at, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    done = raudit("status", "a.yaml", *at, cwd=tmp_path)
    assert "condition 1  Audit again (Mara Lindt, by 2027-01-31)" in done.stdout
    assert done.returncode == 0
    late = ["--clock", "2027-02-01T10:00:00+00:00"]
    done = raudit("status", "a.yaml", *late, cwd=tmp_path)
    assert (
        "A condition of the system owner is overdue: Audit again (Mara Lindt, 2027-01-31)."
        in done.stdout
    )
    assert done.returncode == 1
    met = ["met", "a.yaml", "--role", "owner", "--condition", "1", "--by"]
    assert raudit(*met, "mara lindt", *late, cwd=tmp_path).returncode == 2
    assert raudit(*met, "kai@example.org", *late, cwd=tmp_path).returncode == 0
    assert raudit("status", "a.yaml", *late, cwd=tmp_path).returncode == 0
    assert (
        raudit(
            "sign", "a.yaml", "--role", "owner", "--by", "kai@example.org", cwd=tmp_path
        ).returncode
        == 2
    )


def test_a_workbook_names_its_checklist_and_so_do_answers_to_ones_own(tmp_path):
    own = (
        (ROOT / "checklists" / "ms-rai.yaml").read_text().replace("\nid: ms-rai\n", "\nid: mine\n")
    )
    (tmp_path / "mine.yaml").write_text(own)
    assert raudit("start", "mine.yaml", cwd=tmp_path).returncode == 0
    assert raudit("status", "answers/mine.yaml", cwd=tmp_path).returncode == 3
    assert raudit("export", "answers/mine.yaml", "-o", "mine.xlsx", cwd=tmp_path).returncode == 0
    assert raudit("import", "mine.xlsx", "-o", "again.yaml", cwd=tmp_path).returncode == 0
    done = raudit("diff", "answers/mine.yaml", "again.yaml", cwd=tmp_path)
    assert done.stdout == "nothing changed\n"
    (tmp_path / "mine.yaml").unlink()
    done = raudit("status", "answers/mine.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "put mine.yaml beside the answers" in done.stderr
