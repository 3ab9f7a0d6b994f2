"""Killed at any moment between an answer and its event: nothing acknowledged is lost, and answers and log agree.

The writer is a fork of this process, so that a killing costs milliseconds and not an interpreter's start.
"""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from raudit.checklists.answers import parse_answers
from raudit.checklists.history import read_lines
from raudit.checklists.writing import record_answer
from raudit.emit import books_of, keep, settle
from raudit.emit.answers import pending
from raudit.log import attest_log, open_log

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Start work in a child that writes what it acknowledges to a pipe; return its id and the pipe."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that the child never uses
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            work(writing)
        finally:
            os._exit(0)
    os.close(writing)
    return child, reading


def answering(room, start: int, by: str, questions: str = "abcdefgh") -> Callable[[int], None]:
    """Answer one question after the other, and acknowledge each once it and its event are written."""

    def work(pipe: int) -> None:
        checklist = room.checklist
        with books_of(room.answers, clock=NOW, actor=by) as books:
            for number in range(start, start + 10_000):
                question = questions[number % len(questions)]
                value = f"{by} {number}"

                def change(text: str, question: str = question, value: str = value) -> str:
                    return record_answer(text, checklist, question, value, at=NOW, by=by)

                keep(room.answers, change, checklist, books)
                os.write(pipe, f"{question} {number}\n".encode())

    return work


def drained(pipe: int, first: bytes = b"") -> list[tuple[str, int]]:
    """Everything that was acknowledged before the end; ``first`` was read already."""
    with os.fdopen(pipe, "rb") as file:
        lines = (first + file.read()).decode().split("\n")
    return [(line.split()[0], int(line.split()[1])) for line in lines if line]


def answers_on_disk(room) -> dict[str, str]:
    found = parse_answers(room.answers.read_text(), room.checklist)
    return {name: answer.value for name, answer in found.file.answers.items()}


def check_agreement(room) -> None:
    """The next command tells what is missing; then the log has each change that came true exactly once."""
    with books_of(room.answers, clock=NOW, actor="ann") as books:
        settle(room.answers, room.checklist, books)
    assert pending(room.answers, "small-log") == 0
    lines = read_lines(room.answers)
    dropped = {line["of"] for line in lines if line["kind"] == "dropped"}
    true = [line for line in lines if line["kind"] == "change" and line["id"] not in dropped]
    with open_log(room.folder / "log.db") as log:
        attest_log(log)
        events = [entry.body["new"] for entry in log.find(type="answers.changed")]
    assert events == [line["answers_after"] for line in true]


def kill_often(room, times: int, seed: int) -> None:
    rng, start = random.Random(seed), 0
    for trial in range(times):
        child, pipe = forked(answering(room, start, "ann"))
        # Every other time it is killed while it starts, else when it has acknowledged something.
        first = os.read(pipe, 4096) if trial % 2 else b""
        time.sleep(rng.uniform(0.01, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged = dict(drained(pipe, first))
        assert acknowledged or not trial % 2
        now = {name: int(value.split()[1]) for name, value in answers_on_disk(room).items()}
        for question, number in acknowledged.items():
            assert now[question] >= number, "an acknowledged answer was lost"
        start = max([start, *now.values()]) + 1
        check_agreement(room)


def test_killed_at_twenty_moments_answers_and_log_agree(room):
    kill_often(room, 20, seed=1)


@pytest.mark.slow
def test_killed_at_a_hundred_moments_answers_and_log_agree(room):
    kill_often(room, 100, seed=2)


def test_two_writers_on_one_answer_both_come_true_in_turn(room):
    """Each acknowledged answer of each writer is in the history and in the log, in one order."""
    children = [forked(answering(room, 0, by, questions="a")) for by in ("ann", "bob")]
    firsts = [os.read(pipe, 4096) for _child, pipe in children]  # both are at work
    time.sleep(0.3)
    for child, _pipe in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    acknowledged = [
        f"{by} {number}"
        for by, (_child, pipe), first in zip(("ann", "bob"), children, firsts, strict=True)
        for _question, number in drained(pipe, first)
    ]
    check_agreement(room)
    said = [
        item["entry"]["answers"]["value"]
        for line in read_lines(room.answers)
        if line["kind"] == "change"
        for item in line["changes"]
    ]
    assert len(acknowledged) >= 2
    assert set(acknowledged) <= set(said)
    assert len(said) == len(set(said))
