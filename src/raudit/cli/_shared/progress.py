"""Progress bars on stderr, quiet when nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from raudit.evidence import Progress, Quiet
from raudit.printable import printable


def progress_bars(*, quiet: bool = False) -> AbstractContextManager[Progress]:
    """Open progress bars for a command."""
    return _bars() if sys.stderr.isatty() and not quiet else _silence()


@contextmanager
def _silence() -> Iterator[Progress]:
    yield Quiet()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    bars = RichProgress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True, emoji=False),
        transient=True,
    )
    with bars:
        yield _Rich(bars)


class _Rich:
    def __init__(self, bars: object) -> None:
        self._bars = bars

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a bar until the work ends."""
        bars = self._bars
        number = bars.add_task(printable(description), total=total)  # type: ignore[attr-defined]
        try:
            yield lambda steps: bars.advance(number, steps)  # type: ignore[attr-defined]
        finally:
            bars.remove_task(number)  # type: ignore[attr-defined]
