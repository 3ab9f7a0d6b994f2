"""The one page as Markdown and as printable HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from raudit.checklists.answers import Answers
from raudit.checklists.assess import Assessment
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.prints.page import MOST_GUARDRAILS, Goal, Page, page, plain

MOST_OPEN = 4
CROWDED = 20
"""Lines and rows from which on the sheet is set smaller, to stay one sheet."""
SHORT = 14
"""Cells up to this length, such as a date, stay on one line."""
DASH = "\u2014"


def brief(checklist: Checklist, answers: Answers, result: Assessment) -> str:
    """Write the page as Markdown.

    Parameters
    ----------
    checklist, answers
        The checklist and answers that fit it.
    result
        What the answers come to, from :func:`raudit.checklists.assess`.
    """
    p = page(checklist, answers, result)
    parts = [f"# {md(p.project)}: {p.headline.lower()}", _paragraph(p.because, p.statement)]
    parts += [
        f"{md(p.title)}. {p.tally}."
        + (f" First person decided about: {p.launch}." if p.launch else "")
    ]
    parts += ["## Stands against it", _items(p.against) if p.against else _nothing(p)]
    if p.goal is not None:
        parts += [
            "## Goal",
            _table(*goal_table(p.goal)),
            f"{md(p.goal.verdict)} {_recorded(p.goal)}",
        ]
        parts += ["## Guardrails", *_guardrails(p)]
    if p.open:
        parts += [f"## Open ({len(p.open)})", _items(_cut(p.open))]
    if p.risks:
        head = ("Risk", "Level", "What is done", "Owner", "Due")
        rows = [(r.risk, r.level, r.measure, r.owner, r.due) for r in p.risks]
        parts += ["## Worst risks", _table(head, rows)]
        parts += [f"{p.more_risks} more in the register."] if p.more_risks else []
    if p.sections:
        parts += [
            "## Sections, weakest first",
            " \u00b7 ".join(f"{md(title)} {share}%" for title, share in p.sections),
        ]
    parts += [
        "## Signatures",
        _table(("Role", "Decision", "Who", "When", "Conditions"), signature_rows(p)),
    ]
    parts += [f"From {md(p.source)}. Written from the answers by raudit; not legal advice."]
    return "\n\n".join(part for part in parts if part) + "\n"


def brief_html(checklist: Checklist, answers: Answers, result: Assessment) -> str:
    """Write the page as one HTML file that prints on one sheet of A4; it loads nothing."""
    p = page(checklist, answers, result)
    tone = "bad" if p.headline in {"Blocked", "Expired", "Not approved", "Not ready"} else "calm"
    tone = "wait" if p.headline == "Incomplete" or p.headline.endswith("not signed") else tone
    body = [f'<header class="{tone}"><p class="kicker">{esc(p.title)}</p><h1>{esc(p.project)}</h1>']
    body += [f'<p class="word">{esc(p.headline)}<span>{esc(p.because)}</span></p>']
    launch = f" \u00b7 first person decided about: {esc(p.launch)}" if p.launch else ""
    body += [f'<p class="tally">{esc(p.tally)}{launch}</p></header>']
    body += [f'<p class="lead">{esc(p.statement)}</p>'] if p.statement else []
    body += [
        "<h2>Stands against it</h2>",
        _html_items(p.against) if p.against else f"<p>{_nothing(p)}</p>",
    ]
    body += _html_goal(p)
    if p.open:
        body += [f"<h2>Open ({len(p.open)})</h2>", _html_items(_cut(p.open))]
    if p.risks:
        rows = [(r.risk, r.level, r.measure, r.owner, r.due) for r in p.risks]
        body += [
            "<h2>Worst risks</h2>",
            _html_table(("Risk", "Level", "What is done", "Owner", "Due"), rows),
        ]
    if p.sections:
        bars = "".join(
            f'<li><span>{esc(title)}</span><b><s style="width:{share}%"></s></b><i>{share}%</i></li>'
            for title, share in p.sections
        )
        body += [f'<h2>Sections, weakest first</h2><ul class="bars">{bars}</ul>']
    body += ["<h2>Signatures</h2>"]
    body += [_html_table(("Role", "Decision", "Who", "When", "Conditions"), signature_rows(p))]
    body += [
        f"<footer>From {esc(p.source)}. Written from the answers by raudit; not legal advice.</footer>"
    ]
    title = esc(f"{p.project}: {p.headline.lower()}")
    crowd = len(p.against) + len(_cut(p.open)) + 2 * len(guardrail_rows(p)) + 2 * len(p.risks)
    size = ' class="crowded"' if crowd >= CROWDED else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body{size}>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def goal_table(goal: Goal) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Head and the one row of the goal."""
    gain = f"{plain(goal.gain[0])} to {plain(goal.gain[1])} (95% interval)" if goal.gain else "OPEN"
    today, target = (plain(n) if n is not None else "OPEN" for n in (goal.today, goal.target))
    row = (goal.metric or "OPEN", today, target, goal.by or "OPEN", gain)
    return ("Number", "Today", "Target", "By", "Gain in the experiment"), (row,)


