"""Which decisions must be proven, not only stated: those that a policy names, and what other people say of a record.

A record lists the decisions that it rests on and which of them were proven when it was made. Held
against another people.yaml, each is asked again: the same statement, under the keys and roles of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from raudit.people import People
from raudit.policy.model import Policy, Proven
from raudit.record import Record
from raudit.statements import Kind, Outcome

FACT = "assessments.decisions"
"""The fact in which a record lists its decisions."""
NAMED = 3
"""Decisions that a reason spells out; the rest are counted."""

_WORDS = {Proven.REVIEWS: ("review", "accepted"), Proven.CONDITIONS: ("condition", "met")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that a record rests on."""

    assessment: str
    what: str
    """``sign-off``, ``review``, ``condition`` or ``waiver``."""
    of: str
    """The role, the question, the role and the number of the condition, or the id of the waiver."""
    by: str
    proven: bool
    statement: str = ""
    """Digest of the statement that says so; empty if there is none."""
    lost: str = ""
    """Why it is not proven under the people given, though it was when the record was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A waiver that was taken back, as the log has it."""

    waiver: str
    statement: str = ""
    """Digest of the statement that says so; empty if there is none."""
    system: str = ""
    """The system whose waiver it was; empty where the entry, of an earlier version, does not say."""


def decisions_in(record: Record) -> tuple[Decision, ...] | None:
    """Decisions that a record lists; None if none of its stages says which there were."""
    told = [stage.facts[FACT] for stage in record.stages if FACT in stage.facts]
    if not told:
        return None
    return tuple(
        Decision(
            assessment=name,
            what=str(entry["what"]),
            of=str(entry["of"]),
            by=str(entry["by"]),
            proven=entry["proven"] is True,
            statement=str(entry["statement"]),
        )
        for listed in told
        for name, entries in listed.items()
        for entry in entries
    )


def waivers_in(record: Record) -> tuple[Decision, ...]:
    """Waivers that let a finding stand in a record and whose approval it calls proven."""
    uses = record.verdict.waivers if record.verdict is not None else ()
    return tuple(
        Decision(
            assessment="",
            what="waiver",
            of=use.id,
            by=use.approver,
            proven=True,
            statement=use.statement,
        )
        for use in uses
        if use.statement and use.state in {"applied", "expires_soon"}
    )


def answers_of(record: Record) -> tuple[str, ...]:
    """Answers files that the record's plan names, as written."""
    sections = record.plan.get("assessments") or ()
    return tuple(str(s["answers"]) for s in sections if s.get("answers"))


def judged_again(
    decisions: Iterable[Decision], people: People, statements: Iterable[Outcome]
) -> tuple[Decision, ...]:
    """Ask of each decision whether it is proven under other people.

    Parameters
    ----------
    people
        Who people are now.
    statements
        The statements beside the answers, checked against these people.
    """
    by_digest = {str(item.sha256): item for item in statements if item.sha256}
    return tuple(_again(item, people, by_digest.get(item.statement)) for item in decisions)


def _again(decision: Decision, people: People, statement: Outcome | None) -> Decision:
    fault = _fault(decision, people, statement)
    lost = fault if decision.proven else ""
    return replace(decision, proven=not fault, lost=lost)


def _fault(decision: Decision, people: People, outcome: Outcome | None) -> str:
    if outcome is None or outcome.statement is None:
        return "its statement is not beside the answers any more"
    if not outcome.proven:
        return outcome.detail
    said = outcome.statement
    if said.person != people.id_of(decision.by):
        return f"{decision.by} is another person than the one who signed"
    if decision.what == "sign-off" and not people.may(said.person, decision.of, said.system):
        return f"{said.person} may not sign as {decision.of} for {said.system}"
    if decision.what == "review" and not people.may_review(said.person, said.system):
        return f"{said.person} may not review for {said.system}"
    return ""


def unproven(
    policy: Policy,
    *,
    decisions: Sequence[Decision] | None,
    revoked: Sequence[Revocation] | None,
    statements: Sequence[Outcome],
) -> dict[str, str]:
    """What must be proven and is not, by what it is, as sentences.

    Parameters
    ----------
    decisions
        From ``decisions_in`` or ``judged_again``; None if the record does not list them.
    revoked
        Waivers that were taken back, as the log tells; None if no log was asked.
    statements
        The statements beside the waivers, checked.
    """
    found: dict[str, str] = {}
    for item in decisions or ():
        if item.lost:
            name = f"{item.what} {item.assessment} {item.of}"
            found[name] = (
                f"The {item.what} of {item.assessment} by {item.by} ({item.of}) is not proven under "
                f"the people given: {item.lost}"
            )
    for demand in policy.required_proof:
        if demand is Proven.REVOCATIONS:
            found |= _revocations(revoked, statements)
        else:
            found |= _demanded(demand, decisions)
    return found


def _demanded(demand: Proven, decisions: Sequence[Decision] | None) -> Mapping[str, str]:
    what, verb = _WORDS[demand]
    if decisions is None:
        reason = (
            f"The policy asks for proven {demand}, and the record does not say which there were"
        )
        return {f"proven {demand}": reason}
    found = {}
    for name in dict.fromkeys(item.assessment for item in decisions):
        about = [item for item in decisions if (item.assessment, item.what) == (name, what)]
        stated = [f"{item.of} {verb} by {item.by}" for item in about if not item.proven]
        if stated:
            more = f" and {len(stated) - NAMED} more" if len(stated) > NAMED else ""
            found[f"proven {demand} {name}"] = (
                f"{len(stated)} of {len(about)} {demand} of {name} are stated, not proven, and the policy "
                f"asks for proof: {', '.join(stated[:NAMED])}{more}"
            )
    return found


def _revocations(
    revoked: Sequence[Revocation] | None, statements: Sequence[Outcome]
) -> Mapping[str, str]:
    if revoked is None:
        reason = "The policy asks for proven revocations, and no log is open that tells of them"
        return {"proven revocations": reason}
    proven = {
        (str(item.sha256), item.statement.decided.get("waiver"))
        for item in statements
        if item.proven and item.statement is not None and item.statement.kind is Kind.REVOCATION
    }
    stated = [item for item in revoked if (item.statement, item.waiver) not in proven]
    if not stated:
        return {}
    named = ", ".join(item.waiver for item in stated[:NAMED])
    more = f" and {len(stated) - NAMED} more" if len(stated) > NAMED else ""
    return {
        "proven revocations": f"{len(stated)} of {len(revoked)} revocations of waivers are stated, not "
        f"proven, and the policy asks for proof: {named}{more}"
    }
