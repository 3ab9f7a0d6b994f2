"""Groups among the explained rows, and the gap of each to everyone else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.plan import Attribute
from raudit.stages.explain.values import Explained

if TYPE_CHECKING:
    import pandas as pd

Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a sensitive feature among the explained rows."""

    attribute: str
    label: str
    name: str
    member: Any
    """Booleans of shape (n_samples,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A group's gap to all others, by feature."""

    mean: Any
    """Difference of mean SHAP values, of shape (n_features,)."""
    half: Any
    """Half-width of the 95 % interval, of shape (n_features,)."""
    total: float
    """Difference of the mean margins."""
    n: int
    n_others: int


def gap_of(found: Explained, group: Group) -> Gap:
    """Decompose the gap between a group and all others; the parts add up to the total but for the additivity error."""
    import numpy as np

    own, rest = found.values[group.member], found.values[~group.member]
    error = own.var(axis=0, ddof=1) / len(own) + rest.var(axis=0, ddof=1) / len(rest)
    return Gap(
        mean=own.mean(axis=0) - rest.mean(axis=0),
        half=Z * np.sqrt(error),
        total=float(found.margin[group.member].mean() - found.margin[~group.member].mean()),
        n=len(own),
        n_others=len(rest),
    )


def _levels(frame: pd.DataFrame, attribute: Attribute) -> pd.Series:
    """The attribute's levels as text; missing and declared unknown values are ``unknown``."""
    import pandas as pd

    column = frame[attribute.column]
    if attribute.edges:
        edges = [float("-inf"), *attribute.edges, float("inf")]
        column = pd.cut(pd.to_numeric(column, errors="coerce"), edges, right=False)
    text: pd.Series = column.astype(object).where(column.notna(), "unknown").astype(str)
    return text.where(~text.isin(attribute.unknown), "unknown")


def groups_of(frame: pd.DataFrame, attribute: Attribute, minimum: int) -> list[Group]:
    """Groups of an attribute that are large enough to be compared with everyone else, by name."""
    levels = _levels(frame, attribute)
    label = attribute.label or attribute.column
    found = []
    for name in sorted(levels.unique()):
        member = (levels == name).to_numpy()
        if minimum <= member.sum() <= len(member) - minimum:
            found.append(Group(attribute=attribute.column, label=label, name=str(name), member=member))
    # Of two groups each is the other's others: one decomposition says it all.
    return found[:1] if len(found) == 2 and levels.nunique() == 2 else found
