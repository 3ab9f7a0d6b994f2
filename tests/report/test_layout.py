"""What the digest in a report's producer covers: everything that may change a byte of a page."""

from __future__ import annotations

import ast
from pathlib import Path

import raudit
from raudit.report.renderer import BESIDE, ROOMS

ROOT = Path(raudit.__file__).parent
NOT_PRINTED = {"__init__.py", "errors.py", "isolation/limits.py"}
"""The version, which the producer names, errors, which are no page, and what a page may take."""


def imported(file):
    """Files of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        for name in names:
            if name.split(".")[0] == "raudit":
                path = ROOT.joinpath(*name.split(".")[1:])
                yield from filter(Path.is_file, (path.with_suffix(".py"), path / "__init__.py"))


def test_the_layout_digest_covers_all_that_a_report_is_computed_with():
    seen, todo = set(), [*(ROOT / "report").rglob("*.py")]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += imported(file)
    needed = {file.relative_to(ROOT).as_posix() for file in seen}
    assert "stats/intervals.py" in needed
    assert {name for name in needed if name.split("/")[0] not in ROOMS} - NOT_PRINTED == set(BESIDE)
