"""A person answers a checklist in the terminal: one question at a time, every answer on disk before the next.

Half-typed text is kept beside the answers file when someone stops in the middle of a line, and offered again.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.errors import AnswersError

if TYPE_CHECKING:
    from raudit.checklists.answers import Answers
    from raudit.checklists.load import Checklist
    from raudit.checklists.schema import RowColumn
    from raudit.checklists.walk import Step, Walk

OTHER = "other"
ELSE = {
    "unknown": "Nobody knows yet",
    "not_applicable": "Does not apply",
    "why": "Add a reason or a link",
    "skip": "Later",
    "back": "Back",
    "stop": "Stop here",
}


class Stopped(Exception):  # noqa: N818 -- somebody's wish, not an error
    """The person stops; everything answered is on disk."""


@dataclass(slots=True)
class Drafts:
    """Text that was typed and not entered, by question, in a hidden file beside the answers."""

    path: Path

    def read(self) -> dict[str, str]:
        """Every draft."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def keep(self, name: str, text: str) -> None:
        """Keep a draft; empty text forgets it."""
        from raudit.files import write_whole

        found = self.read()
        if found.get(name, "") == text:
            return
        found.pop(name, None)
        if text:
            found[name] = text
        if found:
            write_whole(self.path, json.dumps(found, ensure_ascii=False).encode())
        else:
            self.path.unlink(missing_ok=True)


def walk_through(walk: Walk) -> None:
    """Ask every shown question that lacks something, until all is done or the person stops."""
    drafts = Drafts(walk.path.with_name(f".{walk.path.name}.draft"))
    step = walk.next_open()
    trail: list[str] = []
    try:
        while step is not None:
            _present(walk, step)
            went = _ask(walk, step, drafts)
            if went == "back":
                step = _before(walk, step, trail)
                continue
            trail.append(step.question.id)
            _held_against(walk, step.question.id)
            step = _after(walk, step)
    except (Stopped, KeyboardInterrupt, EOFError):
        click.echo(f"\nEverything you entered is saved in {walk.path}.")
        click.echo(f"Go on with:  raudit assess start {walk.checklist.id} -o {walk.path}")
        return
    _finish(walk)


def introduce(checklist: Checklist) -> None:
    """Say what the questions are about."""
    click.echo(click.style(checklist.file.title, bold=True))
    _wrapped(checklist.file.about, min(_width(), 96))


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
    later = next((item for item in steps[place + 1 :] if item.gap or item.state == "optional"), None)
    if later is not None:
        return later
    again = [item for item in steps if item.gap]
    if not again:
        return None
    click.echo(f"\nThat was the last question. {len(again)} were left open.")
    import questionary

    if not questionary.confirm("Go through them now?", default=False).unsafe_ask():
        raise Stopped
    return again[0]


def _present(walk: Walk, step: Step) -> None:
    width = min(_width(), 96)
    head = f"{step.section.title}  ·  {step.number} of {step.total}"
    click.echo("\n" + click.style("─" * width, dim=True))
    click.echo(click.style(head, bold=True) + click.style(f"  ·  answered {walk.answered}", dim=True))
    if walk.standing:
        _wrapped(f"Standing: {walk.standing}", width, dim=True)
    click.echo()
    _wrapped(_safe(step.question.text), width, bold=True)
    _wrapped(f"Why we ask: {step.question.why}", width, indent="  ")
    _wrapped(f"How to answer: {step.question.help}", width, indent="  ")
    if step.answer is not None:
        _wrapped(f"So far: {said(step)}", width, indent="  ", fg="cyan")
    for text in step.suggestions:
        fact = step.question.evidence.fact
        _wrapped(f"The audit suggests: {option_text(step, text)}  (measured: {fact})", width, indent="  ", fg="cyan")
    if step.because:
        _wrapped(f"The audit measured otherwise: {step.because}", width, indent="  ", fg="red")
    click.echo()


def _width() -> int:
    import shutil

    return max(40, shutil.get_terminal_size((80, 24)).columns)


def _wrapped(text: str, width: int, *, indent: str = "", **style: Any) -> None:
    for line in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent + "  " * bool(indent)):
        click.echo(click.style(line, **style))


