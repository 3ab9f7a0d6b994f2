"""XGBoost models in JSON or UBJ: trees, names, types and categories, read by XGBoost itself."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.errors import ModelError
from raudit.extras import require
from raudit.findings import written
from raudit.model.columns import classes_of, features_of, number_column
from raudit.model.formats.boosters import (
    ORDERED,
    Booster,
    Link,
    Strange,
    broken,
    refuse_objective,
    refuse_outputs,
)
from raudit.model.formats.levels import Levels, count_unknown
from raudit.model.formats.xgboost_levels import levels_of_array
from raudit.model.formats.xgboost_marks import marks_of
from raudit.model.formats.xgboost_trees import refuse_wild_trees
from raudit.ordinary import read_file
from raudit.plan import ModelSection
from raudit.sentences import say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OBJECTIVES = {
    "binary:logistic": Link.LOGISTIC,
    "binary:hinge": Link.SIGN,
    "multi:softprob": Link.SOFTMAX,
    "multi:softmax": Link.SOFTMAX,
    "reg:squarederror": Link.IDENTITY,
    "reg:linear": Link.IDENTITY,
    "reg:squaredlogerror": Link.IDENTITY,
    "reg:pseudohubererror": Link.IDENTITY,
    "reg:absoluteerror": Link.IDENTITY,
    "reg:quantileerror": Link.IDENTITY,
    "reg:expectileerror": Link.IDENTITY,
    "reg:logistic": Link.LOGISTIC,
    "reg:gamma": Link.EXPONENTIAL,
    "reg:tweedie": Link.EXPONENTIAL,
    "count:poisson": Link.EXPONENTIAL,
}
"""Objectives whose prediction is a decision, a probability, or has the label's unit."""
STRANGE = (
    Strange(
        begins=("binary:logitraw",),
        gives="log-odds, which XGBoost's estimators cut at 0.5 and its boosters nowhere",
        hint="train it with binary:logistic, which grows the same trees; or give its output as data.score, with the "
        "data.score.threshold that you act on (0 is a probability of one half), and no model",
    ),
    Strange(begins=("rank:",), gives="an order and no decisions", hint=ORDERED),
    Strange(
        begins=("survival:",),
        gives="hazards or times of survival and no decisions",
        hint="give the decision you act on as data.prediction, or its output as data.score, and no model",
    ),
)
NO_SHAP = say("XGBoost computes no contributions for trees whose leaves hold several numbers")


