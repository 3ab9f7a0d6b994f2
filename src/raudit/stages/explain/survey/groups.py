"""Groups of people, and the gap of each to everyone else by feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.data import DataSet
from raudit.plan import Attribute
from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.estimates import Mean, weighted_mean

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a sensitive feature among some rows."""

    attribute: str
    label: str
    name: str
    member: Any
    """Booleans of shape (n_samples,)."""

    @property
    def title(self) -> str:
        """Such as ``Sex Female``."""
        return f"{self.label} {self.name}"

    def at(self, positions: np.ndarray) -> Group:
        """The same group among some of the rows."""
        return Group(
            attribute=self.attribute,
            label=self.label,
            name=self.name,
            member=self.member[positions],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Who belongs to which group of a sensitive feature."""

    attribute: Attribute
    levels: tuple[str, ...]
    """Names of all groups, in order."""
    codes: Any
    """Place of each row's group in ``levels``, of shape (n_rows,)."""
    large: tuple[Group, ...]
    """Groups with enough members, and enough others to be held against."""
    small: tuple[tuple[str, str], ...]
    """Name of each other group, and why it is left out."""

    @property
    def label(self) -> str:
        """What people call the feature."""
        return self.attribute.label or self.attribute.column

    @property
    def compared(self) -> tuple[Group, ...]:
        """Of two groups each is the other's others: one decomposition says it all."""
        return self.large[:1] if len(self.large) == 2 and len(self.levels) == 2 else self.large


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A group's gap to all others, by feature."""

    mean: Any
    """Difference of mean SHAP values, of shape (n_features,)."""
    half: Any
    """Half-width of the 95 % interval, of shape (n_features,)."""
    total: float
    """Difference of the mean margins."""
    total_half: float
    n: int
    n_others: int


def gap_of(found: Explained, group: Group, weights: np.ndarray | None = None) -> Gap:
    """Decompose the gap between a group and all others; the parts add up to the total but for the additivity error.

    Parameters
    ----------
    weights
        How many rows of the population each row stands for; None for one each.
    """
    parts = difference(found.values, group.member, weights)
    total = difference(found.margin[:, None], group.member, weights)
    return Gap(
        mean=parts.mean,
        half=parts.half,
        total=float(total.mean[0]),
        total_half=float(total.half[0]),
        n=int(group.member.sum()),
        n_others=int((~group.member).sum()),
    )


def difference(values: np.ndarray, member: np.ndarray, weights: np.ndarray | None = None) -> Mean:
    """Mean of the members less the mean of all others, by column."""
    import numpy as np

    weights = np.ones(len(values)) if weights is None else weights
    own, rest = (weighted_mean(values[rows], weights[rows]) for rows in (member, ~member))
    return Mean(mean=own.mean - rest.mean, half=np.hypot(own.half, rest.half), n=own.n + rest.n)


def memberships(
    data: DataSet, attributes: tuple[Attribute, ...], minimum: int
) -> tuple[Membership, ...]:
    """Sort every row into the groups of each sensitive feature, named as in the rest of the report."""
    return tuple(_membership(data, attribute, minimum) for attribute in attributes)


def _membership(data: DataSet, attribute: Attribute, minimum: int) -> Membership:
    import numpy as np

    from raudit.data import ColumnName
    from raudit.data.encode import AttributeEncoder

    encoder = AttributeEncoder(attribute)
    pieces = [encoder(batch.column(0)) for batch in data.batches([ColumnName(attribute.column)])]
    order = sorted(range(len(encoder.levels)), key=lambda i: encoder.levels[i])
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    codes = ranks[np.concatenate(pieces)] if pieces else np.zeros(0, dtype=np.int64)
    levels = tuple(encoder.levels[i] for i in order)
    large, small = [], []
    label = attribute.label or attribute.column
    for place, name in enumerate(levels):
        member = codes == place
        size, others = int(member.sum()), int((~member).sum())
        if size >= minimum and others >= minimum:
            large.append(Group(attribute=attribute.column, label=label, name=name, member=member))
        elif size < minimum:
            small.append((name, f"it has fewer than the {minimum} rows that a group needs"))
        elif others == 0:
            small.append(
                (
                    name,
                    "everyone in the data belongs to it, so that there is nobody to compare it with",
                )
            )
        else:
            small.append(
                (name, f"all others together are fewer than the {minimum} rows that a group needs")
            )
    return Membership(
        attribute=attribute, levels=levels, codes=codes, large=tuple(large), small=tuple(small)
    )
