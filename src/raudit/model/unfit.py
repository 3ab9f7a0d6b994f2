"""What to say when a model's library refuses the data: which column, and the library's words without data values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from raudit.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 160
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?(?![\w])")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]")


def unpredictable(error: Exception, frame: pd.DataFrame) -> ModelError:
    """The error for rows that a model's library does not take."""
    what = "the model cannot predict on this data"
    empty = holding_none(error, frame)
    if empty:
        return ModelError(
            f"{what}: it takes no {empty[0]} values",
            reference="model-data",
            got=f"{empty[0]} values in {', '.join(empty[1:])[:200]}",
            expected="what the training put in their place",
            hint="fill them as the system in use does before it asks the model, or audit its decisions as "
            "data.prediction and no model",
        )
    named = column_in(str(error), frame)
    if named:
        what += f": its library stumbles over column {named!r}"
    typed = named or "COLUMN"
    return ModelError(
        what,
        reference="model-data",
        got=words_of(error, frame),
        expected="columns of the kinds it was fitted on",
        hint=f"compare the data's columns with those the model was trained on; where codes were read as numbers, set "
        f"data.types: {{{typed}: text}}",
    )


def holding_none(error: Exception, frame: pd.DataFrame) -> tuple[str, ...]:
    """``missing`` or ``infinite``, and the columns that hold such values, if that is what an error is about."""
    import numpy as np
    import pandas as pd

    words = str(error)
    if re.search(r"contains NaN|missing values", words):
        kind, empty = "missing", frame.isna().any()
    elif re.search(r"\binf(?:inity)?\b", words):
        kind, empty = (
            "infinite",
            frame.apply(lambda column: np.isinf(pd.to_numeric(column, errors="coerce")).any()),
        )
    else:
        return ()
    holding = [str(name) for name in frame.columns if empty[name]]
    return (kind, *holding) if holding else ()


def column_in(words: str, frame: pd.DataFrame) -> str:
    """The one column that an error speaks of, by its name, else by a value that only it holds; empty if none is."""
    named = [
        str(name)
        for name in frame.columns
        if re.search(rf"(?<!\w){re.escape(str(name))}(?!\w)", words)
    ]
    quoted = [match.strip("'\"") for match in _QUOTED.findall(words)]
    values = frame.select_dtypes(exclude="number")
    is_value = [name for name in named if bool((values.astype(str) == name).any(axis=None))]
    if len(named) == 1 and not is_value and any(named[0] in part for part in quoted):
        return named[0]
    for value in quoted:
        holding = [
            str(name) for name in frame.columns if bool((frame[name].astype(str) == value).any())
        ]
        if len(holding) == 1:
            return holding[0]
    return named[0] if len(named) == 1 else ""


def words_of(error: Exception, frame: pd.DataFrame) -> str:
    """A library's first line, with everything blanked that could be a value of the data."""
    names = {str(name) for name in frame.columns}
    line = str(error).strip().split("\n")[0]

    def blank(match: re.Match[str]) -> str:
        inside = match.group(0)
        return inside if inside[1:-1] in names else "…"

    line = _QUOTED.sub(blank, line)
    cells = {
        str(value) for name in frame.columns for value in frame[name].dropna().unique()[:1000]
    } - names
    for word in sorted(set(re.findall(r"\S+", line)), key=len, reverse=True):
        if word.strip(",.;:()") in cells:
            line = line.replace(word, "…")
    line = _NUMBER.sub("…", line)
    return f"{type(error).__name__}: {line[:LONGEST]}" if line else type(error).__name__
