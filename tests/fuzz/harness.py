"""Break good files and hand them to whatever reads files: only an error of ours may come out.

    python tests/fuzz/harness.py --seconds 600            # every target in turn
    python tests/fuzz/harness.py --target answers --seconds 60 --keep folder

With atheris installed (``pip install atheris``) the changes are led by what code of raudit they reach; without it they
are drawn at random. Each target runs in a process of its own, as the readers of data and the loaders of models do in
raudit. A native library that crashes ends that process and is counted; anywhere else that is a failure, as is every
exception that is not a ``RauditError``. The input that did it is kept and can be given again: ``--target answers
--input folder/answers-….bin``; what was mended stays in ``corpus``, by target.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import importlib
import importlib.util
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

atheris: Any = None
if "--worker" in sys.argv and importlib.util.find_spec("atheris"):
    atheris = importlib.import_module("atheris")


def instrumented() -> contextlib.AbstractContextManager[object]:
    """Where raudit is imported so that atheris sees which code of it a file reaches."""
    return contextlib.nullcontext() if atheris is None else atheris.instrument_imports(["raudit"])


with instrumented():
    from raudit.data.readers import Gap, ReadOptions, StreamedTable
    from raudit.data.readers.reader_task import NATIVE
    from raudit.errors import RauditError, place_of
    from raudit.plan.schema import DataLimits

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "adult-income"
ROWS = "a,b,g,y\n" + "".join(f"{i / 7:.3f},{i % 5},{'uv'[i % 2]},{i % 3 % 2}\n" for i in range(60))
CORPUS = Path(__file__).with_name("corpus")
MODELS = ("skops", "ubj", "json", "txt", "cbm", "onnx")
TABLES = ("parquet", "arrow", "sqlite", "duckdb", "xlsx")
CONTAINED = (*MODELS, *TABLES)
"""Targets whose reader is a large native library, which raudit only ever runs in a process of its own."""
TEXTS_OF_ROWS = ("csv", "jsonl", "gz", "zip")
NUMBERS = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"\xff" * 8,
    b"-1",
    b"1e999",
    b"NaN",
)
MARKS = (
    b"&a *a",
    b"{{",
    b"[" * 200,
    b"\xe2\x80\xae",
    b"\xf0\x9f\x92\xa3",
    b"../",
    b"\r",
    b"---\n",
    b"!!python/name:os ",
)
INTERESTING = (*NUMBERS, *MARKS)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few changes: flipped, cut, doubled, moved and inserted bytes."""
    out = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at, to = sorted(rng.randrange(len(out) + 1) for _ in range(2))
        match rng.randrange(7):
            case 0 if out:
                out[min(at, len(out) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                out[at : at + len(piece)] = (piece := rng.choice(INTERESTING))
            case 2:
                out[at:at] = rng.choice(INTERESTING)
            case 3:
                del out[at : min(to, at + rng.choice((1, 8, 200)))]
            case 4:
                out[at:at] = out[at : min(to, at + 300)] * rng.choice((1, 2, 50))
            case 5 if rng.random() < 0.2:
                del out[at:]
            case _ if out:
                out[min(at, len(out) - 1)] = rng.randrange(256)
    return bytes(out)


def seed_of(target: str, folder: Path) -> bytes:
    """A good file."""
    path = folder / f"seed.{target}"
    match target:
        case "answers":
            return (EXAMPLE / "answers" / "gdpr-dpia.yaml").read_bytes()
        case "checklist":
            return (ROOT / "checklists" / "gdpr-dpia.yaml").read_bytes()
        case "plan":
            return (EXAMPLE / "raudit.yaml").read_bytes()
        case "csv":
            return ROWS.encode()
        case "jsonl":
            return b"".join(b'{"a": %d, "b": {"c": [1, "x"]}, "d": null}\n' % i for i in range(20))
        case "gz":
            return gzip.compress(ROWS.encode(), mtime=0)
        case "zip":
            sink = io.BytesIO()
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("a.csv", ROWS)
                archive.writestr("b.jsonl", '{"a": 1}\n')
            return sink.getvalue()
        case "record" | "verifier":
            record = _record(folder)
            return record if target == "record" else _pdf(record)
        case "parquet" | "arrow" | "sqlite" | "duckdb" | "xlsx":
            _save_table(target, path)
        case _:
            _save_model(target, path)
    return path.read_bytes()


def _save_table(kind: str, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv

    table = pyarrow.csv.read_csv(io.BytesIO(ROWS.encode()))
    table = table.append_column("n", pa.array([[{"k": str(i)}] for i in range(table.num_rows)]))
    match kind:
        case "parquet":
            import pyarrow.parquet

            pyarrow.parquet.write_table(table, path)
        case "arrow":
            table = table.append_column("d", table["g"].dictionary_encode())
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table)
        case "sqlite":
            with contextlib.closing(sqlite3.connect(path)) as db:
                db.execute("CREATE TABLE t (a, b, c AS (a || b))")
                db.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(i, "x") for i in range(60)])
                db.execute("CREATE VIEW v AS SELECT * FROM t")
                db.commit()
        case "duckdb":
            import duckdb

            with duckdb.connect(str(path)) as db:
                db.execute(
                    "CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(50)"
                )
        case _:
            import openpyxl

            book = openpyxl.Workbook()
            for row in (["a", "b"], [1, "x"], [2.5, True]):
                book.active.append(row)
            book.save(path)


