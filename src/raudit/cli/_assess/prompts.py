"""Prompts of the walk through a checklist: a line, one of a list, several of a list; what is half done is kept.

Escape leaves every prompt for what else can be done; nothing typed or ticked is lost by that, nor by Ctrl-C.
"""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import click

OTHER: Final = "\0other"
"""What a prompt gives back when the person wants something else than to answer."""
WIDEST = 96
ESCAPE_DELAY = 0.1
"""Seconds to wait whether an escape is the beginning of an arrow key."""
FORMS = {
    "number": " (a number)",
    "date": " (a day such as 2026-11-21)",
    "person": " (a name or an address)",
}


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
        return (
            {str(key): str(value) for key, value in found.items()}
            if isinstance(found, dict)
            else {}
        )

    def keep(self, name: str, text: str) -> None:
        """Keep a draft; empty text forgets it."""
        found = self.read()
        if found.get(name, "") == text:
            return
        found.pop(name, None)
        if text:
            found[name] = text
        self._write(found)

    def below(self, name: str) -> dict[str, str]:
        """Drafts of the parts of something, by the part's name."""
        return {
            key.removeprefix(name): text
            for key, text in self.read().items()
            if key.startswith(name)
        }

    def forget(self, name: str) -> None:
        """Forget the drafts of all parts of something."""
        found = self.read()
        left = {key: text for key, text in found.items() if not key.startswith(name)}
        if left != found:
            self._write(left)

    def _write(self, found: dict[str, str]) -> None:
        from raudit.files import write_whole

        if found:
            write_whole(self.path, json.dumps(found, ensure_ascii=False).encode())
        else:
            self.path.unlink(missing_ok=True)


def line(
    message: str,
    drafts: Drafts,
    name: str,
    before: str,
    *,
    kind: str = "text",
    below: str = "Enter saves. Esc: not known, does not apply, add a reason, back, stop.",
) -> str:
    """One line of text; ``OTHER`` after Escape. What was typed stays as a draft if the person leaves.

    A number or a day that is none stays in the line to be corrected, and how it was probably meant is put there.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    said: list[Any] = [("", below)]

    def leave(event: Any, **how: Any) -> None:
        drafts.keep(name, event.app.current_buffer.text)
        event.app.exit(**how)

    def stop(event: Any) -> None:
        leave(event, exception=KeyboardInterrupt)

    def escape(event: Any) -> None:
        leave(event, result=OTHER)

    def enter(event: Any) -> None:
        buffer = event.app.current_buffer
        because, meant = misfit(kind, buffer.text.strip()) if buffer.text.strip() else ("", "")
        if not because:
            buffer.validate_and_handle()
            return
        said[:] = [
            ("class:validation-toolbar", because + (f" Enter takes {meant}." if meant else ""))
        ]
        if meant:
            buffer.text = meant
            buffer.cursor_position = len(meant)

    for key, do in (("c-c", stop), ("c-d", stop), ("enter", enter)):
        keys.add(key)(do)
    keys.add("escape", eager=True)(escape)
    session: PromptSession[str] = PromptSession(key_bindings=keys)
    session.app.ttimeoutlen = ESCAPE_DELAY
    given = drafts.read().get(name) or before
    typed: str = session.prompt(message, default=given, bottom_toolbar=lambda: list(said))
    return typed


def pick(
    message: str, choices: Sequence[Any], *, default: Any = None, told: str = "arrows, then Enter"
) -> Any:
    """One of a list; ``OTHER`` after Escape. Choices with a shortcut are taken by its letter and Enter."""
    import questionary

    letters = any(getattr(choice, "shortcut_key", None) not in (None, True) for choice in choices)
    asked = questionary.select(
        message,
        choices=choices,
        default=default,
        instruction=f"({told})",
        use_shortcuts=letters,
        use_jk_keys=False,
    )
    _leave_with_escape(asked)
    return asked.unsafe_ask()


def tick(message: str, choices: Sequence[Any], drafts: Drafts, name: str, *, fits: Any) -> Any:
    """Several of a list; ``OTHER`` after Escape. Ticks that were not entered stay as a draft."""
    import questionary
    from questionary.prompts.common import InquirerControl

    asked = questionary.checkbox(
        message,
        choices=choices,
        validate=fits,
        use_jk_keys=False,
        instruction="(Space ticks, Enter goes on, Esc: something else)",
    )
    control = next(
        c for c in asked.application.layout.find_all_controls() if isinstance(c, InquirerControl)
    )

    def keep() -> None:
        drafts.keep(name, ",".join(control.selected_options))

    def stop(event: Any) -> None:
        keep()
        event.app.exit(exception=KeyboardInterrupt)

    asked.application.key_bindings.add("c-c", eager=True)(stop)  # type: ignore[union-attr]

    _leave_with_escape(asked, keep)
    return asked.unsafe_ask()


def _leave_with_escape(asked: Any, first: Any = None) -> None:
    def leave(event: Any) -> None:
        if first is not None:
            first()
        event.app.exit(result=OTHER)

    asked.application.ttimeoutlen = ESCAPE_DELAY
    asked.application.key_bindings.add("escape", eager=True)(leave)


def width() -> int:
    """Columns to write in."""
    return min(max(40, shutil.get_terminal_size((80, 24)).columns), WIDEST)


def wrapped(text: str, *, indent: str = "", **style: Any) -> None:
    """Print text in lines that fit, further lines a little further in."""
    for row in textwrap.wrap(
        text, width(), initial_indent=indent, subsequent_indent=indent + "  " * bool(indent)
    ):
        click.echo(click.style(row, **style))


def in_lines(text: str) -> str:
    """An option's text in lines, since a menu cuts what is too long."""
    return "\n     ".join(textwrap.wrap(text, width() - 7))


def shortened(text: str, room: int) -> str:
    """Text in one line of at most so many characters."""
    text = " ".join(safe(text).split())
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def safe(text: str) -> str:
    """Text without what would steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def tell(text: str) -> None:
    """Print an entry; further lines of a text in it are marked as such, so that none passes for an entry of ours."""
    click.echo(text.replace("\n", "\n    | "))


def misfit(kind: str, typed: str) -> tuple[str, str]:
    """Why a text is no number or no day, and how it was probably meant; both empty if it is one.

    Examples
    --------
    >>> misfit("date", "31.3.2027")
    ('“31.3.2027” is no day in the form 2026-11-21.', '2027-03-31')
    >>> misfit("number", "12,5")
    ('“12,5” is no number in the form 12.5.', '12.5')
    >>> misfit("number", "12.5")
    ('', '')
    """
    if kind == "date" and not _is_day(typed):
        return f"“{typed}” is no day in the form 2026-11-21.", _meant_day(typed)
    if kind == "number" and not _is_number(typed):
        return f"“{typed}” is no number in the form 12.5.", _meant_number(typed)
    return "", ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _meant_day(typed: str) -> str:
    """Days are written with dots only day first; with slashes nobody can tell which way round."""
    found = re.fullmatch(r"\s*(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\s*", typed)
    guess = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else ""
    return guess if guess and _is_day(guess) else ""


def _meant_number(typed: str) -> str:
    """One or two digits after a comma are decimals; three may be thousands, and nothing is guessed."""
    bare = re.sub(r"\s*(%|percent|ms|€|\$|£|euros?|days?|EUR|USD)\s*$", "", typed.strip())
    guess = re.sub(r",(\d{1,2})$", r".\1", bare)
    return guess if guess != typed and _is_number(guess) else ""
