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
from raudit.sentences import say
from raudit.stages.reidentification import rules
from raudit.stages.reidentification.membership import FPR, Recognised
from raudit.stages.reidentification.options import Options
from raudit.stages.reidentification.risk import Attacked, Risk, rate, risk

TITLES = {
    rules.SINGLING.id: say("Singling out"),
    rules.LINKING.id: say("Linkability"),
    rules.INFERENCE.id: say("Inference"),
}


def _succeeded(rule: Rule, attacked: Attacked) -> str:
    """How often an attack was right, in its own words."""
    detail, k, n = attacked.detail, attacked.successes, attacked.n
    if rule.id == rules.SINGLING.id:
        return say(
            "Of {n:,} queries by {detail} that one row of the released table answers, {k:,} single one person out",
            n=n,
            detail=detail,
            k=k,
        )
    if rule.id == rules.LINKING.id:
        return say("Of {n:,} people, {k:,} are linked across {detail}", n=n, k=k, detail=detail)
    return say("Of {n:,} people, the “{detail}” of {k:,} is guessed right", n=n, detail=detail, k=k)


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
        reason = attacked.without or say(
            "no control was named, so what is true of everybody cannot be told from what the table gives away"
        )
        return Status.INDETERMINATE, reason
    attack, error = rate(attacked.successes, attacked.n)
    guess, own = rate(attacked.guessed, attacked.n)
    if attack + error < guess - own:
        return Status.INDETERMINATE, say("the attack does worse than guessing, so it is no test")
    if found.low > limit:
        return Status.FAILED, ""
    if found.high <= limit:
        return Status.PASSED, ""
    return Status.INDETERMINATE, say("the interval of the risk includes the limit")


def _statement(rule: Rule, attacked: Attacked, found: Risk) -> str:
    if attacked.control is not None:
        control = say(
            "{control:,.0f} of {n:,} against people who had no part in it",
            control=attacked.control,
            n=attacked.n_control,
        )
    else:
        control = say("not known against people who had no part in it")
    return say(
        "{what}, {control}, and {guessed:,} by guessing: a risk of {risk:.1%} (95 % interval {low:.1%} to {high:.1%}).",
        what=_succeeded(rule, attacked),
        control=control,
        guessed=attacked.guessed,
        risk=found.value,
        low=found.low,
        high=found.high,
    )


def nothing_tried(rule: Rule) -> Finding:
    """An attack for which the released table offers nothing to start from."""
    return rule.indeterminate(
        Subject(kind="data", name="released table"),
        say("No query was found that exactly one row of the released table answers."),
        reason=say("there was nothing to try; another way of looking for queries may find one"),
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
        status, reason = (
            Status.INDETERMINATE,
            say("the interval includes the limit or the false alarms"),
        )
    who = say(" of {group}", group=one.group) if one.group else ""
    return rules.MEMBERSHIP.finding(
        status,
        Subject(kind="model", name="model", detail={"group": one.group} if one.group else {}),
        say(
            "Of {n:,} training rows{who}, {hits:,} ({share:.1%}; exact interval {low:.1%} to {high:.1%}) are "
            "recognised by how sure the model is of their label, at a bound set for {fpr:.0%} false alarms; of "
            "{others:,} rows{who} that it did not learn from, {alarms:,} ({rate:.1%}) are taken for training rows.",
            n=one.n,
            who=who,
            hits=one.hits,
            share=share,
            low=low,
            high=high,
            fpr=FPR,
            others=one.n_others,
            alarms=one.false_alarms,
            rate=one.false_alarms / one.n_others,
        ),
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
                "group": one.group or say("everybody"),
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
