"""CatBoost models in its binary format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.errors import ModelError
from raudit.extras import require
from raudit.model.boosters import Booster, broken, refuse_scores
from raudit.model.columns import classes_of, features_of, number_column, text_column
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import pandas as pd

HEADER = 8
"""``CBM1`` and the length of what follows; the library itself loads some files that were cut short."""


def read_catboost(path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]) -> Booster:
    """Read a CatBoost cbm file; see ``load_model``."""
    cb = require("catboost", extra="models", purpose="read CatBoost models")
    model = cb.CatBoost()
    content = path.read_bytes()
    if content[:4] != b"CBM1" or len(content) < HEADER + int.from_bytes(content[4:HEADER], "little"):
        raise broken(path, "shorter than its header says")
    try:
        model.load_model(blob=content, format="cbm")
    except (cb.CatBoostError, ValueError, TypeError) as error:
        raise broken(path, type(error).__name__) from error
    objective = str(model.get_all_params().get("loss_function", ""))
    refuse_scores(objective, path, ("YetiRank", "PairLogit", "QueryRMSE", "QuerySoftMax", "StochasticRank", "Multi"),
                   allowed=("MultiClass",))  # fmt: skip
    if model.get_text_feature_indices() or model.get_embedding_feature_indices():
        raise ModelError(
            "the model reads text or embeddings", reference="model-format", where=path.name,
            expected="numbers and categories", hint="audit its predictions: give data.prediction and no model",
        )  # fmt: skip
    names = [str(name) for name in model.feature_names_]
    told = [] if names == [str(i) for i in range(len(names))] else names
    features = features_of(section, told, columns, where=path.name, width=len(names))
    categorical = set(model.get_cat_feature_indices())
    labels = list(model.classes_) if model.classes_ is not None else []

    exponent = objective.startswith(("Poisson", "Tweedie"))
    kind = "Probability" if labels else "Exponent" if exponent else "RawFormulaVal"

    def encode(frame: pd.DataFrame) -> Any:
        import pandas as pd

        made = {
            names[i]: pd.Series(text_column(frame[name]), index=frame.index, dtype=object).fillna("nan")
            if i in categorical
            else number_column(frame[name], path.name)
            for i, name in enumerate(features)
        }
        return cb.Pool(pd.DataFrame(made, index=frame.index), cat_features=sorted(categorical))

    return Booster(
        format="catboost",
        sha256=sha256,
        features=features,
        classes=classes_of(section, labels, width=len(labels), where=path.name) if labels else (),
        native=model,
        family="catboost",
        encode=encode,
        raw=lambda rows: model.predict(rows, prediction_type="RawFormulaVal"),
        shap=lambda rows: model.get_feature_importance(rows, type="ShapValues"),
        output=lambda rows: model.predict(rows, prediction_type=kind),
    )
