"""Traps of Inspect and promptfoo, one small file each: what was answered, judged, cached, withheld or tried again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.llm._turns import fields, measured, of

from raudit.turns import open_turns

STOP = {"message": {"role": "assistant", "content": "a"}, "stop_reason": "stop"}
WITHHELD = {"message": {"role": "assistant", "content": ""}, "stop_reason": "content_filter"}
SECOND = {"message": {"role": "assistant", "content": "mail bob@example.com"}}


def sample(number: int, epoch: int = 1, **more: Any) -> dict[str, Any]:
    output = {"model": "m", "choices": [STOP], "completion": "a", "time": 1.0}
    output |= more.pop("output", {})
    given = {"id": f"q{number}", "epoch": epoch, "input": "q", "messages": [], "metadata": {}}
    return given | {"output": output, "scores": {"s": {"value": "C"}}, **more}


def scored(*values: Any) -> list[dict[str, Any]]:
    return [sample(i, scores={"s": {"value": value}}) for i, value in enumerate(values)]


def inspect_log(samples: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    head = {"version": 2, "status": "success", "eval": {"packages": {}}, "plan": {}}
    return head | {"results": {"total_samples": len(samples)}, "samples": samples, **more}


def archived(path: Path, log: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"]}))
        for one in log["samples"]:
            file.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
        head = {key: value for key, value in log.items() if key != "samples"}
        file.writestr("header.json", json.dumps(head))
    return path


INSPECT: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "a list of scores": (scored([1, 0], [1, 1]), {"test.s.1": [1, 1], "test.s.2": [0, 1]}),
    "one of several values left out": (scored({"a": None, "b": 1}), {"test.s.b": [1]}),
    "yes and no": (scored("yes", "no", "True"), {"passed.s": [True, False, True]}),
    "a number as text": (scored("0.85"), {"test.s": [0.85]}),
    "a word of its own": (scored("polite", "rude"), {"judge.s": ["polite", "rude"]}),
    "half right and refused": (scored("P", "N"), {"passed.s": [False, False], "test.s": [0.5, 0]}),
    "no scores": ([sample(0, scores=None), sample(1)], {"passed.s": [None, True]}),
    "an error of the provider": (
        [sample(0, output={"error": "rate limit", "choices": [], "completion": ""})],
        {"status": ["error"]},
    ),
    "no choice at all": (
        [sample(0, output={"choices": [], "completion": ""}), sample(1)],
        {"status": ["error", "answered"], "passed.s": [None, True]},
    ),
    "withheld by a filter": (
        [sample(0, output={"choices": [WITHHELD], "completion": ""}), sample(1)],
        {"status": ["blocked", "answered"], "passed.s": [None, True]},
    ),
    "one of two choices withheld": (
        [sample(0, output={"choices": [STOP, WITHHELD]})],
        {"status": ["answered"]},
    ),
    "an error after the answer": (
        [sample(0, error={"message": "late", "traceback": ""})],
        {"status": ["error"]},
    ),
    "epochs": (
        [sample(i, epoch) for i in (0, 1) for epoch in (1, 2)],
        {"repeat": [1, 2, 1, 2], "item_id": ["q0", "q0", "q1", "q1"]},
    ),
    "tried again": (
        [sample(0, error_retries=[{"message": "boom", "traceback": ""}])],
        {"status": ["answered"], "passed.s": [True]},
    ),
    "ended by a limit": ([sample(0, limit={"type": "token", "limit": 9})], {"passed.s": [True]}),
}
NOTED = {"tried again": "1 sample tried again", "ended by a limit": "1 sample ended by a limit"}


def columns(path: Path, wanted: dict[str, Any]) -> None:
    """Hold columns against what they must be; none to look at is no test."""
    data = open_turns([path])
    (reading,) = data.turns.readings
    assert reading.partly == ""
    assert wanted
    found = {name: data.turns.table.column(name).to_pylist() for name in wanted}
    assert found == wanted


@pytest.mark.parametrize("name", INSPECT)
def test_what_a_log_of_inspect_says(tmp_path, name):
    samples, wanted = INSPECT[name]
    log = inspect_log(samples)
    (tmp_path / "a.json").write_text(json.dumps(log))
    for path in (tmp_path / "a.json", archived(tmp_path / "a.eval", log)):
        columns(path, wanted)
        notes = open_turns([path]).turns.readings[0].notes
        assert any(note.startswith(NOTED.get(name, "")) for note in notes or ("",))
        assert bool(notes) == (name in NOTED)


def test_samples_that_were_declared_invalid_let_nothing_pass(tmp_path):
    log = inspect_log([sample(0, invalidation={"author": "x"}), sample(1)], invalidated=True)
    (tmp_path / "a.json").write_text(json.dumps(log))
    for path in (tmp_path / "a.json", archived(tmp_path / "a.eval", log)):
        assert "declared invalid" in open_turns([path]).turns.partly
    del log["samples"][0]["invalidation"]
    assert "declared invalid" in open_turns([archived(tmp_path / "b.eval", log)]).turns.partly


def test_texts_beside_the_answer_are_scanned(tmp_path):
    """What another choice holds, and what an earlier try ended in, may hold personal data too."""
    retries = [{"message": "boom for eve@example.com", "traceback": ""}]
    samples = [sample(0, output={"choices": [STOP, SECOND]}), sample(1, error_retries=retries)]
    (tmp_path / "a.json").write_text(json.dumps(inspect_log(samples)))
    data = open_turns([tmp_path / "a.json"])
    (batch,) = list(data.batches())
    held = str(batch.to_pydict())
    assert "bob@example.com" in held
    assert "eve@example.com" in held


def test_scores_that_are_none_of_a_scorers_kinds_are_no_rows(tmp_path):
    broken = scored(None, {"x": [1]}, "a long text of the model", {"x": "a b"})
    (tmp_path / "a.json").write_text(json.dumps(inspect_log([*broken, sample(9)])))
    (reading,) = open_turns([tmp_path / "a.json"]).turns.readings
    assert (reading.attempts, reading.bad_rows) == (1, 4)


PASSED = {"pass": True, "score": 1, "reason": "ok", "assertion": {"type": "contains"}}
FAILED = PASSED | {"pass": False, "score": 0}
UNWEIGHTED = {"type": "javascript", "metric": "j", "weight": 0}


def result(number: int, *tests: dict[str, Any], **more: Any) -> dict[str, Any]:
    parts = list(tests) or [PASSED]
    good = all(test.get("pass") for test in parts)
    row = {
        "id": f"r{number}",
        "prompt": {"raw": "q", "label": "v1"},
        "promptId": "p",
        "provider": {"id": "m", "label": ""},
        "response": {"output": "a", "cached": False},
        "latencyMs": 100,
        "cost": 0.5,
        "success": good,
        "score": float(good),
        "failureReason": 0 if good else 1,
        "gradingResult": {"pass": good, "score": float(good), "componentResults": parts},
    }
    return row | more


def error(number: int, **more: Any) -> dict[str, Any]:
    failed = {"success": False, "score": 0, "failureReason": 2, "gradingResult": None}
    return result(number, **(failed | {"response": {"error": "500"}} | more))


def judged_by(reason: str, **more: Any) -> dict[str, Any]:
    assertion = {"type": "llm-rubric", "metric": "j"}
    return {"pass": False, "score": 0, "reason": reason, "assertion": assertion, **more}


def unweighted(score: float | None, **more: Any) -> dict[str, Any]:
    return {"pass": True, "score": score, "reason": "", "assertion": UNWEIGHTED | more}


NO_REASON = {"failureReason": None}
PROMPTFOO: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "an empty label of the provider": ([result(0)], {"model": ["m"]}),
    "a provider that is text": ([result(0, provider="openai:x")], {"model": ["openai:x"]}),
    "an error": ([result(0), error(1)], {"status": ["answered", "error"], "passed": [True, None]}),
    "an error without a reason": ([error(0, **NO_REASON)], {"status": ["error"]}),
    "no response": ([error(0, response=None, **NO_REASON)], {"status": ["error"]}),
    "a reason that is no error": (
        [result(0, FAILED, error="Expected a")],
        {"status": ["answered"], "passed": [False]},
    ),
    "withheld by a filter": (
        [result(0, FAILED, response={"output": "", "finishReason": "content_filter"}), result(1)],
        {"status": ["blocked", "answered"], "passed": [None, True]},
    ),
    "withheld by a guardrail": (
        [result(0, FAILED, response={"output": "no", "guardrails": {"flagged": True}})],
        {"status": ["blocked"]},
    ),
    "from a cache": (
        [result(0), result(1, response={"output": "a", "cached": True}, latencyMs=1)],
        {"cached": [False, True], "latency_ms": [100, None], "cost_usd": [0.5, None]},
    ),
    "a test of weight 0": (
        [result(0, unweighted(0.13)), result(1, unweighted(0.9))],
        {"passed.j": [False, True], "test.j": [0.13, 0.9]},
    ),
    "a test of weight 0 with a limit": (
        [result(0, unweighted(0.6, threshold=0.8)), result(1, unweighted(0.3, threshold=0.2))],
        {"passed.j": [False, True]},
    ),
    "a limit that is no share": ([result(0, unweighted(1, threshold=5000))], {"passed.j": [True]}),
    "a sum of several tests": (
        [result(0, PASSED | {"assertion": None}, PASSED)],
        {"passed.contains": [True]},
    ),
    "tests of one name": (
        [result(0, PASSED, FAILED)],
        {"passed.contains": [True], "passed.contains 2": [False]},
    ),
    "nothing asserted": (
        [result(0, gradingResult={"pass": True, "score": 1, "reason": "No assertions"})],
        {"passed": [True]},
    ),
    "no verdict": ([result(0, success=None), result(1)], {"passed": [None, True]}),
    "a cost of nothing": ([result(0, cost=0), result(1, cost=None)], {"cost_usd": [0, None]}),
}
BROKEN = {
    "said by the tool": judged_by("x", metadata={"graderError": True}),
    "no JSON": judged_by("Could not extract JSON from llm-rubric response"),
    "malformed": judged_by("llm-rubric produced malformed response: x"),
    "a program that threw": judged_by("Custom function threw error: x"),
    "a program that failed": judged_by("Python code execution failed: x"),
}


def promptfoo(rows: list[dict[str, Any]], folder: Path) -> tuple[Path, Path]:
    errors = [row for row in rows if row["response"] is None or "error" in row["response"]]
    told = {
        "successes": sum(row["success"] is True for row in rows),
        "failures": sum(row["success"] is False for row in rows if row not in errors),
        "errors": len(errors),
    }
    results = {"version": 3, "results": rows, "stats": told}
    (folder / "a.json").write_text(json.dumps({"evalId": "e", "results": results}))
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "a.json", folder / "a.jsonl"


@pytest.mark.parametrize("name", PROMPTFOO)
def test_what_a_result_of_promptfoo_says(tmp_path, name):
    rows, wanted = PROMPTFOO[name]
    document, lines = promptfoo(rows, tmp_path)
    columns(document, wanted)
    columns(lines, wanted)
    assert open_turns([document]).n_rows == len(rows)


@pytest.mark.parametrize("name", BROKEN)
def test_a_judge_that_failed_is_no_answer_that_did(tmp_path, name):
    rows = [result(0, BROKEN[name]), result(1, BROKEN[name], FAILED), result(2)]
    for path in promptfoo(rows, tmp_path):
        columns(path, {"passed": [None, False, True]})
        (reading,) = open_turns([path]).turns.readings
        assert reading.not_judged == {"j": 2, "passed": 1}


def test_an_answer_from_a_cache_is_no_repeat(tmp_path):
    """Its noise floor would be 0, and any gap beyond noise."""
    rows = [
        result(
            f"{pair}{group}{repeat}",
            vars={"pair": f"p{pair}", "g": group},
            response={"output": "a", "cached": False},
            success=group == "a" or pair % 2 == 0,
        )
        for pair in range(100)
        for group in "ab"
        for repeat in (1, 2)
    ]
    asked = {
        "variant": "group.g",
        "outcome": {"name": "ok", "column": "passed", "judged_by": "record"},
        "max_difference": 0.02,
    }
    for cached, wanted in ((True, "no repeats"), (False, "")):
        for row in rows:
            row["response"]["cached"] = cached and row["id"].endswith("2")
        path, _ = promptfoo(rows, tmp_path)
        data = open_turns([path], fields=fields(pair_id="vars.pair", group__g="vars.g"))
        (found,) = of(measured(data, pairs=[asked]), "007")
        assert found.status == ("indeterminate" if wanted else "failed")
        assert wanted in found.reason


def test_a_header_that_cannot_be_read_is_said_to_be_so(tmp_path):
    """A mean of no scores is written as NaN: the run ended, and it is not a row that is missing."""
    log = inspect_log([sample(0), sample(1)])
    log["results"]["mean"] = float("nan")
    turns = open_turns([archived(tmp_path / "a.eval", log)]).turns
    assert turns.readings[0].bad_rows == 0
    assert "header.json of the log cannot be read: a number that is none" in turns.partly
    assert "did not end" not in turns.partly


LANGFUSE = {"trace_id": "t", "type": "GENERATION", "level": "DEFAULT", "provided_model_name": "m"}
LANGSMITH = {"trace_id": "t", "run_type": "llm", "inputs": "q", "outputs": "a", "status": "success"}
PIECE = {"role": "assistant", "conversation_id": "c", "converted_value": "a"}
PIECE |= {"response_error": "none"}
ATTACK = {"attack_result_id": "a", "conversation_id": "c", "objective": "o", "outcome": "failure"}
ATTACK |= {"last_response": {"converted_value": "a", "response_error": "none"}}
ATTEMPT = {"entry_type": "attempt", "status": 2, "uuid": "u", "outputs": ["a"], "prompt": "p"}
ATTEMPT |= {"probe_classname": "P", "detector_results": {"d": [0.0]}, "notes": {"gender": "man"}}
UNKNOWN_STATES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "langfuse": (LANGFUSE, [{"level": level} for level in ("error", "", None, 7)]),
    "langsmith": (LANGSMITH, [{"status": state} for state in ("pending", "ERROR", "", None)]),
    "pyrit-pieces": (PIECE, [{"response_error": state} for state in ("Blocked", "", None)]),
    "pyrit-attacks": (
        ATTACK,
        [
            {"last_response": {"converted_value": "a", "response_error": "BLOCKED"}},
            {"last_response": {"converted_value": "a"}},
            {"last_response": None},
            {"last_response": "a"},
            {"last_score": [1]},
            {"labels": "man"},
        ],
    ),
    "garak": (ATTEMPT, [{"notes": "man"}]),
}


@pytest.mark.parametrize("format_", UNKNOWN_STATES)
def test_a_call_that_ended_in_an_unknown_way_is_no_answer(tmp_path, format_):
    """Neither answered nor an error: counted by name, so that nothing passes."""
    good, changes = UNKNOWN_STATES[format_]
    document = format_.startswith("pyrit")
    rows = [good | {"id": "0"}] + [good | {"id": str(i)} | c for i, c in enumerate(changes, 1)]
    ends = [{"entry_type": "completion"}] if format_ == "garak" else []
    lines = "\n".join(json.dumps(row) for row in [*rows, *ends])
    (tmp_path / "a.json").write_text(json.dumps(rows) if document else lines)
    turns = open_turns([tmp_path / "a.json"], layout=format_).turns
    assert (turns.table.num_rows, turns.readings[0].bad_rows) == (1, len(changes))
    assert f"{len(changes)} row" in turns.partly


def test_a_case_of_deepeval_without_its_tests_contradicts_the_totals(tmp_path):
    """And a judge that gave no grade, with or without a reason, has judged nothing."""
    graded = {"name": "Judge", "success": True, "score": 1.0}
    ungraded = {"name": "Judge", "success": False, "threshold": 0.5}
    cases = [
        {"name": "a", "success": True, "metricsData": [graded]},
        {"name": "b", "success": False, "metricsData": [ungraded]},
    ]
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"testCases": cases, "testPassed": 1, "testFailed": 1}))
    turns = open_turns([path]).turns
    assert turns.partly == ""
    assert turns.table.column("passed").to_pylist() == [True, None]
    assert turns.readings[0].not_judged == {"Judge": 1, "passed": 1}
    path.write_text(json.dumps({"testCases": cases[:1], "testPassed": 1, "testFailed": 1}))
    assert "the file says 1 fails, its rows hold 0" in open_turns([path]).turns.partly


def _attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _otlp(kind: str, items: list[dict[str, Any]]) -> str:
    small = kind[0].lower() + kind[1:]
    scope = {f"scope{'Logs' if small == 'logRecords' else 'Spans'}": [{small: items}]}
    return json.dumps({f"resource{'Logs' if small == 'logRecords' else 'Spans'}": [scope]}) + "\n"


@pytest.mark.parametrize("kind", ["llm", "Llm", "", None, "chat "])
def test_a_span_with_an_answer_and_of_no_known_kind_is_not_left_out(tmp_path, kind):
    def span(name: str, kind: str | None) -> dict[str, Any]:
        given = [_attribute("llm.output_messages.0.message.content", "a")]
        given += [_attribute("openinference.span.kind", kind)] if kind is not None else []
        times = {"startTimeUnixNano": "1", "endTimeUnixNano": "2"}
        return {"traceId": "t", "spanId": name, "attributes": given, **times}

    path = tmp_path / "a.jsonl"
    path.write_text(_otlp("spans", [span("1", "LLM"), span("2", "CHAIN"), span("3", kind)]))
    turns = open_turns([path]).turns
    assert (turns.table.num_rows, turns.readings[0].bad_rows) == (1, 1)


@pytest.mark.parametrize("event", ["gen_ai.evaluation.Result", "", None])
def test_an_evaluation_whose_event_or_name_is_not_known_is_not_left_out(tmp_path, event):
    """Other programs' records stand between and are none of ours."""
    name = _attribute("gen_ai.evaluation.name", "good")
    call = {"eventName": "gen_ai.client.inference.operation.details", "spanId": "1"}
    call["attributes"] = [_attribute("gen_ai.response.model", "m")]
    other = {"eventName": "http", "attributes": []}
    judged = {"eventName": event, "spanId": "1", "attributes": [name]}
    nameless = {"eventName": "gen_ai.evaluation.result", "spanId": "1", "attributes": []}
    path = tmp_path / "a.jsonl"
    path.write_text(_otlp("logRecords", [call, other]))
    assert open_turns([path]).turns.partly == ""
    for more in (judged, nameless):
        path.write_text(_otlp("logRecords", [call, other]) + _otlp("logRecords", [more]))
        assert "1 row could not be read" in open_turns([path]).turns.partly


def test_a_group_inside_of_a_text_is_unreadable(tmp_path):
    """Not missing: what holds it is of the wrong type."""
    (tmp_path / "a.jsonl").write_text(
        "\n".join(
            json.dumps(LANGFUSE | {"id": str(i), "metadata": given})
            for i, given in enumerate([{"sex": "f"}, '{"sex": "f"}', {}, "", "f", 7, True])
        )
    )
    turns = open_turns([tmp_path / "a.jsonl"], fields=fields(group__sex="metadata.sex")).turns
    assert turns.readings[0].unreadable_values == {"group.sex": 3}
    assert turns.table.column("group.sex").null_count == 5


def test_calls_without_the_root_of_their_trace_are_noted(tmp_path):
    rows = [LANGSMITH | {"id": "1", "parent_run_id": "0"}, LANGSMITH | {"id": "2", "trace_id": "u"}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert open_turns([tmp_path / "a.jsonl"]).turns.readings[0].notes == (
        "1 call without the root of the trace, so without what the root says",
    )
