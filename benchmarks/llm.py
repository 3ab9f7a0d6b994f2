"""A million recorded turns: time and memory for the counts, beside the pandas code that a team would write.

    python benchmarks/llm.py [rows]
    python benchmarks/llm.py personal-data [rows]

Prints processor seconds and peak memory of each in a process of its own, and the ratio.

``personal-data``: the same texts as turns and as a table of two columns, through ``raudit check`` with the stage ``pii``
alone and through ``raudit pii scan``: processor seconds a million characters, without what starting takes, and their
ratio.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

OURS = """
import sys, resource
from pathlib import Path
from raudit.stages.llm.assemble import assemble
from raudit.stages.llm.options import LlmOptions
from raudit.turns import open_turns
data = open_turns([Path(sys.argv[1])])
options = LlmOptions.model_validate({
    "outcomes": [{"name": "refused", "column": "refused", "judged_by": "record", "max_rate": 0.5, "max_gap": 0.1}],
    "counters": [{"outcome": {"name": "downvoted", "column": "downvoted"}, "max_rate": 0.5}],
    "numbers": {"latency_ms": 0.1},
})
result = assemble(data.turns, options, seed=0)
print(data.n_rows, [f.status.value for f in result.findings], file=sys.stderr)
use = resource.getrusage(resource.RUSAGE_SELF)
print(use.ru_utime + use.ru_stime, use.ru_maxrss // 1024)
"""
TEAM = """
import sys, resource
import pandas as pd
turns = pd.read_json(sys.argv[1], lines=True)
turns = turns.drop_duplicates("turn_id")
answered = turns[turns["status"] == "answered"]
print(len(turns), answered.groupby("group.g")["refused"].mean().to_dict(),
      answered.groupby("conversation_id")["downvoted"].max().mean(),
      answered.groupby("group.g")["latency_ms"].mean().to_dict(), file=sys.stderr)
use = resource.getrusage(resource.RUSAGE_SELF)
print(use.ru_utime + use.ru_stime, use.ru_maxrss // 1024)
"""


def write(path: Path, rows: int) -> None:
    rng = random.Random(1)
    words = [
        "how",
        "do",
        "I",
        "raise",
        "the",
        "limit",
        "of",
        "a",
        "card",
        "which",
        "form",
        "is",
        "it",
        "and",
        "where",
        "do",
        "I",
        "hand",
        "it",
        "in",
        "please",
    ]
    with path.open("w") as file:
        for number in range(rows):
            row = {
                "turn_id": f"t{number}",
                "status": "error" if number % 97 == 0 else "answered",
                "conversation_id": f"c{number // 3}",
                "group.g": "abc"[number % 3],
                "model": "m1",
                "prompt_version": "v1",
                "prompt": " ".join(rng.choices(words, k=15)) + f" {number}",
                "output": " ".join(rng.choices(words, k=40)),
                "refused": rng.random() < 0.1,
                "downvoted": rng.random() < 0.05,
                "latency_ms": round(rng.uniform(100, 900), 1),
            }
            file.write(json.dumps(row) + "\n")


def measured(code: str, path: Path) -> tuple[float, int]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), int(megabytes)


PLAN = """
schema: raudit.plan/1
system: {name: helper, version: "1", purpose: answers}
data: {path: turns.jsonl, turns: {}}
stages:
  pii: {columns: [prompt, output]}
"""
NAMES = ("Anna Huber", "Joan Smith", "Ravi Patel", "Lena Braun", "Omar Haddad")


def texts(rows: int) -> list[tuple[str, str]]:
    """Chats of which one in ten holds a name, an address or a number."""
    rng = random.Random(2)
    words = [
        "how",
        "do",
        "I",
        "raise",
        "the",
        "limit",
        "of",
        "my",
        "card",
        "and",
        "which",
        "form",
        "is",
        "it",
        "please",
        "where",
        "in",
        "the",
        "hall",
    ]
    found = []
    for number in range(rows):
        asked, said = (" ".join(rng.choices(words, k=k)) for k in (15, 40))
        if number % 10 == 0:
            asked += f" I am {rng.choice(NAMES)}, {number}@example.com"
        if number % 10 == 5:
            said += f" call +49 30 {rng.randrange(10**6, 10**7)}"
        found.append((f"{asked} {number}", f"{said} {rng.random():.6f}"))
    return found


WARM = """
import contextlib, io, os, sys, time
from raudit.cli import main
def spent(folder, words):
    os.chdir(folder)
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main(words)
        except SystemExit as ended:
            assert ended.code in (0, 1, 3), ended.code
    return time.process_time() - begun
warm, folder, *words = sys.argv[1:]
spent(warm, words)
print(spent(folder, words))
"""
"""A command on a few rows, so that models are loaded, and then on all, in the same process."""


def prepared(folder: Path, rows: int) -> int:
    """Write the same texts as turns with a plan and as a table; how many characters they have."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    some = texts(rows)
    (folder / "raudit.yaml").write_text(PLAN)
    turns = [
        {"turn_id": str(i), "status": "answered", "prompt": asked, "output": said}
        for i, (asked, said) in enumerate(some)
    ]
    (folder / "turns.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    names = ("prompt", "output")
    pq.write_table(
        pa.table({n: [row[i] for row in some] for i, n in enumerate(names)}), folder / "t.parquet"
    )
    return sum(len(asked) + len(said) for asked, said in some)


def personal_data(rows: int) -> None:
    """Print what a million characters take as turns and as a table."""
    commands = {"turns": ["check"], "table": ["pii", "scan", "t.parquet"]}
    with tempfile.TemporaryDirectory() as name:
        warm, folder = Path(name) / "warm", Path(name) / "all"
        prepared(warm, 200)
        million = prepared(folder, rows) / 1e6
        print(f"{rows:,} turns, {million:,.1f} million characters")
        each = {}
        for what, words in commands.items():
            done = subprocess.run(
                [sys.executable, "-c", WARM, str(warm), str(folder), *words],
                capture_output=True,
                text=True,
                check=True,
            )
            each[what] = float(done.stdout.split()[-1]) / million
            print(f"{what}   {each[what]:6.2f} CPU-s a million characters")
    print(f"ratio   {each['turns'] / each['table']:6.2f}")


def main() -> None:
    if sys.argv[1:2] == ["personal-data"]:
        personal_data(int(sys.argv[2]) if len(sys.argv) > 2 else 40_000)
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.jsonl"
        write(path, rows)
        ours, team = measured(OURS, path), measured(TEAM, path)
        print(f"{rows:,} turns, {path.stat().st_size / 2**20:,.0f} MiB")
    print(f"raudit  {ours[0]:6.1f} CPU-s  {ours[1]:6,} MB")
    print(f"pandas  {team[0]:6.1f} CPU-s  {team[1]:6,} MB")
    print(f"ratio   {ours[0] / team[0]:6.2f}        {ours[1] / team[1]:6.2f}")


if __name__ == "__main__":
    main()
