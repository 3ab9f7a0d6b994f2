"""The scan on a terminal: a table a person enjoys on stdout, progress on stderr if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raudit.evidence import Progress, Quiet
from raudit.printable import many, printable, without_commands
from raudit.scan.redact_file import Redaction
from raudit.scan.sweep import SweepResult, TableResult
from raudit.stages.pii.count.as_text import LONGEST_CELL
from raudit.stages.pii.count.profile import clopper_pearson
from raudit.stages.pii.judge.verdicts import ColumnVerdict, Found, Sureness
from raudit.stages.pii.vocabulary.languages import NAMES as LANGUAGES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

MARKS = {
    Sureness.NAME_AND_VALUES: "●●●",
    Sureness.VALUES: "●●○",
    Sureness.IN_TEXT: "●●○",
    Sureness.SUSPECTED: "●○○",
    Sureness.UNCLEAR: "○○○",
}
LEGEND = "●●● column name and values   ●●○ one of the two   ●○○ suspected"
NO_MODEL = (
    "Names, places and addresses were NOT searched for in cell values: no language model is installed. "
    "Absence of findings for these types says nothing."
)
NARROW = 100
"""Columns of a terminal; below it the masked examples and the intervals are left out."""


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

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True, emoji=False), transient=True) as bars:
        yield _Bars(bars)


def visible(text: str) -> str:
    """A name from the data without control and direction characters, which could rewrite the line it stands in."""
    return without_commands(printable(text))[:80]


def print_result(result: SweepResult) -> None:
    """Print a scan."""
    from rich.console import Console

    console = Console(
        highlight=False, emoji=False, soft_wrap=False, width=None if sys.stdout.isatty() else 118
    )
    for table in result.tables:
        _print_table(console, table, result)
    for gap in result.gaps:
        console.print(f"[yellow]not read[/]  {_plain(gap.name)}: {_plain(gap.because, 400)}")
    for name, tables in result.joins:
        console.print(
            f"[cyan]join key[/]  {_plain(name)} is in {', '.join(_plain(t) for t in tables)}"
        )
    if result.model:
        console.print(
            f"[dim]Names and places: {result.model}, on a random sample; patterns: every row.[/]"
        )
    else:
        console.print(f"[yellow]{NO_MODEL}[/]")


def _print_table(console: Console, table: TableResult, result: SweepResult) -> None:
    from rich import box
    from rich.table import Table

    personal = [v for v in table.verdicts if v.personal or v.special]
    clean = [v for v in table.verdicts if not (v.personal or v.special or v.unclear or v.unread)]
    console.print()
    console.print(
        f"[bold]{_plain(table.name)}[/]  {many(table.n_rows, 'row')}, {many(len(table.verdicts), 'column')}"
    )
    if personal:
        console.print(_summary(table))
        wide = console.width >= NARROW
        shown = Table(
            box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False, padding=(0, 1)
        )
        shown.add_column("column", overflow="ellipsis", no_wrap=True, max_width=28 if wide else 18)
        shown.add_column("holds", min_width=18)
        shown.add_column("sure", no_wrap=True)
        shown.add_column("cells", justify="right", no_wrap=True)
        if wide:
            shown.add_column("like", overflow="ellipsis", no_wrap=True, max_width=26)
        shown.add_column("do", no_wrap=True)
        for verdict in personal:
            for row in _rows(verdict, result, wide):
                shown.add_row(*row)
        console.print()
        console.print(shown)
        console.print()
        console.print(f"  [dim]{LEGEND}[/]")
    elif not table.n_rows:
        console.print("  [yellow]no rows, so nothing was searched[/]")
    elif not any(v.unclear or v.unread for v in table.verdicts):
        console.print("  [green]no direct identifier and no special category found[/]")
        console.print(f"  [dim]{_bound(table)}[/]")
    for verdict in table.verdicts:
        _print_unread(console, verdict)
        for found in verdict.unclear:
            cells = _cells(found, result.small_count, True)
            console.print(
                f"  [yellow]unclear[/]  {_plain(verdict.name)}: {found.rule.label} in {cells} cells"
            )
    if clean and personal:
        console.print(
            f"  [dim]nothing in: {', '.join(_plain(v.name) for v in clean[:12])}{' …' if clean[12:] else ''}[/]"
        )
    if table.singling_out:
        console.print(f"  [yellow]alone[/]  {_plain(table.singling_out, 400)}")


def _print_unread(console: Console, verdict: ColumnVerdict) -> None:
    """Say which cells of a column were not read as they should be."""
    profile, name = verdict.profile, _plain(verdict.name)
    if profile.language:
        spoken = LANGUAGES[profile.language]
        console.print(
            f"  [yellow]language[/]  {name} seems to be in {spoken}: names were searched by lists and a"
        )
        console.print("            model of another language, which misses many (see --language)")
    if profile.encoded:
        console.print(
            f"  [yellow]not read[/]  {name}: text in base64 in at least {profile.encoded:,} of"
            f" {many(profile.n_filled, 'filled cell')}; decode it and scan that"
        )
    if profile.cut:
        console.print(
            f"  [yellow]not read[/]  {name}: what stands behind the first {LONGEST_CELL:,} characters"
            f" of {many(profile.cut, 'cell')}"
        )


def _bound(table: TableResult) -> str:
    """What stands behind "nothing found": how rare a name can be that the search missed, and what was not searched."""
    read = [v.profile for v in table.verdicts if v.profile.language_model and v.profile.n_filled]
    drawn = [p for p in read if p.n_sampled < p.n_filled]
    unread = [
        v
        for v in table.verdicts
        if any(g.startswith("values not searched") for g in v.profile.gates)
    ]
    parts = ["identifiers with a form or check: every row"]
    if drawn:
        bound = max(clopper_pearson(0, p.n_sampled)[1] for p in drawn)
        parts.append(
            f"names, places, addresses: in fewer than {bound:.2%} of cells of a column (95% bound)"
        )
    elif read:
        parts.append("names, places, addresses: every row, by a model that makes mistakes")
    if unread:
        names = ", ".join(_plain(v.name) for v in unread[:8]) + (" …" if unread[8:] else "")
        parts.append(f"values not searched: {names}")
    return "; ".join(parts) + "."


def _summary(table: TableResult) -> str:
    personal = sum(v.personal for v in table.verdicts)
    secret = sum(any(f.rule.group == "secret" for f in v.found) for v in table.verdicts)
    special = sum(bool(v.special) for v in table.verdicts)
    parts = [f"{personal:,} of {len(table.verdicts):,} columns hold personal data"]
    parts += [f"[red]{secret:,} of them secrets[/]"] if secret else []
    parts += [f"[magenta]{special:,} a special category[/]"] if special else []
    return f"  {', '.join(parts)}."


def _rows(verdict: ColumnVerdict, result: SweepResult, wide: bool) -> Iterator[tuple[str, ...]]:
    name = f"[bold]{_plain(verdict.name)}[/]"
    for found in verdict.found:
        colour = "red" if found.rule.group == "secret" else "default"
        like = _plain(found.count.examples[0]) if found.count.examples and result.examples else ""
        inside = ", inside text" if found.sureness is Sureness.IN_TEXT else ""
        yield (
            name,
            f"[{colour}]{found.rule.label}{inside}[/]",
            MARKS[found.sureness],
            _cells(found, result.small_count, wide),
            *((f"[dim]{like}[/]",) if wide else ()),
            found.rule.remedy,
        )
        name = ""
    for category in verdict.special:
        yield (
            name,
            f"[magenta]special category: {category}[/]",
            "●●○",
            "",
            *(("",) if wide else ()),
            "legal sign-off",
        )
        name = ""


def _cells(found: Found, small: int, wide: bool) -> str:
    count = found.count
    if not count.k:
        return "by name"
    if count.exact:
        if count.valid <= small:
            return f"≤ {small}"
        return f"all {count.n:,}" if count.valid == count.n else f"{count.valid:,} of {count.n:,}"
    interval = count.interval()
    low, high = (interval.low or 0.0, interval.high or 0.0) if interval else (0.0, 1.0)
    return f"≈ {_percent(count.share)}" + (f" ({_percent(low)}–{_percent(high)})" if wide else "")


def _percent(share: float) -> str:
    """One decimal near the ends, where whole percents would say none or all."""
    return f"{share:.0%}" if 0.1 <= share <= 0.9 or share in {0.0, 1.0} else f"{share:.1%}"


def print_redaction(done: Redaction) -> None:
    """Print what was redacted and what the same search still finds."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    changed = f", {done.changed:,} cells with something replaced" if done.rows else ""
    console.print(
        f"[bold]{_plain(done.out)}[/]  {many(done.rows, 'row')}{changed}"
        if done.rows
        else f"{_plain(done.out)}"
    )
    for name, how in done.columns.items():
        console.print(f"  {_plain(name)}: {_plain(how, 200)}")
    if done.rows and not done.changed:
        console.print("  nothing was found, so nothing was changed")
    if done.converted:
        console.print(f"  {_plain(done.converted, 200)}")
    for note in done.notes:
        console.print(f"[yellow]not as it was[/]  {_plain(note, 300)}")
    if done.differences is not None:
        colour = "red" if done.differences else "green"
        said = f"{done.differences:,} places differ" if done.differences else "nothing differs"
        console.print(
            f"[{colour}]compared[/]  outside what stands for values, {said} from the original"
        )
    if not done.after.personal and not done.after.unclear:
        searched = any(table.verdicts and table.n_rows for table in done.after.tables)
        nothing = "There are no rows, so nothing was searched."
        console.print(f"\n{'The same search finds nothing more.' if searched else nothing}")
        for table in done.after.tables:
            if table.verdicts and table.n_rows:
                console.print(f"[dim]{_bound(table)}[/]")
        for gap in done.after.gaps:
            console.print(f"[yellow]not read[/]  {_plain(gap.name)}: {_plain(gap.because)}")
        if not done.after.model:
            console.print(f"[yellow]{NO_MODEL}[/]")
        return
    doubtful = any(v.unclear for t in done.after.tables for v in t.verdicts)
    more = done.after.personal or doubtful
    console.print(
        "\nThe same search still finds:"
        if more
        else "\nThe same search finds nothing in what it reads, but:"
    )
    print_result(done.after)


def _plain(text: str, longest: int = 80) -> str:
    from rich.markup import escape

    return escape(without_commands(printable(text))[:longest])
