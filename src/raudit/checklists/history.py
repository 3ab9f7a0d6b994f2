"""What answers said before: a file beside them to which every change adds one line, chained by digests.

The line is written before the answers are (a write-ahead record): whoever is killed in between leaves a
line that never came true, and the next writer says so. What was edited by hand in between becomes a line
of its own, so that the words that were once signed are never only a digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raudit.canonical import canonical_bytes, digest, sha256
from raudit.checklists.answers import Answers, SignOff, parse_answers, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.signoff import answer_digests, answers_sha256, signoff_state
from raudit.errors import AnswersError
from raudit.files import append_line, is_whole_line
from raudit.ordinary import read_file
from raudit.yamltext import parse_yaml

ENDING = ".history.jsonl"
OUTSIDE = "service:outside-raudit"
"""Who changed what no raudit command wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a question's entry said at one time."""

    question: str
    what: str
    """``answer``, ``review``, ``set aside`` or ``taken out``."""
    by: str
    at: str
    entry: Mapping[str, Any]
    """The entry as it stood in the file."""
    sha256: str
    """Digest of the answer's meaning, as a sign-off covers it; empty if there is no answer."""
    outside: bool
    """Whether it was found, not written by raudit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that someone said about a question."""

    id: str
    question: str
    by: str
    at: str
    words: str
    reply_to: str = ""
    """Id of the note that it answers."""


def history_path(answers: Path) -> Path:
    """File of the history of an answers file."""
    return answers.with_name(answers.stem + ENDING)


