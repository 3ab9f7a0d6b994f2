"""Broken and hostile files end in one clear error or are read in part, bounded, and never raw."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from raudit.errors import DataError
from raudit.turns import Limits, open_turns
from raudit.turns.detect import detected
from raudit.turns.front import Document, Unreadable, strict_json
from raudit.turns.sample import write_sample
from raudit.turns.table import TurnsFile, read_turns

HOSTILE = "data/llm/formats/hostile"
REFUSED = {
    "inspect/truncated.eval",
    "inspect/bomb-zstd.eval",
    "inspect/bomb-deflate.eval",
    "inspect/lying-size.eval",
    "inspect/many-members.eval",
    "inspect/not-a-zip.eval",
    "promptfoo/truncated.json",
    "promptfoo/deep.json",
    "promptfoo/duplicate-keys.json",
    "promptfoo/invalid-utf8.json",
    "promptfoo/nan.json",
    "garak/wrong-types.jsonl",
    "otel/deep.jsonl",
    "otel/wrong-types.jsonl",
    "csv/injection.csv",
}
WHOLE = {"chat/mixed-layouts.jsonl", "chat/escapes.jsonl", "otel/snake-case.jsonl"}
"""Read whole; every other file is read in part, or contradicts itself."""


def test_the_hostile_set(shared):
    told = json.loads(shared(f"{HOSTILE}/expected.json").read_text())
    for entry in told["files"]:
        path = shared(f"{HOSTILE}/{entry['file']}")
        if entry["file"] in REFUSED:
            with pytest.raises(DataError) as error:
                open_turns([path])
            assert error.value.hint
            assert error.value.reference
            continue
        (reading,) = (data := open_turns([path])).turns.readings
        for batch in data.batches():
            batch.validate(full=True)
        wanted = entry.get("attempts", entry.get("unique_attempts", entry.get("attempts_if_read")))
        if isinstance(wanted, int):
            assert reading.attempts == wanted, entry["file"]
        if isinstance(entry.get("bad_rows"), int):
            assert reading.bad_rows == entry["bad_rows"], entry["file"]
        assert bool(reading.partly) == (entry["file"] not in WHOLE), entry["file"]
        assert "\x1b" not in json.dumps(reading.as_json(), ensure_ascii=False)


MANY = "[" + '{"a":1},' * 160_000 + "0]"
"""1.3 MB, of which decoding makes 30."""
PYRIT = """
create table Conversations(conversation_id, target_identifier_hash);
create table TargetIdentifiers(hash, model_name);
create table AttackResultEntries(id, conversation_id, objective, outcome, labels, execution_time_ms,
  last_response_id, error_message, error_traceback, timestamp);
create table PromptMemoryEntries(id, role, response_error, prompt_metadata, conversation_id, sequence,
  converted_value TEXT GENERATED ALWAYS AS (hex(zeroblob(1000000))) VIRTUAL);
create table ScoreEntries(score_type, score_value, status, scorer_identifier_hash,
  prompt_request_response_id);
