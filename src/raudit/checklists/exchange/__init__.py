"""Answers in other forms: Markdown, HTML, Word, Excel and back, OSCAL assessment results, an in-toto statement."""

from raudit.checklists.exchange.oscal import oscal
from raudit.checklists.exchange.pages import html, markdown
from raudit.checklists.exchange.statement import in_toto
from raudit.checklists.exchange.word import word
from raudit.checklists.exchange.workbook import checklist_of, from_workbook, workbook

__all__ = [
    "checklist_of",
    "from_workbook",
    "html",
    "in_toto",
    "markdown",
    "oscal",
    "word",
    "workbook",
]
