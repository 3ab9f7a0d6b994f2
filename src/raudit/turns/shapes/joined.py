"""Rows that need another row: traces with a root, documents with filters, tables with a block a prompt."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from raudit.printable import many
from raudit.turns.containers import Row, Source, csv_rows, rows
from raudit.turns.front import Unreadable, refused
from raudit.turns.mapping import MOST_COLUMNS, holds

MOST_ROOT_CHARS = 96 * 2**20
"""Letters of what the roots of all traces say."""


def with_root(source: Source) -> Iterator[Row]:
    """Calls of LangSmith or Langfuse with the metadata of the trace's root, which repeats texts, tokens and cost."""
    roots = _roots(source)
    keep, orphans = source.format.keep, 0
    for place, row in rows(source):
        if isinstance(row, dict):
            orphans += (
                str(row.get("trace_id")) not in roots and keep is not None and holds(keep, row)
            )
            row["root"] = json.loads(roots.get(str(row.get("trace_id")), "{}"))
            yield place, {**row, "latency_ms": _between(row.get("start_time"), row.get("end_time"))}
        else:
            source.tally.bad_row(place, "a row that is no object")
    if orphans:
        source.tally.notes.append(
            f"{many(orphans, 'call')} without the root of the trace, so without what the root says"
        )


def _roots(source: Source) -> dict[str, str]:
    """What the root of each trace says, by trace, as JSON: decoded it would take many times the room."""
    roots: dict[str, str] = {}
    quiet = replace(source, tally=type(source.tally)(file=source.tally.file))
    left = MOST_ROOT_CHARS
    for _, row in rows(quiet):
        trace = row.get("trace_id") if isinstance(row, dict) else None
        if not isinstance(trace, str) or row.get("parent_run_id"):
            continue
        if row.get("parent_observation_id"):
            continue
        extra = row.get("extra")
        metadata = extra.get("metadata") if isinstance(extra, dict) else row.get("metadata")
        said = json.dumps({"metadata": metadata, "feedback_stats": row.get("feedback_stats")})
        left -= len(trace) + len(said)
        if left < 0:
            source.tally.warn("more is said at the roots of traces than is kept")
            break
        roots[trace] = said
    return roots


def _between(start: object, end: object) -> float | None:
    from datetime import datetime

    try:
        taken = datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))
    except (ValueError, TypeError):
        return None
    return taken.total_seconds() * 1000


def documents(source: Source) -> Iterator[Row]:
    """Answers of lm-eval: a row is a document and a filter, and the repeats hide in its responses."""
    scores: dict[str, dict[str, tuple[bool | None, float | None]]] = {}
    quiet = replace(source, tally=type(source.tally)(file=source.tally.file))
    for _, row in rows(quiet):
        with contextlib.suppress(Unreadable):
            found = _metrics(row)
            scores.setdefault(_document(row), {}).update(found)
    seen: dict[str, int] = {}
    filtered: dict[tuple[str, str], int] = {}
    for place, row in rows(source):
        try:
            name, _ = _document(row), _metrics(row)
            answered, whole = hash(repr(row.get("resps"))), hash(repr(row))
            key = name, str(row.get("filter"))
            if key in filtered or seen.get(name, answered) != answered:
                same = filtered.get(key) == whole
                source.tally.repeated += same
                source.tally.conflicts += not same
                if not same:
                    source.tally.note(place, "the document of another row with other content")
                continue
            turns = list(_answers(row, scores.get(name, {}))) if name not in seen else []
            seen[name] = answered
            filtered[key] = whole
        except Unreadable as reason:
            source.tally.bad_row(place, str(reason))
            continue
        yield from ((place, turn) for turn in turns)


def _document(row: object) -> str:
    name = row.get("doc_id") if isinstance(row, dict) else None
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise Unreadable("a row without document or responses")
    return str(name)


def _metrics(row: dict[str, Any]) -> dict[str, tuple[bool | None, float | None]]:
    """What the metrics say of a row; those that are summed over documents are lists, and no outcome of one."""
    named = row.get("metrics", []) if isinstance(row, dict) else []
    if not isinstance(named, list) or len(named) > MOST_COLUMNS:
        raise Unreadable("metrics that are no list, or more than a row may have")
    found: dict[str, tuple[bool | None, float | None]] = {}
    for metric in named:
        value = row.get(metric) if isinstance(metric, str) else None
        if isinstance(value, list):
            continue
        if not isinstance(value, int | float):
            raise Unreadable("a metric without a number")
        found[f"{metric},{row.get('filter')}"] = bool(value) if value in (0, 1) else None, value
    return found


def _answers(row: object, tests: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not isinstance(row, dict) or not isinstance(row.get("resps"), list) or not row["resps"]:
        raise Unreadable("a row without document or responses")
    arguments = row.get("arguments")
    first = arguments.get("gen_args_0") if isinstance(arguments, dict) else None
    prompt = first.get("arg_0") if isinstance(first, dict) else None
    given = row["resps"][0]
    texts = (
        given if isinstance(given, list) and all(isinstance(text, str) for text in given) else None
    )
    common = {
        "item_id": str(row["doc_id"]),
        "prompt": prompt,
        "doc": row.get("doc"),
        "failed": False,
    }
    if texts is None or len(row["resps"]) > 1:  # one question, several log-likelihoods
        yield {**common, "turn_id": f"{row['doc_id']}#1", "repeat": 1, "tests": tests}
        return
    for number, text in enumerate(texts, start=1):
        yield {
            **common,
            "turn_id": f"{row['doc_id']}#{number}",
            "repeat": number,
            "output": text,
            "tests": tests if number == 1 else {},
        }


def promptfoo_wide(source: Source) -> Iterator[Row]:
    """A wide table of promptfoo: one block of columns a prompt, the same names again."""
    reader = csv_rows(source, doubled=True)
    header = next(reader, (0, []))[1]
    starts = [i - 1 for i, name in enumerate(header) if name == "Status" and i]
    if not starts:
        raise refused(
            source.path, "turns-columns", "no block of a prompt", "export the results as JSON lines"
        )
    shared = header[: starts[0]]
    for place, cells in reader:
        if len(cells) != len(header):
            source.tally.bad_row(place, "more or fewer cells than columns")
            continue
        vars_ = dict(zip(shared, cells, strict=False))
        for start, end in zip(starts, [*starts[1:], len(header)], strict=True):
            block = dict(zip(header[start:end], cells[start:end], strict=True))
            title = header[start]
            provider, _, version = title.removeprefix("[").partition("] ")
            status = block.get("Status")
            if status not in ("PASS", "FAIL", "ERROR"):
                source.tally.bad_row(place, "a status that is not known")
                continue
            yield (
                place,
                {
                    "vars": vars_,
                    "model": provider,
                    "prompt_version": version,
                    "output": cells[start] or None,
                    "failed": status == "ERROR",
                    "passed": status == "PASS",
                    "error": cells[start] if status == "ERROR" else None,
                    "tests": {
                        n[8:]: (None, float(v))
                        for n, v in block.items()
                        if n.startswith("Metric: ") and _number(v)
                    },
                },
            )


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
