"""What is said when a model's process takes more memory or time than it may."""

from __future__ import annotations

from raudit.errors import ModelError
from raudit.isolation.limits import GIB, machine_memory
from raudit.plan import ModelLimits


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
