"""Write ``docs/explanation/hostile-input.md``: what raudit does with files made to hurt it, measured.

    python scripts/hostile_table.py [--only onnx] [--whole]

Every file is made in ``hostile_cases.py``, and each of its commands is a process, forked from one that has loaded the
libraries. Peak memory is what the command takes beyond them, or that of its largest process that read the file; seconds
are the processor's. Both differ from machine to machine; status and message do not. Files that take more than half a
minute are left to ``--whole``.
"""

from __future__ import annotations

import argparse
import atexit
import os
import re
import resource
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile_cases import ROOT, SETS, Case

import raudit.cli
from raudit.printable import printable

PAGE = ROOT / "docs" / "explanation" / "hostile-input.md"
MARK = "<!-- measured below by scripts/hostile_table.py -->"
ROWS = "a,b,g,y\n" + "".join(
    f"{i % 17 / 7:.3f},{i % 5},{'uv'[i % 2]},{i % 3 % 2}\n" for i in range(3000)
)
PLAN = """schema: raudit.plan/1
system: {{name: T, version: "1"}}
data: {{path: {data}, label: {{column: y, favourable: ["1"]}}{more}{limits}}}
sensitive_features: [g]
stages: {{fairness: }}
{model}"""
MODEL = (
    'model: {{path: {name}, features: [a, b], classes: ["0", "1"], '
    "limits: {{memory_gib: 1, predict_seconds: 5}}}}\n"
)
TURNS = """schema: raudit.plan/1
system: {{name: T, version: "1"}}
data: {{path: {data}, limits: {{{limits}}}, turns: {{fields: {{}}}}}}
stages: {{llm: }}
"""
DECIDED = ', prediction: {column: y, favourable: ["1"]}'
LIMITED = {"memory_gib": "1", "seconds": "20"}
"""Of ``data.limits``: a page that says what holds need not take the machine's memory to show it."""
COMMANDS = {
    "data": (("init", "--no-keys"), ("readiness",), ("check",)),
    "hiding": (("init", "--no-keys"), ("pii", "scan", "--model=none")),
    "database": (("init", "--no-keys"), ("pii", "scan", "--model=none"), ("check",)),
    "model": (("check",),),
    "plan": (("check", "--config"), ("run",)),
    "answers": (("assess", "status"), ("assess", "show")),
    "record": (("check", "--record"), ("report",), ("verify-data",)),
    "people": (("people", "list", "--people"),),
    "report": (("verify",),),
    "further data": (("init", "--no-keys"), ("pii", "scan", "--model=none")),
    "further workbook": (
        ("init", "--no-keys"),
        ("pii", "scan", "--model=none"),
        ("assess", "import", "-o", "answers.yaml"),
    ),
    "further record": (
        ("check", "--record"),
        ("compare",),
        ("trend",),
        ("verify-data",),
        ("report",),
    ),
    "further report": (("verify",),),
    "sibling data": (
        ("init", "--no-keys"),
        ("readiness",),
        ("pii", "scan", "--model=none"),
        ("pii", "redact", "--model=none", "-o", "redacted.csv"),
        ("check",),
    ),
    "sibling model": (("check",), ("init", "--no-keys", "d.csv", "--model")),
    "sibling plan": (("check", "--config"), ("run",)),
    "sibling turns": (("init", "--no-keys"), ("llm", "read"), ("check",)),
    "sibling published": (("check-ll144",),),
    "further turns": (("init", "--no-keys"), ("llm", "sample"), ("check",)),
}
"""Which commands get a file of a kind."""
LONG = {
    *("rows-from-nothing.arrow", "overlapping.zip", "zstd-bomb.arrow", "bomb.csv.gz"),
    *("inflated.xlsx", "dictionary-bomb.parquet", "slow.onnx", "holes.csv"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one command did with one file."""

    status: int
    said: str
    seconds: float
    peak: int
    """MiB."""


def arguments(case: Case, command: tuple[str, ...], folder: Path) -> list[str]:
    """The command line for a case, with what else it needs on the disk."""
    (folder / "d.csv").write_text(ROWS)
    limits = [f"--limit={key}={value}" for key, value in LIMITED.items()]
    match command[0], case.kind:
        case "check" | "run", "plan" | "sibling plan":
            return [
                *command,
                case.name,
                *(["--no-log", "--no-cache"][: 2 * (command[0] == "check")]),
            ]
        case "check", "data" | "database" | "model" | "sibling data" | "sibling model":
            data = not case.kind.endswith("model")
            bound = ", ".join(f"{key}: {value}" for key, value in LIMITED.items())
            text = PLAN.format(
                data=case.name if data else "d.csv",
                more=DECIDED if data else "",
                limits=f", limits: {{{bound}}}",
                model="" if data else MODEL.format(name=case.name),
            )
            (folder / "raudit.yaml").write_text(text, errors="surrogateescape")
            return ["check", "--no-log", "--no-cache"]
        case "llm", "sibling turns":
            return [*command, case.name]
        case "check" | "llm", "further turns" | "sibling turns":
            bound = ", ".join(f"{key}: {value}" for key, value in LIMITED.items())
            (folder / "raudit.yaml").write_text(TURNS.format(data=case.name, limits=bound))
            return (
                ["check", "--no-log", "--no-cache"]
                if command[0] == "check"
                else [*command, "raudit.yaml", "-o", "s.csv"]
            )
        case "compare", _:
            return [*command, case.name, case.name]
        case "init" | "readiness" | "pii", _:
            return [*command, case.name, *limits]
    return [*command, case.name]


def measured(told: list[str], folder: Path) -> Measured:
    """Run a command in a fork; what it did."""
    out, used = folder / "out", folder / "used"
    pid = os.fork()
    if pid == 0:
        os._exit(_command(told, folder, out, used))
    _pid, ended = os.waitpid(pid, 0)
    seconds, peak = (used.read_text().split() if used.exists() else ("0", "0"))[:2]
    said = out.read_text(errors="replace")
    return Measured(
        status=os.waitstatus_to_exitcode(ended), said=said, seconds=float(seconds), peak=int(peak)
    )


def _command(told: list[str], folder: Path, out: Path, used: Path) -> int:
    """Be the command; its status."""
    before = _resident()
    file = os.open(out, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    status = 99
    try:
        os.chdir(folder)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is from here on
        raudit.cli.main(told)
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 -- a fault of ours is what is looked for
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # ends the servers of readers, so that their memory is counted
        own = _resident("VmHWM") - before
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(one.ru_utime + one.ru_stime for one in both)
        used.write_text(f"{seconds:.1f} {max(own, both[1].ru_maxrss) // 1024}")
    return status


def _resident(name: str = "VmRSS") -> int:
    """Resident memory of this process in KiB."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def rows(case: Case) -> Iterator[str]:
    """Run a case; a line of the table for each command."""
    for command in COMMANDS[case.kind]:
        folder = Path(tempfile.mkdtemp())  # not one that a fork removes when it ends
        size = _written(case, folder)
        found = measured(arguments(case, command, folder), folder)
        marked = ", **ran code**" if (folder / "mark").exists() else ""
        shutil.rmtree(folder)
        shown = " ".join(part for part in command if not part.startswith("-"))
        yield (
            f"| `{printable(case.name)}` | {case.what} ({size:,} bytes) | `{shown}` | {found.peak:,} | "
            f"{found.seconds:.1f} | {found.status}{marked} | {_message(found.said, folder)} |"
        )


def _written(case: Case, folder: Path) -> int:
    """Make the file in a fork, whose memory counts for no command; its size."""
    pid = os.fork()
    if pid == 0:
        case.write(folder)
        os._exit(0)
    os.waitpid(pid, 0)
    path = folder / case.name
    return path.stat().st_size if path.is_file() else 0


def _message(said: str, folder: Path) -> str:
    """The error of what a command said, or how it began; without the folder, which is of one machine and one run."""
    text = printable(" ".join(said.replace(f"{folder}/", "").split())).replace("|", "/")
    found = re.search(r"(?<!\S)error\[([a-z-]+)\]: (.*?)(  at:| at: |$)", text)
    text = text.partition(" try: ")[0]  # a command that is cut in two exists nowhere
    return (f"`{found[1]}` {found[2]}" if found else text[max(0, text.find("FAILED")) :])[:160]


def load_libraries() -> None:
    """Load what the commands load, once."""
    import duckdb  # noqa: F401 -- so that each forked case finds it loaded
    import pandas as pd  # noqa: F401 -- the same
    import pyarrow.parquet  # noqa: F401 -- the same

    from raudit.scan.sweep import prepare, validated

    prepare(validated({"model": "none"}), seed=0)
    for name in sorted({command[0] for every in COMMANDS.values() for command in every}):
        raudit.cli.raudit.get_command(None, name)  # type: ignore[arg-type, attr-defined]


def main() -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=SETS, help="print one part, and write nothing")
    parser.add_argument(
        "--join", nargs="+", type=Path, help="write the page from what parts printed"
    )
    parser.add_argument("--whole", action="store_true", help="with the files that take long")
    given = parser.parse_args()
    if given.join:
        write_page([line for part in given.join for line in part.read_text().splitlines()])
        return 0
    load_libraries()
    cases = [case for name, part in SETS.items() if given.only in (None, name) for case in part()]
    lines = []
    for case in cases:
        if given.whole or case.name not in LONG:
            for line in rows(case):
                lines.append(line)
                print(line, flush=True)
    if given.only is None:
        write_page(lines)
    return 0


def write_page(lines: list[str]) -> None:
    """Put the table below the mark."""
    head = "| file | what it is | command | peak MiB | CPU s | status | message |"
    files = len({line.split("|")[1] for line in lines})
    count = f"{files} files, {len(lines)} commands."
    before = PAGE.read_text().split(MARK)[0]
    table = "\n".join([head, "|---|---|---|--:|--:|--:|---|", *lines])
    PAGE.write_text(f"{before}{MARK}\n\n{count}\n\n{table}\n")


if __name__ == "__main__":
    sys.exit(main())
