"""Performance against the reference: measured, or estimated without labels and bounded while they are late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, DataSet, Roles
from raudit.data.encode import level_text, same_text
from raudit.data.roles import Outcome
from raudit.evidence import Evidence
from raudit.findings import Finding, Interval, Measurement, Status, Subject, Threshold, chance
from raudit.sentences import joined, metric_words, say
from raudit.stages.drift.options import Options
from raudit.stages.drift.rules import DELAYED, PERFORMANCE
from raudit.stats import newcombe, wilson
from raudit.stats.unlabelled import (
    FEW,
    Estimate,
    calibration,
    delayed_bounds,
    estimated_performance,
)

Ints = NDArray[np.int64]
ROWS = 200
"""Fewest labelled rows of the reference on which calibration can be tested."""
TIGHT = 0.1
"""Largest calibration error that the test may leave open."""


def outcomes(data: DataSet, outcome: Outcome) -> Ints:
    """1 for favourable, 0 for not, -1 where it is missing; of shape (n_rows,)."""
    import pandas as pd

    good = {same_text(text) for text in outcome.favourable}
    codes, values = pd.factorize(data.frame([outcome.column])[outcome.column])
    lookup = np.array(
        [int(same_text(level_text(value)) in good) for value in values] + [-1], dtype=np.int64
    )
    return lookup[codes]


def decisions(data: DataSet, roles: Roles, scores: NDArray[np.float64] | None) -> Ints | None:
    """Decisions by threshold, or as they are given; -1 where there is none."""
    if roles.threshold is not None and scores is not None:
        return np.where(np.isnan(scores), -1, scores >= roles.threshold).astype(np.int64)
    return outcomes(data, roles.prediction) if roles.prediction is not None else None


def scores_of(data: DataSet, roles: Roles) -> NDArray[np.float64] | None:
    """Scores, or None if there are none."""
    import pandas as pd

    if roles.score is None:
        return None
    column = data.frame([ColumnName(roles.score)])[roles.score]
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)


def performance(evidence: Evidence, options: Options) -> tuple[list[Finding], dict[str, Any]]:
    """Accuracy of the audited rows against the reference's, with what is known of their labels."""
    if evidence.reference is None or not (evidence.roles.label and evidence.roles.label.favourable):
        return [], {}
    scores = scores_of(evidence.data, evidence.roles)
    chosen = decisions(evidence.data, evidence.roles, scores)
    if chosen is None:
        return [], {}
    before = _reference_accuracy(evidence)
    findings: list[Finding] = []
    facts: dict[str, Any] = {}
    delayed, bounds = _delayed(evidence, chosen, before, options)
    if delayed is not None:
        findings.append(delayed)
        facts |= bounds
    if delayed is None and before is not None:  # what labels tell is not estimated
        findings.append(_measured(evidence, chosen, before, options))
    elif scores is not None and delayed is not None:
        finding, estimate = _estimated(evidence, scores, chosen, before, options)
        findings.append(finding)
        facts |= estimate
    return findings, facts


def _reference_accuracy(evidence: Evidence) -> tuple[int, int] | None:
    """Right decisions of the reference, and its rows with a label and a decision; None without any."""
    reference = evidence.reference
    assert reference is not None  # noqa: S101 -- the caller has looked
    roles = reference.roles
    if roles.label is None:
        return None
    chosen = decisions(reference.data, roles, scores_of(reference.data, roles))
    if chosen is None:
        return None
    y = outcomes(reference.data, roles.label)
    known = (y >= 0) & (chosen >= 0)
    return (int((y[known] == chosen[known]).sum()), int(known.sum())) if known.any() else None


