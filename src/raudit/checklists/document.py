"""An answers file that a person edits and a program writes into: comments and order survive."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from raudit.checklists.answers import Answers, Decision, parse_answers
from raudit.checklists.load import Checklist
from raudit.checklists.schema import Kind, Question
from raudit.checklists.signoff import answer_digests, answers_sha256
from raudit.errors import AnswersError

WIDTH = 116


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
    lines = ["", f"  # {question.text}", f"  #   Why we ask: {question.why}", f"  #   How to answer: {question.help}"]
    if question.show_if:
        lines.append(f"  #   Only if {question.show_if}")
    lines += [f"  #   {option.id}: {option.text}" for option in question.options]
    lines += [f"  # {question.id}:", f"  #   value: {_example(question)}", "  #   why:", "  #   by:", "  #   at:"]
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


def signed_off(
    text: str,
    checklist: Checklist,
    *,
    role: str,
    decision: Decision,
    by: str,
    at: datetime,
    conditions: tuple[str, ...] = (),
) -> str:
    """Add a sign-off to the text of an answers file; everything else stays as it is written.

    Raises
    ------
    AnswersError
        If the role is none the checklist asks for, or the signer is an author of an answer.
    """
    answers = parse_answers(text, checklist)
    _check_signer(answers, checklist, role, by)
    document, yaml = _loaded(text)
    entry: dict[str, Any] = {
        "role": role,
        "decision": decision,
        "by": by,
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "covers_sha256": str(answers_sha256(answers)),
    }
    if conditions:
        entry["conditions"] = list(conditions)
    entry["covered"] = {name: str(value) for name, value in answer_digests(answers).items()}
    kept = [item for item in document.get("signoffs") or [] if item.get("role") != role]
    document["signoffs"] = [*kept, entry]
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _check_signer(answers: Answers, checklist: Checklist, role: str, by: str) -> None:
    rules = {rule.role: rule for rule in checklist.file.signoff}
    if role not in rules:
        raise AnswersError(
            f"{checklist.id} asks for no sign-off by '{role}'",
            reference="signoff-role",
            expected=" or ".join(rules) or "none",
            hint="use one of these roles",
        )
    authors = {answer.by.strip().lower() for answer in answers.file.answers.values() if answer.by}
    if rules[role].not_author and by.strip().lower() in authors:
        raise AnswersError(
            "an author cannot sign off the answers",
            reference="signoff-author",
            got=by,
            hint="let someone sign who answered none of the questions",
        )


def _loaded(text: str) -> tuple[Any, Any]:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width, yaml.preserve_quotes = WIDTH, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml.load(text), yaml


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
