"""Which columns a model takes and what its outputs are called, checked against the data and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raudit.data.encode import level_text
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.model.formats.levels import normal, truths_as_numbers
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def features_of(
    section: ModelSection,
    told: Sequence[str],
    columns: Sequence[str],
    *,
    where: str,
    width: int | None = None,
    spaced: bool = False,
) -> tuple[ColumnName, ...]:
    """Columns the model takes: those of the plan, else those that the file tells.

    Parameters
    ----------
    spaced
        Whether the format writes an underscore for a space, so that a column is meant if it is the only such one.

    Raises
    ------
    ModelError
        If neither says, the plan names another number of them than the model takes, or the data lacks some.
    """
    features = section.features or tuple(str(name) for name in told)
    if not features:
        raise ModelError(
            "the model does not say which columns it takes",
            reference="model-features",
            where=where,
            hint="fit it on a data frame, or list the columns under model.features",
        )
    if width is not None and len(features) != width:
        raise ModelError(
            "the plan lists another number of columns than the model takes",
            reference="model-features",
            where=where,
            got=f"{len(features)} under model.features",
            expected=f"{width}",
            hint="list every column the model was fitted on, in that order",
        )
    known = set(columns)
    features = tuple(_spaced(name, columns) for name in features) if spaced else features
    missing = [name for name in features if name not in known]
    if missing:
        raise ModelError(
            f"the data lacks {len(missing)} of the model's {len(features)} columns",
            reference="model-columns",
            where=where,
            got=", ".join(missing)[:200],
            expected="columns with the names the model was fitted on",
            hint="audit the data the model was made for, or give the names of this data under model.features",
        )
    return tuple(ColumnName(name) for name in features)


def _spaced(name: str, columns: Sequence[str]) -> str:
    """The column that a name with underscores for spaces means; itself if it is a column, or several could be meant."""
    if name in columns:
        return name
    meant = [column for column in columns if column.replace(" ", "_") == name]
    return meant[0] if len(meant) == 1 else name


def favourable_places(classes: Sequence[str], favourable: frozenset[str]) -> tuple[int, ...]:
    """Places of the classes that the plan calls favourable, however each is written: ``1`` is the class ``1.0``."""
    wanted = frozenset(map(normal, favourable))
    return tuple(
        place
        for place, label in enumerate(classes)
        if label in favourable or normal(label) in wanted
    )


def classes_of(
    section: ModelSection, told: Sequence[Any], *, width: int, where: str
) -> tuple[str, ...]:
    """Labels of a classifier's outputs: those of the plan, else those that the file tells, else 0, 1, ...

    Raises
    ------
    ModelError
        If the plan names another number of labels than the model has outputs.
    """
    classes = (
        section.classes
        or tuple(level_text(_plain(label)) for label in told)
        or tuple(str(i) for i in range(width))
    )
    if len(classes) != width:
        raise ModelError(
            "the plan lists another number of classes than the model has",
            reference="model-classes",
            where=where,
            got=f"{len(classes)}: {', '.join(classes)[:200]}",
            expected=f"{width}",
            hint="list them under model.classes in the order of the model's outputs",
        )
    return classes


def _plain(label: object) -> Any:
    """A label as a plain Python value, so that whole floats are written as such."""
    return label.item() if hasattr(label, "item") else label


def number_column(column: pd.Series[Any], where: str) -> np.ndarray:
    """A column as float64; missing values are NaN.

    Raises
    ------
    ModelError
        If it holds text.
    """
    import numpy as np
    import pandas as pd

    truths = truths_as_numbers(column)
    if truths is not None:
        return truths.to_numpy(dtype=np.float64, na_value=np.nan)
    try:
        return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"the model takes numbers in column {column.name!r}, and the data holds something else",
            reference="model-data",
            where=where,
            got=str(column.dtype),
            expected="numbers",
            hint="compare the data's columns with those the model was trained on; if it is numbers written otherwise, "
            "clean the column",
        ) from error


def text_column(column: pd.Series[Any]) -> np.ndarray:
    """A column as text, None where missing; whole numbers and truth values as Python writes them."""
    import numpy as np
    import pandas as pd

    missing = column.isna().to_numpy()
    values = list(column.to_numpy(dtype=object))
    if pd.api.types.is_float_dtype(column.dtype):
        values = [
            int(v) if not gone and float(v).is_integer() else v
            for v, gone in zip(values, missing, strict=True)
        ]
    texts = [None if gone else str(value) for value, gone in zip(values, missing, strict=True)]
    return np.array(texts, dtype=object)
