"""All systems on one page: what each file came to when it was last read, kept until the file changes.

Counts and days only. The index is thrown away at will; every page about one system reads the files themselves.
While a server runs, ``Indexer`` reads in the background what changed, so that no page waits for hundreds of files:
a page takes what is there, and says if something is still to be read.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from raudit.canonical import sha256
from raudit.checklists.history import history_path
from raudit.errors import RauditError
from raudit.people import People
from raudit.plan import Plan
from raudit.statements.storage import statements_path
from raudit.web.models import Summary
from raudit.web.reading import FinishedRun, Part, held_part, last_run, mark_of, parts, plan_at
from raudit.web.summing import EMPTY, summed, summed_run
from raudit.web.workspace import Workspace, now

SHAPE = "4"
"""Version of what is kept; a change throws all of it away."""
FRESH = 1.0
"""Seconds for which the folder is not looked at again; what this server saves shows at once."""
PATIENCE = 0.15
"""Seconds that a page spends on reading what changed, while the indexer reads the rest."""
EVERY = 20.0
"""Seconds between two looks of the indexer at the whole workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A system as the home page lists it."""

    slug: str
    name: str
    owner: str = ""
    tier: str = ""
    """Each assessment that came to a level, and which: ``Launch readiness: Blocked``."""
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
    states: tuple[tuple[str, str, str, str], ...] = ()
    """Name, title, state and level of each assessment; the level is empty until there is one."""
    conditions: int = 0
    due: str = ""
    """First day on which something comes due."""
    fault: str = ""
    waiting: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The systems as far as they are read."""

    rows: tuple[Row, ...]
    unread: int
    """Systems that the indexer has still to read, or to read again."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A row, and the files that it rests on as they were: what did not change is not put together again."""

    files: tuple[Path, ...]
    look: str
    row: Row


class Index:
    """The index of one process."""

    def __init__(self) -> None:
        self._summaries: dict[str, tuple[str, dict[str, Any]]] = {}
        self._unsaved: dict[str, tuple[str, dict[str, Any]]] = {}
        self._rows: dict[str, _Known] = {}
        self._listed: tuple[float, str, Listing] | None = None
        self._loaded = False
        self._writes = 0
        self._making = threading.Lock()
        self.background = False
        """Whether an indexer reads what a page leaves."""

    def forget(self) -> None:
        """Throw everything away."""
        with self._making:
            self._summaries.clear()
            self._unsaved.clear()
            self._rows.clear()
            self._listed = None
            self._loaded = False

    def stale(self) -> None:
        """Look at the folder again before the next page: this server wrote something."""
        self._writes += 1
        self._listed = None

    def listing(
        self, workspace: Workspace, people: People, today: date, *, patience: float | None = None
    ) -> Listing:
        """Every system, by name; one with a broken file says so and takes nothing else down.

        Parameters
        ----------
        patience
            Seconds after which what is not read yet is left out; None reads everything.
        """
        stamp = f"{SHAPE}|{today}|{mark_of(workspace.people_file)}|{workspace.folder}"
        listed = self._listed
        if listed is not None and listed[1] == stamp and time.monotonic() - listed[0] < FRESH:
            return listed[2]
        writes = self._writes
        self._load()
        until = None if patience is None else time.monotonic() + patience
        found, unread = [], 0
        for slug in workspace.slugs():
            row = self._row(workspace, slug, people, today, stamp, until)
            unread += row is None
            if row is not None:
                found.append(row)
        self._flush(least=1 if patience is None else 200)
        listing = Listing(rows=tuple(found), unread=unread)
        # What was saved while the folder was looked at may not be in it.
        if not unread and writes == self._writes:
            self._listed = (time.monotonic(), stamp, listing)
        return listing

    def _load(self) -> None:
        with self._making:
            if not self._loaded:
                for item in Summary.objects.all().iterator():
                    self._summaries[item.path] = (item.seen, item.held)
                self._loaded = True

    def _flush(self, *, least: int) -> None:
        """Write down what was read, many rows in one transaction."""
        if len(self._unsaved) < least:
            return
        with self._making:
            left, self._unsaved = self._unsaved, {}
        try:
            Summary.objects.bulk_create(
                [Summary(path=path, seen=seen, held=held) for path, (seen, held) in left.items()],
                update_conflicts=True,
                unique_fields=["path"],
                update_fields=["seen", "held"],
                batch_size=200,
            )
        except DatabaseError:
            # The page is right without it; the next look writes it down.
            with self._making:
                self._unsaved = left | self._unsaved

    def _row(
        self,
        workspace: Workspace,
        slug: str,
        people: People,
        today: date,
        stamp: str,
        until: float | None,
    ) -> Row | None:
        folder = workspace.folder / slug
        known = self._rows.get(slug)
        if known is not None and known.look == _look(known.files, folder, stamp):
            return known.row
        if until is not None and time.monotonic() > until:
            return None
        with self._making:
            row, files = self._made(workspace, slug, people, today)
            if not row.fault:
                self._rows[slug] = _Known(files, _look(files, folder, stamp), row)
        return row

    def _made(
        self, workspace: Workspace, slug: str, people: People, today: date
    ) -> tuple[Row, tuple[Path, ...]]:
        try:
            plan = plan_at(workspace, slug)
            ran = last_run(plan)
            mark = (ran.name, mark_of(ran.record_file)) if ran else None
            who = mark_of(workspace.people_file)
            summaries = [
                self._summary(slug, plan, part, people, today, f"{who}|{mark}")
                for part in parts(plan)
            ]
            run = self._run(slug, ran, mark) if ran else {}
        except (RauditError, OSError) as error:
            fault = getattr(error, "where", "") or getattr(error, "message", "unreadable")
            return Row(slug=slug, name=slug, fault=_short(fault, workspace)), ()
        files = [plan.folder / "raudit.yaml", plan.folder / "record.json"]
        for part in parts(plan):
            files += [part.path, history_path(part.path), statements_path(part.path), part.source]
        return _put_together(slug, plan, summaries, run, today), tuple(files)

    def _summary(
        self, slug: str, plan: Plan, part: Part, people: People, today: date, rests_on: str
    ) -> dict[str, Any]:
        marks = [
            mark_of(path)
            for path in (part.path, history_path(part.path), statements_path(part.path))
        ]
        seen = f"{SHAPE}|{rests_on}|{part.checklist.sha256[:12]}|{marks}"

        def make() -> dict[str, Any]:
            try:
                return summed(part.name, held_part(plan, part, people), today)
            except RauditError as error:
                fault = f"{error.where.rsplit('/', 1)[-1]} {error.message}"
                title = part.checklist.file.title
                return {**EMPTY, "name": part.name, "title": title, "fault": fault}

        return self._kept(f"{slug}/{part.name}", seen, make, today)

    def _run(self, slug: str, ran: FinishedRun, mark: object) -> dict[str, Any]:
        return self._kept(f"{slug}/ run", f"{SHAPE}{mark}", lambda: summed_run(ran.record), None)

    def _kept(
        self, path: str, text: str, make: Callable[[], dict[str, Any]], today: date | None
    ) -> dict[str, Any]:
        seen, known = str(sha256(text.encode())), self._summaries.get(path)
        if known is not None and known[0] == seen and _counts_on(known[1], today):
            return known[1]
        made = make()
        self._summaries[path] = self._unsaved[path] = (seen, made)
        return made


