"""CatBoost models in its binary format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.errors import ModelError
from raudit.extras import require
from raudit.model.columns import classes_of, features_of
from raudit.model.formats.boosters import (
    ONE_AGAINST_ALL,
    ORDERED,
    SEVERAL,
    Booster,
    Link,
    Strange,
    broken,
    refuse_objective,
)
from raudit.model.formats.catboost_levels import CategoryWriter
from raudit.ordinary import read_file
from raudit.plan import ModelSection
from raudit.sentences import say

if TYPE_CHECKING:
    import numpy as np

HEADER = 8
"""``CBM1`` and the length of what follows; the library itself loads some files that were cut short."""
SYMMETRIC = "SymmetricTree"
OBJECTIVES = {
    "Logloss": Link.LOGISTIC,
    "CrossEntropy": Link.LOGISTIC,
    "Focal": Link.LOGISTIC,
    "MultiClass": Link.SOFTMAX,
    "MultiClassOneVsAll": Link.LOGISTIC,
    "RMSE": Link.IDENTITY,
    "MAE": Link.IDENTITY,
    "Quantile": Link.IDENTITY,
    "GroupQuantile": Link.IDENTITY,
    "MAPE": Link.IDENTITY,
    "Lq": Link.IDENTITY,
    "Huber": Link.IDENTITY,
    "Expectile": Link.IDENTITY,
    "LogCosh": Link.IDENTITY,
    "Poisson": Link.EXPONENTIAL,
    "Tweedie": Link.EXPONENTIAL,
}
"""Objectives whose prediction is a decision, a probability, or has the label's unit."""
STRANGE = (
    Strange(
        begins=("Multi", "RMSEWithUncertainty"),
        gives="several numbers for each row, of which none is the prediction",
        hint=SEVERAL,
    ),
    Strange(
        begins=("YetiRank", "PairLogit", "QueryRMSE", "QuerySoftMax", "StochasticRank", "Lambda"),
        gives="an order and no decisions",
        hint=ORDERED,
    ),
    Strange(
        begins=("Cox", "SurvivalAft"),
        gives="hazards or times of survival and no decisions",
        hint="give the decision you act on as data.prediction, or its output as data.score, and no model",
    ),
)
KIND = {
    Link.LOGISTIC: "Probability",
    Link.SOFTMAX: "Probability",
    Link.EXPONENTIAL: "Exponent",
    Link.IDENTITY: "RawFormulaVal",
}


def read_catboost(
    path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> Booster:
    """Read a CatBoost cbm file; see ``load_model``."""
    model = _opened(path)
    objective = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
    link = refuse_objective(objective, path, OBJECTIVES, STRANGE)
    apart = objective == "MultiClassOneVsAll"
    names = [str(name) for name in model.feature_names_]
    told = [] if names == [str(i) for i in range(len(names))] else names
    features = features_of(section, told, columns, where=path.name, width=len(names))
    labels = (
        list(model.classes_)
        if model.classes_ is not None and link in (Link.LOGISTIC, Link.SOFTMAX)
        else []
    )
    writer = CategoryWriter(model, names, features, path)

    def decide(rows: object) -> np.ndarray:
        """Places of the classes, by the threshold that the file may hold."""
        import numpy as np

        chosen = np.asarray(model.predict(rows, prediction_type="Class")).reshape(-1)
        places = {str(label): place for place, label in enumerate(labels)}
        return np.array([places[str(label)] for label in chosen], dtype=np.intp)

    def output(rows: object) -> np.ndarray:
        """Predictions; of one margin for two classes the probability of the second."""
        import numpy as np

        found = np.asarray(model.predict(rows, prediction_type=KIND[link]))
        return found[:, 1] if link is Link.LOGISTIC and not apart else found

    return Booster(
        format="catboost",
        sha256=sha256,
        features=features,
        classes=classes_of(section, labels, width=len(labels), where=path.name) if labels else (),
        native=model,
        family="catboost",
        encode=writer.encode,
        unknown=writer.unknown,
        raw=lambda rows: model.predict(rows, prediction_type="RawFormulaVal"),
        shap=lambda rows: model.get_feature_importance(rows, type="ShapValues"),
        output=output,
        link=link,
        chances=not apart,
        decide=decide if labels else None,
        no_shap=no_shap(model),
        notes=(ONE_AGAINST_ALL,) if apart else (),
    )


def _opened(path: Path) -> Any:
    """The model in a file; refuses one that reads more than numbers and categories."""
    cb = require("catboost", extra="models", purpose="read CatBoost models")
    model = cb.CatBoost()
    content = read_file(path)
    if content[:4] != b"CBM1" or len(content) < HEADER + int.from_bytes(
        content[4:HEADER], "little"
    ):
        raise broken(path, "shorter than its header says")
    try:
        model.load_model(blob=content, format="cbm")
    except (cb.CatBoostError, ValueError, TypeError) as error:
        raise broken(path, type(error).__name__) from error
    if model.get_text_feature_indices() or model.get_embedding_feature_indices():
        raise ModelError(
            "the model reads text or embeddings",
            reference="model-format",
            where=path.name,
            expected="numbers and categories",
            hint="audit its predictions: give data.prediction and no model",
        )
    return model


def no_shap(model: Any) -> str:
    """Why CatBoost computes no contributions that can be used for a model; empty if it does."""
    scale, _bias = model.get_scale_and_bias()
    if scale != 1:
        return say("CatBoost computes no contributions for a model that is scaled afterwards")
    # Its sums are off by parts of a log-odds on some data and not on other (catboost issues 1703 and 2136).
    if model.get_all_params().get("grow_policy", SYMMETRIC) != SYMMETRIC:
        return say("CatBoost's contributions of trees that are not symmetric do not always add up")
    return ""
