"""Every address by every role and method, held against the table; other systems' addresses too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from raudit.checklists import load_checklist
from raudit.checklists.writing import record_answer, save
from raudit.web.access import (
    ACCESS,
    ADMINISTRATOR,
    ANYONE,
    AUTHOR,
    EVERYTHING,
    MAKER,
    OPERATOR,
    READER,
    REVIEWER,
    SIGNED_IN,
    SIGNER,
)
from raudit.web.workspace import now

ROLES = {
    # For the system "Credit", written down once more by hand: this is what the code is held against.
    "": {ANYONE},
    "nob": {ANYONE, SIGNED_IN},
    "eve": {ANYONE, SIGNED_IN},
    "rita": {ANYONE, SIGNED_IN, READER},
    "ann": {ANYONE, SIGNED_IN, READER, AUTHOR},
    "rex": {ANYONE, SIGNED_IN, READER, REVIEWER},
    "olga": {ANYONE, SIGNED_IN, READER, SIGNER},
    "opal": {ANYONE, SIGNED_IN, READER, OPERATOR},
    "adam": {ANYONE, SIGNED_IN, READER, ADMINISTRATOR, EVERYTHING, MAKER},
}
ARGUMENTS = {
    "system": "credit",
    "assessment": "small",
    "section": "first",
    "question": "first.what",
    "digest": "0" * 64,
    "kind": "yaml",
    "fingerprint": "f" * 32,
    "waiver": "W-001",
    "run": "00000000-0000-0000-0000-000000000000",
    "name": "report.pdf",
    "token": "x" * 40,
    "person": "rita",
    "index": "0",
    "pk": "1",
    "provider_id": "none",
}


def addresses() -> list[tuple[str, str]]:
    """Every name and address that the application has, whether the table knows it or not."""
    from django.urls import get_resolver

    found = []

    def walk(patterns: Any, prefix: str) -> None:
        for item in patterns:
            path = prefix + str(item.pattern)
            if hasattr(item, "url_patterns"):
                walk(item.url_patterns, path)
            else:
                found.append((item.name, path))

    walk(get_resolver().url_patterns, "/")
    return found


def filled(path: str) -> str:
    import re

    path = path.replace("^", "").replace("$", "").replace("\\Z", "")
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: ARGUMENTS[m[1]], path)


def with_an_answer(workspace: Path) -> None:
    from raudit.checklists.document import skeleton
    from raudit.files import write_whole

    place = workspace / "credit"
    checklist = load_checklist(place / "small.yaml")
    path = place / "answers" / "small.yaml"
    write_whole(path, skeleton(checklist, project="Credit").encode())
    save(
        path,
        lambda t: record_answer(t, checklist, "first.what", "It decides", at=now(), by="ann"),
        checklist=checklist,
    )


def judged(response: Any) -> str:
    """What the gate made of a request."""
    if response.status_code == 302 and "/accounts/login/" in response["Location"]:
        return "sign in"
    if response.status_code == 405:
        return "no method"
    if response.status_code == 403:
        return "forbidden"
    return "let in"


def expected(name: str, method: str, person: str) -> set[str]:
    needs = ACCESS.get(name)
    if needs is None:
        return {"missing"}
    if method not in needs:
        return {"no method"} if person or ANYONE in needs.values() else {"sign in"}
    if needs[method] in ROLES[person]:
        return {"let in"}
    return {"sign in"} if not person else {"forbidden", "missing"}


OWN_RULES = {
    "mfa_authenticate",
    "mfa_login_webauthn",
    "account_login",
    "account_logout",
    "socialaccount_signup",
    "account_inactive",
}
"""Pages of allauth that lead a person who is signed in, or has no login under way, elsewhere; and the one that refuses all."""


@pytest.mark.parametrize("person", list(ROLES))
def test_every_address_by_every_method(as_: Any, workspace: Path, person: str) -> None:
    with_an_answer(workspace)
    wrong = []
    client = as_(person)
    for name, path in addresses():
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            response = client.generic(method, filled(path))
            if name in ("account_logout", "mfa_login_webauthn") and method == "POST":
                client = as_(person)
            said = (
                "missing"
                if response.status_code == 404 and expected(name, method, person) != {"let in"}
                else judged(response)
            )
            if said not in expected(name, method, person) and name not in OWN_RULES:
                wrong.append(
                    (name, method, said, response.status_code, expected(name, method, person))
                )
    assert wrong == []


def test_the_table_names_every_address_and_no_other(site: Path) -> None:
    names = {name for name, _path in addresses()}
    assert set(ACCESS) - names == {
        "openid_connect_login",
        "openid_connect_callback",
    }  # only with a provider
    closed = names - set(ACCESS)
    assert not any(name is None for name in closed)


def test_what_is_not_in_the_table_is_closed(as_: Any) -> None:
    for name, path in addresses():
        if name not in ACCESS:
            assert as_("adam").get(filled(path)).status_code == 404, name


def test_another_systems_objects_are_none(as_: Any, workspace: Path) -> None:
    """Whoever has every role elsewhere learns nothing of a system, not even that it is there."""
    with_an_answer(workspace)
    eve = as_("eve")
    there, nowhere = eve.get("/s/credit/a/small/"), eve.get("/s/nowhere/a/small/")
    assert there.status_code == nowhere.status_code == 404
    assert there.content.replace(b"credit", b"") == nowhere.content.replace(b"nowhere", b"") or len(
        there.content
    ) - len(nowhere.content) in (-1, 0, 1)
    assert b"Credit" not in eve.get("/").content
    assert (
        eve.post(
            "/s/credit/a/small/section/first/", {"d:first.what": "x", "v:first.what": "mine"}
        ).status_code
        == 404
    )
    assert "Credit" not in eve.get("/portfolio.csv").content.decode()


@pytest.mark.parametrize(
    "slug",
    [
        "..",
        ".",
        ".raudit-web",
        "keys",
        "credit%2f..",
        "%2e%2e",
        "credit\x00",
        "a" * 300,
        "credit/../other",
    ],
)
def test_a_system_is_looked_up_never_joined(as_: Any, slug: str) -> None:
    from urllib.parse import quote

    assert as_("adam").get(f"/s/{quote(slug, safe='%/')}/").status_code in (400, 404)


def test_the_page_on_states_and_roles_says_what_the_code_does() -> None:
    """docs/reference/web.md holds the tables of states and of limits that people read; these are the code's own."""
    import re

    from raudit.checklists.states import STATES
    from raudit.web.access import BUILT_IN
    from raudit.web.views import answering, making, verifying

    text = (Path(__file__).resolve().parents[2] / "docs/reference/web.md").read_text("utf-8")
    section = text.partition("## States of an assessment")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)[1:]
    shown = {
        state: (means, dict(tuple(part.split(": ")[::-1]) for part in may.split("; ")))
        for state, means, may in rows
    }
    assert shown == {str(s): (standing.means, dict(standing.may)) for s, standing in STATES.items()}
    roles = text.partition("## Roles")[2].partition("\n## ")[0]
    assert all(f"`{role}`" in roles for role in BUILT_IN)
    limits = text.partition("## Limits")[2].partition("\n## ")[0]
    for what, number in (
        ("evidence file", answering.EVIDENCE_MAX >> 20),
        ("data of a new system", making.DATA_MAX >> 20),
        ("report to verify", verifying.MOST >> 20),
    ):
        assert f"| {what} | {number} MB" in limits
    assert f"{verifying.SECONDS} s" in limits
    assert f"{verifying.A_MINUTE} a minute" in limits
