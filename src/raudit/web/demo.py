"""A workspace to look at: the bundled audit, and made-up people in each role."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from raudit.checklists.document import skeleton
from raudit.checklists.form.load import shipped
from raudit.errors import EnvironmentFault
from raudit.files import write_whole
from raudit.resources import resource_dir
from raudit.web.workspace import NO_WAIVERS, Workspace, now, plan_text

EXAMPLE, SLUG = "adult-income", "income-pre-approval"
ROLES = {
    "pm": ("author", "operator"),
    "dpo": ("dpo", "reviewer"),
    "head-of-lending": ("owner",),
    "risk": ("risk", "reviewer"),
    "security": ("security", "reviewer"),
}
PASSWORD = "look-around-2026"  # noqa: S105 -- printed by the demo, on loopback, over made-up people
FIRST, FIRST_SLUG = "Complaint triage", "complaint-triage"
"""A system whose assessment is still empty: a person's first five minutes."""


def make_demo(folder: Path) -> Workspace:
    """Make the demo's workspace, or take the one that is there."""
    workspace = Workspace(folder)
    place = folder / SLUG
    if not (place / "raudit.yaml").exists():
        _copy(folder, place)
    workspace.prepare(now())
    if not (folder / FIRST_SLUG).exists():
        _first_system(folder / FIRST_SLUG)
    if not (place / "model.skops").exists():
        command = [sys.executable, str(place / "train.py")]
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 -- ours
        if done.returncode:
            raise EnvironmentFault(
                "the example's model could not be trained", reference="demo-training"
            )
    return workspace


def _copy(folder: Path, place: Path) -> None:
    source = resource_dir("examples") / EXAMPLE
    made_here = shutil.ignore_patterns(
        "keys",
        "model.skops",
        "__pycache__",
        "raudit-log*",
        "report.*",
        "record.json",
        "people.yaml",
        "raudit.yaml",
    )
    shutil.copytree(source, place, dirs_exist_ok=True, ignore=made_here)
    write_whole(
        folder / "people.yaml", _people((source / "people.yaml").read_text("utf-8")).encode()
    )
    plan = (source / "raudit.yaml").read_text("utf-8")
    for old, new in (
        ("people: people.yaml", "people: ../people.yaml\nwaivers: waivers.yaml"),
        ("keys/", "../keys/"),
        ("path: raudit-log.db", "path: ../raudit-log.db"),
    ):
        plan = plan.replace(old, new)
    write_whole(place / "waivers.yaml", NO_WAIVERS)
    write_whole(place / "raudit.yaml", plan.encode())


def _first_system(place: Path) -> None:
    checklist = "launch-readiness"
    write_whole(
        place / "answers" / f"{checklist}.yaml",
        skeleton(shipped(checklist), project=FIRST).encode(),
    )
    plan = plan_text(
        name=FIRST,
        version="0.1",
        owner="pm@example.org",
        affected="Customers who complain",
        purpose="Sorts complaints by urgency, so that the urgent ones are read within a day.",
        data="data/decisions.csv",
        checklists={checklist: f"answers/{checklist}.yaml"},
        rest="",
    )
    write_whole(place / "waivers.yaml", NO_WAIVERS)
    write_whole(place / "raudit.yaml", plan.encode())


def begin() -> None:
    """Ask for the first audit, and the product manager for the first answer."""
    from raudit.web.models import Assignment, Notice, RunState

    if not RunState.objects.exists():
        RunState.objects.create(system=SLUG, by="pm")
        question = next(iter(shipped("launch-readiness").questions))
        Assignment.objects.create(
            system=FIRST_SLUG,
            assessment="launch-readiness",
            question=question,
            person="pm",
            by="dpo",
        )
        where = f"/s/{FIRST_SLUG}/a/launch-readiness/q/{question}/"
        Notice.objects.create(
            person="pm",
            kind="assigned",
            about="Begin here: your first answer",
            where=where,
            by="dpo",
        )


def _people(text: str) -> str:
    from raudit.checklists.splice import dump, text_yaml

    yaml = text_yaml()
    document = yaml.load(text)
    for entry in document["people"]:
        entry["roles"] = list(ROLES.get(entry["id"], ("reader",)))
    document["people"].append(
        {
            "id": "admin",
            "name": "Ada Min",
            "known_as": ["admin@example.org"],
            "roles": ["administrator"],
        }
    )
    return dump(document, yaml)


def make_accounts() -> list[tuple[str, str, str]]:
    """Accounts of the made-up people; address, name and roles of each."""
    from allauth.account.models import EmailAddress

    from raudit.web.middleware import workspace
    from raudit.web.models import User

    made = []
    for entry in workspace().people().by_id.values():
        email = next((name for name in entry.known_as if "@" in name), f"{entry.id}@example.org")
        if not User.objects.filter(person=entry.id).exists():
            user = User.objects.create_user(email=email, password=PASSWORD, person=entry.id)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        made.append((email, entry.name or entry.id, ", ".join(grant.role for grant in entry.roles)))
    return made