def signature_rows(p: Page) -> Sequence[Sequence[str]]:
    """A row for each role."""
    return [(s.role, s.decision, s.by, s.on, s.note) for s in p.signatures] or [
        ("", "none is asked for", "", "", "")
    ]


def md(text: str) -> str:
    r"""A line of plain text that Markdown prints as it is.

    Examples
    --------
    >>> md("a|b <i> [x](y)")
    'a\\|b &lt;i&gt; \\[x\\](y)'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = re.sub(r"([\\`*_\[\]|])", r"\\\1", line)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"^(#|[-+]\s|\d+[.)]\s)", r"\\\1", line)


def esc(text: str) -> str:
    """A line of plain text for HTML."""
    return html.escape(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def _recorded(goal: Goal) -> str:
    if not goal.recorded:
        return "Nobody says when the goal was recorded."
    if goal.days_before is None:
        return f"Recorded on {goal.recorded}; nobody says when results were first looked at."
    if goal.days_before < 1:
        return (
            f"Recorded on {goal.recorded}, not before the first look at results on {goal.results}."
        )
    days = "a day" if goal.days_before == 1 else f"{goal.days_before} days"
    return (
        f"Recorded on {goal.recorded}, {days} before the first look at results on {goal.results}."
    )


def _guardrails(p: Page) -> list[str]:
    if not p.guardrails:
        return ["None is recorded."]
    held = (
        f"In the experiment: {md(p.held[0].lower() + p.held[1:])}."
        if p.held
        else "Nobody says whether they held."
    )
    return [_table(GUARDRAIL_HEAD, guardrail_rows(p)), held]


GUARDRAIL_HEAD = ("Must not get worse", "Limit", "When it is crossed", "Who decides", "Alert calls")


def guardrail_rows(p: Page) -> Sequence[Sequence[str]]:
    """A row for each guardrail."""
    shown = p.guardrails[:MOST_GUARDRAILS]
    rows = [
        (g.metric, g.limit, g.action, g.owner, g.alert or "nobody: no alert has this name")
        for g in shown
    ]
    more = len(p.guardrails) - len(shown)
    return [*rows, *([(f"and {more} more", "", "", "", "")] if more else [])]


def _paragraph(*sentences: str) -> str:
    return " ".join(md(s) for s in sentences if s)


def _items(lines: Sequence[str]) -> str:
    return "\n".join(f"- {md(line)}" for line in lines)


def _cut(lines: Sequence[str]) -> Sequence[str]:
    return [
        *lines[:MOST_OPEN],
        *([f"and {len(lines) - MOST_OPEN} more"] if len(lines) > MOST_OPEN else []),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([md(cell) or DASH for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _html_goal(p: Page) -> list[str]:
    if p.goal is None:
        return []
    parts = ["<h2>Goal</h2>", _html_table(*goal_table(p.goal))]
    parts += [f"<p>{esc(p.goal.verdict)} {esc(_recorded(p.goal))}</p>", "<h2>Guardrails</h2>"]
    if not p.guardrails:
        return [*parts, "<p>None is recorded.</p>"]
    held = (
        f"In the experiment: {p.held[0].lower()}{p.held[1:]}."
        if p.held
        else "Nobody says whether they held."
    )
    return [*parts, _html_table(GUARDRAIL_HEAD, guardrail_rows(p)), f"<p>{esc(held)}</p>"]


def _html_items(lines: Sequence[str]) -> str:
    return '<ul class="lines">' + "".join(f"<li>{esc(line)}</li>" for line in lines) + "</ul>"


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{esc(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    kind = ' class="short"' if len(text) <= (SHORT if " " in text else 2 * SHORT) else ""
    return f"<td{kind}>{esc(text) or DASH}</td>"


def _nothing(p: Page) -> str:
    return f"Nothing so far, with {len(p.open)} open." if p.open else "Nothing that was answered."


STYLE = """
@page { size: A4; margin: 11mm 15mm }
* { box-sizing: border-box }
body { font: 9.4pt/1.38 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1d2127;
  max-width: 182mm; margin: 0 auto; overflow-wrap: anywhere }
