"""Values that many rows share are values still: none reaches a plan, record, report, log, cache, error or output."""

import contextlib
import csv
import json
import sqlite3
import zlib
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.cli import main
from raudit.data import open_data
from raudit.data.look import look_at
from raudit.data.naming import first_row_of_data, names_persons
from raudit.emit.keys import first_keys

AGENTS = [
    ("Zyzanna Quillfeather", "zyzanna.q@quillmail.example", "+1 212 555 0141"),
    ("Bobrik Tarnwood", "bobrik.t@tarnmail.example", "+1 212 555 0142"),
    ("Oxo Vellumby", "oxo.v@vellmail.example", "+1 212 555 0143"),
]
CANARIES = (
    "quillfeather",
    "tarnwood",
    "vellumby",
    "quillmail",
    "tarnmail",
    "vellmail",
    "555 014",
    "5550141",
)


def rows(n=120):
    for i in range(n):
        name, mail, phone = AGENTS[i % 3]
        yield {
            "id": i,
            "agent_name": name,
            "handled": mail,
            "reach": phone,
            "decided_by": AGENTS[i % 2][0],
            "note": f"call {name} at {phone} about case {i} please",
            "group": "AB"[i % 2],
            "label": int(i % 4 > 1),
            "prediction": int(i % 5 > 1),
            "city": ["Riga", "Oslo"][i % 2],
        }


@pytest.fixture
def raudit(capfd):
    def run(*args):
        status = 0
        try:
            main([str(arg) for arg in args])
        except SystemExit as stop:
            status = stop.code
        said = capfd.readouterr()
        return status, said.out + said.err

    return run


def clean(*outputs):
    for output in outputs:
        text = output.decode("latin-1") if isinstance(output, bytes) else output
        assert not [c for c in CANARIES if c in text.casefold()], text[:300]


def inside(data):
    """A file, and what its compressed streams hold."""
    yield data
    for part in data.split(b"stream")[1:]:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(part.lstrip(b"\r\n"))


PLAN = """schema: raudit.plan/1
system: {name: case, version: "1"}
data: {path: d.csv, label: {column: label, favourable: "1"}, prediction: {column: prediction, favourable: "1"}}
sensitive_features: [group]
stages: {data_profile: {}, fairness: {}%s}
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
"""


def write_csv(path):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(next(rows())))
        writer.writeheader()
        writer.writerows(rows())
    return path


@pytest.mark.parametrize("pii", [pytest.param("", marks=pytest.mark.slow), ", pii: {}"])
def test_an_audit_of_shared_values(raudit, tmp_path, monkeypatch, pii):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "d.csv")
    (tmp_path / "raudit.yaml").write_text(PLAN % pii)
    first_keys(
        tmp_path / "keys", name="Tester", log_name="t", clock=datetime(2026, 11, 20, tzinfo=UTC)
    )
    status, said = raudit("run", "raudit.yaml", "-o", "out")
    assert status in {0, 1, 3}
    outputs = [
        a
        for kind in ("sarif", "junit", "json", "markdown", "github", "gitlab", "text", "record")
        for a in ("--output", f"{kind}=out/check.{kind}")
    ]
    raudit("check", "--no-log", *outputs)
    clean(said)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    profiles = record["stages"][0]["artefacts"]["profiles"]["features"]
    assert profiles["agent_name"]["kind"] == "omitted"
    assert profiles["city"]["levels"] == ["Oslo", "Riga"]
    assert (tmp_path / ".raudit-cache").is_dir()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "d.csv":
            clean(*inside(path.read_bytes()))


def test_a_draft_plan_names_nobody(raudit, tmp_path):
    path = write_csv(tmp_path / "d.csv")
    status, said = raudit("init", path, "-o", tmp_path / "raudit.yaml", "--no-keys")
    assert status == 0
    text = (tmp_path / "raudit.yaml").read_text()
    clean(said, text)
    assert "agent_name: text, 3 distinct" in text
    looks = {look.name: look for look in look_at(open_data(path))}
    assert looks["city"].levels == ("Oslo", "Riga")
    assert looks["decided_by"].levels == ()


