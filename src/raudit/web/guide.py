"""The first steps of a person, each done as soon as the files or accounts say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from raudit.web.access import AUTHOR, OPERATOR, SIGNER, Who
from raudit.web.index import Row
from raudit.web.models import Invitation, RunState, User
from raudit.web.words import asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do first."""

    text: str
    why: str
    where: str
    done: bool


def first_steps(who: Who, rows: Sequence[Row]) -> tuple[Step, ...]:
    """What someone should do first, by their roles; empty once all of it is done."""
    steps = [*_setting_up(who, rows), *_answering(who, rows), *_auditing(who, rows)]
    if any(who.may(SIGNER, row.name) for row in rows):
        steps.append(_passkey(who))
    return () if all(step.done for step in steps) else tuple(steps)


def _setting_up(who: Who, rows: Sequence[Row]) -> list[Step]:
    if not who.makes_systems:
        return []
    steps = [
        Step(
            text=_("Make the first system"),
            why=_("Five plain questions; data of your own, or the example's data to try it out."),
            where="/new/",
            done=bool(rows),
        )
    ]
    if who.administers:
        invited = Invitation.objects.exclude(person="").exists() or User.objects.count() > 1
        steps.append(
            Step(
                text=_("Invite a colleague"),
                why=_("Whoever answers cannot review: it takes two people."),
                where="/people/",
                done=invited,
            )
        )
    return steps


def _answering(who: Who, rows: Sequence[Row]) -> list[Step]:
    mine = [row for row in rows if who.may(AUTHOR, row.name) and row.states]
    if not mine:
        return []
    # An assessment without any answer is where to begin.
    empty = [(row, part) for row in mine for part in row.waiting if not part["answered"]]
    row, part = empty[0] if empty else (mine[0], mine[0].waiting[0])
    return [
        Step(
            text=_("Answer your first question"),
            why=f"{row.name} · {asked(part['title'])}. "
            + _("It is saved as you go; “nobody knows yet” is an answer too."),
            where=f"/s/{row.slug}/a/{part['name']}/next/",
            done=not empty,
        )
    ]


def _auditing(who: Who, rows: Sequence[Row]) -> list[Step]:
    steps = []
    ready = next((row for row in rows if row.verdict), None)
    mine = [row for row in rows if who.may(OPERATOR, row.name)]
    if mine:
        steps.append(
            Step(
                text=_("Start an audit"),
                why=_("It measures the data and the model, and makes a signed report."),
                where=f"/s/{(ready or mine[0]).slug}/runs/",
                done=RunState.objects.filter(by=who.person).exists(),
            )
        )
    return steps


def _passkey(who: Who) -> Step:
    keys = who.entry.keys if who.entry else ()
    return Step(
        text=_("Add a passkey"),
        why=_("With it you sign in, and you sign what you decide."),
        where="/accounts/2fa/webauthn/add/",
        done=any(key.passkey is not None and not key.until for key in keys),
    )
