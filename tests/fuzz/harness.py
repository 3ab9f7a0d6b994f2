"""Break good files and hand them to whatever reads files: only an error of ours may come out.

    python tests/fuzz/harness.py --seconds 600            # every target in turn
    python tests/fuzz/harness.py --target answers --seconds 60 --keep folder

With atheris installed (``pip install atheris``) the changes are led by what code of raudit they reach; without it they
are drawn at random. Each target runs in a process of its own, as the readers of data and the loaders of models do in
raudit. A native library that crashes ends that process and is counted; anywhere else that is a failure, as is every
exception that is not a ``RauditError``, and a file that takes longer than ``LONGEST``. Seconds are the processor's, so
that a busy machine tries as much as an idle one. The input that did it is kept and can be given again: ``--target
answers --input folder/answers-….bin``; what was mended stays in ``corpus``, by target.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seeds import mutated, seed_of

atheris: Any = None
if "--worker" in sys.argv and "--plain" not in sys.argv and importlib.util.find_spec("atheris"):
    atheris = importlib.import_module("atheris")


def instrumented() -> contextlib.AbstractContextManager[object]:
    """Where raudit is imported so that atheris sees which code of it a file reaches."""
    return contextlib.nullcontext() if atheris is None else atheris.instrument_imports(["raudit"])


with instrumented():
    from reading import reader_of

    from raudit.errors import RauditError, place_of

CORPUS = Path(__file__).with_name("corpus")
MODELS = ("skops", "ubj", "json", "txt", "cbm", "onnx")
TABLES = ("parquet", "arrow", "sqlite", "duckdb", "xlsx")
ALONE = ("turns-parquet", "turns-sqlite")
CONTAINED = (*MODELS, *TABLES, *ALONE)
"""Targets whose reader is a large native library, which raudit only ever runs in a process of its own."""
FRAGILE = {"ubj": "xgboost", "json": "xgboost", "txt": "lightgbm"}
"""Targets whose library crashes so often that each file has a process of its own, forked; and that library."""
TEXTS_OF_ROWS = ("csv", "jsonl", "gz", "zip")
REFUSED, FAULT = 2, 3
"""How a worker ends over a file."""
LONGEST = 30.0
"""Processor seconds that one file may take; raudit's own clocks hold in the processes of ``CONTAINED``."""
GROWN, SMALL = 6, 8192
"""How many files that reached new code ``--grow`` keeps of a target, and how large they may be."""


TARGETS = (
    *("answers", "checklist", "plan", "record", "verifier", "people", "policy", "workbook"),
    *TEXTS_OF_ROWS,
    *("turns", "eval", "published"),
    *ALONE,
    *TABLES,
    *MODELS,
)


def work(target: str, seconds: float, seed: int, folder: Path) -> None:
    """Read broken files until so many processor seconds are spent; end with ``FAULT`` at the first one.

    The last file is on the disk, and how many were read. SIGPROF ends the process over a file that takes too long.
    """
    import resource

    with instrumented():
        read = reader_of(target, folder)
    good = seed_of(target, folder)
    if target in FRAGILE:
        importlib.import_module(FRAGILE[target])  # and no more: it must start no threads here
    else:
        read(good)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    counts = {"files": 0, "refused": 0, "crashes": 0}
    end = time.process_time() + seconds

    def one(content: bytes) -> None:
        if time.process_time() > end:
            os._exit(0)
        if not content and target in CONTAINED:
            return  # libFuzzer begins with it, and XGBoost aborts on it; the table of hostile files has it
        (folder / "last.bin").write_bytes(content)
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        try:
            read(content)
        except RauditError:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 -- what is looked for
            tell(error)
            os._exit(FAULT)
        counts["files"] += 1
        (folder / "count").write_text("{files} {refused} {crashes}".format(**counts))

    def one_forked(content: bytes) -> None:
        if time.process_time() + children_seconds() > end:
            os._exit(0)
        ended = forked(read, content)
        counts["files"] += 1
        counts["refused"] += ended == REFUSED
        counts["crashes"] += ended < 0
        (folder / "count").write_text("{files} {refused} {crashes}".format(**counts))
        if ended == FAULT:
            (folder / "last.bin").write_bytes(content)
            os._exit(FAULT)

    kept = sorted((CORPUS / target).glob("*"))
    for path in kept:
        (one_forked if target in FRAGILE else one)(path.read_bytes())
    if atheris is None or target in FRAGILE:
        rng = random.Random(seed)
        step = one_forked if target in FRAGILE else one
        while True:
            step(mutated(rng.choice([good, *(path.read_bytes() for path in kept)]), rng))
    _guided(one, good, seed, folder, CORPUS / target)


def tell(error: Exception) -> None:
    """Print what came out that is no error of ours."""
    fault = f"{type(error).__name__} at {place_of(error)}: {error}"
    print(json.dumps({"fault": fault[:300]}), flush=True)


