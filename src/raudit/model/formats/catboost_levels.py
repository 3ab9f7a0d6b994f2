"""How a CatBoost model writes its categories, told from what it reacts to.

A CatBoost file keeps hashes of texts, and truth values as ``1`` and ``0`` where the training had them as such, as
``True`` or ``true`` where it read them from text. A value that the file does not know counts as a rare one, and nothing
is said. So each writing of a column is tried on some rows: the one that moves a prediction is the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.errors import ModelError
from raudit.model.columns import number_column, text_column
from raudit.model.formats.levels import normal, truth_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NOWHERE = "\x00in no category\x00"
"""A text that no model learnt."""
MISSING = ("nan", "", "NaN", "None", "<NA>", "NA", "null", "missing", "unknown")
"""How trainings write a missing category, which the library itself refuses; the first is what pandas makes of it."""
TRIED_ROWS = 256
TRIED_VALUES = 64

Writing = Callable[[str], str]


def _same(text: str) -> str:
    return text


def _digits(text: str) -> str:
    return str(int(text == "True"))


def _pointed(text: str) -> str:
    return f"{text}.0"


TRUTHS: tuple[Writing, ...] = (_digits, _same, str.lower, str.upper)
NUMBERS: tuple[Writing, ...] = (_same, _pointed)


class CategoryWriter:
    """Makes of columns what the library reads."""

    def __init__(
        self, model: Any, names: Sequence[str], features: Sequence[str], path: Path
    ) -> None:
        self.model, self.names, self.features, self.path = (
            model,
            tuple(names),
            tuple(features),
            path,
        )
        self.categorical = frozenset(int(i) for i in model.get_cat_feature_indices())
        self._chosen: dict[str, Writing] = {}
        self._missing: dict[str, str] = {}

    def encode(self, frame: pd.DataFrame) -> Any:
        """A pool with the categories in the model's own writing."""
        for place in sorted(self.categorical):
            name = self.features[place]
            if name not in self._chosen:
                self._choose(name, frame)
            if name not in self._missing and frame[name].isna().any():
                self._choose_missing(name, frame)
        return self._pool(self._made(frame))

    def unknown(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """Columns of which no value moves a model that uses them; of single values a file of hashes tells nothing."""
        self.encode(frame)
        found = {}
        for place in sorted(self.categorical):
            column = frame[self.features[place]]
            present = int(column.notna().sum())
            if (
                self._used[place]
                and column.nunique() > 1
                and self.features[place] not in self._chosen
            ):
                found[self.features[place]] = (present, present)
        return found

    @cached_property
    def _used(self) -> tuple[bool, ...]:
        """Whether any tree asks for a feature."""
        return tuple(
            bool(share > 0)
            for share in self.model.get_feature_importance(type="PredictionValuesChange")
        )

    def _choose(self, name: str, frame: pd.DataFrame) -> None:
        """Keep the first writing of a column that the model reacts to; where it reacts to none, none is kept."""
        texts = _texts(frame[name])
        values = list(dict.fromkeys(text for text in texts if text is not None))[:TRIED_VALUES]
        made = self._made(frame.iloc[:TRIED_ROWS])
        if not values or not len(made):
            return
        column = self.names[self.features.index(name)]
        blank = self._margins(made, column, NOWHERE)
        for writing in _writings(frame[name], values):
            if any(
                (self._margins(made, column, writing(value)) != blank).any() for value in values
            ):
                self._chosen[name] = writing
                return

    def _choose_missing(self, name: str, frame: pd.DataFrame) -> None:
        """Keep the first writing of a missing value that the model reacts to; some training may have had none."""
        made = self._made(frame.iloc[:TRIED_ROWS])
        column = self.names[self.features.index(name)]
        blank = self._margins(made, column, NOWHERE)
        for text in MISSING:
            if (self._margins(made, column, text) != blank).any():
                self._missing[name] = text
                return

    def _margins(self, made: pd.DataFrame, column: str, text: str) -> np.ndarray:
        import numpy as np

        pool = self._pool(made.assign(**{column: text}))
        return np.asarray(self.model.predict(pool, prediction_type="RawFormulaVal"))

    def _made(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        made: dict[str, Any] = {}
        for place, (column, name) in enumerate(zip(self.names, self.features, strict=True)):
            if place not in self.categorical:
                made[column] = number_column(frame[name], self.path.name)
                continue
            texts = _texts(frame[name])
            writing = self._chosen.get(name) or _writings(frame[name], texts)[0]
            missing = self._missing.get(name, MISSING[0])
            written = [missing if text is None else writing(text) for text in texts]
            made[column] = pd.Series(written, dtype=object).array
        return pd.DataFrame(made, index=frame.index)

    def _pool(self, made: pd.DataFrame) -> Any:
        import catboost as cb

        try:
            return cb.Pool(made, cat_features=sorted(self.categorical))
        except cb.CatBoostError as error:
            raise ModelError(
                "CatBoost does not take this data",
                reference="model-data",
                where=self.path.name,
                expected="columns of the kinds it was fitted on",
            ) from error


def _texts(column: pd.Series[Any]) -> list[str | None]:
    """A column as text; truth values, and texts that are all truth values, as ``True`` and ``False``."""
    texts = list(text_column(column))
    present = [text for text in texts if text is not None]
    if present and all(truth_of(text) is not None for text in set(present)):
        return [None if text is None else normal(text) for text in texts]
    return texts


def _writings(column: pd.Series[Any], values: Sequence[str | None]) -> tuple[Writing, ...]:
    """Ways to write a column's values, the library's own for its type first."""
    import pandas as pd

    present = {value for value in values if value is not None}
    if not present:
        return (_same,)
    if all(truth_of(value) is not None for value in present):
        written = {normal(cell): cell for cell in column.dropna().unique() if isinstance(cell, str)}
        return (lambda text: written.get(text, text), *TRUTHS) if written else TRUTHS
    return NUMBERS if pd.api.types.is_numeric_dtype(column.dtype) else (_same,)