def read_lines(answers: Path) -> tuple[dict[str, Any], ...]:
    """Every line of a history; a last line that is not whole was never acknowledged and is left out.

    Raises
    ------
    AnswersError
        If a line is no line of a history, or was changed.
    """
    path = history_path(answers)
    try:
        data = read_file(path) if path.exists() else b""
    except OSError as error:
        raise AnswersError(
            "the history cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=error.strerror or "",
            hint="check its permissions",
        ) from error
    known = _read.get(str(path))
    head = known is not None and data[: known.size].endswith(b"\n")
    if known is None or not head or sha256(data[: known.size]) != known.sha256:
        known = _Read(size=0, sha256="", lines=())
    found: list[dict[str, Any]] = list(known.lines)
    *ended, tail = data[known.size :].split(b"\n")
    left_open = is_whole_line(tail)
    for number, raw in enumerate([*ended, tail] if left_open else ended, len(found) + 1):
        try:
            line = json.loads(raw)
            rest = {key: value for key, value in line.items() if key != "id"}
            whole = line["id"] == digest(rest) and line["prev"] == (
                found[-1]["id"] if found else ""
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            whole = False
        if not whole:
            raise AnswersError(
                "the history was changed",
                reference="history-changed",
                where=f"{path}:{number}",
                hint="take it from a copy; if there is none, move it away, and say why in the log",
            )
        found.append(line)
    lines = tuple(found)
    if left_open:  # an editor took its line feed; the next writer puts it back
        return lines
    size = data.rfind(b"\n") + 1
    _read[str(path)] = _Read(size=size, sha256=str(sha256(data[:size])), lines=lines)
    while len(_read) > MOST_READ:
        _read.pop(next(iter(_read)), None)
    return lines


@dataclass(frozen=True, slots=True)
class _Read:
    """The lines of a history's first bytes: those were checked, and only what was added since is."""

    size: int
    sha256: str
    lines: tuple[dict[str, Any], ...]


MOST_READ = 256
_read: dict[str, _Read] = {}


def add_line(answers: Path, line: Mapping[str, Any]) -> dict[str, Any]:
    """Add one line; call it under ``files.locked`` of the answers file. Returns it with its id."""
    lines = read_lines(answers)
    chained = {**line, "prev": lines[-1]["id"] if lines else ""}
    whole = {**chained, "id": str(digest(chained))}
    append_line(history_path(answers), canonical_bytes(whole))
    return whole


def keep_change(path: Path, before: str, after: str, checklist: Checklist) -> None:
    """Write down a change before it is made."""
    catch_up(path, before, checklist)
    add_line(path, _change(path, before, after, checklist))


def keep_replacement(path: Path, before: str, after: str, checklist: Checklist) -> None:
    """Write down that a whole file takes another's place; the old one may answer an older checklist."""
    add_line(path, _change(path, before, after, checklist))


def catch_up(path: Path, text: str, checklist: Checklist) -> None:
    """Write down what became of the last change, and what the file says that no command wrote."""
    lines = read_lines(path)
    changes = _changes(lines)
    now = sha256(text.encode())
    if changes and changes[-1]["after"] == now:
        return
    if changes and changes[-1]["before"] == now:
        add_line(path, {"kind": "dropped", "of": changes[-1]["id"]})
        return
    line = _change(path, "", text, checklist, outside=True)
    if line["changes"] or line["signoffs"] or changes:
        add_line(path, {**line, "before": changes[-1]["after"] if changes else ""})


def _changes(lines: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Changes that came true."""
    dropped = {line["of"] for line in lines if line["kind"] == "dropped"}
    return [line for line in lines if line["kind"] == "change" and line["id"] not in dropped]


def _change(
    path: Path, before: str, after: str, checklist: Checklist, *, outside: bool = False
) -> dict[str, Any]:
    lines = read_lines(path)
    answers = parse_answers(after, checklist)
    digests = answer_digests(answers)
    tree = answers.yaml.value if answers.yaml else {}
    entries = _entries(tree)
    # Read as YAML alone: before a migration the answers are to another version of the checklist.
    was = (
        _known(lines)
        if outside
        else _entries(parse_yaml(before, source=path.name, error=AnswersError).value or {})
    )
    changed = [
        {
            **_said(was.get(name), entries.get(name)),
            "question": name,
            "sha256": str(digests.get(name, "")),
        }
        for name in sorted({*was, *entries})
        if was.get(name) != entries.get(name)
    ]
    known = _changes(lines)
    return {
        "kind": "change",
        "outside": outside,
        "before": str(sha256(before.encode())),
        "after": str(sha256(after.encode())),
        "answers_before": known[-1]["answers_after"] if known else "",
        "answers_after": str(answers_sha256(answers)),
        "checklist": checklist.id,
        "changes": changed,
        "signoffs": _signed(lines, answers),
        "met": _met(lines, answers),
        "voided": _voided(lines, answers, checklist),
    }


def _entries(tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key in ("answers", "set_aside"):
        for name, entry in (tree.get(key) or {}).items():
            found[name] = {**found.get(name, {}), key: with_line_feeds(entry)}
    return found


def _known(lines: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for line in _changes(lines):
        for change in line["changes"]:
            known.pop(change["question"], None)
            if change["entry"]:
                known[change["question"]] = change["entry"]
    return known


def _said(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """What changed in an entry, and who says so."""
    before, after = (old or {}).get("answers"), (new or {}).get("answers")
    if after is None:
        aside = (new or {}).get("set_aside") or {}
        what = "set aside" if aside else "taken out"
        return {"what": what, "by": "", "at": aside.get("moved_at") or "", "entry": dict(new or {})}
    only_review = before is not None and {**before, "review": 0} == {**after, "review": 0}
    source = (after.get("review") or {}) if only_review else after
    said = {"by": source.get("by") or "", "at": source.get("at") or ""}
    return {"what": "review" if only_review else "answer", **said, "entry": dict(new or {})}


def _listed(lines: tuple[dict[str, Any], ...], key: str) -> list[Any]:
    return [item for line in _changes(lines) for item in line[key]]


def _signed(lines: tuple[dict[str, Any], ...], answers: Answers) -> list[dict[str, str]]:
    known = _listed(lines, "signoffs")
    given = [_signoff(signoff) for signoff in answers.file.signoffs]
    return [item for item in given if item not in known]


def _signoff(signoff: SignOff) -> dict[str, str]:
    return {
        "role": signoff.role,
        "by": signoff.by,
        "at": signoff.at.isoformat(),
        "decision": signoff.decision,
        "answers": str(signoff.covers_sha256),
    }


def _met(lines: tuple[dict[str, Any], ...], answers: Answers) -> list[dict[str, Any]]:
    known = _listed(lines, "met")
    said = [
        {"role": s.role, "condition": number, "by": c.met.by, "at": c.met.at.isoformat()}
        for s in answers.file.signoffs
        for number, c in enumerate(s.conditions, 1)
        if c.met is not None
    ]
    return [item for item in said if item not in known]


def _voided(
    lines: tuple[dict[str, Any], ...], answers: Answers, checklist: Checklist
) -> list[dict[str, str]]:
    """Sign-offs that do not hold, or are gone, and were not written down as such before."""
    known = _listed(lines, "voided")
    strict = {rule.role: rule.not_author for rule in checklist.file.signoff}
    standing = [
        (
            _signoff(s),
            signoff_state(answers, s, not_author=strict.get(s.role, True)).holds,
        )
        for s in answers.file.signoffs
    ]
    there = [item for item, _ in standing]
    holding = [item for item, holds in standing if holds]
    given: list[dict[str, str]] = _listed(lines, "signoffs")
    found = []
    for item in [*given, *(item for item in there if item not in given)]:
        # Lines of an earlier version name a voided sign-off by its role and time alone.
        if item not in holding and not any(
            old.items() <= item.items() for old in map(_named, known)
        ):
            reason = "answers-changed" if item in there else "replaced-or-taken-out"
            found.append({**item, "reason": reason})
    return found


def _named(voided: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in voided.items() if key != "reason"}


def sayings(answers: Path, question: str = "") -> Iterator[Saying]:
    """What a question's entry said, oldest first; of every question if none is named."""
    for line in _changes(read_lines(answers)):
        for item in line["changes"]:
            if question in ("", item["question"]):
                yield Saying(
                    question=item["question"],
                    what=item["what"],
                    by=item["by"],
                    at=item["at"],
                    entry=item["entry"],
                    sha256=item["sha256"],
                    outside=line["outside"],
                )


def words_by_digest(answers: Path) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What was said under the digest that a sign-off covers, by question and digest."""
    return {
        (item.question, item.sha256): item.entry.get("answers") or {}
        for item in sayings(answers)
        if item.sha256
    }


def add_note(
    answers: Path, question: str, *, by: str, at: str, words: str, reply_to: str = ""
) -> Note:
    """Add a note to a question's thread; call it under ``files.locked`` of the answers file.

    Raises
    ------
    AnswersError
        If it is empty, names nobody, or replies to a note that is not there.
    """
    words = with_line_feeds(words).strip()
    if not words or not by.strip():
        raise AnswersError(
            "a note has words and someone who says them",
            reference="note-empty",
            hint="give --by and the words",
        )
    if reply_to:
        reply_to = _note_named(answers, question, reply_to)
    line = add_line(
        answers,
        {
            "kind": "note",
            "question": question,
            "by": by,
            "at": at,
            "words": words,
            "reply_to": reply_to,
        },
    )
    return _note(line)


def notes(answers: Path, question: str = "") -> tuple[Note, ...]:
    """The thread of a question, oldest first; of every question if none is named."""
    lines = read_lines(answers)
    return tuple(_note(x) for x in lines if x["kind"] == "note" and question in ("", x["question"]))


def _note(line: Mapping[str, Any]) -> Note:
    return Note(
        id=line["id"][:12],
        question=line["question"],
        by=line["by"],
        at=line["at"],
        words=line["words"],
        reply_to=line["reply_to"],
    )


def _note_named(answers: Path, question: str, name: str) -> str:
    found = [note.id for note in notes(answers, question) if note.id.startswith(name)]
    if len(found) != 1:
        raise AnswersError(
            "there is no such note to reply to",
            reference="no-note",
            got=name,
            expected=", ".join(note.id for note in notes(answers, question))
            or "a note; there is none yet",
            hint="raudit assess notes ANSWERS lists them",
        )
    return found[0]
