"""The skeleton of a requirements document from the answers: numbered requirements with acceptance criteria.

Each guardrail, alert, step, source and risk becomes a requirement; so does each choice that has a best option, which is
its acceptance criterion. What is not answered stands there as OPEN, with whoever is to find out. Answers that only
describe are not repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from raudit.checklists.answers import Answer, Answers
from raudit.checklists.assess import Assessment, answer_text
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Kind, Question
from raudit.checklists.prints.page import shown
from raudit.checklists.prints.page_text import md
from raudit.checklists.prints.requirement_templates import (
    BEST,
    CHECKS,
    OPEN,
    ROWS,
    SHALL,
    SINGLE,
    Draft,
    Known,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A numbered requirement."""

    id: str
    shall: str
    """What is required, one sentence."""
    criteria: tuple[str, ...]
    """How one can tell that it is met."""
    now: str
    """What the answers say about it, starting with ``Met``, ``Not met``, ``OPEN``, ``Contradicted`` or ``To do``."""
    owner: str
    question: str
    maps_to: tuple[str, ...] = ()


def requirements(checklist: Checklist, answers: Answers, result: Assessment) -> str:
    """Write the skeleton as Markdown.

    Parameters
    ----------
    checklist, answers
        The checklist and answers that fit it.
    result
        What the answers come to, from :func:`raudit.checklists.assess`.
    """
    found = requirement_list(checklist, answers, result)
    project = answers.file.subject.project or "Unnamed system"
    count = {word: sum(1 for r in found if r.now.startswith(word)) for word in STATES}
    parts = [f"# Requirements: {md(project)}"]
    parts += [
        f"A skeleton from {len(result.visible)} questions of {md(checklist.file.title)} {checklist.file.version} "
        f"({md(answers.source)}): {len(found)} requirements, "
        + ", ".join(f"{number} {word.lower()}" for word, number in count.items() if number)
        + ". Numbers follow the order of the answers. \u201cMet\u201d repeats an answer and is no measurement. "
        "Complete it, and change the answers, not only this text.",
    ]
    parts += _open_points(found)
    section = ""
    for item in found:
        title = checklist.section_of[item.question].title
        if title != section:
            section = title
            parts.append(f"## {md(title)}")
        parts.append(_written(item))
    return "\n\n".join(parts) + "\n"


STATES = ("Met", "Not met", "To do", OPEN, "Contradicted", "Not applicable")


def requirement_list(
    checklist: Checklist, answers: Answers, result: Assessment
) -> tuple[Requirement, ...]:
    """Every requirement, in the order of the questions, numbered by section: ``RISK-2``."""
    known = Known(checklist, answers, result, shown(answers, result))
    contradicted = {item.question: item.because for item in result.contradictions}
    gaps = {item.question: item.reason for item in result.open}
    found: list[Requirement] = []
    counts: dict[str, int] = {}
    for name in result.visible:
        for draft in _drafts(known, checklist.questions[name]):
            section = checklist.section_of[name].id
            counts[section] = counts.get(section, 0) + 1
            now, owner = _state(
                draft, answers.file.answers.get(name), gaps.get(name), contradicted.get(name)
            )
            found.append(
                Requirement(
                    id=f"{section.upper().replace('.', '-').replace('_', '-')}-{counts[section]}",
                    shall=draft.shall,
                    criteria=draft.criteria,
                    now=now,
                    owner=owner,
                    question=name,
                    maps_to=checklist.questions[name].maps_to,
                )
            )
    return tuple(found)


def _drafts(known: Known, question: Question) -> Iterator[Draft]:
    """The requirements that one question gives; a question about the context gives one only while it is open."""
    name = question.id
    ours = known.is_launch
    if question.type is Kind.ROWS and known.values.get(name):
        for row in known.values[name]:
            yield (
                ROWS[name](known, row)
                if ours and name in ROWS
                else _plain_row(known, question, row)
            )
    elif ours and name in SINGLE and name in known.values:
        yield _single(known, name)
    elif question.type is Kind.CHOICE and (
        (ours and name in SHALL) or len({option.points for option in question.options}) > 1
    ):
        yield _choice(known, question)
    elif any(item.question == name for item in known.result.open):
        yield Draft(shall=question.text)


