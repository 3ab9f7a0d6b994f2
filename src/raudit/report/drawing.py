"""WeasyPrint, loaded without asking a compiler where its libraries lie, and without what a page of ours never needs.

Each library has names for every system, and cffi asks ldconfig, gcc and ld about each one that does not open: on Linux
some fifty processes before a page is drawn, though only the last name, the file's own, opens there. And WeasyPrint
loads fontTools' subsetter, a quarter of its loading time, for machines whose HarfBuzz cannot cut fonts down.
"""

from __future__ import annotations

import ctypes.util
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

LATER = ("fontTools.subset", "fontTools.varLib.instancer")
"""Modules that WeasyPrint imports at once and needs for few fonts."""


class Later(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> object:
        """Give what calls the module's own, which is loaded then."""
        if name.startswith("__"):
            raise AttributeError(name)
        own = self.__name__

        def used(*arguments: object, **options: object) -> object:
            return getattr(importlib.import_module(own), name)(*arguments, **options)

        return used


@contextmanager
def _by_file_name() -> Iterator[None]:
    asked = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = lambda name: None  # noqa: ARG005
    try:
        yield
    finally:
        ctypes.util.find_library = asked


@contextmanager
def _later() -> Iterator[None]:
    """Let what is imported meanwhile have stand-ins; whoever imports afterwards gets the modules."""
    put = [name for name in LATER if name not in sys.modules]
    sys.modules.update({name: Later(name) for name in put})
    try:
        yield
    finally:
        for name in put:
            del sys.modules[name]


with _by_file_name(), _later():
    import weasyprint

__all__ = ["weasyprint"]
