"""How fast the log is against pymerkle's SqliteTree, in one run on one disk: python benchmarks/log_speed.py [SIZE].

Compared at SIZE entries (100,000 unless given), with entries of the same bytes and both databases on the same disk:

append      one event a transaction, each durable, taking turns so that both meet the same disk; wall time
verify      every entry hashed and compared, and the root computed; ours also compares every inner hash
            - pymerkle by its own interface: get_entry, hash_buff, get_leaf, get_root
            - pymerkle by reading its table directly, which its interface does not offer
prove       inclusion of random entries

Then ours alone at ten times SIZE: a proof, and `raudit log verify` as a process, wall time.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pymerkle import SqliteTree

from raudit.log import Event, Log, create_log_key, open_log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A = "a" * 64
BODY = {"plan": A, "data": A, "model": A, "code": A, "environment": A, "seed": 1}
TURNS = 400


def event(number: int) -> Event:
    return Event(type="run.started", run=f"r{number}", actor="service:ci", body=BODY)


def fill(log: Log, size: int) -> None:
    while log.size < size:
        log.append([event(i) for i in range(min(2000, size - log.size))], clock=NOW)


def timed(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return clock() - start


def best(work: Callable[[], object], rounds: int = 3) -> float:
    return min(timed(work) for _ in range(rounds))


def interface_verify(tree: SqliteTree) -> None:
    for index in range(1, tree.get_size() + 1):
        if tree.hash_buff(tree.get_entry(index)) != tree.get_leaf(index):
            raise AssertionError(index)
    tree.cache_clear()
    tree.get_root()


def direct_verify(tree: SqliteTree) -> None:
    cursor = tree.con.cursor()
    cursor.row_factory = None
    for entry, stored in cursor.execute("SELECT entry, hash FROM leaf ORDER BY id"):
        if tree.hash_buff(entry) != stored:
            raise AssertionError
    tree.cache_clear()
    tree.get_root()


def compare(folder: Path, size: int) -> None:
    key = create_log_key(folder / "key", "bench.example")
    with (
        open_log(folder / "log.db", key=key, create=True) as log,
        SqliteTree(str(folder / "tree.db")) as tree,
    ):
        fill(log, size)
        tree.append_entries([entry.data for entry in log.entries()])
        data = log.entry(1).data
        ours, theirs = [], []
        for turn in range(TURNS):
            ours.append(
                timed(lambda turn=turn: log.append([event(turn)], clock=NOW), time.perf_counter)
            )
            theirs.append(timed(lambda: tree.append_entry(data), time.perf_counter))
        line(
            "append, events a second, median",
            1 / statistics.median(ours),
            1 / statistics.median(theirs),
        )
        line("append, events a second, mean", TURNS / sum(ours), TURNS / sum(theirs))
        mine = best(log.verify)
        line(
            "verify, entries a second, interface",
            size / mine,
            size / timed(lambda: interface_verify(tree)),
        )
        line(
            "verify, entries a second, direct",
            size / mine,
            size / best(lambda: direct_verify(tree)),
        )
        held = log.checkpoint(NOW)
        places = random.Random(1).sample(range(1, size), 50)
        prove = timed(lambda: [log.prove(place, held) for place in places]) / 50
        tree.cache_clear()
        other = timed(lambda: [tree.prove_inclusion(place) for place in places]) / 50
        line("prove, proofs a second", 1 / prove, 1 / other)


def line(what: str, ours: float, theirs: float) -> None:
    print(f"{what:<38}{ours:>12,.0f}{theirs:>12,.0f}{ours / theirs:>9.1f} x", flush=True)


def alone(folder: Path, size: int) -> None:
    key = create_log_key(folder / "large.key", "bench.example")
    with open_log(folder / "large.db", key=key, create=True) as log:
        fill(log, size)
        held = log.checkpoint(NOW)
        places = random.Random(1).sample(range(1, size), 200)
        prove = statistics.median(
            timed(lambda p=place: log.prove(p, held), time.perf_counter) for place in places
        )
        print(f"at {size:,}: one proof in {prove * 1000:.2f} ms (median of 200)", flush=True)
    command = [
        sys.executable,
        "-m",
        "raudit",
        "log",
        "verify",
        str(folder / "large.db"),
        "--vkey",
        key.vkey,
    ]
    wall = timed(
        lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), time.perf_counter
    )
    print(
        f"at {size:,}: raudit log verify in {wall:.1f} s, as a process, start included", flush=True
    )


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="raudit-bench-") as folder:
        print(
            f"{'at ' + format(size, ',') + ' entries':<38}{'raudit':>12}{'pymerkle':>12}{'ratio':>11}"
        )
        compare(Path(folder), size)
        alone(Path(folder), size * 10)


if __name__ == "__main__":
    main()
