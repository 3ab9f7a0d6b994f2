"""Checklists and answers: format, conditions, scoring, review, sign-off.

::

    load_checklist(path) -> Checklist            shipped_checklists() -> names
    load_answers(path, checklist) -> Answers
    assess(checklist, answers, facts=, today=) -> Assessment
    answers_from_official(checklist, saved) -> Answers, from the saved data of Canada's form
    record_answer(text, checklist, question, value, at=, by=, why=) -> text; save(path, change) writes it in one step
    Walk(path, checklist, by=, clock=)           question by question
    risk_register(assessments) -> the risks of all of them, with priorities
    brief(checklist, answers, result) -> Markdown, brief_html(...) -> one sheet, requirements(...) -> Markdown
"""

from raudit.checklists.answers import Answer, Answers, SignOff, load_answers, parse_answers
from raudit.checklists.assess import Assessment, assess
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.load import (
    checklist_path,
    load_checklist,
    parse_checklist,
    shipped_checklists,
)
from raudit.checklists.form.official import answers_from_official
from raudit.checklists.prints.page_text import brief, brief_html
from raudit.checklists.prints.register import Risk, risk_register
from raudit.checklists.prints.requirement_text import requirements
from raudit.checklists.signoff import answers_sha256
from raudit.checklists.walk import Walk
from raudit.checklists.writing import record_answer, save

__all__ = [
    "Answer",
    "Answers",
    "Assessment",
    "Checklist",
    "Risk",
    "SignOff",
    "Walk",
    "answers_from_official",
    "answers_sha256",
    "assess",
    "brief",
    "brief_html",
    "checklist_path",
    "load_answers",
    "load_checklist",
    "parse_answers",
    "parse_checklist",
    "record_answer",
    "requirements",
    "risk_register",
    "save",
    "shipped_checklists",
]
