"""Group labels of a sensitive feature, named as in the rest of the report."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from raudit.plan import Attribute

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"


def group_labels(series: pd.Series[Any], attribute: Attribute) -> pd.Series[Any]:
    """Text label of every row's group; missing and declared unknown values are ``unknown``.

    Parameters
    ----------
    series
        The column as pandas, of shape (n_rows,).
    attribute
        Its edges, if it is cut into groups, and its unknown values.
    """
    import numpy as np
    import pandas as pd

    if not attribute.edges:
        texts = series.astype("string").fillna(UNKNOWN)
        return texts.where(~texts.isin(list(attribute.unknown)), UNKNOWN)
    values = pd.to_numeric(series, errors="coerce").to_numpy(na_value=np.nan)
    values = values if values.dtype in (np.float32, np.float16) else values.astype(float)
    edges = [f"{edge:.10g}" for edge in attribute.edges]
    middle = [f"{low} to under {high}" for low, high in itertools.pairwise(edges)]
    names = np.array([f"under {edges[0]}", *middle, f"{edges[-1]} or over", UNKNOWN], dtype=object)
    place = np.searchsorted(np.asarray(attribute.edges, dtype=values.dtype), values, side="right")
    place[np.isnan(values)] = len(names) - 1
    return pd.Series(names[place], index=series.index)
