"""PyRIT's memory: attacks joined with the answers and scores they rest on, from its database or its JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from raudit.data.readers import ReadOptions, StreamedTable
from raudit.turns.alone import Told, rows_alone, told_rows
from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import LIMITS, Unreadable, refused, strict_json
from raudit.turns.texts import label

OUTCOMES = frozenset({"success", "failure", "error", "undetermined"})
STATES = frozenset({"none", "blocked", "processing", "empty", "unknown"})
"""What an answer may have ended in, as PyRIT names it."""
UNKNOWN_STATE = "an answer that does not say whether it was withheld or failed"
MOST_PIECES = 2_000_000
MOST_CHARS = 64 * 2**20
"""Letters of the names of all conversations and models."""


def pyrit_database(source: Source) -> Iterator[Row]:
    """Attacks of the SQLite memory, read in a process of their own."""
    opener = "raudit.turns.shapes.pyrit_memory:attacks_of"
    for place, row, reason in rows_alone(source.path, opener, source.budget):
        if reason:
            source.tally.bad_row(place, reason)
        else:
            yield place, row | {"tests": {name: tuple(of) for name, of in row["tests"].items()}}


def attacks_of(path: Path, name: str, options: ReadOptions) -> StreamedTable:
    """Attacks of a database as rows; runs in the reader's own process."""
    from raudit.data.readers.sqlite_files import FAULTS, check_alone, opened_for_reading

    check_alone(path, name)

    def rows_in() -> Iterator[Told]:
        try:
            with opened_for_reading(path, options) as link:
                link.text_factory = str
                link.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMITS.line_bytes)
                yield from _attacks(path, link)
        except FAULTS as error:
            raise refused(
                path,
                "turns-broken-database",
                "a database that is broken or has other tables",
                "copy it when nothing writes to it",
            ) from error

    return told_rows(name, options, rows_in)


def _attacks(path: Path, link: sqlite3.Connection) -> Iterator[Told]:
    try:
        models = dict(
            _within(
                link.execute(
                    "SELECT c.conversation_id, t.model_name FROM Conversations c"
                    " LEFT JOIN TargetIdentifiers t ON t.hash = c.target_identifier_hash"
                ),
                MOST_CHARS,
            )
        )
    except Unreadable as reason:
        raise refused(
            path, "turns-too-large", str(reason), "keep the attacks of one run"
        ) from reason
    # Only the places are sorted: a column may be worked out when it is read, and be of any size.
    places = link.execute("SELECT rowid FROM AttackResultEntries ORDER BY timestamp, id")
    for place, (at,) in enumerate(places, start=1):
        try:
            yield place, _joined(link, at, models, 4 * LIMITS.line_bytes), ""
        except Unreadable as reason:
            yield place, None, str(reason)


def _within(found: Iterable[tuple[Any, ...]], most: int) -> Iterator[tuple[Any, ...]]:
    """The rows of a question, as long as their texts are no longer together."""
    for row in found:
        most -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if most < 0:
            raise Unreadable("texts that belong together and are too long together")
        yield row


def _joined(link: sqlite3.Connection, at: int, models: dict[Any, Any], most: int) -> dict[str, Any]:
    """One attack with the answers and scores it rests on."""
    name, talk, objective, outcome, labels, took, last, message, trace, time = link.execute(
        "SELECT a.id, a.conversation_id, a.objective, a.outcome, a.labels, a.execution_time_ms, a.last_response_id,"
        " a.error_message, a.error_traceback, a.timestamp FROM AttackResultEntries a WHERE a.rowid = ?",
        (at,),
    ).fetchone()
    order = link.execute(
        "SELECT rowid FROM PromptMemoryEntries WHERE conversation_id = ? ORDER BY sequence",
        (talk,),
    ).fetchall()
    each = (
        link.execute(
            "SELECT id, role, response_error, converted_value, prompt_metadata FROM"
            " PromptMemoryEntries WHERE rowid = ?",
            (piece,),
        ).fetchone()
        for (piece,) in order
    )
    pieces = list(_within(each, most))
    answers = [p for p in pieces if p[1] == "assistant"]
    final = next((p for p in answers if p[0] == last), answers[-1] if answers else None)
    scores = _within(
        link.execute(
            "SELECT score_type, score_value, status, scorer_identifier_hash FROM ScoreEntries"
            " WHERE prompt_request_response_id = ?",
            (final[0] if final else "",),
        ),
        most,
    )
    asked = [p[3] for p in pieces if p[1] == "user" and p[3]]
    if not all(isinstance(text, str) for text in asked):
        raise Unreadable("a text that is none")
    return _attack(
        name=name,
        conversation=talk,
        outcome=outcome,
        prompt="\n".join(asked) or objective,
        answer=final[3] if final else None,
        state=final[2] if final else None,
        errors=[message, trace],
        labels=_decoded(labels),
        metadata=_decoded(final[4]) if final else {},
        took=took,
        time=time,
        model=models.get(talk),
        scores={
            f"{kind}.{str(scorer)[:8]}": (value, status) for kind, value, status, scorer in scores
        },
    )


