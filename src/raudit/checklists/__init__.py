"""Checklists and answers: format, conditions, scoring, review, sign-off.

::

    load_checklist(path) -> Checklist            shipped_checklists() -> names
    load_answers(path, checklist) -> Answers
    assess(checklist, answers, facts=, today=) -> Assessment
    brief(checklist, answers, result) -> Markdown, brief_html(...) -> one sheet, requirements(...) -> Markdown
"""

from raudit.checklists.answers import Answer, Answers, SignOff, load_answers, parse_answers
from raudit.checklists.assess import Assessment, assess
from raudit.checklists.load import Checklist, load_checklist, parse_checklist, shipped_checklists
from raudit.checklists.page_text import brief, brief_html
from raudit.checklists.requirement_text import requirements
from raudit.checklists.signoff import answers_sha256

__all__ = [
    "Answer",
    "Answers",
    "Assessment",
    "Checklist",
    "SignOff",
    "answers_sha256",
    "assess",
    "brief",
    "brief_html",
    "load_answers",
    "load_checklist",
    "parse_answers",
    "parse_checklist",
    "requirements",
    "shipped_checklists",
]
