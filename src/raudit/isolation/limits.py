"""How much memory and time a process may take, and how to know that memory was what it lacked."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from raudit.errors import UsageError

GIB = 2**30
ROOMY, LEAST = 4 * GIB, GIB
"""Address space in which the libraries load as they are, and the least in which none of them ends the process."""


def machine_memory() -> int | None:
    """Bytes of address space that this machine grants to a process (``ulimit -v``); None if it sets no limit."""
    if sys.platform == "win32":
        return None
    import resource

    known = [
        limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit != resource.RLIM_INFINITY
    ]
    return min(known, default=None)


@contextlib.contextmanager
def within_machine() -> Iterator[None]:
    """Ask for no more memory than the machine has: a demand past it is an error here, and not an end by the system.

    A tiny file may hold billions of rows, and what a stage makes of them is many times as large.
    """
    held = _memory_there_is()
    if held is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    granted = machine_memory()
    most = held + _address_space()
    most = most if granted is None else min(most, granted)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def within_memory(gib: float | None) -> Iterator[None]:
    """Ask for so much more memory than this process holds now, and no more; None sets no bound.

    What counts are private pages that can be written (``RLIMIT_DATA``), and not address space, of which allocators and
    threads reserve many times what they use.
    """
    if gib is None or not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _pages(DATA_PAGES) + int(gib * GIB)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([most, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def check_machine() -> None:
    """Refuse to start where the machine grants less address space than the libraries take.

    OpenBLAS ends a process that it finds no memory for with status 1, which would read as a finding; one thread of it
    asks for least.

    Raises
    ------
    UsageError
        With what is granted and what is needed.
    """
    granted = machine_memory()
    if granted is None or granted >= ROOMY:
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if granted < LEAST:
        raise UsageError(
            "the machine gives raudit too little memory to start",
            reference="memory",
            got=f"{granted // 2**20:,} MiB of address space",
            expected=f"at least {LEAST // 2**20:,} MiB",
            hint="raise the limit (ulimit -v)",
        )


def _memory_there_is() -> int | None:
    """Bytes of the machine, or of its control group if that grants less; None if that is not known."""
    if not sys.platform.startswith("linux"):
        return None
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no control groups, or "max"
        held = min(held, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return held


def limit_memory(gib: float) -> None:
    """Bind this process to its address space now and so much more; to the machine's own limit where that is lower.

    It may then write no file and leave no core.
    """
    if sys.platform == "win32":
        return
    import resource

    machine = machine_memory()
    most = _address_space() + int(gib * GIB)
    most = most if machine is None else min(most, machine)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def limit_seconds(seconds: int | None) -> None:
    """Bind this process to some seconds of processor time from now; None lifts that as far as the machine grants."""
    if sys.platform == "win32":
        return
    import resource
    import time

    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = hard
    if seconds is not None:
        most = int(time.process_time()) + 1 + seconds
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def limit_process(seconds: int, megabytes: int) -> None:
    """Bind this process, which is new and its own, to so much time and memory; to less where the machine grants less.

    On Windows there are no such limits; whoever started the process has a clock.
    """
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(kind)
        wanted = most, most + 5 if kind == resource.RLIMIT_CPU else most
        low, high = (one if hard == resource.RLIM_INFINITY else min(one, hard) for one in wanted)
        resource.setrlimit(kind, (low, high))


ALL_PAGES, DATA_PAGES = 0, 5
"""Fields of ``/proc/self/statm``: the whole address space, and what of it can be written."""


def _address_space() -> int:
    return _pages(ALL_PAGES)


def _pages(field: int) -> int:
    """Bytes of this process by one field of its statistics; 0 where there are none."""
    import resource

    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[field]) * resource.getpagesize() if statm.exists() else 0


LACKING = (
    "bad_alloc",
    "allocate",
    "out of memory",
    "launch worker thread",
    "can't start new thread",
    "failed to map segment",
)
"""What libraries say that lack memory: for a value, for the stack of a thread, for their own code."""


def out_of_memory(error: BaseException | None) -> bool:
    """Whether memory was what an error is about: native libraries say so in words of their own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said = str(error).lower()
        if isinstance(error, MemoryError) or any(words in said for words in LACKING):
            return True
        error = error.__cause__ or error.__context__
    return False
