"""What a reviewer hunts for in a log: omitted, repeated, waived and orphaned things. Reads entries, judges nobody.

Everything listed is a reason to ask, not a verdict: a run may be unfinished because it is still going on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from raudit.log.events import Entry, EventType

_ENDS = {EventType.RUN_FINISHED, EventType.RUN_FAILED, EventType.RUN_ABORTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Something a reviewer should ask about."""

    kind: str
    """Such as ``run-never-finished``; see `KINDS`."""
    entries: tuple[int, ...]
    """Indices of the entries that show it, in order."""
    run: str
    """The run, if it is about one."""
    text: str
    """What was found, in one sentence."""


KINDS = {
    "run-never-finished": "Runs that started and neither finished, failed nor were aborted",
    "rerun-until-green": "Runs of the same data and model that were repeated until one passed",
    "run-without-start": "Events of runs that never started, or ended twice",
    "waiver-renewed": "Waivers granted again for the same rule and scope",
    "waiver-unanswered": "Waivers past their day that were neither renewed, revoked nor noticed",
    "report-without-run": "Reports without a finished run, or of another record than the run's",
    "report-not-issued": "Counter-signatures, withdrawals or replacements of files that were never issued",
    "signoff-voided": "Sign-offs that do not hold: the answers changed afterwards, or they were voided",
    "policy-relaxed": "Policies changed between a run that did not pass and the next one",
    "key-or-store": "Keys rotated and stores recovered",
    "clock-backwards": "Entries dated before the entry in front of them",
    "event-doubled": "Events logged twice under one id",
}
"""Every kind of lead, with its heading, in the order in which they are printed."""


RECORDED_BY: Mapping[str, frozenset[EventType]] = {
    "waiver-renewed": frozenset({EventType.WAIVER_GRANTED}),
    "waiver-unanswered": frozenset({EventType.WAIVER_GRANTED}),
    "report-without-run": frozenset({EventType.REPORT_RENDERED, EventType.REPORT_ISSUED}),
    "report-not-issued": frozenset({EventType.REPORT_ISSUED}),
    "rerun-until-green": frozenset({EventType.RUN_STARTED}),
    "run-never-finished": frozenset({EventType.RUN_STARTED}),
    "signoff-voided": frozenset({EventType.SIGNOFF_GIVEN}),
    "policy-relaxed": frozenset({EventType.POLICY_CHANGED}),
}
"""Events without any of which a log cannot show a kind of lead: nothing was found, since nothing was recorded."""


