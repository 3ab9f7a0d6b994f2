"""``raudit check``: apply the policy and end in a status that CI can trust."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.cli._shared.progress import progress_bars
from raudit.errors import UsageError
from raudit.printable import for_terminal

if TYPE_CHECKING:
    from raudit.checking import CheckResult
    from raudit.log import ReadableLog

FILE = click.Path(path_type=Path, dir_okay=False)
SEVERITIES = ("critical", "high", "medium", "low", "info", "never")
ZEROED = (1, 3)
"""Statuses that --exit-zero turns into 0; that nothing was evaluated is never turned into 0."""


@click.command(
    short_help="Say whether anything blocks; end in a status for CI.",
    epilog="Exit status: 0 nothing blocks, 1 a blocking finding, 2 wrong usage, 3 could not tell, 4 internal error or "
    "a file could not be written, 5 nothing evaluated, 6 a record does not verify. The same whatever the output.",
)
@click.option(
    "--config", type=FILE, default=Path("raudit.yaml"), show_default=True, help="The plan."
)
@click.option("--record", type=FILE, help="Judge this record instead of running the audit.")
@click.option(
    "--policy", help="A policy file or preset (default: the plan's policy, else 'default')."
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Block on failed findings of this severity or worse.",
)
@click.option(
    "--soft-fail-on",
    multiple=True,
    metavar="ID|SEVERITY",
    help="Failed findings that do not block.",
)
@click.option(
    "--hard-fail-on", multiple=True, metavar="ID|SEVERITY", help="Failed findings that block."
)
@click.option(
    "--on-inconclusive",
    type=click.Choice(["block", "review", "pass"]),
    help="What could not be told: block (1), review (3) or pass (0).",
)
@click.option("--select", multiple=True, metavar="ID", help="Judge only these rules or prefixes.")
@click.option("--ignore", multiple=True, metavar="ID", help="Do not judge these rules or prefixes.")
@click.option("--waivers", type=FILE, help="Waivers file (default: the plan's).")
@click.option(
    "--strict-waivers",
    is_flag=True,
    help="Unused, expired, outgrown, unproven and malformed waivers block.",
)
@click.option(
    "--show-waived", is_flag=True, help="Print waived, known and passed findings one by one."
)
@click.option("--baseline", type=FILE, help="Baseline file (default: the plan's).")
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Prune the baseline; let findings in only with --approver.",
)
@click.option("--approver", metavar="NAME", help="Who lets findings into the baseline.")
@click.option("--reason", metavar="TEXT", help="Why; printed and logged.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="KIND=PATH",
    help="sarif, junit, json, markdown, github, gitlab, text or record; - is stdout; repeatable.",
)
@click.option(
    "--require-logged-approvals",
    is_flag=True,
    help="Refuse a baseline with approvals if no log is open to check them against.",
)
@click.option(
    "--exit-zero",
    is_flag=True,
    help="End in 0 even if something blocks; the record keeps the real status.",
)
@click.option("--offline", is_flag=True, help="Contact no server: no log on one, no time stamps.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed in place of the plan's.")
@click.option(
    "--today", metavar="DATE", help="Date against which waivers expire (default: today in UTC)."
)
@clock_option
@click.option(
    "--actor", metavar="NAME", help="Who runs it, for the log, which keeps a salted digest."
)
@click.option("--no-log", is_flag=True, help="Log nothing, even if the plan names a log key.")
@click.option(
    "--log",
    "log_location",
    metavar="LOG",
    help="The log, a copy or an export of it, to hold decisions against; it is only read.",
)
@click.option(
    "--log-key",
    metavar="VKEY",
    help="Verifier key of the log, or a file that holds it (default: log-vkey.txt beside the log's key); "
    "with it the log is only read.",
)
@click.option(
    "--checkpoint",
    multiple=True,
    type=FILE,
    help="Signed checkpoint that the log must extend, from a witness or a report; repeatable.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that keeps stages whose inputs did not change (default: .raudit-cache beside the plan).",
)
@click.option("--no-cache", is_flag=True, help="Run every stage.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout instead of text.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing on stdout.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Run the audit, or take a record, and say whether anything blocks."""
    from raudit.checking import CheckOptions, check
    from raudit.kept import reading_stored

    exit_zero, as_json, quiet = (
        options.pop("exit_zero"),
        options.pop("as_json"),
        options.pop("quiet"),
    )
    show_waived = options.pop("show_waived")
    options["today"] = _day(options["today"])
    for key in ("approver", "reason"):
        options[key] = options[key] or ""
    clock, actor = options.pop("clock"), options.pop("actor") or "service:raudit-check"
    asked = {key: options.pop(key) for key in ("log_location", "log_key", "no_log", "checkpoint")}
    if options.pop("no_cache"):
        options["cache"] = None
    else:
        options["cache"] = options["cache"] or options["config"].parent / ".raudit-cache"
    with (
        _log(options["config"], offline=options["offline"], **asked) as log,
        progress_bars(quiet=quiet or as_json) as progress,
        nullcontext() if options["record"] is None else reading_stored(),
    ):
        result = check(
            CheckOptions(**options), clock=now_or(clock), log=log, actor=actor, progress=progress
        )
    for notice in result.notices:
        _say(notice)
    if result.standard_output is not None:
        _print(result.standard_output)
    elif not quiet:
        click.echo(_shown(result, as_json=as_json, full=show_waived).decode(), nl=False)
    status = result.exit_status
    if exit_zero and status in ZEROED:
        click.echo(
            f"exit status {status} turned into 0 by --exit-zero; the record keeps {status}",
            err=True,
        )
        status = 0
    ctx.exit(status)


