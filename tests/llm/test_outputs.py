"""No text of a turn is in any output; planted personal data and secrets are found; the commands end as they should."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from tests.command_line import raudit
from tests.llm._turns import written

from raudit.data.contract import contract_bytes, learn_contract
from raudit.errors import RauditError
from raudit.record import record_bytes
from raudit.turns import open_turns

CANARY = "zebra-quokka-canary"
TEXTS = ("prompt", "output", "system", "context", "error")
PLAN = """\
schema: raudit.plan/1
system: {name: Helper, version: "1"}
data:
  path: turns.jsonl
  turns: {fields: {group.g: who}}
stages:
  data_profile: {}
  pii: {columns: [prompt, output, system, context, error]}
  llm:
    outcomes:
      - {name: refused, column: refused, max_rate: 0.5, max_gap: 0.1, human: [human.a]}
    attacks: [{outcome: {name: won, column: attacked}, tolerance: 0.1}]
    system_prompt_words: 8
    numbers: {output_chars: 0.2}
    tabulate: [refused]
"""


def canaries(folder):
    told = "keep the words " + " ".join(f"{CANARY}-{n}" for n in range(12))
    rows = []
    for i in range(60):
        texts = {
            name: f"{CANARY}-{name}-{i} {told}" for name in TEXTS if name != "error" or i % 20 == 0
        }
        status = "error" if i % 20 == 0 else "answered"
        rows.append(
            {
                "turn_id": f"t{i}",
                **texts,
                "status": status,
                "who": "ab"[i % 2] + "\x1b[31m<b>",
                "refused": i % 3 == 0,
                "attacked": False,
                "control": "<script>alert(1)</script>",
            }
        )
    written(folder, rows)
    (folder / "raudit.yaml").write_text(PLAN)


def test_no_text_of_a_turn_is_in_any_output(tmp_path):
    canaries(tmp_path)
    kinds = ("record", "sarif", "junit", "json", "markdown", "gitlab", "text")
    outputs = [part for kind in kinds for part in ("--output", f"{kind}=out.{kind}")]
    done = raudit("check", "--show-waived", *outputs, cwd=tmp_path)
    assert done.returncode in (1, 3), done.stderr
    record = json.loads((tmp_path / "out.record").read_text())
    assert next(s for s in record["stages"] if s["name"] == "llm")["outcome"] == "completed"
    for kind in kinds:
        text = (tmp_path / f"out.{kind}").read_text()
        assert CANARY not in text
        assert "\x1b" not in text
        if kind in ("junit", "markdown"):
            assert "<script>" not in text
    assert CANARY not in done.stdout + done.stderr
    assert "\x1b[31m" not in done.stdout
    kept = [path for path in (tmp_path / ".raudit-cache").rglob("*") if path.is_file()]
    assert not [path for path in kept if CANARY.encode() in path.read_bytes()]


PLANTED = {
    "email": "EMAIL_ADDRESS",
    "iban": "IBAN_CODE",
    "api_key": "SECRET_KEY",
}
HOLDING = (
    "chat/chat.jsonl",
    "csv/labels.csv",
    "inspect/v1.eval",
    "promptfoo/results.json",
    "otel/traces.jsonl",
    "pyrit/memory.db",
    "garak/ask-v1.report.jsonl",
    "langfuse/observations_v2.jsonl",
    "deepeval/test_run.json",
    "garak/blank.report.jsonl",
)


@pytest.mark.parametrize("name", HOLDING)
def test_planted_personal_data_and_secrets_are_all_found(shared, name):
    from tests.llm._turns import fields

    from raudit.evidence import Quiet
    from raudit.scan.sweep import sweep, validated
    from raudit.turns import open_turns

    path = shared(f"data/llm/formats/{name}")
    wanted = json.loads(path.with_name(path.name + ".expected.json").read_text())["planted"]
    assert wanted
    data = open_turns(
        [path], fields=fields(output=["response", "output"]) if name.startswith("csv") else {}
    )
    texts = [column for column in ("prompt", "output", "error") if column in data.turns.texts]
    import pyarrow as pa

    table = pa.Table.from_batches(list(data.batches(texts)))
    result = sweep(table, validated({"model": "none"}), seed=0, progress=Quiet())
    found = {
        (verdict.profile.name, count.entity_type): count.k
        for verdict in result.tables[0].verdicts
        for count in verdict.profile.counts
    }
    for item in wanted:
        column = item["field"]
        turns = {
            i["turn_id"] if "turn_id" in i else i["where"]
            for i in wanted
            if (i["kind"], i["field"]) == (item["kind"], column)
        }
        assert found.get((column, PLANTED[item["kind"]]), 0) >= len(turns), (
            item["kind"],
            column,
            found,
        )


def test_read_says_what_it_read_and_ends_so(tmp_path):
    file = written(tmp_path, [{"turn_id": "a", "output": "x"}])
    whole = raudit("llm", "read", file.name, "--json", cwd=tmp_path)
    assert whole.returncode == 0
    assert json.loads(whole.stdout)[0]["attempts"] == 1
    file.write_text(file.read_text() + '{"turn_id"')
    part = raudit("llm", "read", file.name, cwd=tmp_path)
    assert part.returncode == 3
    assert "could not be read" in part.stdout
    file.write_text("[1, 2")
    broken = raudit("llm", "read", file.name, cwd=tmp_path)
    assert broken.returncode == 2
    assert "Traceback" not in broken.stderr


def test_a_sample_is_blind_seeded_and_inert(tmp_path):
    rows = [
        {
            "turn_id": f"t{i}",
            "prompt": "=1+1",
            "output": f"+{i}",
            "judge.r": "yes" if i % 4 else "no",
            "model": "m",
        }
        for i in range(120)
    ]
    written(tmp_path, rows)
    (tmp_path / "raudit.yaml").write_text(PLAN.replace("{fields: {group.g: who}}", "{}"))
    for out in ("a.xlsx", "b.csv"):
        done = raudit(
            "llm", "sample", "raudit.yaml", "-n", "40", "--by", "judge.r", "-o", out, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    sheet = list(load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows())
    assert [cell.value for cell in sheet[0]] == [
        "turn_id",
        "output_sha256",
        "prompt",
        "output",
        "human.first",
        "human.second",
    ]
    assert len(sheet) == 41
    assert {cell.data_type for row in sheet[1:] for cell in row[:4]} == {"s"}
    with (tmp_path / "b.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert {row["turn_id"] for row in read} == {row[0].value for row in sheet[1:]}
    assert {row["prompt"][0] for row in read} == {"'"}
    drawn = {row["turn_id"] for row in read}
    assert (
        sum(row["turn_id"] in drawn and row["judge.r"] == "no" for row in rows) == 10
    )  # its part, to the turn
    again = raudit("llm", "sample", "raudit.yaml", "-n", "40", "-o", "b.csv", cwd=tmp_path)
    assert again.returncode == 2  # nothing is written over


def test_a_filled_in_workbook_is_joined(tmp_path):
    from raudit.turns import open_turns

    file = written(
        tmp_path, [{"turn_id": f"t{i}", "prompt": "a", "output": f"b{i}"} for i in range(30)]
    )
    (tmp_path / "raudit.yaml").write_text(PLAN.replace("{fields: {group.g: who}}", "{}"))
    assert (
        raudit("llm", "sample", "raudit.yaml", "-n", "10", "-o", "s.xlsx", cwd=tmp_path).returncode
        == 0
    )
    book = load_workbook(tmp_path / "s.xlsx")
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[4].value = "yes"
    book.save(tmp_path / "s.xlsx")
    data = open_turns([file], labels=[tmp_path / "s.xlsx"])
    assert data.turns.table.column("human.first").to_pylist().count("yes") == 10
    assert "human.second" not in data.turns.table.column_names


def test_light_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom raudit.cli import main\ntry:\n    main(['llm', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('pandas', 'pyarrow', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def repeated_texts(n=120):
    """Turns whose short texts stand in many rows each, as greetings and refusals do; also as a label ``answer.``."""
    return [
        {
            "turn_id": f"t{i}",
            **{name: f"{CANARY} {name}" for name in TEXTS},
            "error": f"{CANARY} error" if i % 10 == 0 else None,
            "status": "error" if i % 10 == 0 else "answered",
            "answer.given": f"{CANARY} answer {i % 2}",
            "group.g": "ab"[i % 2],
            "refused": i % 3 == 0,
        }
        for i in range(n)
    ]


def measured_record(folder, path, **data):
    from raudit.pipeline import measure, prepare
    from raudit.plan import parse_plan

    plan = {
        "schema": "raudit.plan/1",
        "system": {"name": "Helper", "version": "1"},
        "data": {"path": str(path), "turns": {}, **data},
        "stages": {"data_readiness": {"min_group": 10}, "llm": {}},
    }
    clock = datetime(2026, 11, 26, tzinfo=UTC)
    return measure(prepare(parse_plan(json.dumps(plan), folder=folder), clock=clock))


def test_turns_of_which_nothing_is_asked_pass_nothing(tmp_path):
    record = measured_record(tmp_path, written(tmp_path, repeated_texts()))
    found = {finding.rule: str(finding.status) for finding in record.stages[1].findings}
    assert found["RA-LLM-001"] == "passed"
    assert found["RA-LLM-003"] == "indeterminate"


def test_no_text_that_many_turns_share_is_in_a_profile_or_contract(tmp_path):
    file = written(tmp_path, repeated_texts())
    record = measured_record(tmp_path, file)
    assert [stage.outcome for stage in record.stages] == ["completed", "completed"]
    assert CANARY.encode() not in record_bytes(record)
    assert CANARY.encode() not in contract_bytes(learn_contract(open_turns([file])))


@pytest.mark.parametrize(
    "role",
    [
        {"label": {"column": "output", "favourable": "x"}},
        {"prediction": {"column": "answer.given", "favourable": "x"}},
    ],
)
def test_no_text_of_a_turn_is_a_role(tmp_path, role):
    file = written(tmp_path, repeated_texts())
    with pytest.raises(RauditError, match="holds texts of turns") as told:
        measured_record(tmp_path, file, **role)
    assert CANARY not in str(told.value)


EVERY = (
    *HOLDING,
    "promptfoo/results.csv",
    "inspect/small.json",
    "lm-eval/samples_bank_gen.jsonl",
    "langsmith/runs.jsonl",
    "sharegpt/sharegpt.jsonl",
    "otel/console.txt",
    "otel/logs.jsonl",
    "otel/openinference.jsonl",
)


@pytest.mark.parametrize("name", EVERY)
def test_no_text_of_any_format_is_in_the_record(shared, tmp_path, name):
    path = shared(f"data/llm/formats/{name}")
    turns = open_turns([path])
    frame = turns.frame([column for column in TEXTS if column in turns.turns.texts])
    texts = {text for column in frame for text in frame[column].dropna() if len(text) > 15}
    assert texts
    record = record_bytes(measured_record(tmp_path, path)).decode()
    told = [text for text in texts if json.dumps(text, ensure_ascii=False)[1:-1] in record]
    assert not told
