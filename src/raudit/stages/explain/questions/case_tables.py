"""Cases in tables and pictures: what single decisions rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raudit.pictures import Step, Waterfall
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say, term
from raudit.stages.explain.amounts import amount, of_unit, signed
from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting
from raudit.stages.explain.survey.values_shown import NOT_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row whose decision is explained."""

    row: int
    """Its number in the data, from 0."""
    chosen: str
    """Why it is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One contribution."""

    feature: str
    value: str
    part: float


def detail_rows(
    setting: Setting, case: Case, found: Explained, place: int, told: list[Reason]
) -> list[dict[str, Any]]:
    """What a case rests on, part by part, until the parts add up to the model's output."""
    rows: list[dict[str, Any]] = [
        {
            "case": say("row {row}", row=case.row),
            "feature": reason.feature,
            "value": reason.value,
            "direction": "lowers" if reason.part < 0 else "raises",
            "part": reason.part,
        }
        for reason in told
    ]
    rest = float(found.values[place].sum()) - sum(reason.part for reason in told)
    left = len(setting.features) - len(told)
    if left:
        rows.append(
            {
                "case": say("row {row}", row=case.row),
                "feature": say("{left} others together", left=left),
                "part": rest,
            }
        )
    rows.append(
        {
            "case": say("row {row}", row=case.row),
            "feature": say("Mean of the background"),
            "part": float(found.base),
        }
    )
    rows.append(
        {
            "case": say("row {row}", row=case.row),
            "feature": say("The model's output"),
            "part": float(found.margin[place]),
        }
    )
    return rows


def case_figure(case: Case, found: Explained, place: int, told: list[Reason]) -> Figure:
    """The way from the mean of the background to a case, step by step."""
    steps = [
        Step(
            label=say("{feature} {value}", feature=r.feature, value=r.value).removesuffix(
                say(" {NOT_SHOWN}", NOT_SHOWN=NOT_SHOWN)
            ),
            value=r.part,
        )
        for r in told
    ]
    rest = float(found.values[place].sum()) - sum(reason.part for reason in told)
    if abs(rest) > 1e-12:
        steps.append(Step(label=say("all others"), value=rest))
    total = float(found.base) + float(found.values[place].sum())
    said = joined(
        "; ",
        (say("{step} {signed}", step=step.label, signed=signed(step.value)) for step in steps),
    )
    return Figure.of(
        f"reasons-row-{case.row}",
        Waterfall(
            steps=steps,
            total=total,
            x_label=term(found.shown_unit),
            start_label="mean of the background",
            end_label="this case",
        ),
        title=say("One decision, step by step: row {row}", row=case.row),
        alt=say(
            "From the mean of the background, {amount}, to this case, {amount_2}: {said}.",
            amount=of_unit(amount(found.base), found.shown_unit),
            amount_2=amount(total),
            said=said,
        ),
        caption=say("{chosen:capital}.", chosen=term(case.chosen)),
    )


def sentences(texts: list[tuple[Case, str]]) -> Table:
    """Cases, each in one sentence."""
    return Table(
        id="reasons",
        title="Reasons for single decisions",
        columns=(
            Column(key="case", label="Case", kind="code"),
            Column(key="chosen", label="Why this one"),
            Column(key="text", label="What the decision rests on"),
        ),
        rows=tuple(
            {"case": say("row {row}", row=case.row), "chosen": case.chosen, "text": text}
            for case, text in texts
        ),
        caption="Rows of the data set, counted from 0. Contributions are held against the mean of the background; "
        "another value of the same feature could have led to another decision or not.",
    )


def detail_table(sample: Sample, rows: list[dict[str, Any]]) -> Table:
    """The parts of all cases."""
    return Table(
        id="reasons-detail",
        title="The same reasons in numbers",
        columns=(
            Column(key="case", label="Case", kind="code"),
            Column(key="feature", label="Feature"),
            Column(key="value", label="Value"),
            Column(key="direction", label="Direction"),
            Column(key="part", label=say("Part ({unit})", unit=term(sample.unit)), kind="number"),
        ),
        rows=tuple(rows),
        caption="The parts and the mean of the background add up to the model's output. At least ten "
        "rows share all the values that are printed of a case; others are printed as a range or "
        "not at all.",
    )
