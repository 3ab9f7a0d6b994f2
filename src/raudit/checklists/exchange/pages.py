"""Answers as Markdown and as one HTML page that stands alone and prints."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from raudit.checklists.answers import Answer
from raudit.checklists.assess import Assessment, answer_text, row_text
from raudit.checklists.form.schema import Kind, Question
from raudit.sentences import Sentence, joined, role_words, say, term

Speak = Callable[[str], str]
"""Says a sentence of the program or of a shipped checklist in a language; any other text stays as it is."""

STYLE = """
* { box-sizing: border-box }
body { font: 10.5pt/1.5 "Source Sans 3", "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; color: #1d2127;
  max-width: 50rem; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere }
header { border-top: 4px solid #33566b; border-bottom: 1px solid #1d2127; padding: .7rem 0 .6rem }
header.bad { border-top-color: #a3300b } header.wait { border-top: 4px dashed #b58a00 }
.kicker, .tally { margin: 0; color: #5b6470; font-size: .88em }
h1 { font-size: 1.75rem; line-height: 1.2; margin: .1rem 0 .3rem }
.standing { margin: 0; font-size: 1.15rem; font-weight: 600 } .bad .standing { color: #8f2a09 }
h2 { margin: 2.2rem 0 .2rem; font-size: 1.2rem; border-bottom: 1px solid #9aa4af; padding-bottom: .2rem }
ul.lines { margin: .8rem 0; padding: 0; list-style: none } ul.lines li { margin: .25rem 0; padding-left: .7rem }
ul.lines li { border-left: 4px solid #9aa4af } ul.lines li.stop { border-color: #a3300b }
ul.lines li.wait { border-color: #b58a00 }
article { margin: 1.1rem 0; break-inside: avoid; padding-left: .8rem; border-left: 4px solid transparent }
article.open { border-color: #b58a00 } article.against { border-color: #a3300b }
h3 { font-size: 1rem; margin: 0; line-height: 1.35 }
h3 code { font-weight: 400; font-size: .76em; color: #5b6470; margin-left: .35em; white-space: nowrap }
p { margin: .15rem 0 } .why, .note { color: #4d565f; font-size: .9em } .note.bad { color: #8f2a09 }
table { border-collapse: collapse; width: 100%; font-size: .86em; line-height: 1.4; margin: .3rem 0 }
th { text-align: left; font-weight: 600; color: #444c56; border-bottom: 1px solid #1d2127; vertical-align: bottom }
th, td { padding: .25rem .7rem .25rem 0; overflow-wrap: normal } td { vertical-align: top }
td { border-bottom: 1px solid #d5d9de }
footer { margin-top: 2rem; color: #5b6470; font-size: .85em }
@page { size: A4; margin: 16mm 18mm }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 9.4pt } }
"""


def markdown(result: Assessment, speak: Speak = str) -> str:
    """Every shown question with its answer, as Markdown.

    Parameters
    ----------
    result
        What the answers come to.
    speak
        Says it in another language than English.
    """

    def plain(text: str) -> str:
        return _plain(speak(text))

    title = result.checklist.file.title
    lines = [f"# {plain(term(title))}", "", *(f"- {plain(text)}" for text in _head(result)), ""]
    for section, questions in _sections(result):
        lines += [f"## {plain(section)}", ""]
        for question in questions:
            answer = result.answers.file.answers.get(question.id)
            lines += [f"**{plain(term(question.text))}** `{question.id}`", ""]
            lines += [f"> {plain(text)}" for text in _said(result, question)] + [""]
            lines += [*(f"*{plain(note)}*" for note in _notes(result, question, answer)), ""]
    return "\n".join(lines).rstrip() + "\n"


def html(result: Assessment, speak: Speak = str, *, code: str = "en") -> str:
    """The same as a page in the language of that code; nothing in it is loaded from elsewhere."""

    def e(text: str) -> str:
        return markup.escape(speak(text))

    file, about = result.checklist.file, result.answers.file.subject
    tone = (
        "bad" if result.against or result.contradictions else "wait" if _waits(result) else "calm"
    )
    named, title = about.project or say("No project named"), term(file.title)
    parts = [
        "<!doctype html>",
        f'<html lang="{code}"><head><meta charset="utf-8"><title>{e(title)}: {e(named)}</title>',
        '<meta name="viewport" content="width=device-width">',
        f"<style>{STYLE}</style></head><body><main>",
        f'<header class="{tone}"><p class="kicker">{e(title)} {e(file.version)}</p><h1>{e(named)}</h1>',
        f'<p class="standing">{e(result.standing)}</p>' if result.standing else "",
        f'<p class="tally">{e(_tally(result))}</p></header>',
        '<ul class="lines">'
        + "".join(f'<li class="{kind}">{e(text)}</li>' for kind, text in _lines(result))
        + "</ul>",
    ]
    for section, questions in _sections(result):
        parts.append(f"<section><h2>{e(section)}</h2>")
        parts += [_article(result, question, e) for question in questions]
        parts.append("</section>")
    told = say("Written from the answers by raudit; not legal advice.")
    parts.append(f"<footer>{e(file.id)} {e(file.version)}. {e(told)}</footer>")
    return "\n".join([*(part for part in parts if part), "</main></body></html>", ""])


def _waits(result: Assessment) -> bool:
    return bool(result.open or result.missing_roles or result.unowned or result.expired)


def _article(result: Assessment, question: Question, e: Speak) -> str:
    """One question with its answer."""
    answer, asked = result.answers.file.answers.get(question.id), term(question.text)
    parts = [
        f'<article class="{_kind(result, question)}"><h3>{e(asked)} <code>{e(question.id)}</code></h3>'
    ]
    value = result.answers.values.get(question.id)
    if question.type is Kind.ROWS and value:
        parts.append(_table(question, value, e))
    else:
        parts += [f"<p>{e(text)}</p>" for text in _said(result, question)]
    against = [*_against(result, question)]
    parts += [
        f'<p class="note">{e(note)}</p>'
        for note in _notes(result, question, answer)
        if note not in against
    ]
    parts += [f'<p class="note bad">{e(note)}</p>' for note in against]
    why = say("Why we ask: {why}", why=term(question.why))
    return "".join([*parts, f'<p class="why">{e(why)}</p></article>'])


def _table(question: Question, rows: Sequence[Mapping[str, str]], e: Speak) -> str:
    """Rows of a list, without columns that nobody filled in."""
    columns = [column for column in question.columns if any(row.get(column.id) for row in rows)]
    texts = {(c.id, option.id): term(option.text) for c in columns for option in c.options}
    head = "".join(f'<th scope="col">{e(term(column.text))}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{e(texts.get((c.id, row.get(c.id, '')), row.get(c.id, '')))}</td>"
            for c in columns
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _tally(result: Assessment) -> str:
    parts = [
        say("{n} of {total} answered", n=result.answered, total=len(result.visible)),
        say("{n} accepted by a reviewer", n=result.accepted),
        say("{n} open", n=len(result.open)),
        say("{n} blocking", n=len(result.against)),
        say("{n} contradicted", n=len(result.contradictions)),
    ]
    return joined(" · ", parts)


def _head(result: Assessment) -> Iterator[str]:
    """What comes before the questions, as plain lines."""
    file, project = result.checklist.file, result.answers.file.subject.project
    named = project or say("no project named")
    yield say("{id} {version}, {project}", id=file.id, version=file.version, project=named)
    yield _tally(result)
    if result.standing:
        yield say("Standing: {standing}", standing=result.standing)
    yield from (text for _kind_, text in _lines(result))


def _lines(result: Assessment) -> Iterator[tuple[str, str]]:
    """What stands against it, outcomes, who signed and on which conditions, each with how it counts."""
    yield from (("stop", say("Blocks: {because}", because=because)) for because in result.against)
    for item in result.contradictions:
        said = say(
            "Contradicted: “{answer}” ({question}). {because}",
            answer=item.answer,
            question=item.question,
            because=item.because,
        )
        yield "stop", said
    level = result.checklist.file.scoring.level
    bands = level.bands if level else ()
    yield from (
        ("", term(band.because))
        for band in bands
        if band.id == result.level and band.because and result.answered
    )
    yield from (("", line) for line in result.points)
    for reached in result.outcomes:
        yield "", say("{title}: {because}", title=term(reached.title), because=reached.because)
    yield from _signed(result)
    decided = {state.signoff.role for state in result.signoffs if state.holds}
    for role in result.missing_roles:
        template = "{role}: has not approved" if role in decided else "{role}: not signed"
        yield "wait", say(template, role=role_words(role))
    if result.expired:
        yield "wait", say("Does not hold any more: {because}", because=result.expired)


def _signed(result: Assessment) -> Iterator[tuple[str, str]]:
    """Decisions, whether they hold, and their conditions."""
    for state in result.signoffs:
        signed, role = state.signoff, role_words(state.signoff.role)
        holds = (
            "" if state.holds else say(", which does not hold: {because}", because=state.because)
        )
        said = say(
            "{role}: {decision} by {by} on {day}{holds}",
            role=role,
            decision=term(signed.decision.replace("_", " ")),
            by=signed.by,
            day=signed.at.date().isoformat(),
            holds=holds,
        )
        yield "" if state.holds else "stop", said
        for c in result.conditions:
            if state.holds and c.role == signed.role:
                kind = {"overdue": "stop", "unowned": "wait"}.get(c.state, "")
                yield (
                    kind,
                    say("Condition {n} of {role}: {said}", n=c.number, role=role, said=c.said),
                )


def _sections(result: Assessment) -> Iterator[tuple[str, list[Question]]]:
    section_of = result.checklist.section_of
    for title, names in groupby(result.visible, key=lambda name: section_of[name].title):
        yield term(title), [result.checklist.questions[name] for name in names]


def _said(result: Assessment, question: Question) -> list[str]:
    answer, value = (
        result.answers.file.answers.get(question.id),
        result.answers.values.get(question.id),
    )
    if answer is not None and answer.state == "unknown":
        who = answer.owner or say("nobody")
        if answer.due:
            day = answer.due.isoformat()
            return [say("Nobody knows yet; {who} finds out by {day}", who=who, day=day)]
        return [say("Nobody knows yet; {who} finds out", who=who)]
    if answer is not None and answer.state == "not_applicable":
        return [say("Does not apply")]
    if question.type is Kind.ROWS and value:
        rows = enumerate(value, 1)
        return [say("{n}. {row}", n=number, row=row_text(question, row)) for number, row in rows]
    text = answer_text(question, value)
    # A sentence of the program is one line; only what a person wrote may be several.
    return [text] if isinstance(text, Sentence) else text.splitlines() or [""]


def _notes(result: Assessment, question: Question, answer: Answer | None) -> Iterator[str]:
    if answer is not None:
        if answer.why:
            yield say("Because: {why}", why=answer.why)
        for link in answer.evidence:
            yield say("Evidence: {link}", link=link.path or link.observed)
        if answer.by:
            when = say(" on {day}", day=answer.at.date().isoformat()) if answer.at else ""
            note = f": {answer.review.note}" if answer.review.note else ""
            state = term(answer.review.state.replace("_", " "))
            yield say("{by}{when}; {state}{note}", by=answer.by, when=when, state=state, note=note)
    yield from _against(result, question)


def _against(result: Assessment, question: Question) -> Iterator[str]:
    """What keeps an answer from counting."""
    for gap in result.open:
        if gap.question == question.id:
            yield say("Open: {reason}", reason=gap.reason)
    for item in result.contradictions:
        if item.question == question.id:
            yield say("Contradicted: {because}", because=item.because)
            yield from (say("See {place}", place=place.said) for place in item.places)


def _kind(result: Assessment, question: Question) -> str:
    if any(item.question == question.id for item in result.contradictions):
        return "against"
    return "open" if any(gap.question == question.id for gap in result.open) else "answered"


def _plain(text: str) -> str:
    """Text with the characters escaped to which Markdown or HTML gives a meaning."""
    escaped = re.sub(r"([\\`*_\[\]#|~])", r"\\\1", text)
    return markup.escape(" ".join(escaped.split()), quote=False)
