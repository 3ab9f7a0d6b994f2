"""Features that move together, so that their SHAP values can be exchanged for one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.findings import Finding, Interval, Measurement, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import say, term
from raudit.stages.explain.questions.standins import held
from raudit.stages.explain.rules import TOGETHER
from raudit.stages.explain.survey.proxies import level_codes
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOST = 20
"""Features that are compared with each other, most important first."""
MOST_ROWS = 5000
MOST_LEVELS = 200
FEWEST = 30
"""Rows with both values below which two features are not compared."""
CLOSEST = 3
"""Strongest pairs whose intervals decide."""
RESAMPLES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two features."""

    first: str
    second: str
    strength: float
    """0 to 1."""
    measure: str
    n: int
    low: float | None = None
    """Ends of the bootstrap interval at 95 %, of the strongest pairs only."""
    high: float | None = None


def association_part(setting: Setting, sample: Sample) -> tuple[Finding, Table | None]:
    """Name the pairs of important features that are associated at least as strongly as the option says."""
    import numpy as np

    used = [i for i in sample.order if sample.moves(i)][:MOST]
    rows = np.linspace(0, len(sample.frame) - 1, min(MOST_ROWS, len(sample.frame))).astype(int)
    names = [setting.features[i] for i in used]
    pairs = associations(sample.frame.iloc[rows][names], setting.evidence.seed)
    limit = setting.options.association
    strong = [pair for pair in pairs if pair.strength >= limit]
    finding = _finding(setting, pairs, strong, len(used))
    if not pairs:
        return finding, None
    places = {setting.features[i]: i for i in used}
    shown = strong or pairs[:3]
    return finding, Table(
        id="association",
        title=say("Features that move together")
        if strong
        else say("Features that come closest to moving together"),
        columns=(
            Column(key="first", label="Feature"),
            Column(key="second", label="Feature"),
            Column(key="strength", label="Association", kind="number"),
            Column(key="measure", label="Measure"),
            Column(key="alone", label="Mean |SHAP| apart", kind="number"),
            Column(key="joint", label="Mean |SHAP| as one", kind="number"),
            Column(key="n", label="n", kind="count"),
        ),
        rows=tuple(_row(setting, sample, pair, places) for pair in shown),
        caption="From 0 to 1. As one: the mean absolute sum of both values, which does not depend on how the model "
        "or the method shares the effect between the two. Where it is far below the two apart, they work against each "
        "other.",
    )


def _row(setting: Setting, sample: Sample, pair: Pair, places: dict[str, int]) -> dict[str, Any]:
    import numpy as np

    own = sample.found.values[:, [places[pair.first], places[pair.second]]]
    return {
        "first": setting.named(pair.first),
        "second": setting.named(pair.second),
        "strength": pair.strength,
        "measure": pair.measure,
        "alone": float(np.average(np.abs(own).sum(axis=1), weights=sample.weights)),
        "joint": float(np.average(np.abs(own.sum(axis=1)), weights=sample.weights)),
        "n": pair.n,
    }


def _finding(setting: Setting, pairs: list[Pair], strong: list[Pair], features: int) -> Finding:
    subject, anchor = Subject(kind="model", name="features"), "stages.explain.association"
    limit = setting.options.association
    if not pairs:
        return TOGETHER.indeterminate(
            subject,
            "No two features are compared with each other.",
            reason="Fewer than two features move the model's output and vary in the data, with few enough values.",
            anchor=anchor,
        )
    top, apart = pairs[0], features * (features - 1) // 2 - len(pairs)
    verdicts = [
        held(pair.low, pair.high, limit)
        for pair in pairs[:CLOSEST]
        if pair.low is not None and pair.high is not None
    ]
    status = Status.FAILED if Status.FAILED in verdicts else Status.PASSED
    if status is Status.PASSED and (apart or Status.INDETERMINATE in verdicts):
        status = Status.INDETERMINATE
    return TOGETHER.finding(
        status,
        subject,
        say(
            "{said} Pairs compared: {compared:,}, among the {features} features that matter most. n = {n:,}.",
            said=_said(setting, top, strong),
            compared=len(pairs),
            features=features,
            n=top.n,
        ),
        reason=_open(apart, settled=Status.INDETERMINATE not in verdicts)
        if status is Status.INDETERMINATE
        else "",
        measurement=Measurement(
            metric="association",
            value=top.strength,
            n=top.n,
            method=top.measure,
            interval=None
            if top.low is None
            else Interval(low=top.low, high=top.high, method="bootstrap"),
        ),
        threshold=Threshold(high=limit, source="plan: stages.explain.association"),
        data={"pairs": [[pair.first, pair.second] for pair in strong]},
        anchor=anchor,
    )


