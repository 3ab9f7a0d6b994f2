"""A million recorded turns: time and memory for the counts, beside the pandas code that a team would write.

    python benchmarks/llm.py [rows]

Prints processor seconds and peak memory of each in a process of its own, and the ratio.
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


def main() -> None:
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
