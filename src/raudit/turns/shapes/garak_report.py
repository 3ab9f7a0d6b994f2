"""Reports of garak: attempts come twice, hold several outputs, and several detectors judge the same output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.turns.containers import Row, Source, rows
from raudit.turns.front import Unreadable
from raudit.turns.texts import label, said, text_of

HIT = 0.5
OTHER_ROWS = frozenset(
    {
        "start_run setup",
        "init",
        "plugin_cache",
        "eval",
        "probe_summary",
        "completion",
        "digest",
        "config",
    }
)


def garak(source: Source) -> Iterator[Row]:
    """One row an output of an attempt that detectors have judged (status 2)."""
    tally = source.tally
    settings: dict[str, Any] = {}
    ended = False
    says: dict[tuple[str, str], int] = {}
    counted: dict[tuple[str, str], int] = {}
    sent: dict[str, int] = {}
    for place, row in rows(source):
        kind = row.get("entry_type") if isinstance(row, dict) else None
        if kind == "attempt" and row.get("status") == 1 and isinstance(row.get("uuid"), str):
            sent[label(row["uuid"])] = place
        elif kind == "attempt":
            try:
                turns = list(_outputs(row, settings))
            except Unreadable as reason:
                tally.bad_row(place, str(reason))
                continue
            sent.pop(label(row["uuid"]), None)
            for turn in turns:
                for detector in turn["tests"]:
                    counted[turn["control"], detector] = (
                        counted.get((turn["control"], detector), 0) + 1
                    )
                yield place, turn
        elif kind == "start_run setup":
            settings = row
            tally.tool_version = str(row.get("_config.version", ""))[:40]
        elif kind == "completion":
            ended = True
        elif kind == "eval":
            _eval(says, row)
        elif not isinstance(kind, str) or kind not in OTHER_ROWS:
            tally.bad_row(place, "a row of a kind that is not known")
    if not ended:
        tally.unfinished = "the run did not end (no completion row)"
    elif sent:
        tally.unfinished = f"{len(sent):,} prompts were sent and not judged"
    for key, total in says.items():
        if counted.get(key, 0) != total:
            tally.warn(
                f"the file says {total:,} outputs judged by a detector, its rows hold {counted.get(key, 0):,}"
            )


def _eval(says: dict[tuple[str, str], int], row: dict[str, Any]) -> None:
    total = row.get("total_processed")
    if isinstance(total, int) and not isinstance(total, bool):
        says[label(row.get("probe", "")), label(row.get("detector", ""))] = total


def _outputs(row: dict[str, Any], settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    name, status, outputs = row.get("uuid"), row.get("status"), row.get("outputs")
    if not isinstance(name, str) or not name:
        raise Unreadable("an attempt without uuid")
    if isinstance(status, bool) or status != 2:
        raise Unreadable("an attempt with an unknown status")
    if not isinstance(outputs, list):
        raise Unreadable("outputs that are no list")
    results = row.get("detector_results")
    if not isinstance(results, dict):
        raise Unreadable("results of detectors that are no object")
    for scores in results.values():
        if not isinstance(scores, list) or len(scores) != len(outputs):
            raise Unreadable("more or fewer results of a detector than outputs")
        if any(not _score(score) for score in scores):
            raise Unreadable("a result of a detector that is no share")
    prompt, system = _prompt(row.get("prompt"))
    control = row.get("probe_classname")
    notes = row.get("notes") or {}
    if not isinstance(notes, dict):
        raise Unreadable("notes that are no object")
    if not isinstance(control, str):
        raise Unreadable("an attempt without probe")
    for number, output in enumerate(outputs):
        answer = None if output is None else text_of(output)
        if output is not None and answer is None:
            raise Unreadable("an output without text")
        yield {
            "turn_id": f"{name}#{number + 1}",
            "item_id": name,
            "repeat": number + 1,
            "prompt": prompt,
            "system": system,
            "output": answer,
            "control": label(control),
            "notes": notes,
            "model": settings.get("plugins.target_name"),
            "failed": output is None,
            "tests": {d: _judged(scores[number]) for d, scores in results.items()},
        }


def _score(score: object) -> bool:
    return score is None or (
        isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    )


def _judged(score: float | None) -> tuple[bool | None, float | None]:
    return (None, None) if score is None else (score < HIT, float(score))


def _prompt(prompt: object) -> tuple[str | None, str | None]:
    if isinstance(prompt, str):
        return prompt, None
    if isinstance(prompt, dict) and isinstance(prompt.get("turns"), list):
        texts = said(prompt["turns"])
        return texts.prompt, texts.system
    if isinstance(prompt, dict) and isinstance(prompt.get("text"), str):
        return prompt["text"], None
    raise Unreadable("a prompt of an unknown layout")
