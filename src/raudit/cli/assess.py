"""``raudit assess``: risk assessments in files that people fill in and sign."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.clock import clock_option, now_or

if TYPE_CHECKING:
    from raudit.checklists import Answers, Assessment, Checklist
    from raudit.checklists.sources import Sources
    from raudit.yamltext import YamlText

FILE = click.Path(path_type=Path, dir_okay=False)
KEY = click.option("--key", type=FILE, help="Private key that signs it: PEM, OpenSSH or PKCS #12.")


def books_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the people and the log that go with the answers."""
    for option in (
        click.option(
            "--plan",
            type=FILE,
            help="The plan with the log. Default: the raudit.yaml that names ANSWERS.",
        ),
        click.option(
            "--people",
            type=FILE,
            help="Who people are. Default: the plan's, or a people.yaml beside.",
        ),
    ):
        function = option(function)
    return function


@click.group(short_help="List, start, check and sign off risk assessments.")
def command() -> None:
    """Risk assessments: questions from a checklist, answers in a YAML file that people edit."""


@command.command(name="list")
def list_() -> None:
    """List the shipped checklists."""
    from raudit.checklists import shipped_checklists
    from raudit.checklists.form.load import shipped

    for name in shipped_checklists():
        found = shipped(name)
        click.echo(
            f"{name:20} {found.file.version:8} {len(found.questions):4} questions  {found.file.title}"
        )


@command.command()
@click.argument("checklist", type=FILE)
def lint(checklist: Path) -> int:
    """List all that is wrong with the file CHECKLIST, each with its line and what to do.

    Ends with 0 if nothing is, else with 2.
    """
    from raudit.checklists.form.load import lint_checklist
    from raudit.printable import for_terminal

    found, faults = lint_checklist(checklist)
    for fault in faults:
        click.echo(for_terminal(str(fault)))
    if found is None:
        click.echo(
            f"{len(faults)} faults in the shape of the file; what questions refer to is looked at once it fits",
            err=True,
        )
    elif faults:
        click.echo(f"{len(faults)} faults", err=True)
    else:
        click.echo(
            f"nothing wrong found in {len(found.questions)} questions and {len(found.expressions)} expressions: "
            "keys, ids, options, references, order, tables, bands and facts were looked at"
        )
    return 2 if faults else 0


