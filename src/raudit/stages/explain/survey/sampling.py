"""Which rows are explained: small groups drawn more densely, doubling until the intervals are narrow enough.

Each row gets one random number for good and a rate of being drawn: its share of the population, or the share that its
smallest group needs, whichever is larger. The rows with the smallest ratio of the two are explained, so that a larger
sample holds every smaller one (sequential Poisson sampling), and each row is weighted by one over its rate.

References
----------
Ohlsson 1998, Sequential Poisson Sampling, Journal of Official Statistics 14(2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.sentences import say
from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.estimates import Mean, weighted_mean
from raudit.stages.explain.survey.groups import Gap, Group, difference, gap_of
from raudit.stages.explain.survey.setting import Setting, joined
from raudit.stages.explain.survey.targets import Target
from raudit.stages.explain.survey.whole import fitting, margins_of_all

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

START, SLOW_START = 1000, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """An interval that is wider than it should be."""

    what: str
    half: float
    exhausted: bool
    """Whether every row that could narrow it is in already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Explained rows."""

    positions: Any
    """Row numbers, ascending, of shape (n_samples,)."""
    weights: Any
    """How many rows of the data each stands for, of shape (n_samples,)."""
    frame: pd.DataFrame
    """The model's features, of shape (n_samples, n_features)."""
    found: Explained
    target: Target
    groups: tuple[Group, ...]
    """Groups that are held against everyone else."""
    sized: tuple[Group, ...]
    """All groups that are large enough."""
    importance: Mean
    """Mean absolute SHAP values."""
    gaps: tuple[Gap, ...]
    """One for each of ``groups``."""
    spread: float
    """Standard deviation of the margin."""
    accepted: float
    """Half-width that intervals should be narrower than."""
    intervals: int
    """How many intervals were held against it."""
    wide: tuple[Width, ...]
    """Those that are wider, widest first."""
    steps: tuple[int, ...]
    """Numbers of rows after each doubling."""

    @property
    def unit(self) -> str:
        """The explanation's unit as people read it."""
        return self.found.shown_unit

    @property
    def order(self) -> list[int]:
        """Places of the features, most important first."""
        import numpy as np

        return [int(i) for i in np.argsort(-self.importance.mean, kind="stable")]

    def moves(self, feature: int) -> bool:
        """Whether a feature moves the output by more than what floating point leaves over."""
        import numpy as np

        scale = float(np.max(np.abs(self.found.margin), initial=0.0)) + abs(self.found.base)
        return bool(self.importance.mean[feature] > 1e-9 * max(scale, 1e-300))


def draw(setting: Setting, target: Target, budget: int) -> Sample:
    """Explain rows until every interval is narrower than the tolerance, or the budget or the data end."""
    import numpy as np

    case_weights, known = _case_weights(setting), margins_of_all(setting, target)
    parts: list[tuple[Any, Explained]] = []
    steps: list[int] = []
    for positions, weights in _growing(setting, budget):
        seen = parts[-1][0] if parts else np.zeros(0, dtype=np.int64)
        fresh = np.setdiff1d(positions, seen, assume_unique=True)
        found = setting.explain(fresh, target)
        if parts:
            order = np.argsort(np.concatenate([seen, fresh]), kind="stable")
            found = _ordered(joined([parts[-1][1], found]), order)
        parts = [(positions, found)]
        steps.append(len(positions))
        whole = fitting(known, positions, found)
        totals = {
            (group.attribute, group.name): difference(whole[:, None], group.member, case_weights)
            for group in (setting.groups if whole is not None else ())
        }
        sample = _measured(
            setting,
            target,
            positions,
            weights * case_weights[positions],
            found,
            tuple(steps),
            totals,
        )
        if all(width.exhausted for width in sample.wide):
            break
    return sample


def _growing(setting: Setting, budget: int) -> Iterator[tuple[Any, Any]]:
    """Row numbers and weights of ever larger samples."""
    import numpy as np

    n_rows = setting.evidence.data.n_rows
    budget = min(budget, n_rows)
    rate = np.full(n_rows, 1.0 / n_rows)
    groups = setting.sized
    for group in groups:
        share = 1.0 / (len(groups) * max(int(group.member.sum()), 1))
        rate[group.member] = np.maximum(rate[group.member], share)
    keys = np.random.default_rng([setting.evidence.seed, 1]).random(n_rows) / rate
    order = np.argsort(keys, kind="stable")
    size = min(SLOW_START if setting.slow else START, budget)
    while True:
        positions = np.sort(order[:size])
        yield positions, 1.0 / inclusion(rate, size)[positions]
        if size == budget:
            return
        size = min(2 * size, budget)