insert into AttackResultEntries values('a', 'c', 'o', 'failure', '{}', 1, 'p', '', '', '2026');
"""
"""A memory of PyRIT in which texts of any length are worked out when they are read."""


def amplifiers(folder):
    """Small files of which reading makes far more than they are."""
    folder.mkdir()
    (folder / "lines.jsonl").write_text(f'{{"x":{MANY}}}\n' * 9)
    with zipfile.ZipFile(folder / "a.eval", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "samples/a_epoch_1.json", f'{{"id":"a","epoch":1,"x":[{",".join([MANY] * 9)}]}}'
        )
    with sqlite3.connect(folder / "memory.db") as link:
        link.executescript(PYRIT)
        link.executemany(
            "insert into PromptMemoryEntries(id, role, response_error, prompt_metadata,"
            " conversation_id) values(?, 'assistant', 'none', '{}', 'c')",
            [(f"p{i}",) for i in range(200)],
        )


def test_the_hostile_set_in_300_mb(shared, tmp_path):
    amplifiers(tmp_path / "small")
    code = (
        "import sys, pathlib\nfrom raudit.errors import RauditError\nfrom raudit.turns import open_turns\n"
        "for path in sorted(p for folder in sys.argv[1:] for p in pathlib.Path(folder).glob('*/*')):\n"
        "    try:\n        list(open_turns([path]).batches())\n    except RauditError:\n        pass\n"
        # not getrusage: its peak is inherited from whatever process started this one
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(shared(HOSTILE)), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 300
    assert not done.stderr


@pytest.mark.parametrize(
    "text",
    [
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": 1, "a": 2}',
        "[" * 200 + "]" * 200,
        '{"a": Infinity}',
        '{"a": 1',
        "{'a': 1}",
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_json_is_read_strictly(text):
    with pytest.raises(Unreadable):
        strict_json(text)


@pytest.mark.parametrize(
    "text", ["[1, 2,]", "[1 2]", "[1] 3", "[1", '{"a": [1], "a": 2}', '{"a": 1}', "", '{"a": [1]']
)
def test_a_document_is_read_strictly(text):
    read = Document(text, "" if text[:1] != "{" else "a")
    try:
        assert not (list(read.rows()) and read.found)
    except Unreadable:
        return
    assert not read.found


def test_values_of_a_row_are_counted_before_they_are_decoded():
    few = Limits(values=4)
    for text in ("[[],[]]", '{"a": "1,2,[3,{4", "b": {}}', "7"):
        strict_json(text, few)
    for text in ("[[],[],[]]", '{"a": [1,2,3,4]}'):
        with pytest.raises(Unreadable, match="more than 4 values in one row"):
            strict_json(text, few)
    rows = Document('{"v": [1], "rows": [[1,2],[1,2],[1,2]]}', "rows", few)
    assert len(list(rows.rows())) == 3
    for text in ('{"v": [1,2,3,4,5], "rows": []}', '{"rows": [[1,2],[1,2,3,4,5]]}'):
        with pytest.raises(Unreadable, match="values"):
            list(Document(text, "rows", few).rows())


def test_what_is_kept_of_a_whole_file_is_bounded(tmp_path, monkeypatch):
    """Columns, roots of traces, open streams, evaluations, metrics: what is left out is told."""
    from raudit.turns.shapes import chats, joined, log_records

    def told(name, *rows):
        (tmp_path / name).write_text(lines_of(*rows))
        return open_turns([tmp_path / name]).turns.readings[0]

    reading = told("columns.jsonl", *(row(i, **{f"label.{i}": "x"}) for i in range(320)))
    assert reading.bad == {"fields of which the file has more than 300": 320 - reading.attempts}
    assert 290 < reading.attempts < 300
    sample = {"doc": {}, "resps": [["a"]], "filtered_resps": ["a"], "filter": "none"}
    many = sample | {"metrics": [f"m{i}" for i in range(201)]} | {f"m{i}": 1 for i in range(201)}
    reading = told("a.jsonl", sample | {"doc_id": 0, "metrics": []}, many | {"doc_id": 1})
    assert (reading.attempts, reading.bad_rows) == (1, 1)
    monkeypatch.setattr(joined, "MOST_ROOT_CHARS", 50)
    call = {"type": "GENERATION", "level": "DEFAULT", "provided_model_name": "m"}
    traces = [call | {"id": i, "trace_id": i, "metadata": {"a": "x" * 20}} for i in "12"]
    reading = told("b.jsonl", *traces)
    assert (reading.attempts, "more is said at the roots" in reading.partly) == (2, True)
    monkeypatch.setattr(chats, "OPEN_BYTES", 300)
    piece = {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": "y"}}],
    }
    reading = told("c.jsonl", *(piece | {"id": "s"} for _ in range(9)))
    assert reading.attempts == 1
    assert reading.bad == {"a piece of streams that are too long together": reading.bad_rows}
    monkeypatch.setattr(log_records, "MOST_EVALUATIONS", 1)
    name = {"key": "gen_ai.evaluation.name", "value": {"stringValue": "n"}}
    judged = {"eventName": "gen_ai.evaluation.result", "spanId": "1", "attributes": [name]}
    asked = {"eventName": "gen_ai.client.inference", "spanId": "1", "attributes": []}
    found = {"resourceLogs": [{"scopeLogs": [{"logRecords": [judged, judged, asked]}]}]}
    assert "more than 1 evaluations in one file" in told("d.jsonl", found).partly


def test_a_table_that_unpacks_to_far_more_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.array(["y" * 70 * 2**20], pa.large_string())
    columns = {"turn_id": ["a"], "status": ["answered"], "output": text}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "a.csv").write_text("turn_id,status\na,answered" + ",yyyyyyy" * 600_000 + "\n")
    for name, reference in (("a.parquet", "data-limit"), ("a.csv", "turns-broken-csv")):
        with pytest.raises(DataError) as error:
            open_turns([tmp_path / name])
        assert error.value.reference == reference


def test_a_document_gives_its_rows_and_its_header():
    read = Document('{"x": {"y": [ {"a": 1} , 2 ], "z": "]"}, "w": 3}', "x.y")
    assert list(read.rows()) == [{"a": 1}, 2]
    assert read.header == {"x": {"y": {}, "z": "]"}, "w": 3}


def test_limits_count_what_is_read(tmp_path):
    limits = Limits(line_bytes=200, document_bytes=300, members=3)
    file = tmp_path / "long.jsonl"
    good = json.dumps({"turn_id": "a", "status": "answered", "output": "x"})
    file.write_text(
        good + "\n" + json.dumps({"turn_id": "b", "status": "answered", "output": "y" * 500}) + "\n"
    )
    turns = read_turns((TurnsFile(path=file, format=detected(file), fields={}),), limits=limits)
    assert turns.readings[0].bad == {"a line longer than 200 bytes": 1}
    archive = tmp_path / "bomb.eval"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("samples/a_epoch_1.json", b"0" * 5000)
    with pytest.raises(DataError, match="inflates"):
        read_turns((TurnsFile(path=archive, format=detected(archive), fields={}),), limits=limits)
    with zipfile.ZipFile(archive, "w") as zipped:
        for number in range(5):
            zipped.writestr(f"samples/{number}_epoch_1.json", b"{}")
    with pytest.raises(DataError, match="members"):
        read_turns((TurnsFile(path=archive, format=detected(archive), fields={}),), limits=limits)


def test_a_directory_that_leads_astray_is_one_error(tmp_path):
    """Both ended in 4: a place before the file, and a member without a name."""
    path = tmp_path / "a.eval"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("samples/1_epoch_1.json", b"{}")
    held = bytearray(path.read_bytes())
    end = (
        held.rindex(b"PK\5\6") + 16
    )  # the directory begins later than it does: something was before it
    held[end : end + 4] = (int.from_bytes(held[end : end + 4], "little") + 50).to_bytes(4, "little")
    nameless = Path(__file__).parents[1] / "fuzz" / "corpus" / "eval" / "no-name.bin"
    for content in (held, nameless.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(DataError) as told:
            open_turns([path])
        assert told.value.reference == "turns-none"


def test_a_changed_member_is_not_read(tmp_path):
    archive = tmp_path / "log.eval"
    sample = json.dumps(
        {"id": "a", "epoch": 1, "output": {"completion": "hello"}, "metadata": {}}
    ).encode()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("samples/a_epoch_1.json", sample)
        zipped.writestr("samples/b_epoch_1.json", sample.replace(b'"a"', b'"b"'))
    archive.write_bytes(archive.read_bytes().replace(b"hello", b"jello", 1))
    assert open_turns([archive]).turns.readings[0].bad == {
        "a member whose checksum does not match": 1
    }


@pytest.mark.parametrize(
    ("rows", "conflicts", "repeated"),
    [
        ([{"turn_id": "a", "output": "x"}, {"turn_id": "a", "output": "x"}], 0, 1),
        ([{"turn_id": "a", "output": "x"}, {"turn_id": "a", "output": "y"}], 1, 0),
        ([{"turn_id": "a", "passed": True}, {"turn_id": "a", "passed": False}], 1, 0),
    ],
)
def test_a_call_counts_once(tmp_path, rows, conflicts, repeated):
    from tests.llm._turns import opened

    (reading,) = opened(tmp_path, rows).turns.readings
    assert (reading.attempts, reading.conflicts, reading.repeated) == (1, conflicts, repeated)
    assert bool(reading.partly) == bool(conflicts)


def test_labels_are_harmless_to_print(tmp_path):
    from tests.llm._turns import opened

    data = opened(
        tmp_path,
        [{"turn_id": "a\x1b[31m", "group.g": "x\u202ey\x00\nz", "output": "\x1b[0m\ud800"}],
    )
    table = data.turns.table.to_pandas()
    assert table["turn_id"][0] == "a\\u001b[31m"
    assert table["group.g"][0] == "x\\u202ey\\u0000\\u000az"


def row(number, **more):
    return {"turn_id": f"t{number}", "status": "answered", "output": f"o{number}", **more}


def lines_of(*rows):
    return "".join(json.dumps(one) + "\n" for one in rows)


def talk(number, *messages, **more):
    return {"id": f"c{number}", "messages": list(messages), **more}


def by(role, content="x", **more):
    return {"role": role, "content": content, **more}


def piece(index):
    return {
        "object": "chat.completion.chunk",
        "id": "s",
        "choices": [{"index": index, "delta": {"content": "x"}}],
    }


def document(number, output="x", **more):
    """A row of lm-eval."""
    return {
        "doc_id": number,
        "doc": {},
        "resps": [[output]],
        "filtered_resps": [output],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1.0,
        **more,
    }


def observation(number, **more):
    """A row of Langfuse."""
    return {
        "id": f"o{number}",
        "trace_id": "t",
        "type": "GENERATION",
        "level": "DEFAULT",
        "provided_model_name": "m",
        "input": "q",
        "output": "x",
        **more,
    }


def run_of_deepeval(*tests):
    cases = [{"name": f"n{i}", "input": "q", "metricsData": test} for i, test in enumerate(tests)]
    return json.dumps({"testCases": cases, "testPassed": 0, "testFailed": 0})


ASKED, ANSWERED = by("user"), by("assistant")
ODD = {
    "a role that is a list": (
        "a.jsonl",
        lines_of(talk(0, ASKED, ANSWERED), talk(1, by(["user"])), talk(2, by({"a": 1}))),
        (1, 0, "2 rows could not be read"),
    ),
    "tests of a file's own": (
        "a.jsonl",
        lines_of(talk(0, ASKED, ANSWERED, tests={"a": 1, "b": ["x", "y"]})),
        (1, 0, ""),
    ),
    "the last question without an answer": (
        "a.jsonl",
        lines_of(talk(0, ASKED, ANSWERED), talk(1, ASKED, ANSWERED, ASKED)),
        (2, 1, ""),
    ),
    "a refusal in a field of its own": (
        "a.jsonl",
        lines_of(talk(0, ASKED, by("assistant", None, refusal="I cannot"))),
        (1, 0, ""),
    ),
    "errors that are none": (
        "a.jsonl",
        lines_of(talk(0, ASKED, ANSWERED, error={}), talk(1, ASKED, ANSWERED, error=[])),
        (2, 0, ""),
    ),
    "two answers in one stream": ("a.jsonl", lines_of(*map(piece, (0, 1, 0, 1))), (2, 0, "")),
    "a batch before it ran": (
        "a.jsonl",
        lines_of(
            {"custom_id": "1", "response": {"status_code": 500}},
            {"custom_id": "2", "method": "POST", "body": {}},
        ),
        (1, 1, "1 row could not be read"),
    ),
    "two tasks of lm-eval in one file": (
        "a.jsonl",
        lines_of(document(0), document(1), document(0, "y")),
        (2, 0, "1 row contradicts another of the same id"),
    ),
    "another filter of the same answers": (
        "a.jsonl",
        lines_of(document(0), document(0, filter="first"), document(0)),
        (1, 0, ""),
    ),
    "a metric without a number": (
        "a.jsonl",
        lines_of(document(0), document(1, acc=None), document(2, metrics="acc"), document(None)),
        (1, 0, "3 rows could not be read"),
    ),
    "a metric beyond a double": (
        "a.jsonl",
        lines_of(document(0), document(1, acc=10**400)),
        (1, 0, "1 row could not be read"),
    ),
    "kinds of rows that are not known": (
        "a.jsonl",
        lines_of(
            observation(0),
            observation(1, type="SPAN"),
            observation(2, type="generation"),
            observation(3, type=None),
        ),
        (1, 0, "2 rows could not be read"),
    ),
    "tests that are no list, and one without a name": (
        "a.json",
        run_of_deepeval([], "lost", [{"success": True}], [{"name": "m", "success": True}]),
        (2, 0, "2 rows could not be read"),
    ),
    "long ids": (
        "a.jsonl",
        lines_of(*({**row(i), "turn_id": "x" * 150 + str(i)} for i in range(4))),
        (4, 0, ""),
    ),
    "a status of its own": (
        "a.jsonl",
        lines_of(row(0, status="failed"), row(1, status=True), row(2, status=" ERROR "), row(3)),
        (2, 1, "2 rows could not be read"),
    ),
    "semicolons": ("a.csv", "turn_id;status;refused\n1;answered;yes\n2;error;\n", (2, 1, "")),
    "tabs": ("a.csv", "turn_id\tstatus\n1\tanswered\n2\tblocked\n", (2, 1, "")),
    "spaces in the header": ("a.csv", "turn_id, status\n1,answered\n2,error\n", (2, 1, "")),
    "a number as text": (
        "a.jsonl",
        lines_of(row(0, score="0.5"), row(1, score="1e999"), row(2, score="nan")),
        (3, 0, "2 values of score could not be read"),
    ),
    "NaN": (
        "a.jsonl",
        '{"turn_id": 1, "status": "answered", "score": NaN}\n' + lines_of(row(2)),
        (1, 0, "1 row could not be read"),
    ),
    "a line of 5 MB": (
        "a.jsonl",
        lines_of(row(0), row(1, output="y" * 5_000_000), row(2)),
        (2, 0, "1 row could not be read"),
    ),
    "no line break at the end": ("a.jsonl", lines_of(row(0), row(1)).rstrip(), (2, 0, "")),
    "cut short": (
        "a.jsonl",
        lines_of(row(0), row(1))[:-20],
        (1, 0, "1 row could not be read; its last line is cut short"),
    ),
    "JSON lines under another name": ("a.txt", lines_of(row(0), row(1)), (2, 0, "")),
    "the same row twice": ("a.jsonl", lines_of(row(0), row(1), row(1)), (2, 0, "")),
    "an id with other content": (
        "a.jsonl",
        lines_of(row(0), row(1), row(1, refused=True)),
        (2, 0, "1 row contradicts another of the same id"),
    ),
    "ragged": (
        "a.csv",
        "turn_id,status\n1,answered\n2\n3,answered,more\n",
        (1, 0, "2 rows could not be read"),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_counted_right(tmp_path, name):
    file, text, wanted = ODD[name]
    (tmp_path / file).write_text(text)
    (reading,) = open_turns([tmp_path / file]).turns.readings
    assert (reading.attempts, reading.errors, reading.partly) == wanted


def test_tests_of_one_name_and_without_one_are_each_counted(tmp_path):
    tests = [
        {"assertion": {"type": "contains"}, "pass": True, "score": 1},
        {"assertion": {"type": "contains"}, "pass": False, "score": 0},
        {"assertion": None, "pass": True, "score": 1},
    ]
    one = {"promptId": "p", "failureReason": 0, "gradingResult": {"componentResults": tests}}
    (tmp_path / "a.jsonl").write_text(lines_of({**one, "id": "1", "success": False}))
    table = open_turns([tmp_path / "a.jsonl"]).turns.table.to_pylist()[0]
    named = {name: value for name, value in table.items() if name.startswith("passed.")}
    assert named == {"passed.contains": True, "passed.contains 2": False}


def test_an_outcome_that_is_missing_is_not_judged(tmp_path):
    tests = [{"name": "m", "success": done, "score": 0.4} for done in (True, None)]
    (tmp_path / "a.json").write_text(run_of_deepeval(*([test] for test in tests)))
    (reading,) = open_turns([tmp_path / "a.json"]).turns.readings
    assert (reading.attempts, dict(reading.not_judged)) == (2, {"m": 1})


def test_a_broken_attack_of_pyrit_costs_itself_alone(shared, tmp_path):
    copy = tmp_path / "memory.db"
    copy.write_bytes(shared("data/llm/formats/pyrit/memory.db").read_bytes())
    with sqlite3.connect(copy) as link:
        first, second = (
            row[0] for row in link.execute("SELECT id FROM AttackResultEntries LIMIT 2")
        )
        link.execute("UPDATE AttackResultEntries SET outcome = 'maybe' WHERE id = ?", (first,))
        link.execute(
            "UPDATE PromptMemoryEntries SET converted_value = x'00ff' WHERE conversation_id ="
            " (SELECT conversation_id FROM AttackResultEntries WHERE id = ?)",
            (second,),
        )
    (reading,) = open_turns([copy]).turns.readings
    assert (reading.attempts, reading.bad_rows) == (22, 2)


@pytest.mark.parametrize(
    ("file", "content", "reference"),
    [
        ("a.csv", lines_of(row(0), row(1)).encode(), "turns-none"),
        ("a.jsonl.gz", b"\x1f\x8b\x08\x00\x00\x00", "turns-packed"),
        ("a.jsonl", lines_of(row(0)).encode("utf-16"), "turns-not-utf-8"),
        ("a.csv", b"turn_id,status, status\n1,answered,error\n", "turns-columns"),
        ("a.jsonl", b"\n \n", "turns-empty"),
        ("a.json", b"[]", "turns-format"),
        ("a.parquet", b"PAR1 cut", "data-broken"),
    ],
)
def test_what_is_no_file_of_turns_says_so(tmp_path, file, content, reference):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError) as told:
        open_turns([tmp_path / file])
    assert told.value.reference == reference


def test_no_text_is_lost_in_parts_within_parts(tmp_path):
    content = [{"type": "text", "text": "who asks"}, {"type": "image", "url": "x"}]
    turn = row(0, prompt=[{"role": "user", "content": content}], output={"content": ["a", "b"]})
    (tmp_path / "a.jsonl").write_text(lines_of(turn))
    table = open_turns([tmp_path / "a.jsonl"]).frame(["prompt", "output"])
    assert table.iloc[0].tolist() == ["who asks", "ab"]


@pytest.mark.parametrize("status", ["started", "cancelled", "error"])
def test_a_run_that_did_not_end_well_lets_nothing_pass(shared, tmp_path, status):
    log = json.loads(shared("data/llm/formats/inspect/small.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps(log | {"status": status}))
    data = open_turns([tmp_path / "a.json"])
    assert "did not end well" in data.turns.partly


def test_turns_of_two_files(tmp_path):
    """A run given twice, two pages that overlap, two runs with the same ids; and labels of each."""
    files = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for file, rows in zip(
        files,
        ([row(0), row(1)], [row(1), row(2)], [row(1, output="another"), row(3)]),
        strict=True,
    ):
        file.write_text(lines_of(*rows))
    with pytest.raises(DataError) as told:
        open_turns([files[0], files[0]])
    assert told.value.reference == "turns-twice"
    pages = open_turns(files[:2])
    assert (pages.n_rows, pages.turns.readings[1].repeated, pages.turns.partly) == (3, 1, "")
    assert len(pages.frame(["output"])) == 3
    labels = tmp_path / "labels.csv"
    labels.write_text("turn_id,human.x\nt1,yes\n")
    runs = [files[0], files[2]]
    with pytest.raises(DataError, match="stands in several files"):
        open_turns(runs, labels=[labels])
    labels.write_text("source,turn_id,human.x\n1,t1,yes\n0,t1,no\n")
    joined = open_turns(runs, labels=[labels]).turns.table.column("human.x").to_pylist()
    assert joined == [None, "no", "yes", None]
    both = open_turns(runs)
    write_sample(both, [0, 1, 2, 3], ["x"], tmp_path / "sample.csv")
    filled = (
        (tmp_path / "sample.csv").read_text().replace(",\r\n", ",yes\r\n").replace(",\n", ",yes\n")
    )
    (tmp_path / "filled.csv").write_text(filled)
    labelled = open_turns(runs, labels=[tmp_path / "filled.csv"]).turns.table
    assert labelled.column("human.x").to_pylist() == ["yes"] * 4