@command.command()
@click.argument("checklist")
@click.option(
    "-o", "--output", type=FILE, help="The answers file. Default: answers/CHECKLIST.yaml."
)
@click.option("--project", default="", help="What the answers are about.")
@click.option("--by", default="", help="Who answers. Default: asked, or whoever answered last.")
@click.option(
    "--record", type=FILE, help="Suggest answers from this record, and hold them against it."
)
@click.option("--file-only", is_flag=True, help="Write the file and ask nothing.")
@books_options
@clock_option
def start(
    checklist: str,
    output: Path | None,
    project: str,
    by: str,
    record: Path | None,
    file_only: bool,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Answer CHECKLIST (an id or a file) question by question; go on where you stopped.

    Every answer is saved before the next question. Without a terminal, or with --file-only, it writes a file with every
    question explained in it, to be filled in with an editor.
    """
    from raudit.checklists.document import skeleton
    from raudit.cli._assess.books import opened_books
    from raudit.emit import write_new
    from raudit.errors import UsageError

    asked = not file_only and sys.stdin.isatty() and sys.stdout.isatty()
    target = output or Path("answers") / f"{Path(checklist).stem}.yaml"
    if target.exists() and not asked:
        raise UsageError(
            "there are answers already",
            reference="answers-exist",
            where=str(target),
            hint="name another file with -o",
        )
    found = _checklist(checklist)
    if not target.exists():
        if asked and not project:
            project = click.prompt("Which system are the answers about (its name)").strip()
        with opened_books(target, clock, by, **books) as held:
            write_new(target, skeleton(found, project=project), found, held)
        click.echo(f"wrote {target}")
    if not asked:
        click.echo(f"next: fill it in, then  raudit assess status {target}")
        return
    from raudit.checklists.walk import Walk
    from raudit.cli._assess.walk import introduce, walk_through
    from raudit.emit import keep

    introduce(found)
    with opened_books(target, clock, by, **books) as held:
        if held.people and by:
            by = held.people.known(by).id

        def saved(path: Path, change: Callable[[str], str], checklist: Checklist) -> str:
            return keep(path, change, checklist, held)

        facts = _measured(record)[0]
        walk_through(
            Walk(target, found, by=by, clock=lambda: now_or(clock), facts=facts, save=saved)
        )


@command.command()
@click.argument("answers", type=FILE)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@books_options
@clock_option
def status(answers: Path, record: Path | None, clock: datetime | None, **books: Any) -> int:
    """Say what ANSWERS come to and what is missing, by line.

    Ends with 0 if they are complete, signed and uncontradicted, 1 if something blocks, else with 3.
    """
    from raudit.checklists import assess
    from raudit.cli._assess.books import checked_statements, opened_books, tell_further

    checklist, found = _read(answers)
    facts, sources = _measured(record)
    with opened_books(answers, clock, "", **books) as held:
        result = assess(
            checklist,
            found,
            facts=facts,
            sources=sources,
            today=now_or(clock).date(),
            people=held.people,
            statements=checked_statements(answers, held),
        )
        _tell(result, answers)
        faults = tell_further(result, answers, held)
    if result.against or result.contradictions:
        return 1
    settled = (
        result.complete and not result.missing_roles and not result.unowned and not result.expired
    )
    unproven = held.identity == "proven" and any(s.holds and not s.proven for s in result.signoffs)
    return 0 if settled and not faults and not unproven else 3


@command.command()
@click.argument("answers", type=FILE)
def show(answers: Path) -> None:
    """Print every shown question with its answer, and why it is asked."""
    from datetime import date

    from raudit.checklists import assess
    from raudit.checklists.assess import answer_text

    checklist, found = _read(answers)
    result = assess(checklist, found, today=date.max)
    section = ""
    for name in result.visible:
        question = checklist.questions[name]
        if checklist.section_of[name].title != section:
            section = checklist.section_of[name].title
            click.echo("\n" + click.style(section, bold=True))
        click.echo(f"  {question.text}")
        click.echo(click.style(f"    why we ask: {question.why}", dim=True))
        click.echo(f"    {answer_text(question, found.values.get(name))}")


@command.command()
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
    checklist, found = _read(answers)
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
    click.echo(f"{role} {decision.replace('_', ' ')}: {answers} ({known})")


@command.command()
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

    checklist, found = _read(answers)
    with opened_books(answers, clock, by, **books) as held:
        statement = met_statement(
            found, checklist, held, role=role, number=condition, how=how, by=by, nonce=nonce()
        )
        known = write_decision(answers, checklist, held, statement, key)
    click.echo(f"condition {condition} of {role} is met, says {by} ({known})")


@command.command()
@click.argument("answers", type=FILE)
@click.argument("newer", type=FILE, required=False)
def diff(answers: Path, newer: Path | None) -> int:
    """Say what changed from ANSWERS to NEWER; with one file, what changed since it was signed.

    Ends with 0 if nothing did, else with 1.
    """
    from raudit.checklists.compare import differences, since_signed

    checklist, before = _read(answers)
    if newer is None:
        from raudit.cli._assess.books import tell_since_signed

        signed = since_signed(before)
        if not signed:
            click.echo("nobody has signed this file")
        for role, names in signed.items():
            click.echo(
                f"{role}: {', '.join(names) if names else 'no answer changed since it was signed'}"
            )
            tell_since_signed(answers, before, role, names)
        return 1 if any(signed.values()) else 0
    _same, after = _read(newer)
    found = differences(checklist, before, after)
    for change in found:
        where = (
            f"{newer.name}:{after.line(change.question)}"
            if change.question in checklist.questions
            else newer.name
        )
        click.echo(f"{click.style(change.question, bold=True)}  {change.what}  ({where})")
        click.echo(f"  {click.style('-', fg='red')} {change.before or '(nothing)'}")
        click.echo(f"  {click.style('+', fg='green')} {change.after or '(nothing)'}")
    if not found:
        click.echo("nothing changed")
    return 1 if found else 0


@command.command()
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

    checklist, found = _read(answers)
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
            review_through(answers, checklist, found, others, by=by, at=held.clock, view=view)
            return
        for name in left if "all" in accept else accept:
            if name not in notes:
                view(name, "accepted", "")
        for name, note in notes.items():
            view(name, "to_correct", note)
    _checklist_again, after = _read(answers)
    accepted = sum(answer.review.state == "accepted" for answer in after.file.answers.values())
    click.echo(f"{accepted} of {len(after.file.answers)} answers are accepted")


@command.command()
@click.argument("answers", type=FILE)
@click.option(
    "-o", "--output", type=FILE, help="File to write, .md or .html. Default: print Markdown."
)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def brief(answers: Path, output: Path | None, record: Path | None, clock: datetime | None) -> None:
    """Print ANSWERS on one page: standing, goal and guardrails, blockers, risks, who signed."""
    from raudit import checklists

    checklist, found = _read(answers)
    facts, sources = _measured(record)
    result = checklists.assess(
        checklist, found, facts=facts, sources=sources, today=now_or(clock).date()
    )
    html = output is not None and output.suffix.lower() in (".html", ".htm")
    _put((checklists.brief_html if html else checklists.brief)(checklist, found, result), output)


@command.command()
@click.argument("answers", type=FILE)
@click.option("-o", "--output", type=FILE, help="File to write. Default: print Markdown.")
@clock_option
def requirements(answers: Path, output: Path | None, clock: datetime | None) -> None:
    """Print the skeleton of a requirements document from ANSWERS; what is not answered is marked OPEN."""
    from raudit import checklists

    checklist, found = _read(answers)
    result = checklists.assess(checklist, found, today=now_or(clock).date())
    _put(checklists.requirements(checklist, found, result), output)


@command.command()
@click.argument("answers", type=FILE, nargs=-1, required=True)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def register(answers: tuple[Path, ...], record: Path | None, clock: datetime | None) -> None:
    """Print the risk register of one or more ANSWERS files: what blocks first, then worst first."""
    from raudit import checklists
    from raudit.cli._assess.register import lines

    (facts, sources), today = _measured(record), now_or(clock).date()
    results = [
        checklists.assess(*_read(path), facts=facts, sources=sources, today=today)
        for path in answers
    ]
    for line in lines(
        checklists.risk_register(results), min(100, shutil.get_terminal_size().columns)
    ):
        click.echo(line)


@command.command()
@click.argument("answers", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--by", default="", help="Who does it, for the log.  [default: you]")
@books_options
@clock_option
def migrate(answers: Path, dry_run: bool, by: str, clock: datetime | None, **books: Any) -> None:
    """Carry ANSWERS over to the checklist's present version; what does not fit is set aside."""
    from raudit.checklists.form.migrate import migrate as carry
    from raudit.cli._assess.books import opened_books
    from raudit.emit import migrate_answers
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    yaml = read_yaml(answers, error=AnswersError)
    checklist = _checklist(_named(yaml), answers)
    text, moved = carry(yaml.text, checklist, at=now_or(clock))
    for item in moved:
        click.echo(f"{item.question}: {item.did}, {item.because}")
    if text == yaml.text:
        click.echo(f"these are answers to {checklist.id} {checklist.file.version} already")
    elif not dry_run:
        with opened_books(answers, clock, by, **books) as held:
            migrate_answers(
                answers, lambda old: carry(old, checklist, at=now_or(clock))[0], checklist, held
            )
        click.echo(
            f"wrote {answers}, now for {checklist.id} {checklist.file.version}; sign-offs have to be given again"
        )


FORMS = {
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xlsx": "xlsx",
    ".docx": "word",
    ".pdf": "pdf",
    ".oscal.json": "oscal",
    ".intoto.json": "in-toto",
}


@command.command()
@click.argument("answers", type=FILE)
@click.option(
    "-o", "--output", type=FILE, required=True, help="File to write; its ending tells the form."
)
@click.option(
    "--form",
    type=click.Choice(["markdown", "html", "xlsx", "word", "pdf", "oscal", "in-toto"]),
    help="By default told by the ending: .md, .html, .xlsx, .docx, .pdf, .oscal.json, .intoto.json.",
)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def export(
    answers: Path, output: Path, form: str | None, record: Path | None, clock: datetime | None
) -> None:
    """Write ANSWERS as Markdown, HTML, PDF, Word, an Excel workbook, OSCAL results or an in-toto statement."""
    import json

    from raudit.canonical import sha256_file
    from raudit.checklists import assess, exchange
    from raudit.errors import UsageError
    from raudit.files import write_whole

    form = form or next(
        (name for ending, name in FORMS.items() if output.name.lower().endswith(ending)), None
    )
    if form is None:
        raise UsageError(
            "the ending tells no form",
            reference="export-form",
            where=str(output),
            expected=", ".join(FORMS),
            hint="name the form with --form",
        )
    checklist, found = _read(answers)
    now = now_or(clock)
    facts, sources = _measured(record)
    result = assess(checklist, found, facts=facts, sources=sources, today=now.date())
    match form:
        case "xlsx":
            content = exchange.workbook(checklist, found, at=now)
        case "oscal":
            content = json.dumps(
                exchange.oscal(result, at=now), indent=2, ensure_ascii=False
            ).encode()
        case "in-toto":
            statement = exchange.in_toto(result, name=answers.name, sha256=sha256_file(answers))
            content = json.dumps(statement, indent=2, ensure_ascii=False).encode()
        case "html":
            content = exchange.html(result).encode()
        case "word":
            content = exchange.word(result)
        case "pdf":
            from raudit.report.printing import pdf_of

            content = pdf_of(exchange.html(result))
        case _:
            content = exchange.markdown(result).encode()
    write_whole(output, content)
    click.echo(f"wrote {output}")


@command.command(name="import")
@click.argument("workbook", type=FILE)
@click.option(
    "--checklist",
    help="Id or file of the checklist it answers. Default: the one the workbook names.",
)
@click.option(
    "-o",
    "--output",
    type=FILE,
    required=True,
    help="Answers file to write; it must not be there yet.",
)
@click.option(
    "--by",
    default="",
    help="Author of the answers for which the workbook names none; needed if there are any.",
)
@books_options
@clock_option
def import_(
    workbook: Path,
    checklist: str | None,
    output: Path,
    by: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Read an Excel WORKBOOK back into an answers file; compare it with the old one by 'raudit assess diff'."""
    from raudit.checklists import exchange
    from raudit.cli._assess.books import opened_books
    from raudit.emit import write_new
    from raudit.emit.decisions import person_of
    from raudit.errors import UsageError

    if output.exists():
        raise UsageError(
            "there are answers already",
            reference="answers-exist",
            where=str(output),
            hint="name another file with -o",
        )
    try:
        content = workbook.read_bytes()
    except OSError as error:
        raise UsageError(
            "the workbook cannot be read",
            reference="file-unreadable",
            where=str(workbook),
            got=error.strerror or "",
            hint="check the path",
        ) from error
    asked = _checklist(checklist or exchange.checklist_of(content), workbook)
    with opened_books(output, clock, by, **books) as held:
        text = _imported(workbook, content, asked, by=person_of(held, by) if by else "")
        write_new(output, text, asked, held)
    click.echo(f"wrote {output}")


def _imported(workbook: Path, content: bytes, asked: Checklist, *, by: str) -> str:
    """Turn a workbook into answers, each of which names an author."""
    from raudit.checklists import exchange
    from raudit.checklists.answers import parse_answers
    from raudit.checklists.signoff import authorless
    from raudit.errors import AnswersError

    text = exchange.from_workbook(content, asked, by=by)
    nameless = authorless(parse_answers(text, asked))
    if nameless:
        raise AnswersError(
            f"{len(nameless)} answers of the workbook name no author",
            reference="answer-no-author",
            where=f"{workbook}, {nameless[0]}",
            hint="say who answered them with --by",
        )
    return text


@command.command()
@click.argument("answers", type=FILE)
@click.argument("question")
@click.argument("file", type=FILE)
@click.option("--by", required=True, help="Who links it: the author of the answer from now on.")
@click.option("--observed", default="", help="What it shows, in a sentence.")
@books_options
@clock_option
def evidence(
    answers: Path,
    question: str,
    file: Path,
    by: str,
    observed: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Keep FILE under its digest beside ANSWERS, and link it to the answer to QUESTION."""
    from raudit.cli._assess.books import link_document, opened_books

    checklist, _found = _read(answers)
    with opened_books(answers, clock, by, **books) as held:
        link = link_document(answers, checklist, held, question, file, by=by, observed=observed)
    click.echo(f"{question} rests on {link['path']}")


@command.command()
@click.argument("answers", type=FILE)
@click.argument("question", required=False)
@click.option("--say", default="", help="Add a note with these words.")
@click.option("--by", default="", help="Who says it.")
@click.option(
    "--reply-to", default="", metavar="NOTE", help="The note that it answers, as printed."
)
@books_options
@clock_option
def notes(
    answers: Path,
    question: str | None,
    say: str,
    by: str,
    reply_to: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Print the thread of notes on QUESTION, or on all; with --say, add one."""
    from raudit.cli._assess.books import note_thread, opened_books, say_note
    from raudit.emit.decisions import person_of

    checklist, _found = _read(answers)
    if say:
        with opened_books(answers, clock, by, **books) as held:
            say_note(
                answers,
                checklist,
                question or "",
                words=say,
                by=person_of(held, by),
                reply_to=reply_to,
                at=now_or(clock),
            )
    for line in note_thread(answers, question or ""):
        click.echo(line)


@command.command()
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

    checklist, _found = _read(answers)
    with opened_books(answers, clock, by, **books) as held:
        sha256 = submit_answers(answers, checklist, held, by=by, facts=_measured(record)[0])
        if held.log is None:
            click.echo(f"not recorded in a log: {held.no_log}", err=True)
    click.echo(f"submitted by {by}: answers sha256 {sha256}")


@command.command()
@click.argument("answers", type=FILE)
@click.argument("question", required=False)
def history(answers: Path, question: str | None) -> None:
    """Print what the answer to QUESTION said before, oldest first; of every question if none is named."""
    from raudit.cli._assess.books import history_lines

    checklist, _found = _read(answers)
    for line in history_lines(answers, checklist, question or ""):
        click.echo(line)


def _put(text: str, output: Path | None) -> None:
    from raudit.files import write_whole

    if output is None:
        click.echo(text)
        return
    write_whole(output, text.encode())
    click.echo(f"wrote {output}")


def _checklist(name: str, beside: Path | None = None) -> Checklist:
    """A shipped checklist by its id, a file, or one's own called by its id beside the answers."""
    from raudit.checklists import checklist_path, load_checklist, shipped_checklists
    from raudit.errors import ChecklistError
    from raudit.yamltext import nearest

    known = checklist_path(name)
    if known is not None:
        return load_checklist(known)
    folders = (
        (beside.parent, beside.parent.parent, beside.parent.parent / "checklists", Path())
        if beside
        else ()
    )
    for path in (Path(name), *(folder / f"{name}.yaml" for folder in folders)):
        if path.is_file() and path != beside:
            return load_checklist(path)
    own = f"put {name}.yaml beside the answers" if beside else ""
    raise ChecklistError(
        f"there is no checklist '{name}'",
        reference="no-checklist",
        hint="; or ".join(
            part for part in (nearest(name, list(shipped_checklists())), own) if part
        ),
    )


def _read(path: Path) -> tuple[Checklist, Answers]:
    """Read answers and the checklist that they name."""
    from raudit.checklists import load_answers
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    checklist = _checklist(_named(read_yaml(path, error=AnswersError)), path)
    return checklist, load_answers(path, checklist)


def _named(yaml: YamlText) -> str:
    """The checklist that an answers file names."""
    from raudit.errors import AnswersError

    named = yaml.value.get("checklist") if isinstance(yaml.value, dict) else None
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        raise AnswersError(
            "the file does not say which checklist it answers",
            reference="answers-no-checklist",
            where=yaml.where(()),
            expected="checklist: with id, version and sha256",
            hint="start with: raudit assess start CHECKLIST",
        )
    name: str = named["id"]
    return name


def _measured(record: Path | None) -> tuple[dict[str, Any], Sources]:
    """What a record measured, and where in it."""
    from raudit.checklists.sources import Sources, measured
    from raudit.errors import UsageError
    from raudit.record import parse_record

    if record is None:
        return {}, Sources()
    try:
        data = record.read_bytes()
    except OSError as error:
        raise UsageError(
            "the record cannot be read",
            reference="file-unreadable",
            where=str(record),
            got=error.strerror or "",
            hint="check the path",
        ) from error
    return measured(parse_record(data))


def _tell(result: Assessment, path: Path) -> None:
    from raudit.cli._assess.books import open_lines

    file = result.checklist.file
    click.echo(click.style(f"{file.title} {file.version}", bold=True))
    click.echo(
        f"answered {result.answered} of {len(result.visible)}, accepted by a reviewer {result.accepted}"
    )
    if file.scoring.level:
        click.echo(f"Standing: {result.standing}")
    for said in result.points:
        click.echo(f"  {said}")
    for reached in result.outcomes:
        click.echo(f"{reached.title}: {reached.because}")
    for line in open_lines(result, path):
        click.echo(line)
    for because in result.against:
        click.echo(f"{click.style('blocks', fg='red')}        {because}")
    for item in result.contradictions:
        who = f", said {item.by} on {item.at}" if item.by and item.at else ""
        place = f"{path.name}:{item.line} {item.question}"
        click.echo(f"{click.style('contradicted', fg='red')}  {place} = {item.answer}{who}")
        click.echo(f"              {item.because}")
        for fact in item.places:
            click.echo(f"              see {fact.said}")
            for finding in fact.findings:
                click.echo(f"              and {finding.said}")
    for state in result.signoffs:
        word = click.style("signed", fg="green") if state.holds else click.style("void", fg="red")
        decision = state.signoff.decision.replace("_", " ")
        why = f": {state.because}" if state.because else ""
        click.echo(
            f"{word}        {state.signoff.role}, {state.signoff.by}, {decision}{why} ({state.identity})"
        )
        for condition in result.conditions:
            if state.holds and condition.role == state.signoff.role:
                colour = {"met": "green", "overdue": "red"}.get(condition.state, "yellow")
                click.echo(
                    f"  {click.style('condition', fg=colour)} {condition.number}  {condition.said}"
                )
    decided = {state.signoff.role for state in result.signoffs if state.holds}
    for role in (role for role in result.missing_roles if role not in decided):
        click.echo(f"{click.style('unsigned', fg='yellow')}      {role}")
    if result.expired:
        click.echo(f"{click.style('expired', fg='red')}       {result.expired}")
