"""Deadlines of questions to other processes, kept by one thread that is started once.

A thread for each question would be started when memory is short, and Python waits for ever for one that lacked the
memory to say that it began (CPython's ``Thread.start``).
"""

from __future__ import annotations

import _thread
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

BEGINS = 10.0
"""Seconds within which the thread must have begun."""


class _Watch:
    """One thread and what it is to do when."""

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = count()
        self._changed = threading.Condition()
        self._begun = threading.Event()
        # No Thread: its start() would wait without end.
        _thread.start_new_thread(self._run, ())
        if not self._begun.wait(BEGINS):
            raise MemoryError("no thread can be started to keep the time")

    def add(self, seconds: float, late: Callable[[], None]) -> int:
        """Call ``late`` after so many seconds; the number to take it back by."""
        with self._changed:
            number = next(self._numbers)
            self._due[number] = (time.monotonic() + seconds, late)
            self._changed.notify()
        return number

    def remove(self, number: int) -> None:
        """Do not call it any more."""
        with self._changed:
            self._due.pop(number, None)

    def _run(self) -> None:
        self._begun.set()
        while True:
            with self._changed:
                # Only the number and the time are held while it waits: what is not due must be free to be let go of.
                first = (
                    min((at, number) for number, (at, _late) in self._due.items())
                    if self._due
                    else None
                )
                left = None if first is None else first[0] - time.monotonic()
                if first is None or (left is not None and left > 0):
                    self._changed.wait(left)
                    continue
                late = self._due.pop(first[1])[1]
            with contextlib.suppress(Exception):  # its caller is told by what it waits for
                late()
            del late


_watches: dict[int, _Watch] = {}
"""By process: a fork has the object of its parent, and not its thread."""
_lock = threading.Lock()


@contextlib.contextmanager
def deadline(seconds: float, late: Callable[[], None]) -> Iterator[None]:
    """Call something, such as what ends a process, if this is not done in time.

    Raises
    ------
    MemoryError
        If the machine gives no thread to keep the time.
    """
    with _lock:
        watch = _watches.get(os.getpid()) or _Watch()
        _watches[os.getpid()] = watch
    number = watch.add(seconds, late)
    try:
        yield
    finally:
        watch.remove(number)
