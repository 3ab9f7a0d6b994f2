"""One question in the terminal: its answer, or what a person does instead of answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.prompts import FORMS, OTHER, Drafts, in_lines, line, pick, tick
from raudit.cli._assess.rows import ask_rows
from raudit.errors import AnswerConflict, AnswersError

if TYPE_CHECKING:
    from raudit.checklists.walk import Step, Walk

ESCAPES = "Enter goes on. Esc: back to the question; what you typed is kept."
ELSE = {
    "unknown": ("n", "Nobody knows yet: say who finds out"),
    "not_applicable": ("d", "Does not apply: say why"),
    "why": ("r", "Add a reason or a link"),
    "skip": ("l", "Later: leave it open and go on"),
    "back": ("b", "Back to the question before"),
    "goto": ("g", "Go to another question"),
    "stop": ("s", "Stop here; everything is saved"),
}
"""What can be done instead of answering, each with the letter that takes it."""


class Stopped(Exception):  # noqa: N818 -- somebody's wish, not an error
    """The person stops; everything answered is on disk."""


def option_text(step: Step, name: str) -> str:
    """An option's text by its id."""
    return next((option.text for option in step.question.options if option.id == name), name)


def ask(walk: Walk, step: Step, drafts: Drafts) -> str:
    """Ask one question until something is saved, or say where the person wants to go: ``back`` or ``goto``."""
    name = step.question.id
    while True:
        value = _value(walk, step, drafts)
        if value == OTHER:
            went = _else(walk, step, drafts)
            if went == "again":
                step = walk.step(name) or step
                continue
            return went
        try:
            walk.answer(name, value, **_kept_reason(step, drafts))
        except AnswerConflict:
            raise
        except AnswersError as error:
            expected = f" It takes {error.expected}." if error.expected else ""
            click.echo(click.style(f"  {error.message}.{expected}", fg="red"))
            if isinstance(value, str):
                drafts.keep(name, value)
            continue
        drafts.keep(name, "")
        drafts.forget(f"{name}#")
        _ask_for_evidence(walk, name, drafts)
        return "on"


def _value(walk: Walk, step: Step, drafts: Drafts) -> Any:
    from raudit.checklists.form.schema import Kind

    match step.question.type:
        case Kind.CHOICE | Kind.YES_NO:
            return _one(step)
        case Kind.MULTI:
            return _several(step, drafts)
        case Kind.ROWS:
            return ask_rows(walk, step, drafts)
        case kind:
            unit = f" in {step.question.unit}" if step.question.unit else ""
            hint = FORMS.get(str(kind), "").replace("a number", f"a number{unit}")
            before = "" if step.value is None else str(step.value)
            return (
                line(
                    f"Your answer{hint}: ", drafts, step.question.id, before, kind=str(kind)
                ).strip()
                or OTHER
            )


def _options(step: Step) -> Sequence[tuple[str, str]]:
    given = [(option.id, option.text) for option in step.question.options] or [
        ("yes", "Yes"),
        ("no", "No"),
    ]
    return [(name, in_lines(text)) for name, text in given]


def _one(step: Step) -> Any:
    import questionary

    choices: list[Any] = [questionary.Choice(text, value=name) for name, text in _options(step)]
    choices.append(questionary.Choice("Something else … (Esc)", value=OTHER))
    given = step.value if isinstance(step.value, str) else next(iter(step.suggestions), None)
    default = given if given in {name for name, _text in _options(step)} else None
    return pick("Your answer", choices, default=default)


def _several(step: Step, drafts: Drafts) -> Any:
    import questionary

    none = step.question.none_option
    begun = drafts.read().get(step.question.id)
    before = (
        begun.split(",")
        if begun
        else step.value
        if isinstance(step.value, tuple)
        else step.suggestions
    )
    choices = [
        questionary.Choice(text, value=name, checked=name in before)
        for name, text in _options(step)
    ]

    def fits(chosen: list[str]) -> bool | str:
        return (
            not (none in chosen and len(chosen) > 1)
            or f"“{option_text(step, none)}” excludes all others"
        )

    found = tick("Your answers", choices, drafts, step.question.id, fits=fits)
    return found or OTHER


