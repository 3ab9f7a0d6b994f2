"""Whether the model fits the data it is audited on: values it never learnt, and its library's own words for its output.

A model that meets values it never saw still predicts, and nothing in its predictions shows it. This stage runs whenever
the plan declares a model, whatever other stages are chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from raudit.data import ColumnName
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import (
    Finding,
    Measurement,
    Rule,
    Severity,
    Status,
    Subject,
    Threshold,
    small,
    written,
)
from raudit.model.formats.boosters import Booster, Link
from raudit.model.formats.skops_file import SklearnModel
from raudit.model.interface import Model
from raudit.sentences import say
from raudit.stages.model_fit.sentinel import finding_of, sentinels
from raudit.validate import Strict

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CHECKED = 2000
"""Rows on which the margin is led back to the prediction."""
ACCEPTED = 1e-4
"""Largest accepted difference, in probability or as a part of the largest prediction; XGBoost computes in 32 bits."""

SAME = 1e-6
"""Two probabilities that differ by less are equal."""


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
    "whatever way it is written; the share in none of them is held against stages.model_fit.max_unknown. Where a file "
    "does not keep what its training took for missing (XGBoost), numbers such as -999 that stand apart, which no tree "
    "splits off from all others, are tried as missing values, and so are 0 and -1, which no "
    "tree splits off and with which the audited rows end in the leaves more like the training's did: where predictions "
    "then differ, it cannot be told.",
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
    "against what the library itself predicts. Of a classifier without probabilities, the side of its decision "
    "function is held against its own decisions.",
    fix="Report it: the file holds an option that raudit does not read. Until then audit the predictions as columns.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.9"),
)


UNREAD = Rule(
    id="RA-MODEL-003",
    title="The model was not audited",
    why="What needs the model's decisions was not measured, so nothing is known about them.",
    how="The model file is read without running what it holds, and predicts rows of this data in a process of its "
    "own.",
    fix="Do what the reason says; or give the decisions that you act on as data.prediction or data.score, and no "
    "model.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:10", "eu-ai-act:15", "nist-ai-rmf:MEASURE-2.5"),
)
MEANING = Rule(
    id="RA-MODEL-004",
    title="The model file does not prove what its output means",
    why="The same number is a probability, a logarithm or an amount, depending on how the model was trained. Read in "
    "the wrong unit, other people are selected.",
    how="What the file keeps of its training is held against what a training with the named objective leaves.",
    fix="Compare a few predictions with those of the system in use; where they differ, audit its output as data.score "
    "or data.prediction and no model.",
    severity=Severity.MEDIUM,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.5"),
)
DECIDED = Rule(
    id="RA-MODEL-005",
    title="The model's decisions do not follow from its probabilities",
    why="Tables of scores and calibration speak of probabilities, rates of decisions. Where no threshold leads from "
    "one to the other, they describe two models.",
    how="On rows of this data the model's own decisions are held against its most probable class and, of two classes, "
    "against every threshold on the probability.",
    fix="Act on one of the two: set model.threshold to decide by probability, or leave scores out of the decision.",
    severity=Severity.MEDIUM,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.9"),
)
MODEL = Subject(kind="model", name="model")


class ModelFit:
    """Holds the model against the data."""

    name: ClassVar[str] = "model_fit"
    title: ClassVar[str] = "Whether the model fits the data"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = (UNKNOWN, LINKED, UNREAD, MEANING, DECIDED)
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
            return _unread(evidence.no_model_because)
        counted = {name: counts for name, counts in evidence.unknown_levels.items() if counts[1]}
        findings = [_unknown(name, *counts, options) for name, counts in counted.items()]
        findings += _held(model, evidence)
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


def _unread(because: str) -> StageResult:
    begins_with_file = "." in because.partition(" ")[0]  # whose name is written as it is
    first = because[:1] if begins_with_file else because[:1].upper()
    finding = UNREAD.indeterminate(
        MODEL,
        say("The model was not audited: nothing is said of its decisions."),
        reason=f"{first}{because[1:]}.".replace("..", "."),
        anchor="model.path",
    )
    return StageResult(summary=finding.statement, findings=(finding,))


def _unknown(name: str, unknown: int, present: int, options: Options) -> Finding:
    share = unknown / present
    return UNKNOWN.finding(
        Status.FAILED if share > options.max_unknown else Status.PASSED,
        Subject(kind="column", name=name),
        say(
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
            source="plan" if "max_unknown" in options.model_fields_set else "default",
        ),
        anchor="stages.model_fit.max_unknown",
    )


def _held(model: Model, evidence: Evidence) -> list[Finding]:
    """The model's own words held against one another, whatever library wrote the file."""
    rows = _rows(model, evidence)
    findings = []
    if isinstance(model, Booster):
        findings.append(_linked(model, rows))
        findings += [finding_of(found, UNKNOWN) for found in sentinels(model, evidence.data)]
        if model.doubt:
            findings.append(_meaning(model.doubt))
    elif isinstance(model, SklearnModel) and model.classes:
        findings += _sided(model, rows)
    if model.classes and evidence.roles.threshold is None:
        findings += _decided(model, rows)
    return findings


