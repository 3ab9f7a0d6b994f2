"""Fixtures that several rooms share, and the rule that no test is skipped for a reason nobody knows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests run side by side, one a core: threads of numeric libraries would only wait for each other. What raudit says of
# threads is tested where a process is started with another number of them.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# How fast a machine draws examples says nothing of the code; a slow or busy one must not fail a law.
settings.register_profile("raudit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("raudit")

ROOT = Path(__file__).resolve().parent.parent


VECTORS = ROOT / "tests" / "vectors"


def listed_reasons() -> list[re.Pattern[str]]:
    """Read the reasons of tests/skips.txt."""
    lines = (ROOT / "tests" / "skips.txt").read_text(encoding="utf-8").splitlines()
    return [re.compile(line.split(" -- ")[0]) for line in lines if line and line[0] != "#"]


REASONS = listed_reasons()


def is_listed(reason: str) -> bool:
    """Tell whether a test may be skipped for a reason."""
    return any(pattern.search(reason) for pattern in REASONS)


def _refuse_unlisted(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip whose reason is not listed into a failure; expected failures are no skips."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not is_listed(reason):
        report.outcome = "failed"
        report.longrepr = f"{reason}\nThis reason is not among those of tests/skips.txt."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_unlisted(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_unlisted(report)
    return report


LIGHT = ("checklists", "data", "fairness", "people", "stats")
"""Rooms whose files take seconds. They come last: a long file at the end would leave other processors idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms that have long files; files and tests of a room stay in their order."""
    items.sort(key=lambda item: item.path.is_relative_to(ROOT) and item.path.parent.name in LIGHT)


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Give the folder of published vectors and tables; see ORIGIN.md there."""
    return VECTORS


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Find a file of the shared folder beside the checkout, or skip with a plain reason."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / name
        if not path.exists():
            pytest.skip(f"../shared/{name} is not beside this checkout")
        return path

    return find
