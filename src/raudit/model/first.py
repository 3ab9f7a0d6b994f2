"""The first contact of a model file with data: whether it loads, and predicts the first rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from raudit.data.interface import DataSet
from raudit.data.open import wrap_table
from raudit.errors import MissingExtraError, ModelError
from raudit.model.isolation.process import PREDICT
from raudit.model.isolation.trial import bound_model
from raudit.plan import ModelSection

FIRST = 64
"""Rows that are predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContact:
    """What came of it."""

    said: str
    """One sentence."""
    error: ModelError | MissingExtraError | None = None
    """Why it does not load or predict; None if it does."""


def first_contact(path: Path, data: DataSet) -> FirstContact:
    """Load a model in a process of its own and predict the first rows of a data set there, under the default limits.

    A file of code is not run: it is reported as such.
    """
    import pyarrow as pa

    if not data.n_rows:
        return FirstContact(said="the data has no rows to try the model on")
    rows = pa.Table.from_batches([next(data.batches(rows=FIRST))])
    try:
        section = ModelSection(path=path.name)
        model = bound_model(section, path, columns=tuple(data.kinds), sample=rows)
        asked = {"favourable": frozenset[str](), "threshold": None}
        try:
            model.columns(PREDICT, asked, data=wrap_table(rows, name=data.name))
        finally:
            model.process.close()
    except (ModelError, MissingExtraError) as error:
        return FirstContact(said="the model does not predict on this data", error=error)
    what = f"classes {', '.join(model.classes)[:80]}" if model.classes else "amounts"
    return FirstContact(
        said=f"the model loads ({model.format}, {len(model.features)} columns, {what}) and predicts the first "
        f"{rows.num_rows} rows"
    )
