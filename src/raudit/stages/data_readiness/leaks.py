"""Leakage: features that alone, or in pairs, predict the label too well to be known before it.

Every feature becomes codes, and each code predicts with the rate of the label in the *other* folds. So an identifier,
whose codes never repeat, predicts nothing, and a copy of the label under any coding predicts everything.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import Kind
from raudit.data.encode import same_text
from raudit.findings import Finding, Interval, Measurement, Status, Threshold
from raudit.record import Column, Table
from raudit.sentences import say, term
from raudit.stages.data_readiness.labels import label_classes
from raudit.stages.data_readiness.part import Part, Setting, answer
from raudit.stages.data_readiness.rules import LEAK
from raudit.stages.data_readiness.times import as_times

Ints = NDArray[np.int64]
FOLDS = 5
BINS = 48
FEW = 12
"""Codes of a feature up to which it is tried in pairs."""
PAIRED = 24
"""Features that are tried in pairs: those that predict best alone, and the first others."""
SETTLED = 0.2
"""Share of rows whose label a feature settles, in both classes, from which it is a leak, silent on the rest."""
USUAL = 0.05
"""Share that the best of the other features must stay below for that."""
SHUFFLES = 10
ROWS = 50
"""Fewest rows of each of two classes."""
ALONE = 0.88
"""Lower bound of the area from which a feature is a leak where all others stay far below."""
APART = 0.08
"""How far it must stay above the best of the others for that: where many predict well, the task is an easy one."""
TOKENS = 300
ORDER = "(order of rows)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """How well one coding of a feature predicts the label."""

    feature: str
    how: str
    auc: float
    low: float
    high: float
    settled: float
    """Share of rows for which it leaves no doubt; 0 unless there are such rows of both classes."""


def leaks(setting: Setting) -> Part:
    """Look for features that predict the label too well."""
    target = _target(setting)
    if target is None:
        return Part(notes=("Leakage was not looked for: no label is declared.",))
    y, rows, what = target
    positives = int(y.sum())
    if min(positives, y.size - positives) < ROWS:
        finding = answer(
            LEAK,
            kind="data",
            name=setting.data.name,
            status=Status.INDETERMINATE,
            statement=say(
                "Whether a feature gives the label away could not be told on {size:,} rows.",
                size=y.size,
            ),
            reason=say("that takes {ROWS} rows of each of two classes", ROWS=ROWS),
        )
        return Part(findings=(finding,), facts={"data.leaks": []})
    rng = np.random.default_rng(setting.evidence.seed)
    folds = rng.integers(0, FOLDS, y.size)
    codings = list(_codings(setting, rows, y, folds))
    areas = [_area(name, how, codes, y, folds) for name, how, codes in codings]
    shuffled = [rng.permutation(y) for _ in range(SHUFFLES)]
    chance = max(
        (_auc(codes, s, folds) for _n, _h, codes in codings for s in shuffled), default=0.5
    )
    best = _best(areas)
    pairs = _pairs(codings, best, y, folds, setting.options.leak_auc)
    flagged = [
        area for area in best.values() if _leaks(area, best, chance, setting.options.leak_auc)
    ]
    names = [area.feature for area in (*flagged, *pairs) if area.feature != ORDER]
    findings = [_finding(setting, area, best, chance, what, y.size) for area in (*flagged, *pairs)]
    if not findings:
        findings = [_none(setting, best, chance, what, y.size)]
    return Part(
        findings=tuple(findings),
        facts={"data.leaks": names},
        tables=(_table(best, chance, y.size),),
    )


def _target(setting: Setting) -> tuple[Ints, NDArray[np.int64], str] | None:
    """Label as 0 and 1, the rows that have one, and what 1 stands for."""
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
        return (numbers[rows] > middle).astype(np.int64), rows, "a label above its median"
    codes, names = found
    rows = _drawn(setting, np.flatnonzero(codes >= 0))
    if not names:
        return np.zeros(0, dtype=np.int64), rows, ""
    if outcome.favourable:
        favourable = {same_text(text) for text in outcome.favourable}
        good = {place for place, name in enumerate(names) if same_text(name) in favourable}
        return np.isin(codes[rows], list(good)).astype(np.int64), rows, "the favourable label"
    tally = np.bincount(codes[rows], minlength=len(names))
    common = int(tally.argmax())
    return (codes[rows] == common).astype(np.int64), rows, "the commonest class"


def _drawn(setting: Setting, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if rows.size <= setting.options.max_rows:
        return rows
    rng = np.random.default_rng(setting.evidence.seed)
    return np.sort(rng.choice(rows, setting.options.max_rows, replace=False))


def _codings(
    setting: Setting, rows: NDArray[np.int64], y: Ints, folds: Ints
) -> Iterator[tuple[str, str, Ints]]:
    outcome = setting.evidence.roles.label
    taken = {outcome.column if outcome else None, setting.evidence.roles.weight}
    # What no model takes may still be what rows were drawn or sorted by, so every column of the file is looked at.
    names = [*dict.fromkeys((*setting.features, *setting.identifiers))]
    for name in names:
        if (
            name in taken
            or name not in setting.data.kinds
            or setting.data.kinds[name] is Kind.OTHER
        ):
            continue
        series = setting.column(name).iloc[rows]
        for how, codes in _column_codings(series, setting.data.kinds[name], y, folds):
            yield str(name), how, codes
    if setting.reference is None or setting.reference.sha256 != setting.data.sha256:
        yield ORDER, "place in the file", _quantiles(rows.astype(float))


def _column_codings(series: Any, kind: Kind, y: Ints, folds: Ints) -> Iterator[tuple[str, Ints]]:
    import pandas as pd

    if kind in {Kind.NUMBER, Kind.INTEGER}:
        values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=float)
        yield "value", _quantiles(values)
        whole = values[np.isfinite(values)]
        if whole.size and np.unique(whole).size > 10 and bool((whole == np.round(whole)).all()):
            yield (
                "last digit",
                np.where(np.isfinite(values), np.nan_to_num(np.abs(values)) % 10, 10).astype(
                    np.int64
                ),
            )
        return
    if kind is Kind.TIME:
        times = as_times(series)
        yield (
            "value",
            _quantiles(
                times.astype("int64").to_numpy().astype(float), missing=times.isna().to_numpy()
            ),
        )
        yield "time of day", times.dt.hour.fillna(24).to_numpy(dtype=np.int64)
        return
    texts = series.astype("string")
    codes, values = pd.factorize(texts, use_na_sentinel=False)
    yield "value", np.asarray(codes, dtype=np.int64)
    if len(values) > 50:
        yield "words and endings", _words(texts.fillna("").tolist(), y, folds)
        yield "whether it is filled", texts.notna().to_numpy(dtype=np.int64)


def _quantiles(values: NDArray[np.float64], missing: NDArray[np.bool_] | None = None) -> Ints:
    """Bins of like mass; every value its own where there are few; missing values are a code of their own."""
    absent = ~np.isfinite(values) if missing is None else missing | ~np.isfinite(values)
    there = values[~absent]
    distinct = np.unique(there)
    edges = (
        distinct[1:]
        if distinct.size <= BINS
        else np.unique(np.quantile(there, np.linspace(0, 1, BINS + 1)[1:-1]))
    )
    codes = np.searchsorted(edges, np.where(absent, 0, values), side="right")
    return np.where(absent, edges.size + 1, codes).astype(np.int64)


def _words(texts: list[str], y: Ints, folds: Ints) -> Ints:
    """Texts by how their words, prefixes and endings predict, out of fold, in bins."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import BernoulliNB

    vectorizer = CountVectorizer(analyzer=_tokens, max_features=TOKENS, binary=True, min_df=5)
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:  # no token is frequent enough to be learnt from
        return np.zeros(len(texts), dtype=np.int64)
    score = np.zeros(len(texts))
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        if test.any() and len(np.unique(y[train])) == 2:
            logs = BernoulliNB().fit(matrix[train], y[train]).predict_joint_log_proba(matrix[test])
            score[test] = logs[:, 1] - logs[:, 0]
    # Coarse bins, since folds learn slightly different odds and a code must mean the same in all of them.
    return (np.clip(np.round(score), -10, 10) + 10).astype(np.int64)