def write_all(folder):
    write_csv(folder / "a.csv")
    table = pa.Table.from_pylist(list(rows()))
    (folder / "x" / "handled=zyzanna.q@quillmail.example").mkdir(parents=True)
    (folder / "y" / "agent_name=Bobrik%20Tarnwood").mkdir(parents=True)
    pq.write_table(
        table.drop_columns(["handled"]),
        folder / "x" / "handled=zyzanna.q@quillmail.example" / "p.parquet",
    )
    pq.write_table(
        table.drop_columns(["agent_name"]),
        folder / "y" / "agent_name=Bobrik%20Tarnwood" / "p.parquet",
    )
    (folder / "b.jsonl").write_text(
        "\n".join(json.dumps(row) for row in rows()) + "\n{oxo.v@vellmail.example\n"
    )
    (folder / "broken.parquet").write_bytes(b"PAR1 Zyzanna Quillfeather PAR1")
    (folder / "nohead.csv").write_text(
        "1,Oxo Vellumby,oxo.v@vellmail.example\n2,B,bobrik.t@tarnmail.example\n"
    )
    with sqlite3.connect(folder / "s.sqlite") as db:
        db.execute('CREATE TABLE "for oxo.v@vellmail.example" (handled TEXT)')
        db.execute('INSERT INTO "for oxo.v@vellmail.example" VALUES (?)', (AGENTS[0][1],))
    db.close()


@pytest.mark.parametrize(
    "form", [(), pytest.param(("--json",), marks=pytest.mark.slow), ("--sarif",)]
)
def test_a_scan_of_every_reader(raudit, tmp_path, form):
    write_all(tmp_path)
    status, said = raudit("pii", "scan", tmp_path, *form)
    assert status == 1
    assert len(said) > 500
    clean(said)


def test_persons_never_become_names_of_columns(raudit, tmp_path):
    """A scan reads a first row that is data as data and says so; where names are declared they are refused."""
    path, typed = tmp_path / "nohead.csv", tmp_path / "nohead.parquet"
    row = ["1", "Oxo Vellumby", "oxo.v@vellmail.example"]
    path.write_text(",".join(row) + "\n2,B,bobrik.t@tarnmail.example\n")
    pq.write_table(pa.table({name: ["2"] for name in row}), typed)
    plan = ("-o", tmp_path / "p.yaml", "--no-keys")
    for expected, *command in (
        (1, "pii", "scan", path),
        (2, "pii", "scan", path, "--header"),
        (2, "pii", "scan", typed),
        (2, "pii", "redact", typed, "-o", tmp_path / "copy.parquet"),
        (2, "init", path, *plan),
        (2, "init", typed, *plan),
    ):
        status, said = raudit(*command)
        assert (status, "like data" in said) == (expected, True), command
        # Where the names are no line of the file, nobody is told to say that it has none.
        assert ("rename it" in said) is (typed in command and "pii" in command)
        clean(said)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('column: label, favourable: "1"', "column: agent_name, favourable: nobody"),
        ('column: label, favourable: "1"', "column: handled, favourable: x, unfavourable: y"),
        ('column: prediction, favourable: "1"', "column: note, favourable: x"),
        ("sensitive_features: [group]", "sensitive_features: [{column: agent_name, edges: [3]}]"),
        ("path: d.csv", "path: d.csv, weight: handled"),
        ("path: d.csv", "path: d.csv, score: {column: reach}"),
        ("fairness: {}", "fairness: {}, pii: {columns: [nobody]}"),
    ],
)
def test_errors_quote_no_value(raudit, tmp_path, monkeypatch, old, new):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "d.csv")
    (tmp_path / "raudit.yaml").write_text((PLAN % "").replace(old, new))
    status, said = raudit("check", "--no-log", "--no-cache", "--output", "json=r.json")
    assert status in {2, 3, 1, 5}
    clean(said)
    if (tmp_path / "r.json").exists():
        clean((tmp_path / "r.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "values", "withheld"),
    [
        ("agent", ["Zyzanna Quillfeather", "Bobrik Tarnwood"], True),
        ("vendor_email", ["x"], True),
        ("firstName", ["Ann"], True),
        ("who", ["a@b.example", "c"], True),
        ("line", ["0151 234 5678"], True),
        ("day", ["2026-01-02", "2026-01-03T10:00:00Z"], False),
        ("workclass", ["Private", "Self-emp-not-inc"], False),
        ("income", [">50K", "<=50K"], False),
        ("rename_count", ["many"], False),
        ("empty", [None, ""], False),
    ],
)
def test_which_columns_are_withheld(name, values, withheld):
    assert names_persons(name, values) is withheld


def test_ordinary_names_of_columns_are_a_header():
    assert not first_row_of_data(
        ["id", "e-mail", "2026-01-02", "20260102", "x@y", "phone +1", "12345"]
    )
    assert first_row_of_data(["1", "Anna", "anna@example.org"])
    assert first_row_of_data(["+1 212 555 0141"])