def _measured(
    evidence: Evidence, chosen: Ints, before: tuple[int, int], options: Options
) -> Finding:
    """The loss of accuracy where every row with a decision has its label."""
    label = evidence.roles.label
    assert label is not None  # noqa: S101 -- the caller has looked
    y = outcomes(evidence.data, label)
    known = (y >= 0) & (chosen >= 0)
    right, n = int((y[known] == chosen[known]).sum()), int(known.sum())
    if not n:
        return _finding(
            Status.INDETERMINATE,
            say("Accuracy was not compared with the reference's."),
            reason=say("rows without a decision: {count:,}", count=y.size),
        )
    now, then = wilson(right, n), wilson(*before)
    drop = newcombe(*before, right, n)
    low, high = float(drop.low), float(drop.high)
    status = Status.FAILED if low > options.max_drop else Status.INDETERMINATE
    status = Status.PASSED if high <= options.max_drop else status
    return _finding(
        status,
        say(
            "On {n:,} labelled rows accuracy is {value:.1%} (95 % interval {low:.1%} to {high:.1%}) and was {old:.1%} "
            "({low_2:.1%} to {high_2:.1%}) on the reference's {n_2:,} labelled rows.",
            n=n,
            value=right / n,
            low=float(now.low),
            high=float(now.high),
            old=before[0] / before[1],
            low_2=float(then.low),
            high_2=float(then.high),
            n_2=before[1],
        ),
        reason=say("the interval of the loss holds the largest accepted one")
        if status is Status.INDETERMINATE
        else "",
        measurement=Measurement(
            metric="accuracy_drop",
            value=before[0] / before[1] - right / n,
            n=n + before[1],
            interval=Interval(low=low, high=high, method="newcombe"),
        ),
        threshold=Threshold(
            high=options.max_drop,
            source="plan" if "max_drop" in options.model_fields_set else "default",
        ),
    )


def _estimated(
    evidence: Evidence,
    scores: NDArray[np.float64],
    chosen: Ints,
    before: tuple[int, int] | None,
    options: Options,
) -> tuple[Finding, dict[str, Any]]:
    why = _not_calibrated(evidence, scores, options)
    if (chosen < 0).any():
        why = say("rows without a decision: {count:,}", count=int((chosen < 0).sum()))
    if why or before is None:
        statement = "Performance was not estimated without labels."
        reason = why or "the reference has no labels and decisions to compare with"
        return _finding(Status.INDETERMINATE, statement, reason=reason), {}
    estimates = estimated_performance(scores, chosen)
    now = next(item for item in estimates if item.metric == "accuracy")
    limit = before[0] / before[1] - options.max_drop
    status = (
        Status.PASSED
        if now.low >= limit
        else Status.FAILED
        if now.high < limit
        else Status.INDETERMINATE
    )
    finding = _finding(
        status,
        _estimate_said(estimates, now, before),
        reason=say("the interval holds the smallest accepted accuracy")
        if status is Status.INDETERMINATE
        else "",
        measurement=Measurement(
            metric="estimated_accuracy",
            value=now.value,
            n=now.n,
            interval=Interval(low=now.low, high=now.high, method="CBPE"),
            method="confidence-based performance estimation",
        ),
        threshold=Threshold(low=limit, source="reference less max_drop"),
    )
    return finding, {"drift.estimated_accuracy": now.value}


def _estimate_said(estimates: Sequence[Estimate], now: Estimate, before: tuple[int, int]) -> str:
    """Accuracy as it is estimated and as it was, and the other metrics."""
    right, n = before
    bounds = wilson(right, n)
    others = joined(
        "; ",
        (
            say(
                "{value} {value_2:.1%} ({low:.1%} to {high:.1%})",
                value=metric_words(item.metric),
                value_2=item.value,
                low=item.low,
                high=item.high,
            )
            for item in estimates
            if item is not now
        ),
    )
    if not others:
        others = say(
            "true positive rate and precision are not estimated, since fewer than {FEW} true positives are expected",
            FEW=FEW,
        )
    return say(
        "Estimated from calibrated scores of {n:,} rows, accuracy is "
        "{value:.1%} (95 % interval {low:.1%} to {high:.1%}) and was "
        "{old:.1%} ({low_2:.1%} to {high_2:.1%}) on the reference's "
        "{n_2:,} labelled rows; {others}. It holds only while scores "
        "mean what they meant there.",
        n=now.n,
        value=now.value,
        low=now.low,
        high=now.high,
        old=right / n,
        low_2=float(bounds.low),
        high_2=float(bounds.high),
        n_2=n,
        others=others,
    )


