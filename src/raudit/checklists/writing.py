"""Write into an answers file that a person edits: one answer, a review, a sign-off; everything else stays as it is.

Each function takes the text of the file and gives the new text; ``save`` does it to a file in one step. After every
write, answers to questions that are hidden stand in ``set_aside``, and come back when their question is shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from raudit.canonical import Sha256, digest
from raudit.checklists.answers import Answers, Decision, parse_answers, typed_value, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.history import keep_change
from raudit.checklists.signoff import (
    answer_digests,
    answers_sha256,
    authorless,
    authors_of,
    same_person,
)
from raudit.checklists.splice import (
    changed_entry,
    dump,
    entry_text,
    find_block,
    in_lines,
    put_entry,
    take_entry,
    text_yaml,
)
from raudit.errors import AnswerConflict, AnswersError, PeopleError
from raudit.files import locked, write_whole
from raudit.people import NOBODY, People
from raudit.yamltext import nearest, parse_yaml, read_yaml

FIELDS = ("value", "state", "why", "by", "at", "owner", "due", "evidence", "review")
"""Keys of an answer, in the order in which they are written."""
ASIDE = (*FIELDS, "cause", "reason", "moved_at")

State = Literal["answered", "unknown", "not_applicable"]


def record_answer(
    text: str,
    checklist: Checklist,
    question: str,
    value: Any = None,
    *,
    at: datetime,
    state: State = "answered",
    why: str | None = None,
    by: str = "",
    owner: str = "",
    due: date | None = None,
    evidence: Sequence[Mapping[str, str]] | None = None,
    made_from: str | None = None,
) -> str:
    """Put one answer into the text of an answers file.

    Parameters
    ----------
    text
        The file as it stands.
    checklist
        The checklist it answers.
    question
        Id of the question.
    value
        Text, a list of option ids, or a list of rows (column to text), by the question's type; None if the state
        says why there is none.
    at
        When; written in UTC, in whole seconds.
    state
        ``unknown`` takes ``owner`` and ``due``, ``not_applicable`` takes ``why``.
    why
        The reason. None leaves the one that is there.
    by
        Who answers.
    evidence
        What it rests on: mappings with ``kind``, ``path``, ``sha256``, ``observed``. None leaves what is there.
    made_from
        ``entry_digest`` of the entry that this answer was made from; None writes over whatever is there.

    Returns
    -------
    str
        The new text; the same text if nothing changes. A review of the answer goes back to ``pending``, with its note.

    Raises
    ------
    AnswersError
        If the value is not what the question asks for, nobody is named as its author, or the file is not an answers
        file of this checklist.
    AnswerConflict
        If the entry changed since it was read, to something else than this; it holds both versions.
    """
    asked = _question(checklist, question)
    if not by.strip():
        raise _fault("an answer has an author", "answer-no-author", "say who answers with --by")
    parse_answers(text, checklist)
    plain = _plain(value)
    if state == "answered":
        if plain in (None, "", []):
            raise _fault(
                f"'{question}' has no value", "answer-empty", "give a value, or say state unknown"
            )
        typed_value(asked, plain, where=question)
    elif state == "not_applicable" and not (why or "").strip():
        raise _fault(
            f"'{question}' is not applicable, but not why",
            "answer-no-reason",
            "give one sentence as why",
        )
    changes: dict[str, Any] = {
        "value": plain if state == "answered" else None,
        "state": None if state == "answered" else state,
        "owner": with_line_feeds(owner) or None,
        "due": due.isoformat() if due else None,
    }
    if why is not None:
        changes["why"] = with_line_feeds(why) or None
    if evidence is not None:
        changes["evidence"] = with_line_feeds([dict(link) for link in evidence]) or None
    written = _written(text, question)
    if written is not None and all(_same(written.get(key), new) for key, new in changes.items()):
        return tidy(text, checklist, at=at)
    _unchanged(text, question, made_from, mine={**changes, "by": by})
    review = dict(written.get("review") or {}) if written else {}
    changes |= {
        "by": by or None,
        "at": _time(at),
        "review": {**review, "state": "pending"} if review else None,
    }
    text = _put(text, checklist, "answers", question, changes)
    return tidy(text, checklist, at=at)


def add_evidence(
    text: str,
    checklist: Checklist,
    question: str,
    link: Mapping[str, str],
    *,
    by: str,
    at: datetime,
) -> str:
    """Add one piece of evidence to an answer; who adds it is its author from then on.

    Raises
    ------
    AnswersError
        If there is no such answer.
    """
    _question(checklist, question)
    written = _written(text, question)
    if written is None:
        raise _fault(f"'{question}' is not answered", "evidence-no-answer", "answer it first")
    others = [
        dict(item) for item in written.get("evidence") or [] if item.get("path") != link["path"]
    ]
    review = dict(written.get("review") or {})
    changes = {
        "evidence": [*others, with_line_feeds(dict(link))],
        "by": by,
        "at": _time(at),
        "review": {**review, "state": "pending"} if review else None,
    }
    return tidy(_put(text, checklist, "answers", question, changes), checklist, at=at)


def entry_digest(text: str, question: str) -> Sha256:
    """Digest of all that stands in a file about a question: answer, review and what was set aside.

    A form, a terminal or a program keeps it with what it shows, and gives it back as ``made_from``.
    """
    return _entry_digest(_tree(text), question)


def _entry_digest(tree: Mapping[str, Any], question: str) -> Sha256:
    return digest({key: (tree.get(key) or {}).get(question) for key in ("answers", "set_aside")})


def _unchanged(text: str, question: str, made_from: str | None, *, mine: Mapping[str, Any]) -> None:
    """Refuse to write over what someone else wrote since this was read."""
    tree = _tree(text)
    if made_from is None or made_from == _entry_digest(tree, question):
        return
    theirs = (tree.get("answers") or {}).get(question) or {}
    mine = {key: value for key, value in mine.items() if value is not None}
    raise AnswerConflict(
        f"'{question}' changed since it was read; nothing was written",
        theirs=dict(theirs),
        mine=dict(mine),
        reference="answer-changed",
        got=f"theirs: {_shown(theirs)}; mine: {_shown(mine)}",
        hint="look at both, and write again what shall stand",
    )


def _shown(entry: Mapping[str, Any]) -> str:
    """An entry in one line."""
    said = {
        key: entry[key] for key in ("value", "state", "why", "by", "at", "review") if entry.get(key)
    }
    return ", ".join(f"{key} {value!r}" for key, value in said.items()) or "no answer"


def withdraw_answer(
    text: str,
    checklist: Checklist,
    question: str,
    *,
    at: datetime,
    reason: str = "",
    made_from: str | None = None,
) -> str:
    """Take an answer back: it moves to ``set_aside`` and the question is open again."""
    _question(checklist, question)
    if question not in parse_answers(text, checklist).file.answers:
        return text
    _unchanged(text, question, made_from, mine={"state": "withdrawn"})
    return tidy(
        _aside(text, checklist, question, "withdrawn", reason or "taken back", at), checklist, at=at
    )


def review_answer(
    text: str,
    checklist: Checklist,
    question: str,
    *,
    state: Literal["pending", "accepted", "to_correct"],
    by: str,
    at: datetime,
    note: str = "",
    people: People = NOBODY,
    made_from: str | None = None,
) -> str:
    """Write down what a reviewer made of an answer.

    Raises
    ------
    AnswersError
        If there is no such answer, it names no author, or the reviewer is its author.
    AnswerConflict
        If the answer is not the one that the reviewer read.
    """
    _question(checklist, question)
    answer = parse_answers(text, checklist).file.answers.get(question)
    if answer is None:
        raise _fault(f"'{question}' is not answered", "review-no-answer", "answer it first")
    if not answer.by.strip():
        raise _fault(
            "the answer names no author",
            "review-no-author",
            "let its author write it again, with --by",
        )
    if not by.strip():
        raise _fault("a review names a reviewer", "review-no-reviewer", "say who reviews with --by")
    if people:
        by = people.known(by).id
    if people.id_of(by) == people.id_of(answer.by):
        raise _fault(
            "an author cannot review the own answer",
            "review-author",
            "let someone else review it",
            got=by,
        )
    note = with_line_feeds(note)
    _unchanged(text, question, made_from, mine={"review": {"state": state, "by": by, "note": note}})
    review = {"state": state, "by": by, "at": _time(at), **({"note": note} if note else {})}
    return _put(text, checklist, "answers", question, {"review": review})


def tidy(text: str, checklist: Checklist, *, at: datetime) -> str:
    """Move answers to hidden questions to ``set_aside``, and bring back those whose question is shown again."""
    from raudit.checklists.assess import assess

    for _round in range(len(checklist.questions) + 1):
        answers = parse_answers(text, checklist)
        result = assess(checklist, answers, today=at.date())
        shown = set(result.visible)
        for name in result.hidden:
            text = _aside(text, checklist, name, "hidden", _because_hidden(checklist, name), at)
        back = [n for n in answers.file.set_aside if _returns(checklist, answers, n, shown)]
        for name in back:
            text = _bring_back(text, checklist, name)
        if not result.hidden and not back:
            return text
    return text


def signed_off(
    text: str,
    checklist: Checklist,
    *,
    role: str,
    decision: Decision,
    by: str,
    at: datetime,
    conditions: Sequence[Mapping[str, str]] = (),
    people: People = NOBODY,
    made_from: str | None = None,
) -> str:
    """Add a sign-off to the text of an answers file; everything else stays as it is written.

    Parameters
    ----------
    conditions
        Of an approval with conditions: each with ``what``, ``owner`` and ``due``, a day.
    people
        Who people are; the sign-off then names the signer by id.
    made_from
        ``answers_sha256`` of what the signer read; None signs whatever stands there.

    Raises
    ------
    AnswersError
        If the role is none the checklist asks for, the signer is an author of an answer, or a condition lacks someone
        to answer for it or a day.
    """
    given = [signed_condition(condition) for condition in conditions]
    if (decision == "approve_with_conditions") != bool(given):
        raise AnswersError(
            "conditions and the decision do not fit",
            reference="signoff-conditions",
            got=decision,
            expected="conditions with approve_with_conditions, and only then",
            hint=CONDITION_HINT,
        )
    text = tidy(text, checklist, at=at)
    answers = parse_answers(text, checklist)
    by = check_signer(answers, checklist, role, by, people)
    covers = answers_sha256(answers)
    if made_from is not None and made_from != covers:
        raise AnswerConflict(
            "the answers changed since they were read; nothing was signed",
            reference="answers-changed",
            theirs={"answers": str(covers)},
            mine={"answers": made_from},
            hint="read them again: raudit assess show",
        )
    yaml = text_yaml()
    document = yaml.load(text)
    entry: dict[str, Any] = {
        "role": role,
        "decision": decision,
        "by": by,
        "at": _time(at),
        "covers_sha256": str(covers),
    }
    if given:
        entry["conditions"] = given
    entry["covered"] = {name: str(value) for name, value in answer_digests(answers).items()}
    kept = [item for item in document.get("signoffs") or [] if item.get("role") != role]
    document["signoffs"] = [*kept, entry]
    return dump(document, yaml)


CONDITION_HINT = 'name each: --condition "What has to be done" OWNER 2027-01-31'


def signed_condition(given: Mapping[str, str]) -> dict[str, str]:
    """A condition as it is signed: what, who answers for it, and the day; refused if one is lacking."""
    found = {key: str(given.get(key, "")).strip() for key in ("what", "owner", "due")}
    lacking = [key for key, value in found.items() if not value]
    if lacking:
        raise _fault(
            f"a condition has no {' and no '.join(lacking)}",
            "condition-lacks",
            CONDITION_HINT,
            got=found["what"],
        )
    try:
        return {**found, "due": date.fromisoformat(found["due"]).isoformat()}
    except ValueError as error:
        raise _fault(
            "a condition is due on a day", "condition-day", CONDITION_HINT, got=found["due"]
        ) from error


def met_condition(
    text: str, *, role: str, number: int, by: str, at: datetime, how: str, people: People = NOBODY
) -> str:
    """Write down that a condition of an approval is met; the sign-off still covers what it covered.

    Raises
    ------
    AnswersError
        If there is no such condition, it is met already, or whoever answers for it says so about their own work.
    """
    yaml = text_yaml()
    document = yaml.load(text)
    signed = [item for item in document.get("signoffs") or [] if item.get("role") == role]
    conditions = (signed[-1].get("conditions") or []) if signed else []
    if not 1 <= number <= len(conditions):
        expected = (
            f"1 to {len(conditions)}" if conditions else f"a role that set conditions, not {role}"
        )
        hint = "raudit assess status lists them"
        raise _fault(
            "there is no such condition", "no-condition", hint, got=str(number), expected=expected
        )
    held = conditions[number - 1]
    entry = dict(held) if isinstance(held, Mapping) else {"what": str(held)}
    if entry.get("met"):
        raise _fault(
            "the condition is met already",
            "condition-met",
            "raudit assess status says by whom",
            got=entry["what"],
        )
    if people:
        by = people.known(by).id
    if people.id_of(by) == people.id_of(str(entry.get("owner", ""))):
        raise _fault(
            "the owner of a condition cannot say that it is met",
            "condition-owner",
            "let someone else look",
            got=by,
        )
    said = {"by": by, "at": _time(at), **({"how": how} if how else {})}
    conditions[number - 1] = {**entry, "met": said}
    return dump(document, yaml)


def save(path: Path, change: Callable[[str], str], *, checklist: Checklist | None = None) -> str:
    """Apply a change to a file in one step, alone; nothing is written if nothing changes.

    Writers wait for one another, threads and processes alike, and the file is read anew each time, so
    what someone else saved in between is kept. When this returns, the change is on disk.

    Parameters
    ----------
    checklist
        The checklist; with it the history beside the file keeps what the answers said before and since.

    Examples
    --------
    ``save(path, lambda text: record_answer(text, checklist, "need.basis", "consent", at=now, by="ann@example.org"))``
    """
    path = path.resolve()  # a link and its file have one lock
    with locked(path):
        return save_locked(path, change, checklist=checklist)


def save_locked(
    path: Path, change: Callable[[str], str], *, checklist: Checklist | None = None
) -> str:
    """``save`` for who holds the lock of ``files.locked`` already."""
    before = read_yaml(path, error=AnswersError).text
    after = change(before)
    if after != before:
        if checklist is not None:
            keep_change(
                path, before, after, checklist
            )  # first, so that no change is ever without its history
        write_whole(path, after.encode("utf-8"))
    return after


def _put(text: str, checklist: Checklist, key: str, name: str, changes: Mapping[str, Any]) -> str:
    """Change one entry of a mapping, and make sure that nothing else changed."""
    text = in_lines(text)
    block = find_block(text, key)
    old = entry_text(text, block, name) if block and name in block.spans else ""
    order = ASIDE if key == "set_aside" else FIELDS
    new = put_entry(
        text,
        key,
        name,
        changed_entry(old, name, changes, order=order),
        order=tuple(checklist.questions),
    )
    was, now = _tree(text), _tree(new)
    entry = {**((was.get(key) or {}).get(name) or {}), **changes}
    was[key] = {**(was.get(key) or {}), name: {k: v for k, v in entry.items() if v is not None}}
    if was != {
        **now,
        key: {**now[key], name: {k: v for k, v in now[key][name].items() if v is not None}},
    }:
        raise _fault(
            "the file cannot be changed without changing more",
            "answers-layout",
            "lay the answers out in lines",
            got=name,
        )
    return new


def _aside(
    text: str, checklist: Checklist, name: str, cause: str, reason: str, at: datetime
) -> str:
    """Move an answer to ``set_aside`` with everything in it."""
    text = in_lines(text)
    block = find_block(text, "answers")
    if block is None or name not in block.spans:
        return text
    entry = entry_text(text, block, name)
    text = take_entry(text, "answers", name, leave=f"# {name}: set aside, see below")
    text = take_entry(text, "set_aside", name)
    text = put_entry(text, "set_aside", name, entry)
    return _put(
        text,
        checklist,
        "set_aside",
        name,
        {"cause": cause, "reason": reason, "moved_at": _time(at)},
    )


def _bring_back(text: str, checklist: Checklist, name: str) -> str:
    """Move an answer from ``set_aside`` to where it stood."""
    text = in_lines(text)
    block = find_block(text, "set_aside")
    if block is None or name not in block.spans:
        return text
    entry = changed_entry(
        entry_text(text, block, name), name, {"cause": None, "reason": None, "moved_at": None}
    )
    return put_entry(
        take_entry(text, "set_aside", name),
        "answers",
        name,
        entry,
        order=tuple(checklist.questions),
    )


def _returns(checklist: Checklist, answers: Answers, name: str, shown: set[str]) -> bool:
    aside = answers.file.set_aside[name]
    if aside.cause != "hidden" or name not in shown or name in answers.file.answers:
        return False
    try:
        if aside.state == "answered":
            typed_value(checklist.questions[name], aside.value, where=name)
    except AnswersError:
        return False
    return True


def _because_hidden(checklist: Checklist, name: str) -> str:
    conditions = [
        c for c in (checklist.section_of[name].show_if, checklist.questions[name].show_if) if c
    ]
    return "not asked, since it is only if " + " and ".join(conditions)


def check_signer(
    answers: Answers, checklist: Checklist, role: str, by: str, people: People = NOBODY
) -> str:
    """Refuse who may not sign: in a role that is not asked for or not theirs, an author, or twice.

    Returns
    -------
    str
        The signer's id, or the name as given where there is no people.yaml.

    Raises
    ------
    AnswersError
        With the roles there are, and why not.
    PeopleError
        If nobody is known by this name, or may hold the role.
    """
    rules = {rule.role: rule for rule in checklist.file.signoff}
    if role not in rules:
        raise AnswersError(
            f"{checklist.id} asks for no sign-off by '{role}'",
            reference="signoff-role",
            expected=" or ".join(rules) or "none",
            hint="use one of these roles",
        )
    system = answers.file.subject.project
    if people:
        by = people.known(by).id
        if not people.may(by, role, system):
            raise PeopleError(
                f"{by} may not sign as {role} for {system or 'a system without a name'}",
                reference="person-role",
                where=people.source,
                hint="let someone sign who may, or have the role written down there",
            )
    nameless = authorless(answers)
    if rules[role].not_author and nameless:
        raise _fault(
            f"{len(nameless)} answers name no author, so that nobody can say who may sign",
            "signoff-no-author",
            "let whoever answered say so under 'by'",
            got=", ".join(nameless[:3]),
        )
    if rules[role].not_author and people.id_of(by) in authors_of(answers, people):
        raise AnswersError(
            "an author cannot sign off the answers",
            reference="signoff-author",
            got=by,
            hint="let someone sign who answered none of the questions",
        )
    also = same_person(answers, role, by, people)
    if also:
        raise AnswersError(
            f"one person cannot sign as {also} and as {role}",
            reference="signoff-two-roles",
            got=by,
            hint="let someone else sign; or, if the two may be one, say so in people.yaml: one_person_may_hold",
        )
    return by


def _question(checklist: Checklist, name: str) -> Any:
    if name not in checklist.questions:
        raise _fault(
            f"there is no question '{name}'",
            "no-question",
            nearest(name, list(checklist.questions)),
        )
    return checklist.questions[name]


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): None if item is None else str(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None:
            return None
        case _:
            return with_line_feeds(str(value))


def _same(old: Any, new: Any) -> bool:
    return old == new or (old in (None, "", []) and new in (None, "", []))


def _written(text: str, name: str) -> dict[str, Any] | None:
    found = (_tree(text).get("answers") or {}).get(name)
    return dict(found) if isinstance(found, Mapping) else None


def _tree(text: str) -> dict[str, Any]:
    return dict(parse_yaml(text, source="answers", error=AnswersError).value)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fault(
    message: str, reference: str, hint: str, got: str = "", expected: str = ""
) -> AnswersError:
    return AnswersError(message, reference=reference, hint=hint, got=got, expected=expected)
