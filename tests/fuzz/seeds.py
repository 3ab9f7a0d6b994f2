"""Good files of every kind that the fuzzing breaks, made small, and the ways to break them."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = Path(__file__).with_name("corpus")
EXAMPLE = ROOT / "examples" / "adult-income"
ROWS = "a,b,g,y\n" + "".join(f"{i / 7:.3f},{i % 5},{'uv'[i % 2]},{i % 3 % 2}\n" for i in range(60))
MEMORY = (
    """CREATE TABLE AttackResultEntries (id, conversation_id, objective, outcome, labels, execution_time_ms,
    last_response_id, error_message, error_traceback, timestamp)""",
    """CREATE TABLE PromptMemoryEntries (id, role, response_error, converted_value, prompt_metadata,
    conversation_id, sequence)""",
    "CREATE TABLE ScoreEntries (score_type, score_value, status, scorer_identifier_hash, prompt_request_response_id)",
    "CREATE TABLE TargetIdentifiers (hash, model_name)",
    "CREATE TABLE Conversations (conversation_id, target_identifier_hash)",
)
"""The tables of PyRIT's memory, as far as they are read."""
POLICY = """schema: raudit.policy/1
extends: strict
rules:
  RA-FAIR-001: {severity: high, block: yes}
"""
PUBLISHED = (
    "<table><caption>Sex</caption><tr><th>Sex</th><th># Applicants</th><th># Selected</th><th>Selection Rate</th>"
    "<th>Impact Ratio</th></tr><tr><td>Male</td><td>1,000</td><td>500</td><td>50%</td><td>1.000</td></tr>"
    '<tr><td rowspan="2" colspan=1>Female</td><td>900</td><td>400</td><td>44%</td><td>0.889</td></tr></table>'
)
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
    """A good file, made in a process of its own: training brings libraries and threads that a fuzzer need not have."""
    made = folder / "seed.bin"
    subprocess.run(
        [sys.executable, __file__, target, str(made)], check=True, capture_output=True, cwd=folder
    )
    return made.read_bytes()


def make_seed(target: str, folder: Path) -> bytes:
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
            return record if target == "record" else report_of(record)
        case "parquet" | "arrow" | "sqlite" | "duckdb" | "xlsx":
            _save_table(target, path)
        case "turns" | "eval":
            return next(
                (FOUND / target).glob("*-chat.bin" if target == "turns" else "inspect*")
            ).read_bytes()
        case "people":
            return (EXAMPLE / "people.yaml").read_bytes()
        case "policy":
            return POLICY.encode()
        case "published":
            return PUBLISHED.encode()
        case "workbook":
            return _workbook()
        case "turns-parquet" | "turns-sqlite":
            _save_turns(target, path)
        case _:
            _save_model(target, path)
    return path.read_bytes()


def _workbook() -> bytes:
    from datetime import UTC, datetime

    from raudit.checklists.answers import load_answers
    from raudit.checklists.exchange.workbook import workbook
    from raudit.checklists.form.load import shipped

    checklist = shipped("gdpr-dpia")
    answers = load_answers(EXAMPLE / "answers" / "gdpr-dpia.yaml", checklist)
    return workbook(checklist, answers, at=datetime(2026, 1, 1, tzinfo=UTC))


def _save_turns(kind: str, path: Path) -> None:
    if kind == "turns-parquet":
        import pyarrow as pa
        import pyarrow.parquet

        rows = [
            {
                "turn_id": f"t{i}",
                "prompt": "q",
                "output": f"a {i}",
                "labels": {"x": "uv"[i % 2], "l": [i]},
            }
            for i in range(30)
        ]
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
        return
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in MEMORY:
            db.execute(statement)
        for i in range(20):
            attack = (
                f"a{i}",
                f"c{i}",
                "o",
                "success",
                '{"g": "u"}',
                5,
                f"p{i}",
                None,
                None,
                "2026-01-01",
            )
            db.execute(
                "INSERT INTO AttackResultEntries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", attack
            )
            piece = (f"p{i}", "assistant", "none", "answer", "{}", f"c{i}", 1)
            db.execute("INSERT INTO PromptMemoryEntries VALUES (?, ?, ?, ?, ?, ?, ?)", piece)
            score = ("true_false", "True", "complete", "h", f"p{i}")
            db.execute("INSERT INTO ScoreEntries VALUES (?, ?, ?, ?, ?)", score)
        db.commit()


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


def report_of(record: bytes) -> bytes:
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


if __name__ == "__main__":
    place = Path(sys.argv[2])
    place.write_bytes(make_seed(sys.argv[1], place.parent))
