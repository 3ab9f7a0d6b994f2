"""How many of the audited values a model never saw, by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from raudit.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class Levelled(Protocol):
    """A model that knows the categories it learnt."""

    def unknown_levels(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """By categorical column: values in none of the model's categories, and values."""
        ...


class LevelCensus:
    """Counts over batches."""

    def __init__(self, model: object) -> None:
        self.model = model
        self.unknown: dict[str, tuple[int, int]] = {}

    def add(self, frame: pd.DataFrame) -> None:
        """Count the values of a batch."""
        if not isinstance(self.model, Levelled):
            return
        for name, (unknown, present) in self.model.unknown_levels(frame).items():
            before = self.unknown.get(name, (0, 0))
            self.unknown[name] = (before[0] + unknown, before[1] + present)

    def refuse(self) -> None:
        """Refuse data of which a whole column is strange to the model.

        Raises
        ------
        ModelError
            If a column holds values and none is in the model's categories: such a model decides on missing values,
            and nothing in its predictions shows it.
        """
        for name, (unknown, present) in self.unknown.items():
            if present and unknown == present:
                raise ModelError(
                    f"no value of column {name!r} is one that the model learnt",
                    reference="model-levels",
                    got=f"{present:,} values in none of the model's categories",
                    expected="the categories the model was fitted on, written as they were",
                    hint="compare the column with the training data: other codes, another language, another spelling; "
                    "if its type was read wrongly, set it under data.types",
                )
