"""What stands around the code says the same as the code."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_drawing_is_that_of_the_contract():
    drawer = script("draw_architecture")
    assert drawer.TARGET.read_text() == drawer.drawing(), "run python scripts/draw_architecture.py"


def test_the_drawing_has_every_room():
    drawer = script("draw_architecture")
    rooms = {name for floor in drawer.floors() for name in floor}
    there = {
        path.stem
        for path in drawer.SOURCE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - rooms <= {"__init__", "__main__", "pytest_plugin", "mlflow_plugin"}


def test_the_house_is_measured():
    room = ROOT / "src" / "raudit" / "policy"
    figures = script("house").measure(room)
    texts = [path.read_text() for path in room.rglob("*.py")]
    assert figures["files"] == len(texts)
    assert figures["lines"] == sum(len(text.splitlines()) for text in texts)
    assert figures["functions"] == sum(
        len(re.findall(r"^ *def ", text, re.MULTILINE)) for text in texts
    )


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ({"a": "import raudit.b", "b": "x = 1"}, 0),
        ({"a": "import raudit.b", "b": "def f():\n    from raudit import a"}, 1),
    ],
)
def test_a_circle_hidden_in_a_function_is_one(tmp_path, text, circles):
    folder = tmp_path / "raudit"
    folder.mkdir()
    for name, code in text.items():
        (folder / f"{name}.py").write_text(code + "\n")
    assert script("house").measure(folder)["import circles"] == circles


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"],
    ids=lambda p: p.name,
)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    for target in targets:
        if not target.startswith(("http", "mailto")):
            assert (page.parent / target).exists(), target


def test_every_action_is_pinned_to_a_commit():
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        for used in re.findall(r"uses: (\S+)", workflow.read_text()):
            assert re.search(r"@[0-9a-f]{40}$", used), f"{workflow.name}: {used}"


def test_the_version_is_said_once():
    import raudit

    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        == raudit.__version__
    )