def _tokens(text: str) -> list[str]:
    plain = text.strip().lower()
    words = [word for word in re.split(r"\W+", plain) if word]
    return [*words, f"^{plain[:1]}", f"^{plain[:3]}", f"{plain[-1:]}$", f"{plain[-2:]}$"]


def _cells(codes: Ints, y: Ints, folds: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and positives by fold and code, each of shape (n_folds, n_codes)."""
    size = int(codes.max()) + 1
    flat = folds * size + codes
    rows = np.bincount(flat, minlength=FOLDS * size).reshape(FOLDS, size).astype(float)
    good = np.bincount(flat, weights=y, minlength=FOLDS * size).reshape(FOLDS, size)
    return rows, good.astype(float)


def _auc(codes: Ints, y: Ints, folds: Ints) -> float:
    """Out-of-fold area under the curve of codes that predict with the rate in the other folds."""
    rows, good = _cells(codes, y, folds)
    base = good.sum() / rows.sum()
    others, wins = rows.sum(axis=0) - rows, good.sum(axis=0) - good
    score = ((wins + base) / (others + 1)).ravel()
    plus, minus = good.ravel(), (rows - good).ravel()
    order = np.argsort(score, kind="stable")
    _values, tie = np.unique(score[order], return_inverse=True)
    wins_at = np.bincount(tie, weights=plus[order])
    losses_at = np.bincount(tie, weights=minus[order])
    below = np.cumsum(losses_at) - losses_at
    total = wins_at.sum() * losses_at.sum()
    return float((wins_at * (below + losses_at / 2)).sum() / total) if total else 0.5


def _area(name: str, how: str, codes: Ints, y: Ints, folds: Ints) -> Area:
    auc = _auc(codes, y, folds)
    half = 1.96 * _error(auc, int(y.sum()), int(y.size - y.sum()))
    return Area(
        feature=name,
        how=how,
        auc=auc,
        low=max(auc - half, 0.0),
        high=min(auc + half, 1.0),
        settled=_settled(codes, y, folds),
    )


def _settled(codes: Ints, y: Ints, folds: Ints) -> float:
    """Share of rows whose code left no doubt in the other folds, and none here; 0 unless both classes have some."""
    rows, good = _cells(codes, y, folds)
    others, wins = rows.sum(axis=0) - rows, good.sum(axis=0) - good
    rate = wins / np.maximum(others, 1)
    share = 0.0
    for sure, right in (
        ((rate > 0.99) & (others >= 20), good),
        ((rate < 0.01) & (others >= 20), rows - good),
    ):
        n = float(rows[sure].sum())
        if n < ROWS or float(right[sure].sum()) < 0.99 * n:
            return 0.0
        share += n / float(rows.sum())
    return share


def _error(auc: float, plus: int, minus: int) -> float:
    """Standard error of an area (Hanley and McNeil 1982, equation 1)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (plus - 1) * (q1 - auc**2) + (minus - 1) * (q2 - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (plus * minus)))


