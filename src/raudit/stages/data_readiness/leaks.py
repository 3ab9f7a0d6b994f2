"""Leakage: features that alone, or in pairs, predict the label too well to be known before it.

Every feature becomes codes, and each code predicts with the rate of the label in the *other* folds. So an identifier,
whose codes never repeat, predicts nothing, and a copy of the label under any coding predicts everything.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.data.encode import same_text
from raudit.findings import Status
from raudit.sentences import n_rows, say
from raudit.stages.data_readiness.areas import (
    ALONE,
    FOLDS,
    ROWS,
    SETTLED,
    Area,
    Ints,
    area_of,
    auc_of,
)
from raudit.stages.data_readiness.codings import ORDER, codings_of
from raudit.stages.data_readiness.labels import label_classes
from raudit.stages.data_readiness.leak_words import leak_finding, leak_table, no_leak
from raudit.stages.data_readiness.part import Part, Setting, answer
from raudit.stages.data_readiness.rules import LEAK

FEW = 12
"""Codes of a feature up to which it is tried in pairs."""
PAIRED = 24
"""Features that are tried in pairs: those that predict best alone, and the first others."""
USUAL = 0.05
"""Share that the best of the other features must stay below for that."""
SHUFFLES = 10
APART = 0.08
"""How far it must stay above the best of the others for that: where many predict well, the task is an easy one."""

MOST = 8
"""Classes, the commonest, any two of which a leak tells apart."""

Coding = tuple[str, str, Ints]
"""A feature, what its codes are by, and the codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is predicted."""

    y: Ints
    """0 or 1, of shape (n_rows,)."""
    rows: NDArray[np.int64]
    """Rows that have a label, of shape (n_rows,)."""
    what: str
    """What 1 stands for."""
    classes: Ints | None = None
    """Class of every row where there are more than two and none is called favourable."""


def leaks(setting: Setting) -> Part:
    """Look for features that predict the label too well."""
    target = _target(setting)
    if target is None:
        return Part(notes=("Leakage was not looked for: no label is declared.",))
    y = target.y
    if min(int(y.sum()), int(y.size - y.sum())) < ROWS:
        return _too_few(setting, y.size)
    rng = np.random.default_rng(setting.evidence.seed)
    folds = rng.integers(0, FOLDS, y.size)
    codings = list(codings_of(setting, target.rows, y, folds))
    measured = [(area_of(name, how, codes, y, folds), codes) for name, how, codes in codings]
    chance = _chance(codings, y, folds, rng)
    best = _best([area for area, _codes in measured])
    pairs = _pairs(codings, best, y, folds, setting.options.leak_auc)
    line = setting.options.leak_auc
    flagged = [
        area
        for area, codes in measured
        if (area is best[area.feature] or area.tells)
        and _leaks(area, best, chance, line, each=_of_each(target, codes, folds, area))
    ]
    flagged = list({area.feature: area for area in reversed(flagged)}.values())[::-1]
    names = [area.feature for area in (*flagged, *pairs) if area.feature != ORDER]
    findings = [
        leak_finding(setting, area, best, chance, target.what, y.size)
        for area in (*flagged, *pairs)
    ]
    return Part(
        findings=tuple(findings) or (no_leak(setting, best, chance, target.what, y.size),),
        facts={"data.leaks": names},
        tables=(leak_table(best, chance, y.size),),
    )


def _too_few(setting: Setting, n: int) -> Part:
    finding = answer(
        LEAK,
        kind="data",
        name=setting.data.name,
        status=Status.INDETERMINATE,
        statement=say(
            "Whether a feature gives the label away could not be told on {rows}.", rows=n_rows(n)
        ),
        reason=say("that takes {ROWS} rows of each of two classes", ROWS=ROWS),
    )
    return Part(findings=(finding,))


def _chance(codings: Sequence[Coding], y: Ints, folds: Ints, rng: np.random.Generator) -> float:
    """Largest area that any coding reaches with shuffled labels."""
    shuffled = [rng.permutation(y) for _ in range(SHUFFLES)]
    return max(
        (auc_of(codes, drawn, folds) for _n, _h, codes in codings for drawn in shuffled),
        default=0.5,
    )


def _of_each(target: Target, codes: Ints, folds: Ints, area: Area) -> tuple[Area, ...]:
    """How well a feature tells any two of several classes apart; none where there are two, or it could be no leak.

    Where one class of several lies far from the others, an honest measurement tells it from the rest; a copy of the
    label tells any two classes apart.
    """
    honest = area.low < ALONE and area.settled < SETTLED and not area.tells
    if target.classes is None or honest:
        return ()
    tally = np.bincount(target.classes)
    common = [place for place in np.argsort(-tally, kind="stable")[:MOST] if tally[place] >= ROWS]
    found = []
    for one, two in itertools.combinations(common, 2):
        rows = (target.classes == one) | (target.classes == two)
        y = (target.classes[rows] == one).astype(np.int64)
        found.append(area_of(area.feature, area.how, codes[rows], y, folds[rows]))
    return tuple(found)


def _target(setting: Setting) -> Target | None:
    """Label as 0 and 1; None where none is declared."""
    outcome = setting.evidence.roles.label
    if outcome is None:
        return None
    found = label_classes(setting)
    if found is None or len(found[1]) > 50:
        import pandas as pd

        numbers = pd.to_numeric(setting.column(outcome.column), errors="coerce").to_numpy(
            dtype=float
        )
        rows = _drawn(setting, np.flatnonzero(np.isfinite(numbers)))
        middle = float(np.median(numbers[rows])) if rows.size else 0.0
        return Target(
            y=(numbers[rows] > middle).astype(np.int64),
            rows=rows,
            what=say("a label above its median"),
        )
    codes, names = found
    rows = _drawn(setting, np.flatnonzero(codes >= 0))
    if not names:
        return Target(y=np.zeros(0, dtype=np.int64), rows=rows, what="")
    if outcome.favourable:
        favourable = {same_text(text) for text in outcome.favourable}
        good = {place for place, name in enumerate(names) if same_text(name) in favourable}
        return Target(
            y=np.isin(codes[rows], list(good)).astype(np.int64),
            rows=rows,
            what=say("the favourable label"),
        )
    tally = np.bincount(codes[rows], minlength=len(names))
    common = int(tally.argmax())
    return Target(
        y=(codes[rows] == common).astype(np.int64),
        rows=rows,
        what=say("the commonest class"),
        classes=codes[rows] if len(names) > 2 else None,
    )


def _drawn(setting: Setting, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if rows.size <= setting.options.max_rows:
        return rows
    rng = np.random.default_rng(setting.evidence.seed)
    return np.sort(rng.choice(rows, setting.options.max_rows, replace=False))


def _best(areas: list[Area]) -> Mapping[str, Area]:
    best: dict[str, Area] = {}
    for area in areas:
        if area.feature not in best or (area.auc, area.settled) > (
            best[area.feature].auc,
            best[area.feature].settled,
        ):
            best[area.feature] = area
    return best


def _leaks(
    area: Area, best: Mapping[str, Area], chance: float, line: float, *, each: tuple[Area, ...]
) -> bool:
    """Whether an area is too large to be honest, for any two classes where there are several."""
    if area.tells and all(one.tells for one in each):
        return True
    if area.low <= chance:
        return False
    if area.low >= line and all(one.low >= line for one in each):
        return True
    rest = [
        other.settled
        for name, other in best.items()
        if name != area.feature and other.settled < SETTLED
    ]
    # A column that settles one class of several is a leak where no other comes near; of several that do, none is.
    alone = len(rest) == len(best) - 1 or all(one.settled >= SETTLED for one in each)
    settles = area.settled >= SETTLED and alone
    if settles and max(rest, default=1.0) < USUAL and len(rest) >= len(best) / 2:
        return True
    others = [
        other.auc for name, other in best.items() if name != area.feature and other.low < ALONE
    ]
    clear = area.low >= ALONE and all(one.low >= ALONE for one in each)
    return clear and len(others) > 2 and area.low - max(others) >= APART


def _pairs(
    codings: Sequence[Coding],
    best: Mapping[str, Area],
    y: Ints,
    folds: Ints,
    line: float,
) -> list[Area]:
    """Pairs of features that only together give the label away."""
    few = {name: codes for name, how, codes in codings if how == "value" and name != ORDER}
    coarse = {name: _coarse(codes) for name, codes in few.items() if best[name].low < ALONE}
    chosen = sorted(coarse, key=lambda name: -best[name].auc)[:PAIRED]
    found = []
    for one, two in itertools.combinations(chosen, 2):
        area = area_of(
            say("{one} + {two}", one=one, two=two),
            "pair of values",
            coarse[one] * (FEW + 1) + coarse[two],
            y,
            folds,
        )
        if area.low >= line:
            found.append(area)
    return found


def _coarse(codes: Ints) -> Ints:
    """At most ``FEW`` codes: neighbours are joined, rare ones too."""
    size = int(codes.max()) + 1
    return codes if size <= FEW else codes * FEW // size