def not_recorded(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Kinds of leads that this log cannot show, since it holds no event of the types that they are about."""
    held = {entry.type for entry in entries}
    return tuple(kind for kind in KINDS if kind in RECORDED_BY and not RECORDED_BY[kind] & held)


def hunt(entries: Iterable[Entry], *, today: str) -> tuple[Lead, ...]:
    """Find what a reviewer should ask about.

    Parameters
    ----------
    entries
        All entries of a log, in order.
    today
        ISO 8601 day, to tell which waivers are past their day.
    """
    whole = tuple(entries)
    found = [
        *_runs(whole),
        *_reruns(whole),
        *_waivers(whole, today),
        *_reports(whole),
        *_signoffs(whole),
        *_policy(whole),
        *_oddities(whole),
    ]
    order = list(KINDS)
    return tuple(sorted(found, key=lambda lead: (order.index(lead.kind), lead.entries)))


def _runs(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    started: dict[str, Entry] = {}
    ended: dict[str, Entry] = {}
    for entry in entries:
        if entry.type == EventType.RUN_STARTED:
            if entry.run in started:
                yield _lead(
                    "run-without-start", [started[entry.run], entry], "the run started twice"
                )
            started[entry.run] = entry
        elif entry.type.startswith(("run.", "stage.")):
            if entry.run not in started:
                yield _lead(
                    "run-without-start", [entry], f"{entry.type} of a run that never started"
                )
            if entry.type in _ENDS:
                if entry.run in ended:
                    yield _lead(
                        "run-without-start", [ended[entry.run], entry], "the run ended twice"
                    )
                ended[entry.run] = entry
    for run, entry in started.items():
        if run not in ended:
            yield _lead("run-never-finished", [entry], f"started {entry.time}, never finished")


def _reruns(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    """Group runs by what was audited; a pass after something else on the same data and model is worth a question."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    ends = {entry.run: entry for entry in entries if entry.type in _ENDS}
    for entry in entries:
        if entry.type == EventType.RUN_STARTED:
            groups[
                repr((entry.body.get("data"), entry.body.get("model"), entry.body.get("system")))
            ].append(entry)
    for runs in groups.values():
        pending: list[Entry] = []
        for start in runs:
            if not _passed(ends.get(start.run)):
                pending.append(start)
            elif pending:
                changed = _changed(pending[-1], start)
                count = f"{len(pending)} earlier run{'s' if len(pending) > 1 else ''} did not pass"
                text = f"passed after {count} on the same data and model; changed since: {changed}"
                yield _lead("rerun-until-green", [*pending, start], text)
                pending = []


def _passed(end: Entry | None) -> bool:
    return (
        end is not None and end.type == EventType.RUN_FINISHED and end.body.get("exit_status") == 0
    )


def _changed(old: Entry, new: Entry) -> str:
    names = [
        name
        for name in ("plan", "policy", "answers", "seed", "code", "environment")
        if old.body.get(name) != new.body.get(name)
    ]
    return ", ".join(names) or "nothing"


def _waivers(entries: tuple[Entry, ...], today: str) -> Iterator[Lead]:
    """Waivers of each system by rule and scope; where no system was told, what is told may be about any."""
    granted: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    closed = {
        (entry.body.get("system"), entry.body.get("waiver"))
        for entry in entries
        if entry.type in {EventType.WAIVER_REVOKED, EventType.WAIVER_EXPIRED}
    }
    for entry in entries:
        if entry.type == EventType.WAIVER_GRANTED:
            granted[tuple(entry.body.get(name) for name in ("system", "rule", "scope"))].append(
                entry
            )
    for (system, rule, scope), grants in granted.items():
        about = f"{rule} for {scope}" + (f" of {system}" if system else "")
        if len(grants) > 1:
            days = ", ".join(str(grant.body.get("expires")) for grant in grants)
            text = f"{about}: granted {len(grants)} times, until {days}"
            yield _lead("waiver-renewed", grants, text)
        last = grants[-1]
        own = last.body.get("waiver")
        answered = (system, own) in closed or (None, own) in closed
        if str(last.body.get("expires")) < today and not answered:
            text = (
                f"{about}: past its day {last.body.get('expires')}, and no entry says what followed"
            )
            yield _lead("waiver-unanswered", [last], text)


def _reports(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    records: dict[str, set[object]] = defaultdict(set)
    files: set[object] = set()
    for entry in entries:
        body = entry.body
        if entry.type == EventType.RUN_FINISHED:
            records[entry.run].add(body.get("record"))
        elif entry.type in {EventType.REPORT_RENDERED, EventType.REPORT_ISSUED}:
            if entry.run not in records:
                yield _lead(
                    "report-without-run", [entry], f"{entry.type} for a run that had not finished"
                )
            elif body.get("record") not in records[entry.run]:
                yield _lead(
                    "report-without-run", [entry], f"{entry.type} of another record than its run's"
                )
        if entry.type == EventType.REPORT_COUNTERSIGNED and body.get("previous") not in files:
            yield _lead(
                "report-not-issued", [entry], "a counter-signature on a file that was never issued"
            )
        if (
            entry.type in {EventType.REPORT_WITHDRAWN, EventType.REPORT_SUPERSEDED}
            and body.get("pdf") not in files
        ):
            yield _lead(
                "report-not-issued", [entry], f"{entry.type} of a file that was never issued"
            )
        if entry.type in {EventType.REPORT_ISSUED, EventType.REPORT_COUNTERSIGNED}:
            files.add(body.get("pdf"))


def _signoffs(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    """Sign-offs of a form that was changed afterwards; the forms of two systems are told apart by their digests."""
    standing: list[Entry] = []
    forms: dict[object, int] = {}
    for entry in entries:
        body = entry.body
        if entry.type == EventType.SIGNOFF_GIVEN:
            standing.append(entry)
            forms.setdefault(body.get("answers"), len(forms))
        elif entry.type == EventType.SIGNOFF_VOIDED:
            for given in [s for s in standing if s.index == body.get("signoff")]:
                standing.remove(given)
                text = f"{body.get('checklist')}: voided, {body.get('reason')}"
                yield _lead("signoff-voided", [given, entry], text)
        elif entry.type == EventType.ANSWERS_CHANGED:
            for given in [s for s in standing if _is_overtaken(s, entry, forms)]:
                standing.remove(given)
                text = f"{body.get('checklist')}: answers changed after the sign-off"
                yield _lead("signoff-voided", [given, entry], text)
            forms[body.get("new")] = forms.setdefault(
                body.get("old") or f"entry {entry.index}", len(forms)
            )


def _is_overtaken(given: Entry, change: Entry, forms: Mapping[object, int]) -> bool:
    """Whether a change is one of what was signed off, or may be, since nobody knows what it was a change of."""
    signed, old, new = given.body.get("answers"), change.body.get("old"), change.body.get("new")
    if given.body.get("checklist") != change.body.get("checklist") or signed == new or old is None:
        return False
    return old not in forms or forms[old] == forms[signed]


def _policy(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    """Policies that changed between a run that did not pass and one that did, of the same system."""
    systems: dict[str, object] = {}
    failed: dict[object, Entry] = {}
    changes: dict[object, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.type == EventType.RUN_STARTED:
            systems[entry.run] = entry.body.get("system")
        elif entry.type == EventType.POLICY_CHANGED:
            judged = entry.body.get("system")
            for system in failed if judged is None else {judged, None} & failed.keys():
                changes[system].append(entry)
        elif entry.type == EventType.RUN_FINISHED:
            system = systems.get(entry.run)
            before, between = failed.pop(system, None), changes.pop(system, [])
            if not _passed(entry):
                failed[system] = entry
            elif before is not None and between:
                text = "the policy was changed between a run that did not pass and one that did"
                yield _lead("policy-relaxed", [before, *between, entry], text)


def _oddities(entries: tuple[Entry, ...]) -> Iterator[Lead]:
    ids: dict[str, Entry] = {}
    before: Entry | None = None
    for entry in entries:
        if entry.type == EventType.KEY_ROTATED:
            yield _lead("key-or-store", [entry], "the log's key was rotated")
        if entry.type == EventType.RECOVERY_PERFORMED:
            text = f"the store was recovered from {entry.body.get('source')} at size {entry.body.get('size')}"
            yield _lead("key-or-store", [entry], text)
        if before is not None and entry.time < before.time:
            yield _lead("clock-backwards", [before, entry], f"{entry.time} follows {before.time}")
        if entry.id in ids:
            yield _lead(
                "event-doubled", [ids[entry.id], entry], f"{entry.type} under the id {entry.id}"
            )
        ids.setdefault(entry.id, entry)
        before = entry


def _lead(kind: str, entries: list[Entry], text: str) -> Lead:
    return Lead(
        kind=kind, entries=tuple(entry.index for entry in entries), run=entries[-1].run, text=text
    )
