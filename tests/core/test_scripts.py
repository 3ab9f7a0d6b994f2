"""Benchmarks and scripts are run rarely; what they import must still be there on the day they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("benchmarks", "scripts")
LOAD = """
import importlib.util, sys
for path in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("loaded", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["loaded"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        print(f"{path}: {error!r}")
"""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_imports(folder: str) -> None:
    files = sorted((ROOT / folder).glob("*.py"))
    assert len(files) > 5
    shown = subprocess.run(
        [sys.executable, "-c", LOAD, *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / folder)},
    )
    assert shown.stdout == ""
