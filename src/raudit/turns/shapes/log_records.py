"""Log records of OpenTelemetry: events of inference, and evaluations that point to them by span or by response."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import Unreadable
from raudit.turns.shapes.spans import ANSWERS, attributes, first, scoped, texts
from raudit.turns.texts import label

Test = tuple[bool | None, float | None]
Tests = dict[str, Test]
MOST_EVALUATIONS = 300_000
EVALUATION, INFERENCE = "gen_ai.evaluation.result", "gen_ai.client.inference"


def log_records(source: Source) -> Iterator[Row]:
    """One row an inference event, with the evaluation events that point to it by span or by response."""
    by_span, by_response = _evaluations(source)
    used: set[str] = set()
    for place, line in rows(source):
        try:
            for record in scoped(line, "Logs", "logRecords"):
                given = attributes(record.get("attributes"))
                if not _event_name(record, given).startswith(INFERENCE):
                    continue
                response = label(given.get("gen_ai.response.id", ""))
                used |= {response} & by_response.keys()
                tests = by_span.get(_span(record), {}) | by_response.get(response, {})
                try:
                    yield place, _event(source, place, record, given, tests)
                except Unreadable as reason:
                    source.tally.bad_row(place, str(reason))
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
    if by_response.keys() - used:
        source.tally.warn("evaluations that point to no call")


def _span(record: dict[str, Any]) -> str:
    return label(record.get("spanId") or "")


def _evaluations(source: Source) -> tuple[dict[str, Tests], dict[str, Tests]]:
    """What evaluations say, by the span of a call and by its response; they may stand before it or after.

    The calls themselves are read again, one after the other: their texts would not all fit.
    """
    quiet = Source(
        source.path, source.format, type(source.tally)(file=source.tally.file), source.limits
    )
    calls: set[str] = set()
    told: list[tuple[str, str, str, Test]] = []
    for _, line in rows(quiet):
        with contextlib.suppress(Unreadable):
            for record in scoped(line, "Logs", "logRecords"):
                given = attributes(record.get("attributes"))
                event = _event_name(record, given)
                if event.startswith(INFERENCE):
                    calls.add(_span(record))
                elif event == EVALUATION and len(told) < MOST_EVALUATIONS:
                    name = label(given["gen_ai.evaluation.name"])
                    response = label(given.get("gen_ai.response.id", ""))
                    told.append((_span(record), response, name, _evaluation(given)))
                elif event == EVALUATION:
                    source.tally.warn(f"more than {MOST_EVALUATIONS:,} evaluations in one file")
    by_span: dict[str, Tests] = {}
    by_response: dict[str, Tests] = {}
    for span, response, name, test in told:
        found = span in calls and span
        (by_span if found else by_response).setdefault(found or response, {})[name] = test
    return by_span, by_response


def _event_name(record: dict[str, Any], given: dict[str, Any]) -> str:
    """What a record is about; other programs' logs may stand between.

    Raises
    ------
    Unreadable
        If it is about a call or an evaluation, and its event is not known, or the evaluation has no name.
    """
    event = str(record.get("eventName", ""))
    known = event == EVALUATION or event.startswith(INFERENCE)
    if not known and any(key.startswith(("gen_ai.evaluation.", *ANSWERS)) for key in given):
        raise Unreadable("a record of a call or an evaluation whose event is not known")
    if event == EVALUATION and not isinstance(given.get("gen_ai.evaluation.name"), str):
        raise Unreadable("an evaluation without a name")
    return event


def _evaluation(given: dict[str, Any]) -> tuple[bool | None, float | None]:
    if given.get("error.type"):
        return None, None
    score = given.get("gen_ai.evaluation.score.value")
    word = str(given.get("gen_ai.evaluation.score.label"))
    number = score if isinstance(score, int | float) and not isinstance(score, bool) else None
    passed = {"pass": True, "fail": False, "relevant": True, "not_relevant": False}.get(word)
    return passed, number


def _event(
    source: Source, place: int, record: dict[str, Any], given: dict[str, Any], tests: dict[str, Any]
) -> dict[str, Any]:
    asked, answered = texts(source, place, given)
    failed = bool(given.get("error.type"))
    return {
        "turn_id": str(
            record.get("spanId") or given.get("gen_ai.response.id") or f"record {place}"
        ),
        "conversation_id": given.get("gen_ai.conversation.id"),
        "prompt": asked.prompt,
        "system": asked.system,
        "output": answered.output,
        "context": answered.context,
        "failed": failed,
        "error": str(given["error.type"]) if failed else None,
        "model": first(given, "gen_ai.response.model", "gen_ai.request.model"),
        "attributes": given,
        "tests": {} if failed else tests,
    }
