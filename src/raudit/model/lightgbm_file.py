"""LightGBM models in its text format, with the categories of a data frame that it appends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.errors import ModelError
from raudit.extras import require
from raudit.model.boosters import Booster, broken, category, refuse_scores
from raudit.model.columns import classes_of, features_of, number_column
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def read_lightgbm(path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]) -> Booster:
    """Read a LightGBM text file; see ``load_model``."""
    lgb = require("lightgbm", extra="models", purpose="read LightGBM models")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise broken(path, "it is no text") from error
    head = dict(line.split("=", 1) for line in text[:2_000_000].splitlines() if "=" in line and line[0] != "[")
    if not text.startswith("tree\n") or "end of trees" not in text or "feature_names" not in head:
        raise broken(path, "it is not the whole of a LightGBM model")
    try:
        booster = lgb.Booster(model_str=text)
    except (lgb.basic.LightGBMError, ValueError, TypeError) as error:
        raise broken(path, type(error).__name__) from error
    objective = head.get("objective", "").split(" ")[0]
    refuse_scores(objective, path, ("lambdarank", "rank_", "multiclassova", "none", "custom"))
    width = {"binary": 2, "cross_entropy": 2}.get(objective, 0)
    if objective == "multiclass":
        width = int(head.get("num_class", "0"))
    features = features_of(section, booster.feature_name(), columns, where=path.name, width=booster.num_feature())
    learnt = booster.pandas_categorical or []
    kinds = head.get("feature_infos", "").split(" ")
    listed = [i for i, kind in enumerate(kinds) if ":" in kind and not kind.startswith("[")]

    def encode(frame: pd.DataFrame) -> Any:
        import pandas as pd

        texts = [i for i, name in enumerate(features) if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
        places = next((p for p in (listed, texts, sorted({*listed, *texts})) if len(p) == len(learnt)), None)
        if learnt and places is None:
            raise ModelError(
                f"the model learnt categories of {len(learnt)} columns, and they cannot be told from the data",
                reference="model-data", where=path.name, got=f"{len(texts)} columns of text",
                expected=f"{len(learnt)} of them", hint="give the data the column types the model was fitted on",
            )  # fmt: skip
        known = dict(zip(places or [], learnt, strict=False))
        made = {
            name: category(frame[name], known[i]) if i in known else number_column(frame[name], path.name)
            for i, name in enumerate(features)
        }
        return pd.DataFrame(made, index=frame.index)

    def shap(rows: Any) -> np.ndarray:
        import numpy as np

        found = np.asarray(booster.predict(rows, pred_contrib=True, validate_features=False))
        return found.reshape(len(rows), width, -1) if width > 2 else found

    return Booster(
        format="lightgbm",
        sha256=sha256,
        features=features,
        classes=classes_of(section, (), width=width, where=path.name) if width else (),
        native=booster,
        family="lightgbm",
        encode=encode,
        raw=lambda rows: booster.predict(rows, raw_score=True, validate_features=False),
        shap=shap,
        output=lambda rows: booster.predict(rows, validate_features=False),
    )
