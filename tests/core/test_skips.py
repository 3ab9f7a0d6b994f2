"""A test is skipped for a listed reason, or it fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CASES = """\
import pytest

def test_listed():
    pytest.skip("strace is not installed")

@pytest.mark.skipif(True, reason="no /dev/full here")
def test_listed_mark(): ...

def test_unlisted():
    pytest.skip("flaky today")

@pytest.mark.skip(reason="later")
def test_unlisted_mark(): ...

@pytest.mark.xfail
def test_expected():
    assert False
"""


def test_a_skip_needs_a_listed_reason(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    for name in ("conftest.py", "skips.txt"):
        shutil.copy(TESTS / name, tests / name)
    (tests / "test_cases.py").write_text(CASES)
    (tests / "test_module.py").write_text(
        "import pytest\npytest.skip('later', allow_module_level=True)\n"
    )
    (tests / "test_absent.py").write_text("import pytest\npytest.importorskip('not_there')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--co", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ERROR tests/test_module.py" in ran.stdout
    assert "ERROR tests/test_absent.py" not in ran.stdout
    (tests / "test_module.py").unlink()
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FAILED tests/test_cases.py::test_unlisted -" in ran.stdout
    assert "ERROR tests/test_cases.py::test_unlisted_mark -" in ran.stdout
    assert "1 failed, 3 skipped, 1 xfailed, 1 error" in ran.stdout