def _single(known: Known, name: str) -> Draft:
    """A requirement that one or a few plain answers fill in."""
    shall, missing = known.filled(SINGLE[name][0])
    criteria = [known.filled(text) for text in SINGLE[name][1]]
    missing += tuple(one for _text, more in criteria for one in more)
    return Draft(
        shall=shall,
        criteria=tuple(text for text, _more in criteria),
        now=_checked(known, name),
        missing=tuple(dict.fromkeys(missing)),
    )


def _choice(known: Known, question: Question) -> Draft:
    """A choice whose best options are the acceptance criterion."""
    most = max(option.points for option in question.options)
    good = (known.is_launch and BEST.get(question.id)) or tuple(
        option.id for option in question.options if option.points == most
    )
    best = [option for option in question.options if option.id in good]
    criterion = "; or: ".join(_claim(option.text) for option in best)
    value = known.values.get(question.id)
    said = answer_text(question, value)
    met = value in good
    shall = SHALL.get(question.id, question.text) if known.is_launch else question.text
    return Draft(shall=shall, criteria=(criterion,), now=f"{'Met' if met else 'Not met'}: {said}")


def _claim(text: str) -> str:
    """An option as something that is so, without the yes that answered the question."""
    bare = text.removeprefix("Yes, ").removeprefix("and ")
    return bare[:1].upper() + bare[1:]


def _checked(known: Known, name: str) -> str:
    if name not in CHECKS:
        return "To do"
    try:
        return "Met" if CHECKS[name](known.values) else "Not met"
    except KeyError:
        return "To do"


def _state(
    draft: Draft, answer: Answer | None, gap: str | None, contradicted: str | None
) -> tuple[str, str]:
    """What is so now and who has to act; contradicted and open win over what a draft says."""
    finds_out = answer.owner if answer is not None else ""
    owner = draft.owner or finds_out or (answer.by if answer is not None else "") or "nobody yet"
    if contradicted:
        return f"Contradicted: {contradicted}", owner
    if answer is not None and answer.state == "not_applicable":
        return f"Not applicable: {answer.why}", owner
    if gap and not (draft.row and gap.startswith("row ")):
        return f"{OPEN}: {gap}", draft.owner or finds_out or "nobody yet"
    if draft.missing:
        return f"{OPEN}: {', '.join(draft.missing)} missing", owner
    return draft.now, owner


def _open_points(found: Sequence[Requirement]) -> list[str]:
    missing = [r for r in found if r.now.startswith((OPEN, "Contradicted"))]
    if not missing:
        return []
    head = "| What | State | Owner |\n| --- | --- | --- |\n"
    rows = [f"| {r.id} {md(r.shall)} | {md(r.now)} | {md(r.owner)} |" for r in missing]
    return [f"## Open points ({len(missing)})", head + "\n".join(rows)]


def _written(item: Requirement) -> str:
    state, _colon, rest = item.now.partition(":")
    lines = [f"### {item.id}. {md(item.shall)}", ""]
    tick = "x" if state == "Met" else " "
    lines += [
        f"- [{tick}] {item.id}.{number} {md(text)}" for number, text in enumerate(item.criteria, 1)
    ]
    lines += [""] if item.criteria else []
    lines += [f"**{state}**{':' if rest else ''}{md(rest) and ' ' + md(rest)}  "]
    lines += [
        f"Owner: {md(item.owner)} \u00b7 from `{item.question}` \u00b7 {', '.join(item.maps_to)}"
    ]
    return "\n".join(lines)


def _plain_row(known: Known, question: Question, row: Mapping[str, str]) -> Draft:
    """A row of a checklist that has no sentence for it; a risk with its measure has one everywhere."""
    if {"risk", "measure", "due"} <= {column.id for column in question.columns}:
        return ROWS["risk.list"](known, row)
    parts, missing = [], []
    for column in question.columns:
        cell = row.get(column.id, "")
        said = {option.id: option.text for option in column.options}.get(cell, cell)
        parts.append(f"{column.text}: {said or OPEN}")
        if not cell and column.required:
            missing.append(column.text)
    return Draft(
        shall="; ".join(parts), owner=row.get("owner", ""), missing=tuple(missing), row=True
    )
