"""A person answers a checklist in the terminal: one question at a time, every answer on disk before the next.

Half-typed text is kept beside the answers file when someone stops in the middle of a line, and offered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.prompts import (
    FORMS,
    OTHER,
    Drafts,
    in_lines,
    line,
    pick,
    safe,
    shortened,
    tick,
    width,
    wrapped,
)
from raudit.cli._assess.rows import ask_rows
from raudit.errors import AnswerConflict, AnswersError

if TYPE_CHECKING:
    from raudit.checklists.form.checklist import Checklist
    from raudit.checklists.walk import Step, Walk

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
WHO = "#who"
MARKS = {"answered": "✓", "open": "·", "optional": "·", "contradicted": "!", "to_correct": "!"}


class Stopped(Exception):  # noqa: N818 -- somebody's wish, not an error
    """The person stops; everything answered is on disk."""


def walk_through(walk: Walk) -> None:
    """Ask every shown question that lacks something, until all is done or the person stops."""
    drafts = Drafts(walk.path.with_name(f".{walk.path.name}.draft"))
    trail: list[str] = []
    try:
        step = walk.next_open() or _again(walk)
        if step is None:
            return
        if not walk.by:
            walk.by = _who(walk, drafts)
        while step is not None:
            _present(walk, step)
            try:
                went = _ask(walk, step, drafts)
            except AnswerConflict as conflict:
                show_conflict(conflict)
                step = walk.step(step.question.id) or walk.next_open()
                continue
            if went == "back":
                step = _before(walk, step, trail)
                continue
            if walk.answered:
                drafts.keep(WHO, "")  # the answers say it from now on
            trail.append(step.question.id)
            if went == "goto":
                step = _chosen(walk) or step
                continue
            _held_against(walk, step.question.id)
            step = _after(walk, step)
    except (Stopped, KeyboardInterrupt, EOFError):
        _tell_how_to_go_on(walk)
        return
    _finish(walk)


def show_conflict(conflict: AnswerConflict) -> None:
    """Someone else wrote the same answer meanwhile: show theirs and mine, and ask again."""
    click.echo(
        click.style(
            "Someone else changed this answer while you wrote; nothing was overwritten.",
            fg="yellow",
        )
    )
    for whose, entry in (("theirs", conflict.theirs), ("yours", conflict.mine)):
        said = "; ".join(f"{key}: {value}" for key, value in entry.items() if value)
        wrapped(f"{whose}: {safe(said) or 'no answer'}", indent="  ")


def introduce(checklist: Checklist) -> None:
    """Say what the questions are about."""
    click.echo(click.style(checklist.file.title, bold=True))
    wrapped(checklist.file.about)


def _tell_how_to_go_on(walk: Walk) -> None:
    usual = f"answers/{walk.checklist.id}.yaml"
    where = "" if str(walk.path) == usual else f" -o {walk.path}"
    click.echo(f"\nEverything you entered is saved in {walk.path}.")
    click.echo(f"Go on with:  raudit assess start {walk.checklist.id}{where}")


def _who(walk: Walk, drafts: Drafts) -> str:
    """Who answers: by default whoever gave the last answer, or said so and then stopped."""
    given = [a for a in walk.answers.file.answers.values() if a.by and a.at]
    last = max(given, key=lambda a: str(a.at)).by if given else drafts.read().get(WHO, "")
    who = ""
    while not who:
        who = str(
            click.prompt(
                "Who answers (your name or address)", default=last, show_default=bool(last)
            )
        ).strip()
        if not who:
            click.echo("  It is written beside each answer, so that a reviewer knows whom to ask.")
    drafts.keep(WHO, "" if given else who)
    return who


def _again(walk: Walk) -> Step | None:
    """Everything is answered already: the person may still change something."""
    _finish(walk)
    import questionary

    if questionary.confirm("Change an answer?", default=False).unsafe_ask():
        return _chosen(walk)
    return None


def _chosen(walk: Walk) -> Step | None:
    """Any shown question, by section; None if the person thinks better of it."""
    import questionary

    sections = [
        (title, list(steps))
        for title, steps in groupby(walk.steps, key=lambda step: step.section.title)
    ]
    while True:
        choices = [
            questionary.Choice(
                f"{title}  ({sum(not s.gap for s in steps)} of {len(steps)} done)", value=i
            )
            for i, (title, steps) in enumerate(sections)
        ]
        place = pick("Which section", choices, told="Enter takes it, Esc goes back")
        if place == OTHER:
            return None
        found = pick(
            sections[place][0],
            [
                questionary.Choice(
                    f"{MARKS.get(s.state, '?')} {shortened(s.question.text, width() - 8)}",
                    value=s.question.id,
                )
                for s in sections[place][1]
            ],
            told="Enter takes it, Esc goes back",
        )
        if found != OTHER:
            return walk.step(found)


def _before(walk: Walk, step: Step, trail: list[str]) -> Step:
    while trail:
        earlier = walk.step(trail.pop())
        if earlier is not None:
            return earlier
    steps = walk.steps
    return steps[max(0, step.number - 2)] if steps else step


def _after(walk: Walk, step: Step) -> Step | None:
    """The next question that lacks something; from the top again only for what was left for later."""
    steps = walk.steps
    place = next((i for i, item in enumerate(steps) if item.question.id == step.question.id), -1)
    later = next(
        (item for item in steps[place + 1 :] if item.gap or item.state == "optional"), None
    )
    if later is not None:
        return later
    again = [item for item in steps if item.gap]
    if not again:
        return None
    click.echo(f"\nThat was the last question. Still open: {len(again)}")
    for item in again:
        wrapped(f"{item.number}. {shortened(item.question.text, 60)} ({item.gap})", indent="  ")
    import questionary

    if not questionary.confirm("Go through them now?", default=False).unsafe_ask():
        raise Stopped
    return again[0]


def _present(walk: Walk, step: Step) -> None:
    head = f"{step.section.title}  ·  {step.number} of {step.total}"
    click.echo("\n" + click.style("─" * width(), dim=True))
    click.echo(
        click.style(head, bold=True) + click.style(f"  ·  answered {walk.answered}", dim=True)
    )
    if walk.standing:
        wrapped(f"Standing: {walk.standing}", dim=True)
    click.echo()
    wrapped(safe(step.question.text), bold=True)
    wrapped(f"Why we ask: {step.question.why}", indent="  ")
    wrapped(f"How to answer: {step.question.help}", indent="  ")
    if step.answer is not None:
        wrapped(f"So far: {said(step)}", indent="  ", fg="cyan")
        if step.answer.review.state == "to_correct":
            wrapped(
                f"{safe(step.answer.review.by)} asks to correct it: {safe(step.answer.review.note)}",
                indent="  ",
                fg="yellow",
            )
    for text in step.suggestions:
        fact = step.question.evidence.fact
        wrapped(
            f"The audit suggests: {option_text(step, text)}  (measured: {fact})",
            indent="  ",
            fg="cyan",
        )
    if step.because:
        wrapped(f"The audit measured otherwise: {step.because}", indent="  ", fg="red")
    click.echo()


def option_text(step: Step, name: str) -> str:
    """An option's text by its id."""
    return next((option.text for option in step.question.options if option.id == name), name)


