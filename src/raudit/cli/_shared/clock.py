"""The time of a run: given, or from the environment, or now."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from raudit.errors import UsageError


class Clock(click.ParamType[datetime]):
    """An RFC 3339 time with its zone."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse ``2026-11-21T10:00:00Z``."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write it as 2026-11-21T10:00:00Z", param, ctx)
        if parsed.tzinfo is None:
            self.fail(f"{value!r} has no time zone; add Z for UTC", param, ctx)
        return parsed.astimezone(UTC)


def now_or(given: datetime | None) -> datetime:
    """The given time, else ``SOURCE_DATE_EPOCH``, else now; in whole seconds."""
    if given is not None:
        return given
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    if not epoch.isdigit():
        raise UsageError(
            "SOURCE_DATE_EPOCH is not a number of seconds",
            reference="clock",
            got=repr(epoch)[:40],
            hint="unset it, or use date +%s",
        )
    return datetime.fromtimestamp(int(epoch), UTC)


clock_option = click.option(
    "--clock", type=Clock(), help="Time of the run, such as 2026-11-21T10:00:00Z. Default: now."
)
