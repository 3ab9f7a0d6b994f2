"""All systems on one page: what each file came to when it was last read, kept until the file changes.

Counts and days only. The index is thrown away at will; every page about one system reads the files themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from raudit.checklists.history import history_path
from raudit.errors import RauditError
from raudit.people import People
from raudit.plan import Plan
from raudit.statements.storage import statements_path
from raudit.web.models import Summary
from raudit.web.reading import Held, held_part, last_run, mark_of, parts, plan_at
from raudit.web.workspace import Workspace

SHAPE = "2"
"""Version of what is kept; a change throws all of it away."""
_memory: dict[str, tuple[str, dict[str, Any]]] = {}
_loaded = False
_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A system as the home page lists it."""

    slug: str
    name: str
    owner: str = ""
    tier: str = ""
    """Level of the assessment that has one, in words."""
    verdict: str = ""
    worst: str = ""
    """Severity of the worst finding that is not settled."""
    last: str = ""
    """Time of the last run."""
    age: int | None = None
    """Days since then."""
    open: int = 0
    answered: int = 0
    asked: int = 0
    states: tuple[tuple[str, str, str], ...] = ()
    """Name, title and state of each assessment."""
    conditions: int = 0
    due: str = ""
    """First day on which something comes due."""
    fault: str = ""
    waiting: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


def rows(workspace: Workspace, people: People, today: date) -> list[Row]:
    """Every system, by name; one with a broken file says so and takes nothing else down."""
    _load()
    stamp = f"{SHAPE}|{today}|{mark_of(workspace.people_file)}"
    return [_row(workspace, slug, people, today, stamp) for slug in workspace.slugs()]


def _load() -> None:
    global _loaded  # noqa: PLW0603 -- once a process
    with _lock:
        if not _loaded:
            for item in Summary.objects.all().iterator():
                _memory[item.path] = (item.seen, item.held)
            _loaded = True


def forget() -> None:
    """Throw the index of this process away."""
    global _loaded  # noqa: PLW0603
    with _lock:
        _memory.clear()
        _loaded = False


def _kept(path: str, seen: str, make: Any) -> dict[str, Any]:
    known = _memory.get(path)
    if known is not None and known[0] == seen:
        return known[1]
    held: dict[str, Any] = make()
    _memory[path] = (seen, held)
    Summary.objects.update_or_create(path=path, defaults={"seen": seen, "held": held})
    return held


def _row(workspace: Workspace, slug: str, people: People, today: date, stamp: str) -> Row:
    try:
        plan = plan_at(workspace, slug)
        ran = last_run(plan)
        run_mark = (ran.name, mark_of(ran.record_file)) if ran else None
        found = [_summary(slug, plan, part, people, stamp, run_mark) for part in parts(plan)]
        run = _run(slug, ran, run_mark) if ran else {}
    except (RauditError, OSError) as error:
        return Row(
            slug=slug,
            name=slug,
            fault=getattr(error, "where", "") or getattr(error, "message", "unreadable"),
        )
    due = sorted(day for item in found for day in item["days"])
    clock = run.get("clock", "")
    return Row(
        slug=slug,
        name=plan.file.system.name,
        owner=plan.file.system.owner,
        tier="; ".join(item["level"] for item in found if item["level"]),
        verdict=run.get("verdict", ""),
        worst=run.get("worst", ""),
        last=clock,
        age=(today - date.fromisoformat(clock[:10])).days if clock else None,
        open=sum(item["open"] for item in found),
        answered=sum(item["answered"] for item in found),
        asked=sum(item["asked"] for item in found),
        states=tuple((item["name"], item["title"], item["state"]) for item in found),
        conditions=sum(len(item["conditions"]) for item in found),
        due=due[0] if due else "",
        fault="; ".join(item["fault"] for item in found if item["fault"]),
        waiting=tuple(found),
    )