def _else(walk: Walk, step: Step, drafts: Drafts) -> str:
    """What else can be done with a question."""
    import questionary

    choices = [
        questionary.Choice(text, value=name, shortcut_key=key) for name, (key, text) in ELSE.items()
    ]
    match pick(
        "What instead?", choices, told="arrows or a letter, then Enter; Esc: answer after all"
    ):
        case "unknown":
            return _unknown(walk, step, drafts)
        case "not_applicable":
            name = step.question.id
            why = line("Why does it not apply: ", drafts, f"{name}#why", "", below=ESCAPES)
            if why == OTHER or not why.strip():
                click.echo(click.style("  It takes a reason; nothing was changed.", fg="yellow"))
                return "again"
            walk.not_applicable(name, why=why.strip())
            drafts.forget(f"{name}#")
            return "on"
        case "why":
            _reason(walk, step, drafts)
            return "again"
        case "skip":
            return "on"
        case "stop":
            raise Stopped
        case "back" | "goto" as where:
            return str(where)
        case _:
            return "again"


def _unknown(walk: Walk, step: Step, drafts: Drafts) -> str:
    """Who finds out by when; Escape goes back to the question."""
    name, answer = step.question.id, step.answer
    owner = line(
        "Who finds out (a name or an address): ",
        drafts,
        f"{name}#owner",
        answer.owner if answer else "",
        below=ESCAPES,
    )
    if owner == OTHER or not owner.strip():
        click.echo(click.style("  It takes a name; nothing was changed.", fg="yellow"))
        return "again"
    drafts.keep(f"{name}#owner", owner)
    before = answer.due.isoformat() if answer and answer.due else ""
    due = line(
        "By which day (such as 2026-12-31): ",
        drafts,
        f"{name}#due",
        before,
        kind="date",
        below=ESCAPES,
    )
    if due == OTHER or not due.strip():
        click.echo(click.style("  It takes a day; nothing was changed.", fg="yellow"))
        return "again"
    walk.unknown(name, owner=owner.strip(), due=date.fromisoformat(due.strip()))
    drafts.forget(f"{name}#")
    return "on"


def _reason(walk: Walk, step: Step, drafts: Drafts) -> None:
    """A reason and a link: saved with the answer, or kept until there is one."""
    name, answer = step.question.id, step.answer
    why = line("Reason: ", drafts, f"{name}#reason", answer.why if answer else "", below=ESCAPES)
    if why == OTHER:
        return
    drafts.keep(f"{name}#reason", why.strip())
    link = line("Link or file (or leave empty): ", drafts, f"{name}#link", "", below=ESCAPES)
    if link == OTHER:
        return
    drafts.keep(f"{name}#link", link.strip())
    if answer is not None and answer.state == "answered":
        walk.answer(name, answer.value, **_kept_reason(step, drafts, why=why.strip()))
        drafts.forget(f"{name}#")
        click.echo("  The reason is saved. Enter keeps the answer as it is.")
    else:
        click.echo("  It is saved together with your answer.")


def _kept_reason(step: Step, drafts: Drafts, **given: Any) -> dict[str, Any]:
    """The reason and the link that were typed before the answer."""
    kept = drafts.below(f"{step.question.id}#")
    found: dict[str, Any] = {"why": kept["reason"]} if "reason" in kept else {}
    if kept.get("link"):
        before = step.answer.evidence if step.answer else ()
        links = [item.model_dump(mode="json", exclude_defaults=True) for item in before]
        kind = "link" if "://" in kept["link"] else "document"
        found["evidence"] = [*links, {"kind": kind, "path": kept["link"]}]
    return {**found, **given}


def _ask_for_evidence(walk: Walk, name: str, drafts: Drafts) -> None:
    """Some answers claim what has to be shown: without a link they stay open."""
    step = walk.step(name)
    if step is None or step.answer is None or step.answer.evidence:
        return
    chosen = step.value if isinstance(step.value, tuple) else (step.value,)
    if any(option.needs_evidence for option in step.question.options if option.id in chosen):
        click.echo(
            "  This answer needs something a stranger can look at; without it the question stays open."
        )
        _reason(walk, step, drafts)
