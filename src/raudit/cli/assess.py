"""``raudit assess``: risk assessments in files that people fill in and sign."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._clock import clock_option, now_or

if TYPE_CHECKING:
    from raudit.checklists import Answers, Assessment, Checklist

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(short_help="List, start, check and sign off risk assessments.")
def command() -> None:
    """Risk assessments: questions from a checklist, answers in a YAML file that people edit."""


@command.command(name="list")
def list_() -> None:
    """List the shipped checklists."""
    from raudit.checklists import shipped_checklists
    from raudit.checklists.load import shipped

    for name in shipped_checklists():
        found = shipped(name)
        click.echo(f"{name:20} {found.file.version:8} {len(found.questions):4} questions  {found.file.title}")


@command.command()
@click.argument("checklist")
@click.option("-o", "--output", type=FILE, help="File to write. Default: answers/CHECKLIST.yaml.")
@click.option("--project", default="", help="What the answers are about.")
def start(checklist: str, output: Path | None, project: str) -> None:
    """Write an answers file for CHECKLIST (an id or a file), with every question explained in it."""
    from raudit.checklists.document import skeleton
    from raudit.errors import UsageError
    from raudit.files import write_whole

    target = output or Path("answers") / f"{Path(checklist).stem}.yaml"
    if target.exists():
        raise UsageError(
            "there are answers already", reference="answers-exist", where=str(target), hint="name another file with -o"
        )
    write_whole(target, skeleton(_checklist(checklist), project=project).encode())
    click.echo(f"wrote {target}\nnext: fill it in, then  raudit assess status {target}")


@command.command()
@click.argument("answers", type=FILE)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def status(answers: Path, record: Path | None, clock: datetime | None) -> int:
    """Say what ANSWERS come to and what is missing, by line.

    Ends with 0 if they are complete, signed and uncontradicted, 1 if something blocks, else with 3.
    """
    from raudit.checklists import assess

    checklist, found = _read(answers)
    result = assess(checklist, found, facts=_facts(record), today=now_or(clock).date())
    _tell(result, answers)
    if result.blockers or result.contradictions:
        return 1
    return 0 if result.complete and not result.missing_roles and not result.expired else 3


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
    required=True,
)
@click.option("--condition", multiple=True, help="A condition of the approval. May be repeated.")
@clock_option
def sign(answers: Path, role: str, by: str, decision: Any, condition: tuple[str, ...], clock: datetime | None) -> None:
    """Sign off exactly what ANSWERS say now; any later change of meaning voids it."""
    from raudit.checklists.document import signed_off
    from raudit.errors import UsageError
    from raudit.files import write_whole

    if (decision == "approve_with_conditions") != bool(condition):
        raise UsageError(
            "conditions and the decision do not fit",
            reference="signoff-conditions",
            where="--condition",
            hint="give --condition with --decision approve_with_conditions, and only then",
        )
    checklist, _found = _read(answers)
    text = signed_off(
        answers.read_text(encoding="utf-8"), checklist, role=role, decision=decision, by=by, at=now_or(clock),
        conditions=condition,
    )  # fmt: skip
    write_whole(answers, text.encode())
    click.echo(f"{role} {decision.replace('_', ' ')}: {answers}")


def _checklist(name: str) -> Checklist:
    from raudit.checklists import load_checklist, shipped_checklists
    from raudit.errors import ChecklistError
    from raudit.resources import resource_dir
    from raudit.yamltext import nearest

    if name in shipped_checklists():
        return load_checklist(resource_dir("checklists") / f"{name}.yaml")
    if not Path(name).is_file():
        raise ChecklistError(
            f"there is no checklist '{name}'", reference="no-checklist", hint=nearest(name, list(shipped_checklists()))
        )
    return load_checklist(Path(name))


def _read(path: Path) -> tuple[Checklist, Answers]:
    """Read answers and the shipped checklist that they name."""
    from raudit.checklists import load_answers
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    yaml = read_yaml(path, error=AnswersError)
    named = yaml.value.get("checklist") if isinstance(yaml.value, dict) else None
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        raise AnswersError(
            "the file does not say which checklist it answers",
            reference="answers-no-checklist",
            where=yaml.where(()),
            expected="checklist: with id, version and sha256",
            hint="start with: raudit assess start CHECKLIST",
        )
    checklist = _checklist(named["id"])
    return checklist, load_answers(path, checklist)


def _facts(record: Path | None) -> dict[str, Any]:
    from raudit.errors import UsageError
    from raudit.record import parse_record

    if record is None:
        return {}
    try:
        data = record.read_bytes()
    except OSError as error:
        raise UsageError(
            "the record cannot be read", reference="file-unreadable", where=str(record), got=error.strerror or "",
            hint="check the path",
        ) from error  # fmt: skip
    facts: dict[str, Any] = {}
    for stage in parse_record(data).stages:
        facts.update(stage.facts)
    return facts


def _tell(result: Assessment, path: Path) -> None:
    file = result.checklist.file
    click.echo(click.style(f"{file.title} {file.version}", bold=True))
    click.echo(f"answered {result.answered} of {len(result.visible)}, accepted by a reviewer {result.accepted}")
    if file.scoring.level:
        ends = (
            ""
            if result.level_best == result.level_worst
            else (f"; could still end from {result.level_best or '?'} to {result.level_worst or '?'}")
        )
        click.echo(f"level {result.level or 'not told'}{ends}")
    for reached in result.outcomes:
        click.echo(f"{reached.id.replace('_', ' ')}: {reached.because}")
    for gap in result.open:
        click.echo(f"{click.style('open', fg='yellow')}          {path.name}:{gap.line} {gap.question}: {gap.reason}")
    for because in result.blockers:
        click.echo(f"{click.style('blocks', fg='red')}        {because}")
    for item in result.contradictions:
        click.echo(f"{click.style('contradicted', fg='red')}  {path.name}:{item.line} {item.question} = {item.answer}")
        click.echo(f"              {item.because}")
    for state in result.signoffs:
        word = click.style("signed", fg="green") if state.holds else click.style("void", fg="red")
        click.echo(f"{word}        {state.signoff.role}, {state.signoff.by} {state.because}")
    for role in result.missing_roles:
        click.echo(f"{click.style('unsigned', fg='yellow')}      {role}")
    if result.expired:
        click.echo(f"{click.style('expired', fg='red')}       {result.expired}")
