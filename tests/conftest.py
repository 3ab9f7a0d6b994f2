"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine draws examples says nothing of the code; a slow or busy one must not fail a law.
settings.register_profile("raudit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("raudit")

ROOT = Path(__file__).resolve().parent.parent


VECTORS = ROOT / "tests" / "vectors"


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
