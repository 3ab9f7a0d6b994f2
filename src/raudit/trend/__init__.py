"""Audits over time: series of measurements, control limits, change points, and the alerts that somebody promised."""

from raudit.trend.alerts import Alert, AlertRow, alert_rows, evaluate
from raudit.trend.series import Point, Series, ended, series_of
from raudit.trend.watch import Trend, Watched, watch

__all__ = [
    "Alert",
    "AlertRow",
    "Point",
    "Series",
    "Trend",
    "Watched",
    "alert_rows",
    "ended",
    "evaluate",
    "series_of",
    "watch",
]
