"""Many writers on one file: nothing acknowledged is lost, nothing is overwritten unseen."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.canonical import sha256
from raudit.checklists.answers import parse_answers
from raudit.checklists.history import (
    add_note,
    history_path,
    notes,
    read_lines,
    sayings,
    words_by_digest,
)
from raudit.checklists.signoff import answer_digests
from raudit.checklists.walk import Walk
from raudit.checklists.writing import (
    entry_digest,
    record_answer,
    review_answer,
    save,
    signed_off,
    withdraw_answer,
)
from raudit.errors import AnswerConflict, AnswersError, PlanError
from raudit.files import append_line, locked, write_whole
from raudit.yamlfast import parse_fast
from raudit.yamltext import MAX_DEPTH, parse_pure, parse_yaml

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def put(room, question: str, value: str, by: str = "ann") -> None:
    checklist = room.checklist
    save(
        room.answers,
        lambda text: record_answer(text, checklist, question, value, at=NOW, by=by),
        checklist=checklist,
    )


def on_disk(room) -> dict[str, str]:
    found = parse_answers(room.answers.read_text(), room.checklist)
    return {name: answer.value for name, answer in found.file.answers.items()}


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from raudit.checklists.form.load import load_checklist
from raudit.checklists.writing import record_answer, save
folder, questions = Path(sys.argv[1]), sys.argv[2]
checklist, now = load_checklist(folder / "small.yaml"), datetime(2026, 11, 20, tzinfo=UTC)
for number in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
    for question in questions:
        value = f"{question}{number}"
        change = lambda text: record_answer(text, checklist, question, value, at=now, by="ann")
        save(folder / "small-answers.yaml", change, checklist=checklist)
        print(value, flush=True)
"""