@contextmanager
def _log(
    config: Path,
    *,
    offline: bool,
    log_location: str | None,
    log_key: str | None,
    no_log: bool,
    checkpoint: tuple[Path, ...],
) -> Iterator[ReadableLog | None]:
    """The plan's log, if its key is here; else the log to be asked only. A gate that can do neither says so."""
    from raudit.emit.keys import log_key_file, log_of, log_place, log_to_ask
    from raudit.plan import load_plan

    plan = load_plan(config) if config.exists() else None
    key_file = log_key_file(plan) if plan is not None else None
    only_asked = no_log or log_location is not None or log_key is not None
    away = offline and plan is not None and "://" in str(log_place(plan))
    if plan is not None and key_file is not None and not only_asked and not away:
        if key_file.exists():
            with log_of(plan) as log:
                _extends(log, checkpoint)
                yield log
            return
        named = plan.file.log.key or key_file
        _say(f"not logged: the log key {named} is not here (say --no-log to expect that)")
    known, missing = log_to_ask(plan, location=log_location, vkey=log_key, offline=offline)
    if missing:
        _say(missing)
    with known or nullcontext() as asked:
        _extends(asked, checkpoint)
        yield asked


def _extends(log: ReadableLog | None, checkpoints: tuple[Path, ...]) -> None:
    """Refuse a log that does not extend the checkpoints that were given, and ones without a log."""
    if not checkpoints:
        return
    from raudit.cli._shared.log_io import checkpoint_in
    from raudit.log import attest_log

    if log is None:
        raise UsageError(
            "there is no log to hold a checkpoint against",
            reference="checkpoint-without-log",
            where="--checkpoint",
            hint="name the log with --log and its verifier key with --log-key",
        )
    attest_log(log, checkpoints=[checkpoint_in(path) for path in checkpoints])


def _say(notice: str) -> None:
    click.echo(for_terminal(notice), err=True)


def _shown(result: CheckResult, *, as_json: bool, full: bool) -> bytes:
    from raudit.gate.as_json import gate_json
    from raudit.gate.text import plain_text

    if as_json:
        return gate_json(result.record, result.anchors)
    return plain_text(result.record, result.anchors, full=full)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise UsageError(
            "not a date",
            reference="bad-date",
            where="--today",
            got=text,
            expected="a date such as 2027-01-31",
        ) from fault


def _print(data: bytes) -> None:
    click.echo(data, nl=False)
