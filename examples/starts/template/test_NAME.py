"""The template renders a real record, and the linter has nothing against it."""

from datetime import UTC, datetime
from pathlib import Path

from raudit import load_plan, render_html
from raudit.pipeline import measure, prepare

PLAN = """
schema: raudit.plan/1
system: {name: Test, version: "1"}
data: {path: d.csv, label: {column: y, favourable: "1"}}
stages: {data_readiness: {}}
"""


def test_it_renders(tmp_path):
    (tmp_path / "d.csv").write_text("x,y\n1,1\n2,0\n")
    (tmp_path / "raudit.yaml").write_text(PLAN)
    plan = load_plan(tmp_path / "raudit.yaml")
    record = measure(prepare(plan, clock=datetime(2026, 1, 1, tzinfo=UTC)))
    html = render_html(record, template="NAME", templates_dir=Path(__file__).parent)
    assert "Test" in html
