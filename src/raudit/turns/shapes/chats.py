"""Chat logs: messages, answers with choices, streamed pieces, batch results, prompt and completion, conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import Unreadable
from raudit.turns.texts import Said, said, text_of

FILTERED = "content_filter"
"""Why an answer ended that the provider's filter withheld."""
OPEN = 10_000
"""Streams that may be open at once."""
OPEN_BYTES = 64 * 2**20
"""What all open streams may take, since none ends before the file does."""
PIECE_BYTES = 64
"""What a piece takes beside its letters."""
Streams = dict[tuple[str, int], tuple[int, dict[str, Any], list[str]]]
"""Line and first piece of each choice of a stream, and its texts."""


def chat(source: Source) -> Iterator[Row]:
    """One row a call, whatever the layout of the line; a line of no known layout is counted as unreadable."""
    streams: Streams = {}
    left = OPEN_BYTES
    for place, row in rows(source):
        try:
            if isinstance(row, dict) and row.get("object") == "chat.completion.chunk":
                if left < 0:
                    raise Unreadable("a piece of streams that are too long together")
                left -= _piece(streams, place, row)
                continue
            yield from ((place, turn) for turn in _calls(row))
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
    for (name, index), (place, first, texts) in streams.items():
        yield (
            place,
            _call(first, Said(output="".join(texts)), f"{name}#{index + 1}" if index else name),
        )


def _piece(streams: Streams, place: int, row: dict[str, Any]) -> int:
    """Put a piece to its stream; how many bytes more the streams take then, roughly."""
    name, choices = row.get("id"), row.get("choices")
    if not isinstance(name, str) or not isinstance(choices, list):
        raise Unreadable("a streamed piece without id or choices")
    if len(streams) >= OPEN and not any(
        (name, index) in streams for index in range(len(choices) + 1)
    ):
        raise Unreadable(f"more than {OPEN:,} open streams")
    begun, more = len(streams), 0
    for choice in choices:
        delta = choice.get("delta") if isinstance(choice, dict) else None
        index = choice.get("index", 0) if isinstance(choice, dict) else None
        if isinstance(index, bool) or not isinstance(index, int):
            raise Unreadable("a streamed piece whose choice has no number")
        _, _, texts = streams.setdefault((name, index), (place, row, []))
        text = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(text, str):
            texts.append(text)
            more += len(text) + PIECE_BYTES
    return more + (len(json.dumps(row)) if len(streams) > begun else 0)


def _calls(row: object) -> Iterator[dict[str, Any]]:
    if not isinstance(row, dict):
        raise Unreadable("a row that is no object")
    name = row.get("id", row.get("turn_id"))
    if name is not None and not isinstance(name, str | int):
        raise Unreadable("an id that is neither text nor a number")
    if isinstance(row.get("messages"), list):
        yield _from_messages(row, None if name is None else str(name))
    elif "custom_id" in row:
        yield from _batch(row)
    elif isinstance(row.get("choices"), list):
        yield from _choices(row, row, None if name is None else str(name))
    elif isinstance(row.get("prompt"), str) and any(
        k in row for k in ("completion", "response", "output")
    ):
        answer = next(row[k] for k in ("completion", "response", "output") if k in row)
        yield _call(
            row,
            Said(prompt=row["prompt"], output=text_of(answer)),
            None if name is None else str(name),
        )
    else:
        raise Unreadable("a row of no known layout of chats")


def _from_messages(row: dict[str, Any], name: str | None) -> dict[str, Any]:
    if not row["messages"]:
        raise Unreadable("an empty list of messages")
    if isinstance(row.get("choices"), list) or isinstance(row.get("response"), dict):
        raise Unreadable("messages beside choices")
    texts = said(row["messages"])
    if row["messages"][-1].get("role", row["messages"][-1].get("from")) in ("user", "human"):
        texts = replace(texts, output=None)  # the last question has no answer, whatever came before
    return _call(row, texts, name)


def _call(row: dict[str, Any], texts: Said, name: str | None) -> dict[str, Any]:
    error = row.get("error")
    failed = error not in (None, "", False, [], {})
    turn = {
        **row,
        "prompt": texts.prompt,
        "output": texts.output,
        "system": texts.system,
        "context": texts.context,
    }
    turn["error"] = text_of(error) if failed else None
    turn["failed"] = failed or texts.output is None
    if name:
        turn["turn_id"] = name
    return turn


def _choices(
    row: dict[str, Any], body: dict[str, Any], name: str | None
) -> Iterator[dict[str, Any]]:
    for number, choice in enumerate(body["choices"]):
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise Unreadable("a choice without a message")
        withheld = choice.get("finish_reason") == FILTERED
        texts = Said() if withheld else said([choice["message"]])
        more = f"#{number + 1}" if len(body["choices"]) > 1 else ""
        told = {**row, "model": body.get("model"), "blocked": withheld}
        yield _call(told, texts, f"{name}{more}" if name else None)


def _batch(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    name, response = row["custom_id"], row.get("response")
    if "response" not in row and not row.get("error"):
        raise Unreadable("a batch row without a response")
    body = response.get("body") if isinstance(response, dict) else None
    if not isinstance(name, str):
        raise Unreadable("an id that is no text")
    status = response.get("status_code") if isinstance(response, dict) else None
    if row.get("error") or status != 200 or not isinstance(body, dict):
        error = (
            row.get("error")
            or (body.get("error") if isinstance(body, dict) else None)
            or f"status {status}"
        )
        yield _call({**row, "error": error}, Said(), name)
    elif isinstance(body.get("choices"), list):
        yield from _choices({**row, "error": None}, body, name)
    else:
        raise Unreadable("a batch result without choices")


def conversations(source: Source) -> Iterator[Row]:
    """One row a question of a person in a conversation of ``from`` and ``value``; one without an answer is an error."""
    for place, row in rows(source):
        try:
            turns = list(_of_conversation(row))
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
            continue
        yield from ((place, turn) for turn in turns)


def _of_conversation(row: Any) -> Iterator[dict[str, Any]]:
    talk = row.get("conversations") if isinstance(row, dict) else None
    if not isinstance(talk, list) or not talk:
        raise Unreadable("no conversation")
    system: str | None = None
    asked: list[tuple[str | None, list[str]]] = []
    for message in talk:
        texts = said([message])
        if texts.system is not None:
            system = texts.system
        elif texts.prompt is not None:
            asked.append((texts.prompt, []))
        elif texts.output is not None:
            if not asked:
                raise Unreadable("an answer before any question")
            asked[-1][1].append(texts.output)
    name = row.get("id")
    for number, (prompt, answers) in enumerate(asked, start=1):
        answer = "\n".join(answers) or None
        turn = {
            **row,
            "prompt": prompt,
            "output": answer,
            "system": system,
            "failed": not answers,
            "repeat_in": number,
        }
        if isinstance(name, str | int):
            turn |= {"turn_id": f"{name}#{number}", "conversation_id": str(name)}
        yield turn
