"""WeasyPrint, loaded without asking a compiler where its libraries lie.

Each library has names for every system, and cffi asks ldconfig, gcc and ld about each one that does not open: on Linux
some fifty processes before a page is drawn, though only the last name, the file's own, opens there.
"""

from __future__ import annotations

import ctypes.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _by_file_name() -> Iterator[None]:
    asked = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = lambda name: None  # noqa: ARG005
    try:
        yield
    finally:
        ctypes.util.find_library = asked


with _by_file_name():
    import weasyprint

__all__ = ["weasyprint"]
