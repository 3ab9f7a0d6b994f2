"""What people decide: ``submit``, ``review``, ``sign``, ``met``."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._assess.options import (
    FILE,
    KEY,
    books_options,
    measured,
    read_answers,
)
from raudit.cli._assess.prompts import tell
from raudit.cli._shared.clock import clock_option, now_or
from raudit.printable import for_terminal


@click.command(short_help="Say that answers are ready for review.")
@click.argument("answers", type=FILE)
@click.option("--by", required=True, help="Who submits them: one of their authors.")
@click.option("--record", type=FILE, help="What was measured, where it decides what is asked.")
@books_options
@clock_option
def submit(
    answers: Path, by: str, record: Path | None, clock: datetime | None, **books: Any
) -> None:
    """Say that ANSWERS are ready to be reviewed; refused while a question is open."""
    from raudit.cli._assess.books import opened_books
    from raudit.emit import submit as submit_answers

    checklist, _found = read_answers(answers)
    with opened_books(answers, clock, by, **books) as held:
        sha256 = submit_answers(answers, checklist, held, by=by, facts=measured(record)[0])
        if held.log is None:
            click.echo(for_terminal(f"not recorded in a log: {held.no_log}"), err=True)
    tell(f"submitted by {by}: answers sha256 {sha256}")


@click.command(short_help="Accept answers or send them back.")
@click.argument("answers", type=FILE)
@click.option("--by", required=True, help="Who reviews; not the author of an answer.")
@click.option(
    "--accept",
    multiple=True,
    metavar="QUESTION",
    help="Accept this answer; 'all' for every one left.",
)
@click.option(
    "--send-back", multiple=True, metavar="QUESTION=NOTE", help="Send this answer back with a note."
)
@KEY
@books_options
@clock_option
def review(
    answers: Path,
    by: str,
    accept: tuple[str, ...],
    send_back: tuple[str, ...],
    key: Path | None,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Go through ANSWERS as a reviewer: accept each, or send it back with a note."""
    from raudit.cli._assess.books import opened_books, write_review
    from raudit.errors import UsageError

    checklist, found = read_answers(answers)
    left = [
        n
        for n in checklist.questions
        if n in found.file.answers and found.file.answers[n].review.state != "accepted"
    ]
    notes = dict(item.partition("=")[::2] for item in send_back)
    with opened_books(answers, clock, by, **books) as held:
        own = [
            name
            for name in left
            if held.people.id_of(found.file.answers[name].by) == held.people.id_of(by)
        ]

        def view(name: str, state: str, note: str) -> None:
            write_review(answers, checklist, held, name, state=state, note=note, by=by, key=key)

        if not accept and not notes:
            if not sys.stdin.isatty():
                raise UsageError(
                    "nothing to review",
                    reference="review-nothing",
                    where=str(answers),
                    hint="give --accept QUESTION or --send-back QUESTION=NOTE, or run it in a terminal",
                )
            from raudit.cli._assess.review import review_through

            if own and len(own) == len(left):
                raise UsageError(
                    "all that is left to review are the reviewer's own answers",
                    reference="review-author",
                    got=by,
                    hint="let someone else review them",
                )
            if own:
                click.echo(f"Left out: {len(own)} of your own answers, which someone else reviews.")
            others = [name for name in left if name not in own]
            review_through(answers, checklist, found, others, view=view)
            return
        for name in left if "all" in accept else accept:
            if name not in notes:
                view(name, "accepted", "")
        for name, note in notes.items():
            view(name, "to_correct", note)
    _checklist_again, after = read_answers(answers)
    accepted = sum(answer.review.state == "accepted" for answer in after.file.answers.values())
    click.echo(f"{accepted} of {len(after.file.answers)} answers are accepted")


@click.command(short_help="Sign off exactly what the answers say now.")
@click.argument("answers", type=FILE)
@click.option("--role", required=True, help="In which role, such as dpo.")
@click.option("--by", required=True, help="Who signs; no author of an answer.")
@click.option(
    "--decision",
    type=click.Choice(["approve", "approve_with_conditions", "reject", "refer"]),
    help="Default: asked in a terminal.",
)
@click.option(
    "--condition",
    multiple=True,
    nargs=3,
    metavar="WHAT OWNER DAY",
    help="A condition of the approval, who answers for it, and by when. May be repeated.",
)
@click.option(
    "--record",
    type=FILE,
    help="The record that the decision rests on; its open findings are signed too.",
)
@KEY
@books_options
@clock_option
def sign(
    answers: Path,
    role: str,
    by: str,
    decision: Any,
    condition: tuple[tuple[str, str, str], ...],
    record: Path | None,
    key: Path | None,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Sign off exactly what ANSWERS say now; any later change of meaning voids it.

    With --key the sign-off is a signed statement; without, a name that the report calls stated, not proven.
    """
    from raudit.checklists import assess
    from raudit.checklists.writing import check_signer
    from raudit.cli._assess.books import basis_of, nonce, opened_books, write_decision
    from raudit.emit.decisions import sign_off_statement
    from raudit.errors import UsageError

    if decision is not None and (decision == "approve_with_conditions") != bool(condition):
        raise UsageError(
            "conditions and the decision do not fit",
            reference="signoff-conditions",
            where="--condition",
            hint="give --condition WHAT OWNER DAY with --decision approve_with_conditions, and only then",
        )
    checklist, found = read_answers(answers)
    conditions = [dict(zip(("what", "owner", "due"), given, strict=True)) for given in condition]
    with opened_books(answers, clock, by, **books) as held:
        check_signer(found, checklist, role, by, held.people)  # before anyone is asked anything
        if decision is None and sys.stdin.isatty() and sys.stdout.isatty():
            from raudit.cli._assess.sign import decide

            decision, conditions = decide(
                answers, assess(checklist, found, today=now_or(clock).date())
            )
        if decision is None:
            raise UsageError(
                "nobody says what was decided",
                reference="signoff-decision",
                where="--decision",
                expected="approve, approve_with_conditions, reject or refer",
                hint="give --decision, or run it in a terminal",
            )
        statement = sign_off_statement(
            found,
            checklist,
            held,
            role=role,
            decision=decision,
            by=by,
            nonce=nonce(),
            conditions=conditions,
            record=basis_of(record),
        )
        known = write_decision(answers, checklist, held, statement, key)
    tell(f"{role} {decision.replace('_', ' ')}: {answers} ({known})")


@click.command(short_help="Write down that a condition is met.")
@click.argument("answers", type=FILE)
@click.option("--role", required=True, help="Who set the condition, such as dpo.")
@click.option("--condition", type=int, required=True, help="Its number, as status prints it.")
@click.option("--by", required=True, help="Who says so; not whoever answers for the condition.")
@click.option("--how", default="", help="How it was met, or where that is written down.")
@KEY
@books_options
@clock_option
def met(
    answers: Path,
    role: str,
    condition: int,
    by: str,
    how: str,
    key: Path | None,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Write down that a condition of an approval is met; the sign-off still holds."""
    from raudit.cli._assess.books import nonce, opened_books, write_decision
    from raudit.emit.decisions import met_statement

    checklist, found = read_answers(answers)
    with opened_books(answers, clock, by, **books) as held:
        statement = met_statement(
            found, checklist, held, role=role, number=condition, how=how, by=by, nonce=nonce()
        )
        known = write_decision(answers, checklist, held, statement, key)
    tell(f"condition {condition} of {role} is met, says {by} ({known})")
