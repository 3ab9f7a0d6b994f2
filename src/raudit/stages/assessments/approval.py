"""Whether an assessment has an approval that holds: the first thing in the way of it, or who gave it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from raudit.checklists.conditions import ConditionState
from raudit.findings import Finding, JsonObject, Status
from raudit.sentences import joined, role_words, say, term
from raudit.stages.assessments.judged import Judged
from raudit.stages.assessments.rules import SIGNED


def approval(judged: Judged) -> Finding:
    """The first thing in the way of the sign-off, worst first; signed off if there is none."""
    for obstacle in _OBSTACLES:
        finding = obstacle(judged)
        if finding is not None:
            return finding
    return _agreed(judged)


def _rejected(judged: Judged) -> Finding | None:
    against = [
        state.signoff
        for state in judged.result.signoffs
        if state.holds and state.signoff.decision in {"reject", "refer"}
    ]
    if not against:
        return None
    role = against[0].role
    return judged.finding(
        SIGNED,
        Status.FAILED,
        say(
            "{title}: the {role} decided to {decision}.",
            title=judged.title,
            role=role_words(role),
            decision=term(against[0].decision),
        ),
        requirements=_bearing({role}),
        remedy=say(
            "Settle what the {role} objects to, or do not go ahead; only the {role} can decide anew.",
            role=role_words(role),
        ),
    )


def _void(judged: Judged) -> Finding | None:
    void = [state for state in judged.result.signoffs if not state.holds]
    if not void:
        return None
    statement = say(
        "{title}: the sign-off of the {role} does not hold; {because}.",
        title=judged.title,
        role=role_words(void[0].signoff.role),
        because=term(void[0].because),
    )
    data: JsonObject = {"changed": list(void[0].changed)}
    return judged.finding(SIGNED, Status.FAILED, statement, data=data)


def _elsewhere(judged: Judged) -> Finding | None:
    if not judged.elsewhere:
        return None
    statement = say(
        "{title}: what was signed is about “{other}”, and this audit is about “{system}”.",
        title=judged.title,
        other=judged.elsewhere,
        system=judged.system,
    )
    return judged.finding(SIGNED, Status.FAILED, statement)


def _unnamed(judged: Judged) -> Finding | None:
    if not judged.system or judged.result.answers.file.subject.project.strip():
        return None
    if not judged.result.signoffs:
        return None
    statement = say(
        "{title}: what was signed names no system, and this audit is about “{system}”.",
        title=judged.title,
        system=judged.system,
    )
    reason = say("nobody can say which system was signed for")
    return judged.finding(SIGNED, Status.INDETERMINATE, statement, reason=reason)


def _expired(judged: Judged) -> Finding | None:
    if not judged.result.expired:
        return None
    statement = say(
        "{title}: it does not hold any more; {expired}.",
        title=judged.title,
        expired=judged.result.expired,
    )
    return judged.finding(SIGNED, Status.FAILED, statement)


def _overdue(judged: Judged) -> Finding | None:
    overdue = judged.result.overdue
    if not overdue:
        return None
    said = say(
        "{title}: approved with conditions, and {count} of them should be met by now.",
        title=judged.title,
        count=len(overdue),
    )
    statement = say("{said} {listed}", said=said, listed=joined(" ", overdue))
    return judged.finding(SIGNED, Status.FAILED, statement, data=_conditions(judged))


def _role_missing(judged: Judged) -> Finding | None:
    if not judged.result.missing_roles:
        return None
    roles = joined(", ", map(role_words, judged.result.missing_roles))
    return judged.finding(
        SIGNED,
        Status.INDETERMINATE,
        say("{title}: not signed off by {roles}.", title=judged.title, roles=roles),
        reason=say("nobody has decided as {roles}", roles=roles),
    )


def _condition_unowned(judged: Judged) -> Finding | None:
    if not judged.result.unowned:
        return None
    first = judged.result.unowned[0]
    statement = say(
        "{title}: approved with conditions of which nobody can say whether they are met in time.",
        title=judged.title,
    )
    reason = say(
        "a condition of the {role} has {part}",
        role=role_words(first.role),
        part=(first.said if not first.condition.what else first.standing),
    )
    return judged.finding(
        SIGNED, Status.INDETERMINATE, statement, reason=reason, data=_conditions(judged)
    )


def _unproven(judged: Judged) -> Finding | None:
    unproven = [state for state in judged.result.signoffs if state.holds and not state.proven]
    if not unproven or judged.identity != "proven":
        return None
    people = [
        say("{by} as {role}", by=state.signoff.by, role=role_words(state.signoff.role))
        for state in unproven
    ]
    statement = say(
        "{title}: the sign-off by {names} is stated, not proven.",
        title=judged.title,
        names=joined(", ", people),
    )
    return judged.finding(SIGNED, Status.INDETERMINATE, statement, reason=unproven[0].identity)


_OBSTACLES: tuple[Callable[[Judged], Finding | None], ...] = (
    _rejected,
    _void,
    _elsewhere,
    _expired,
    _overdue,
    _unnamed,
    _role_missing,
    _condition_unowned,
    _unproven,
)


def _agreed(judged: Judged) -> Finding:
    result = judged.result
    decisions = [
        say(
            "{role} ({value}{part})",
            role=role_words(state.signoff.role),
            value=term(state.signoff.decision.replace("_", " ")),
            part=("" if state.proven else say("; stated, not proven")),
        )
        for state in result.signoffs
    ]
    if decisions:
        signed = joined(", ", decisions)
        statement = say("{title}: signed off by {signed}.", title=judged.title, signed=signed)
    else:
        statement = say("{title}: no sign-off is asked for.", title=judged.title)
    return judged.finding(
        SIGNED,
        Status.PASSED,
        statement + _conditions_met(result.conditions),
        data=_conditions(judged) if result.conditions else {},
        requirements=_bearing({state.signoff.role for state in result.signoffs}),
    )


def _conditions_met(conditions: Sequence[ConditionState]) -> str:
    if not conditions:
        return ""
    met = sum(state.state == "met" for state in conditions)
    due = [
        state.condition.due for state in conditions if state.state == "open" and state.condition.due
    ]
    said = say(" {met} of {count} conditions are met", met=met, count=len(conditions))
    return said + (say("; the next is due on {later}.", later=min(due)) if due else ".")


def _bearing(roles: Collection[str]) -> tuple[str, ...]:
    """What a decision bears on: only that of a data protection officer is the advice of Article 35(2) GDPR."""
    return (*SIGNED.requirements, *(("gdpr:35.2",) if "dpo" in roles else ()))


def _conditions(judged: Judged) -> JsonObject:
    return {"conditions": [_condition(state) for state in judged.result.conditions]}


def _condition(state: ConditionState) -> dict[str, str]:
    condition = state.condition
    return {
        "role": state.role,
        "what": condition.what,
        "owner": condition.owner,
        "due": condition.due.isoformat() if condition.due else "",
        "state": state.state,
    }
