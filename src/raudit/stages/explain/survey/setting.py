"""What every part of the stage needs: the model, the groups, and a way to explain rows by their number."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, DataSet
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence
from raudit.model import Model
from raudit.stages.explain.options import ExplainOptions
from raudit.stages.explain.shap_values.values import Explained, explain
from raudit.stages.explain.survey.groups import Group, Membership, memberships
from raudit.stages.explain.survey.targets import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PIECE = 20_000
"""Rows explained at a time, so that memory is bounded by the piece and not by the data."""
SLOW_BACKGROUND = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Rows that stand for "not known"."""

    frame: pd.DataFrame
    sha256: str
    """Digest of the rows as CSV with a header, in the file's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One audited model on one data set."""

    evidence: Evidence
    options: ExplainOptions
    model: Model
    features: tuple[str, ...]
    members: tuple[Membership, ...]
    """One a sensitive feature."""
    background: Background
    slow: bool
    """Whether only the permutation explainer applies."""

    @property
    def groups(self) -> list[Group]:
        """Every group that is large enough, over all rows."""
        return [group for one in self.members for group in one.compared]

    @property
    def sized(self) -> list[Group]:
        """As ``groups``, with both of two complementary groups."""
        return [group for one in self.members for group in one.large]

    def named(self, feature: str) -> str:
        """A feature as people call it: the label of a sensitive feature, else the column's name."""
        for attribute in self.evidence.roles.sensitive:
            if attribute.column == feature and attribute.label:
                return attribute.label
        return feature

    def rows(self, positions: np.ndarray) -> pd.DataFrame:
        """Read the model's features of some rows, in ascending order."""
        return take(self.evidence.data, list(self.features), positions)

    def explain(self, positions: np.ndarray, target: Target) -> Explained:
        """Explain rows by their number, ascending, a piece at a time."""
        background = self.background.frame
        parts = [
            explain(
                self.model,
                self.rows(positions[start : start + PIECE]),
                background,
                target.classes,
                self.evidence.seed,
                perturbation=self.options.perturbation,
            )
            for start in range(0, max(1, len(positions)), PIECE)
        ]
        return dataclasses.replace(joined(parts), label_unit=self.options.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Rows of the model's features that nobody explains: all of them, or as many as memory should hold."""

    positions: Any
    """Row numbers, ascending, of shape (n_samples,)."""
    frame: pd.DataFrame


MOST_SURVEYED = 50_000


def survey_of(setting: Setting) -> Survey:
    """Read the features of all rows, or of a random part."""
    import numpy as np

    n_rows = setting.evidence.data.n_rows
    positions = np.arange(n_rows)
    if n_rows > MOST_SURVEYED:
        positions = np.sort(
            np.random.default_rng([setting.evidence.seed, 3]).permutation(n_rows)[:MOST_SURVEYED]
        )
    return Survey(positions=positions, frame=setting.rows(positions))


def joined(parts: list[Explained]) -> Explained:
    """Put explanations of the same model and background after one another."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    return dataclasses.replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        margin=np.concatenate([part.margin for part in parts]),
    )


def setting_of(evidence: Evidence, options: ExplainOptions) -> Setting:
    """Look at what there is to explain.

    Raises
    ------
    NotEvaluable
        If there is no model, it takes no feature, or there are too few rows.
    """
    import numpy as np

    model = evidence.model
    if model is None:
        raise NotEvaluable(
            f"there is no model to explain: {evidence.no_model_because}",
            reference="explain-no-model",
        )
    if not model.features:
        raise NotEvaluable(
            "the model takes no feature, so that nothing explains it",
            reference="explain-no-features",
        )
    n_rows = evidence.data.n_rows
    if n_rows < options.minimum_group:
        raise NotEvaluable(
            "too few rows to explain", reference="explain-too-few", got=f"{n_rows:,} rows"
        )
    order = np.random.default_rng(evidence.seed).permutation(n_rows)
    frame = take(evidence.data, list(model.features), np.sort(order[: options.background]))
    return Setting(
        evidence=evidence,
        options=options,
        model=model,
        features=tuple(model.features),
        members=memberships(evidence.data, evidence.roles.sensitive, options.minimum_group),
        background=Background(frame=frame, sha256=digest_of(frame)),
        slow=False,
    )


def paced(setting: Setting, target: Target) -> Setting:
    """Find out by explaining two rows whether the model has a fast explainer; if not, shrink the background."""
    few = setting.background.frame.iloc[:10]
    found = explain(
        setting.model,
        few.iloc[:2],
        few,
        target.classes,
        setting.evidence.seed,
        perturbation=setting.options.perturbation,
    )
    if found.family != "permutation":
        return setting
    frame = setting.background.frame.iloc[:SLOW_BACKGROUND]
    return dataclasses.replace(
        setting, slow=True, background=Background(frame=frame, sha256=digest_of(frame))
    )


def take(data: DataSet, columns: list[Any], positions: np.ndarray) -> pd.DataFrame:
    """Read some rows by number, ascending, without holding the others."""
    import numpy as np
    import pyarrow as pa

    found: list[Any] = []
    start = 0
    for batch in data.batches([ColumnName(name) for name in columns]):
        low, high = np.searchsorted(positions, [start, start + batch.num_rows])
        if high > low or not found:
            found.append(batch.take(pa.array(positions[low:high] - start, type=pa.int64())))
        start += batch.num_rows
    frame: pd.DataFrame = pa.Table.from_batches(found).to_pandas(integer_object_nulls=False)
    return frame


def digest_of(frame: pd.DataFrame) -> str:
    """SHA-256 of rows as CSV, so that whoever holds the data can repeat it."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
