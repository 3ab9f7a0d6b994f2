"""Every command that a hint or a page of documentation tells people to type exists, with the options it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from raudit.cli import raudit

ROOT = Path(__file__).resolve().parents[2]
TYPED = re.compile(
    r"(?:`|^\s*(?:\$ |- run: |run: )?|hint=f?\"|(?:with|it|one|by|add): +)raudit (?P<rest>[a-z][^`\"'#\n]*)",
    re.MULTILINE,
)
"""Where ``raudit`` begins a command and not a sentence."""
COMMANDS = "|".join(raudit.list_commands(click.Context(raudit)))
KNOWN = re.compile(rf"\braudit (?P<rest>(?:{COMMANDS})\b[^`\"'#\n]*)")
"""A command wherever it is named; its options are looked at there too."""
NO_COMMAND = {"foo-bar", "never"}
"""Made up, or the beginning of a line in the middle of a sentence."""


def named() -> Iterator[tuple[str, str]]:
    """File with line, and what follows ``raudit``."""
    files = [
        *(ROOT / "src/raudit").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "README.md",
    ]
    for file in sorted(files):
        text = file.read_text(encoding="utf-8")
        for found in (*TYPED.finditer(text), *KNOWN.finditer(text)):
            line = text.count("\n", 0, found.start("rest")) + 1
            yield f"{file.relative_to(ROOT)}:{line}", found["rest"].strip()


def faults(rest: str) -> Iterator[str]:
    """What of a command does not exist."""
    words = re.split(r"[\s,;()]+", rest)
    context = click.Context(raudit)
    at: click.Command = raudit
    path = ""
    while isinstance(at, click.Group) and words and re.fullmatch(r"[a-z0-9-]+", words[0]):
        inner = at.get_command(context, words[0])
        if inner is None:
            if at is raudit and words[0] not in NO_COMMAND:
                yield f"there is no command {words[0]}"
            elif at is not raudit and len(words) > 1 and words[1].startswith("-"):
                yield f"{path} has no command {words[0]}"
            return
        at, path, words = inner, f"{path} {words[0]}".strip(), words[1:]
    known = {
        name for parameter in at.params for name in (*parameter.opts, *parameter.secondary_opts)
    } | {
        "--help",
        "-h",
    }
    for word in words:
        option = word.split("=")[0].rstrip(".:]")
        if option.startswith("--") and option not in known:
            yield f"{path} has no option {option}"


def test_commands_in_hints_and_documentation_exist() -> None:
    found = list(named())
    assert len(found) > 100
    assert [
        f"{where}: raudit {rest}: {fault}" for where, rest in found for fault in faults(rest)
    ] == []


def test_the_check_finds_what_does_not_exist() -> None:
    assert list(faults("kyes init")) == ["there is no command kyes"]
    assert list(faults("log create --key x")) == ["log has no command create"]
    assert list(faults("keys init --nmae NAME")) == ["keys init has no option --nmae"]
    assert list(faults("keys init --name NAME")) == []
