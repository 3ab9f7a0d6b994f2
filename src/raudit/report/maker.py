"""Tables, figures and stages of a record, written out for a medium and no longer than it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from raudit.findings import Status
from raudit.record import Figure, Record, StageRecord, Table
from raudit.report.charts import Ink, draw
from raudit.report.finding_view import FindingView
from raudit.report.language import Language
from raudit.report.sections import RISK_REGISTER, drivers_of, unsaid
from raudit.report.tables import figure_table, slug, view_table
from raudit.report.views import Drivers, FigureView, StageView, TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of long things a medium shows; the record and the attached tables hold the rest."""

    rows: int
    columns: int
    cards: int


CAPS = {
    "pdf": Caps(rows=400, columns=10, cards=40),
    "html": Caps(rows=2000, columns=60, cards=400),
    "markdown": Caps(rows=100, columns=20, cards=200),
}
"""Caps by medium."""

MOST_ROWS = 15
"""Rows of a table outside an annex."""
MOST_COLUMNS = 8
"""Columns of such a table, where it comes from a stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Writes out stages, tables and figures."""

    language: Language
    ink: Ink
    caps: Caps

    def stage(self, stage: StageRecord, findings: Iterable[FindingView], number: str) -> StageView:
        """Write out one part of the audit."""
        own = tuple(view for view in findings if view.stage == stage.name)
        states = [view.finding.status for view in own]
        return StageView(
            stage=stage,
            number=number,
            anchor=f"stage-{slug(stage.name)}",
            findings=own,
            write=lambda: tuple(self.table(table, stage.name) for table in stage.tables),
            draw=lambda: tuple(self.figure(figure, stage.name) for figure in stage.figures),
            failed=states.count(Status.FAILED),
            indeterminate=states.count(Status.INDETERMINATE),
            passed=states.count(Status.PASSED),
        )

    def table(self, table: Table, stage: str) -> TableView:
        """Write out a table."""
        return view_table(
            table,
            stage=stage,
            numbers=self.language.numbers,
            max_rows=self.caps.rows,
            max_columns=self.caps.columns,
        )

    def chosen(self, stage: StageRecord | None, names: Sequence[str]) -> tuple[TableView, ...]:
        """Tables of a stage by id or, ending in a dash, its beginning; at most fifteen rows of each."""
        if stage is None:
            return ()
        found = (
            t
            for name in names
            for t in stage.tables
            if t.rows and (t.id == name or (name.endswith("-") and t.id.startswith(name)))
        )
        return self.short(found, stage.name)

    def short(self, tables: Iterable[Table], stage: str) -> tuple[TableView, ...]:
        """Tables outside an annex: at most fifteen rows and eight columns of each."""
        maker = replace(self, caps=replace(self.caps, rows=MOST_ROWS, columns=MOST_COLUMNS))
        return tuple(maker.table(table, stage) for table in tables)

    def pictures(self, stage: StageRecord | None, names: Sequence[str]) -> tuple[FigureView, ...]:
        """Figures of a stage by the beginnings of their ids."""
        if stage is None:
            return ()
        seen: set[str] = set()
        return tuple(
            self.figure(replace(figure, caption=unsaid(figure.caption, seen)), stage.name)
            for figure in stage.figures
            if figure.id.startswith(tuple(names))
        )

    def drivers(self, stage: StageRecord | None) -> Drivers:
        """What the section on the model's reasons prints."""
        figures, tables = drivers_of(stage, self.language)
        short = replace(self, caps=replace(self.caps, rows=MOST_ROWS))
        return Drivers(
            figures=tuple(self.figure(figure, "explain") for figure in figures),
            tables=tuple(short.table(table, "explain") for table in tables),
        )

    def risk_register(self, record: Record) -> TableView | None:
        """Write out the risk register, if there is one."""
        for stage in record.stages:
            for table in stage.tables:
                if table.id == RISK_REGISTER:
                    return self.table(table, stage.name)
        return None

    def figure(self, figure: Figure, stage: str) -> FigureView:
        """Write out a figure, drawn when it is asked for."""
        return FigureView(
            anchor=f"g-{slug(stage)}-{slug(figure.id)}",
            figure=figure,
            draw=lambda: draw(figure, self.ink),
            write=lambda: self.table(figure_table(figure, stage), stage),
        )
