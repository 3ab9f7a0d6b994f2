"""Flags that do not go together are refused before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from raudit.checking.options import CheckOptions
from raudit.errors import UsageError

if TYPE_CHECKING:
    from raudit.log import Log


MIN_REASON = 8


def check_flags(options: CheckOptions, paths: list[Path], log: Log | None) -> None:
    """Refuse flags that do not go together."""
    if options.update_baseline and bool(options.approver) != bool(options.reason):
        raise UsageError(
            "an approval needs who and why",
            reference="approval-incomplete",
            where="--approver, --reason",
            hint="give both, or neither to prune only",
        )
    if options.approver and log is None:
        raise UsageError(
            "an approval must be logged, and no log is open",
            reference="approval-without-log",
            where="--approver",
            hint="name a log key in the plan (log.key) and leave out --no-log",
        )
    if options.reason and len(options.reason) < MIN_REASON:
        raise UsageError(
            "the reason is too short to be one",
            reference="reason-too-short",
            where="--reason",
            got=options.reason,
            expected=f"at least {MIN_REASON} characters",
        )
    if (options.approver or options.reason) and not options.update_baseline:
        raise UsageError(
            "there is nothing to approve",
            reference="approval-without-update",
            where="--approver, --reason",
            hint="add --update-baseline",
        )
    places = [path if path == Path("-") else path.resolve() for path in paths]
    if len(set(places)) < len(places):
        raise UsageError(
            "two outputs go to the same place",
            reference="output-twice",
            where="--output",
            hint="give each output a path of its own",
        )
