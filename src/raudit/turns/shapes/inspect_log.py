"""Logs of Inspect: an archive of samples with a journal, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.printable import many
from raudit.turns.containers import NOT_ENDED, Row, Source, rows
from raudit.turns.front import Unreadable, archive, strict_json
from raudit.turns.mapping import as_number
from raudit.turns.texts import said, text_of

KNOWN_VERSIONS = (1, 2)
PASSES = {"C": 1.0, "I": 0.0, "N": 0.0, "P": 0.5}
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""Words that Inspect itself takes for a score."""
FILTERED = "content_filter"
LONGEST_WORD = 30
"""Letters of a label; what is longer may be a text of the turn, and no scorer's own word."""
Score = tuple[bool | None, float | None]


def inspect_archive(source: Source) -> Iterator[Row]:
    """Samples of a ``.eval`` archive; header and journal say which run they belong to and whether it ended."""
    header: dict[str, Any] = {}
    begun: dict[str, Any] = {}
    unread: dict[str, str] = {}
    place = 0
    for name, content in archive(source.path, source.limits):
        wanted = name in ("header.json", "_journal/start.json")
        sample = name.startswith("samples/") or ("/samples/" in name)
        if not wanted and not sample:
            continue
        place += sample
        try:
            if isinstance(content, Unreadable):
                raise content
            row = strict_json(content.decode("utf-8"), source.limits)
            if not isinstance(row, dict):
                raise Unreadable("a member that is no object")
        except (Unreadable, UnicodeDecodeError) as reason:
            why = "not UTF-8" if isinstance(reason, UnicodeDecodeError) else str(reason)
            if wanted:
                unread[name] = why
            else:
                source.tally.bad_row(place, why)
            continue
        if name == "header.json":
            header = row
        elif wanted:
            begun = row
        else:
            yield from _one(source, place, row)
    _run(source, header, begun)
    for name, why in unread.items():
        source.tally.warn(f"{name} of the log cannot be read: {why}")
        if name == "header.json":  # it is there, so the run did end; how, nobody can tell
            source.tally.unfinished = ""


def inspect_document(source: Source) -> Iterator[Row]:
    """Samples of a log in one JSON document."""
    for place, row in rows(source):
        if isinstance(row, dict):
            yield from _one(source, place, row)
        else:
            source.tally.bad_row(place, "a sample that is no object")
    _say_changed(source)


def _one(source: Source, place: int, row: dict[str, Any]) -> Iterator[Row]:
    try:
        yield place, _sample(row)
        counted = source.tally.counted
        counted["edited"] += _edited(row.get("scores"))
        counted["tried again"] += bool(row.get("error_retries"))
        counted["cut short"] += bool(row.get("limit"))
        if row.get("invalidation"):
            source.tally.warn("samples that were declared invalid after the run")
    except Unreadable as reason:
        source.tally.bad_row(place, str(reason))


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    name, epoch = row.get("id"), row.get("epoch")
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise Unreadable("a sample without id")
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 1:
        raise Unreadable("a sample without epoch")
    error = row.get("error")
    if error is not None and not isinstance(error, dict):
        raise Unreadable("an error that is no object")
    metadata = row.get("metadata", {})
    if not isinstance(metadata, dict):
        raise Unreadable("metadata that is no object")
    output = row.get("output")
    if output is not None and not isinstance(output, dict):
        raise Unreadable("an output that is no object")
    output = output or {}
    answer = output.get("completion")
    choices = output.get("choices", [])
    if not isinstance(choices, list):
        raise Unreadable("an output whose choices are no list")
    if answer is not None and not isinstance(answer, str):
        raise Unreadable("an answer that is no text")
    asked = said(row.get("input")) if row.get("input") is not None else None
    talk = said(row["messages"]) if row.get("messages") else None
    scores = row.get("scores")
    turn: dict[str, Any] = {
        "turn_id": f"{name}#{epoch}",
        "item_id": str(name),
        "repeat": epoch,
        "prompt": asked.prompt if asked else None,
        "system": talk.system if talk else None,
        "context": "\n".join(
            text for text in (talk.context if talk else None, *_others(choices)) if text
        )
        or None,
        "output": answer,
        "metadata": metadata,
        "latency_s": output.get("time"),
        "model": output.get("model"),
        "tests": _scores(scores) if scores is not None and error is None else {},
        "failed": error is not None or bool(output.get("error")) or not (choices or answer),
        "blocked": error is None and _withheld(choices),
        "cost_usd": _cost(row.get("model_usage")),
    }
    if scores is not None and error is None:
        turn |= {f"judge.{name}": word for name, word in _words(scores).items()}
    errors = [error, {"message": output.get("error")}, *_listed(row.get("error_retries"))]
    turn["error"] = "\n".join(
        each[key]
        for each in errors
        if isinstance(each, dict)
        for key in ("message", "traceback")
        if isinstance(each.get(key), str)
    )
    if error is not None:
        turn["cancelled"] = str(error.get("message", "")).startswith("CancelledError")
    return turn


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _withheld(choices: list[Any]) -> bool:
    """Whether the provider's filter withheld every choice."""
    reasons = [choice.get("stop_reason") for choice in choices if isinstance(choice, dict)]
    return bool(reasons) and all(reason == FILTERED for reason in reasons)


