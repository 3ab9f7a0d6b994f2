"""Attacks as findings and tables."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Status,
    Subject,
    Threshold,
)
from raudit.record import Column, Table
from raudit.stages.reidentification import rules
from raudit.stages.reidentification.membership import FPR, Recognised
from raudit.stages.reidentification.options import Options
from raudit.stages.reidentification.risk import Attacked, Risk, rate, risk

TITLES = {
    rules.SINGLING.id: "Singling out",
    rules.LINKING.id: "Linkability",
    rules.INFERENCE.id: "Inference",
}
WHAT = {
    rules.SINGLING.id: "queries by {detail} that one row of the released table answers, {k} single one person out",
    rules.LINKING.id: "people, {k} are linked across {detail}",
    rules.INFERENCE.id: "people, the “{detail}” of {k} is guessed right",
}


def attack_finding(rule: Rule, attacked: Attacked, options: Options) -> Finding:
    """What an attack says against the limit."""
    found = risk(attacked)
    status, reason = _verdict(found, attacked, options.max_risk)
    return rule.finding(
        status,
        Subject(kind="data", name="released table", detail={"attack": attacked.detail}),
        _statement(rule, attacked, found),
        reason=reason,
        measurement=Measurement(
            metric="reidentification_risk",
            value=found.value,
            n=attacked.n,
            events=attacked.successes,
            interval=Interval(low=found.low, high=found.high, method="wilson, propagated"),
            method="residual success against a control"
            if attacked.control is not None
            else "success, without a control",
        ),
        threshold=Threshold(
            high=options.max_risk,
            source="default" if options.max_risk == Options().max_risk else "plan",
        ),
        anchor="stages.reidentification.max_risk",
    )


def _verdict(found: Risk, attacked: Attacked, limit: float) -> tuple[Status, str]:
    if attacked.control is None:
        reason = "no control was named, so what is true of everybody cannot be told from what the table gives away"
        return Status.INDETERMINATE, reason
    attack, error = rate(attacked.successes, attacked.n)
    guess, own = rate(attacked.guessed, attacked.n)
    if attack + error < guess - own:
        return Status.INDETERMINATE, "the attack does worse than guessing, so it is no test"
    if found.low > limit:
        return Status.FAILED, ""
    if found.high <= limit:
        return Status.PASSED, ""
    return Status.INDETERMINATE, "the interval of the risk includes the limit"


def _statement(rule: Rule, attacked: Attacked, found: Risk) -> str:
    what = WHAT[rule.id].format(detail=attacked.detail, k=f"{attacked.successes:,}")
    control = (
        f"{attacked.control:,.0f} of {attacked.n_control:,} against people who had no part in it"
        if attacked.control is not None
        else "not known against people who had no part in it"
    )
    return (
        f"Of {attacked.n:,} {what}, {control}, and {attacked.guessed:,} by guessing: a risk of "
        f"{found.value:.1%} (95 % interval {found.low:.1%} to {found.high:.1%})."
    )


def nothing_tried(rule: Rule) -> Finding:
    """An attack for which the released table offers nothing to start from."""
    return rule.indeterminate(
        Subject(kind="data", name="released table"),
        "No query was found that exactly one row of the released table answers.",
        reason="there was nothing to try; another way of looking for queries may find one",
    )


def membership_finding(one: Recognised, options: Options) -> Finding:
    """Whether the model gives its training rows away."""
    low, high = one.interval
    share = one.hits / one.n
    if low > options.max_tpr and low > one.false_interval[1]:
        status, reason = Status.FAILED, ""
    elif high <= options.max_tpr:
        status, reason = Status.PASSED, ""
    else:
        status, reason = Status.INDETERMINATE, "the interval includes the limit or the false alarms"
    who = f" of {one.group}" if one.group else ""
    return rules.MEMBERSHIP.finding(
        status,
        Subject(kind="model", name="model", detail={"group": one.group} if one.group else {}),
        f"Of {one.n:,} training rows{who}, {one.hits:,} ({share:.1%}; exact interval {low:.1%} to {high:.1%}) are "
        f"recognised by how sure the model is of their label, at a bound set for {FPR:.0%} false alarms; of "
        f"{one.n_others:,} rows{who} that it did not learn from, {one.false_alarms:,} "
        f"({one.false_alarms / one.n_others:.1%}) are taken for training rows.",
        reason=reason,
        measurement=Measurement(
            metric="true_positive_rate_at_1_percent",
            value=share,
            n=one.n,
            events=one.hits,
            interval=Interval(low=low, high=high, method="clopper-pearson"),
            method="loss of the row's own label over a bound",
        ),
        threshold=Threshold(
            high=options.max_tpr,
            source="default" if options.max_tpr == Options().max_tpr else "plan",
        ),
        anchor="stages.reidentification.max_tpr",
    )


def attack_table(tried: Sequence[tuple[Rule, Attacked]]) -> Table:
    """One row an attack."""
    rows = []
    for rule, attacked in tried:
        found = risk(attacked)
        rows.append(
            {
                "attack": TITLES[rule.id],
                "by": attacked.detail,
                "n": attacked.n,
                "hits": attacked.successes,
                "control": None if attacked.control is None else round(attacked.control),
                "guessed": attacked.guessed,
                "risk": found.value,
                "interval": [found.low, found.high],
            }
        )
    return Table(
        id="attacks",
        title="Attacks on the released table",
        columns=(
            Column(key="attack", label="Attack"),
            Column(key="by", label="By or on"),
            Column(key="n", label="Attempts", kind="count"),
            Column(key="hits", label="Right", kind="count"),
            Column(key="control", label="Right about strangers", kind="count"),
            Column(key="guessed", label="Right by guessing", kind="count"),
            Column(key="risk", label="Risk", kind="proportion"),
            Column(key="interval", label="95% interval", kind="interval"),
        ),
        rows=tuple(rows),
        caption="Risk: success beyond what succeeds against people who had no part in the table, as a share of what "
        "such people left open; without such people it is the success itself. Attempts are drawn with the seed.",
    )


def membership_table(members: Sequence[Recognised]) -> Table:
    """One row a group."""
    return Table(
        id="membership",
        title="Training rows that the model gives away",
        columns=(
            Column(key="group", label="Group"),
            Column(key="n", label="Training rows", kind="count"),
            Column(key="share", label="Recognised", kind="proportion"),
            Column(key="interval", label="Exact interval", kind="interval"),
            Column(key="others", label="Other rows", kind="count"),
            Column(key="alarms", label="Taken for training rows", kind="proportion"),
        ),
        rows=tuple(
            {
                "group": one.group or "everybody",
                "n": one.n,
                "share": one.hits / one.n,
                "interval": list(one.interval),
                "others": one.n_others,
                "alarms": one.false_alarms / one.n_others,
            }
            for one in members
        ),
        caption="The intervals hold together at 95 % over everybody and all groups (Bonferroni).",
    )
