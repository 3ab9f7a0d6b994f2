"""A workspace with made-up people in each role, in this process for pages and as a server for browsers."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the extra 'web' is not installed")

PEOPLE = """\
schema: raudit.people/1
people:
  - {id: ann, name: Ann Thor, known_as: [ann@example.org], roles: [{role: author, systems: [Credit, Other]}]}
  - {id: rex, name: Rex Viewer, known_as: [rex@example.org], roles: [{role: reviewer, systems: [Credit, Other]}]}
  - {id: olga, name: Olga Owner, known_as: [olga@example.org], roles: [{role: owner, systems: [Credit]}, {role: dpo, systems: [Credit]}]}
  - {id: opal, name: Opal Op, known_as: [opal@example.org], roles: [{role: operator, systems: [Credit]}]}
  - {id: rita, name: Rita Reads, known_as: [rita@example.org], roles: [{role: reader, systems: [Credit]}]}
  - {id: adam, name: Adam Min, known_as: [adam@example.org], roles: [administrator]}
  - {id: eve, name: Eve Elsewhere, known_as: [eve@example.org], roles: [{role: author, systems: [Other]}, {role: reviewer, systems: [Other]}, {role: owner, systems: [Other]}, {role: operator, systems: [Other]}]}
  - {id: nob, name: Nob Ody, known_as: [nob@example.org]}
"""
PASSWORD = "a long enough phrase"
CHECKLIST = """\
schema: raudit.checklist/1
id: small
version: 1.0.0
title: Small assessment
about: A few questions, one of each kind.
source: {basis: ["made up for tests"]}
signoff: [{role: owner}]
sections:
  - id: first
    title: First things
    intro: What it is.
    questions:
      - {id: first.what, type: text, text: What does it decide?, why: To know, help: In a sentence}
      - {id: first.people, type: yes_no, text: Is it about people?, why: To know, help: Yes or no}
      - {id: first.harm, type: text, text: Whom could it harm?, why: To know, help: Name them, show_if: 'ans("first.people") == "yes"'}
      - id: first.kind
        type: choice
        text: Which kind is it?
        why: To know
        help: Choose
        options: [{id: advice, text: It advises, points: 1}, {id: decides, text: It decides, points: 3}]
  - id: second
    title: Second things
    pool: risk
    questions:
      - id: second.which
        type: multi
        text: Which data does it use?
        why: To know
        help: Tick all
        options: [{id: names, text: Names}, {id: money, text: Money}, {id: none, text: None of these}]
        none_option: none
      - {id: second.share, type: number, text: How many a year?, why: To know, help: A number, unit: people}
      - {id: second.day, type: date, text: Since when?, why: To know, help: A day}
      - {id: second.who, type: person, text: Who answers for it?, why: To know, help: A name}
      - id: second.risks
        type: rows
        text: Which risks are there?
        why: To know
        help: One a row
        required: false
        columns: [{id: what, text: What}, {id: level, text: Level, type: choice, options: [{id: low, text: Low}, {id: high, text: High}]}]
scoring: {pools: {risk: {}}}
"""
WORKSPACE_KEY = "RAUDIT_TEST_WORKSPACE"


def system_plan(name: str) -> str:
    from raudit.web.workspace import plan_text

    text = plan_text(
        name=name,
        version="1",
        purpose="Decides on credit.",
        owner="olga",
        affected="Applicants",
        data="data/decisions.csv",
        checklists={"small": "answers/small.yaml"},
        rest="  label: {column: y, favourable: ['1']}\nsensitive_features: [{column: g}]\nstages: {data_profile: {}, assessments: {}}",
    )
    return text.replace("checklist: small", "checklist: small.yaml")


def add_system(folder: Path, slug: str, name: str) -> Path:
    from raudit.web.workspace import NO_WAIVERS

    place = folder / slug
    (place / "data").mkdir(parents=True)
    (place / "raudit.yaml").write_text(system_plan(name))
    (place / "small.yaml").write_text(CHECKLIST)
    (place / "waivers.yaml").write_bytes(NO_WAIVERS)
    rows = "".join(f"{i % 2},{'ab'[i % 3 % 2]}\n" for i in range(200))
    (place / "data" / "decisions.csv").write_text("y,g\n" + rows)
    return place


def make_workspace(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.yaml").write_text(PEOPLE)
    add_system(folder, "credit", "Credit")
    add_system(folder, "other", "Other")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set Django up in this process, once, on a workspace of its own."""
    from raudit.web.serving import migrate, set_up
    from raudit.web.settings import Options
    from raudit.web.workspace import Workspace

    folder = make_workspace(tmp_path_factory.mktemp("site") / "w")
    options = Options(testing=True, database=os.environ.get("RAUDIT_TEST_DATABASE", ""))
    set_up(Workspace(folder), options)
    migrate(options)
    from raudit.web.models import User

    User.objects.all().delete()
    make_accounts()
    return folder


