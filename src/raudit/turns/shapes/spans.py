"""Spans of OpenTelemetry, in OTLP JSON or as the console prints them, under names old and new.

A turn is a call of a model. A parent span (``invoke_agent``, a chain) repeats its child's messages and tokens, so only
the call counts; if no call is below it, nothing is. Where two instrumentations see one call (a framework's, and that
of the client it uses), one span of a call lies in another, by way of other spans or without, and the inner one counts.
An answer that the provider's filter withheld (finish reason ``content_filter``) is no error of the call: it is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import Unreadable, strict_json
from raudit.turns.texts import Said, said

CALLS = frozenset({"chat", "text_completion", "generate_content", "completion"})
OTHERS = frozenset(
    {
        *(
            "create_agent",
            "embeddings",
            "execute_tool",
            "invoke_agent",
            "invoke_workflow",
            "retrieval",
        ),
        *(
            "AGENT",
            "CHAIN",
            "EMBEDDING",
            "EVALUATOR",
            "GUARDRAIL",
            "PROMPT",
            "RERANKER",
            "RETRIEVER",
        ),
        *("TOOL", "UNKNOWN"),
    }
)
"""Operations and kinds of spans that are no call of a model, by the conventions of both."""
ANSWERS = ("gen_ai.completion.", "gen_ai.output.messages", "llm.output_messages.")
FILTERED = "content_filter"
MOST_EVENTS = 1_000_000
_SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")


class _Seen:
    """Calls that were read, and spans around them. A span ends, and so is written, before the one around it."""

    def __init__(self) -> None:
        self.calls: set[str] = set()
        self.around: set[str] = set()
        self.inside: set[str] = set()
        """Spans of other kinds that lie in a call."""

    def is_around(self, name: str, parent: str) -> bool:
        """Whether a call lies around one that was read; keep it in mind if it does not.

        Raises
        ------
        Unreadable
            If it lies in one that was read, and so counted, before it.
        """
        if name in self.around:
            return True
        if parent in self.calls or parent in self.inside:
            raise Unreadable("a call inside another one that stands before it")
        if len(self.calls) < MOST_EVENTS:
            self.calls.add(name)
            self.around.add(parent)
        return False

    def passes_on(self, name: str, parent: str) -> None:
        """Keep in mind that what lies around a call, or in one, may do so by way of a span of another kind.

        Raises
        ------
        Unreadable
            If it lies between two calls that were both counted before it.
        """
        if name in self.around:
            if parent in self.calls:
                raise Unreadable("a span between two calls that stands after both")
            self.around.add(parent)
        if (parent in self.calls or parent in self.inside) and len(self.inside) < MOST_EVENTS:
            self.inside.add(name)


def spans(source: Source) -> Iterator[Row]:
    """One row a span that is a call of a model."""
    seen = _Seen()
    for place, line in rows(source):
        try:
            found = list(scoped(line, "Spans", "spans"))
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
            continue
        for span in found:
            yield from _span(source, place, span, seen)


def console(source: Source) -> Iterator[Row]:
    """The same from what the console exporter prints: times as text, attributes as a plain object."""
    seen = _Seen()
    for place, span in rows(source):
        if not isinstance(span, dict) or not isinstance(span.get("context"), dict):
            source.tally.bad_row(place, "no span")
            continue
        told = span.get("status")
        status = told if isinstance(told, dict) else {}
        turned = {
            "traceId": span["context"].get("trace_id"),
            "spanId": span["context"].get("span_id"),
            "attributes": span.get("attributes"),
            "parentSpanId": span.get("parent_id"),
            "startTimeUnixNano": _nanoseconds(span.get("start_time")),
            "endTimeUnixNano": _nanoseconds(span.get("end_time")),
            "status": {
                "code": 2 if status.get("status_code") == "ERROR" else 0,
                "message": status.get("description"),
            },
            "events": span.get("events"),
        }
        yield from _span(source, place, turned, seen)


def _nanoseconds(value: object) -> int | None:
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(str(value)).timestamp() * 1_000_000) * 1000
    except (ValueError, OverflowError):
        return None


def scoped(line: object, kind: str, items: str) -> Iterator[dict[str, Any]]:
    """Spans or records of one line, under the names of OTLP JSON or of protobuf."""
    if not isinstance(line, dict):
        raise Unreadable("a line that is no object")
    for resource in _list(line, f"resource{kind}", f"resource_{kind.lower()}"):
        for scope in _list(resource, f"scope{kind}", f"scope_{kind.lower()}"):
            for item in _list(scope, items, "log_records" if items == "logRecords" else items):
                if not isinstance(item, dict):
                    raise Unreadable("a span that is no object")
                yield {_camel(key): value for key, value in item.items()}


def _list(value: object, *names: str) -> list[Any]:
    for name in names:
        if isinstance(value, dict) and name in value:
            if not isinstance(value[name], list):
                break
            return list(value[name])
    raise Unreadable("no spans or records where OTLP has them")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def attributes(given: object) -> dict[str, Any]:
    """Attributes as a plain object.

    Raises
    ------
    Unreadable
        If they are no list of keys and values, or a value is of no known kind.
    """
    if given is None:
        return {}
    if isinstance(given, dict):
        return given
    if not isinstance(given, list):
        raise Unreadable("attributes that are no list")
    found: dict[str, Any] = {}
    for item in given:
        if not isinstance(item, dict) or not isinstance(item.get("key"), str):
            raise Unreadable("an attribute without key")
        found[item["key"]] = _plain(item.get("value"))
    return found


def _plain(value: object) -> Any:
    if not isinstance(value, dict):
        raise Unreadable("an attribute whose value is of no known kind")
    value = {_camel(key): part for key, part in value.items()}
    if "intValue" in value:
        try:
            return int(value["intValue"])
        except (TypeError, ValueError) as error:
            raise Unreadable("a whole number that is none") from error
    for name in _SCALARS:
        if name in value:
            return value[name]
    if "arrayValue" in value:
        inner = value["arrayValue"]
        values = inner.get("values", []) if isinstance(inner, dict) else None
        if not isinstance(values, list):
            raise Unreadable("an attribute whose value is of no known kind")
        return [_plain(part) for part in values]
    if "kvlistValue" in value:
        inner = value["kvlistValue"]
        return attributes(inner.get("values", [])) if isinstance(inner, dict) else {}
    if not value:
        return None
    raise Unreadable("an attribute whose value is of no known kind")


def _span(source: Source, place: int, span: dict[str, Any], seen: _Seen) -> Iterator[Row]:
    try:
        if isinstance(span.get("attributes"), dict) and source.format.container == "jsonl":
            raise Unreadable("attributes that are no list")
        given = attributes(span.get("attributes"))
        trace = span.get("traceId", "")
        parent = f"{trace}/{span.get('parentSpanId')}"
        if not _is_call(given):
            seen.passes_on(f"{trace}/{span.get('spanId')}", parent)
            return
        call = _call(source, place, span, given)
        if not seen.is_around(call["turn_id"], parent):
            yield place, call
    except Unreadable as reason:
        source.tally.bad_row(place, str(reason))


def _is_call(given: dict[str, Any]) -> bool:
    """Tell whether a span is a call.

    Raises
    ------
    Unreadable
        If it holds an answer and is of no kind that is known.
    """
    kind, operation = given.get("openinference.span.kind"), given.get("gen_ai.operation.name")
    said_kind = operation if kind is None else kind
    if said_kind == "LLM" or (kind is None and said_kind in CALLS):
        return True
    if said_kind in OTHERS or not any(key.startswith(ANSWERS) for key in given):
        return False
    if said_kind is None and not any(key.startswith("llm.") for key in given):
        return True  # names of old, which had no operation
    raise Unreadable("a span that holds an answer and is of no kind that is known")


def _call(
    source: Source, place: int, span: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    name = span.get("spanId")
    if not isinstance(name, str) or not name:
        raise Unreadable("a span without id")
    start, end = _time(span.get("startTimeUnixNano")), _time(span.get("endTimeUnixNano"))
    if start is None or end is None or start <= 0 or end < start:
        raise Unreadable("a span that ends before it starts, or without times")
    status = span.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    failed = code in (2, "STATUS_CODE_ERROR") or bool(given.get("error.type"))
    blocked = not failed and _withheld(given)
    asked, answered = texts(source, place, given)
    errors = [status.get("message")] if isinstance(status, dict) else []
    events = span.get("events")
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict):
            errors += [
                v
                for k, v in attributes(event.get("attributes")).items()
                if str(k).startswith("exception.")
            ]
    told = [text for text in errors if isinstance(text, str) and text]
    return {
        "turn_id": f"{span.get('traceId', '')}/{name}",
        "conversation_id": given.get("gen_ai.conversation.id", given.get("session.id")),
        "prompt": asked.prompt,
        "system": asked.system,
        "context": "\n".join(t for t in (asked.context, answered.context) if t) or None,
        "output": None if blocked else answered.output,
        "blocked": blocked,
        "error": "\n".join(told) or (str(given.get("error.type")) if failed else None),
        "failed": failed,
        "latency_ms": (end - start) / 1e6,
        "model": first(given, "gen_ai.response.model", "gen_ai.request.model", "llm.model_name"),
        "prompt_version": given.get("llm.prompt_template.version"),
        "cost_usd": given.get("llm.cost.total"),
        "tokens_in": first(
            given,
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
        ),
        "tokens_out": first(
            given,
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
        ),
        "time": str(start),
        "attributes": given,
    }


def _withheld(given: dict[str, Any]) -> bool:
    """Whether the provider's filter withheld the answer, by the finish reasons of all choices."""
    reasons = given.get("gen_ai.response.finish_reasons")
    told = reasons if isinstance(reasons, list) else [reasons]
    return all(reason == FILTERED for reason in told) if told else False


