"""Where an alert goes: an OpenMetrics text file for a collector, and the body of a webhook. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from raudit.canonical import canonical_bytes
from raudit.sentences import say
from raudit.trend.alerts import Alert
from raudit.trend.watch import Trend, Watched

SCHEMA = "raudit.alert/1"


def exit_status(trend: Trend, alerts: Sequence[Alert], *, whole: bool = True) -> int:
    """1 if an alert fires or a series left its limits, 3 if an alert could not be told, 5 without a series, else 0.

    A series that is not ``whole``, since runs of the log are left out of it, ends in 3 as well; so does one in which
    nothing could have been seen, since no alert is declared and no series has limits yet.
    """
    if not trend.watched:
        return 5
    if trend.out_of_control or any(alert.state == "firing" for alert in alerts):
        return 1
    unclear = any(alert.state in {"undecided", "not evaluated"} for alert in alerts)
    blind = not alerts and not any(watched.limits for watched in trend.watched)
    return 3 if unclear or blind or not whole else 0


def open_metrics(trend: Trend, alerts: Sequence[Alert]) -> str:
    """Write the last value of every series, its interval and every alert as OpenMetrics text.

    References
    ----------
    OpenMetrics 1.0, sections "Text format" and "Gauge".
    """
    lines: list[str] = []
    lines += _family(
        "raudit_value",
        "Last measured value of a finding.",
        (_last(w, "value") for w in trend.watched),
        trend,
    )
    lines += _family(
        "raudit_value_low",
        "Lower end of its 95 % interval.",
        (_last(w, "low") for w in trend.watched),
        trend,
    )
    lines += _family(
        "raudit_value_high",
        "Upper end of its 95 % interval.",
        (_last(w, "high") for w in trend.watched),
        trend,
    )
    lines += [
        "# TYPE raudit_out_of_control gauge",
        "# HELP raudit_out_of_control Whether the last point lies outside its control limits.",
        *(
            f"raudit_out_of_control{_labels(trend, w)} {int(w in trend.out_of_control)}"
            for w in trend.watched
            if w.limits
        ),
        "# TYPE raudit_alert gauge",
        "# HELP raudit_alert Whether an alert of the launch form fires (1), does not (0), or could not be told (NaN).",
    ]
    seen: dict[str, int] = {}
    for alert in alerts:
        seen[alert.row.metric] = seen.get(alert.row.metric, 0) + 1
        number = {"firing": "1", "quiet": "0"}.get(alert.state, "NaN")
        labels = {"system": trend.system, "metric": alert.row.metric, "fires": alert.row.threshold}
        labels |= {"copy": str(seen[alert.row.metric])} if seen[alert.row.metric] > 1 else {}
        lines.append(f"raudit_alert{{{_pairs(labels)}}} {number}")
    return "\n".join([*lines, "# EOF", ""])


def _last(watched: Watched, what: str) -> tuple[Watched, float | None, datetime]:
    point = watched.series.points[-1]
    return watched, getattr(point, what), point.at


def _family(
    name: str, words: str, rows: Iterable[tuple[Watched, float | None, datetime]], trend: Trend
) -> list[str]:
    lines = [f"# TYPE {name} gauge", f"# HELP {name} {words}"]
    for watched, value, at in rows:
        if value is not None:
            lines.append(f"{name}{_labels(trend, watched)} {value!r} {int(at.timestamp())}")
    return lines


def _labels(trend: Trend, watched: Watched) -> str:
    one = watched.series
    labels = {
        "system": trend.system,
        "rule": one.rule,
        "kind": one.kind,
        "subject": one.subject,
        "metric": one.metric,
        "fingerprint": one.fingerprint,
    }
    return f"{{{_pairs(labels)}}}"


def _pairs(labels: dict[str, str]) -> str:
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def webhook_body(trend: Trend, alerts: Sequence[Alert], *, at: datetime, status: int) -> bytes:
    """Body that a person's own tool can post to a channel: every alert that does not rest, and who is called.

    ``status`` is that of the command, from ``exit_status``.
    """
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "system": trend.system,
        "version": trend.version,
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "exit_status": status,
        "alerts": [
            {
                "state": alert.state,
                "metric": alert.row.metric,
                "fires": alert.row.threshold,
                "sentence": str(alert.sentence),
                "channel": alert.row.channel,
                "on_call": alert.row.on_call,
                "playbook": alert.row.playbook,
            }
            for alert in alerts
            if alert.state != "quiet"
        ],
        "out_of_control": [str(outside_sentence(watched)) for watched in trend.out_of_control],
    }
    return canonical_bytes(body) + b"\n"


def outside_sentence(watched: Watched) -> str:
    """Say that the last point of a series left its limits."""
    point, (low, high) = watched.tested[-1], watched.limits[-1]
    return say(
        "{name:capital} is {value:.4g} on {moment}, outside its limits {low:.4g} to {high:.4g} around {centre:.4g}.",
        name=watched.series.name,
        value=point.value,
        moment=watched.moment(point),
        low=low,
        high=high,
        centre=watched.centre,
    )