def forked(read: Callable[[bytes], object], content: bytes) -> int:
    """How a process that reads one file ended: 0, ``REFUSED``, ``FAULT`` or a signal."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        read(content)
    except RauditError:
        os._exit(REFUSED)
    except Exception as error:  # noqa: BLE001 -- what is looked for
        tell(error)
        os._exit(FAULT)
    os._exit(0)


def _guided(one: Callable[[bytes], None], good: bytes, seed: int, folder: Path, kept: Path) -> None:
    """Let atheris lead; half of its changes are those of ``mutated``, which knows what breaks readers."""
    (folder / "corpus").mkdir()
    (folder / "corpus" / "good").write_bytes(good)
    places = [str(folder / "corpus"), *([str(kept)] if kept.is_dir() else [])]

    def change(content: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        led = rng.random() < 0.5
        return (atheris.Mutate(content, most) if led else mutated(content, rng))[:most]

    flags = ["-verbosity=0", f"-seed={seed + 1}", "-len_control=0", "-rss_limit_mb=0"]
    # Signals end the process as they end raudit's, so that its status says which.
    flags += [f"-handle_{name}=0" for name in ("abrt", "bus", "fpe", "ill", "segv")]
    flags += ["-timeout=100000", f"-max_len={4 * len(good) + 4096}", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *flags, *places], one, custom_mutator=change)
    with contextlib.suppress(SystemExit):
        atheris.Fuzz()


@dataclass(slots=True)
class Tally:
    """What a target's workers met."""

    target: str
    files: int = 0
    refused: int = 0
    crashes: int = 0
    slow: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, folder: Path, status: int, said: str) -> bool:
        """Count one worker's files and how it ended; whether its last file is to be kept."""
        counted = folder / "count"
        if counted.exists():
            files, refused, crashes = map(int, counted.read_text().split())
            self.files, self.refused = self.files + files, self.refused + refused
            self.crashes += crashes
        too_long = status in (-signal.SIGPROF, HUNG)
        self.slow += too_long
        self.crashes += status < 0 and not too_long
        if not status or (status < 0 and self.target in CONTAINED):
            return False
        self.faults.append(f"longer than {LONGEST:.0f} s" if too_long else f"{status} {said}")
        return True

    def line(self, spent: float) -> str:
        """The line that is printed."""
        more = "".join(f"\n    {fault}" for fault in sorted(set(self.faults)))
        return (
            f"{self.target}: {spent:.0f} CPU s, {self.files:,} files, {self.refused:,} refused, {self.crashes} crashes "
            f"of a library, {self.slow} too slow, {len(self.faults)} faults{more}"
        )


HUNG = -1000
"""A worker that neither computes nor ends."""


def campaign(
    target: str, seconds: float, seed: int, keep: Path | None, grow: Path | None
) -> tuple[str, bool]:
    """Run workers until so many processor seconds are spent; a line to print, and whether all was well."""
    tally, start = Tally(target), children_seconds()
    first = True
    while first or children_seconds() - start < seconds:
        first = False
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            left = max(0.5, seconds - (children_seconds() - start))
            status, said = run_worker(target, left, seed, folder)
            if tally.add(folder, status, said) and keep is not None:
                kept_as(keep / f"{target}-{seed}.bin", folder / "last.bin")
            if grow is not None:
                found = (path for path in (folder / "corpus").glob("*") if path.name != "good")
                small = sorted(path for path in found if path.stat().st_size <= SMALL)
                for path in small[:GROWN]:
                    kept_as(grow / target / f"{path.name[:12]}.bin", path)
        seed += 1
    return tally.line(children_seconds() - start), not tally.faults


def run_worker(target: str, seconds: float, seed: int, folder: Path) -> tuple[int, str]:
    """How one worker ended, and the last line it said."""
    command = [sys.executable, __file__, "--target", target, "--worker", str(folder)]
    command += ["--seconds", str(seconds), "--seed", str(seed)]
    command += ["--plain"] if "--plain" in sys.argv else []
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=600 + 20 * seconds
        )
    except subprocess.TimeoutExpired:
        return HUNG, ""
    return done.returncode, " ".join((done.stdout + done.stderr).strip().splitlines()[-1:])


def kept_as(path: Path, found: Path) -> None:
    """Keep a file."""
    if found.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found.read_bytes())


def children_seconds() -> float:
    """Processor seconds of all workers that have ended."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Run targets one after another; 1 if any had a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=600, help="of the processor, altogether")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files that were read wrongly")
    parser.add_argument("--grow", type=Path, help="folder for files that reached new code")
    parser.add_argument("--plain", action="store_true", help="without atheris, which starts slowly")
    parser.add_argument("--input", type=Path, help="read this one file")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    targets = given.target or list(TARGETS)
    if given.worker:
        work(targets[0], given.seconds, given.seed, given.worker)
        return 0
    if given.input:
        with tempfile.TemporaryDirectory() as name:
            print(reader_of(targets[0], Path(name))(given.input.read_bytes()))
        return 0
    well = True
    for target in targets:
        share = given.seconds / len(targets)
        line, good = campaign(target, share, given.seed, given.keep, given.grow)
        print(line, flush=True)
        well = well and good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