def _best(areas: list[Area]) -> Mapping[str, Area]:
    best: dict[str, Area] = {}
    for area in areas:
        if area.feature not in best or (area.auc, area.settled) > (
            best[area.feature].auc,
            best[area.feature].settled,
        ):
            best[area.feature] = area
    return best


def _leaks(area: Area, best: Mapping[str, Area], chance: float, line: float) -> bool:
    if area.low <= chance:
        return False
    if area.low >= line:
        return True
    rest = [
        other.settled
        for name, other in best.items()
        if name != area.feature and other.settled < SETTLED
    ]
    if area.settled >= SETTLED and max(rest, default=1.0) < USUAL and len(rest) >= len(best) / 2:
        return True
    others = [
        other.auc for name, other in best.items() if name != area.feature and other.low < ALONE
    ]
    return area.low >= ALONE and len(others) > 2 and area.low - max(others) >= APART


def _pairs(
    codings: list[tuple[str, str, Ints]],
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
        area = _area(
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


def _finding(
    setting: Setting, area: Area, best: Mapping[str, Area], chance: float, what: str, n: int
) -> Finding:
    others = [other.auc for name, other in best.items() if name not in area.feature.split(" + ")]
    median = (
        say(
            "; the median of the other features reaches {median:.2f}",
            median=float(np.median(others)),
        )
        if others
        else ""
    )
    pair = area.how == "pair of values"
    settled = (
        say(" It leaves no doubt about {settled:.0%} of the rows.", settled=area.settled)
        if area.settled >= SETTLED
        else ""
    )
    return answer(
        LEAK,
        kind="data" if area.feature == ORDER else "column",
        name=area.feature,
        detail={"by": "pair" if pair else "value"},
        status=Status.INDETERMINATE if area.feature == ORDER else Status.FAILED,
        reason=say(
            "rows that are sorted by the label do no harm unless their order decides the split or becomes a feature"
        )
        if area.feature == ORDER
        else "",
        statement=say(
            "{feature} alone ({how}) predicts {what} with an area under "
            "the curve of {auc:.3f} (95 % interval {low:.3f} to "
            "{high:.3f}) on {n:,} rows{median}, and shuffled labels at "
            "most {chance:.2f}.{settled}",
            feature=area.feature,
            how=term(area.how),
            what=term(what),
            auc=area.auc,
            low=area.low,
            high=area.high,
            n=n,
            median=median,
            chance=chance,
            settled=settled,
        ),
        measurement=_measured(area, n),
        threshold=Threshold(high=setting.options.leak_auc, source="default"),
        anchor="leak_auc",
    )


def _measured(area: Area, n: int) -> Measurement:
    return Measurement(
        metric="single_feature_auc",
        value=area.auc,
        n=n,
        interval=Interval(low=area.low, high=area.high, method="Hanley-McNeil"),
        method="out of fold, 5 folds",
    )


def _none(setting: Setting, best: Mapping[str, Area], chance: float, what: str, n: int) -> Finding:
    top = max(best.values(), key=lambda area: area.auc, default=None)
    if top is None:
        return answer(
            LEAK,
            kind="data",
            name=setting.data.name,
            status=Status.INDETERMINATE,
            statement="Whether a feature gives the label away could not be told.",
            reason="there is no feature beside the label",
        )
    return answer(
        LEAK,
        kind="data",
        name=setting.data.name,
        status=Status.PASSED,
        statement=say(
            "Of {count} columns, alone or in the pairs tried, none "
            "predicts {what} too well on {n:,} rows: the best, "
            "{feature}, has an area under the curve of {auc:.3f}; "
            "shuffled labels reach {chance:.2f}. A leak that predicts "
            "with less than {ALONE} and settles under {SETTLED:.0%} of "
            "the rows would not have shown.",
            count=len(best),
            what=term(what),
            n=n,
            feature=top.feature,
            auc=top.auc,
            chance=chance,
            ALONE=ALONE,
            SETTLED=SETTLED,
        ),
        measurement=_measured(top, n),
        threshold=Threshold(high=setting.options.leak_auc, source="default"),
        anchor="leak_auc",
    )


def _table(best: Mapping[str, Area], chance: float, n: int) -> Table:
    ordered = sorted(best.values(), key=lambda area: -area.auc)[:20]
    columns = (
        Column(key="name", label="Column"),
        Column(key="how", label="By its"),
        Column(key="auc", label="Area under the curve", kind="number"),
    )
    rows = tuple(
        {"name": area.feature, "how": area.how, "auc": round(area.auc, 4)} for area in ordered
    )
    left = len(best) - len(ordered)
    caption = say(
        "Out of fold on {n:,} rows; with shuffled labels the best reaches {chance:.2f}.",
        n=n,
        chance=chance,
    )
    caption += say(" {left} more columns predict less.", left=left) if left > 0 else ""
    return Table(
        id="leaks",
        title="How well single columns predict the label",
        columns=columns,
        rows=rows,
        caption=caption,
    )
