"""Before a run: tell the log whatever was changed since the last one without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from raudit.checklists import load_checklist
from raudit.emit.answers import settle
from raudit.emit.books import Books
from raudit.emit.people import people_changed
from raudit.emit.waivers import settle_waivers
from raudit.errors import UsageError
from raudit.log import Event, EventType, Log
from raudit.people import NOBODY, load_people
from raudit.plan import Plan


def before_run(
    plan: Plan,
    log: Log,
    *,
    policy: str,
    assessments: Sequence[tuple[Path, Path]],
    actor: str,
    clock: datetime,
) -> tuple[str, ...]:
    """Tell the log of people, policy, waivers and answers as they are now.

    Parameters
    ----------
    policy
        Digest of what the policy says.
    assessments
        Checklist and answers, by path.

    Returns
    -------
    tuple of str
        What could not be told, and why, one sentence each.
    """
    people = load_people(plan.path(plan.file.people)) if plan.file.people else NOBODY
    books = Books(people=people, log=log, clock=clock, actor=actor, plan=plan)
    people_changed(log, people, actor=actor, clock=clock)
    policy_changed(log, policy, system=plan.file.system.name, actor=actor, clock=clock)
    missed = []
    if plan.file.waivers:
        settle_waivers(plan.path(plan.file.waivers), books)
    for checklist, answers in assessments:
        try:
            settle(answers, load_checklist(checklist), books)
        except UsageError:
            continue  # the stage says what is wrong with the file
        except OSError as error:
            missed.append(
                f"changes of {answers.name} could not be told to the log: {error.strerror}"
            )
    return tuple(missed)


def policy_changed(log: Log, policy: str, *, system: str, actor: str, clock: datetime) -> bool:
    """Append ``policy.changed`` if the last run of this system was judged by another policy; whether it did.

    The first policy that a log hears of is a change from none, so that the next one can be told from it.
    """
    last: str | None = None
    for entry in log.find(type=EventType.POLICY_CHANGED):
        if entry.body.get("system") in (None, system):
            last = str(entry.body["new"])
    if last == policy:
        return False
    body = {"old": last, "new": policy, "system": system, "by": actor}
    log.append([Event(type=EventType.POLICY_CHANGED, actor=actor, body=body)], clock=clock)
    return True
