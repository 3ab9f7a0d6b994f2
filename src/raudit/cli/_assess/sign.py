"""Someone decides in the terminal: what stands against it, the decision, and the conditions of an approval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.prompts import OTHER, Drafts, line, pick, wrapped
from raudit.printable import pasted

if TYPE_CHECKING:
    from raudit.checklists import Assessment

WORDS = {
    "approve": ("a", "Approve"),
    "approve_with_conditions": ("c", "Approve with conditions"),
    "reject": ("r", "Reject"),
    "refer": ("f", "Refer to someone else"),
}


def decide(path: Path, result: Assessment) -> tuple[str, list[dict[str, str]]]:
    """Ask for the decision and for its conditions; every half-typed condition is kept if the person stops."""
    import questionary

    click.echo(
        click.style(
            f"{result.checklist.file.title}: {result.answered} of {len(result.visible)} answered",
            bold=True,
        )
    )
    if result.standing:
        wrapped(f"Standing: {result.standing}")
    for because in (*result.against, *(item.because for item in result.contradictions)):
        wrapped(f"blocks: {because}", fg="red")
    if result.open:
        wrapped(f"still open: {len(result.open)}; see", fg="yellow")
        click.echo(f"  {pasted('assess', 'status', path)}")
    choices = [
        questionary.Choice(text, value=key, shortcut_key=letter)
        for key, (letter, text) in WORDS.items()
    ]
    decision = pick(
        "Your decision", choices, told="arrows or a letter, then Enter; Esc: do not sign"
    )
    if decision == OTHER:
        raise click.Abort
    drafts = Drafts(path.with_name(f".{path.name}.draft"))
    conditions = _conditions(drafts) if decision == "approve_with_conditions" else []
    drafts.forget(PLACE)
    return str(decision), conditions


PLACE = "#condition."
PARTS = (
    ("what", "What has to be done", "text"),
    ("owner", "Who answers for it (a name or an address)", "person"),
    ("due", "Done by (a day such as 2026-11-21)", "date"),
)


def _conditions(drafts: Drafts) -> list[dict[str, str]]:
    import questionary

    found: list[dict[str, str]] = []
    while True:
        found.append(_condition(drafts, len(found) + 1))
        if not questionary.confirm("Another condition?", default=False).unsafe_ask():
            return found


def _condition(drafts: Drafts, number: int) -> dict[str, str]:
    click.echo(f"Condition {number}")
    found: dict[str, Any] = {}
    for key, asked, kind in PARTS:
        typed = ""
        while not typed:
            name = f"{PLACE}{number}.{key}"
            typed = line(
                f"  {asked}: ",
                drafts,
                name,
                "",
                kind=kind,
                below="Enter goes on. Esc: do not sign.",
            ).strip()
            if typed == OTHER.strip():
                raise click.Abort
        found[key] = typed
        drafts.keep(name, typed)
    return found
