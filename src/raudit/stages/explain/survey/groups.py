"""Groups of people, and the gap of each to everyone else by feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.data import DataSet
from raudit.plan import Attribute
from raudit.sentences import say
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
        return say("{label} {name}", label=self.label, name=self.name)

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
    """Difference of the mean margins: of all rows where they are known, else of the explained ones."""
    total_half: float
    n: int
    """Members that the total is of."""
    n_others: int
    explained: float
    """Difference of the mean margins of the explained rows, which the parts add up to."""
    n_explained: tuple[int, int]
    """Explained members and others."""

    @property
    def exact(self) -> bool:
        """Whether the total is of all rows and the parts of some of them."""
        return (self.n, self.n_others) != self.n_explained

    def carriers(self) -> tuple[list[int], bool]:
        """The one or two features with the largest parts, and whether most of the gap comes from them.

        Most is more than half of all parts, whatever their sign, more than half of the gap itself, which may be of
        more rows, and in the gap's own direction: parts that cancel one another carry nothing.
        """
        import numpy as np

        top = [
            int(i) for i in np.argsort(-np.abs(self.mean), kind="stable")[:2] if self.mean[i] != 0
        ]
        whole = max(float(np.abs(self.mean).sum()), abs(self.total))
        for places in (top[:1], top):
            along = all(self.mean[i] * self.total > 0 for i in places)
            if places and along and sum(abs(self.mean[i]) for i in places) > whole / 2:
                return places, True
        return top, False


def gap_of(
    found: Explained, group: Group, weights: np.ndarray | None = None, total: Mean | None = None
) -> Gap:
    """Decompose the gap between a group and all others; the parts add up to the total but for the additivity error.

    Parameters
    ----------
    weights
        How many rows of the population each row stands for; None for one each.
    total
        The gap of all rows, where their margins are known; its ``sizes`` are those of all rows.
    """
    parts = difference(found.values, group.member, weights)
    explained = difference(found.margin[:, None], group.member, weights)
    whole = total or explained
    return Gap(
        mean=parts.mean,
        half=parts.half,
        total=float(whole.mean[0]),
        total_half=float(whole.half[0]),
        n=whole.sizes[0],
        n_others=whole.sizes[1],
        explained=float(explained.mean[0]),
        n_explained=explained.sizes,
    )


def difference(values: np.ndarray, member: np.ndarray, weights: np.ndarray | None = None) -> Mean:
    """Mean of the members less the mean of all others, by column."""
    import numpy as np

    weights = np.ones(len(values)) if weights is None else weights
    own, rest = (weighted_mean(values[rows], weights[rows]) for rows in (member, ~member))
    return Mean(
        mean=own.mean - rest.mean,
        half=np.hypot(own.half, rest.half),
        n=own.n + rest.n,
        sizes=(own.n, rest.n),
    )


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
            small.append(
                (
                    name,
                    say("it has fewer than the {minimum} rows that a group needs", minimum=minimum),
                )
            )
        elif others == 0:
            small.append(
                (
                    name,
                    "everyone in the data belongs to it, so that there is nobody to compare it with",
                )
            )
        else:
            small.append(
                (
                    name,
                    say(
                        "all others together are fewer than the {minimum} rows that a group needs",
                        minimum=minimum,
                    ),
                )
            )
    return Membership(
        attribute=attribute, levels=levels, codes=codes, large=tuple(large), small=tuple(small)
    )
