"""What is said of leakage: the finding of each feature, of none, and the table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from raudit.findings import Finding, Interval, Measurement, Status, Threshold
from raudit.record import Column, Table
from raudit.sentences import say, term
from raudit.stages.data_readiness.areas import ALONE, SETTLED, Area
from raudit.stages.data_readiness.codings import ORDER
from raudit.stages.data_readiness.part import Setting, answer
from raudit.stages.data_readiness.rules import LEAK


def leak_finding(
    setting: Setting, area: Area, best: Mapping[str, Area], chance: float, what: str, n: int
) -> Finding:
    """What one feature, or a pair, gives away."""
    pair = area.how == "pair of values"
    settled = _settled(area)
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
            "{feature} predicts {what} with an area under "
            "the curve of {auc:.3f} (95 % interval {low:.3f} to "
            "{high:.3f}) on {n:,} rows{median}, and shuffled labels at "
            "most {chance:.2f}.{settled}",
            feature=_alone(area),
            what=term(what),
            auc=area.auc,
            low=area.low,
            high=area.high,
            n=n,
            median=_median(area, best),
            chance=chance,
            settled=settled,
        ),
        measurement=_measured(area, n),
        threshold=Threshold(high=setting.options.leak_auc, source="default"),
        anchor="leak_auc",
    )


def _alone(area: Area) -> str:
    """What predicts, to begin a sentence with; by what of it, where it is not its value."""
    if area.feature == ORDER:
        return say("The order of rows alone")
    if area.how == "value":
        return say("Column “{feature}” alone", feature=area.feature)
    return say("Column “{feature}” alone ({how})", feature=area.feature, how=term(area.how))


def _median(area: Area, best: Mapping[str, Area]) -> str:
    others = [other.auc for name, other in best.items() if name not in area.feature.split(" + ")]
    if not others:
        return ""
    return say(
        "; the median of the other features reaches {median:.2f}",
        median=float(np.median(others)),
    )


def _settled(area: Area) -> str:
    if area.settled >= SETTLED:
        return say(" It leaves no doubt about {settled:.0%} of the rows.", settled=area.settled)
    if area.tells:
        return say(
            " It says the same in all rows but {spoken:.0%}, and there it leaves no doubt.",
            spoken=area.spoken,
        )
    return ""


def _measured(area: Area, n: int) -> Measurement:
    return Measurement(
        metric="single_feature_auc",
        value=area.auc,
        n=n,
        interval=Interval(low=area.low, high=area.high, method="Hanley-McNeil"),
        method="out of fold, 5 folds",
    )


def no_leak(
    setting: Setting, best: Mapping[str, Area], chance: float, what: str, n: int
) -> Finding:
    """That none gives it away, and what would not have shown."""
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


def leak_table(best: Mapping[str, Area], chance: float, n: int) -> Table:
    """The columns that predict best."""
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
