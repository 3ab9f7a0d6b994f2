"""Checklists and answers: format, conditions, scoring, review, sign-off.

::

    load_checklist(path) -> Checklist            shipped_checklists() -> names
    load_answers(path, checklist) -> Answers
    assess(checklist, answers, facts=, today=) -> Assessment
"""

from raudit.checklists.answers import Answer, Answers, SignOff, load_answers, parse_answers
from raudit.checklists.assess import Assessment, assess
from raudit.checklists.load import Checklist, load_checklist, parse_checklist, shipped_checklists
from raudit.checklists.signoff import answers_sha256

__all__ = [
    "Answer",
    "Answers",
    "Assessment",
    "Checklist",
    "SignOff",
    "answers_sha256",
    "assess",
    "load_answers",
    "load_checklist",
    "parse_answers",
    "parse_checklist",
    "shipped_checklists",
]