@media screen { body { padding: 12mm 4mm } }
header { border-top: 3pt solid #33566b; border-bottom: .8pt solid #1d2127; padding: 7pt 0 6pt; margin-bottom: 7pt }
header.bad { border-top-color: #a3300b } header.wait { border-top: 3pt dashed #b58a00 }
.kicker { margin: 0; font-size: 8pt; font-weight: 600; letter-spacing: .08em;
  text-transform: uppercase; color: #5b6470 }
h1 { font-size: 19pt; line-height: 1.15; margin: 1pt 0 4pt; font-weight: 600 }
.word { margin: 0; font-size: 13pt; font-weight: 600 }
.word span { font-size: 10pt; font-weight: 400; margin-left: 7pt }
.bad .word { color: #8f2a09 } .wait .word { color: #6b4e00 } .word span { color: #1d2127 }
.tally { margin: 3pt 0 0; font-size: 8.4pt; color: #444c56 }
.lead { font-size: 10.2pt; margin: 0 0 4pt }
h2 { font-size: 10.4pt; font-weight: 600; margin: 9pt 0 2pt }
p { margin: 0 0 3pt } ul { margin: 0; padding-left: 13pt } li { margin: 0 0 1.5pt }
table { border-collapse: collapse; width: 100%; font-size: 8.4pt; line-height: 1.3; margin: 0 0 3pt }
th { overflow-wrap: normal; text-align: left; font-weight: 600; color: #444c56; font-size: 7.8pt }
th { border-bottom: .8pt solid #1d2127 }
th, td { padding: 2.2pt 7pt 2.2pt 0; vertical-align: top } td { border-bottom: .4pt solid #d5d9de }
.short { white-space: nowrap; overflow-wrap: normal }
.bars { list-style: none; padding: 0; columns: 2; column-gap: 9mm; font-size: 8.4pt }
.bars li { display: flex; align-items: center; break-inside: avoid } .bars span { flex: 0 0 37mm }
.bars b { flex: 1; height: 5pt; background: #e4e8ec } .bars s { display: block; height: 5pt; background: #33566b }
.bars i { flex: 0 0 10mm; text-align: right; font-style: normal; font-variant-numeric: tabular-nums }
.crowded { font-size: 7.4pt; line-height: 1.2 } .crowded .lead { font-size: 8.4pt } .crowded h1 { font-size: 15pt }
.crowded td { padding-top: 1.2pt; padding-bottom: 1.2pt } .crowded .lines { columns: 2; column-gap: 7mm }
.crowded .lines li { break-inside: avoid }
.crowded h2 { margin-top: 4pt; font-size: 9pt } .crowded table { font-size: 6.9pt; line-height: 1.15 }
.crowded th { font-size: 6.8pt } .crowded .bars { font-size: 7pt } .crowded li { margin: 0 }
footer { margin-top: 7pt; font-size: 7.6pt; color: #5b6470 }
"""
