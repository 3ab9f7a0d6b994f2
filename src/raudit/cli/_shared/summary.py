"""What a run came to, for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from raudit.findings import Finding, Status
from raudit.printable import printable, without_commands
from raudit.record import Outcome, Record, Verdict

if TYPE_CHECKING:
    from rich.console import Console

MARK = {
    Status.FAILED: ("failed", "bold red"),
    Status.INDETERMINATE: ("could not tell", "yellow"),
    Status.PASSED: ("passed", "green"),
}
VERDICT = {
    0: ("nothing blocks", "bold green"),
    1: ("blocked", "bold red"),
    3: ("could not tell", "bold yellow"),
    5: ("nothing was evaluated", "bold yellow"),
}
WORST = 7
"""Rules whose worst finding is printed, for each status."""
INDENT = (0, 0, 0, 2)


def print_summary(record: Record) -> None:
    """Print verdict, stages and the findings that matter most to stdout."""
    import click
    from rich.console import Console

    if record.verdict is None:
        return
    console = Console(highlight=False, emoji=False)
    with console.capture() as captured:
        _print(console, _as_judged(record, record.verdict), record.verdict)
    lines = captured.get().split("\n")
    click.echo("\n".join(map(without_commands, lines)), nl=False)


def _as_judged(record: Record, verdict: Verdict) -> Record:
    """Findings as the policy judged them: what it fails stands under what failed, whatever its stage said."""
    if not verdict.policy.get("adjusted"):
        return record
    from raudit.report.judged import as_judged
    from raudit.report.language import ENGLISH, load_language
    from raudit.report.templates import find_template

    return as_judged(record, load_language(ENGLISH, find_template("standard").language_folders()))


def _print(console: Console, record: Record, verdict: Verdict) -> None:
    _print_head(console, record, verdict)
    _print_stages(console, record)
    _print_worst(console, record, Status.FAILED, "What failed")
    _print_worst(console, record, Status.INDETERMINATE, "What could not be told")
    console.print()


def _print_head(console: Console, record: Record, verdict: Verdict) -> None:
    from rich.rule import Rule
    from rich.text import Text

    word, style = VERDICT.get(verdict.exit_status, (str(verdict.status), "bold"))
    name, version = (printable(str(record.system.get(key))) for key in ("name", "version"))
    status = f"  (exit status {verdict.exit_status})"
    console.print(Rule(style="dim"))
    console.print(Text.assemble((f"{name} ", "bold"), (f"version {version}", "dim")))
    console.print(Text.assemble(("Verdict: ", ""), (word, style), (status, "dim")))
    console.print()


def _print_stages(console: Console, record: Record) -> None:
    """Print one row a stage, and why a stage did not complete."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for heading in ("Stage", "Outcome"):
        table.add_column(heading)
    for heading in ("Failed", "Could not tell", "Passed"):
        table.add_column(heading, justify="right")
    for stage in record.stages:
        counts = Counter(finding.status for finding in stage.findings)
        done = stage.outcome is Outcome.COMPLETED
        table.add_row(
            _plain(stage.title),
            str(stage.outcome) if done else f"[yellow]{stage.outcome}[/]",
            *(_count(counts[status], MARK[status][1]) for status in MARK),
        )
    console.print(table)
    for stage in record.stages:
        if stage.reason:
            head = f"[yellow]{_plain(stage.title)} {stage.outcome}:[/]"
            console.print(f"{head} {_plain(stage.reason)}")


def _print_worst(console: Console, record: Record, status: Status, heading: str) -> None:
    """Print the worst finding of each rule, worst rule first, and how many more there are.

    Findings of one rule tell one story: twelve columns that give away the label must not hide what happened to people.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in sorted((f for f in record.findings if f.status is status), key=_rank):
        by_rule.setdefault(finding.rule, []).append(finding)
    if not by_rule:
        return
    console.print()
    console.print(f"[bold]{heading}[/]")
    for findings in list(by_rule.values())[:WORST]:
        _print_finding(console, findings[0], more=len(findings) - 1)
    rest = sum(map(len, list(by_rule.values())[WORST:]))
    if rest:
        rules = _several(len(by_rule) - WORST, "rule")
        console.print(f"[dim]  and {_several(rest, 'finding')} of {rules} more in the report[/]")


def _several(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _print_finding(console: Console, finding: Finding, *, more: int) -> None:
    from rich.padding import Padding
    from rich.text import Text

    rule = (f"{printable(finding.rule)}  ", MARK[finding.status][1])
    others = (f"  and {more:,} more of this rule", "dim") if more else ("", "")
    console.print(Text.assemble(rule, (str(finding.severity), "dim"), others))
    console.print(Padding(_plain(finding.statement), INDENT))
    if finding.status is Status.INDETERMINATE and finding.reason not in finding.statement:
        first = finding.reason.split(". ")[0].rstrip(".")
        console.print(Padding(f"[dim]{_plain(first[:1].upper() + first[1:])}.[/]", INDENT))


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))


def _count(number: int, style: str) -> str:
    return f"[{style}]{number}[/]" if number else "[dim]·[/]"


def _rank(finding: Finding) -> tuple[bool, int, str, str]:
    return (not finding.beyond_chance, finding.severity.rank, finding.rule, finding.fingerprint)
