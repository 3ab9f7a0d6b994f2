"""Log records of OpenTelemetry: events of inference, and evaluations that point to them by span or by response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import Unreadable
from raudit.turns.shapes.spans import ANSWERS, MOST_EVENTS, attributes, first, scoped, texts

EVALUATION, INFERENCE = "gen_ai.evaluation.result", "gen_ai.client.inference"


def log_records(source: Source) -> Iterator[Row]:
    """One row an inference event, with the evaluation events that point to it by span or by response."""
    calls: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
    tests: list[tuple[str, str, dict[str, Any]]] = []
    for place, line in rows(source):
        try:
            for record in scoped(line, "Logs", "logRecords"):
                given = attributes(record.get("attributes"))
                event = _event_name(record, given)
                if event == EVALUATION:
                    tests.append(
                        (
                            str(record.get("spanId", "")),
                            str(given.get("gen_ai.response.id", "")),
                            given,
                        )
                    )
                elif event.startswith(INFERENCE):
                    calls.append((place, record, given))
                if len(calls) + len(tests) > MOST_EVENTS:
                    raise Unreadable(f"more than {MOST_EVENTS:,} events in one file")
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
    by_span = {
        str(record["spanId"]): number
        for number, (_, record, _) in enumerate(calls)
        if record.get("spanId")
    }
    by_response = {
        str(g["gen_ai.response.id"]): n
        for n, (_, _, g) in enumerate(calls)
        if g.get("gen_ai.response.id")
    }
    judged: dict[int, dict[str, tuple[bool | None, float | None]]] = {}
    for span, response, given in tests:
        number = by_span.get(span, by_response.get(response))
        if number is None:
            source.tally.warn("evaluations that point to no call")
        else:
            judged.setdefault(number, {})[str(given.get("gen_ai.evaluation.name"))] = _evaluation(
                given
            )
    for number, (place, record, given) in enumerate(calls):
        try:
            yield place, _event(source, place, record, given, judged.get(number, {}))
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))


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
    score, label = (
        given.get("gen_ai.evaluation.score.value"),
        given.get("gen_ai.evaluation.score.label"),
    )
    number = score if isinstance(score, int | float) and not isinstance(score, bool) else None
    passed = {"pass": True, "fail": False, "relevant": True, "not_relevant": False}.get(str(label))
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
