"""Any model at all, through its predictions alone: columns are exchanged with those of background rows.

The estimate is that of shap's permutation explainer: features enter in a random order and leave in the same order, and
each gets the mean change it brings. Many rows are predicted in one call, and columns keep their own types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raudit.errors import NotEvaluable
from raudit.model import Model
from raudit.stages.explain.shap_values.task import SIDE, Asked, Part, Space

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROUNDS = 2
"""Orders of the features tried for each row, each forwards and backwards."""
ROWS = 50_000
"""Rows predicted in one call."""


def explain_permuted(model: Model, asked: Asked, why: str) -> Part:
    """Change columns between a row and background rows and watch the prediction.

    Raises
    ------
    NotEvaluable
        If the model does not predict on such rows; the message says which part of the model stands in the way.
    """
    import numpy as np

    output, unit = _output(model, asked)
    coded, decode = _codes(asked)
    own, rest = coded[len(asked.background) :], coded[: len(asked.background)]

    def margin(codes: np.ndarray) -> np.ndarray:
        return output(decode(codes))

    try:
        base, own_margin = float(np.mean(margin(rest))), margin(own)
        values = _permute(margin, own, rest, base, own_margin, np.random.default_rng(asked.seed))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise NotEvaluable(
            f"the model cannot be explained by itself, because {why}, nor through its predictions",
            reference="explain-model",
            got=f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}",
            expected="predictions on rows whose columns are exchanged with those of other rows",
        ) from error
    return Part(
        values=values,
        base=base,
        margin=own_margin,
        family="permutation",
        method=f"permutation of columns, {ROUNDS} orders forwards and backwards, over {len(rest):,} background rows, "
        f"because {why}",
        unit=unit,
        background=len(rest),
    )


def _permute(
    margin: Callable[[np.ndarray], np.ndarray],
    own: np.ndarray,
    rest: np.ndarray,
    base: float,
    full: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Mean changes over random orders, of shape (n_samples, n_features); base and full outputs are known already."""
    import numpy as np

    n, d = own.shape
    values = np.zeros((n, d))
    steps = 2 * (d - 1)
    at_once = max(1, ROWS // max(1, steps * len(rest)))
    for _round in range(ROUNDS):
        for first in range(0, n, at_once):
            rows = own[first : first + at_once]
            order = rng.permuted(np.tile(np.arange(d), (len(rows), 1)), axis=1)
            rank = np.argsort(order, axis=1)
            # Known after step k: the first k of the order on the way in, all but the first k on the way out.
            count = np.arange(1, d)[:, None]
            known = np.concatenate([rank[:, None, :] < count, rank[:, None, :] >= count], axis=1)
            mixed = np.where(known[:, :, None, :], rows[:, None, None, :], rest[None, None])
            found = (
                margin(mixed.reshape(-1, d)).reshape(len(rows), steps, len(rest)).mean(axis=2)
                if steps
                else None
            )
            ends = np.full((len(rows), 1), base), full[first : first + at_once, None]
            into = np.concatenate(
                [ends[0], *([found[:, : d - 1]] if found is not None else []), ends[1]], axis=1
            )
            out = np.concatenate(
                [ends[1], *([found[:, d - 1 :]] if found is not None else []), ends[0]], axis=1
            )
            change = (np.diff(into, axis=1) - np.diff(out, axis=1)) / 2
            values[first : first + at_once] += np.take_along_axis(change, rank, axis=1) / ROUNDS
    return values


def _output(model: Model, asked: Asked) -> tuple[Callable[[pd.DataFrame], np.ndarray], str]:
    """What is watched: probability, else decision function, else the decision itself; a regressor's prediction."""
    import numpy as np

    places = list(asked.aim.places)
    if not places:
        return (lambda frame: np.asarray(model.predict(frame), dtype=float)), "units of the label"
    if model.predict_proba(asked.frame.iloc[:1]) is not None:

        def chance(frame: pd.DataFrame) -> np.ndarray:
            found = model.predict_proba(frame)
            return np.asarray(np.asarray(found, dtype=float)[:, places].sum(axis=1))

        return chance, "probability"
    decide = getattr(model.native, "decision_function", None)
    if decide is not None and asked.space is Space.MARGIN:
        return (lambda frame: asked.aim.of(decide(frame))), SIDE
    good = [model.classes[place] for place in places]
    return (
        lambda frame: np.isin(np.asarray(model.predict(frame)).astype(str), good).astype(float)
    ), ("share of favourable decisions")


def _codes(asked: Asked) -> tuple[np.ndarray, Callable[[np.ndarray], pd.DataFrame]]:
    """Background and rows as whole numbers, and the way back, which keeps every column's own type.

    shap mixes rows as numbers. A code stands for the first row that holds the value, so text, truth values,
    categories and missing values come back as they were.
    """
    import numpy as np
    import pandas as pd

    columns = list(asked.frame.columns)
    both = pd.concat([asked.background[columns], asked.frame], ignore_index=True)
    coded, levels = np.empty(both.shape), []
    for number, name in enumerate(columns):
        codes, _values = pd.factorize(both[name], use_na_sentinel=False)
        _found, first = np.unique(codes, return_index=True)
        coded[:, number] = codes
        levels.append(both[name].take(first))

    def decode(codes: np.ndarray) -> pd.DataFrame:
        rows: dict[Any, pd.Series[Any]] = {}
        for number, name in enumerate(columns):
            rows[name] = (
                levels[number].take(codes[:, number].astype(np.intp)).reset_index(drop=True)
            )
        return pd.DataFrame(rows)

    return coded, decode