def said(step: Step) -> str:
    """The answer so far, in words."""
    from raudit.checklists.assess import answer_text

    answer = step.answer
    if answer is None:
        return "nothing"
    if answer.state == "unknown":
        due = f" by {answer.due.isoformat()}" if answer.due else ""
        return f"nobody knows yet; {answer.owner or 'nobody'} finds out{due}"
    if answer.state == "not_applicable":
        return safe(f"does not apply: {answer.why}")
    return safe(answer_text(step.question, step.value)) + (
        f" ({safe(answer.why)})" if answer.why else ""
    )


def _ask(walk: Walk, step: Step, drafts: Drafts) -> str:
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


ESCAPES = "Enter goes on. Esc: back to the question; what you typed is kept."


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


def _held_against(walk: Walk, name: str) -> None:
    step = walk.step(name)
    if step is not None and step.because:
        wrapped(f"The audit measured otherwise: {step.because}", indent="  ", fg="red")
        click.echo("  The answer is saved, and blocks until one of the two changes.")


def _finish(walk: Walk) -> None:
    result = walk.assessment
    click.echo("\n" + click.style("All questions are answered.", bold=True))
    if walk.standing:
        click.echo(f"Standing: {walk.standing}")
    for because in (*result.against, *(item.because for item in result.contradictions)):
        wrapped(f"blocks: {because}", fg="red")
    click.echo("Look at it as a list, or on one page:")
    click.echo(f"  raudit assess status {walk.path}")
    click.echo(f"  raudit assess brief {walk.path}")
    if result.accepted < result.answered or result.missing_roles:
        click.echo("Then somebody other than whoever answered reviews and signs:")
    if result.accepted < result.answered:
        click.echo(f"  raudit assess review {walk.path} --by NAME")
    for role in result.missing_roles:
        click.echo(f"  raudit assess sign {walk.path} --role {role} --by NAME")
