"""Pages of a system before its first audit, and while that is under way: one thing is said, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_two_runs_are_needed_to_compare(as_: Any, workspace: Path) -> None:
    """Without them there is nothing to choose from, and the page says so and where runs are made."""
    page = as_("opal").get("/s/credit/runs/compare/").content.decode()
    assert "Two finished runs are needed to compare." in page
    assert "<select" not in page


def test_a_first_run_under_way_is_said_alone(as_: Any, workspace: Path) -> None:
    from raudit.web.models import RunState

    opal = as_("opal")
    for place in ("findings", "report"):
        assert "It was not audited yet" in opal.get(f"/s/credit/{place}/").content.decode()
    RunState.objects.create(system="credit", by="opal", state=RunState.RUNNING)
    for place in ("findings", "report"):
        page = opal.get(f"/s/credit/{place}/").content.decode()
        assert "The first audit is under way." in page
        assert "It was not audited yet" not in page