def make_accounts() -> None:
    from allauth.account.models import EmailAddress

    from raudit.web.middleware import workspace
    from raudit.web.models import User

    for entry in workspace().people().by_id.values():
        user = User.objects.create_user(email=entry.known_as[0], password=PASSWORD, person=entry.id)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


@pytest.fixture
def workspace(site: Path) -> Path:
    """The workspace as it was made, whatever the test before did to its files; nobody has failed to sign in yet."""
    from django.core.cache import cache

    from raudit.web.index import index
    from raudit.web.models import Assignment, Invitation, Notice, RunState, Summary, User

    for slug in [p.name for p in site.iterdir() if (p / "raudit.yaml").exists()]:
        shutil.rmtree(site / slug)
    shutil.rmtree(site / ".git", ignore_errors=True)
    make_workspace(site)
    for model in (Assignment, Invitation, Notice, RunState, Summary):
        model.objects.all().delete()
    cache.clear()
    User.objects.update(language="")
    index.forget()
    return site


@pytest.fixture
def as_(workspace: Path) -> Callable[[str], object]:
    """Give a client that is signed in as someone; nobody for an empty name."""
    from django.test import Client

    from raudit.web.models import User

    def signed_in(person: str, **options: object) -> Client:
        client = Client(HTTP_HOST="localhost:8787", raise_request_exception=True, **options)
        if person:
            client.force_login(User.objects.get(person=person))
        return client

    return signed_in


@pytest.fixture(scope="session")
def audited(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Files of "credit" after an audit, made once, and the fingerprint of a finding that failed."""
    from .test_services import run_once

    shutil.rmtree(site / "credit")
    add_system(site, "credit", "Credit")
    finding = run_once(site)
    copy = tmp_path_factory.mktemp("audited") / "credit"
    shutil.copytree(site / "credit", copy)
    return copy, finding


@pytest.fixture
def finding(workspace: Path, audited: tuple[Path, str]) -> str:
    """A finding of a workspace that was audited."""
    from raudit.web.models import FindingTask, Remark

    for model in (FindingTask, Remark):
        model.objects.all().delete()
    shutil.rmtree(workspace / "credit")
    shutil.copytree(audited[0], workspace / "credit")
    return audited[1]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Served:
    """``raudit serve`` as a process."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[str]) -> None:
        self.folder, self.port, self.process = folder, port, process
        self.base = f"http://localhost:{port}"


SERVE = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from raudit.web.settings import Options
from raudit.web.serving import serve
from raudit.web.workspace import Workspace
import conftest
def then():
    from raudit.web.models import User
    if not User.objects.exists(): conftest.make_accounts()
serve(Workspace(Path({folder!r})), Options(**{options!r}), then=then)
"""


def start(
    folder: Path, port: int | None = None, *, limits: Sequence[str] = (), **given: object
) -> Served:
    """Start a server; ``limits`` is a command that it runs under."""
    port = port or free_port()
    options = {"port": port, "testing": True, **given}
    code = SERVE.format(tests=str(Path(__file__).parent), folder=str(folder), options=options)
    process = subprocess.Popen(
        [*limits, sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
    )
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/static/web/icon.svg",
                headers={"X-Forwarded-Proto": "https"},
            )
            urllib.request.urlopen(request, timeout=5).read()
            return Served(folder, port, process)
        except OSError:
            if process.poll() is not None:
                raise AssertionError(
                    process.stdout.read() if process.stdout else "no server"
                ) from None
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the server did not start")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of its own."""
    server = start(make_workspace(tmp_path / "w"))
    yield server
    stop(server)


def stop(server: Served) -> None:
    """End a server, and let its pipe go."""
    server.process.kill()
    server.process.wait()
    if server.process.stdout:
        server.process.stdout.close()


@pytest.fixture
def starting() -> tuple[object, object]:
    """How a workspace is made, and a server for it."""
    return make_workspace, start


CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Debian's Chromium by Playwright; a test that is cut off leaves no event loop running for those that follow."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    try:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[
                    "--no-sandbox",
                    "--disable-background-networking",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                ],
            )
            yield browser
            browser.close()
    finally:
        asyncio.events._set_running_loop(None)
