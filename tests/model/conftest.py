"""Frames, models of every library and option, and their libraries' own predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

KINDS = ("text", "truth", "whole", "number")
"""What the categorical or plain column of a frame holds."""
FORMATS = ("csv", "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fitted model with the frame it was fitted on."""

    frame: pd.DataFrame
    """The columns as they are written to a file, with the label ``y``."""
    inner: pd.DataFrame
    """The same columns as the library takes them."""
    fitted: Any
    suffix: str
    labels: bool
    """Whether it is a classifier."""


def make_frame(seed: int, kind: str, rows: int = 160, *, missing: bool = False) -> pd.DataFrame:
    """Two numbers and one column of the kind, which matters most."""
    rng = np.random.default_rng(seed)
    values: Any = {
        "text": rng.choice(["clerk", "head cook", "nurse", "ärztin"], rows),
        "truth": rng.random(rows) < rng.uniform(0.2, 0.8),
        "whole": rng.choice([3, 5, 9, 12], rows),
        "number": rng.normal(size=rows).round(4),
    }[kind]
    frame = pd.DataFrame(
        {"x": rng.normal(size=rows).round(5), "key": values, "age": rng.integers(18, 90, rows)}
    )
    if missing and kind in ("text", "number"):
        frame.loc[rng.random(rows) < 0.1, "key"] = None if kind == "text" else np.nan
    weight = pd.Series(
        pd.factorize(frame.key)[0] % 2 if kind != "number" else (frame.key > 0).astype(int)
    )
    frame["y"] = ((weight * 2 + frame.x + rng.normal(0, 0.4, rows)) > 1).astype(int)
    frame.loc[:3, "y"] = [0, 1, 0, 1]
    return frame


def typed(frame: pd.DataFrame, kind: str, *, ordered: bool = False) -> pd.DataFrame:
    """The features as a library takes them."""
    inner = frame.drop(columns="y")
    if kind != "number":
        inner["key"] = pd.Categorical(inner.key, ordered=ordered)
    return inner


def write(frame: pd.DataFrame, folder: Any, kind: str) -> Any:
    """The frame as a file."""
    path = folder / f"data.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    return path


@pytest.fixture
def frames():
    return make_frame
