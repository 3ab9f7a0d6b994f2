"""The checklist loads, and every question can be answered."""

from pathlib import Path

from raudit import load_checklist

FILE = Path(__file__).parent / "NAME.yaml"


def test_it_loads_and_names_its_questions():
    checklist = load_checklist(FILE)
    assert checklist.id == "NAME"
    assert list(checklist.questions) == ["use.purpose", "use.owner"]