def _record(folder: Path) -> bytes:
    from datetime import UTC, datetime

    from raudit.pipeline import measure, prepare
    from raudit.plan import parse_plan
    from raudit.record import record_bytes

    (folder / "d.csv").write_text(ROWS)
    text = (
        'schema: raudit.plan/1\nsystem: {name: T, version: "1"}\nsensitive_features: [g]\nstages: {fairness: }\n'
        'data: {path: d.csv, label: {column: y, favourable: "1"}, prediction: {column: b, favourable: ["1", "2"]}}\n'
    )
    plan = parse_plan(text, folder=folder)
    return record_bytes(measure(prepare(plan, clock=datetime(2026, 1, 1, tzinfo=UTC))))


def _pdf(record: bytes) -> bytes:
    """A report that nobody signed, with its record inside and a signature's dictionary that signs nothing."""
    import pikepdf

    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments["record.json"] = record
    signature = pikepdf.Dictionary(
        Type=pikepdf.Name.Sig,
        Filter=pikepdf.Name("/Adobe.PPKLite"),
        SubFilter=pikepdf.Name("/ETSI.CAdES.detached"),
        ByteRange=[0, 10, 20, 30],
        Contents=pikepdf.String(b"0\x80"),
    )
    field = pikepdf.Dictionary(
        FT=pikepdf.Name.Sig, T=pikepdf.String("S"), V=pdf.make_indirect(signature)
    )
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[pdf.make_indirect(field)], SigFlags=3)
    sink = io.BytesIO()
    pdf.save(sink)
    return sink.getvalue()


def _save_model(kind: str, path: Path) -> None:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    x = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    y = (x.a > 0).astype(int)
    if kind in ("ubj", "json"):
        import xgboost

        xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(x, y).save_model(path)
    elif kind == "txt":
        import lightgbm

        lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, y).booster_.save_model(path)
    elif kind == "cbm":
        import catboost

        catboost.CatBoostClassifier(
            iterations=3, depth=2, verbose=0, allow_writing_files=False
        ).fit(x, y).save_model(path)
    else:
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression().fit(x, y)
        if kind == "skops":
            import skops.io

            skops.io.dump(fitted, path)
        else:
            import skl2onnx

            path.write_bytes(
                skl2onnx.to_onnx(fitted, x.to_numpy(np.float32)[:1]).SerializeToString()
            )


def reader_of(target: str, folder: Path) -> Callable[[bytes], object]:
    """What reads such a file, by its public function."""
    path = folder / f"input.{target}"

    def written(content: bytes) -> Path:
        path.write_bytes(content)
        return path

    match target:
        case "answers":
            from raudit.checklists.answers import load_answers
            from raudit.checklists.form.load import shipped

            checklist = shipped("gdpr-dpia")
            return lambda content: load_answers(written(content), checklist)
        case "checklist":
            from raudit.checklists.form.load import load_checklist

            return lambda content: load_checklist(written(content))
        case "plan":
            from raudit.plan import load_plan

            return lambda content: load_plan(written(content))
        case "record":
            from raudit.record import parse_record

            return parse_record
        case "verifier":
            from raudit.verify import verify_report

            return verify_report
        case "csv" | "jsonl" | "gz" | "zip":
            from raudit.data.readers import open_source

            return lambda content: _read_all(open_source(written(content), _options()))
        case "parquet" | "arrow" | "sqlite" | "duckdb" | "xlsx":
            return _table_reader("excel" if target == "xlsx" else target, written)
        case _:
            return _model_reader(written)


def _options() -> ReadOptions:
    return ReadOptions(limits=DataLimits(bytes=2**26, memory_gib=0.5, seconds=100))


def _table_reader(kind: str, written: Callable[[bytes], Path]) -> Callable[[bytes], object]:
    """What a reader's own process runs, without the process."""
    opener, *_ = NATIVE[kind]
    module, _, name = opener.partition(":")
    function = getattr(importlib.import_module(module), name)

    def read(content: bytes) -> object:
        found = function(written(content), f"t.{kind}", _options())
        return _read_all([found] if isinstance(found, StreamedTable) else found)

    return read