def writer(room, questions: str, rounds: int, first: int = 0) -> subprocess.Popen[str]:
    given = [str(room.folder), questions, str(first), str(rounds)]
    command = [sys.executable, "-c", WRITER, *given]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_eight_answers_at_once_by_threads_are_all_on_disk(room):
    errors = []

    def one(question):
        try:
            put(room, question, f"{question}!")
        except Exception as error:  # noqa: BLE001 -- any of them fails the test
            errors.append(error)

    threads = [threading.Thread(target=one, args=(q,)) for q in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert on_disk(room) == {q: f"{q}!" for q in "abcdefgh"}
    assert {item.question for item in sayings(room.answers)} == set("abcdefgh")


def test_eight_answers_at_once_by_processes_are_all_on_disk(room):
    running = [writer(room, pair, 2) for pair in ("ab", "cd", "ef", "gh")]
    for process in running:
        out, _none = process.communicate(timeout=120)
        assert process.returncode == 0
        assert len(out.split()) == 4
    assert on_disk(room) == {q: f"{q}1" for q in "abcdefgh"}


def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_the_history_says_what_came_true(
    room,
):
    told: dict[str, str] = {}
    seen = random.Random(7)
    for turn in range(4):
        # Numbers grow from turn to turn: one that is on disk and whose acknowledgement was cut off is the newer.
        process = writer(room, "abcdefgh", 400, first=1000 * turn)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        stop = time.monotonic() + seen.uniform(0.05, 0.5)
        while time.monotonic() < stop:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().split("\n")
        process.wait()
        process.stdout.close()
        told |= {line[0]: line.strip() for line in lines if line.strip()}
        now = on_disk(room)
        for question, value in told.items():
            # One answer may be on disk whose acknowledgement was never read; none may be older than told.
            assert int(now[question][1:]) >= int(value[1:])
        told = dict(now)
        told["a"] = f"a{1000 * turn + 999}"
        put(room, "a", told["a"], by="bob")
    lines = read_lines(room.answers)
    dropped = {line["of"] for line in lines if line["kind"] == "dropped"}
    true = [line for line in lines if line["kind"] == "change" and line["id"] not in dropped]
    assert true[-1]["after"] == sha256(room.answers.read_bytes())
    assert all(later["before"] == earlier["after"] for earlier, later in pairwise(true))
    assert not list(room.folder.glob(".*.tmp"))


def test_an_answer_that_changed_since_it_was_read_is_shown_as_theirs_and_mine(room):
    put(room, "a", "first")
    read = entry_digest(room.answers.read_text(), "a")
    put(room, "a", "theirs", by="bob")
    before = room.answers.read_bytes()
    with pytest.raises(AnswerConflict) as caught:
        save(
            room.answers,
            lambda text: record_answer(
                text, room.checklist, "a", "mine", at=NOW, by="ann", made_from=read
            ),
        )
    assert (caught.value.theirs["value"], caught.value.mine["value"]) == ("theirs", "mine")
    assert "theirs" in str(caught.value)
    assert "mine" in str(caught.value)
    assert room.answers.read_bytes() == before
    # Another question, and the same words, are no conflict.
    text = room.answers.read_text()
    seen = entry_digest(text, "b")
    record_answer(text, room.checklist, "b", "x", at=NOW, by="ann", made_from=seen)
    assert (
        record_answer(text, room.checklist, "a", "theirs", at=NOW, by="ann", made_from=read) == text
    )


def test_two_reviewers_and_a_withdrawal_collide_too(room):
    put(room, "a", "said")
    text = room.answers.read_text()
    read = entry_digest(text, "a")
    reviewed = review_answer(
        text, room.checklist, "a", state="accepted", by="bob", at=NOW, made_from=read
    )
    with pytest.raises(AnswerConflict):
        review_answer(
            reviewed,
            room.checklist,
            "a",
            state="to_correct",
            by="dee",
            at=NOW,
            note="no",
            made_from=read,
        )
    with pytest.raises(AnswerConflict):
        withdraw_answer(reviewed, room.checklist, "a", at=NOW, made_from=read)


def test_two_walks_on_one_answer_show_both(room):
    one = Walk(room.answers, room.checklist, by="ann", clock=lambda: NOW)
    other = Walk(room.answers, room.checklist, by="bob", clock=lambda: NOW)
    one.answer("a", "ann's")
    other.answer("b", "bob's")  # another question
    with pytest.raises(AnswerConflict):
        other.reload() or one.answer("b", "ann's too")
    assert one.step("b").answer.value == "bob's"  # the walk holds theirs now
    one.answer("b", "ann's too")
    assert on_disk(room) == {"a": "ann's", "b": "ann's too"}


def test_a_sign_off_of_answers_that_changed_since_is_refused(room):
    put(room, "a", "x")
    with pytest.raises(AnswerConflict, match="answers changed"):
        signed_off(
            room.answers.read_text(),
            room.checklist,
            role="owner",
            decision="approve",
            by="olu",
            at=NOW,
            made_from="0" * 64,
        )


@pytest.mark.parametrize("text", ["one\r\ntwo", "one\rtwo", "one\ntwo"])
def test_one_text_has_one_digest_whatever_ends_its_lines(room, text):
    put(room, "a", text)
    plain = answer_digests(parse_answers(room.answers.read_text(), room.checklist))["a"]
    assert parse_answers(room.answers.read_text(), room.checklist).values["a"] == "one\ntwo"
    escaped = room.answers.read_text().split("answers:")[0] + (
        'answers:\n  a: {value: "one\\r\\ntwo", by: ann, at: 2026-11-20T12:00:00Z}\n'
    )
    assert answer_digests(parse_answers(escaped, room.checklist))["a"] == plain


def test_an_answer_has_an_author(room):
    with pytest.raises(AnswersError, match="author"):
        record_answer(room.answers.read_text(), room.checklist, "a", "x", at=NOW)


def test_history_keeps_the_words_and_a_change_by_hand(room):
    put(room, "a", "one")
    put(room, "a", "two", by="bob")
    room.answers.write_text(room.answers.read_text().replace("two", "by hand"))
    put(room, "b", "x")
    said = list(sayings(room.answers, "a"))
    assert [item.entry["answers"]["value"] for item in said] == ["one", "two", "by hand"]
    assert [item.outside for item in said] == [False, False, True]
    now = answer_digests(parse_answers(room.answers.read_text(), room.checklist))["a"]
    assert words_by_digest(room.answers)["a", str(now)]["value"] == "by hand"


def test_a_changed_history_is_refused_and_half_a_line_is_no_line(room):
    put(room, "a", "one")
    put(room, "a", "two")
    path = history_path(room.answers)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"one"', b'"eno"'))
    with pytest.raises(AnswersError, match="history was changed"):
        read_lines(room.answers)
    path.write_bytes(b"\n".join(whole.split(b"\n")[1:]))  # the first line gone
    with pytest.raises(AnswersError, match="history was changed"):
        read_lines(room.answers)
    path.write_bytes(whole + b'{"half')
    assert len(read_lines(room.answers)) == 2
    put(room, "a", "three")
    assert len(read_lines(room.answers)) == 3


def test_notes_are_a_thread(room):
    with locked(room.answers):
        first = add_note(
            room.answers, "a", by="bob", at="2026-11-20T12:00:00Z", words="why?\r\nreally"
        )
        add_note(room.answers, "a", by="dee", at="2026-11-20T12:01:00Z", words="second")
        reply = add_note(
            room.answers, "a", by="ann", at="2026-11-20T12:02:00Z", words="so", reply_to=first.id
        )
        with pytest.raises(AnswersError, match="no such note"):
            add_note(
                room.answers,
                "b",
                by="ann",
                at="2026-11-20T12:02:00Z",
                words="so",
                reply_to=first.id,
            )
        with pytest.raises(AnswersError, match="words"):
            add_note(room.answers, "a", by="ann", at="2026-11-20T12:02:00Z", words="  ")
    assert [note.words for note in notes(room.answers, "a")] == ["why?\nreally", "second", "so"]
    assert reply.reply_to == first.id


def test_no_writer_changes_the_umask_or_makes_a_file_writable_for_all(tmp_path):
    before = os.umask(0o027)
    try:
        modes, stop = set(), threading.Event()

        def others():
            while not stop.is_set():
                path = tmp_path / f"other-{threading.get_ident()}"
                path.unlink(missing_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
                modes.add(stat.S_IMODE(path.stat().st_mode))

        threads = [threading.Thread(target=others) for _ in range(3)]
        for thread in threads:
            thread.start()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        for number in range(150):
            write_whole(tmp_path / f"f{number % 5}", b"x")
        sys.setswitchinterval(interval)
        stop.set()
        for thread in threads:
            thread.join()
        assert modes == {0o640}
        assert stat.S_IMODE((tmp_path / "f0").stat().st_mode) == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


def test_a_file_keeps_its_mode_and_what_a_killed_writer_left_is_swept(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"old")
    path.chmod(0o600)
    left = tmp_path / ".x.yaml.0123456789abcdef.tmp"
    left.write_bytes(b"half")
    write_whole(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.yaml"]


def test_a_writer_that_is_at_work_is_not_swept(tmp_path):
    import fcntl

    busy = tmp_path / ".x.yaml.0123456789abcdef.tmp"
    with busy.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_whole(tmp_path / "x.yaml", b"new")
        assert busy.exists()


def test_nothing_is_left_when_the_folder_refuses(tmp_path):
    (tmp_path / "x").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "x", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_half_line_is_cut_off_before_the_next(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1}\n{"b')
    append_line(path, json.dumps({"c": 3}).encode())
    assert path.read_bytes() == b'{"a":1}\n{"c": 3}\n'


def test_a_whole_line_that_lost_its_end_stays(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}')
    append_line(path, b'{"c":3}')
    assert path.read_bytes() == b'{"a":1}\n{"b":2}\n{"c":3}\n'
    path.write_bytes(b'{"a":1}\n2')  # half of 25, as far as anybody can tell
    append_line(path, b'{"c":3}')
    assert path.read_bytes() == b'{"a":1}\n{"c":3}\n'


def test_a_line_of_history_that_lost_its_end_is_read_and_goes_on(tmp_path):
    from raudit.checklists.history import add_line, history_path, read_lines

    answers = tmp_path / "small-answers.yaml"
    first, second = (add_line(answers, {"kind": "x", "of": n}) for n in (1, 2))
    path = history_path(answers)
    path.write_bytes(path.read_bytes()[:-1])
    for _ in range(2):  # the second time from what was kept in mind
        assert read_lines(answers) == (first, second)
    third = add_line(answers, {"kind": "x", "of": 3})
    assert third["prev"] == second["id"]
    assert read_lines(answers) == (first, second, third)


# -- libyaml and the pure parser

CORPUS = [*sorted(ROOT.glob("checklists/*.yaml")), *sorted(ROOT.glob("examples/**/*.yaml"))]


def pure(text: str):
    try:
        found = parse_pure(text, source="x", error=PlanError)
    except PlanError as error:
        return error.reference
    return found.value, dict(found.lines)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_both_parsers_read_the_shipped_files_alike(path):
    text = path.read_text()
    quick = parse_fast(text, depth=MAX_DEPTH)
    assert quick is not None
    assert (quick[0], dict(quick[1])) == pure(text)


ATOMS = [
    *" \n:-[]{},#'\"|>%@`~?!&*ab01\\",
    "\n  ",
    "\n- ",
    ": ",
    "\t",
    "\r\n",
    "\x85",
    "null",
    "|\n  a\n",
    ">-\n  b\n c",
    '"\\n"',
    "''",
    "#c",
    "é",
    "\u2028",
    "\ufeff",
    "{a: b}",
    "[a,b]",
    "{a:b}",
    '"a":b',
    "? ",
    "<<: ",
    "--- ",
    "\xa0",
]


@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=24).map("".join))
def test_where_libyaml_is_believed_the_pure_parser_says_the_same(text):
    quick = parse_fast(text, depth=MAX_DEPTH)
    if quick is not None:
        assert (quick[0], dict(quick[1])) == pure(text)


def test_deep_nesting_is_an_error_and_no_crash():
    for text in ("[" * 100_000, "{a: " * 20_000, "".join(f"{' ' * n}a:\n" for n in range(60))):
        with pytest.raises(PlanError):
            parse_yaml(text, source="x", error=PlanError)
    nested = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_yaml(nested, source="x", error=PlanError).value == pure(nested)[0]
