"""How often a page asks the database: as often for many systems as for few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import add_system

PAGES = (
    "/",
    "/s/credit/",
    "/s/credit/a/small/",
    "/s/credit/a/small/section/first/",
    "/portfolio.csv",
)


def asked(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert client.get(path).status_code == 200  # what is kept for the next request is kept now
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("person", ["rita", "adam"])
def test_a_page_asks_as_often_for_many_systems_as_for_few(
    as_: Any, workspace: Path, person: str
) -> None:
    from raudit.web.index import index

    client = as_(person)
    few = {path: asked(client, path) for path in PAGES}
    assert all(few.values())
    for number in range(12):
        add_system(workspace, f"more-{number}", f"More {number}")
    index.forget()
    many = {path: asked(client, path) for path in PAGES}
    assert client.get("/portfolio.csv").content.count(b"\n") > (12 if person == "adam" else 0)
    assert many == few
