"""A new answers file: every question explained in it, for a person or the terminal to fill in."""

from __future__ import annotations

from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Kind, Question


def skeleton(checklist: Checklist, *, project: str = "") -> str:
    """Write an answers file with every question as a comment, for a person to fill in.

    Parameters
    ----------
    checklist
        The checklist; its version and digest are pinned in the file.
    project
        What the answers are about.
    """
    file = checklist.file
    lines = [
        f"# {file.title}, version {file.version}. {file.about}",
        "# Take the '#' off an answer's lines and fill it in; leave out what does not apply to you, or say so:",
        "#   state: unknown, with owner and due, or state: not_applicable, with why.",
        "schema: raudit.answers/1",
        "checklist:",
        f"  id: {checklist.id}",
        f"  version: {file.version}",
        f"  sha256: {checklist.sha256}",
        "subject:",
        f"  project: {_quoted(project)}",
        "answers:",
    ]
    for section in file.sections:
        lines += ["", f"  # -- {section.title}"]
        for question in section.questions:
            lines += _question_lines(question)
    lines += ["", "signoffs: []"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _question_lines(question: Question) -> list[str]:
    lines = [
        "",
        f"  # {question.text}",
        f"  #   Why we ask: {question.why}",
        f"  #   How to answer: {question.help}",
    ]
    if question.show_if:
        lines.append(f"  #   Only if {question.show_if}")
    lines += [f"  #   {option.id}: {option.text}" for option in question.options]
    lines += [
        f"  # {question.id}:",
        f"  #   value: {_example(question)}",
        "  #   why:",
        "  #   by:",
        "  #   at:",
    ]
    if any(option.needs_evidence for option in question.options):
        lines.append("  #   evidence: [{kind: document, path: }]")
    return lines


def _example(question: Question) -> str:
    match question.type:
        case Kind.YES_NO:
            return '"yes"'
        case Kind.MULTI:
            return "[]"
        case Kind.DATE:
            return "2026-12-31"
        case Kind.ROWS:
            return "[{" + ", ".join(f"{column.id}: " for column in question.columns) + "}]"
        case _:
            return question.options[0].id if question.options else ""


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