def _meaning(doubt: str) -> Finding:
    return MEANING.indeterminate(
        MODEL,
        say(
            "Whether the model's output has the unit in which it is audited cannot be told from the file."
        ),
        reason=doubt,
        anchor="model.path",
    )


def _linked(model: Booster, rows: pd.DataFrame) -> Finding:
    import numpy as np

    encoded = model.encode(rows)
    margin = np.asarray(model.raw(encoded), dtype=np.float64) * model.scale
    own = np.asarray(model.output(encoded), dtype=np.float64)
    led = model.link.inverse(margin)
    amounts = model.link not in (Link.LOGISTIC, Link.SOFTMAX)
    unit = max(1.0, float(np.abs(own).max(initial=0.0))) if amounts else 1.0
    off = float(np.max(np.abs(led - own), initial=0.0)) / unit
    return LINKED.finding(
        Status.PASSED if off <= ACCEPTED else Status.FAILED,
        Subject(kind="model", name="model", detail={"link": str(model.link)}),
        say(
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
        anchor="model.path",
    )


def _sided(model: SklearnModel, rows: pd.DataFrame) -> list[Finding]:
    """Of an estimator that decides by a margin and gives no probabilities, whether its decisions are the margin's."""
    import numpy as np

    native = model.native
    if hasattr(native, "predict_proba") or not hasattr(native, "decision_function"):
        return []
    margin = np.asarray(native.decision_function(model.rows(rows)), dtype=np.float64)
    if margin.ndim > 1 and margin.shape[1] != len(model.classes):
        return []  # one against one: no class has a margin of its own
    place = margin.argmax(axis=1) if margin.ndim > 1 else (margin > 0).astype(np.intp)
    led = np.array(model.classes, dtype=object)[place]
    own = model.predict(rows)
    other = int((led != own).sum())
    told = say(
        "On {other:,} of {n:,} rows the side of the decision function is another class than the "
        "estimator's own prediction.",
        other=other,
        n=len(rows),
    )
    ends = (float(margin.min()) - 1, float(margin.max()) + 1) if other else (0.0, 0.0)
    cut = _cut(margin, own == model.classes[1], ends) if other and margin.ndim == 1 else None
    if cut is not None:
        told = say(
            "On {n:,} rows the model decides for {name} from a decision function between {low} and {high} on, "
            "and not from 0; those decisions are audited, and {other:,} of them are not for its side.",
            n=len(rows),
            name=str(model.classes[1]),
            low=written(cut[0]),
            high=written(cut[1]),
            other=other,
        )
    finding = LINKED.finding(
        Status.FAILED if other and cut is None else Status.PASSED,
        Subject(kind="model", name="model", detail={"link": "side"}),
        told,
        measurement=Measurement(metric="decisions_off", value=other, n=len(rows), events=other),
        threshold=Threshold(high=0, source="no difference"),
        anchor="model.path",
    )
    return [finding]


def _decided(model: Model, rows: pd.DataFrame) -> list[Finding]:
    """Whether decisions follow from probabilities: the most probable class, or of two one threshold."""
    import numpy as np

    chances = model.predict_proba(rows)
    if chances is None or not len(rows):
        return []
    classes = np.array(model.classes, dtype=object)
    own = model.predict(rows)
    best = chances.max(axis=1)
    chosen = chances[np.arange(len(own)), [model.classes.index(str(label)) for label in own]]
    other = int((best - chosen > SAME).sum())
    n = len(rows)
    measurement = Measurement(metric="decisions_off", value=other / n, n=n, events=other)
    if not other:
        text = say("On {n:,} rows the model decides for its most probable class.", n=n)
        return [DECIDED.passed(MODEL, text, measurement=measurement, anchor="model.path")]
    if len(classes) == 2:
        cut = _cut(chances[:, 1], own == classes[1])
        if cut is not None:
            text = say(
                "On {n:,} rows the model decides for {name} from a probability between {low} and {high} "
                "on, and not from one half; those decisions are audited, and {other:,} of them are not "
                "for the more probable class.",
                n=n,
                name=str(classes[1]),
                low=written(cut[0]),
                high=written(cut[1]),
                other=other,
            )
            return [DECIDED.passed(MODEL, text, measurement=measurement, anchor="model.path")]
    finding = DECIDED.indeterminate(
        MODEL,
        say(
            "On {n:,} rows the model decides {other:,} times for a class that is not its most probable one.",
            n=n,
            other=other,
        ),
        reason="The audited decisions are the model's own; scores and calibration are of its probabilities, from which "
        "no threshold leads to those decisions.",
        measurement=measurement,
        anchor="model.path",
    )
    return [finding]


def _cut(
    score: NDArray[np.float64], chosen: NDArray[np.bool_], ends: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float] | None:
    """Between which scores a threshold lies that gives these decisions; None if there is none."""
    low = float(score[~chosen].max(initial=ends[0]))
    high = float(score[chosen].min(initial=ends[1]))
    return (low, high) if low < high else None


def _rows(model: Model, evidence: Evidence) -> pd.DataFrame:
    import pyarrow as pa

    names = [ColumnName(name) for name in model.features]
    first = next(evidence.data.batches(names, rows=CHECKED))
    frame: pd.DataFrame = pa.Table.from_batches([first]).to_pandas()
    return frame


STAGE = ModelFit()
