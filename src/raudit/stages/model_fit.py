"""Whether the model fits the data it is audited on: values it never learnt, and its library's own words for its output.

A model that meets values it never saw still predicts, and nothing in its predictions shows it. This stage runs whenever
the plan declares a model, whatever other stages are chosen.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from raudit.data import ColumnName
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Measurement, Rule, Severity, Status, Subject, Threshold, small
from raudit.model.formats.boosters import Booster, Link
from raudit.sentences import say
from raudit.validate import Strict

CHECKED = 2000
"""Rows on which the margin is led back to the prediction."""
ACCEPTED = 1e-4
"""Largest accepted difference, in probability or as a part of the largest prediction; XGBoost computes in 32 bits."""


class Options(Strict):
    """``stages.model_fit`` in the plan."""

    max_unknown: float = Field(default=0.05, ge=0, le=1)
    """Largest accepted share of a column's values that are in none of the model's categories."""


UNKNOWN = Rule(
    id="RA-MODEL-001",
    title="The model meets values that it never learnt",
    why="A model takes a category that it never saw for a missing or rare one and decides all the same. Rates on "
    "such rows say nothing about the model in use.",
    how="For each categorical column, every audited value is looked up among the categories in the model file, "
    "whatever way it is written; the share in none of them is held against the option max_unknown.",
    fix="Compare the column with the training data: other codes, another language, another spelling, a type read "
    "wrongly (data.types); or retrain the model on today's categories.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:10", "eu-ai-act:15", "nist-ai-rmf:MEASURE-2.5"),
)
LINKED = Rule(
    id="RA-MODEL-002",
    title="The margin does not lead to the model's prediction",
    why="Explanations are given in the margin. If the margin does not lead to the prediction that is audited, they "
    "explain another model.",
    how="On rows of this data the margin is computed, the objective's inverse link is applied, and the result is held "
    "against what the library itself predicts.",
    fix="Report it: the file holds an option that raudit does not read. Until then audit the predictions as columns.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.9"),
)


class ModelFit:
    """Holds the model against the data."""

    name: ClassVar[str] = "model_fit"
    title: ClassVar[str] = "Whether the model fits the data"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = (UNKNOWN, LINKED)
    facts: ClassVar[tuple[Fact, ...]] = ()
    reads_facts: ClassVar[bool] = False
    model_libraries: ClassVar[tuple[str, ...]] = ("scipy.special",)
    order: ClassVar[int] = 12
    with_model: ClassVar[bool] = True
    """Runs whenever the plan declares a model, and only then."""

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Judge what was counted while the model predicted, and lead margins back to predictions."""
        model = evidence.model
        if model is None:
            raise NotEvaluable(
                f"there is no model to hold against the data: {evidence.no_model_because}",
                reference="fit-no-model",
            )
        counted = {name: counts for name, counts in evidence.unknown_levels.items() if counts[1]}
        findings = [_unknown(name, *counts, options) for name, counts in counted.items()]
        if isinstance(model, Booster):
            findings.append(_linked(model, evidence))
        if counted:
            text = say(
                "The categories of {count} columns were held against the model's own on all rows.",
                count=len(counted),
            )
        else:
            text = "The model file tells no categories, so values that it never learnt cannot be counted."
        return StageResult(
            summary=text, findings=tuple(findings), notes=tuple(getattr(model, "notes", ()))
        )


def _unknown(name: str, unknown: int, present: int, options: Options) -> Finding:
    share = unknown / present
    failed = share > options.max_unknown
    return Finding(
        rule=UNKNOWN.id,
        subject=Subject(kind="column", name=name),
        status=Status.FAILED if failed else Status.PASSED,
        severity=UNKNOWN.severity,
        statement=say(
            "Of the {present:,} values of {name}, {unknown:,} "
            "({share:.1%}) are in none of the model's categories.",
            present=present,
            name=name,
            unknown=unknown,
            share=share,
        ),
        measurement=Measurement(metric="unknown_share", value=share, n=present, events=unknown),
        threshold=Threshold(
            high=options.max_unknown,
            source="default" if options.max_unknown == Options().max_unknown else "plan",
        ),
        requirements=UNKNOWN.requirements,
        anchor="stages.model_fit.max_unknown",
        remedy=UNKNOWN.fix if failed else "",
    )


def _linked(model: Booster, evidence: Evidence) -> Finding:
    import numpy as np

    rows = _rows(model, evidence)
    encoded = model.encode(rows)
    margin = np.asarray(model.raw(encoded), dtype=np.float64) * model.scale
    own = np.asarray(model.output(encoded), dtype=np.float64)
    led = model.link.inverse(margin)
    unit = (
        max(1.0, float(np.abs(own).max(initial=0.0)))
        if model.link not in (Link.LOGISTIC, Link.SOFTMAX)
        else 1.0
    )
    off = float(np.max(np.abs(led - own), initial=0.0)) / unit
    good = off <= ACCEPTED
    return Finding(
        rule=LINKED.id,
        subject=Subject(kind="model", name="model", detail={"link": str(model.link)}),
        status=Status.PASSED if good else Status.FAILED,
        severity=LINKED.severity,
        statement=say(
            "On {count:,} rows the {link} link leads from the margin to "
            "{family}'s own prediction to within {off}; {ACCEPTED} is "
            "accepted.",
            count=len(rows),
            link=model.link,
            family=model.family,
            off=small(off),
            ACCEPTED=small(ACCEPTED),
        ),
        measurement=Measurement(
            metric="link_error", value=off, n=len(rows), method="largest over all rows"
        ),
        threshold=Threshold(high=ACCEPTED, source=say("family {family}", family=model.family)),
        requirements=LINKED.requirements,
        anchor="model.path",
        remedy="" if good else LINKED.fix,
    )


def _rows(model: Booster, evidence: Evidence) -> Any:
    import pyarrow as pa

    names = [ColumnName(name) for name in model.features]
    first = next(evidence.data.batches(names, rows=CHECKED))
    return pa.Table.from_batches([first]).to_pandas()


STAGE = ModelFit()
