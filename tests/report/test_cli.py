"""``raudit report`` as a process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from tests.command_line import raudit

from raudit.record import record_bytes

from . import synthetic

RECORD = replace(synthetic.make_record(), stages=(synthetic.pii(),))


def run(*args, cwd):
    return raudit("report", *args, cwd=cwd)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "record.json").write_bytes(record_bytes(RECORD))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "start"),
    [("out.pdf", b"%PDF-1.7"), ("out.html", b"<!DOCTYPE html>"), ("out.md", b"# Audit")],
)
def test_the_ending_decides_the_format(folder, name, start):
    done = run("record.json", "-o", name, "--template", "brief", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert (folder / name).read_bytes().lstrip().startswith(start)
    assert sorted(p.name for p in folder.iterdir()) == sorted(["record.json", name])


def test_another_ending_is_wrong_usage(folder):
    done = run("record.json", "-o", "out.docx", cwd=folder)
    assert done.returncode == 2
    assert "error[report-format]" in done.stderr


def test_unknown_template_and_language_name_what_there_is(folder):
    done = run("record.json", "-o", "x.md", "--template", "standart", cwd=folder)
    assert done.returncode == 2
    assert "standard" in done.stderr
    done = run("record.json", "-o", "x.md", "--language", "fr", cwd=folder)
    assert done.returncode == 2
    assert "de, en" in done.stderr


def test_an_edited_record_is_an_integrity_error(folder):
    (folder / "record.json").write_bytes(record_bytes(RECORD).replace(b'"seed":7', b'"seed": 7'))
    done = run("record.json", "-o", "x.md", cwd=folder)
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
    assert not (folder / "x.md").exists()


def test_a_missing_record_is_wrong_usage(folder):
    assert run("other.json", cwd=folder).returncode == 2


def test_help_loads_nothing_heavy(folder):
    code = (
        "import sys\nfrom raudit.cli import main\n"
        "try:\n    main(['report', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'weasyprint', 'jinja2', 'pikepdf', 'pandas', 'pydantic', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stdout.endswith("[]\n")