def read_xgboost(
    path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> Booster:
    """Read an XGBoost JSON or UBJ file; see ``load_model``."""
    booster, learner = _opened(path)
    objective, groups = (
        learner["objective"]["name"],
        int(learner["learner_model_param"]["num_class"]),
    )
    link = refuse_objective(objective, path, OBJECTIVES, STRANGE)
    refuse_outputs(int(learner["learner_model_param"].get("num_target", 1)), path)
    refuse_wild_trees(booster, path)
    width = max(groups, 2) if objective.startswith(("binary:", "multi:")) else 0
    names = list(booster.feature_names or [])
    features = features_of(section, names, columns, where=path.name, width=booster.num_features())
    mark = section.missing if isinstance(section.missing, float) else math.nan
    coder = _Coder(
        booster, features, path, mark
    )  # before rounds are cut off, which loses the categories
    booster, notes = _stopped(booster, learner["gradient_booster"]["name"])
    notes += _declared(section.missing)

    def output(rows: object) -> np.ndarray:
        import numpy as np

        if groups > 1:  # multi:softmax predicts classes and no probabilities
            return link.inverse(booster.predict(rows, output_margin=True))
        return np.asarray(booster.predict(rows))

    return Booster(
        format="xgboost",
        sha256=sha256,
        features=features,
        classes=classes_of(section, (), width=width, where=path.name) if width else (),
        native=booster,
        family="xgboost",
        encode=coder.encode,
        unknown=coder.unknown,
        raw=lambda rows: booster.predict(rows, output_margin=True),
        shap=lambda rows: booster.predict(rows, pred_contribs=True),
        output=output,
        link=link,
        chances=link is not Link.SIGN,
        no_shap=_no_shap(booster, coder),
        notes=notes,
        doubt=_doubt(learner, read_file(path)),
        marks=marks_of(booster, features, link, coder.encode, section.missing),
    )


def _opened(path: Path) -> tuple[Any, Mapping[str, Any]]:
    """The booster in a file, and what it says of its training."""
    xgb = require("xgboost", extra="models", purpose="read XGBoost models")
    xgb.set_config(verbosity=0)
    if path.stat().st_size < 2:  # on which its reader of UBJ ends the process
        raise broken(path, "it is empty")
    try:
        booster = xgb.Booster(model_file=bytearray(read_file(path)))
        return booster, json.loads(booster.save_config())["learner"]
    except (xgb.core.XGBoostError, ValueError, KeyError, TypeError) as error:
        raise broken(path, type(error).__name__) from error


def _no_shap(booster: Any, coder: _Coder) -> str:
    """Why XGBoost computes no contributions for a model; empty if it does for a row of missing values."""
    import xgboost as xgb

    try:
        booster.predict(coder.blank(), pred_contribs=True)
    except xgb.core.XGBoostError:
        return NO_SHAP
    return ""


def _doubt(learner: Mapping[str, Any], content: bytes) -> str:
    """Why the objective in a file may not be the one it was trained with; empty where nothing speaks for that.

    XGBoost saves the objective's name and never an objective that a training passed as a function: then the name is the
    default's. A named objective also takes the start value from the labels, and a function leaves it at 0.5. Versions
    whose files do not say ``boost_from_average`` left it there always.
    """
    start = learner["learner_model_param"]
    untouched = str(start["base_score"]).strip("[]") == "5E-1"
    estimates = start.get("boost_from_average") == "1" and b"boost_from_average" in content
    if not (untouched and estimates):
        return ""
    name = learner["objective"]["name"]
    return say(
        "The file names the objective {name}, and its start value is exactly 0.5: as after training with an "
        "objective of somebody's own, which XGBoost does not save, or on labels that begin there, such as one half of "
        "each class.",
        name=name,
    )


def _stopped(booster: Any, kind: str) -> tuple[Any, tuple[str, ...]]:
    """The booster up to its best round, as XGBoost's estimators predict after early stopping, and what to say of it."""
    best, rounds = booster.attr("best_iteration"), booster.num_boosted_rounds()
    if best is None or not best.isdigit() or kind == "gblinear" or int(best) + 1 >= rounds:
        return booster, ()
    used = int(best) + 1
    note = say(
        "The file tells early stopping's best round: the first {used:,} of its {rounds:,} rounds are audited, as "
        "XGBoost's own estimators predict. A Booster used without iteration_range predicts with all of them.",
        used=used,
        rounds=rounds,
    )
    return booster[:used], (note,)


def _declared(mark: float | str | None) -> tuple[str, ...]:
    """What to say of a number that only the plan calls a missing value; nothing where it is silent."""
    if mark is None:
        return ()
    if isinstance(mark, str):
        return (
            say(
                "The plan says that the training took no number for a missing value (model.missing)."
            ),
        )
    return (
        say(
            "The plan says that the training took {number} for a missing value (model.missing): it is one in every "
            "column of the model.",
            number=written(mark),
        ),
    )


class _Coder:
    """Makes of columns the numbers that the trees split on."""

    def __init__(self, booster: Any, features: Sequence[str], path: Path, mark: float) -> None:
        self.features, self.path, self.mark = tuple(features), path, mark
        self.names = list(booster.feature_names or []) or None
        told = list(booster.feature_types or [])
        self.types = ["c" if kind == "c" else "q" for kind in told] or ["q"] * len(self.features)
        self.levels: dict[str, Levels] = {}
        if "c" in self.types:
            stored = booster.get_categories(export_to_arrow=True).to_arrow()
            self.levels = {
                name: levels_of_array(values)
                for name, (_own, values) in zip(self.features, stored, strict=False)
                if values is not None
            }

    def encode(self, frame: pd.DataFrame, mark: float | None = None) -> Any:
        """Codes and numbers as float64, missing and unknown ones as NaN; codes are the model's and never renumbered.

        ``mark`` is the number that is missing too, by default the plan's; in every column, as XGBoost has it.
        """
        import numpy as np

        made = [
            self._column(frame[name], kind)
            for name, kind in zip(self.features, self.types, strict=True)
        ]
        numbers = np.stack(made, axis=1) if made else np.empty((len(frame), 0))
        return self._rows(numbers, self.mark if mark is None else mark)

    def blank(self) -> Any:
        """One row of missing values."""
        import numpy as np

        return self._rows(np.full((1, len(self.features)), np.nan), math.nan)

    def _rows(self, numbers: np.ndarray, mark: float) -> Any:
        import xgboost as xgb

        return xgb.DMatrix(
            numbers,
            missing=mark,
            feature_names=self.names,
            feature_types=self.types,
            enable_categorical=True,
        )

    def unknown(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """See ``Booster``; the categories of a file without any are codes, which tell nothing."""
        return count_unknown(self.levels, frame)

    def _column(self, column: pd.Series[Any], kind: str) -> np.ndarray:
        import numpy as np

        levels = self.levels.get(str(column.name))
        if levels is not None:
            codes = levels.codes(column)
            return np.where(codes < 0, np.nan, codes.astype(np.float64))
        if kind != "c":
            return number_column(column, self.path.name)
        try:
            codes = number_column(column, self.path.name)
        except ModelError as error:
            raise self._no_codes(column) from error
        present = codes[~np.isnan(codes)]
        if (present < 0).any() or (present != np.floor(present)).any():
            raise self._no_codes(column)
        return codes

    def _no_codes(self, column: pd.Series[Any]) -> ModelError:
        return ModelError(
            f"the model takes category codes in column {column.name!r}, and its file holds no categories to code by",
            reference="model-data",
            where=self.path.name,
            got=str(column.dtype),
            expected="the codes 0, 1, ... that it was fitted on",
            hint="give the codes as the training did, or save the model with XGBoost 3.1 or newer, which keeps them",
        )