def inclusion(rate: np.ndarray, size: int) -> np.ndarray:
    """Chances of being drawn, in proportion to the rates, at most 1, that sum to the sample's size."""
    import numpy as np

    if size >= len(rate):
        return np.ones(len(rate))
    factor = size / rate.sum()
    for _ in range(100):
        sure = factor * rate >= 1
        again = (size - sure.sum()) / rate[~sure].sum()
        if again <= factor * (1 + 1e-12):
            break
        factor = again
    found: np.ndarray = np.minimum(1.0, factor * rate)
    return found


def _case_weights(setting: Setting) -> Any:
    """The data's own weights, if it has any."""
    import numpy as np

    from raudit.data.encode import finite, numbers

    column = setting.evidence.roles.weight
    if column is None:
        return np.ones(setting.evidence.data.n_rows)
    pieces = [
        numbers(batch.column(0), str(column)) for batch in setting.evidence.data.batches([column])
    ]
    return finite(np.concatenate(pieces), str(column), "weight")


def _ordered(found: Explained, order: Any) -> Explained:
    import dataclasses

    return dataclasses.replace(found, values=found.values[order], margin=found.margin[order])


def _measured(
    setting: Setting,
    target: Target,
    positions: Any,
    weights: Any,
    found: Explained,
    steps: tuple[int, ...],
    totals: Mapping[tuple[str, str], Mean],
) -> Sample:
    import numpy as np

    minimum = setting.options.minimum_group
    sized = [group.at(positions) for group in setting.sized]
    usable = [g for g in sized if g.member.sum() >= min(minimum, 2) and (~g.member).sum() >= 2]
    names = {(g.attribute, g.name) for g in setting.groups}
    groups = [g for g in usable if (g.attribute, g.name) in names]
    importance = weighted_mean(np.abs(found.values), weights)
    gaps = [gap_of(found, g, weights, totals.get((g.attribute, g.name))) for g in groups]
    mean = float(np.average(found.margin, weights=weights))
    spread = float(np.sqrt(np.average((found.margin - mean) ** 2, weights=weights)))
    accepted = setting.options.tolerance * spread
    total = {(g.attribute, g.name): int(g.member.sum()) for g in setting.sized}
    full = len(positions) == setting.evidence.data.n_rows
    widths = _widths(setting.features, found, weights, importance, usable, gaps, groups)
    wide = [
        Width(what=what, half=half, exhausted=full or (group is not None and _whole(group, total)))
        for what, half, group in widths
        if half > accepted
    ]
    return Sample(
        positions=positions,
        weights=weights,
        frame=setting.rows(positions),
        found=found,
        target=target,
        groups=tuple(groups),
        sized=tuple(usable),
        importance=importance,
        gaps=tuple(gaps),
        spread=spread,
        accepted=accepted,
        intervals=len(widths),
        wide=tuple(sorted(wide, key=lambda width: (-width.half, width.what))),
        steps=steps,
    )


def _whole(group: Group, total: dict[tuple[str, str], int]) -> bool:
    return int(group.member.sum()) == total[(group.attribute, group.name)]


def _widths(
    features: Sequence[str],
    found: Explained,
    weights: Any,
    importance: Mean,
    sized: Sequence[Group],
    gaps: Sequence[Gap],
    groups: Sequence[Group],
) -> list[tuple[str, float, Group | None]]:
    """Every interval that is printed: what it is of, its half-width, and the group it hangs on."""
    import numpy as np

    widths: list[tuple[str, float, Group | None]] = [
        (say("the importance of {name}", name=name), float(half), None)
        for name, half in zip(features, importance.half, strict=True)
    ]
    for group in sized:
        own = weighted_mean(np.abs(found.values[group.member]), weights[group.member])
        widths += [
            (
                say("the importance of {name} for {title}", name=name, title=group.title),
                float(half),
                group,
            )
            for name, half in zip(features, own.half, strict=True)
        ]
    for group, gap in zip(groups, gaps, strict=True):
        widths += [
            (
                say("the part of {name} in the gap of {title}", name=name, title=group.title),
                float(half),
                group,
            )
            for name, half in zip(features, gap.half, strict=True)
        ]
    return widths
