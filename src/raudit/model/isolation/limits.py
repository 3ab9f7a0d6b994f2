"""How much memory and time a model's process may take, and what is said when that was not enough."""

from __future__ import annotations

import sys
from pathlib import Path

from raudit.errors import ModelError
from raudit.plan import ModelLimits

GIB = 2**30


def machine_memory() -> int | None:
    """Bytes of address space that this machine grants to a process (``ulimit -v``); None if it sets no limit."""
    if sys.platform == "win32":
        return None
    import resource

    known = [
        limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit != resource.RLIM_INFINITY
    ]
    return min(known, default=None)


def limit_memory(limits: ModelLimits) -> None:
    """Bind this process to its address space now and the limit; to the machine's own limit where that is lower."""
    if sys.platform == "win32":
        return
    import resource

    machine = machine_memory()
    most = _address_space() + int(limits.memory_gib * GIB)
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


def _address_space() -> int:
    import resource

    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def out_of_memory(error: BaseException | None) -> bool:
    """Whether memory was what an error is about: native libraries say so in words of their own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said = str(error).lower()
        if (
            isinstance(error, MemoryError)
            or "bad_alloc" in said
            or "allocate" in said
            or "out of memory" in said
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def over_memory(doing: str, file: str, limits: ModelLimits) -> ModelError:
    """The error for work that took more memory than it may."""
    return ModelError(
        f"{doing} takes more memory than it may",
        reference="model-limits",
        where=file,
        expected=_memory(limits),
        hint=_hint(limits, "model.limits.memory_gib"),
    )


def over_time(doing: str, file: str, seconds: float, key: str) -> ModelError:
    """The error for work that was ended because its time was up."""
    return ModelError(
        f"{doing} takes longer than it may",
        reference="model-limits",
        where=file,
        got=f"not done after {seconds:g} s",
        expected=f"at most {seconds:g} s, model.limits.{key}",
        hint=f"if you trust the file, raise model.limits.{key}; or give data.prediction and data.score instead of it",
    )


def ended(doing: str, file: str, status: int | None, limits: ModelLimits) -> ModelError:
    """The error for a process that ended without an answer."""
    import signal

    if status == -getattr(signal, "SIGXCPU", 24):
        return over_time(doing, file, limits.seconds, "seconds")
    got = f"its process ended with {status}"
    if status is not None and status < 0:
        got = f"its process was ended by {signal.Signals(-status).name}"
    return ModelError(
        f"{doing} crashed, or took more memory than it may",
        reference="model-limits",
        where=file,
        got=got,
        expected=_memory(limits),
        hint=_hint(limits, "model.limits.memory_gib"),
    )


def _memory(limits: ModelLimits) -> str:
    machine = machine_memory()
    said = f"at most {limits.memory_gib:g} GiB, model.limits.memory_gib"
    if machine is not None and machine < limits.memory_gib * GIB:
        return f"at most {machine / GIB:.3g} GiB with its libraries, the machine's own limit (ulimit -v)"
    return said


def _hint(limits: ModelLimits, key: str) -> str:
    machine = machine_memory()
    if machine is not None and machine < limits.memory_gib * GIB:
        return "run it where the machine grants more (ulimit -v); raising model.limits would change nothing"
    return f"if you trust the file and it is large, raise {key}; else do not use it"
