"""Train the example's model: an ordinary scikit-learn pipeline, saved in a format that is data and not code.

The team has left ``sex`` and ``race`` out of the features, as many teams do, and believes that this settles the matter.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skops.io import dump

HERE = Path(__file__).resolve().parent
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
WORDS = ["workclass", "marital-status", "occupation", "relationship", "native-country"]


def train() -> Pipeline:
    """Fit the pipeline on the training rows."""
    frame = pd.read_parquet(HERE / "data" / "training.parquet")
    prepare = ColumnTransformer(
        [
            ("numbers", StandardScaler(), NUMBERS),
            ("words", OneHotEncoder(handle_unknown="ignore"), WORDS),
        ]
    )
    pipeline = Pipeline(
        [("prepare", prepare), ("model", LogisticRegression(max_iter=1000, random_state=0))]
    )
    return pipeline.fit(frame[NUMBERS + WORDS], frame["income"])


if __name__ == "__main__":
    dump(train(), HERE / "model.skops")