def _said(setting: Setting, top: Pair, strong: list[Pair]) -> str:
    names = say(
        "“{named}” and “{named_2}”",
        named=setting.named(top.first),
        named_2=setting.named(top.second),
    )
    if not strong:
        return say(
            "No two features move together; the closest are {names} ({measure} {strength:.2f}).",
            names=names,
            measure=term(top.measure),
            strength=top.strength,
        )
    more = say(", as do {count} further pairs", count=len(strong) - 1) if len(strong) > 1 else ""
    return say(
        "{names} move together ({measure} {strength:.2f}){more}: read their shares as one.",
        names=names,
        measure=term(top.measure),
        strength=top.strength,
        more=more,
    )


def _open(apart: int, *, settled: bool) -> str:
    """Why it cannot be told."""
    if not settled:
        return say("The interval holds the limit.")
    return say(
        "Pairs that cannot be compared: {apart:,}. A feature has too many values or none that differ, or fewer than "
        "{FEWEST} rows hold both.",
        apart=apart,
        FEWEST=FEWEST,
    )


def associations(frame: pd.DataFrame, seed: int = 0) -> list[Pair]:
    """Measure every two columns, strongest first, these with an interval; columns that do not vary are left out.

    References
    ----------
    Bergsma 2013 for the bias-corrected Cramer's V; the correlation ratio is taken on ranks.
    """
    ranked = {str(name): _ranks(frame[name]) for name in frame.columns}
    columns = {name: column for name, column in ranked.items() if column is not None}
    names = list(columns)
    pairs = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            measured = _pair(columns[first], columns[second])
            if measured is not None:
                strength, measure, n = measured
                pairs.append(
                    Pair(first=first, second=second, strength=strength, measure=measure, n=n)
                )
    pairs.sort(key=lambda pair: (-pair.strength, pair.first, pair.second))
    for place, pair in enumerate(pairs[:CLOSEST]):
        low, high = _interval(columns[pair.first], columns[pair.second], seed)
        # The bias that resampling adds to a measure of association only widens it.
        pairs[place] = replace(pair, low=min(low, pair.strength), high=max(high, pair.strength))
    return pairs


def _interval(a: tuple[bool, Any], b: tuple[bool, Any], seed: int) -> tuple[float, float]:
    """Percentiles over resamples of the rows."""
    import numpy as np

    rng = np.random.default_rng([seed, 6])
    n = len(a[1])
    found = []
    for _ in range(RESAMPLES):
        rows = rng.integers(0, n, n)
        measured = _pair((a[0], a[1][rows]), (b[0], b[1][rows]))
        if measured is not None:  # a resample may hold too few rows with both
            found.append(measured[0])
    low, high = np.quantile(found, [0.025, 0.975]) if found else (0.0, 1.0)
    return float(low), float(high)


def _ranks(column: pd.Series) -> tuple[bool, np.ndarray] | None:
    """Whether the column holds numbers, and its ranks (NaN if missing) or codes (-1 if missing)."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        if column.nunique() < 2:
            return None
        return True, column.rank().to_numpy(dtype=float)
    codes = level_codes(column)
    codes = pd.Series(codes).where(column.notna().to_numpy(), -1).to_numpy()
    levels = len(set(codes[codes >= 0].tolist()))
    return (False, codes) if 2 <= levels <= MOST_LEVELS else None


def _pair(a: tuple[bool, Any], b: tuple[bool, Any]) -> tuple[float, str, int] | None:
    import numpy as np

    there = np.logical_and(*(~np.isnan(v) if number else v >= 0 for number, v in (a, b)))
    n = int(there.sum())
    if n < FEWEST:
        return None
    x, y = a[1][there], b[1][there]
    if len(np.unique(x)) < 2 or len(np.unique(y)) < 2:
        return None
    if a[0] and b[0]:
        return abs(float(np.corrcoef(x, y)[0, 1])), "rank correlation", n
    if a[0] or b[0]:
        ranks, codes = (x, y) if a[0] else (y, x)
        return _ratio(ranks, codes), "correlation ratio", n
    return _cramer(x, y), "Cramer's V", n


def _ratio(ranks: Any, codes: Any) -> float:
    import numpy as np

    _levels, codes = np.unique(codes, return_inverse=True)
    sizes = np.bincount(codes)
    means = np.bincount(codes, ranks) / sizes
    between = float((sizes * (means - ranks.mean()) ** 2).sum())
    whole = float(((ranks - ranks.mean()) ** 2).sum())
    n, k = len(ranks), len(sizes)
    # epsilon squared: the ratio less what chance alone gives with this many levels (Kelley 1935)
    square = 1 - (whole - between) / max(n - k, 1) / (whole / (n - 1))
    return float(np.sqrt(min(max(square, 0.0), 1.0)))


def _cramer(x: Any, y: Any) -> float:
    import numpy as np

    _a, x = np.unique(x, return_inverse=True)
    _b, y = np.unique(y, return_inverse=True)
    r, k, n = int(x.max()) + 1, int(y.max()) + 1, len(x)
    table = np.bincount(x * k + y, minlength=r * k).reshape(r, k).astype(float)
    expected = table.sum(axis=1, keepdims=True) @ table.sum(axis=0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    r_, k_ = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return float(min(1.0, np.sqrt(phi / max(min(r_, k_) - 1, 1e-12))))
