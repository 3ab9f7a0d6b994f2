"""The first look at recorded turns: what a file is taken for, which keys nobody takes, and the plan that follows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from raudit.cli import raudit
from raudit.plan import load_plan
from raudit.turns import open_turns
from raudit.turns.first import keys_left, turns_in


def chats(path: Path, **more: object) -> Path:
    rows = [
        {
            "id": f"t{i}",
            "messages": [
                {"role": "user", "content": f"Where is form {i}?"},
                {"role": "assistant", "content": "Here."},
            ],
            "language": "de" if i % 3 else "en",
            "metadata": {"channel": "web"},
            "latency_ms": 90 + i,
            **more,
        }
        for i in range(30)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def table(path: Path, *names: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *([f"{n} {i}" for n in names] for i in range(5))])
    return path


def test_keys_that_no_field_takes_are_named(tmp_path):
    path = chats(tmp_path / "c.jsonl", refused_by="no", nothing=None, many=[1, 2])
    format_ = turns_in(path)
    assert format_
    assert keys_left(path, format_) == ("language", "metadata.channel", "refused_by")


@pytest.mark.parametrize("rows", ["messages", "conversations"])
def test_chats_in_one_array_are_the_same_turns(tmp_path, rows):
    lines = chats(tmp_path / "c.jsonl", error=None)
    if rows == "conversations":
        talk = [{"from": "human", "value": "Where?"}, {"from": "gpt", "value": "Here."}]
        text = json.dumps({"id": "t", "language": "de", "conversations": talk})
        lines.write_text("\n".join([text, text.replace('"t"', '"u"')]), encoding="utf-8")
    array = tmp_path / "c.json"
    array.write_text(f"[{','.join(lines.read_text().splitlines())}]", encoding="utf-8")
    format_ = turns_in(array)
    assert format_
    assert "language" in keys_left(array, format_)
    one, other = (open_turns([path]).turns.table.to_pandas() for path in (lines, array))
    assert len(one) > 1
    pd.testing.assert_frame_equal(one.drop(columns="source"), other.drop(columns="source"))


def test_only_a_table_with_answers_is_one_of_turns(tmp_path):
    assert turns_in(table(tmp_path / "a.csv", "age", "income")) is None
    assert turns_in(table(tmp_path / "b.csv", "output", "score")) is None
    asked = table(tmp_path / "c.csv", "prompt", "output", "gender")
    format_ = turns_in(asked)
    assert format_
    assert format_.id == "csv"
    assert keys_left(asked, format_) == ("gender",)
    assert turns_in(tmp_path) is None
    assert turns_in(tmp_path / "absent.jsonl") is None


def test_every_format_is_told_by_init(shared):
    """All but an export of scores, which holds no turns."""
    folder = shared("data/llm/formats")
    told = {
        path.name: turns_in(path)
        for name in ("inspect", "promptfoo", "otel", "langfuse", "langsmith", "deepeval", "chat")
        for path in sorted((folder / name).iterdir())
        if path.suffix in (".json", ".jsonl", ".eval") and "expected" not in path.name
    }
    assert len(told) >= 20
    assert [name for name, format_ in told.items() if format_ is None] == ["scores.jsonl"]


def test_init_writes_a_plan_for_turns(tmp_path):
    out = tmp_path / "raudit.yaml"
    path = chats(tmp_path / "c.jsonl")
    done = CliRunner().invoke(raudit, ["init", str(path), "-o", str(out), "--no-keys"])
    assert done.exit_code == 0, done.output
    assert "30 recorded turns of a language model (chat-jsonl)" in done.output
    text, plan = out.read_text(encoding="utf-8"), load_plan(out)
    assert plan.file.data.turns is not None
    assert set(plan.file.stages) == {"pii", "llm"}
    assert "sensitive_features" not in text
    assert '#   "language"' in text
    assert "Where is form" not in text  # names of keys, and no value of any


@pytest.mark.parametrize("more", [["--delimiter", ";"], []])
def test_a_table_stays_a_table(tmp_path, more):
    path = table(tmp_path / "a.csv", "age", "income")
    path.write_text(path.read_text().replace(",", ";" if more else ","))
    out = tmp_path / "raudit.yaml"
    done = CliRunner().invoke(raudit, ["init", str(path), "-o", str(out), "--no-keys", *more])
    assert done.exit_code == 0, done.output
    assert "turns" not in out.read_text(encoding="utf-8")


def test_reading_says_what_was_not_taken(tmp_path):
    done = CliRunner().invoke(raudit, ["llm", "read", str(chats(tmp_path / "c.jsonl"))])
    assert done.exit_code == 0
    assert "not taken: language, metadata.channel" in done.output