def first(given: dict[str, Any], *names: str) -> Any:
    """The first attribute of these names that has a value; None if none has."""
    return next((given[name] for name in names if given.get(name) is not None), None)


def _time(value: Any) -> int | None:
    """Nanoseconds; no time is longer than what 64 bits hold."""
    try:
        time = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return time if abs(time) < 2**64 else None


def texts(source: Source, place: int, given: dict[str, Any]) -> tuple[Said, Said]:
    """What was asked and answered, under whichever names the span has."""
    if "gen_ai.input.messages" in given or "gen_ai.output.messages" in given:
        asked = _messages(source, place, given.get("gen_ai.input.messages"))
        system = given.get("gen_ai.system_instructions")
        told = (
            _messages(source, place, [{"role": "system", "parts": _parts(system)}]).system
            if system
            else asked.system
        )
        answered = _messages(source, place, given.get("gen_ai.output.messages"))
        return Said(asked.prompt, None, told, asked.context), answered
    if any(key.startswith("gen_ai.prompt.") for key in given):
        asked = said(_flat(given, "gen_ai.prompt.", "role", "content")) if given else Said()
        return asked, said(_flat(given, "gen_ai.completion.", "role", "content"))
    listed = _flat(given, "llm.input_messages.", "message.role", "message.content")
    if listed:
        answers = _flat(given, "llm.output_messages.", "message.role", "message.content")
        return said(listed), said(answers)
    asked_text, answer = given.get("input.value"), given.get("output.value")
    return Said(prompt=_text(asked_text)), Said(output=_text(answer))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _parts(value: object) -> Any:
    return (
        strict_json(value)
        if isinstance(value, str) and value[:1] == "["
        else [{"type": "text", "content": value}]
    )


