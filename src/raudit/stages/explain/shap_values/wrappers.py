"""Estimators around estimators: thresholds, searches, frozen ones, calibration. What is inside is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from raudit.findings import written
from raudit.sentences import say
from raudit.stages.explain.amounts import small
from raudit.stages.explain.shap_values.task import Aim, Asked, CannotFold, Part, Space
from raudit.stages.explain.shap_values.unwrap import Unwrapped, unwrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One estimator inside a model; a calibrated model has one a fold."""

    parts: Unwrapped
    slope: float | None = None
    """Log-odds are ``slope * output + level`` after calibration; None if calibration is no straight line there."""
    level: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A model taken apart."""

    members: tuple[Member, ...]
    calibrated: Any = None
    """The ``CalibratedClassifierCV`` with what stands before it, or None."""
    notes: tuple[str, ...] = ()
    """What was opened, and what the values therefore leave out."""


def open_model(native: object, features: tuple[str, ...]) -> Opened:
    """Open pipelines and wrappers down to estimators that have adapters.

    Raises
    ------
    CannotFold
        If a transformer's outputs cannot be led back to columns.
    """
    from sklearn.calibration import CalibratedClassifierCV

    parts = unwrap(native, features)
    inside, note = _inside(parts.estimator)
    names = (
        features if parts.transformer is None else tuple(str(i) for i in range(len(parts.sources)))
    )
    if inside is not None:
        inner = open_model(inside, names)
        return replace(
            inner,
            members=tuple(
                replace(member, parts=parts.then(member.parts)) for member in inner.members
            ),
            calibrated=inner.calibrated and parts.then(inner.calibrated),
            notes=(note, *inner.notes) if note else inner.notes,
        )
    if not isinstance(parts.estimator, CalibratedClassifierCV):
        return Opened(members=(Member(parts=parts),))
    members = []
    for fold in parts.estimator.calibrated_classifiers_:
        inner = open_model(fold.estimator, names)
        if inner.calibrated is not None:
            raise CannotFold("a calibrated classifier is calibrated again")
        slope, level = _line(fold)
        members.append(Member(parts=parts.then(inner.members[0].parts), slope=slope, level=level))
    return Opened(members=tuple(members), calibrated=parts)


def _inside(estimator: object) -> tuple[Any, str]:
    """The estimator that a wrapper passes everything to, and what to say about it."""
    from sklearn.frozen import FrozenEstimator
    from sklearn.model_selection import (
        FixedThresholdClassifier,
        GridSearchCV,
        RandomizedSearchCV,
        TunedThresholdClassifierCV,
    )

    match estimator:
        case TunedThresholdClassifierCV():
            at = float(estimator.best_threshold_)
            return (
                estimator.estimator_,
                say("decisions are cut at {at}, which moves no value here", at=written(at)),
            )
        case FixedThresholdClassifier():
            at = estimator.threshold
            where = (
                say("at {at}, which moves no value here", at=written(float(at)))
                if at != "auto"
                else say("as the estimator would")
            )
            return estimator.estimator_, say("decisions are cut {where}", where=where)
        case GridSearchCV() | RandomizedSearchCV():
            return estimator.best_estimator_, ""
        case FrozenEstimator():
            return estimator.estimator, ""
        case _:
            return None, ""


def _line(fold: Any) -> tuple[float | None, float]:
    """Slope and level of Platt's calibration in log-odds; None for isotonic regression and several classes."""
    if fold.method != "sigmoid" or len(fold.calibrators) != 1:
        return None, 0.0
    (curve,) = fold.calibrators  # probability = 1 / (1 + exp(a * output + b))
    return -float(curve.a_), -float(curve.b_)


def join(opened: Opened, asked: Asked, adapter: Callable[[Unwrapped, Asked], Part]) -> Part:
    """Explain every member and put them together.

    Calibrated models average the probabilities of their folds, which is no sum over features. What is explained is the
    mean of the folds' calibrated log-odds where calibration is a straight line there, else the mean of the folds' own
    margins; how far the first is from the model's probability is said.
    """
    if opened.calibrated is None:
        found = adapter(opened.members[0].parts, asked)
        return replace(found, method="; ".join((found.method, *opened.notes)))
    if asked.space is Space.PROBABILITY:
        raise CannotFold("a calibrated probability is no sum over features")
    straight = asked.aim.n_classes == 2 and all(
        member.slope is not None for member in opened.members
    )
    ask = replace(asked, aim=Aim(places=(1,), n_classes=2)) if straight else asked
    found_parts = [adapter(member.parts, ask) for member in opened.members]
    straight = straight and all(
        hasattr(member.parts.estimator, "decision_function") == (found.unit != "probability")
        for member, found in zip(opened.members, found_parts, strict=True)
    )
    if straight:
        flip = -1.0 if 0 in asked.aim.places else 1.0
        found_parts = [
            _moved(found, flip * (member.slope or 0.0), flip * member.level)
            for member, found in zip(opened.members, found_parts, strict=True)
        ]
    elif ask is not asked:
        found_parts = [adapter(member.parts, asked) for member in opened.members]
    mean = _mean(found_parts)
    said = _said(opened, asked, mean, straight=straight)
    return replace(
        mean,
        unit="log-odds" if straight else mean.unit,
        method="; ".join((mean.method, said, *opened.notes)),
        apart=mean.apart if straight and len(opened.members) == 1 else said,
    )


def _moved(found: Part, slope: float, level: float) -> Part:
    return replace(
        found,
        values=slope * found.values,
        base=slope * found.base + level,
        margin=slope * found.margin + level,
    )


def _mean(parts: list[Part]) -> Part:
    n = len(parts)
    return replace(
        parts[0],
        values=sum((part.values for part in parts[1:]), parts[0].values) / n,
        base=sum(part.base for part in parts) / n,
        margin=sum((part.margin for part in parts[1:]), parts[0].margin) / n,
    )


def _said(opened: Opened, asked: Asked, mean: Part, *, straight: bool) -> str:
    import numpy as np
    from scipy.special import expit

    folds = say(
        "{count} calibrated model{part}",
        count=len(opened.members),
        part=("s" if len(opened.members) != 1 else ""),
    )
    if not straight:
        return say(
            "of {folds} the mean margin before calibration is explained, "
            "not the calibrated probability",
            folds=folds,
        )
    parts = opened.calibrated
    rows = asked.frame.iloc[:2000]
    proba = parts.estimator.predict_proba(parts.transform(rows))[:, list(asked.aim.places)].sum(
        axis=1
    )
    off = float(np.max(np.abs(expit(mean.margin[: len(rows)]) - proba), initial=0.0))
    return say(
        "of {folds} the mean calibrated log-odds is explained, {off} "
        "from the model's probability at most",
        folds=folds,
        off=small(off),
    )
