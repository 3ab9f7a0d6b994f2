"""What the explain stage's tables become in a report."""

from __future__ import annotations

from dataclasses import replace

from tests.report import synthetic

from raudit.record import Column, Table
from raudit.report import render_markdown

CHANGES = Table(
    id="what-would-change",
    title="What would have to change",
    columns=(Column(key="case", label="Case"), Column(key="change", label="With this change")),
    rows=({"case": "row 12", "change": "age from 45 to 50"},),
    caption="Only the model is asked.",
)


def test_what_would_have_to_change_stands_in_the_report():
    """The plan asked for it by naming features, so it is read beside what the model rests on."""
    record = synthetic.make_record()
    assert "age from 45 to 50" not in render_markdown(record, template="standard")
    stages = tuple(
        replace(stage, tables=(*stage.tables, CHANGES)) if stage.name == "explain" else stage
        for stage in record.stages
    )
    shown = render_markdown(replace(record, stages=stages), template="standard")
    assert "| row 12 | age from 45 to 50 |" in shown
    assert "Only the model is asked." in shown
