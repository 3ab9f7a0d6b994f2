"""Every format is read with the counts that its scenario has, and the same turns give the same numbers from each."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from tests.llm._turns import fields

from raudit.errors import DataError
from raudit.turns import known_formats, open_turns

FORMATS = "data/llm/formats"
FILES = (
    "chat/chat.jsonl",
    "csv/labels.csv",
    "deepeval/test_run.json",
    "garak/ask-v1.report.jsonl",
    "garak/ask-v2.report.jsonl",
    "garak/blank.report.jsonl",
    "garak/lipsum.report.jsonl",
    "garak/nones.report.jsonl",
    "garak/repeat.report.jsonl",
    "inspect/crashed.eval",
    "inspect/edited-v2.eval",
    "inspect/small.json",
    "inspect/status-error.eval",
    "inspect/v1.eval",
    "inspect/v2.eval",
    "langfuse/observations_v2.jsonl",
    "langsmith/runs.jsonl",
    "lm-eval/samples_bank_gen.jsonl",
    "lm-eval/samples_bank_mc.jsonl",
    "lm-eval/dummy/samples_bank_mc.jsonl",
    "otel/console.txt",
    "otel/logs.jsonl",
    "otel/mixed-names.jsonl",
    "otel/openinference.jsonl",
    "otel/traces.jsonl",
    "promptfoo/results.csv",
    "promptfoo/results.json",
    "promptfoo/results.jsonl",
    "promptfoo/thresholds.json",
    "promptfoo/v0.121-results.json",
    "promptfoo/v0.121-results.jsonl",
    "pyrit/memory.db",
    "pyrit/attack_results.json",
    "pyrit/message_pieces.json",
    "sharegpt/sharegpt.jsonl",
)
GROUPS = {
    "deepeval": "metadata",
    "garak": "notes",
    "inspect": "metadata",
    "langfuse": "metadata",
    "langsmith": "root.metadata",
    "lm-eval": "doc",
    "promptfoo": "testCase.metadata",
    "pyrit": "labels",
    "chat": "metadata",
}


def table_of(shared, name):
    path = shared(f"{FORMATS}/{name}")
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text())
    where = GROUPS.get(name.split("/")[0])
    own = {}
    if name.startswith("otel"):
        prefix = "attributes.metadata" if "openinference" in name else "attributes.app.group"
        own = fields(group__gender=f"{prefix}.gender", group__dialect=f"{prefix}.dialect")
    elif where and not name.endswith(".csv"):
        own = fields(group__gender=f"{where}.gender", group__dialect=f"{where}.dialect")
    elif name.startswith(("csv", "sharegpt")):
        own = fields(
            group__gender="gender", group__dialect="dialect", output=["response", "output"]
        )
    data = open_turns([path], fields=own)
    return data, data.turns.table.to_pandas(), expected


@pytest.mark.parametrize("name", FILES)
def test_calls_and_errors_are_counted_as_they_were_made(shared, name):
    data, table, expected = table_of(shared, name)
    (reading,) = data.turns.readings
    assert reading.attempts == len(table) == expected["attempts"]
    if "errors" in expected:
        assert reading.errors == expected["errors"]
    if "errors_cancelled_by_another_sample" in expected:
        assert reading.cancelled == expected["errors_cancelled_by_another_sample"]
    assert reading.bad_rows == reading.conflicts == 0
    for grouping, levels in expected.get("by_group", {}).items():
        if f"group.{grouping}" not in table:
            continue
        for level, counts in levels.items():
            part = table[table[f"group.{grouping}"] == level]
            assert len(part) == counts["attempts"]
            if "errors" in expected:
                assert (part["status"] != "answered").sum() in (
                    counts["errors"],
                    counts["errors"] + 1,
                )


@pytest.mark.parametrize("name", FILES)
def test_scores_latency_and_cost_are_those_of_the_file(shared, name):
    _, table, expected = table_of(shared, name)
    for test, counts in expected.get("tests", {}).items():
        column = f"passed.{test.rpartition('/')[2] if 'garak' in name else test}"
        if column not in table or "lm-eval" in name:
            continue
        seen = Counter(table[column].dropna())
        if "garak" in name:
            assert (seen[True], seen[False]) == (counts.get("passed", 0), counts.get("hit", 0))
        elif "inspect" in name:
            assert (seen[True], seen[True] + seen[False]) == (counts.get("C", 0), counts["scored"])
    answered = table[table["status"] == "answered"]
    latency = expected.get("latency_ms_without_errors", expected.get("latency_ms"))
    if latency is not None and "latency_ms" in table:
        total = latency["sum"] if isinstance(latency, dict) else latency
        assert answered["latency_ms"].sum() == pytest.approx(total, abs=0.11)
    cost = expected.get(
        "cost_usd", expected.get("token_cost_usd", expected.get("cost_usd_all_models"))
    )
    if cost is not None and "cost_usd" in table:
        assert table["cost_usd"].sum() == pytest.approx(
            cost["sum"] if isinstance(cost, dict) else cost, abs=1e-6
        )


def test_the_traps_of_each_tool(shared):
    _, table, _ = table_of(shared, "promptfoo/results.json")
    assert table["passed.judge"].sum() == 14  # weight 0: `pass` says 28, the named score 0
    data, table, _ = table_of(shared, "promptfoo/thresholds.json")
    assert data.turns.readings[0].not_judged == {
        "broken_grader": 12
    }  # a grader that throws "passes"
    _, table, _ = table_of(shared, "pyrit/memory.db")
    assert (table["attacked"].sum(), table["attacked"].notna().sum()) == (
        3,
        20,
    )  # withheld answers judge nothing
    assert (table["status"] == "blocked").sum() == 2
    data, table, _ = table_of(shared, "deepeval/test_run.json")
    assert table["passed.Judge Helpfulness"].sum() == 18
    assert data.turns.readings[0].not_judged == {"Judge Helpfulness": 4, "passed": 2}
    assert (table["passed"].sum(), table["passed"].notna().sum()) == (18, 34)
    _, table, _ = table_of(shared, "otel/traces.jsonl")
    assert (table["tokens_in"].sum() + table["tokens_out"].sum()) == 2797  # 5,785 with the parents
    _, table, _ = table_of(shared, "inspect/v1.eval")
    assert table["passed.form_named"].mean() == pytest.approx(
        20 / 36
    )  # the tool's mean of means says .55
    data, _, _ = table_of(shared, "inspect/crashed.eval")
    assert "40 attempts" in data.turns.partly
    data, _, _ = table_of(shared, "inspect/edited-v2.eval")
    assert data.turns.readings[0].notes == (
        "2 scores changed after the run; what was changed counts",
    )


def test_files_without_turns_are_refused_by_name(shared):
    for name in ("garak/ask-v1.hitlog.jsonl", "langfuse/scores.jsonl", "lm-eval/results.json"):
        with pytest.raises(DataError) as told:
            open_turns([shared(f"{FORMATS}/{name}")])
        assert told.value.reference == "turns-none"
    with pytest.raises(DataError):
        open_turns([shared(f"{FORMATS}/garak/nones.hitlog.jsonl")])


def test_the_same_turns_give_the_same_numbers_from_every_format(shared):
    """80 turns: 4 errors, 46 passes; woman 40/2/21, man 40/2/25."""
    whole = {"csv/labels.csv": "passed", "promptfoo/results.csv": "passed"}
    for name, column in whole.items():
        _, table, _ = table_of(shared, name)
        assert (len(table), (table["status"] == "error").sum(), table[column].sum()) == (80, 4, 46)
    for pair, column in (
        (("inspect/v1.eval", "inspect/v2.eval"), "passed.form_named"),
        (("garak/ask-v1.report.jsonl", "garak/ask-v2.report.jsonl"), "group.gender"),
    ):
        own = fields(
            group__gender="notes.gender" if "garak" in pair[0] else "metadata.gender",
            turn_id={"join": ["metadata.prompt_version", "turn_id"]}
            if "inspect" in pair[0]
            else "turn_id",
        )
        table = open_turns(
            [shared(f"{FORMATS}/{name}") for name in pair], fields=own
        ).turns.table.to_pandas()
        assert (len(table), (table["status"] == "error").sum()) == (80, 4)
        assert dict(table["group.gender"].value_counts()) == {"woman": 40, "man": 40}
        if column.startswith("passed"):
            assert dict(table.groupby("group.gender", observed=True)[column].sum()) == {
                "woman": 21,
                "man": 25,
            }
    for name in ("chat/chat.jsonl", "sharegpt/sharegpt.jsonl"):
        _, table, _ = table_of(shared, name)
        assert (len(table), (table["status"] == "error").sum()) == (80, 4)
        assert dict(table["group.gender"].value_counts()) == {"woman": 40, "man": 40}
    answers = [
        table_of(shared, name)[1]["output_sha256"].dropna()
        for name in ("csv/labels.csv", "chat/chat.jsonl")
    ]
    assert answers[0].nunique() == answers[1].nunique()  # line breaks in the table are CRLF


def test_every_shipped_format_names_its_date_and_where_it_is_documented():
    for format_ in known_formats().values():
        assert format_.as_of.startswith("2026-"), format_.id
        assert format_.refuse or format_.shape or format_.fields


def test_a_format_is_added_without_code(tmp_path, monkeypatch):
    import raudit.turns.formats as module

    (tmp_path / "mine.yaml").write_text(
        "schema: raudit.llm-format/1\nid: mine\ntitle: Mine\nas_of: '2026-11-26'\ncontainer: jsonl\n"
        "recognise: [ask, say]\nfields:\n  prompt: ask\n  output: say\n  latency_ms: {path: s, scale: 1000}\n"
        "  passed: {path: ok, values: {y: 'true', n: 'false'}}\nfailed:\n  - {path: say, is: 'null'}\n"
    )
    file = tmp_path / "log.jsonl"
    file.write_text(
        '{"ask": "a", "say": "b", "s": 0.5, "ok": "y"}\n{"ask": "a", "say": null, "ok": "?"}\n'
    )
    monkeypatch.setattr(module, "resource_dir", lambda _name: tmp_path)
    module.known_formats.cache_clear()
    try:
        data = open_turns([file])
    finally:
        module.known_formats.cache_clear()
    table = data.turns.table.to_pandas()
    assert list(table["status"]) == ["answered", "error"]
    assert table["latency_ms"][0] == 500


def test_what_the_published_schema_accepts_is_read_whole(tmp_path):
    """One row with every field of the schema, one with nulls, and rows that it refuses."""
    import jsonschema

    from raudit.turns.schema import turns_json_schema

    schema = turns_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    accepts = jsonschema.Draft202012Validator(schema).is_valid
    values = {"string": "a word", "boolean": True, "number": 1.5, "integer": 3}
    full = {
        name: kind["enum"][0] if "enum" in kind else values[kind["type"][0]]
        for name, kind in schema["properties"].items()
    } | {f"{family}.one": "x" for family in ("group", "human", "judge", "label", "answer")}
    full["cached"] = False  # what came from a cache has no latency or cost
    empty = dict.fromkeys(full) | {"turn_id": 7, "status": "blocked"}
    path = tmp_path / "turns.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (full, empty)))
    assert accepts(full)
    assert accepts(empty)
    (reading,) = (data := open_turns([path])).turns.readings
    assert (reading.attempts, reading.partly, reading.unreadable_values) == (2, "", {})
    texts = {"prompt", "output", "system", "context", "error"}
    assert set(full) - texts <= set(data.turns.table.column_names)
    for wrong in (
        {"latency_ms": -1},
        {"refused": "perhaps"},
        {"status": "fine"},
        {"turn_id": None},
    ):
        assert not accepts(full | wrong)


def span(name, parent="", kind="chat", **more):
    given = {"gen_ai.operation.name": kind, "gen_ai.output.messages": "[]"} | more
    return {
        "traceId": "t",
        "spanId": name,
        "parentSpanId": parent,
        "startTimeUnixNano": "1000",
        "endTimeUnixNano": "2000",
        "attributes": [
            {"key": key, "value": value if isinstance(value, dict) else {"stringValue": value}}
            for key, value in given.items()
        ],
    }


def read_spans(folder, *found):
    lines = [{"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]} for one in found]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (reading,) = open_turns([folder / "a.jsonl"]).turns.readings
    return reading


def test_a_call_that_two_instrumentations_saw_counts_once(tmp_path):
    agent = span("a", kind="invoke_agent")
    chain, client, other = span("b", "a"), span("c", "b"), span("d", "a")
    reading = read_spans(tmp_path, client, chain, other, agent)
    assert (reading.attempts, reading.partly) == (2, "")
    tool, inner = span("e", "b", kind="execute_tool"), span("f", "e")
    reading = read_spans(tmp_path, inner, tool, chain, agent)
    assert (reading.attempts, reading.partly) == (1, "")  # by way of a span of another kind
    for order in ((chain, tool, inner), (inner, chain, tool)):
        reading = read_spans(tmp_path, *order)
        assert (reading.bad_rows, bool(reading.partly)) == (1, True)
    turned = read_spans(tmp_path, chain, client)
    assert (turned.attempts, turned.bad_rows) == (1, 1)
    assert turned.partly


def test_an_answer_that_a_filter_withheld_is_blocked_and_no_error_of_the_call(tmp_path):
    reasons = {"arrayValue": {"values": [{"stringValue": "content_filter"}]}}
    withheld = span("a", **{"gen_ai.response.finish_reasons": reasons})
    read_spans(tmp_path, withheld, span("b"))
    table = open_turns([tmp_path / "a.jsonl"]).turns.table
    assert table.column("status").to_pylist() == ["blocked", "answered"]
    choices = [
        {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": "x"}}
        for reason in ("content_filter", "stop")
    ]
    (tmp_path / "b.jsonl").write_text(json.dumps({"id": "q", "choices": choices}) + "\n")
    table = open_turns([tmp_path / "b.jsonl"]).turns.table
    assert table.column("status").to_pylist() == ["blocked", "answered"]


def test_a_format_that_only_follows_the_page(tmp_path, monkeypatch):
    """The how-to's own example: a call that crashed has no outcome, and a field that does not exist is refused."""
    from raudit.turns import formats

    page = (Path(__file__).parents[2] / "docs/how-to/add-a-format-of-turns.md").read_text()
    parts = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    folder = tmp_path / "formats"
    folder.mkdir()
    shown = "".join(textwrap.dedent(part) for part in parts)
    (folder / "mytool.yaml").write_text(shown)
    rows = [
        {"run": 1, "id": str(i), "reply": "x", "seconds": 1.5, "verdict": verdict}
        for i, verdict in enumerate(("good", "bad", "crashed"))
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(formats, "resource_dir", lambda name: folder)
    monkeypatch.setattr("raudit.turns.detect.known_formats", formats.known_formats.__wrapped__)
    data = open_turns([tmp_path / "a.jsonl"])
    (reading,) = data.turns.readings
    assert (reading.attempts, reading.errors, reading.partly) == (3, 1, "")
    assert data.turns.table.column("passed").to_pylist() == [True, False, None]
    (folder / "mytool.yaml").write_text(shown.replace("turn_id:", "turn_idd:"))
    with pytest.raises(DataError, match="no field 'turn_idd'") as told:
        open_turns([tmp_path / "a.jsonl"])
    assert "turn_id" in told.value.hint