def pyrit_attacks(source: Source) -> Iterator[Row]:
    """Attack results as JSON; only the last answer and score are in it."""
    for place, row in rows(source):
        try:
            if not isinstance(row, dict):
                raise Unreadable("an attack that is no object")
            last = _optional(row, "last_response")
            score = _optional(row, "last_score")
            scores = {}
            if score:
                scorer = score.get("scorer_class_identifier")
                name = scorer.get("class_name") if isinstance(scorer, dict) else None
                name = name if isinstance(name, str) and name else "score"
                scores = {name: (score.get("score_value"), score.get("status"))}
            yield (
                place,
                _attack(
                    name=row.get("attack_result_id") or row.get("conversation_id"),
                    conversation=row.get("conversation_id"),
                    outcome=row.get("outcome"),
                    prompt=row.get("objective"),
                    answer=last.get("converted_value"),
                    state=last.get("response_error"),
                    errors=[
                        row.get("error_message"),
                        row.get("error_traceback"),
                        row.get("outcome_reason"),
                    ],
                    labels=_optional(row, "labels"),
                    metadata=last.get("prompt_metadata"),
                    took=row.get("execution_time_ms"),
                    time=row.get("timestamp"),
                    model=None,
                    scores=scores,
                ),
            )
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))


def _optional(row: dict[str, Any], name: str) -> dict[str, Any]:
    """An object of an attack that may be left out."""
    value = row.get(name)
    if value is not None and not isinstance(value, dict):
        raise Unreadable(f"an attack whose {name} is no object")
    return value or {}


def pyrit_pieces(source: Source) -> Iterator[Row]:
    """Pieces of messages: each assistant's piece is an attempt, without the attack's outcome."""
    asked: dict[str, str] = {}
    for place, row in rows(source):
        if not isinstance(row, dict) or row.get("role") not in ("user", "assistant", "system"):
            source.tally.bad_row(place, "a piece with an unknown role")
            continue
        talk, value = row.get("conversation_id"), row.get("converted_value")
        if (
            row["role"] == "user"
            and isinstance(talk, str)
            and isinstance(value, str)
            and len(asked) < MOST_PIECES
        ):
            asked[talk] = value
        if row["role"] != "assistant":
            continue
        state = row.get("response_error")
        if state not in STATES:
            source.tally.bad_row(place, UNKNOWN_STATE)
            continue
        yield (
            place,
            {
                "turn_id": row.get("id"),
                "conversation_id": talk,
                "prompt": asked.get(str(talk)),
                "output": value if state == "none" else None,
                "error": value if state != "none" else None,
                "failed": state != "none",
                "blocked": state == "blocked",
                "metadata": row.get("prompt_metadata"),
                "time": row.get("timestamp"),
            },
        )


def _attack(
    *,
    name: object,
    conversation: object,
    outcome: object,
    prompt: object,
    answer: object,
    state: object,
    errors: list[Any],
    labels: object,
    metadata: object,
    took: object,
    time: object,
    model: object,
    scores: dict[str, tuple[Any, Any]],
) -> dict[str, Any]:
    if not isinstance(outcome, str) or outcome not in OUTCOMES or not isinstance(name, str):
        raise Unreadable("an attack with an unknown outcome, or without id")
    if outcome != "error" and state not in STATES:
        raise Unreadable(UNKNOWN_STATE)
    failed = outcome == "error" or state != "none"
    texts = [text for text in errors if isinstance(text, str) and text]
    if failed and isinstance(answer, str):
        texts.append(answer)
    return {
        "turn_id": name,
        "conversation_id": conversation,
        "prompt": prompt,
        "output": None if failed else answer,
        "error": "\n".join(texts) if failed else None,
        "failed": failed,
        "blocked": state == "blocked",
        "attacked": None if failed or outcome == "undetermined" else outcome == "success",
        "labels": labels or {},
        "metadata": metadata or {},
        "latency_ms": took,
        "time": time,
        "model": model,
        "tests": {} if failed else {label(n): _score(v, s) for n, (v, s) in scores.items()},
    }


def _score(value: object, status: object) -> tuple[bool | None, float | None]:
    if status != "complete" or value is None:
        return None, None
    text = str(value).lower()
    if text in ("true", "false"):
        return text == "true", float(text == "true")
    try:
        number = float(text)
    except ValueError as error:
        raise Unreadable("a score that is neither true, false nor a number") from error
    return None, number if 0 <= number <= 1 else None


def _decoded(text: object) -> Any:
    try:
        found = strict_json(text) if isinstance(text, str) else {}
    except Unreadable:
        return {}
    return found if isinstance(found, dict) else {}
