"""The notebooks of examples/ run from top to bottom, and hold no output of anybody's data."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, capsys):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 4
    names = {}
    for number, cell in enumerate(code):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        source = compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec")
        exec(source, names)
    if path.stem == "what-if-thresholds":
        assert names["what_if"]["selected"].is_monotonic_decreasing
        assert names["changes"].ways
    else:
        assert str(names["verdict"].status) == "failed"
    assert capsys.readouterr().out


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["first-audit", "what-if-thresholds"]