def _messages(source: Source, place: int, value: object) -> Said:
    """Messages of an attribute; ones that cannot be read leave an answer whose text is unknown, and are counted."""
    if value is None:
        return Said()
    try:
        return said(value if not isinstance(value, str) else strict_json(value))
    except Unreadable:
        source.tally.unreadable_values["messages"] += 1
        source.tally.note(place, "messages that cannot be read")
        return Said()


def _flat(given: dict[str, Any], prefix: str, role: str, content: str) -> list[dict[str, Any]]:
    """Messages whose fields are numbered attributes."""
    numbered: dict[int, dict[str, Any]] = {}
    for key, value in given.items():
        if not key.startswith(prefix):
            continue
        number, _, rest = key[len(prefix) :].partition(".")
        if not number.isdecimal() or len(number) > 6:
            continue
        message = numbered.setdefault(int(number), {"role": "assistant"})
        if rest == role:
            message["role"] = value
        elif rest == content:
            message["content"] = value
        elif rest.endswith(".message_content.text"):
            message["content"] = f"{message.get('content', '')}{value}"
        elif "tool_call" in rest:
            message.setdefault("tool_calls", []).append(str(value))
    return [
        message
        for _, message in sorted(numbered.items())
        if "content" in message or "tool_calls" in message
    ]
