"""Faults of machines: nothing that was acknowledged is lost, no answer is without its event, and pages say so."""

from __future__ import annotations

import http.client
import random
import re
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from raudit.canonical import sha256
from raudit.checklists import load_answers, load_checklist
from raudit.checklists.signoff import answers_sha256
from raudit.emit import books_of, settle
from raudit.web.workspace import now

from .conftest import Served, make_workspace, start, stop
from .person import SECTION, Person
from .test_pages import A, answers, fresh, write


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def kill_while_answering(folder: Path, chance: random.Random, number: int) -> str:
    """Kill the server at a random moment while answers are saved; the last that it acknowledged."""
    server, acknowledged = start(folder), [""]

    def work() -> None:
        try:
            person = Person(server.base)
            person.sign_in()
            for turn in range(1000):
                person.answer(f"round {number} turn {turn}")
                acknowledged.append(f"round {number} turn {turn}")
        except urllib.error.HTTPError as error:
            error.close()
        except (OSError, http.client.HTTPException):
            return

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: len(acknowledged) > 2)
    time.sleep(chance.random())
    stop(server)
    thread.join()
    return acknowledged[-1]


def check_nothing_is_lost(folder: Path, last: str) -> None:
    place = folder / "credit"
    checklist, path = load_checklist(place / "small.yaml"), place / "answers/small.yaml"
    value: Any = load_answers(path, checklist).file.answers["first.what"].value
    head, turn = last.rsplit(" ", 1)
    # What was acknowledged stands there, or the one after it that was on its way.
    assert value in (last, f"{head} {int(turn) + 1}")
    with books_of(path, clock=now(), actor="ann") as books:
        settle(path, checklist, books)
        assert books.log is not None
        told = [entry.body["new"] for entry in books.log.find(type="answers.changed")]
        assert not books.log.verify().failed
    assert told[-1] == str(answers_sha256(load_answers(path, checklist)))
    assert not [name for name in path.parent.iterdir() if re.search(r"\.[0-9a-f]{8}$", name.name)]


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path, rounds: int) -> None:
    folder, chance = make_workspace(tmp_path / "w"), random.Random(rounds)
    for number in range(rounds):
        check_nothing_is_lost(folder, kill_while_answering(folder, chance, number))


def state_of_the_run(person: Person) -> str:
    page = person.get("/s/credit/runs/")
    found = re.search(r'/runs/state/[0-9a-f-]+/"><span>(\w+)', page)
    return found[1] if found else ""


def test_a_run_that_dies_says_so_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "w")
    server = start(folder)
    try:
        opal = Person(server.base)
        opal.sign_in("opal")
        start_run(opal)
        child = child_of(server)
        subprocess.run(["kill", "-9", child], check=True)
        until(lambda: state_of_the_run(opal) == "failed")
        start_run(opal)
        child = child_of(server)
    finally:
        stop(server)
    until(lambda: not Path(f"/proc/{child}").exists() or zombie(child))
    server = start(folder)
    try:
        opal = Person(server.base)
        opal.sign_in("opal")
        assert state_of_the_run(opal) == "interrupted"
        assert not list((folder / "credit").glob("runs/[!.]*/record.json"))
    finally:
        stop(server)


def start_run(person: Person) -> None:
    page = person.get("/s/credit/runs/")
    person.post("/s/credit/runs/start/", page, {})


def child_of(server: Served) -> str:
    """The process of the run, once it is there."""
    found: list[str] = []

    def there() -> bool:
        listing = subprocess.run(
            ["ps", "--ppid", str(server.process.pid), "-o", "pid=,args="],
            capture_output=True,
            check=False,
            text=True,
        )
        found[:] = [
            line.split()[0] for line in listing.stdout.splitlines() if "raudit.web.child" in line
        ]
        return bool(found)

    until(there)
    return found[0]


