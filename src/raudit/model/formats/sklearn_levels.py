"""The categories that a scikit-learn pipeline's encoders learnt, and columns in the writing they expect.

An encoder that ignores what it never saw takes ``True`` read from CSV for no category at all, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raudit.model.formats.levels import Levels, truths_as_numbers

if TYPE_CHECKING:
    import pandas as pd


def levels_of(native: object, features: Sequence[str]) -> dict[str, Levels]:
    """Categories by column, as far as encoders read the columns themselves."""
    found: dict[str, Levels] = {}
    _collect(native, list(features), found)
    return {name: known for name, known in found.items() if known.known or known.none_is_missing}


def _collect(step: object, names: list[str], found: dict[str, Levels]) -> list[str] | None:
    """Note the categories of the columns that a step reads; the columns that it passes on unchanged, or None."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import FeatureUnion, Pipeline

    match step:
        case Pipeline():
            passed: list[str] | None = names
            for _name, inner in step.steps:
                passed = None if passed is None else _collect(inner, passed, found)
            return passed
        case ColumnTransformer():
            known = [str(name) for name in getattr(step, "feature_names_in_", names)]
            for _name, inner, columns in step.transformers_:
                _collect(inner, _taken(columns, known), found)
            return None
        case FeatureUnion():
            for _name, inner in step.transformer_list:
                _collect(inner, names, found)
            return None
        case None | "passthrough":
            return names
        case SimpleImputer() if not step.add_indicator and len(
            getattr(step, "statistics_", ())
        ) == len(names):
            if step.missing_values is None:
                for name in names:
                    found.setdefault(name, Levels((), none_is_missing=True))
            return names
        case _:
            return _read(step, names, found)


def _read(step: object, names: list[str], found: dict[str, Levels]) -> list[str] | None:
    inner = getattr(
        step, "_preprocessor", None
    )  # histogram boosting encodes a data frame's own categories
    if inner is not None:
        return _collect(inner, names, found)
    for wrapped in ("best_estimator_", "estimator_", "estimator"):
        if hasattr(step, wrapped) and hasattr(step, "predict"):
            return _collect(getattr(step, wrapped), names, found)
    categories = getattr(step, "categories_", None)
    if categories is not None and len(categories) == len(names):
        for name, known in zip(names, categories, strict=True):
            values = [value.item() if hasattr(value, "item") else value for value in known]
            before = found.get(name)
            if before is not None and before.known:
                continue
            found[name] = Levels(
                [value for value in values if value is not None and value == value],
                none_is_missing=before is not None or None in values,
            )
    return None


def _taken(columns: Any, names: list[str]) -> list[str]:
    """Names of a ColumnTransformer's selection, given as names, places, a slice or a mask."""
    import numpy as np

    if isinstance(columns, slice):
        whole = all(
            end is None or isinstance(end, int | np.integer)
            for end in (columns.start, columns.stop)
        )
        return names[columns] if whole else []
    picked = [columns] if isinstance(columns, str | int) else list(columns)
    if picked and all(isinstance(one, bool | np.bool_) for one in picked):
        return [name for name, inside in zip(names, picked, strict=True) if inside]
    return [names[int(one)] if isinstance(one, int | np.integer) else str(one) for one in picked]


def in_own_writing(frame: pd.DataFrame, levels: Mapping[str, Levels]) -> pd.DataFrame:
    """Columns as the encoders expect them; texts that are all truth values as numbers where no encoder reads them."""
    changed = {}
    for name in frame.columns:
        known = levels.get(str(name))
        column = (
            known.translated(frame[name]) if known is not None else truths_as_numbers(frame[name])
        )
        if column is not None and column is not frame[name]:
            changed[name] = column
    return frame.assign(**changed) if changed else frame
