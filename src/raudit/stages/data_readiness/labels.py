"""Labels: how many of each class, and how many contradict the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, Kind
from raudit.data.encode import level_text
from raudit.data.naming import names_persons
from raudit.findings import Finding, Interval, Measurement, Status, Threshold
from raudit.plan import Task
from raudit.record import Column, Table
from raudit.sentences import joined, say
from raudit.stages.data_readiness.part import Part, Setting, answer, limit
from raudit.stages.data_readiness.rules import LABELS, NOISE
from raudit.stats.label_noise import NoiseEstimate, label_noise

FARTHEST = 1e300
"""Larger numbers are taken for this one by the trees, whose cuts lie halfway between two values."""
CLASSES = 50
"""Most classes of a label; with more it is a number or a text."""
ROWS = 200
"""Fewest rows, and ten of each class, from which noise is estimated."""


def label_classes(
    setting: Setting, *, alone: bool = False
) -> tuple[NDArray[np.int64], list[str]] | None:
    """Class of every row, -1 where the label is missing, and the classes' names; None without classes.

    With ``alone`` the rows may come in an order of their own, for whoever only counts them.
    """
    outcome = setting.evidence.roles.label
    if outcome is None or setting.evidence.task in {Task.REGRESSION, Task.RANKING}:
        return None
    import pandas as pd

    column = setting.alone(outcome.column) if alone else setting.column(outcome.column)
    codes, values = pd.factorize(column, sort=False)
    names = [level_text(value) for value in values]
    order = sorted(range(len(names)), key=lambda place: names[place])
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[codes], _shown(setting, [names[at] for at in order])


def _shown(setting: Setting, names: list[str]) -> list[str]:
    """Give names of classes that may be printed: a class that may name somebody gets a number.

    What the plan itself writes, as favourable or promised, is no secret of the data.
    """
    outcome = setting.evidence.roles.label
    if outcome is None or not names_persons(str(outcome.column), names):
        return names
    written = {*outcome.favourable, *outcome.unfavourable, *setting.options.labels_promised}
    return [
        name if name in written else say("class {place}", place=place)
        for place, name in enumerate(names, start=1)
    ]


def counts(setting: Setting) -> Part:
    """Count the labels of each class."""
    found = label_classes(setting, alone=True)
    if found is None:
        return _unpromised(setting, say("no label with classes is declared"))
    codes, names = found
    if not names:
        return _no_label(setting)
    if len(names) > CLASSES:
        return _unpromised(
            setting, say("the label has more than {CLASSES} values", CLASSES=CLASSES)
        )
    tally = np.bincount(codes[codes >= 0], minlength=len(names))
    total, missing = int(tally.sum()), int((codes < 0).sum())
    promised = setting.options.labels_promised
    by_name = {name: int(count) for name, count in zip(names, tally, strict=True)}
    findings = [_balance(setting, by_name, total, missing)]
    findings += [
        _promise(setting, name, by_name.get(name, 0), need) for name, need in promised.items()
    ]
    facts: dict[str, Any] = {
        "data.label_counts": by_name,
        "data.label_rows": total,
        "data.label_missing": missing,
        "data.label_min_count": min(by_name.values()),
    }
    if promised:
        facts["data.label_promise_gap"] = sum(
            max(need - by_name.get(name, 0), 0) for name, need in promised.items()
        )
    return Part(findings=tuple(findings), facts=facts, tables=(_table(by_name, total, promised),))


def _unpromised(setting: Setting, why: str) -> Part:
    """What the plan promises of labels that cannot be counted by class is not known."""
    findings = [
        answer(
            LABELS,
            kind="data",
            name="label",
            detail={"metric": "promise", "class": name},
            status=Status.INDETERMINATE,
            statement=say(
                "How many labelled rows of the class {name} are here was not counted.", name=name
            ),
            reason=why,
            threshold=Threshold(low=float(need), source="plan"),
            anchor="labels_promised",
        )
        for name, need in setting.options.labels_promised.items()
    ]
    return Part(findings=tuple(findings))


def _no_label(setting: Setting) -> Part:
    rows = setting.data.n_rows
    balance = answer(
        LABELS,
        kind="data",
        name="label",
        detail={"metric": "rarest class"},
        status=Status.FAILED,
        statement=say("None of the {rows:,} rows has a label.", rows=rows),
        measurement=Measurement(metric="labelled_rows", value=0.0, n=rows, unit="rows"),
        anchor="min_class_share",
    )
    promises = (
        _promise(setting, name, 0, need) for name, need in setting.options.labels_promised.items()
    )
    facts = {"data.label_rows": 0, "data.label_missing": rows}
    return Part(findings=(balance, *promises), facts=facts)


def _balance(setting: Setting, by_name: dict[str, int], total: int, missing: int) -> Finding:
    rarest = min(by_name, key=lambda name: (by_name[name], name))
    share = by_name[rarest] / max(total, 1)
    enough = share >= setting.options.min_class_share and len(by_name) > 1
    shares = joined(
        ", ",
        (
            say(
                "{name} {count:,} ({count_2:.1%})",
                name=name,
                count=count,
                count_2=count / max(total, 1),
            )
            for name, count in by_name.items()
        ),
    )
    return answer(
        LABELS,
        kind="data",
        name="label",
        detail={"metric": "rarest class"},
        status=Status.PASSED if enough else Status.FAILED,
        statement=say(
            "{total:,} of {total_2:,} rows have a label: {shares}.",
            total=total,
            total_2=total + missing,
            shares=shares,
        )
        + (
            ""
            if len(by_name) > 1
            else say(" There is one class only, so nothing can be learnt or judged.")
        ),
        measurement=Measurement(
            metric="rarest_class_share", value=share, n=total, events=by_name[rarest]
        ),
        threshold=limit(setting.options, "min_class_share", high=False),
        anchor="min_class_share",
    )


def _promise(setting: Setting, name: str, have: int, need: int) -> Finding:
    return answer(
        LABELS,
        kind="data",
        name="label",
        detail={"metric": "promise", "class": name},
        status=Status.PASSED if have >= need else Status.FAILED,
        statement=say(
            "Of the class {name} {have:,} labelled rows are here, and the plan promises {need:,}.",
            name=name,
            have=have,
            need=need,
        ),
        measurement=Measurement(
            metric="labelled_rows", value=float(have), n=setting.data.n_rows, unit="rows"
        ),
        threshold=Threshold(low=float(need), source="plan"),
        anchor="labels_promised",
    )


def _table(by_name: dict[str, int], total: int, promised: dict[str, int]) -> Table:
    columns = (
        Column(key="name", label="Class"),
        Column(key="n", label="Rows", kind="count"),
        Column(key="share", label="Share", kind="proportion"),
        Column(key="promised", label="Promised", kind="count"),
    )
    names = [*by_name, *(name for name in promised if name not in by_name)]
    rows = tuple(
        {
            "name": name,
            "n": by_name.get(name, 0),
            "share": by_name.get(name, 0) / max(total, 1),
            "promised": promised.get(name),
        }
        for name in names
    )
    return Table(
        id="labels",
        title="Labels",
        columns=columns,
        rows=rows,
        caption=say("Counted on {total:,} labelled rows.", total=total)
        if total != 1
        else say("Counted on one labelled row."),
    )


def noise(setting: Setting) -> Part:
    """Estimate how many labels are wrong."""
    classes = label_classes(setting)
    if classes is None:
        return Part()
    codes, names = classes
    features = [name for name in setting.features if name in setting.data.kinds]
    rows = np.flatnonzero(codes >= 0)
    if rows.size > setting.options.max_rows:
        rng = np.random.default_rng(setting.evidence.seed)
        rows = np.sort(rng.choice(rows, setting.options.max_rows, replace=False))
    tally = np.bincount(codes[rows], minlength=len(names)) if names else np.zeros(0)
    few = rows.size < ROWS or len(names) < 2 or tally.min() < 10
    if not features or few or len(names) > CLASSES:
        return Part(findings=(_not_estimated(rows.size),))
    matrix = feature_matrix(setting, features, rows)
    probabilities, folds = out_of_fold(matrix, codes[rows], seed=setting.evidence.seed)
    estimate = label_noise(codes[rows], probabilities, folds)
    facts = {"data.label_noise_low": estimate.low, "data.label_noise_high": estimate.high}
    if estimate.identified:
        facts["data.label_noise"] = estimate.rate
    return Part(findings=(_noise_finding(setting, estimate),), facts=facts)


def _not_estimated(labelled: int) -> Finding:
    return answer(
        NOISE,
        kind="data",
        name="label",
        status=Status.INDETERMINATE,
        statement=say(
            "How many labels are wrong was not estimated, on {size:,} labelled rows.", size=labelled
        )
        if labelled != 1
        else say("How many labels are wrong was not estimated, on one labelled row."),
        reason=say(
            "that takes {ROWS} rows, ten of each of at least two classes, and a feature", ROWS=ROWS
        ),
    )


def _noise_finding(setting: Setting, estimate: NoiseEstimate) -> Finding:
    most = setting.options.max_label_noise
    if estimate.high <= most:
        status, reason = Status.PASSED, ""
    elif estimate.low > most:
        status, reason = Status.FAILED, ""
    else:
        status = Status.INDETERMINATE
        reason = (
            say("the interval holds the largest accepted share")
            if estimate.identified
            else say("the classes overlap too much to tell wrong labels from hard cases")
        )
    clearest = estimate.identified
    return answer(
        NOISE,
        kind="data",
        name="label",
        status=status,
        statement=_noise_statement(estimate),
        reason=reason,
        measurement=Measurement(
            metric="label_noise",
            value=estimate.rate if clearest else estimate.contradicted_share,
            n=estimate.clearest if clearest else estimate.n,
            events=estimate.events if clearest else estimate.contradicted,
            interval=Interval(
                low=estimate.low,
                high=estimate.high,
                method="clopper-pearson" if clearest else "from 0 to what the trees get wrong",
            ),
            method="boosted trees, 5 folds; "
            + ("the clearest rows of each class" if clearest else "confident learning"),
        ),
        threshold=limit(setting.options, "max_label_noise"),
        anchor="max_label_noise",
    )


def _noise_statement(estimate: NoiseEstimate) -> str:
    statement = say(
        "The features contradict the label in {contradicted:,} of {n:,} rows ({rate:.1%})",
        contradicted=estimate.contradicted,
        n=estimate.n,
        rate=estimate.contradicted_share,
    )
    if estimate.identified:
        return say(
            "{statement}, and in {events:,} of the {clearest:,} whose class they tell best: "
            "{rate:.1%} of the labels are wrong (95 % interval {low:.1%} to {high:.1%}), if hard rows "
            "are labelled no worse than easy ones and the features tell the classes apart as well as "
            "they seem to.",
            statement=statement,
            events=estimate.events,
            clearest=estimate.clearest,
            rate=estimate.rate,
            low=estimate.low,
            high=estimate.high,
        )
    return say(
        "{statement}; in {unsure:.0%} of the rows no class is clearly the most probable, so hard "
        "cases are among them. At most {high:.1%} of the labels are wrong, as long as fewer than "
        "half of each class are.",
        statement=statement,
        unsure=estimate.unsure,
        high=estimate.high,
    )


def feature_matrix(
    setting: Setting, features: list[ColumnName], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Features of some rows as numbers, of shape (n_rows, n_features): texts by the rank of their frequency.

    Missing values are NaN, and columns that tell nothing are left out.
    """
    import pandas as pd

    columns = []
    for name in features:
        series = setting.column(name).iloc[rows]
        if setting.data.kinds[name] in {Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN}:
            columns.append(pd.to_numeric(series, errors="coerce").to_numpy(dtype=float))
            continue
        codes, _values = pd.factorize(series.astype("string"))
        tally = np.bincount(codes[codes >= 0], minlength=1)
        rank = np.empty(tally.size)
        rank[np.argsort(-tally, kind="stable")] = np.arange(tally.size)
        columns.append(np.where(codes < 0, np.nan, rank[codes]))
    told = [column for column in columns if np.unique(column[np.isfinite(column)]).size > 1]
    return np.column_stack(told) if told else np.zeros((rows.size, 1))


def out_of_fold(
    matrix: NDArray[np.float64], labels: NDArray[np.int64], *, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Class probabilities of every row by trees that did not see it, of shape (n_rows, n_classes), and its fold."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    matrix = np.clip(matrix, -FARTHEST, FARTHEST)
    probabilities = np.zeros((labels.size, int(labels.max()) + 1))
    fold = np.zeros(labels.size, dtype=np.int64)
    splits = StratifiedKFold(n_splits=5, shuffle=True, random_state=seed)
    for number, (train, test) in enumerate(splits.split(matrix, labels)):
        fold[test] = number
        trees = HistGradientBoostingClassifier(
            max_iter=60,
            learning_rate=0.08,
            max_leaf_nodes=8,
            min_samples_leaf=min(30, max(5, train.size // 50)),
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(
            1
        ):  # small trees on a busy machine wait for threads more than they gain from them
            trees.fit(matrix[train], labels[train])
            probabilities[test] = trees.predict_proba(matrix[test])
    return probabilities, fold
