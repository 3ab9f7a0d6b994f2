"""Every reader × every output × every error: no byte that raudit writes holds a planted value, in any coding."""

import base64
import zlib
from datetime import UTC, datetime

import pytest

from raudit.cli import main
from raudit.emit.keys import first_keys

from .canaries import MAIL, NAMED, PERSONS, READERS, found_in, leaks, rows

OUTPUTS = ("sarif", "junit", "json", "markdown", "github", "gitlab", "text", "record")
PLAN = """schema: raudit.plan/1
system: {name: case, version: "1"}
data:
  path: %(path)s
  label: {column: label, favourable: "1"}
  prediction: {column: prediction, favourable: "1"}
sensitive_features: [group, office]
stages: {data_readiness: {}, fairness: {}, drift: {}%(stages)s}
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
"""
QUICK = {"csv", "sqlite"}
"""Readers that are tried in every run of the tests; the others are slow."""


def slow_but(quick, names):
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture
def raudit(capfd):
    def run(*args):
        status = 0
        try:
            main([str(arg) for arg in args])
        except SystemExit as stop:
            status = stop.code
        streams = capfd.readouterr()
        assert status != 4, streams.err
        return status, streams.out + streams.err

    return run


@pytest.fixture
def keys(tmp_path):
    clock = datetime(2026, 11, 20, tzinfo=UTC)
    first_keys(tmp_path / "keys", name="Tester", log_name="t", clock=clock)


@pytest.mark.parametrize("coded", ["utf-8", "utf-16-le", "utf-16-be", "base64", "stream", "hex"])
def test_the_search_sees(coded):
    """A search that is blind would pass everything."""
    text = b"x" + f"about {MAIL}".encode()
    hidden = {
        "base64": lambda: base64.b64encode(text),
        "stream": lambda: b"1 0 obj\nstream\n" + zlib.compress(text) + b"\nendstream",
        "hex": lambda: text.hex().encode(),
    }.get(coded, lambda: text.decode().encode(coded))()
    assert found_in(hidden)
    assert not found_in(b"nobody is here")


@pytest.mark.parametrize("form", slow_but({"csv", "parquet", "sqlite"}, READERS))
def test_scans_and_drafts_of_every_reader(raudit, tmp_path, form):
    path = tmp_path / f"data.{form}"
    READERS[form](path)
    said = ""
    for more in ((), ("--json",), ("--sarif",), ("--mode", "full")):
        status, text = raudit("pii", "scan", path, *more)
        assert status == 1
        said += text
    said += raudit("init", path, "-o", tmp_path / "raudit.yaml", "--no-keys")[1]
    said += raudit("pii", "scan", path, "--columns", MAIL)[1].replace(MAIL, "")
    assert not leaks(tmp_path, said, besides=[path])


@pytest.mark.parametrize("form", slow_but(QUICK, READERS))
def test_an_audit_of_every_reader(raudit, tmp_path, monkeypatch, keys, form):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"data.{form}"
    READERS[form](path)
    plan = PLAN % {"path": path.name, "stages": ", pii: {}" if form == "csv" else ""}
    (tmp_path / "raudit.yaml").write_text(plan)
    outputs = [a for kind in OUTPUTS for a in ("--output", f"{kind}=out/check.{kind}")]
    (tmp_path / "out").mkdir()
    status, said = raudit("check", *outputs)
    assert status in {0, 1, 3}
    assert not leaks(tmp_path, said, besides=[path])


@pytest.mark.slow
def test_what_is_made_of_data_and_records(raudit, tmp_path, monkeypatch, keys):
    """Readiness in every form, a database by its address, and audits beside one another."""
    monkeypatch.chdir(tmp_path)
    READERS["csv"](tmp_path / "data.csv")
    READERS["sqlite"](tmp_path / "data.sqlite")
    said = ""
    for form in ("html", "md", "json"):
        status, text = raudit("readiness", "data.csv", "--label", "label", "-o", f"ready.{form}")
        assert status in {0, 1, 3}
        said += text
    said += raudit("readiness", "data.csv", "--json", "--write-contract", "kept.yaml")[1]
    said += raudit("readiness", "data.csv", "--reference", "data.csv")[1]
    said += raudit("pii", "scan", f"sqlite:///{tmp_path}/data.sqlite", "--json")[1]
    (tmp_path / "raudit.yaml").write_text(PLAN % {"path": "data.csv", "stages": ""})
    (tmp_path / "records").mkdir()
    for name in ("a", "b"):
        said += raudit("check", "--output", f"record=records/{name}.json")[1]
    status, text = raudit("compare", "records/a.json", "records/b.json")
    assert status in {0, 1, 3}
    said += text + raudit("trend", "records")[1]
    told = [tmp_path / name for name in ("data.csv", "data.sqlite")]
    assert not leaks(tmp_path, said, besides=told)


@pytest.mark.parametrize("template", [None])
def test_a_report_with_everything_in_it(raudit, tmp_path, monkeypatch, keys, template):
    """The signed PDF, its attachments, the log, the cache and every other file beside them."""
    monkeypatch.chdir(tmp_path)
    READERS["csv"](tmp_path / "data.csv")
    hidden = {"allow": [MAIL], "deny": [PERSONS[1][0]]}
    plan = PLAN % {"path": "data.csv", "stages": f", pii: {hidden}"}
    (tmp_path / "raudit.yaml").write_text(plan)
    status, said = raudit("run", "raudit.yaml", "-o", "out")
    assert status in {0, 1, 3}
    assert (tmp_path / "out" / "report.pdf").is_file()
    told = [tmp_path / "data.csv", tmp_path / "raudit.yaml"]
    assert not leaks(tmp_path, said, besides=told)


@pytest.mark.parametrize("place", NAMED)
def test_values_that_are_no_cells(raudit, tmp_path, monkeypatch, place):
    """In names of files, tables, sheets, members, keys, headers, and in parts that cannot be read."""
    folder = tmp_path / "in"
    folder.mkdir()
    NAMED[place](folder)
    said = ""
    for more in ((), ("--sarif",)):
        said += raudit("pii", "scan", folder, *more)[1]
    monkeypatch.chdir(tmp_path)
    (path,) = folder.iterdir()
    said += raudit("pii", "scan", path)[1]
    said += raudit("init", path, "-o", tmp_path / "raudit.yaml", "--no-keys")[1]
    # The person who names a file on the command line, and a plan that leads to it, repeat its name.
    written = said + "".join(p.read_text() for p in tmp_path.glob("*.yaml"))
    for own in (str(path), path.name):
        written = written.replace(own, "")
    assert not leaks(tmp_path / "none", written)


@pytest.mark.parametrize("ask", ["readiness", "scan_pii"])
def test_a_frame_in_python(ask):
    """What comes back from Python holds no more than a record."""
    import pandas as pd

    import raudit

    result = getattr(raudit, ask)(pd.DataFrame(list(rows())))
    told = repr(result) + result.to_frame().to_csv()
    assert not found_in(told.encode())