def zombie(pid: str) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the faults that leave it running."""
    server = start(make_workspace(tmp_path_factory.mktemp("faults") / "w"))
    yield server
    stop(server)


def refused(person: Person, text: str) -> tuple[int, str]:
    """Status and page of an answer that cannot be saved."""
    with pytest.raises(urllib.error.HTTPError) as found:
        person.answer(text)
    with found.value:
        return found.value.code, found.value.read().decode()


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_a_full_disk_is_said_and_loses_nothing(shared: Served) -> None:
    ann, place = Person(shared.base), shared.folder / "credit/answers"
    ann.sign_in()
    ann.answer("Before")
    before = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    limit_files(shared, "100")
    status, page = refused(ann, "x" * 5_000)
    assert status in (500, 503, 507)
    assert "is whole" in page, page
    assert (place / "small.yaml").read_bytes() == before["small.yaml"]
    limit_files(shared, "unlimited")
    ann.answer("After")
    assert "After" in (place / "small.yaml").read_text()
    check_answers_and_events(shared.folder)


def limit_files(served: Any, most: str) -> None:
    command = ["prlimit", "--pid", str(served.process.pid), f"--fsize={most}:"]
    subprocess.run(command, check=True)


def check_answers_and_events(folder: Path) -> None:
    path = folder / "credit/answers/small.yaml"
    checklist = load_checklist(folder / "credit/small.yaml")
    with books_of(path, clock=now(), actor="ann") as books:
        settle(path, checklist, books)
        assert books.log is not None
        told = [entry.body["new"] for entry in books.log.find(type="answers.changed")]
    assert told[-1] == str(answers_sha256(load_answers(path, checklist)))


def test_a_locked_database_is_waited_for_and_then_said(shared: Served) -> None:
    ann = Person(shared.base)
    ann.sign_in()
    ann.answer("Before")
    lock = sqlite3.connect(shared.folder / ".raudit-web/web.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    # An answer needs no writing of the accounts' database, so it is saved.
    ann.answer("Meanwhile")
    page = ann.get("/s/credit/a/small/q/first.people/")
    form = {"person": "rex"}
    with pytest.raises(urllib.error.HTTPError) as found:
        ann.post("/s/credit/a/small/q/first.people/assign/", page, form)
    with found.value:
        assert found.value.code == 503
        assert "does not answer" in found.value.read().decode()
    lock.execute("ROLLBACK")
    lock.close()
    ann.post("/s/credit/a/small/q/first.people/assign/", page, form)
    assert "Meanwhile" in ann.get(SECTION)


def test_a_locked_log_keeps_an_answer_until_it_can_be_told(shared: Served) -> None:
    ann, last = Person(shared.base), []
    ann.sign_in()
    ann.answer("Before")
    lock = sqlite3.connect(shared.folder / "raudit-log.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    def work() -> None:
        ann.answer("Waited")
        last.append("acknowledged")

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(1)
    assert not last  # nothing is acknowledged that the log was not told of
    lock.execute("ROLLBACK")
    lock.close()
    thread.join(60)
    assert last == ["acknowledged"]
    check_answers_and_events(shared.folder)


@pytest.mark.parametrize("hours", [-30 * 24, -1, 1, 400 * 24])
def test_a_clock_that_jumps(
    as_: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    from raudit.web.views import answering, home

    ann = as_("ann")
    assert write(ann, "first.what", "Before").status_code == 302
    first = answers(workspace).answers["first.what"].at
    later = now() + timedelta(hours=hours)
    for module in (answering, home):
        monkeypatch.setattr(module, "now", lambda: later)
    assert write(ann, "first.what", "After").status_code == 302
    found = answers(workspace).answers["first.what"]
    assert (found.value, found.at) == ("After", later)
    assert found.at != first
    assert ann.get("/").status_code == 200
    assert ann.get(A + "q/first.what/").content.decode().count("Before") >= 1
    from raudit.log import open_log

    with open_log(workspace / "raudit-log.db") as log:
        assert not log.verify().failed
        assert list(log.entries())[-1].time.startswith(f"{later:%Y-%m-%dT%H:%M:%S}")
    assert fresh(as_, "ann").get("/").status_code == 200


def runs_are_whole(folder: Path) -> None:
    """Every run that left a record left its report and its event too, and the log holds."""
    from raudit.log import open_log
    from raudit.record import parse_record

    with open_log(folder / "raudit-log.db") as log:
        assert not log.verify().failed
        told = {
            str(value) for entry in log.find(type="report.issued") for value in entry.body.values()
        }
    for record in (folder / "credit").glob("runs/[!.]*/record.json"):
        parse_record(record.read_bytes())
        report = record.parent / "report.pdf"
        assert report.read_bytes().startswith(b"%PDF-")
        assert str(sha256(report.read_bytes())) in told


@pytest.mark.slow
def test_runs_killed_at_any_moment_leave_nothing_half_made(tmp_path: Path) -> None:
    folder, chance = make_workspace(tmp_path / "w"), random.Random(20)
    server = start(folder)
    try:
        opal = Person(server.base)
        opal.sign_in("opal")
        ann, ends = Person(server.base), []
        ann.sign_in()
        ann.answer("Before")
        for _ in range(20):
            start_run(opal)
            child = child_of(server)
            time.sleep(chance.random() * 8)
            subprocess.run(["kill", "-9", child], check=False)
            until(lambda: state_of_the_run(opal) not in ("waiting", "running"))
            ends.append(state_of_the_run(opal))
            runs_are_whole(folder)
        assert "failed" in ends
        start_run(opal)
        until(lambda: len(list(folder.glob("credit/runs/[!.]*/record.json"))) > 0, 300)
        runs_are_whole(folder)
    finally:
        stop(server)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_is_said_and_loses_nothing(small_disk: Path) -> None:
    server = start(make_workspace(small_disk / "w"))
    filler, saved, said = small_disk / "filler", ["Before"], list[tuple[int, str]]()
    try:
        ann = Person(server.base)
        ann.sign_in()
        ann.answer("Before")
        for size in (100_000, 30_000, 8_000, 4_000, 0):
            fill(filler, leave=size)
            for turn in range(12):
                try:
                    ann.answer(f"Left {size} turn {turn}")
                    saved.append(f"Left {size} turn {turn}")
                except urllib.error.HTTPError as error:
                    with error:
                        said.append((error.code, error.read().decode()))
                    break
            filler.unlink()
            path = server.folder / "credit/answers/small.yaml"
            found = load_answers(path, load_checklist(server.folder / "credit/small.yaml"))
            # An answer that was not acknowledged may stand there; never an older one.
            value = str(found.file.answers["first.what"].value)
            assert value == saved[-1] or value.startswith(f"Left {size} "), (value, saved[-1])
            check_answers_and_events(server.folder)
        ann.answer("After")
        check_answers_and_events(server.folder)
        assert said
        assert {code for code, _page in said} <= {500, 503, 507}
        assert [page for _code, page in said if "Traceback" in page or "is whole" not in page] == []
    finally:
        stop(server)


def fill(path: Path, *, leave: int) -> None:
    """Fill the disk up to so many bytes."""
    free = shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        file.write(b"x" * max(0, free - leave))


@pytest.mark.slow
def test_a_database_locked_for_longer_than_a_page_waits(tmp_path: Path) -> None:
    """Another program holds the accounts' database while a run is asked for: it is said, and the next one runs."""
    folder = make_workspace(tmp_path / "w")
    server = start(folder)
    try:
        ann, opal = Person(server.base), Person(server.base)
        ann.sign_in()
        ann.answer("Before")
        opal.sign_in("opal")
        start_run(opal)
        child_of(server)
        lock = sqlite3.connect(folder / ".raudit-web/web.sqlite3", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        time.sleep(25)  # longer than a write waits, twice
        lock.execute("ROLLBACK")
        lock.close()
        until(lambda: len(list(folder.glob("credit/runs/[!.]*/report.pdf"))) == 1, 120)
        until(lambda: state_of_the_run(opal) == "", 60)
        start_run(opal)
        until(lambda: len(list(folder.glob("credit/runs/[!.]*/report.pdf"))) == 2, 120)
    finally:
        stop(server)