def _not_calibrated(evidence: Evidence, scores: NDArray[np.float64], options: Options) -> str:
    """Why scores cannot be taken for probabilities; empty if they can."""
    reference = evidence.reference
    assert reference is not None  # noqa: S101
    if not np.isfinite(scores).all():
        return "some scores are missing"
    if scores.size and (scores.min() < 0 or scores.max() > 1):
        return "scores lie outside 0 to 1, so they are no probabilities"
    old = scores_of(reference.data, reference.roles)
    if old is None or reference.roles.label is None:
        return "the reference has no scores with labels on which calibration could be tested"
    y = outcomes(reference.data, reference.roles.label)
    known = (y >= 0) & np.isfinite(old)
    if int(known.sum()) < ROWS:
        return say(
            "{count:,} labelled rows are too few to test calibration; it takes {ROWS}",
            count=int(known.sum()),
            ROWS=ROWS,
        )
    tested = calibration(y[known], old[known])
    if tested.p_value < options.min_p_calibrated:
        return say(
            "scores are not calibrated on the reference's {n:,} labelled "
            "rows ({chance}, mean error {error:.1%})",
            n=tested.n,
            chance=chance(tested.p_value),
            error=tested.error,
        )
    if tested.error_high > TIGHT:
        return say(
            "calibration is known to within {error_high:.0%} only", error_high=tested.error_high
        )
    return ""


def _delayed(
    evidence: Evidence, chosen: Ints, before: tuple[int, int] | None, options: Options
) -> tuple[Finding | None, dict[str, Any]]:
    label = evidence.roles.label
    assert label is not None  # noqa: S101 -- the caller has looked
    decided = chosen >= 0
    y, chosen = outcomes(evidence.data, label)[decided], chosen[decided]
    known = y >= 0
    late, undecided = int((~known).sum()), int((~decided).sum())
    if late == 0:
        return None, {}
    right = int((y[known] == chosen[known]).sum())
    low, high = delayed_bounds(right, int(known.sum()), late)
    # Of few rows the reference's accuracy is no measure to hold another against.
    enough = before is not None and before[1] >= ROWS
    limit = before[0] / before[1] - options.max_drop if before is not None and enough else None
    status = Status.INDETERMINATE
    if limit is not None and (low >= limit or high < limit):
        status = Status.PASSED if low >= limit else Status.FAILED
    finding = DELAYED.finding(
        status,
        Subject(kind="data", name=evidence.data.name, detail={"metric": "accuracy"}),
        say(
            "{late:,} of {size:,} labels are not known yet; accuracy "
            "will be between {low:.1%} and {high:.1%} whatever they turn "
            "out to be{held}{more}.",
            late=late,
            size=y.size,
            low=low,
            high=high,
            held=_held_against(before),
            more=say("; left out for want of a decision: {undecided:,}", undecided=undecided)
            if undecided
            else "",
        ),
        reason=_undecided(before, limit) if status is Status.INDETERMINATE else "",
        measurement=Measurement(
            metric="accuracy",
            value=None,
            n=int(y.size),
            interval=Interval(low=low, high=high, level=1.0, method="bounds over late labels"),
            undefined_because=say("{late:,} labels are late", late=late),
        ),
        threshold=None if limit is None else Threshold(low=limit, source="reference less max_drop"),
        anchor="stages.drift.max_drop",
    )
    return finding, {"drift.accuracy_low": low, "drift.accuracy_high": high}


def _held_against(before: tuple[int, int] | None) -> str:
    if before is None:
        return ""
    right, n = before
    return say(
        "; it was {was:.1%} on the reference's {n:,} labelled rows",
        was=right / n,
        n=n,
    )


def _undecided(before: tuple[int, int] | None, limit: float | None) -> str:
    if limit is not None:
        return say("the bounds hold the smallest accepted accuracy")
    if before is None:
        return say("the reference has no labels and decisions to compare with")
    return say(
        "{count:,} labelled rows of the reference are too few to hold it against; it takes {ROWS}",
        count=before[1],
        ROWS=ROWS,
    )


def _finding(
    status: Status,
    statement: str,
    *,
    reason: str = "",
    measurement: Measurement | None = None,
    threshold: Threshold | None = None,
) -> Finding:
    return PERFORMANCE.finding(
        status,
        Subject(kind="model", name="model", detail={"metric": "accuracy"}),
        statement,
        reason=reason,
        measurement=measurement,
        threshold=threshold,
        anchor="stages.drift.max_drop",
    )
