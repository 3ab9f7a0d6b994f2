"""XGBoost models in JSON or UBJ: trees, names, types and categories, read by XGBoost itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.extras import require
from raudit.model.boosters import Booster, broken, category, refuse_scores
from raudit.model.columns import classes_of, features_of, number_column
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def read_xgboost(path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]) -> Booster:
    """Read an XGBoost JSON or UBJ file; see ``load_model``."""
    xgb = require("xgboost", extra="models", purpose="read XGBoost models")
    xgb.set_config(verbosity=0)
    if path.suffix.lower() == ".json" and path.stat().st_size < 2:
        raise broken(path, "it is empty")
    try:
        booster = xgb.Booster(model_file=bytearray(path.read_bytes()))
        learner = json.loads(booster.save_config())["learner"]
    except (xgb.core.XGBoostError, ValueError, KeyError, TypeError) as error:
        raise broken(path, type(error).__name__) from error
    objective, groups = learner["objective"]["name"], int(learner["learner_model_param"]["num_class"])
    width = max(groups, 2) if objective.startswith(("binary:logi", "multi:soft")) else 0
    refuse_scores(objective, path, ("rank:", "survival:", "binary:hinge", "binary:raw", "multi:none"))
    names = list(booster.feature_names or [])
    features = features_of(section, names, columns, where=path.name, width=booster.num_features())
    types = list(booster.feature_types or ["q"] * len(features))
    categories = _categories(booster, types)

    def encode(frame: pd.DataFrame) -> Any:
        import pandas as pd

        made = {}
        for i, name in enumerate(features):
            if types[i] == "c":
                made[names[i] if names else name] = category(frame[name], categories[i])
            else:
                made[names[i] if names else name] = number_column(frame[name], path.name)
        return xgb.DMatrix(
            pd.DataFrame(made, index=frame.index),
            feature_names=names or None,
            feature_types=["c" if kind == "c" else "float" for kind in types] if names else None,
            enable_categorical=True,
        )

    def output(rows: Any) -> np.ndarray:
        import numpy as np
        from scipy.special import softmax

        if groups > 1:  # multi:softmax predicts classes and no probabilities
            return np.asarray(softmax(booster.predict(rows, output_margin=True), axis=1))
        return np.asarray(booster.predict(rows))

    if names and booster.feature_types:
        booster.feature_types = ["c" if kind == "c" else "float" for kind in types]
    return Booster(
        format="xgboost",
        sha256=sha256,
        features=features,
        classes=classes_of(section, (), width=width, where=path.name) if width else (),
        native=booster,
        family="xgboost",
        encode=encode,
        raw=lambda rows: booster.predict(rows, output_margin=True),
        shap=lambda rows: booster.predict(rows, pred_contribs=True),
        output=output,
    )


def _categories(booster: Any, types: Sequence[str]) -> list[list[Any] | None]:
    if "c" not in types:
        return [None] * len(types)
    stored = booster.get_categories(export_to_arrow=True).to_arrow()
    return [None if values is None else values.to_pylist() for _name, values in stored]
