"""What is said of a column against the reference: its finding, its levels', and the table of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Status,
    Subject,
    Threshold,
    chance,
    written,
)
from raudit.record import Column, Table
from raudit.sentences import n_rows, say, term
from raudit.stages.drift.compare import Shift
from raudit.stages.drift.judge import Judged, has_levels
from raudit.stages.drift.options import Options
from raudit.stages.drift.rules import LEVELS, MOVED


def _unclear(judged: Judged) -> str:
    """Why it could not be told; empty if it could."""
    if judged.status is not Status.INDETERMINATE:
        return ""
    if judged.clear:
        return say("it moved clearly, and by how much is not settled")
    return say("chance could explain it, and a shift of the limit's size might not have shown")


def _word(judged: Judged) -> str:
    if judged.moved:
        return say("moved away from the reference")
    if judged.clear and judged.settled:
        return say("moved, within the limit,")
    return say("was compared")


def _distances(item: Shift) -> str:
    distance = (
        say(
            ", Kolmogorov-Smirnov distance {value:.3f} ({low:.3f} to {high:.3f})",
            value=item.ks.value,
            low=item.ks.low,
            high=item.ks.high,
        )
        if item.ks
        else ""
    )
    if item.wasserstein is not None:
        value, bounds = item.wasserstein
        distance += say(
            ", Wasserstein distance {value} ({low} to {high})",
            value=written(value),
            low=written(float(bounds.low)),
            high=written(float(bounds.high)),
        )
    return distance


class Left(NamedTuple):
    """A column that is not compared."""

    column: str
    why: str
    differs: bool = False
    """Whether the two sides hold different kinds of values, which is a change too."""

    @property
    def said(self) -> str:
        """Its name, and why."""
        return say("{name} ({why})", name=self.column, why=self.why)


def not_compared(left: Left) -> Finding:
    """That nothing can be told of a column that the plan names or the model takes."""
    return MOVED.indeterminate(
        Subject(kind="column", name=left.column),
        say("Column “{column}” was not compared with the reference.", column=left.column),
        reason=left.why,
        anchor="stages.drift.columns",
    )


def shift_finding(judged: Judged, options: Options) -> Finding:
    """How far a column lies from the reference."""
    item = judged.shift
    return MOVED.finding(
        judged.status,
        Subject(
            kind="column", name=item.column, detail={"group": item.group} if item.group else {}
        ),
        say(
            "Column “{column}”{where} {word}: stability index {value:.3f} (95 % "
            "interval {low:.3f} to {high:.3f}){distance}, {test} "
            "{chance}, on {rows} against {n_old:,}.",
            column=item.column,
            where=say(" among {group}", group=item.group) if item.group else "",
            word=term(_word(judged)),
            value=item.psi.value,
            low=item.psi.low,
            high=item.psi.high,
            distance=_distances(item),
            test=term(item.test),
            chance=chance(item.p_value),
            rows=n_rows(item.n_new),
            n_old=item.n_old,
        ),
        reason=_unclear(judged),
        measurement=Measurement(
            metric="psi",
            value=item.psi.value,
            n=item.n_new,
            interval=Interval(low=item.psi.low, high=item.psi.high, method="noncentral chi-square"),
            method="about ten bins of like mass, missing values as a bin",
        ),
        threshold=Threshold(
            high=options.max_psi,
            source="default" if options.max_psi == Options().max_psi else "plan",
        ),
        anchor="stages.drift.max_psi",
    )


def level_findings(judged: Judged, options: Options) -> list[Finding]:
    """Whether levels are new or gone; none for numbers."""
    item = judged.shift
    if not has_levels(item):
        return []
    share = item.new_rows / max(item.n_new, 1)
    return [
        LEVELS.finding(
            judged.levels,
            Subject(kind="column", name=item.column),
            say(
                "Column “{column}” has {levels} that the reference does "
                "not have, in {new_rows:,} of {n_new:,} rows ({share:.1%}), "
                "and lacks {lost_levels:,} that chance would have shown.",
                column=item.column,
                levels=say("one level")
                if item.new_levels == 1
                else say("{new_levels:,} levels", new_levels=item.new_levels),
                new_rows=item.new_rows,
                n_new=item.n_new,
                share=share,
                lost_levels=judged.lost_levels,
            ),
            reason=say("chance could explain so many rows, since many levels are rare")
            if judged.levels is Status.INDETERMINATE
            else "",
            measurement=Measurement(
                metric="new_level_share", value=share, n=item.n_new, events=item.new_rows
            ),
            threshold=Threshold(
                high=options.max_new_levels,
                source="default" if options.max_new_levels == Options().max_new_levels else "plan",
            ),
            anchor="stages.drift.max_new_levels",
        )
    ]


def shift_table(everyone: Sequence[Judged]) -> Table:
    """All columns among everyone, the one that moved most first."""
    columns = (
        Column(key="name", label="Column"),
        Column(key="psi", label="Stability index", kind="number"),
        Column(key="low", label="at least", kind="number"),
        Column(key="high", label="at most", kind="number"),
        Column(key="statistic", label="KS or chi-square", kind="number"),
        Column(key="wasserstein", label="Wasserstein", kind="number"),
        Column(key="new", label="Rows with new levels", kind="count"),
        Column(key="state", label="Moved"),
    )
    ordered = sorted(everyone, key=lambda judged: -judged.shift.psi.value)
    rows = tuple(
        {
            "name": item.column,
            "psi": round(item.psi.value, 4),
            "low": round(item.psi.low, 4),
            "high": round(item.psi.high, 4),
            "statistic": round(item.statistic, 4),
            "wasserstein": None if item.wasserstein is None else item.wasserstein[0],
            "new": item.new_rows,
            "state": _state(judged),
        }
        for judged in ordered
        for item in (judged.shift,)
    )
    return Table(id="shifts", title="Columns against the reference", columns=columns, rows=rows)


def _state(judged: Judged) -> str:
    if judged.moved:
        return "clearly"
    return say("a little") if judged.clear else say("not clearly")
