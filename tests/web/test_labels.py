"""Labels of a blind sample: given in the browser, the file is what filling in its cells would make it."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from .test_pages import HOSTILE, harm_in

PLAN = """schema: raudit.plan/1
system: {name: Credit, version: "1"}
data: {path: data/turns.jsonl, turns: {fields: {judge.refused: refused}, labels: labels.csv}}
stages:
  llm:
    outcomes:
      - {name: refused, column: judge.refused, positive: "yes", human: [human.ann, human.second]}
"""
PLACE = "/s/credit/labels/"


@pytest.fixture
def sample(workspace: Path) -> Path:
    """A plan of 12 recorded turns, and the sample that the command draws of them."""
    place = workspace / "credit"
    turns = [
        {"id": f"t{n}", "messages": [{"role": "user", "content": f"Asked {n} <b>"},
         {"role": "assistant", "content": f"=Answer {n} <script>alert(1)</script>"}], "refused": "JUDGE-SAID"}
        for n in range(12)
    ]  # fmt: skip
    (place / "data/turns.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    (place / "raudit.yaml").write_text(PLAN.replace(", labels: labels.csv", ""))
    raters = ("--rater", "ann", "--rater", "second", "--rater", "rex")
    draw(place / "labels.csv", "-n", "10", *raters)
    (place / "raudit.yaml").write_text(PLAN)
    return place / "labels.csv"


def draw(file: Path, *options: str) -> None:
    from raudit.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["llm", "sample", str(file.with_name("raudit.yaml")), *options, "-o", str(file)])
    assert ended.value.code == 0


def shown(client: Any, column: str) -> tuple[str, dict[str, str]]:
    page = client.get(f"{PLACE}?column={column}").content.decode()
    return page, dict(re.findall(r'name="(row|turn)" value="([^"]*)"', page))


def test_labels_given_in_the_browser_are_those_of_the_file_filled_in_by_hand(
    as_: Any, sample: Path
) -> None:
    rows = list(csv.reader(io.StringIO(sample.read_bytes().decode(), newline="")))
    place = rows[0].index("human.ann")
    words = ["yes", "no", "=cmd|' /c calc'!A0", "Zögert"]
    for number, row in enumerate(rows[1:]):
        word = words[number % 4]
        row[place] = f"'{word}" if word.startswith("=") else word
    by_hand = io.StringIO(newline="")
    csv.writer(by_hand).writerows(rows)
    ann = as_("ann")
    page = ann.get(PLACE).content.decode()
    assert "human.ann" in page
    assert "human.rex" not in page  # another person's
    for number in range(10):
        page, form = shown(ann, "human.ann")
        assert f"{number} of 10" in page
        assert "<h1>refused?</h1>" in page
        assert "JUDGE-SAID" not in page
        assert "<script>alert" not in page
        assert 'value="yes"' in page
        assert 'value="no"' in page
        sent = ann.post(f"{PLACE}?column=human.ann", {**form, "word": words[number % 4]})
        assert sent.status_code == 302
    assert sample.read_bytes() == by_hand.getvalue().encode()
    assert "Every turn of the sample has its label" in shown(ann, "human.ann")[0]


def test_hostile_texts_are_labels_and_turns_like_others(as_: Any, sample: Path) -> None:
    turns = [
        {"id": f"t{n}", "messages": [{"role": "user", "content": text},
         {"role": "assistant", "content": text}], "refused": text}
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    drawn_of = sample.with_name("data") / "turns.jsonl"
    drawn_of.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    sample.unlink()
    (sample.parent / "raudit.yaml").write_text(PLAN.replace(", labels: labels.csv", ""))
    draw(sample, "-n", str(len(HOSTILE)), "--rater", "ann")
    (sample.parent / "raudit.yaml").write_text(PLAN)
    ann = as_("ann")
    for text in HOSTILE:
        page = ann.get(PLACE, {"column": "human.ann"})
        form = dict(re.findall(r'name="(row|turn)" value="([^"]*)"', page.content.decode()))
        done = ann.post(f"{PLACE}?column=human.ann", {**form, "word": text})
        assert done.status_code in {302, 422}, text
        assert ann.get(PLACE, {"column": text}).status_code < 500
        assert harm_in(page) == harm_in(done) == []
    table = list(csv.DictReader(io.StringIO(sample.read_bytes().decode(), newline="")))
    assert "=cmd|" not in {row["human.ann"][:5] for row in table}
    assert len({row["human.ann"] for row in table}) > 30


def test_what_is_no_label_or_another_turn_writes_nothing(as_: Any, sample: Path) -> None:
    before = sample.read_bytes()
    ann = as_("ann")
    _, form = shown(ann, "human.second")
    bad = [
        {**form, "word": "  "},
        {**form, "word": "two\nlines"},
        {**form, "word": "x" * 101},
        {**form, "word": "yes", "turn": "another"},
        {**form, "word": "yes", "row": "999999"},
        {**form, "word": "yes", "row": "-1"},
        {"word": "yes"},
    ]
    for fields in bad:
        assert ann.post(f"{PLACE}?column=human.second", fields).status_code in {404, 422}
    assert ann.post(f"{PLACE}?column=human.rex", {**form, "word": "yes"}).status_code == 403
    assert ann.post(f"{PLACE}?column=output", {**form, "word": "yes"}).status_code == 404
    assert as_("rex").post(f"{PLACE}?column=human.rex", {**form, "word": "yes"}).status_code == 403
    assert sample.read_bytes() == before


def test_a_file_of_another_program_is_left_alone(as_: Any, sample: Path) -> None:
    content = sample.read_bytes().replace(b",", b";")
    sample.write_bytes(content)
    for code, said in (("en", "fill the file in with the program"), ("de", "Nichts wurde")):
        answer = as_("ann").get(PLACE, HTTP_ACCEPT_LANGUAGE=code)
        assert answer.status_code == 422
        assert said in html.unescape(answer.content.decode())
    assert sample.read_bytes() == content


def test_a_file_outside_the_system_is_not_touched(as_: Any, sample: Path, tmp_path: Path) -> None:
    outside = tmp_path / "labels.csv"
    outside.write_bytes(sample.read_bytes())
    plan = sample.with_name("raudit.yaml")
    plan.write_text(PLAN.replace("labels.csv", str(outside)))
    assert "There is no sample to label here" in as_("ann").get(PLACE).content.decode()
