"""No value of the data reaches anything that raudit writes or prints."""

import contextlib
import csv
import json
import random
import shutil
import string
import subprocess
import zlib
from datetime import UTC, datetime

import pytest

from raudit.cli import main
from raudit.emit.keys import first_keys
from raudit.scan.printed import printed_names
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare

DRAW = random.Random(20261121)
N = 60


def word(n, letters=string.ascii_lowercase):
    return "".join(DRAW.choice(letters) for _ in range(n))


def digits(n):
    return word(n, "0123456789")


def card():
    body = [4, 5, *(DRAW.randrange(10) for _ in range(13))]
    doubled = [d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(body)]
    return "".join(map(str, [*body, -sum(doubled) % 10]))


def iban():
    account = digits(18)
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


# One maker for each kind of value; every value is unlike any other and unlike any word of ours.
MAKERS = {
    "full_name": lambda: f"{word(7).title()} {word(9).title()}",
    "email": lambda: f"{word(8)}.{word(7)}@{word(9)}.org",
    "phone": lambda: f"+1 617 555 01{digits(2)} x{digits(5)}",
    "street_address": lambda: f"{digits(4)} {word(9).title()} Street",
    "date_of_birth": lambda: (
        f"{DRAW.randint(1931, 1999)}-{DRAW.randint(1, 12):02}-{DRAW.randint(10, 28)}"
    ),
    "ssn": lambda: f"5{digits(2)}-{DRAW.randint(11, 89)}-{DRAW.randint(1111, 9899)}",
    "card_number": card,
    "iban": iban,
    "ip_address": lambda: ".".join(str(DRAW.randint(101, 254)) for _ in range(4)),
    "mac": lambda: ":".join(word(2, "0123456789abcdef") for _ in range(6)),
    "api_key": lambda: "ghp_" + word(36, string.ascii_letters + string.digits),
    "password": lambda: f"{word(11)}!{digits(3)}",
    "url": lambda: f"https://{word(10)}.com/{word(8)}",
    "username": lambda: f"{word(10)}_{digits(3)}",
    "religion": lambda: DRAW.choice(["catholic", "muslim", "jewish"]),
    "passport": lambda: "X" + digits(8),
    "notes": lambda: (
        f"Please ask {word(7).title()} {word(8).title()} or write to {word(9)}@{word(8)}.net by {digits(9)}"
    ),
}
KEPT = {"religion"}
"""Columns whose few values are words that the report must be able to use."""


@pytest.fixture(scope="module")
def rows():
    return [{name: make() for name, make in MAKERS.items()} for _ in range(N)]


@pytest.fixture(scope="module")
def planted(rows):
    """What must not turn up: values and their parts, as written, lower-case, reversed, digits only, escaped."""
    found = set()
    for row in rows:
        for text in (row[name] for name in MAKERS if name not in KEPT):
            pieces = {text, *(p for p in text.replace("@", " ").split() if len(p) >= 8)}
            found |= pieces
    forms = set()
    for text in found:
        number = "".join(c for c in text if c.isdigit())
        forms |= {text.casefold(), text[::-1].casefold(), json.dumps(text)[1:-1].casefold()}
        forms |= {number} if len(number) >= 9 else set()
    return forms


@pytest.fixture
def leaks(planted):
    def search(*outputs):
        found = set()
        for output in outputs:
            text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
            text = text.casefold()
            found |= {form for form in planted if form in text}
        return found

    return search


@pytest.fixture(scope="module")
def table(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("leak") / "data.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*MAKERS, "y", "p", "sex"])
        for i, row in enumerate(rows):
            writer.writerow(
                [
                    *row.values(),
                    "yes" if i % 3 else "no",
                    "yes" if i % 2 else "no",
                    "f" if i % 4 else "m",
                ]
            )
    return path


@pytest.fixture
def raudit(capfd):
    def run(*args):
        with pytest.raises(SystemExit) as stop:
            main([*map(str, args)])
        return stop.value.code, *capfd.readouterr()

    return run


def inside_pdf(data):
    """The bytes of a PDF, and what its compressed streams hold."""
    yield data
    at = 0
    while (at := data.find(b"stream", at)) >= 0:
        begin = at + 6 + (2 if data[at + 6 : at + 8] == b"\r\n" else 1)
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[begin : begin + 30_000_000])
        at = begin
    if shutil.which("pdftotext"):
        yield subprocess.run(
            ["pdftotext", "-", "-"], input=data, capture_output=True, check=True
        ).stdout


