"""The scan on a terminal: a table a person enjoys on stdout, progress on stderr if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raudit.evidence import Progress, Quiet
from raudit.stages.pii.sweep import Redaction, SweepResult, TableResult
from raudit.stages.pii.verdicts import ColumnVerdict, Found, Sureness

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

MARKS = {
    Sureness.NAME_AND_VALUES: "●●● name and values",
    Sureness.VALUES: "●●○ values",
    Sureness.IN_TEXT: "●●○ inside text",
    Sureness.SUSPECTED: "●○○ suspected",
}


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a bar while the work goes on."""
        task = self._bars.add_task(visible(description)[-60:], total=total)
        yield lambda steps: self._bars.advance(task, steps)
        self._bars.update(task, total=1, completed=1)


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress on stderr if a person is watching, else none."""
    if not sys.stderr.isatty():
        yield Quiet()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


def visible(text: str) -> str:
    """A name from the data without control and direction characters, which could rewrite the line it stands in."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:80]


def print_result(result: SweepResult) -> None:
    """Print a scan."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 118)
    for table in result.tables:
        _print_table(console, table, result)
    for gap in result.gaps:
        console.print(f"[yellow]not read[/]  {_plain(gap.name)}: {_plain(gap.because)}")
    for name, tables in result.joins:
        console.print(f"[cyan]join key[/]  {_plain(name)} is in {', '.join(_plain(t) for t in tables)}")
    if result.model:
        console.print(f"[dim]Names and places: {result.model}, on a random sample; patterns: every row.[/]")
    else:
        console.print(
            "[yellow]Names, places and addresses were NOT searched for in cell values: no language model is installed. "
            "Absence of findings for these types says nothing.[/]"
        )


def _print_table(console: Console, table: TableResult, result: SweepResult) -> None:
    from rich import box
    from rich.table import Table

    personal = [v for v in table.verdicts if v.personal or v.special]
    clean = [v for v in table.verdicts if not (v.personal or v.special)]
    console.print()
    console.print(f"[bold]{_plain(table.name)}[/]  {table.n_rows:,} rows, {len(table.verdicts):,} columns")
    if personal:
        shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for heading, justify in (("column", "left"), ("holds", "left"), ("how sure", "left"), ("cells", "right")):
            shown.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
        shown.add_column("like", overflow="ellipsis", no_wrap=True, max_width=26)
        shown.add_column("do", overflow="fold")
        for verdict in personal:
            for row in _rows(verdict, result):
                shown.add_row(*row)
        console.print(shown)
    else:
        console.print("  [green]no direct identifier and no special category found[/]")
    if clean and personal:
        console.print(
            f"  [dim]nothing in: {', '.join(_plain(v.name) for v in clean[:12])}{' …' if clean[12:] else ''}[/]"
        )
    if table.singling_out:
        console.print(f"  [yellow]alone[/]  {_plain(table.singling_out, 400)}")


def _rows(verdict: ColumnVerdict, result: SweepResult) -> Iterator[tuple[str, ...]]:
    name = f"[bold]{_plain(verdict.name)}[/]"
    for found in verdict.found:
        colour = "red" if found.rule.group == "secret" else "default"
        like = _plain(found.count.examples[0]) if found.count.examples and result.examples else ""
        yield (
            name,
            f"[{colour}]{found.rule.label}[/]",
            MARKS[found.sureness],
            _cells(found, result.small_count),
            f"[dim]{like}[/]",
            found.rule.remedy,
        )
        name = ""
    for category in verdict.special:
        yield name, f"[magenta]special category: {category}[/]", "●●○ name or values", "", "", "legal sign-off"
        name = ""


def _cells(found: Found, small: int) -> str:
    count = found.count
    if not count.k:
        return "by name"
    if count.exact:
        return f"≤ {small}" if count.k <= small else f"{count.k:,} of {count.n:,}"
    interval = count.interval()
    low, high = (interval.low or 0.0, interval.high or 0.0) if interval else (0.0, 1.0)
    return f"{count.share:.0%} ({low:.0%}-{high:.0%})"


def print_redaction(done: Redaction) -> None:
    """Print what was redacted and what a second scan still finds."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]{_plain(done.out)}[/]  {done.rows:,} rows")
    for name, how in done.columns.items():
        console.print(f"  {_plain(name)}: {_plain(how, 200)}")
    if not done.columns:
        console.print("  nothing was found, so nothing was changed")
    console.print("\nThe copy, scanned again:")
    print_result(done.after)


def _plain(text: str, longest: int = 80) -> str:
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else "\ufffd" for c in text)[:longest])
