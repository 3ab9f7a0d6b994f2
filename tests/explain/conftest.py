"""A fitted model on a table, and the stage run on it."""

from datetime import UTC, datetime

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from raudit.data import Roles, wrap_table
from raudit.data.roles import Outcome
from raudit.evidence import Evidence, Quiet
from raudit.model import predict_columns
from raudit.model.formats.skops_file import SklearnModel
from raudit.plan import Attribute, Task
from raudit.roles import PREDICTION, SCORE
from raudit.stages.explain import STAGE


def pipeline(last, frame, features, *, ordinal=False):
    texts = [name for name in features if frame[name].dtype.kind not in "biuf"]
    words = OrdinalEncoder() if ordinal else OneHotEncoder(handle_unknown="ignore")
    parts = [
        (
            "numbers",
            SimpleImputer(keep_empty_features=True),
            [f for f in features if f not in texts],
        )
    ]
    parts += [("words", words, texts)] if texts else []
    return Pipeline([("prepare", ColumnTransformer(parts, sparse_threshold=0)), ("model", last)])


def evidence_of(
    native, frame, features, *, target="y", good=("yes",), sensitive=("sex",), label=True, seed=5
):
    model = SklearnModel(
        format="skops",
        sha256="0" * 64,
        features=tuple(features),
        classes=tuple(str(c) for c in getattr(native, "classes_", ())),
        native=native,
    )
    good = frozenset(good)
    data = wrap_table(frame)
    found = predict_columns(model, data, favourable=good, threshold=None, progress=Quiet())
    named = {PREDICTION: found["y_pred"]} | (
        {SCORE: found["y_score"]} if found["y_score"] is not None else {}
    )
    roles = Roles(
        label=Outcome(column=target, favourable=good) if label else None,
        prediction=Outcome(column=PREDICTION, favourable=good),
        score=SCORE if SCORE in named else None,
        sensitive=tuple(Attribute(column=name) for name in sensitive),
        features=model.features,
    )
    return Evidence(
        system={},
        task=Task.BINARY,
        data=data.with_columns(named),
        roles=roles,
        model=model,
        seed=seed,
        clock=datetime(2026, 11, 20, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def run():
    """Fit a pipeline on a table and run the stage."""

    def go(last, frame, features, *, ordinal=False, options=None, raw=False, **roles):
        target = roles.get("target", "y")
        native = (last if raw else pipeline(last, frame, features, ordinal=ordinal)).fit(
            frame[features], frame[target]
        )
        return STAGE.run(
            evidence_of(native, frame, features, **roles), STAGE.options(**(options or {}))
        )

    return go
