"""The one thread that ends processes in time: in order, none that was taken back, and none waited for without end."""

from __future__ import annotations

import _thread
import threading
import time

import pytest

from raudit.isolation import deadline as kept
from raudit.isolation.deadline import deadline


def test_what_is_late_is_told_once_and_what_is_done_is_not():
    told: list[str] = []
    late = threading.Event()

    def tell(name: str):
        def act() -> None:
            told.append(name)
            late.set()

        return act

    with deadline(60, tell("far")), deadline(0.05, tell("near")):
        assert late.wait(20)
        with deadline(0.05, tell("inner")):
            pass
    time.sleep(0.2)
    assert told == ["near"]


def test_a_fault_of_one_does_not_end_the_others():
    second = threading.Event()

    def broken() -> None:
        raise OSError("its process is gone")

    with deadline(0.01, broken), deadline(0.05, second.set):
        assert second.wait(20)


def test_a_thread_that_never_begins_is_not_waited_for_without_end(monkeypatch):
    """As Thread.start does where the new thread lacks the memory to say that it began."""
    monkeypatch.setattr(kept, "_watches", {})
    monkeypatch.setattr(kept, "BEGINS", 0.05)
    monkeypatch.setattr(_thread, "start_new_thread", lambda *_args: 0)
    with pytest.raises(MemoryError, match="no thread"), deadline(1, lambda: None):
        pytest.fail("it went on without a clock")
