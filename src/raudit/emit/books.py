"""What goes with an answers or waivers file: the people, the log, and how identity is judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from raudit.emit.keys import log_if_any
from raudit.log import Log
from raudit.people import FILE_NAME, NOBODY, People, load_people
from raudit.plan import Plan, load_plan

PLAN_NAME = "raudit.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """People and log, for one command."""

    people: People
    log: Log | None
    clock: datetime
    actor: str
    """Who runs the command; the log keeps a salted digest."""
    plan: Plan | None = None
    no_log: str = ""
    """Why nothing is recorded; empty if there is a log."""

    @property
    def system(self) -> str:
        """Name of the system, where a plan says it."""
        return self.plan.file.system.name if self.plan else ""

    @property
    def identity(self) -> str:
        """``proven`` or ``stated``; empty where no plan says how identity is judged."""
        return self.plan.file.identity if self.plan else ""


@contextmanager
def books_of(
    beside: Path,
    *,
    clock: datetime,
    actor: str,
    plan: Path | None = None,
    people: Path | None = None,
) -> Iterator[Books]:
    """Open the people and the log that go with a file.

    Parameters
    ----------
    beside
        The answers or waivers file.
    plan
        The plan; by default the ``raudit.yaml`` in the file's folder or up to two above it that names the file.
    people
        People's file; by default the plan's, else the ``people.yaml`` in one of these folders.
    """
    declared = load_plan(plan) if plan is not None else plan_of(beside)
    who = people or _people_file(beside, declared)
    log, why = log_for(declared)
    try:
        yield Books(
            people=load_people(who) if who else NOBODY,
            log=log,
            clock=clock,
            actor=actor,
            plan=declared,
            no_log=why,
        )
    finally:
        if log is not None:
            log.close()


def plan_of(beside: Path) -> Plan | None:
    """The plan that names a file, in its folder or up to two above."""
    target = beside.resolve()
    for folder in target.parents[:3]:
        path = folder / PLAN_NAME
        if path.is_file():
            plan = load_plan(path)
            named = [section.answers for section in plan.file.assessments] + [plan.file.waivers]
            if any(name and plan.path(name) == target for name in named):
                return plan
    return None


def _people_file(beside: Path, plan: Plan | None) -> Path | None:
    if plan is not None and plan.file.people:
        return plan.path(plan.file.people)
    for folder in beside.resolve().parents[:2]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def log_for(plan: Plan | None) -> tuple[Log | None, str]:
    """The plan's log, made on first use if its key is there; else why there is none."""
    if plan is None:
        return None, f"no {PLAN_NAME} names this file, so that no log is known for it"
    return log_if_any(plan)
