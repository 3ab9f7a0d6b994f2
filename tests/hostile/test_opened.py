"""Nothing but the named file is opened and no socket is made: every reader there is, in one run under strace.

Readers of native formats and loaders of models are followed into their own processes in
``tests/readers/test_isolated.py`` and ``tests/model/test_bound.py``; here is whatever reads in raudit's process too.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.fuzz import seeds
from tests.hostile.reading import MARK
from tests.model.test_bound import LOADERS
from tests.readers.test_files import WRITERS
from tests.readers.test_isolated import OWN

from raudit.data.readers.formats import SUFFIXES as TABLES
from raudit.model.load import SUFFIXES as MODELS
from raudit.turns.formats import known_formats

ROOT = Path(__file__).resolve().parents[2]
CALLS = "trace=open,openat,openat2,creat,%network,execve"
REACHES = re.compile(r"(socket|connect|bind|listen|accept\w*)\(")
"""Not ``socketpair``, by which raudit speaks with its own processes."""
LIBRARIES = (
    *("/usr/local/lib", "/usr/share/locale", "/etc/ssl", "/etc/mime.types"),
    *(
        "/proc/sys/vm/overcommit_memory",
        "/sys/kernel/mm/transparent_hugepage",
        str(ROOT / "tests/hostile"),
    ),
)
"""What installed libraries look at when they are loaded, beside ``OWN``."""
FORMATS = {"csv": "csv", "json": "jsonl", "sqlite": "sqlite", "excel": "xlsx"}
"""Which writer makes a file for a reader, where the two are called differently."""
WIDE = (
    "item,[m] v1,Status,Score,Named Scores,Grader Reason,Comment\n"
    'q1,an answer,PASS,1.00,"{""named"":1}",,\nq2,none,FAIL,0.00,"{""named"":0}",no,\n'
)
OTHERS = ("answers", "checklist", "plan", "record", "verifier", "people", "policy", "workbook")


def table(suffix: str, folder: Path) -> Path:
    """A file of a suffix that the readers of data know."""
    path, kind = folder / f"t{suffix}", TABLES[suffix]
    inner = folder / "inner.csv"
    match kind:
        case "gzip":
            path.write_bytes(gzip.compress(seeds.ROWS.encode()))
        case "zip":
            inner.write_text(seeds.ROWS)
            with zipfile.ZipFile(path, "w") as archive:
                archive.write(inner, "a.csv")
        case _:
            WRITERS[FORMATS.get(kind, kind)](path)
    return path


def turns(folder: Path) -> dict[str, tuple[str, Path]]:
    """A file of recorded turns for every way in which such files are packed and put together."""
    found = {}
    for place in sorted((ROOT / "tests/fuzz/corpus").glob("turns/*")):
        found[f"turns {place.stem}"] = place
    for name in ("chat-chat", "sharegpt-sharegpt"):
        rows = (ROOT / f"tests/fuzz/corpus/turns/{name}.bin").read_text().splitlines()
        found[f"turns {name} listed"] = folder / f"{name}.json"
        found[f"turns {name} listed"].write_text(f"[{','.join(rows)}]")
    (folder / "wide.csv").write_text(WIDE)
    (folder / "plain.csv").write_text("turn_id,prompt,output,status\na,q,r,answered\n")
    (folder / "log.eval").write_bytes(
        (ROOT / "tests/fuzz/corpus/eval/inspect-small.bin").read_bytes()
    )
    for kind in ("parquet", "sqlite"):
        (folder / kind).write_bytes(seeds.make_seed(f"turns-{kind}", folder))
    for name in ("wide.csv", "plain.csv", "log.eval", "parquet", "sqlite"):
        found[f"turns {name}"] = folder / name
    return {name: ("turns", path) for name, path in found.items()}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Reader and file, by name."""
    found = {}
    for suffix in TABLES:
        found[f"table {suffix}"] = ("table", table(suffix, tmp_path_factory.mktemp("t")))
    folder = tmp_path_factory.mktemp("folder")
    (folder / "a.csv").write_text(seeds.ROWS)
    found["table folder"] = ("table", folder)
    found |= turns(tmp_path_factory.mktemp("turns"))
    record = seeds.make_seed("record", tmp_path_factory.mktemp("made"))
    made = {"record": record, "verifier": seeds.report_of(record)}
    for kind in OTHERS:
        place = tmp_path_factory.mktemp(kind)
        path = place / f"{kind}.yaml"
        path.write_bytes(made.get(kind) or seeds.make_seed(kind, place))
        found[kind] = (kind, path)
    for name in ("t.html", "t.csv"):
        path = tmp_path_factory.mktemp("published") / name
        path.write_text(seeds.PUBLISHED if name == "t.html" else "Sex,n,k\nM,10,5\nF,10,4\n")
        found[f"published {name}"] = ("published", path)
    return found


@pytest.fixture(scope="module")
def traced(files, tmp_path_factory):
    """What each file's reader called, and what ended in an error."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: apt-get install strace")
    folder = tmp_path_factory.mktemp("traced")
    (folder / "tmp").mkdir()
    asked = {name: (reader, str(path)) for name, (reader, path) in files.items()}
    watched = [strace, "--seccomp-bpf", "-f", "-qq", "-o", str(folder / "log"), "-e", CALLS]
    done = subprocess.run(
        [*watched, sys.executable, "-m", "tests.hostile.reading"],
        input=json.dumps(asked),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls, now = {}, ""
    for line in (folder / "log").read_text().splitlines():
        if found := re.search(rf'"{MARK}([^"]*)"', line):
            now = found[1]
        calls.setdefault(now, []).append(line.split(maxsplit=1)[1])
    return calls, json.loads(done.stdout), folder / "tmp"


def test_the_list_holds_every_reader_and_loader():
    """A newcomer is followed too, or this fails."""
    assert {f".{name}" for name in LOADERS} == set(MODELS)


def test_every_file_is_read(traced):
    assert traced[1] == {}


def test_every_way_of_turns_is_tried(files):
    from raudit.turns.detect import detected

    ways = {(f.container, f.shape) for f in known_formats().values() if not f.refuse}
    tried = (detected(path) for reader, path in files.values() if reader == "turns")
    assert {(found.container, found.shape) for found in tried} == ways


@pytest.mark.parametrize("kind", ["table", "turns", "published", *OTHERS])
def test_no_reader_opens_another_file_or_makes_a_socket(kind, files, traced):
    calls, _errors, scratch = traced
    mine = {name: path for name, (reader, path) in files.items() if reader == kind}
    assert mine
    strangers = {}
    for name, path in mine.items():
        done = [call for call in calls[name] if "= -1 " not in call]
        opened = {
            found[1] for call in done if (found := re.match(r'open\w*\([^"]*"([^"]*)"', call))
        }
        assert any(place.startswith(str(path)) for place in opened), name
        own = (*OWN, *LIBRARIES, str(scratch), str(ROOT / "checklists"), str(ROOT / "llm_formats"))
        opened -= {str(ROOT), str(ROOT / "tests")}  # where modules are looked for
        others = [place for place in opened if not place.startswith((str(path), *own))]
        reached = [call for call in done if REACHES.match(call)]
        started = [call for call in done if call.startswith("execve(")]
        if others or reached or [call for call in started if sys.executable not in call]:
            strangers[name] = (sorted(others), reached, started)
    assert strangers == {}
