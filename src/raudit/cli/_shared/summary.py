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
WORST = 5


def print_summary(record: Record) -> None:
    """Print verdict, stages and the findings that matter most to stdout."""
    import click
    from rich.console import Console

    if record.verdict is None:
        return
    console = Console(highlight=False)
    with console.capture() as captured:
        _print(console, record, record.verdict)
    lines = captured.get().split("\n")
    click.echo("\n".join(map(without_commands, lines)), nl=False)


def _print(console: Console, record: Record, verdict: Verdict) -> None:
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text

    word, style = VERDICT.get(verdict.exit_status, (str(verdict.status), "bold"))
    system = record.system
    console.print(Rule(style="dim"))
    name, version = (printable(str(system.get(key))) for key in ("name", "version"))
    title = Text.assemble((f"{name} ", "bold"), (f"version {version}", "dim"))
    console.print(title)
    console.print(
        Text.assemble(
            ("Verdict: ", ""), (word, style), (f"  (exit status {verdict.exit_status})", "dim")
        )
    )
    console.print()
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for heading in ("Stage", "Outcome", "Failed", "Could not tell", "Passed"):
        table.add_column(heading, justify="left" if heading in {"Stage", "Outcome"} else "right")
    for stage in record.stages:
        counts = Counter(finding.status for finding in stage.findings)
        cells = [
            _count(counts[status], MARK[status][1])
            for status in (Status.FAILED, Status.INDETERMINATE, Status.PASSED)
        ]
        done = stage.outcome is Outcome.COMPLETED
        table.add_row(
            _plain(stage.title),
            str(stage.outcome) if done else f"[yellow]{stage.outcome}[/]",
            *cells,
        )
    console.print(table)
    for stage in record.stages:
        if stage.reason:
            console.print(
                f"[yellow]{_plain(stage.title)} {stage.outcome}:[/] {_plain(stage.reason)}"
            )
    for status, heading in (
        (Status.FAILED, "What failed"),
        (Status.INDETERMINATE, "What could not be told"),
    ):
        found = sorted((f for f in record.findings if f.status is status), key=_rank)
        if not found:
            continue
        console.print()
        console.print(f"[bold]{heading}[/]")
        for finding in found[:WORST]:
            console.print(
                Text.assemble(
                    (f"{printable(finding.rule)}  ", MARK[status][1]),
                    (str(finding.severity), "dim"),
                )
            )
            console.print(Padding(_plain(finding.statement), (0, 0, 0, 2)))
            if status is Status.INDETERMINATE and finding.reason not in finding.statement:
                first = finding.reason.split(". ")[0].rstrip(".")
                console.print(Padding(f"[dim]{_plain(first)}.[/]", (0, 0, 0, 2)))
        if len(found) > WORST:
            console.print(f"[dim]  and {len(found) - WORST} more in the report[/]")
    console.print()


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))


def _count(number: int, style: str) -> str:
    return f"[{style}]{number}[/]" if number else "[dim]·[/]"


def _rank(finding: Finding) -> tuple[bool, int, str, str]:
    return (not finding.beyond_chance, finding.severity.rank, finding.rule, finding.fingerprint)
