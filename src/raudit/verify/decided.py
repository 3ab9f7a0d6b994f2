"""The step about decisions: who signed what is inside, and whether it proves what the record says is proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from raudit.emit import enrolment_of
from raudit.errors import UsageError
from raudit.log import Log
from raudit.people import People, parse_people
from raudit.policy.proof import Decision, decisions_in, waivers_in
from raudit.record import Record
from raudit.sentences import joined, say, term
from raudit.signing import PdfCheck
from raudit.statements import Outcome, Standing, Statement, about_system, check_statements
from raudit.verify.against_log import LogView
from raudit.verify.pages import PEOPLE_NAME, STATEMENTS_NAME
from raudit.verify.steps import Step, StepStatus

TITLE = say("who signed off is proven by signed statements")
NAMED = 3
"""Decisions that a step spells out; the rest are counted."""


def statements_step(
    check: PdfCheck, record: Record | None, log: Log | None, view: LogView
) -> tuple[Step, ...]:
    """Step 11; none for a report without statements whose record says of nothing that it is proven."""
    claimed = _claimed(record) if record is not None else []
    files = {name: check.file(name) for name in (STATEMENTS_NAME, PEOPLE_NAME)}
    lacking = [name for name, file in files.items() if file is None]
    if len(lacking) == len(files) and not claimed:
        return ()
    statements, people = files[STATEMENTS_NAME], files[PEOPLE_NAME]
    if statements is None or people is None:
        return (
            _step(
                StepStatus.FAILED, say("{lacking} not attached", lacking=joined(" and ", lacking))
            ),
        )
    try:
        held = parse_people(people.data.decode("utf-8"), source=PEOPLE_NAME)
    except (UsageError, UnicodeDecodeError) as error:
        why = term(error.message) if isinstance(error, UsageError) else say("not UTF-8")
        return (_step(StepStatus.FAILED, say("the people inside cannot be read: {why}", why=why)),)
    lines = [line for line in statements.data.split(b"\n") if line.strip()]
    return (_judged(lines, held, claimed, record, log, view),)


def _claimed(record: Record) -> list[Decision]:
    """What a record says is proven: decisions on its assessments, and approvals of its waivers."""
    return [*(item for item in decisions_in(record) or () if item.proven), *waivers_in(record)]


def _judged(
    lines: Sequence[bytes],
    people: People,
    claimed: Sequence[Decision],
    record: Record | None,
    log: Log | None,
    view: LogView,
) -> Step:
    audited = str(record.system.get("name", "")) if record is not None else ""
    # What the file says of itself, whatever the log has heard since.
    inside = about_system(check_statements(lines, people), audited)
    attested = view.attested if view.pinned else None
    known = enrolment_of(log, vouched=attested.signed_size) if log and attested else None
    outcomes = about_system(check_statements(lines, people, enrolment=known), audited)
    wrong = [item.said for item in outcomes if item.standing is Standing.FALSE]
    wrong += _unproven(claimed, inside, people)
    if wrong:
        return _step(StepStatus.FAILED, joined("; ", wrong))
    if not outcomes:
        return _step(StepStatus.NOT_CHECKED, say("no statement is inside, so nobody is proven"))
    strange = _called_otherwise(claimed, inside, people)
    proven = known is not None and all(item.proven for item in outcomes) and not strange
    said = joined("; ", [*(item.said for item in outcomes), *strange])
    return _step(StepStatus.OK if proven else StepStatus.NOT_CHECKED, said)


def _called_otherwise(
    claimed: Iterable[Decision], outcomes: Sequence[Outcome], people: People
) -> list[str]:
    """Whom the record names by a name that the people inside do not tell of whoever signed."""
    signed = {str(item.sha256): item.statement for item in outcomes if item.statement is not None}
    named = {
        (item.by, statement.person)
        for item in claimed
        if people.find(item.by) is None and (statement := signed.get(item.statement)) is not None
    }
    return [
        say("the record calls the signer {by}, and {person} signed", by=by, person=person)
        for by, person in sorted(named)
    ]


def _unproven(
    claimed: Iterable[Decision], outcomes: Sequence[Outcome], people: People
) -> list[str]:
    """What the record says is proven, and no statement inside proves."""
    proven = {item.sha256: item.statement for item in outcomes if item.proven}
    lost = [
        say("{what} {of} by {by}", what=term(item.what), of=item.of, by=item.by)
        for item in claimed
        if not any(
            name == item.statement and said is not None and _says(said, item, people)
            for name, said in proven.items()
        )
    ]
    if not lost:
        return []
    more = say(" and {count} more", count=len(lost) - NAMED) if len(lost) > NAMED else ""
    return [
        say(
            "the record says that this is proven, and no statement inside proves it: {lost}{more}",
            lost=joined(", ", lost[:NAMED]),
            more=more,
        )
    ]


def _says(said: Statement, decision: Decision, people: People) -> bool:
    """Whether a statement decides what a record says, in the name of whoever signed it and as they may.

    By a name that the people inside do not know, such as an address, nobody can say who is meant.
    """
    if _of(said) != (decision.what, decision.of):
        return False
    if people.find(decision.by) is not None and people.id_of(decision.by) != said.person:
        return False
    return decision.what != "sign-off" or people.may(said.person, decision.of, said.system)


def _of(said: Statement) -> tuple[str, str]:
    """What a statement decides, as a record names it."""
    match str(said.kind), said.decided:
        case "sign-off", {"role": role}:
            return "sign-off", str(role)
        case "review", {"question": question}:
            return "review", str(question)
        case "met", {"role": role, "condition": number}:
            return "condition", f"{role} {number}"
        case "approval", {"waiver": name}:
            return "waiver", str(name)
        case kind, _:
            return kind, ""


def _step(status: StepStatus, detail: str) -> Step:
    return Step(number=11, title=TITLE, status=status, detail=detail, needed=False)
