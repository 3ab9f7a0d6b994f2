"""LightGBM models in its text format, with the categories of a data frame that it appends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.extras import require
from raudit.model.columns import classes_of, features_of, number_column
from raudit.model.formats.boosters import (
    ONE_AGAINST_ALL,
    ORDERED,
    SEVERAL,
    Booster,
    Link,
    Strange,
    broken,
    refuse_objective,
    refuse_outputs,
)
from raudit.model.formats.levels import Levels, count_unknown
from raudit.model.formats.lightgbm_levels import place_levels
from raudit.model.formats.lightgbm_trees import refuse_wild_trees
from raudit.plan import ModelSection
from raudit.sentences import say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OBJECTIVES = {
    "binary": Link.LOGISTIC,
    "cross_entropy": Link.LOGISTIC,
    "multiclass": Link.SOFTMAX,
    "multiclassova": Link.LOGISTIC,
    "regression": Link.IDENTITY,
    "regression_l1": Link.IDENTITY,
    "huber": Link.IDENTITY,
    "fair": Link.IDENTITY,
    "quantile": Link.IDENTITY,
    "mape": Link.IDENTITY,
    "poisson": Link.EXPONENTIAL,
    "gamma": Link.EXPONENTIAL,
    "tweedie": Link.EXPONENTIAL,
}
"""Objectives whose prediction is a decision, a probability, or has the label's unit."""
STRANGE = (
    Strange(begins=("lambdarank", "rank_xendcg"), gives="an order and no decisions", hint=ORDERED),
    Strange(
        begins=("cross_entropy_lambda",),
        gives="intensities, which are no probabilities",
        hint="train it with cross_entropy; or " + SEVERAL,
    ),
)
LINEAR = say("LightGBM computes no contributions for trees with linear leaves")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands before and in the trees of LightGBM's text that decides what their sum means."""

    fields: Mapping[str, str]
    objective: str
    options: tuple[str, ...]
    """Of the objective, such as ``sigmoid:3``."""
    averaged: bool
    """Whether the trees' mean counts and not their sum, as in random forests."""
    linear: bool
    """Whether leaves hold linear functions."""

    @classmethod
    def of(cls, text: str) -> Header:
        """Read a model's text."""
        lines = text.partition("\nTree=")[0].splitlines()
        fields = dict(line.split("=", 1) for line in lines if "=" in line)
        objective, *options = fields.get("objective", "").split(" ")
        return cls(
            fields=fields,
            objective=objective,
            options=tuple(options),
            averaged="average_output" in lines,
            linear="\nis_linear=1\n" in text,
        )

    @property
    def link(self) -> Link | None:
        """What makes the prediction of the scaled margin; None where nobody knows."""
        known = OBJECTIVES.get(self.objective)
        return Link.SIGNED_SQUARE if known is not None and "sqrt" in self.options else known

    def scale(self, rounds: int) -> float:
        """What a sum over trees is multiplied with before the link: forests average, ``sigmoid`` stretches."""
        told = dict(option.split(":", 1) for option in self.options if ":" in option)
        sigmoid = self.objective in ("binary", "multiclassova")
        slope = float(told.get("sigmoid", 1)) if sigmoid else 1.0
        return slope / max(rounds, 1) if self.averaged else slope


def read_lightgbm(
    path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> Booster:
    """Read a LightGBM text file; see ``load_model``."""
    booster, header = _opened(path)
    head, objective = header.fields, header.objective
    link = header.link or refuse_objective(objective, path, OBJECTIVES, STRANGE)
    apart = objective == "multiclassova"
    several = int(head.get("num_class", "1")) if objective.startswith("multiclass") else 0
    width = several or (2 if objective in ("binary", "cross_entropy") else 0)
    if not width:
        refuse_outputs(booster.num_model_per_iteration(), path)
    features = features_of(
        section,
        booster.feature_name(),
        columns,
        where=path.name,
        width=booster.num_feature(),
        spaced=True,
    )
    coder = _Coder(booster, features, head.get("feature_infos", "").split(" "), path)

    def shap(rows: Any) -> np.ndarray:
        import numpy as np

        found = np.asarray(booster.predict(rows, pred_contrib=True))
        return found.reshape(len(rows), several, -1) if several else found

    return Booster(
        format="lightgbm",
        sha256=sha256,
        features=features,
        classes=classes_of(section, (), width=width, where=path.name) if width else (),
        native=booster,
        family="lightgbm",
        encode=coder.encode,
        unknown=coder.unknown,
        raw=lambda rows: booster.predict(rows, raw_score=True),
        shap=shap,
        output=booster.predict,
        link=link,
        scale=header.scale(booster.current_iteration()),
        chances=not apart,
        no_shap=LINEAR if header.linear else "",
        notes=(ONE_AGAINST_ALL,) if apart else (),
    )


def _opened(path: Path) -> tuple[Any, Header]:
    """The booster in a file, and what its text says of its training."""
    lgb = require("lightgbm", extra="models", purpose="read LightGBM models")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise broken(path, "it is no text") from error
    header = Header.of(text)
    whole = text.startswith("tree\n") and "end of trees" in text
    if not whole or "feature_names" not in header.fields:
        raise broken(path, "it is not the whole of a LightGBM model")
    refuse_wild_trees(text, path)
    try:
        return lgb.Booster(model_str=text), header
    except (lgb.basic.LightGBMError, ValueError, TypeError) as error:
        raise broken(path, type(error).__name__) from error


class _Coder:
    """Makes of columns the numbers that the trees split on."""

    def __init__(
        self, booster: Any, features: Sequence[str], infos: Sequence[str], path: Path
    ) -> None:
        self.features, self.infos, self.path = tuple(features), tuple(infos), path
        self.learnt = [Levels(known) for known in booster.pandas_categorical or []]
        self._levels: dict[str, Levels] | None = None if self.learnt else {}

    def levels(self, frame: pd.DataFrame) -> dict[str, Levels]:
        """Categories by column. The file lists them without names; the first rows seen tell which is which."""
        if self._levels is None:
            places = place_levels(
                self.learnt, self.infos, [frame[name] for name in self.features], self.path
            )
            levels = {
                self.features[place]: known
                for place, known in zip(places, self.learnt, strict=True)
            }
            if not len(frame):
                return levels
            self._levels = levels
        return self._levels

    def encode(self, frame: pd.DataFrame) -> Any:
        """Codes and numbers as float64, missing and unknown ones as NaN, of shape (n_rows, n_features)."""
        import numpy as np

        levels = self.levels(frame)
        made = []
        for name in self.features:
            if name in levels:
                codes = levels[name].codes(frame[name])
                made.append(np.where(codes < 0, np.nan, codes.astype(np.float64)))
            else:
                made.append(number_column(frame[name], self.path.name))
        return np.stack(made, axis=1)

    def unknown(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """See ``Booster``; columns given to LightGBM as whole numbers are told by the codes that it listed."""
        found = count_unknown(self.levels(frame), frame)
        for name, info in zip(self.features, self.infos, strict=False):
            if ":" in info and not info.startswith("[") and name not in found:
                found[name] = self._not_listed(frame[name], info)
        return found

    def _not_listed(self, column: pd.Series[Any], info: str) -> tuple[int, int]:
        """Values whose whole part, which is what LightGBM looks at, is none of the codes; below 0 they are missing."""
        import numpy as np

        numbers = number_column(column, self.path.name)
        present = np.trunc(numbers[numbers >= 0])
        codes = [int(code) for code in info.split(":") if int(code) >= 0]
        return int((~np.isin(present, codes)).sum()), len(present)