def _safe(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


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
        return _safe(f"does not apply: {answer.why}")
    return _safe(answer_text(step.question, step.value)) + (f" ({_safe(answer.why)})" if answer.why else "")


def _ask(walk: Walk, step: Step, drafts: Drafts) -> str:
    """Ask one question until something is saved; says ``back`` if the person wants to go back."""
    while True:
        value = _value(walk, step, drafts)
        if value is OTHER:
            went = _else(walk, step, drafts)
            if went == "again":
                step = walk.step(step.question.id) or step
                continue
            return went
        try:
            walk.answer(step.question.id, value)
        except AnswersError as error:
            expected = f" It takes {error.expected}." if error.expected else ""
            click.echo(click.style(f"  {error.message}.{expected}", fg="red"))
            continue
        drafts.keep(step.question.id, "")
        _ask_for_evidence(walk, step.question.id, drafts)
        return "on"


def _value(walk: Walk, step: Step, drafts: Drafts) -> Any:
    from raudit.checklists.schema import Kind

    match step.question.type:
        case Kind.CHOICE | Kind.YES_NO:
            return _one(step)
        case Kind.MULTI:
            return _several(step)
        case Kind.ROWS:
            return _rows(walk, step, drafts)
        case kind:
            forms = {
                "number": " (a number)",
                "date": " (a day such as 2026-11-21)",
                "person": " (a name or an address)",
            }
            hint = forms.get(str(kind), "")
            before = "" if step.value is None else str(step.value)
            typed = line(f"Your answer{hint}: ", drafts, step.question.id, before)
            return typed.strip() or OTHER


def _options(step: Step) -> Sequence[tuple[str, str]]:
    given = [(option.id, option.text) for option in step.question.options] or [("yes", "Yes"), ("no", "No")]
    return [(name, _lines(text)) for name, text in given]


def _lines(text: str) -> str:
    """An option's text in lines, since a menu cuts what is too long."""
    return "\n     ".join(textwrap.wrap(text, min(_width(), 96) - 7))


def _one(step: Step) -> Any:
    import questionary

    choices: list[Any] = [questionary.Choice(text, value=name) for name, text in _options(step)]
    choices += [questionary.Separator(), questionary.Choice("Something else …", value=OTHER)]
    given = step.value if isinstance(step.value, str) else next(iter(step.suggestions), None)
    default = given if given in {name for name, _text in _options(step)} else None
    return questionary.select(
        "Your answer", choices=choices, default=default, instruction="(arrows, then Enter)"
    ).unsafe_ask()


def _several(step: Step) -> Any:
    import questionary

    none = step.question.none_option
    before = step.value if isinstance(step.value, tuple) else step.suggestions
    choices = [questionary.Choice(text, value=name, checked=name in before) for name, text in _options(step)]

    def fits(chosen: list[str]) -> bool | str:
        return not (none in chosen and len(chosen) > 1) or f"“{option_text(step, none)}” excludes all others"

    found = questionary.checkbox(
        "Your answers",
        choices=choices,
        validate=fits,
        instruction="(Space ticks, Enter goes on; Enter with nothing ticked for something else)",
    ).unsafe_ask()
    return found or OTHER


def _rows(walk: Walk, step: Step, drafts: Drafts) -> Any:
    """Rows are saved one by one; the list is done when the person says so."""
    import questionary

    rows = [dict(row) for row in step.value or ()]
    while True:
        for number, row in enumerate(rows, 1):
            _wrapped(f"{number}. {_row_text(step, row)}", min(_width(), 96), indent="  ")
        choices: list[Any] = [questionary.Choice("Add one", value="add")]
        if rows:
            choices = [questionary.Choice("That is all", value="done"), *choices]
            choices += [
                questionary.Choice("Change one", value="change"),
                questionary.Choice("Remove one", value="remove"),
            ]
        choices += [questionary.Separator(), questionary.Choice("Something else …", value=OTHER)]
        did = questionary.select("The list", choices=choices).unsafe_ask()
        if did == OTHER:
            return OTHER
        if did == "done":
            return rows
        if did == "add":
            rows.append(_row(step, {}, drafts, len(rows) + 1))
        else:
            number = questionary.select(
                "Which one", choices=[questionary.Choice(_row_text(step, r)[:60], value=i) for i, r in enumerate(rows)]
            ).unsafe_ask()
            if did == "remove":
                rows.pop(number)
            else:
                rows[number] = _row(step, rows[number], drafts, number + 1)
        if rows:
            walk.answer(step.question.id, rows)
        else:
            walk.withdraw(step.question.id)


def _row(step: Step, before: dict[str, str], drafts: Drafts, number: int) -> dict[str, str]:
    import questionary

    found: dict[str, str] = {}
    columns = [column for column in step.question.columns if column.required]
    more = [column for column in step.question.columns if not column.required]
    for column in _and_more(columns, more, before):
        if column.options:
            options = [questionary.Choice(option.text, value=option.id) for option in column.options]
            found[column.id] = questionary.select(
                column.text, choices=options, default=before.get(column.id)
            ).unsafe_ask()
            continue
        form = {"number": " (a number)", "date": " (a day such as 2026-11-21)"}.get(str(column.type), "")
        while True:
            name = f"{step.question.id}.{number}.{column.id}"
            typed = line(f"{column.text}{form}: ", drafts, name, before.get(column.id, "")).strip()
            if form and typed and not _fits(str(column.type), typed):
                click.echo(click.style(f"  That is not {form.strip(' ()')}.", fg="red"))
                continue
            drafts.keep(name, "")
            break
        if typed:
            found[column.id] = typed
    return found


def _and_more(
    columns: Sequence[RowColumn], more: Sequence[RowColumn], before: Mapping[str, str]
) -> Iterator[RowColumn]:
    """Columns that have to be filled, then the others if the person wants to."""
    import questionary

    yield from columns
    if not more:
        return
    asked = f"Add {len(more)} numbers for its priority now?"
    if questionary.confirm(asked, default=any(column.id in before for column in more)).unsafe_ask():
        yield from more


def _fits(kind: str, typed: str) -> bool:
    try:
        date.fromisoformat(typed) if kind == "date" else float(typed)
    except ValueError:
        return False
    return True


def _row_text(step: Step, row: dict[str, str]) -> str:
    texts = {o.id: o.text for column in step.question.columns for o in column.options}
    return _safe("; ".join(texts.get(value, value) for value in row.values() if value))


def line(message: str, drafts: Drafts, name: str, before: str) -> str:
    """One line of text; what was typed is kept as a draft if the person interrupts."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("c-c")
    @keys.add("c-d")
    def _stop(event: Any) -> None:
        drafts.keep(name, event.app.current_buffer.text)
        event.app.exit(exception=KeyboardInterrupt)

    session: PromptSession[str] = PromptSession(key_bindings=keys)
    typed: str = session.prompt(
        message,
        default=drafts.read().get(name) or before,
        bottom_toolbar="Enter saves. An empty line: not known, does not apply, back, stop.",
    )
    return typed


def _else(walk: Walk, step: Step, drafts: Drafts) -> str:
    """What else can be done with a question."""
    import questionary

    hidden = {"why"} if step.answer is None else set()
    choices = [questionary.Choice(text, value=name) for name, text in ELSE.items() if name not in hidden]
    did = questionary.select("What instead?", choices=choices).unsafe_ask()
    name = step.question.id
    match did:
        case "unknown":
            owner = line("Who finds out: ", drafts, f"{name}.owner", step.answer.owner if step.answer else "").strip()
            due = line("By which day, such as 2026-12-31: ", drafts, f"{name}.due", "").strip()
            if not owner or not _fits("date", due):
                click.echo(click.style("  It takes a name and a day; nothing was saved.", fg="red"))
                return "again"
            walk.unknown(name, owner=owner, due=date.fromisoformat(due))
            for part in ("owner", "due"):
                drafts.keep(f"{name}.{part}", "")
        case "not_applicable":
            why = line("Why does it not apply: ", drafts, f"{name}.why", "").strip()
            if not why:
                click.echo(click.style("  It takes a reason; nothing was saved.", fg="red"))
                return "again"
            walk.not_applicable(name, why=why)
            drafts.keep(f"{name}.why", "")
        case "why":
            _reason(walk, step, drafts)
            return "again"
        case "back":
            return "back"
        case "stop":
            raise Stopped
    return "on"


def _reason(walk: Walk, step: Step, drafts: Drafts) -> None:
    name, answer = step.question.id, step.answer
    if answer is None:
        return
    why = line("Reason: ", drafts, f"{name}.why", answer.why).strip()
    link = line("Link or file (or leave empty): ", drafts, f"{name}.link", "").strip()
    links = [item.model_dump(mode="json", exclude_defaults=True) for item in answer.evidence]
    if link:
        links.append({"kind": "link" if "://" in link else "document", "path": link})
    if answer.state == "answered":
        walk.answer(name, answer.value, why=why, evidence=links)
    for part in ("why", "link"):
        drafts.keep(f"{name}.{part}", "")


def _ask_for_evidence(walk: Walk, name: str, drafts: Drafts) -> None:
    """Some answers claim what has to be shown: without a link they stay open."""
    step = walk.step(name)
    if step is None or step.answer is None or step.answer.evidence:
        return
    chosen = step.value if isinstance(step.value, tuple) else (step.value,)
    if any(option.needs_evidence for option in step.question.options if option.id in chosen):
        click.echo("  This answer needs something a stranger can look at; without it the question stays open.")
        _reason(walk, step, drafts)


def _held_against(walk: Walk, name: str) -> None:
    step = walk.step(name)
    if step is not None and step.because:
        _wrapped(f"The audit measured otherwise: {step.because}", min(_width(), 96), indent="  ", fg="red")
        click.echo("  The answer is saved, and blocks until one of the two changes.")


def _finish(walk: Walk) -> None:
    result = walk.assessment
    click.echo("\n" + click.style("All questions are answered.", bold=True))
    if walk.standing:
        click.echo(f"Standing: {walk.standing}")
    for because in (*result.blockers, *result.turned_down, *(item.because for item in result.contradictions)):
        _wrapped(f"blocks: {because}", min(_width(), 96), fg="red")
    click.echo(f"Look at it:  raudit assess status {walk.path}")
    for role in result.missing_roles:
        click.echo(f"Sign it:     raudit assess sign {walk.path} --role {role} --by NAME --decision approve")


def review_through(
    path: Path, checklist: Checklist, answers: Answers, left: Sequence[str], *, by: str, at: datetime
) -> None:
    """Show a reviewer every answer that is not accepted yet; each word is saved at once."""
    import questionary

    from raudit.checklists.assess import answer_text
    from raudit.checklists.writing import review_answer, save

    width = min(_width(), 96)
    drafts = Drafts(path.with_name(f".{path.name}.draft"))
    try:
        for number, name in enumerate(left, 1):
            question, answer = checklist.questions[name], answers.file.answers[name]
            click.echo("\n" + click.style(f"{number} of {len(left)}  ·  {checklist.section_of[name].title}", bold=True))
            _wrapped(question.text, width, bold=True)
            said_ = answer_text(question, answers.values.get(name)) if answer.state == "answered" else answer.state
            _wrapped(f"{_safe(said_)}  ({_safe(answer.by) or 'nobody named'})", width, indent="  ", fg="cyan")
            if answer.why:
                _wrapped(_safe(answer.why), width, indent="  ")
            did = questionary.select("Your view", choices=["Accept", "Send back", "Later", "Stop here"]).unsafe_ask()
            if did == "Stop here":
                return
            if did == "Later":
                continue
            note = line("What is to be corrected: ", drafts, f"{name}.review", "") if did == "Send back" else ""
            if did == "Send back" and not note.strip():
                continue
            state: Any = "to_correct" if note else "accepted"

            def change(text: str, name: str = name, state: Any = state, note: str = note) -> str:
                return review_answer(text, checklist, name, state=state, by=by, at=at, note=note)

            try:
                save(path, change)
                drafts.keep(f"{name}.review", "")
            except AnswersError as error:
                click.echo(click.style(f"  {error.message}", fg="red"))
    except (KeyboardInterrupt, EOFError):
        click.echo(f"\nEverything so far is saved in {path}.")
