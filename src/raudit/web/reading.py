"""What the files of a system say now: assessments, runs, records. Reads are kept for as long as a file stays."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from raudit.checklists import Answers, Assessment, Checklist, assess, load_answers, load_checklist
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import checklist_path
from raudit.checklists.history import read_lines
from raudit.checklists.sources import Sources, measured
from raudit.checklists.states import State, state_of
from raudit.emit import Books, enrolment_of
from raudit.errors import AnswersError, PlanError
from raudit.people import People
from raudit.plan import Plan
from raudit.record import Record, parse_record
from raudit.report.judged import as_judged
from raudit.report.translate import in_language
from raudit.statements import Outcome, check_statements, read_statements
from raudit.web.words import reader_language
from raudit.web.workspace import Workspace, now

T = TypeVar("T")


def mark_of(path: Path) -> tuple[int, int, int]:
    """Size, time and inode of a file; zeros if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- thousands of them on one page
    except OSError:
        return (0, 0, 0)
    return (found.st_size, found.st_mtime_ns, found.st_ino)


class ReadCache:
    """Values by what they were read from; the oldest go first."""

    def __init__(self, most: int) -> None:
        self.most, self.values, self.lock = most, dict[Hashable, Any](), Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made if it is not there."""
        with self.lock:
            if key in self.values:
                found: T = self.values[key]
                return found
        made = make()
        with self.lock:
            self.values[key] = made
            while len(self.values) > self.most:
                self.values.pop(next(iter(self.values)))
        return made


_CHECKLISTS, _RECORDS, _PLANS = ReadCache(64), ReadCache(24), ReadCache(2000)


def checklist_at(path: Path) -> Checklist:
    """A checklist, read once for as long as its file stays."""
    return _CHECKLISTS.get((str(path), mark_of(path)), lambda: load_checklist(path))


def record_at(path: Path) -> Record:
    """A record, read once for as long as its file stays."""
    return _RECORDS.get((str(path), mark_of(path)), lambda: parse_record(path.read_bytes()))


def plan_at(workspace: Workspace, slug: str) -> Plan:
    """A plan, read once for as long as its file stays."""
    path = workspace.folder / slug / "raudit.yaml"
    return _PLANS.get((str(path), mark_of(path)), lambda: workspace.plan(slug))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An assessment that a plan names."""

    name: str
    """In addresses: the answers file without its ending."""
    checklist: Checklist
    source: Path
    """File of the checklist."""
    path: Path
    """The answers file; perhaps not there yet."""


@functools.cache
def _shipped(name: str) -> Path | None:
    """A checklist that comes with raudit or a package; what is installed does not change under a server."""
    return checklist_path(name)


def parts(plan: Plan) -> tuple[Part, ...]:
    """Assessments that a plan names answers for."""
    found: dict[str, Part] = {}
    for number, section in enumerate(plan.file.assessments):
        source = _shipped(section.checklist) or plan.path(section.checklist)
        if not source.is_file():
            raise PlanError(
                f"there is no checklist '{section.checklist}'",
                reference="no-checklist",
                where=plan.yaml.where(("assessments", number, "checklist")),
            )
        path = plan.path(section.answers or f"answers/{Path(section.checklist).stem}.yaml")
        name = path.stem if path.stem not in found else f"{path.stem}-{number}"
        found[name] = Part(name=name, checklist=checklist_at(source), source=source, path=path)
    return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentFiles:
    """An assessment as its files say it is now."""

    part: Part
    answers: Answers
    result: Assessment
    state: State
    lines: tuple[Mapping[str, Any], ...]

    @property
    def checklist(self) -> Checklist:
        """Its questions."""
        return self.part.checklist


def held(plan: Plan, name: str, people: People, books: Books | None = None) -> AssessmentFiles:
    """Read an assessment.

    Raises
    ------
    AnswersError
        If there is none of that name, or its file is broken.
    """
    part = next((part for part in parts(plan) if part.name == name), None)
    if part is None:
        raise AnswersError(
            "there is no such assessment", reference="assessment-unknown", got=name[:100]
        )
    return held_part(plan, part, people, books)


def held_part(
    plan: Plan, part: Part, people: People, books: Books | None = None
) -> AssessmentFiles:
    """Read an assessment that the plan names."""
    there = part.path.is_file()
    answers = load_answers(part.path, part.checklist) if there else empty_answers(part.checklist)
    facts, sources = facts_of(plan)
    result = assess(
        part.checklist,
        answers,
        facts=facts,
        sources=sources,
        today=now().date(),
        people=people,
        statements=outcomes(part.path, people, books) if there else (),
    )
    lines = read_lines(part.path) if there else ()
    return AssessmentFiles(
        part=part, answers=answers, result=result, state=state_of(result, lines), lines=lines
    )


def outcomes(path: Path, people: People, books: Books | None) -> tuple[Outcome, ...]:
    """The statements beside a file, checked."""
    log = books.log if books else None
    return check_statements(
        read_statements(path), people, enrolment=enrolment_of(log) if log else None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A finished run of a system."""

    name: str
    """Name of its folder under ``runs``; ``-`` for one in the system's own folder."""
    folder: Path

    @property
    def record_file(self) -> Path:
        """Its record."""
        return self.folder / "record.json"

    @property
    def record(self) -> Record:
        """Its record, read."""
        return record_at(self.record_file)

    @property
    def told(self) -> Record:
        """Its record as the policy judged it, in the language of whoever reads; for reading, never for a digest."""
        said = reader_language()
        key = ("told", str(self.record_file), mark_of(self.record_file), said.code)
        return _RECORDS.get(key, lambda: as_judged(in_language(self.record, said)[0], said))


def runs_of(plan: Plan) -> tuple[FinishedRun, ...]:
    """Finished runs, newest first."""
    found = list(_runs(plan))
    return tuple(sorted(found, key=_clock, reverse=True))


def _clock(ran: FinishedRun) -> tuple[str, str]:
    return ("" if ran.name != "-" else record_at(ran.record_file).run.clock, ran.name)


def _runs(plan: Plan) -> Iterator[FinishedRun]:
    folder = plan.folder / "runs"
    if folder.is_dir():
        for place in folder.iterdir():
            if not place.name.startswith(".") and (place / "record.json").is_file():
                yield FinishedRun(name=place.name, folder=place)
    if (plan.folder / "record.json").is_file():
        yield FinishedRun(name="-", folder=plan.folder)


def last_run(plan: Plan) -> FinishedRun | None:
    """The newest finished run; folders are named by their time."""
    found = runs_of(plan)
    return found[0] if found else None


def facts_of(plan: Plan) -> tuple[dict[str, Any], Sources]:
    """What the last run measured, for answers to be held against."""
    ran = last_run(plan)
    if ran is None:
        return {}, Sources()
    return _RECORDS.get(
        ("facts", str(ran.record_file), mark_of(ran.record_file)), lambda: _measured(ran)
    )


def _measured(ran: FinishedRun) -> tuple[dict[str, Any], Sources]:
    found = measured(ran.record)
    return dict(found[0]), found[1]
