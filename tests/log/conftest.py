"""Keys, logs and events that the log's tests share. Keys are derived from fixed seeds, times are fixed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from raudit.log import Event, Log, LogKey, create_log_key, open_log

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


def started(run: str = "r1", **changes: Any) -> Event:
    body = {"plan": A, "data": A, "model": B, "code": A, "environment": A, "seed": 7} | changes
    return Event(type="run.started", run=run, actor="service:ci", body=body)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def start() -> Callable[..., Event]:
    return started


@pytest.fixture
def make_key(tmp_path: Path) -> Callable[..., LogKey]:
    def make(name: str = "example.org/log", file: str = "log.key") -> LogKey:
        return create_log_key(
            tmp_path / file, name, seed=hashlib.sha256((name + file).encode()).digest()
        )

    return make


@pytest.fixture
def key(make_key: Callable[..., LogKey]) -> LogKey:
    return make_key()


@pytest.fixture
def log(tmp_path: Path, key: LogKey) -> Iterator[Log]:
    with open_log(tmp_path / "log.db", key=key, create=True) as opened:
        yield opened
