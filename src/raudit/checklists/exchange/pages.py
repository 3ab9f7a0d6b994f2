"""Answers as Markdown and as one HTML page that stands alone and prints."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterator
from itertools import groupby

from raudit.checklists.answers import Answer
from raudit.checklists.assess import Assessment, answer_text, row_text
from raudit.checklists.schema import Kind, Question

STYLE = (
    "body{font:11pt/1.5 'DejaVu Sans',Arial,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1{font-size:1.6rem}h2{margin-top:2rem;border-bottom:1px solid #999}dt{font-weight:bold;margin-top:1rem}"
    "dd{margin:0 0 .2rem 1rem}.why,.state{color:#444;font-size:.9em}"
    ".open{border-left:4px solid #b45309;padding-left:.6rem}"
    ".against{border-left:4px solid #b91c1c;padding-left:.6rem}code{font-size:.85em}"
    "@media print{body{margin:0;max-width:none}dt,dd{break-inside:avoid}}"
)


def markdown(result: Assessment) -> str:
    """Every shown question with its answer, as Markdown.

    Parameters
    ----------
    result
        What the answers come to.
    """
    file = result.checklist.file
    lines = [f"# {_plain(file.title)}", "", *(f"- {_plain(text)}" for text in _head(result)), ""]
    for title, questions in _sections(result):
        lines += [f"## {_plain(title)}", ""]
        for question in questions:
            answer = result.answers.file.answers.get(question.id)
            lines += [f"**{_plain(question.text)}** `{question.id}`", ""]
            lines += [f"> {_plain(text)}" for text in _said(result, question)] + [""]
            lines += [*(f"*{_plain(note)}*" for note in _notes(result, question, answer)), ""]
    return "\n".join(lines).rstrip() + "\n"


def html(result: Assessment) -> str:
    """The same as a page; nothing in it is loaded from elsewhere."""
    file, e = result.checklist.file, markup.escape
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{e(file.title)}</title>',
        '<meta name="viewport" content="width=device-width">',
        f"<style>{STYLE}</style></head><body><main><h1>{e(file.title)}</h1>",
        "<ul>" + "".join(f"<li>{e(text)}</li>" for text in _head(result)) + "</ul>",
    ]
    for title, questions in _sections(result):
        parts.append(f"<h2>{e(title)}</h2><dl>")
        for question in questions:
            answer = result.answers.file.answers.get(question.id)
            kind = _kind(result, question)
            parts.append(f'<dt class="{kind}">{e(question.text)} <code>{e(question.id)}</code></dt>')
            parts += [f"<dd>{e(text)}</dd>" for text in _said(result, question)]
            parts += [f'<dd class="state">{e(note)}</dd>' for note in _notes(result, question, answer)]
            parts.append(f'<dd class="why">Why we ask: {e(question.why)}</dd>')
        parts.append("</dl>")
    return "\n".join([*parts, "</main></body></html>", ""])


def _head(result: Assessment) -> Iterator[str]:
    file = result.checklist.file
    yield f"{file.id} {file.version}, {result.answers.file.subject.project or 'no project named'}"
    yield f"{result.answered} of {len(result.visible)} questions answered, {len(result.open)} open"
    if result.standing:
        yield f"Standing: {result.standing}"
    level = file.scoring.level
    yield from (band.because for band in (level.bands if level else ()) if band.id == result.level and band.because)
    yield from (f"{reached.title}: {reached.because}" for reached in result.outcomes)
    yield from (f"Blocks: {because}" for because in result.against)
    for state in result.signoffs:
        signed = state.signoff
        holds = "" if state.holds else f", which does not hold: {state.because}"
        decision, day = signed.decision.replace("_", " "), signed.at.date().isoformat()
        yield f"{signed.role}: {decision} by {signed.by} on {day}{holds}"
    yield from (f"Condition {c.number} of {c.role}: {c.said}" for c in result.conditions)
    yield from (f"{role}: not signed" for role in result.missing_roles)


def _sections(result: Assessment) -> Iterator[tuple[str, list[Question]]]:
    section_of = result.checklist.section_of
    for title, names in groupby(result.visible, key=lambda name: section_of[name].title):
        yield title, [result.checklist.questions[name] for name in names]


def _said(result: Assessment, question: Question) -> list[str]:
    answer, value = result.answers.file.answers.get(question.id), result.answers.values.get(question.id)
    if answer is not None and answer.state == "unknown":
        due = f" by {answer.due.isoformat()}" if answer.due else ""
        return [f"Nobody knows yet; {answer.owner or 'nobody'} finds out{due}"]
    if answer is not None and answer.state == "not_applicable":
        return ["Does not apply"]
    if question.type is Kind.ROWS and value:
        return [f"{number}. {row_text(question, row)}" for number, row in enumerate(value, 1)]
    return str(answer_text(question, value)).splitlines() or [""]


def _notes(result: Assessment, question: Question, answer: Answer | None) -> Iterator[str]:
    if answer is not None:
        if answer.why:
            yield f"Because: {answer.why}"
        for link in answer.evidence:
            yield f"Evidence: {link.path or link.observed}"
        if answer.by:
            when = f" on {answer.at.date().isoformat()}" if answer.at else ""
            note = f": {answer.review.note}" if answer.review.note else ""
            yield f"{answer.by}{when}; {answer.review.state.replace('_', ' ')}{note}"
    yield from (f"Open: {gap.reason}" for gap in result.open if gap.question == question.id)
    for item in result.contradictions:
        if item.question == question.id:
            yield f"Contradicted: {item.because}"
            yield from (f"See {place.said}" for place in item.places)


def _kind(result: Assessment, question: Question) -> str:
    if any(item.question == question.id for item in result.contradictions):
        return "against"
    return "open" if any(gap.question == question.id for gap in result.open) else "answered"


def _plain(text: str) -> str:
    """Text with the characters escaped to which Markdown or HTML gives a meaning."""
    escaped = re.sub(r"([\\`*_\[\]#|~])", r"\\\1", text)
    return markup.escape(" ".join(escaped.split()), quote=False)
