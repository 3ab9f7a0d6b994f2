"""Membership: whether the model is so much surer of the rows it learnt from that they can be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, DataSet, Roles
from raudit.data.encode import AttributeEncoder, level_text
from raudit.stats.judged import clopper_pearson

FPR = 0.01
"""Share of rows that were not learnt from and may be taken for training rows."""
FEWEST = 400
"""Rows that were not learnt from, below which a bound that 1 % of a half exceed cannot be set."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """How many training rows were recognised."""

    group: str
    """Empty for everybody, else the attribute and the group."""
    n: int
    """Training rows."""
    hits: int
    interval: tuple[float, float]
    n_others: int
    """Rows that the model did not learn from, on which false alarms were counted."""
    false_alarms: int
    false_interval: tuple[float, float]


def sureness(data: DataSet, roles: Roles) -> Floats | None:
    """Log of the probability that the model gives to a row's own label, NaN where either is missing.

    None if there is no label or no score that is a probability.
    """
    import pandas as pd

    if roles.label is None or roles.score is None:
        return None
    columns = [roles.label.column, roles.score]
    frame = data.frame(columns)
    score = np.asarray(pd.to_numeric(frame[roles.score], errors="coerce"), dtype=float)
    known = score[~np.isnan(score)]
    if not len(known) or known.min() < 0 or known.max() > 1:
        return None
    label = frame[roles.label.column]
    favourable = np.array(
        [value is not None and level_text(value) in roles.label.favourable for value in label]
    )
    with np.errstate(divide="ignore"):
        found = np.log(np.where(favourable, score, 1 - score))
    return np.asarray(np.where(label.isna().to_numpy(), np.nan, found), dtype=float)


def recognised(
    training: tuple[DataSet, Roles], others: tuple[DataSet, Roles], *, min_group: int, seed: int
) -> list[Recognised]:
    """Recognise training rows among others, for everybody and by group.

    Parameters
    ----------
    training, others
        Rows that the model learnt from, and rows that it did not.
    min_group
        Fewest training rows of a group.

    References
    ----------
    Yeom et al. (2018), Privacy risk in machine learning; Carlini et al. (2022), Membership inference attacks from
    first principles (true positive rate at a low false positive rate).
    """
    ours, theirs = sureness(*training), sureness(*others)
    if ours is None or theirs is None:
        return []
    rng = np.random.default_rng(seed)
    half = rng.permutation(len(theirs)) < len(theirs) // 2
    ours, theirs = _untied(ours, theirs, rng)
    bound = _bound(theirs[half & ~np.isnan(theirs)])
    sides = list(_groups(training, others, min_group))
    # The family is everybody and all groups.
    level = 1 - 0.05 / (1 + len(sides))
    everybody = ("", np.ones(len(ours), dtype=bool), np.ones(len(theirs), dtype=bool))
    found = []
    for name, own, other in (everybody, *sides):
        members, rest = ours[own & ~np.isnan(ours)], theirs[other & ~half & ~np.isnan(theirs)]
        hits, alarms = int((members > bound).sum()), int((rest > bound).sum())
        if not len(members) or not len(rest):
            continue
        found.append(
            Recognised(
                group=name,
                n=len(members),
                hits=hits,
                interval=clopper_pearson(hits, len(members), level=level),
                n_others=len(rest),
                false_alarms=alarms,
                false_interval=clopper_pearson(alarms, len(rest), level=level),
            )
        )
    return found


def _untied(ours: Floats, theirs: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Ranks over both, equal values in a drawn order.

    A model that learns by heart is certain of many rows. Where more than one in a hundred of the others share the
    highest value, no bound lies between them, and an attacker who picks among them at random still tells more.
    """
    both = np.concatenate([ours, theirs])
    _, ranks = np.unique(both, return_inverse=True)
    values = np.where(np.isnan(both), np.nan, ranks + rng.random(len(both)))
    return values[: len(ours)], values[len(ours) :]


def _bound(values: Floats) -> float:
    """The smallest value that at most 1 % of these exceed."""
    if not len(values):
        return np.inf
    ordered = np.sort(values)[::-1]
    return float(ordered[int(FPR * len(ordered))])


def _groups(
    training: tuple[DataSet, Roles], others: tuple[DataSet, Roles], smallest: int
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    for attribute in others[1].sensitive:
        name = ColumnName(attribute.column)
        if name not in training[0].kinds or name not in others[0].kinds:
            continue
        encoder = AttributeEncoder(attribute)
        ours, theirs = (
            np.concatenate([encoder(batch.column(0)) for batch in data.batches([name])])
            for data, _roles in (training, others)
        )
        for code, level in enumerate(encoder.levels):
            if int((ours == code).sum()) >= smallest:
                label = f"{attribute.label or attribute.column} {level}"
                yield label, ours == code, theirs == code