def _counts_on(summary: Mapping[str, Any], today: date | None) -> bool:
    """Whether a summary of the same files still says on a day what it said on the day it was made."""
    if today is None:
        return True
    day = today.isoformat()
    return str(summary["made"]) <= day and (not summary["until"] or day <= str(summary["until"]))


def _look(files: tuple[Path, ...], folder: Path, stamp: str) -> str:
    """All that a row rests on, as the file system sees it."""
    runs = os.path.join(folder, "runs")  # noqa: PTH118 -- 500 of them on one page
    try:
        newest = max(os.listdir(runs), default="")  # noqa: PTH208
    except OSError:
        newest = ""
    record = mark_of(Path(runs, newest, "record.json")) if newest else None
    return f"{stamp}|{newest}|{record}|{[mark_of(path) for path in files]}"


def _short(fault: str, workspace: Workspace) -> str:
    """A place without the path of this machine."""
    return fault.replace(f"{workspace.folder.resolve()}/", "").replace(f"{workspace.folder}/", "")


def _put_together(
    slug: str, plan: Plan, summaries: list[dict[str, Any]], run: dict[str, Any], today: date
) -> Row:
    due = sorted(day for item in summaries for day in item["days"])
    clock = run.get("clock", "")
    return Row(
        slug=slug,
        name=plan.file.system.name,
        owner=plan.file.system.owner,
        tier="; ".join(f"{item['title']}: {item['level']}" for item in summaries if item["level"]),
        verdict=run.get("verdict", ""),
        worst=run.get("worst", ""),
        last=clock,
        age=(today - date.fromisoformat(clock[:10])).days if clock else None,
        open=sum(item["open"] for item in summaries),
        answered=sum(item["answered"] for item in summaries),
        asked=sum(item["asked"] for item in summaries),
        states=tuple(
            (item["name"], item["title"], item["state"], item["level"]) for item in summaries
        ),
        # A condition that two roles set in the same words is one thing to do, as in the report.
        conditions=len(
            {
                (one["what"], one["owner"], one["due"])
                for item in summaries
                for one in item["conditions"]
            }
        ),
        due=due[0] if due else "",
        fault="; ".join(item["fault"] for item in summaries if item["fault"]),
        waiting=tuple(summaries),
    )


index = Index()
"""Of this process: one server has a workspace."""


class Indexer(threading.Thread):
    """Reads in the background what changed, from the start of a server on."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(name="raudit-indexer", daemon=True)
        self.workspace = workspace
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        import logging

        from django.db import close_old_connections

        index.background = True
        while not self.stopping.is_set():
            try:
                index.listing(self.workspace, self.workspace.people(), now().date())
            except (RauditError, OSError, DatabaseError) as error:
                # A broken people.yaml or a database that restarts is said by the page that needs it.
                logging.getLogger("django.request").error(
                    "the index could not be read: %s", type(error).__name__
                )
            close_old_connections()
            self.stopping.wait(EVERY)

    def stop(self) -> None:
        """End it."""
        index.background = False
        self.stopping.set()