def _others(choices: list[Any]) -> list[str | None]:
    """Texts of the choices that are not the answer: what was generated may hold what should not be there."""
    found = []
    for choice in choices[1:]:
        message = choice.get("message") if isinstance(choice, dict) else None
        found.append(text_of(message.get("content")) if isinstance(message, dict) else None)
    return found


def _edited(scores: object) -> int:
    """Scores that somebody changed after the run."""
    given = scores.values() if isinstance(scores, dict) else ()
    return sum(bool(score.get("history")) for score in given if isinstance(score, dict))


def _cost(usage: object) -> float | None:
    """Cost of the sample, the judge's included, as far as each model has one."""
    if not isinstance(usage, dict):
        return None
    costs = [item.get("total_cost") for item in usage.values() if isinstance(item, dict)]
    known = [cost for cost in costs if isinstance(cost, int | float) and not isinstance(cost, bool)]
    return sum(known) if known and len(known) == len(costs) else None


class _NotGiven:
    """One of several values of a scorer that it left out, which Inspect allows; a scorer without any is broken."""


def _values(scores: object) -> dict[str, Any]:
    """Value of each scorer; of one that gives several, each under its own name or place."""
    if not isinstance(scores, dict):
        raise Unreadable("scores that are no object")
    found: dict[str, Any] = {}
    for name, score in scores.items():
        if not isinstance(score, dict):
            raise Unreadable("a score that is no object")
        value = score.get("value")
        if isinstance(value, list):
            value = {str(place): part for place, part in enumerate(value, start=1)}
        if isinstance(value, dict):
            found |= {
                f"{name}.{key}": _NotGiven() if part is None else part
                for key, part in value.items()
            }
        else:
            found[name] = value
    return found


def _scores(scores: object) -> dict[str, Score]:
    return {
        name: (None, None) if isinstance(value, _NotGiven) else _outcome(value)
        for name, value in _values(scores).items()
        if not _is_word(value)
    }


def _words(scores: object) -> dict[str, str]:
    """Labels of scorers that give a word of their own, such as polite."""
    return {name: value for name, value in _values(scores).items() if _is_word(value)}


def _is_word(value: object) -> bool:
    """Tell whether a score is a label: one word, and none that stands for a number."""
    return (
        isinstance(value, str)
        and value not in PASSES
        and value.lower() not in WORDS
        and len(value) <= LONGEST_WORD
        and value.replace("_", "").replace("-", "").isalpha()
    )


def _outcome(value: object) -> Score:
    if isinstance(value, bool):
        return value, float(value)
    if isinstance(value, str):
        if value in PASSES:
            return value == "C", PASSES[value]
        if value.lower() in WORDS:
            return bool(WORDS[value.lower()]), WORDS[value.lower()]
        number = as_number(value)
        if number is None:
            raise Unreadable("a score of a kind that is not known")
        return None, number
    if isinstance(value, int | float):
        return None, value
    raise Unreadable("a score that is neither a letter nor a number")


def _run(source: Source, header: dict[str, Any], begun: dict[str, Any]) -> None:
    """Whether the run ended, what it planned, and which version wrote it."""
    tally = source.tally
    head = header or begun
    version = head.get("version")
    if version not in KNOWN_VERSIONS:
        tally.warn("the layout has a version that is not known here")
    run = head.get("eval")
    run = run if isinstance(run, dict) else {}
    packages = run.get("packages")
    if isinstance(packages, dict) and isinstance(packages.get("inspect_ai"), str):
        tally.tool_version = packages["inspect_ai"][:40]
    if not header and begun:
        tally.unfinished = "the run did not end" + _planned(run)
    elif header and header.get("status") != "success":
        tally.unfinished = NOT_ENDED
    _say_changed(source)
    if header.get("invalidated") is True:
        tally.warn("samples that were declared invalid after the run")
    results = header.get("results")
    total = results.get("total_samples") if isinstance(results, dict) else None
    if isinstance(total, int) and not isinstance(total, bool):
        tally.tool_says["attempts"] = total


def _say_changed(source: Source) -> None:
    counted, notes = source.tally.counted, source.tally.notes
    if counted["edited"]:
        notes.append(
            f"{many(counted['edited'], 'score')} changed after the run; what was changed counts"
        )
    if counted["tried again"]:
        notes.append(
            f"{many(counted['tried again'], 'sample')} tried again after an error; the last try counts"
        )
    if counted["cut short"]:
        notes.append(f"{many(counted['cut short'], 'sample')} ended by a limit of the run")


def _planned(run: dict[str, Any]) -> str:
    dataset, config = run.get("dataset"), run.get("config")
    chosen = config.get("sample_id") if isinstance(config, dict) else None
    samples = (
        len(chosen)
        if isinstance(chosen, list)
        else dataset.get("samples")
        if isinstance(dataset, dict)
        else None
    )
    epochs = config.get("epochs") if isinstance(config, dict) else None
    if isinstance(samples, int) and isinstance(epochs, int):
        return f"; it planned {samples * epochs:,} attempts"
    return ""