def _read_all(sources: Iterable[StreamedTable | Gap]) -> int:
    tables = (source for source in sources if isinstance(source, StreamedTable))
    return sum(batch.num_rows for table in tables for batch in table.batches())


def _model_reader(written: Callable[[bytes], Path]) -> Callable[[bytes], object]:
    import pandas as pd

    from raudit.model import load_model
    from raudit.model.predict import predict_rows
    from raudit.plan import ModelSection

    frame = pd.DataFrame({"a": [0.5, -1.0], "b": [2.0, 0.0]})

    def read(content: bytes) -> object:
        path = written(content)
        section = ModelSection(path=path.name, features=("a", "b"))
        return predict_rows(load_model(section, path, columns=("a", "b")), frame)

    return read


TARGETS = (
    *("answers", "checklist", "plan", "record", "verifier"),
    *TEXTS_OF_ROWS,
    *TABLES,
    *MODELS,
)


def work(target: str, seconds: float, seed: int, folder: Path) -> None:
    """Read broken files until the time is up; end with 3 at the first fault. The last input is on the disk."""
    import resource

    good = seed_of(target, folder)
    with instrumented():
        read = reader_of(target, folder)
    read(good)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    counts = {"files": 0, "refused": 0}

    def one(content: bytes) -> None:
        (folder / "last.bin").write_bytes(content)
        try:
            read(content)
        except RauditError:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 -- what is looked for
            fault = f"{type(error).__name__} at {place_of(error)}: {error}"
            print(json.dumps({"fault": fault[:300]}), flush=True)
            os._exit(3)
        counts["files"] += 1
        (folder / "count").write_text("{files} {refused}".format(**counts))

    kept = sorted((CORPUS / target).glob("*"))
    for path in kept:
        one(path.read_bytes())
    if atheris is None:
        _at_random(one, [good, *(path.read_bytes() for path in kept)], seconds, seed)
    else:
        _guided(one, good, seconds, seed, folder, CORPUS / target)


def _at_random(
    one: Callable[[bytes], None], seeds: Sequence[bytes], seconds: float, seed: int
) -> None:
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one(mutated(rng.choice(seeds), rng))


def _guided(
    one: Callable[[bytes], None], good: bytes, seconds: float, seed: int, folder: Path, kept: Path
) -> None:
    """Let atheris lead; half of its changes are those of ``mutated``, which knows what breaks readers."""
    (folder / "corpus").mkdir()
    (folder / "corpus" / "good").write_bytes(good)
    places = [str(folder / "corpus"), *([str(kept)] if kept.is_dir() else [])]

    def change(content: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        led = rng.random() < 0.5
        return (atheris.Mutate(content, most) if led else mutated(content, rng))[:most]

    flags = ["-verbosity=0", f"-seed={seed + 1}", f"-max_total_time={max(1, int(seconds))}"]
    flags += [
        "-len_control=0",
        "-rss_limit_mb=0",
        "-timeout=100",
        f"-max_len={4 * len(good) + 4096}",
    ]
    flags += [f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *flags, *places], one, custom_mutator=change)
    with contextlib.suppress(SystemExit):
        atheris.Fuzz()


def campaign(target: str, seconds: float, seed: int, keep: Path | None) -> tuple[str, bool]:
    """Run workers until the time is up; a line to print, and whether all was well."""
    end, count, refused, crashes, faults = time.monotonic() + seconds, 0, 0, 0, []
    while not count or time.monotonic() < end:
        with tempfile.TemporaryDirectory() as name:
            left = max(0.5, end - time.monotonic())
            command = [sys.executable, __file__, "--target", target, "--worker", name]
            command += ["--seconds", str(left), "--seed", str(seed)]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, check=False, timeout=left + 300
                )
                status, said = (
                    done.returncode,
                    (done.stdout + done.stderr).strip().splitlines()[-1:],
                )
            except subprocess.TimeoutExpired:
                status, said = -9, ["hung"]
            counted = Path(name, "count")
            one, two = map(int, counted.read_text().split()) if counted.exists() else (1, 0)
            count, refused, seed = count + one, refused + two, seed + 1
            if status:
                crashes += status < 0
                if status > 0 or target not in CONTAINED:
                    faults.append(f"{status} {' '.join(said)}")
                    last = Path(name, "last.bin")
                    if keep is not None and last.exists():
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{target}-{seed - 1}.bin").write_bytes(last.read_bytes())
    more = "".join(f"\n    {fault}" for fault in sorted(set(faults)))
    return (
        f"{target}: {count:,} files, {refused:,} refused, {crashes} crashes of a library, {len(faults)} faults{more}",
        not faults,
    )


def main() -> int:
    """Run targets one after another; 1 if any had a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=600, help="altogether")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files that were read wrongly")
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
        line, good = campaign(target, given.seconds / len(targets), given.seed, given.keep)
        print(line, flush=True)
        well = well and good
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
