"""``raudit trend``: audits of one system over time, with limits, changes, and the alerts that were promised."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.printable import json_text, many

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from raudit.trend import Alert, Trend

FILE = click.Path(path_type=Path)


@click.command(
    short_help="Show audits over time, and route alerts.",
    epilog="Exit status: 0 no alert fires and nothing left its limits, 1 something did, 2 wrong usage, 3 an "
    "alert could not be told, nothing is watched yet or a run of the log is left out, 5 the records hold no "
    "series, 6 a record does not verify.",
)
@click.argument("records", nargs=-1, required=True, type=FILE)
@click.option("--plan", type=FILE, help="raudit.yaml whose launch form holds the alerts.")
@click.option("--answers", type=FILE, help="Answers to launch-readiness that hold the alerts.")
@click.option(
    "--log",
    "location",
    help="Log whose runs the series must hold; runs that are left out end in exit status 3.",
)
@click.option("--metric", "metrics", multiple=True, help="Only series of this metric (repeatable).")
@click.option("--rule", "rules", multiple=True, help="Only series of this rule (repeatable).")
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="Chance of any false alarm over all audits and series.",
)
@click.option(
    "--audits",
    type=click.IntRange(1),
    default=52,
    show_default=True,
    help="Audits over which it is spent.",
)
@click.option(
    "--base",
    type=click.IntRange(2),
    default=5,
    show_default=True,
    help="First audits that set the limits.",
)
@click.option(
    "-o",
    "--output",
    type=FILE,
    multiple=True,
    help="One page: .html, .pdf, .md, or .json for its record.",
)
@click.option(
    "--openmetrics", type=FILE, help="Write values and alerts as an OpenMetrics text file."
)
@click.option("--webhook", type=FILE, help="Write the body of a webhook; nothing is sent.")
@click.option("--json", "as_json", is_flag=True, help="Print series and alerts as JSON.")
@clock_option
@click.pass_context
def command(
    ctx: click.Context,
    records: tuple[Path, ...],
    plan: Path | None,
    answers: Path | None,
    location: str | None,
    metrics: tuple[str, ...],
    rules: tuple[str, ...],
    alpha: float,
    audits: int,
    base: int,
    output: tuple[Path, ...],
    openmetrics: Path | None,
    webhook: Path | None,
    as_json: bool,
    clock: datetime | None,
) -> None:
    """Show what the RECORDS of one system measured over time. RECORDS are record.json files or folders of them.

    Every series has intervals; those with enough audits have control limits and changes of level. The alerts of the
    launch form are held against the series. Nothing is sent: alerts end in the exit status and in files.
    """
    from datetime import datetime

    from raudit.cli._shared.pages import PAGES, check_ending, record_file
    from raudit.files import write_or_refuse
    from raudit.kept import reading_stored
    from raudit.trend import ended, evaluate, series_of, watch
    from raudit.trend.alerts import AlertRow
    from raudit.trend.records import alerts_of, completeness, records_in
    from raudit.trend.report import series_record
    from raudit.trend.routes import exit_status, open_metrics, webhook_body

    for path in output:
        check_ending(path, (*PAGES, ".json"))
    found = records_in(records)
    logged = completeness(location, found) if location else None
    notes, whole = (logged.notes, logged.whole) if logged else ((), True)
    newest = datetime.fromisoformat(found[-1].run.clock)
    with reading_stored():
        series = [
            one
            for one in series_of(found)
            if (not metrics or one.metric in metrics) and (not rules or one.rule in rules)
        ]
    system = found[-1].system
    trend = watch(
        series,
        system=str(system.get("name", "")),
        version=str(system.get("version", "")),
        alpha=alpha,
        audits=audits,
        base=base,
    )
    rows: Sequence[AlertRow] = alerts_of(plan, answers)
    alerts = evaluate(rows, series, newest=newest)
    notes = (*notes, *ended(series, newest))
    status = exit_status(trend, alerts, whole=whole)
    files: dict[Path, bytes] = {}
    if output:
        record = series_record(trend, alerts, found, notes=notes, whole=whole)
        files |= {path: record_file(record, path, template="series") for path in output}
    if openmetrics is not None:
        files[openmetrics] = open_metrics(trend, alerts).encode()
    if webhook is not None:
        files[webhook] = webhook_body(trend, alerts, at=now_or(clock), status=status)
    if files:
        write_or_refuse(files)
    if as_json:
        _print_json(trend, alerts, notes, status)
    else:
        _print(trend, alerts, notes, len(found))
    ctx.exit(status)


def _print(trend: Trend, alerts: Sequence[Alert], notes: Sequence[str], audits: int) -> None:
    from raudit.trend.routes import outside_sentence

    click.echo(
        f"{trend.system} {trend.version}: {many(audits, 'audit')}, {len(trend.watched)} series"
    )
    for alert in alerts:
        click.echo(f"\n{alert.state.upper()}  {alert.row.metric}, fires {alert.row.threshold}")
        click.echo(f"  {alert.sentence}")
        if alert.state != "quiet":
            click.echo(
                f"  who acts: {alert.row.on_call or 'nobody is named'}; by {alert.row.channel or 'no channel'}"
            )
            click.echo(f"  playbook: {alert.row.playbook or 'the form says nothing'}")
    if trend.out_of_control:
        click.echo("\nOutside their limits")
        for watched in trend.out_of_control:
            click.echo(f"  {outside_sentence(watched)}")
    moved = [w for w in trend.watched if w.changes]
    if moved:
        click.echo("\nChanges of level")
        for watched in moved:
            for change in watched.changes:
                moment = watched.moment(watched.tested[change.index])
                click.echo(
                    f"  {watched.series.name}: by {change.after - change.before:+.3g} ({change.low:+.3g} to "
                    f"{change.high:+.3g}) from {moment} on"
                )
    limited = sum(1 for w in trend.watched if w.limits)
    unlimited = len(trend.watched) - limited
    click.echo(
        f"\n{limited} series {'has' if limited == 1 else 'have'} limits, at a chance of {trend.alpha:g} "
        "of any false alarm over "
        f"{many(trend.audits, 'audit')} and {trend.tests} series; "
        f"{unlimited} {'has' if unlimited == 1 else 'have'} too few independent audits or no interval."
    )
    for note in notes:
        click.echo(note)


def _print_json(trend: Trend, alerts: Sequence[Alert], notes: Sequence[str], status: int) -> None:

    def point(p: Any) -> dict[str, Any]:
        at = p.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "at": at,
            "run": p.run,
            "value": p.value,
            "low": p.low,
            "high": p.high,
            "n": p.measurement.n,
        }

    body = {
        "system": trend.system,
        "exit_status": status,
        "alerts": [
            {
                "metric": a.row.metric,
                "fires": a.row.threshold,
                "state": a.state,
                "sentence": a.sentence,
                "on_call": a.row.on_call,
                "channel": a.row.channel,
                "playbook": a.row.playbook,
                "series": list(a.series),
            }
            for a in alerts
        ],
        "series": [
            {
                "name": w.series.name,
                "rule": w.series.rule,
                "fingerprint": w.series.fingerprint,
                "points": [point(p) for p in w.series.points],
                "limits": [list(limit) for limit in w.limits],
                "outside": [point(p) for p in w.outside],
                "changes": [
                    {
                        "at": w.tested[c.index].at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "change": c.after - c.before,
                        "low": c.low,
                        "high": c.high,
                        "p_value": c.p_value,
                    }
                    for c in w.changes
                ],
                "sentence": w.sentence,
            }
            for w in trend.watched
        ],
        "notes": list(notes),
    }
    click.echo(json_text(body, indent=2))