def _summary(
    slug: str, plan: Plan, part: Any, people: People, stamp: str, run_mark: Any
) -> dict[str, Any]:
    marks = [
        mark_of(path) for path in (part.path, history_path(part.path), statements_path(part.path))
    ]
    seen = f"{stamp}|{part.checklist.sha256[:12]}|{run_mark}|{marks}"

    def make() -> dict[str, Any]:
        try:
            return summed(part.name, held_part(plan, part, people))
        except RauditError as error:
            where = error.where.rsplit("/", 1)[-1]
            return {
                **_EMPTY,
                "name": part.name,
                "title": part.checklist.file.title,
                "fault": f"{where} {error.message}",
            }

    return _kept(f"{slug}/{part.name}", _digest(seen), make)


def _digest(text: str) -> str:
    from raudit.canonical import sha256

    return str(sha256(text.encode()))


_EMPTY: dict[str, Any] = {
    "state": "broken",
    "level": "",
    "open": 0,
    "answered": 0,
    "asked": 0,
    "conditions": [],
    "days": [],
    "returned": {},
    "unread": {},
    "unknown": [],
    "missing": [],
    "fault": "",
}


def summed(name: str, held: Held) -> dict[str, Any]:
    """What an assessment came to, in counts and days."""
    result, answers = held.result, held.answers.file.answers
    level = result.checklist.level_title(result.level) if result.answered else ""
    conditions = [
        {
            "what": c.condition.what,
            "owner": c.condition.owner,
            "due": str(c.condition.due or ""),
            "state": c.state,
        }
        for c in result.conditions
        if c.state != "met"
    ]
    unknown = [
        {"question": n, "owner": a.owner, "due": a.due.isoformat() if a.due else ""}
        for n, a in answers.items()
        if a.state == "unknown"
    ]
    review_by = held.answers.file.review_by
    return {
        "name": name,
        "title": held.checklist.file.title,
        "state": str(held.state),
        "level": level,
        "open": len(result.open),
        "answered": result.answered,
        "asked": len(result.visible),
        "conditions": conditions,
        "days": [x["due"] for x in [*conditions, *unknown] if x["due"]]
        + ([str(review_by)] if review_by else []),
        "review_by": str(review_by or ""),
        "returned": Counter(a.by for a in answers.values() if a.review.state == "to_correct"),
        "unread": Counter(a.by for a in answers.values() if a.review.state == "pending"),
        "unknown": unknown,
        "missing": list(result.missing_roles),
        "fault": "",
    }


_ORDER = ("critical", "high", "medium", "low", "info")


def _run(slug: str, ran: Any, run_mark: Any) -> dict[str, Any]:
    def make() -> dict[str, Any]:
        record = ran.record
        left = [str(f.severity) for f in record.findings if str(f.status) != "passed"]
        worst = min(left, key=lambda s: _ORDER.index(s) if s in _ORDER else 9, default="")
        verdict = str(record.verdict.status) if record.verdict else ""
        return {
            "clock": record.run.clock,
            "verdict": verdict,
            "worst": worst,
            "findings": len(left),
        }

    return _kept(f"{slug}/ run", _digest(f"{SHAPE}{run_mark}"), make)


def waiting_for(
    row: Row, person: str, people: People, roles: frozenset[str], signs: tuple[str, ...]
) -> list[dict[str, Any]]:
    """What of a system waits for a person: one line each, with the page it is done on."""
    found: list[dict[str, Any]] = []

    def own(name: str) -> bool:
        return people.id_of(name) == person

    for part in row.waiting:
        place = {"system": row.slug, "name": row.name, "part": part["name"], "title": part["title"]}
        returned = sum(count for by, count in part["returned"].items() if own(by))
        if returned:
            found.append({**place, "kind": "returned", "count": returned, "page": "assessment"})
        unread = sum(count for by, count in part["unread"].items() if not own(by))
        if (
            "reviewer" in roles
            and unread
            and part["state"] in ("submitted", "in review", "returned")
        ):
            found.append({**place, "kind": "review", "count": unread, "page": "review"})
        if part["state"] == "awaiting sign-off":
            found += [
                {**place, "kind": "sign", "role": role, "page": "sign"}
                for role in signs
                if role in part["missing"]
            ]
        found += [
            {**place, "kind": kind, "due": item["due"], "what": item[what], "page": target}
            for kind, what, target, items in (
                ("find-out", "question", "assessment", part["unknown"]),
                ("condition", "what", "assessment", part["conditions"]),
            )
            for item in items
            if item["owner"] and own(item["owner"])
        ]
    return found
