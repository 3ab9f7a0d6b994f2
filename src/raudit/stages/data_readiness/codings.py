"""Features as codes from which a label might be read: values, digits, words, times of day, the order of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import Kind
from raudit.stages.data_readiness.areas import FOLDS, Ints
from raudit.stages.data_readiness.part import Setting
from raudit.stages.data_readiness.times import as_times
from raudit.stats.tally import tally

if TYPE_CHECKING:
    import pandas as pd

BINS = 48
REMAINDER = 420
"""Whole numbers by their remainder: a multiple of 2 to 7, so that no remainder of these is missed."""
PRIMES = 143
"""And by that of 11 and 13, of which check digits are made."""
WHOLE = 2.0**53
"""From here on a number's last digits are those of its storage, and tell nothing."""
TOKENS = 300
ORDER = "(order of rows)"


def codings_of(
    setting: Setting, rows: NDArray[np.int64], y: Ints, folds: Ints
) -> Iterator[tuple[str, str, Ints]]:
    """Every coding of every column: its name, what it is by, and the code of each row."""
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


def _column_codings(
    series: pd.Series[Any], kind: Kind, y: Ints, folds: Ints
) -> Iterator[tuple[str, Ints]]:
    import pandas as pd

    if kind in {Kind.NUMBER, Kind.INTEGER}:
        values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=float)
        yield "value", _quantiles(values)
        yield from _digit_codings(values)
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
        yield "minute", times.dt.minute.fillna(60).to_numpy(dtype=np.int64)
        yield "second", times.dt.second.fillna(60).to_numpy(dtype=np.int64)
        yield "day of the week", times.dt.day_of_week.fillna(7).to_numpy(dtype=np.int64)
        return
    texts = series.astype("string")
    codes, levels = pd.factorize(texts, use_na_sentinel=False)
    yield "value", np.asarray(codes, dtype=np.int64)
    if len(levels) > 50:
        yield "words and endings", _words(texts.fillna("").tolist(), y, folds)
        yield "whether it is filled", texts.notna().to_numpy().astype(np.int64)


def _digit_codings(values: NDArray[np.float64]) -> Iterator[tuple[str, Ints]]:
    """What the last digits of numbers tell: whole ones by their remainders, others by their decimals."""
    there = np.abs(values) < WHOLE  # which NaN is not either
    if np.unique(values[there]).size <= 10:
        return
    plain = np.abs(np.where(there, values, 0))
    if bool((plain == np.round(plain)).all()):
        yield "last digit", np.where(there, plain % 10, 10).astype(np.int64)
        yield "last two digits", np.where(there, plain % 100, 100).astype(np.int64)
        yield "hundreds", np.where(there, plain // 100 % 10, 10).astype(np.int64)
        yield "remainder", np.where(there, plain % REMAINDER, REMAINDER).astype(np.int64)
        yield "remainder", np.where(there, plain % PRIMES, PRIMES).astype(np.int64)
    else:
        yield "decimals", np.where(there, np.round(plain % 1 * 100), 101).astype(np.int64)
        yield "thousandths", np.where(there, np.round(plain * 1000) % 10, 10).astype(np.int64)


def _quantiles(values: NDArray[np.float64], missing: NDArray[np.bool_] | None = None) -> Ints:
    """Bins of like mass; every value its own where there are few; missing values are a code of their own."""
    absent = ~np.isfinite(values) if missing is None else missing | ~np.isfinite(values)
    there = values[~absent]
    distinct = np.unique(there)
    edges = (
        distinct[1:]
        if distinct.size <= BINS
        else np.unique(tally(there).quantiles(np.linspace(0, 1, BINS + 1)[1:-1]))
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
