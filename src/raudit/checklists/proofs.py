"""Which decisions of an assessment are proven: its sign-offs, its accepted answers and its met conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from raudit.canonical import digest
from raudit.checklists.assess import Assessment, accepted
from raudit.checklists.signoff import answer_digests, conditions_of
from raudit.findings import JsonObject
from raudit.people import NOBODY, People
from raudit.statements import Kind, Outcome
from raudit.statements.check import matching


def proofs_of(
    result: Assessment, statements: Sequence[Outcome], people: People = NOBODY
) -> list[JsonObject]:
    """List what counts in an assessment because somebody decided it, and whether it is proven who did.

    Parameters
    ----------
    statements
        The signed statements beside the answers, checked.

    Returns
    -------
    list of dict
        For each sign-off and met condition that holds and each answer that counts as accepted: ``what``
        (``sign-off``, ``review``, ``condition``), ``of`` (role, question, or role and number), ``by``,
        ``proven``, and ``statement``, the digest of the statement that says so, or nothing.
    """
    return [
        *_signoffs(result),
        *_reviews(result, statements, people),
        *_conditions(result, statements, people),
    ]


def _signoffs(result: Assessment) -> Iterator[JsonObject]:
    for state in result.signoffs:
        if state.holds:
            yield _entry("sign-off", state.signoff.role, state.signoff.by, state.proof)


def _reviews(
    result: Assessment, statements: Sequence[Outcome], people: People
) -> Iterator[JsonObject]:
    digests = answer_digests(result.answers)
    for name in result.visible:
        if not accepted(result.answers, name, people):
            continue
        review = result.answers.file.answers[name].review
        said = matching(statements, Kind.REVIEW, question=name, state="accepted", note=review.note)
        about = ("answer", str(digests[name]))
        proof = _of(_here(result, said), people, review.by, review.at, about)
        yield _entry("review", name, review.by, proof)


def _conditions(
    result: Assessment, statements: Sequence[Outcome], people: People
) -> Iterator[JsonObject]:
    given = {s.signoff.role: conditions_of(s.signoff) for s in result.signoffs if s.holds}
    for state in result.conditions:
        met = state.condition.met
        if met is None:
            continue
        said = matching(statements, Kind.MET, role=state.role, condition=state.number, how=met.how)
        about = ("condition", str(digest(given[state.role][state.number - 1])))
        proof = _of(_here(result, said), people, met.by, met.at, about)
        yield _entry("condition", f"{state.role} {state.number}", met.by, proof)


def _here(result: Assessment, said: Sequence[Outcome]) -> list[Outcome]:
    """Statements about this system and this checklist.

    An answer's digest names neither: one statement is not two because two systems answered alike.
    """
    system, checklist = result.answers.file.subject.project, str(result.checklist.sha256)
    return [
        item
        for item in said
        if item.statement is not None
        and item.statement.system == system
        and item.statement.subjects.get("checklist") == checklist
    ]


def _of(
    said: Sequence[Outcome],
    people: People,
    by: str,
    at: datetime | None,
    about: tuple[str, str],
) -> Outcome | None:
    """The first statement, proven ones first, by this person, then, over exactly this."""
    subject, sha256 = about
    return next(
        (
            item
            for item in said
            if item.statement is not None
            and item.statement.person == people.id_of(by)
            and item.statement.at == at
            and item.statement.subjects.get(subject) == sha256
        ),
        None,
    )


def _entry(what: str, of: str, by: str, proof: Outcome | None) -> JsonObject:
    return {
        "what": what,
        "of": of,
        "by": by,
        "proven": proof is not None and proof.proven,
        "statement": str(proof.sha256) if proof is not None else "",
    }
