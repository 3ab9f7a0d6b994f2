"""What a page says is in the language of whoever reads it: findings, their numbers, names of assessments, roles."""

from __future__ import annotations

import ast
import html
import re
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

from raudit.checklists import assess, load_answers
from raudit.checklists.exchange.workbook import from_workbook
from raudit.checklists.form.load import shipped

from .test_pages import A, digest_on, fresh, reviewed, statement_on

ANSWERS = Path(__file__).resolve().parents[2] / "examples/adult-income/answers/gdpr-dpia.yaml"


def page(client: Any, path: str, code: str) -> str:
    return html.unescape(client.get(path, HTTP_ACCEPT_LANGUAGE=code).content.decode())


def test_findings_are_read_in_german_with_german_numbers(
    as_: Any, workspace: Path, finding: str
) -> None:
    from raudit.web.reading import record_at

    record = record_at(next((workspace / "credit/runs").glob("*/record.json")))
    found = [f for f in record.findings if str(f.status) != "passed"]
    assert found
    rita = as_("rita")
    for path in ("/s/credit/findings/", f"/s/credit/findings/{finding}/", "/s/credit/"):
        english, german = page(rita, path, "en"), page(rita, path, "de")
        said = [f.statement for f in found if f.statement in english]
        assert said
        assert [text for text in said if text in german] == []


def test_an_assessment_is_told_in_german_words(as_: Any, workspace: Path) -> None:
    reviewed(as_)
    olga = as_("olga")
    sign = page(olga, A + "sign/", "de")
    assert '<option value="owner">Systemverantwortliche</option>' in sign
    form = {"answers": digest_on(olga.get(A + "sign/")), "role": "owner", "decision": "approve"}
    signer = fresh(as_, "olga")
    shown = statement_on(signer.post(A + "sign/", form))
    signer.post(A + "sign/finish/", {"statement": shown, "without": "proof"})
    german = page(olga, A, "de")
    assert "angegeben, nicht nachgewiesen" in german
    assert "Systemverantwortliche" in german
    history = page(olga, A + "q/first.people/", "de")
    assert "Antwort: nein" in history
    assert not re.search(r"(?:value|review|why): ", history)
    log = page(as_("adam"), "/log/", "de")
    assert '<option value="signoff.given">Entscheidung über eine Bewertung</option>' in log
    assert "als Systemverantwortliche" in log


def test_a_number_has_the_marks_of_its_reader() -> None:
    from django.utils import translation

    from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject
    from raudit.web.views.findings import number_of

    measured = Measurement(
        metric="demographic_parity_difference",
        value=0.1696,
        n=16_281,
        method="difference",
        interval=Interval(low=0.1586, high=0.1803, level=0.95, method="newcombe"),
    )
    made = Finding(
        rule="RA-FAIR-001",
        subject=Subject(kind="attribute", name="Sex"),
        status=Status.FAILED,
        severity=Severity.HIGH,
        statement="Rates differ.",
        measurement=measured,
    )
    said = {}
    for code in ("en", "de"):
        with translation.override(code):
            said[code] = number_of(made)
    assert said["en"].endswith("17.0 percentage points (15.9 to 18.0), n = 16,281")
    assert said["de"].endswith("17,0 Prozentpunkte (15,9 bis 18,0), n = 16.281")
    assert "_" not in said["de"]


def test_numbers_to_follow_are_named_in_words(as_: Any, finding: str) -> None:
    for code in ("en", "de"):
        choices = re.findall(
            r"<option[^>]*>([^<]+)", page(as_("rita"), "/s/credit/runs/trend/", code)
        )
        assert choices
        assert [text for text in choices if re.search(r"[a-z]_[a-z]", text)] == []


def test_a_portfolio_says_of_which_assessment_a_tier_is(workspace: Path) -> None:
    from datetime import date

    from django.template.loader import render_to_string
    from django.utils import translation

    from raudit.web.index import _put_together
    from raudit.web.middleware import workspace as place
    from raudit.web.reading import plan_at
    from raudit.web.summing import EMPTY

    levels = {"Launch readiness": "Blocked", "Threat model": "Medium", "Small assessment": ""}
    summaries = [{**EMPTY, "name": "x", "title": t, "level": level} for t, level in levels.items()]
    plan = plan_at(place(), "credit")
    row = _put_together("credit", plan, summaries, {}, date(2026, 11, 27))
    assert row.tier == "Launch readiness: Blocked; Threat model: Medium"
    with translation.override("de"):
        drawn = render_to_string("web/home_row.html", {"row": row, "today": "2026-11-27"})
    assert re.search(r"Bereitschaft zum Start</a> <span[^>]*>[^<]+ · Gesperrt<", drawn), drawn
    assert re.search(r"Bedrohungsmodell</a> <span[^>]*>[^<]+ · Mittel<", drawn), drawn


def calls(path: Path) -> set[str]:
    """Texts that a module translates, pieces of one text joined."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("_", "lazy", "gettext")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_text_of_the_program_and_every_role_is_there_in_german(site: Path) -> None:
    import polib

    from raudit.checklists.states import STATES
    from raudit.web.access import BUILT_IN
    from raudit.web.demo import ROLES

    folder = Path(__file__).resolve().parents[2] / "src/raudit/web"
    asked = {text for path in folder.rglob("*.py") for text in calls(path)}
    asked |= {text for standing in STATES.values() for text in (standing.means, *standing.may)}
    asked |= {role for standing in STATES.values() for role in standing.may.values()}
    asked |= {*BUILT_IN, *(role for roles in ROLES.values() for role in roles)}
    catalogue = polib.pofile(str(folder / "locale/de/LC_MESSAGES/django.po"))
    said = {entry.msgid for entry in catalogue if entry.msgstr or entry.msgstr_plural}
    assert sorted(asked - said) == []


def test_an_assessment_is_taken_out_in_the_readers_language(site: Path) -> None:
    """The form, and what the program says of it; what people wrote, and what is read back, stay as they are."""
    from django.utils import translation

    from raudit.web.views.reports import _exported

    checklist = shipped("gdpr-dpia")
    held = load_answers(ANSWERS, checklist)
    result = assess(checklist, held, facts={}, today=date(2026, 11, 27))
    found = SimpleNamespace(result=result, checklist=checklist, answers=held)
    asked = [checklist.questions[name].text for name in result.visible]
    back = set()
    for kind in ("html", "markdown", "word", "excel"):
        for code in ("en", "de"):
            with translation.override(code):
                content = _exported(found, kind)  # type: ignore[arg-type]
            text = content.decode() if kind in {"html", "markdown"} else inside(content)
            text = html.unescape(text).replace("\\", "")
            assert [question for question in asked if question in text] == asked * (code == "en")
            assert "a boosted-tree model gives a score" in text
            assert kind == "excel" or ("beantwortet" in text) is (code == "de")
            if kind == "excel":
                back.add(from_workbook(content, checklist))
    assert len(back) == 1


def inside(content: bytes) -> str:
    """The text of a file of Office."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [archive.read(name) for name in archive.namelist() if name.endswith(".xml")]
    return " ".join("".join(ET.fromstring(part).itertext()) for part in parts)
