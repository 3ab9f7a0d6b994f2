"""A series as a record, so that it is kept, drawn and printed as every other record is."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace

from raudit import __version__
from raudit.canonical import digest, sha256
from raudit.findings import Finding, Interval, Measurement, Rule, Severity, Status, Subject
from raudit.pictures import Line, Lines, Mark
from raudit.record import (
    Column,
    Figure,
    Input,
    Outcome,
    Record,
    Run,
    StageRecord,
    Table,
    Verdict,
    record_bytes,
)
from raudit.sentences import capital, joined, messages_in, metric_words, say, term
from raudit.trend.alerts import Alert
from raudit.trend.routes import exit_status, outside_sentence
from raudit.trend.watch import Trend, Watched

MAX_FIGURES = 3
MAX_ROWS = 12

ALERT = Rule(
    id="RA-TREND-001",
    title="An alert fires",
    why="Somebody promised to act when a number crosses a line.",
    how="Each alert row of the launch form is held against the series: the mean over its window, weighted by rows. "
    "Where labels are late, their bounds are held against the line. What cannot be evaluated is said, never quiet.",
    fix="Follow the playbook, and write down what was done.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:72", "nist-ai-rmf:MEASURE-2.4", "nist-ai-rmf:MANAGE-4.1"),
)

CONTROL = Rule(
    id="RA-TREND-002",
    title="A series left its control limits",
    why="A number that leaves the range in which chance moves it has a cause.",
    how="Limits around the weighted mean of the first audits, from each point's own standard error, widened where the "
    "first audits spread further than that. The chance of any false alarm is shared among all series and spent over "
    "all audits planned.",
    fix="Find the cause before the next release; if the change is meant, start a new series from here.",
    severity=Severity.MEDIUM,
    requirements=("eu-ai-act:72", "nist-ai-rmf:MEASURE-2.4"),
)

RULES = (ALERT, CONTROL)


def series_record(
    trend: Trend,
    alerts: Sequence[Alert],
    records: Sequence[Record],
    *,
    notes: Sequence[str] = (),
    whole: bool = True,
) -> Record:
    """Make the record of a series; its time is that of the latest audit, so that it can be made again.

    Parameters
    ----------
    records
        The audits, in order of time; their digests are the inputs.
    notes
        What else is to be said, such as audits that are missing.
    whole
        Whether every run that the log knows of is among the records.
    """
    inputs = tuple(
        Input(
            role="record",
            name=f"{record.run.clock[:10]} run {record.run.id}",
            sha256=sha256(record_bytes(record)),
            bytes=len(record_bytes(record)),
        )
        for record in records
    )
    latest = records[-1]
    run = Run(
        id=digest([item.sha256 for item in inputs])[:16],
        clock=latest.run.clock,
        seed=0,
        raudit=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={},
    )
    stage = StageRecord(
        name="trend",
        title="Series",
        outcome=Outcome.COMPLETED,
        rules=RULES,
        summary=_summary(trend, alerts, records),
        findings=(
            *(_alert(alert) for alert in alerts),
            *(_control(w) for w in trend.watched if w.limits),
        ),
        tables=_tables(trend, alerts),
        figures=tuple(_figure(w) for w in _shown(trend, alerts)[:MAX_FIGURES]),
        notes=(*_notes(trend), *notes),
    )
    stage = replace(
        stage,
        messages=messages_in(
            (stage.summary, stage.findings, stage.tables, stage.figures, stage.notes)
        ),
    )
    record = Record(run=run, system=latest.system, plan={}, inputs=inputs, stages=(stage,))
    return record.with_verdict(_verdict(record, trend, alerts, whole=whole))


def _summary(trend: Trend, alerts: Sequence[Alert], records: Sequence[Record]) -> str:
    firing = sum(1 for alert in alerts if alert.state == "firing")
    limited = sum(1 for watched in trend.watched if watched.limits)
    return say(
        "Audits: {audits:,}, from {first} to {last}. Series: {series:,}; with control limits: {limited:,}; outside "
        "them: {out:,}. {alerts}",
        audits=len(records),
        first=records[0].run.clock[:10],
        last=records[-1].run.clock[:10],
        series=len(trend.watched),
        limited=limited,
        out=len(trend.out_of_control),
        alerts=say("Alerts that fire: {firing:,} of {of:,}.", firing=firing, of=len(alerts))
        if alerts
        else say("No alert is set up."),
    )


def _alert(alert: Alert) -> Finding:
    status = {"firing": Status.FAILED, "quiet": Status.PASSED}.get(
        alert.state, Status.INDETERMINATE
    )
    called = (
        say(" Called: {who}, by {channel}.", who=alert.row.on_call, channel=alert.row.channel)
        if alert.state == "firing" and alert.row.on_call
        else ""
    )
    playbook = (
        say(" {playbook}", playbook=alert.row.playbook)
        if alert.state == "firing" and alert.row.playbook
        else ""
    )
    return ALERT.finding(
        status,
        Subject(kind="question", name="monitoring.alerts", detail={"metric": alert.row.metric}),
        say(
            "{metric}: {sentence}{called}{playbook}",
            metric=alert.row.metric,
            sentence=alert.sentence,
            called=called,
            playbook=playbook,
        ),
        reason=""
        if status is not Status.INDETERMINATE
        else say("the alert is {state}", state=term(alert.state)),
        anchor="answers.monitoring.alerts",
        remedy=(alert.row.playbook or ALERT.fix) if status is Status.FAILED else "",
    )


def _control(watched: Watched) -> Finding:
    point = watched.tested[-1]
    low, high = watched.limits[-1]
    out = bool(watched.outside) and watched.outside[-1] is point
    value = point.value if point.value is not None else float("nan")
    text = (
        outside_sentence(watched)
        if out
        else say(
            "{name:capital} is {value:.4g}, within its limits {low:.4g} to {high:.4g}; a change within these would "
            "not have shown.",
            name=watched.series.name,
            value=value,
            low=low,
            high=high,
        )
    )
    return CONTROL.finding(
        Status.FAILED if out else Status.PASSED,
        Subject(
            kind=watched.series.kind,
            name=watched.series.subject,
            detail={"metric": watched.series.metric, "series": watched.series.fingerprint[:12]},
        ),
        text,
        measurement=Measurement(
            metric=watched.series.metric,
            value=value,
            n=point.measurement.n,
            interval=Interval(low=point.low, high=point.high, method="as measured"),
        ),
    )


def _shown(trend: Trend, alerts: Sequence[Alert]) -> list[Watched]:
    """Series worth a picture: watched by an alert that fires, out of control, changed, watched by any alert, others."""
    firing = {name for alert in alerts if alert.state == "firing" for name in alert.series}
    named = {name for alert in alerts for name in alert.series}
    drawn = [
        w
        for w in trend.watched
        if sum(1 for p in w.series.points if p.value is not None or p.bounded) > 1
    ]
    return sorted(
        drawn,
        key=lambda w: (
            w.series.name not in firing,
            w not in trend.out_of_control,
            not w.changes,
            w.series.name not in named,
            w.series.finding.severity.rank,
        ),
    )


def _figure(watched: Watched) -> Figure:
    series = watched.series
    points = [p for p in series.points if p.value is not None or p.bounded]
    start = points[0].at
    days = [(p.at - start).total_seconds() / 86_400 for p in points]
    lines = [
        Line(
            label=metric_words(series.metric),
            x=days,
            y=[p.value for p in points],
            low=[p.low for p in points],
            high=[p.high for p in points],
        )
    ]
    if watched.limits:
        place = [
            (p.at - start).total_seconds() / 86_400 for p in watched.tested[-len(watched.limits) :]
        ]
        for label, side in ((say("lower limit"), 0), (say("upper limit"), 1)):
            lines.append(Line(label=label, x=place, y=[limit[side] for limit in watched.limits]))
    marks = [
        Mark(
            x=(watched.tested[c.index].at - start).total_seconds() / 86_400,
            label=say("changed by {change:+.3g}", change=c.after - c.before),
        )
        for c in watched.changes[:3]
    ]
    late = sum(1 for p in points if p.bounded)
    return Figure.of(
        f"series-{series.fingerprint[:12]}",
        Lines(
            series=lines,
            x_label=say("days since {day}", day=f"{start:%Y-%m-%d}"),
            y_label=metric_words(series.metric),
            marks=marks,
        ),
        title=capital(series.name),
        # What changed is told once, in the table below.
        alt=say(
            "{name:capital}: audits from {first} to {last}: {n:,}.",
            name=series.name,
            first=f"{points[0].at:%Y-%m-%d}",
            last=f"{points[-1].at:%Y-%m-%d}",
            n=len(points),
        ),
        caption=say(
            "Audits whose labels are late, of which only the bounds are drawn: {n:,}.", n=late
        )
        if late
        else "",
    )


def _tables(trend: Trend, alerts: Sequence[Alert]) -> tuple[Table, ...]:
    shown = [w for w in _shown(trend, alerts) if w.sentence][:MAX_ROWS]
    changes = Table(
        id="series",
        title="What changed",
        columns=(
            Column(key="name", label="Series"),
            Column(key="n", label="Audits", kind="count"),
            Column(key="sentence", label="From the first to the last"),
            Column(key="changes", label="Changes of level"),
        ),
        rows=tuple(
            {
                "name": capital(w.series.name),
                "n": len(w.series.points),
                "sentence": w.sentence,
                "changes": joined(
                    "; ",
                    (
                        say(
                            "{moment}: {change:+.3g} ({low:+.3g} to {high:+.3g})",
                            moment=w.moment(w.tested[c.index]),
                            change=c.after - c.before,
                            low=c.low,
                            high=c.high,
                        )
                        for c in w.changes
                    ),
                )
                or (w.why or say("none that chance does not explain")),
            }
            for w in shown
        ),
        caption=say(
            "{shown:,} of {of:,} series; the record of each audit holds all.",
            shown=len(shown),
            of=len(trend.watched),
        ),
    )
    called = Table(
        id="alerts",
        title="Alerts of the launch form",
        columns=(
            Column(key="metric", label="What is watched"),
            Column(key="fires", label="Fires when"),
            Column(key="state", label="State"),
            Column(key="on_call", label="Who acts"),
            Column(key="channel", label="Where it arrives"),
            Column(key="playbook", label="What to do"),
        ),
        rows=tuple(
            {
                "metric": a.row.metric,
                "fires": a.row.threshold,
                "state": term(a.state),
                "on_call": a.row.on_call,
                "channel": a.row.channel,
                "playbook": a.row.playbook or say("the form says nothing"),
            }
            for a in alerts
        ),
    )
    return (called, changes) if alerts else (changes,)


def _notes(trend: Trend) -> tuple[str, ...]:
    return (
        say(
            "Limits and changes of level: at most a chance of {alpha:g} of any false alarm; audits over which it is "
            "spent: {audits:,}, series: {tests:,} (Bonferroni).",
            alpha=trend.alpha,
            audits=trend.audits,
            tests=trend.tests,
        ),
        say("Audits of the same data set count once; numbers without an interval get no limits."),
    )


def _verdict(record: Record, trend: Trend, alerts: Sequence[Alert], *, whole: bool) -> Verdict:
    status = exit_status(trend, alerts, whole=whole)
    failed = [finding for finding in record.findings if finding.status is Status.FAILED]
    untold = [finding for finding in record.findings if finding.status is Status.INDETERMINATE]
    word = {0: Status.PASSED, 1: Status.FAILED}.get(status, Status.INDETERMINATE)
    because = [finding.statement for finding in (*failed, *untold)[:5]]
    if not whole:
        because.append(say("The series does not hold every run that the log knows of."))
    if not record.findings:
        because.append(say("No alert is declared, and no series has enough audits for limits."))
    said = tuple(because) or (say("No alert fires, and no series with limits is outside them."),)
    return Verdict(
        status=word,
        exit_status=status,
        because=said,
        messages=messages_in(said),
        blocking=tuple(finding.fingerprint for finding in failed),
        undecided=tuple(finding.fingerprint for finding in untold),
    )