def test_the_search_itself_finds_what_is_there(leaks, table):
    assert len(leaks(table.read_text())) > 10 * N


@pytest.mark.parametrize(
    "form", [(), ("--json",), ("--sarif",), ("--mode", "full"), ("--model", "none")]
)
def test_scan(raudit, leaks, table, form):
    status, out, err = raudit("pii", "scan", table, *form)
    assert status == 1
    assert len(out) > 500
    assert leaks(out, err) == set()


def test_redact(raudit, leaks, table, tmp_path):
    for how in ("mask", "replace", "pseudonymise"):
        (tmp_path / "key").write_bytes(bytes(range(32)))
        status, out, err = raudit(
            "pii",
            "redact",
            table,
            "-o",
            tmp_path / f"{how}.csv",
            "--how",
            how,
            "--key",
            tmp_path / "key",
        )
        assert status in {0, 1}
        assert leaks(out, err) == set()


def test_an_audit(raudit, leaks, table):
    folder = table.parent
    (folder / "raudit.yaml").write_text(
        """schema: raudit.plan/1
system: {name: Small, version: "1"}
data:
  path: data.csv
  label: {column: y, favourable: "yes", unfavourable: "no"}
  prediction: {column: p, favourable: "yes", unfavourable: "no"}
sensitive_features: [sex]
stages: {pii: {}, fairness: {}}
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
seed: 7
"""
    )
    first_keys(
        folder / "keys",
        name="Tester",
        log_name="test-log",
        clock=datetime(2026, 11, 20, tzinfo=UTC),
    )
    status, out, err = raudit("run", folder / "raudit.yaml", "-o", folder / "out")
    assert status in {0, 1, 3}
    assert leaks(out, err) == set()
    written = [p for p in (folder / "out").rglob("*") if p.is_file()]
    record = next(p for p in written if p.name == "record.json")
    assert any(p.suffix == ".pdf" for p in written)
    assert "RA-PII-001" in record.read_text()
    for ending in ("html", "md"):
        raudit("report", record, "-o", folder / "out" / f"again.{ending}")
    for path in (*(folder / "out").rglob("*"), folder / "log.db"):
        if path.is_file():
            data = path.read_bytes()
            assert leaks(*(inside_pdf(data) if path.suffix == ".pdf" else [data])) == set(), (
                path.name
            )


@pytest.mark.parametrize(
    "where",
    [
        "stages.pii.recognise.engine.Engine.spans",
        "stages.pii.count.scan.ColumnScan.add",
        "stages.pii.assess.judge",
        "scan.redact.Redactor.cells",
    ],
)
def test_a_failure_in_the_middle(raudit, leaks, table, tmp_path, monkeypatch, where):
    """Even an error of ours that quotes the cell it stumbled over is not passed on."""

    def stumble(*args, **kwargs):
        raise ValueError(f"cannot read {table.read_text()[:20_000]}")

    monkeypatch.setattr(f"raudit.{where}", stumble)
    command = ["redact", table, "-o", tmp_path / "x.csv"] if "redact" in where else ["scan", table]
    status, out, err = raudit("pii", *command)
    assert status == 4
    assert leaks(out, err) == set()
    assert not list(tmp_path.glob("x.csv*"))


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("customers_anna_miller.csv", True),
        ("hr/anna.miller_2024.csv", True),
        ("Nguyen Thi Huong.xlsx", True),
        ("json_iban.csv", False),
        ("json_ssn.csv", False),
        ("german_credit.csv", False),
    ],
)
def test_names_of_files_are_printed_without_persons(name, masked):
    printed = printed_names(prepare(Options(), seed=1))
    assert (printed(name) != name) is masked
