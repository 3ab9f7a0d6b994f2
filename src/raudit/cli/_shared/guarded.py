"""Standard output that nobody but raudit can give orders to, whatever a plan, a data file or an answer holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from raudit.printable import for_stream


class Guarded:
    """A text stream that writes what is printable, our own colours, and nothing else that acts."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, each of its lines as it may be shown."""
        return self._stream.write(for_stream(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded_output() -> Iterator[None]:
    """Guard standard output; bytes that a command writes are a file's and stay as they are."""
    before = sys.stdout
    sys.stdout = cast("TextIO", Guarded(before))
    try:
        yield
    finally:
        sys.stdout = before
