"""Every command that raudit prints can be pasted as it is: its words are quoted, and its own parser takes it whole."""

from __future__ import annotations

import ast
import functools
import re
import shlex
from pathlib import Path

import click
import pytest
from tests.command_line import raudit as run
from tests.core.test_named_commands import COMMANDS, ROOT

from raudit.cli import raudit
from raudit.printable import pasted

SOURCE = ROOT / "src/raudit"
NAMED = re.compile(rf"\braudit ((?:{COMMANDS})\b[^`\"',;()\n]*)")
QUOTED = {"folder", "file", "checklist.id", "rule.id"}
"""What stands in a command unquoted: words that went through shlex.quote, and ids that need no quotes."""
SPOKEN = re.compile(r"(?:\b(?:that|as|by|from|another|the|with|and)|'|the next) `?$")
"""What comes before a command that is spoken of, and not given to be typed."""
DONE = re.compile(
    r"(?:made|makes|rotation|prints|printed|wrote|writes|drew|issued|into|ever|is|does|has|needs|in)\b"
)
"""What comes after one."""
WORD = re.compile(r"<[A-Z]+>|[A-Z][A-Z0-9-]*|[\w{}\0+-]*[./:{\0][\w./:{}\0+*-]*")
"""A word that stands for an argument or is one."""
HOLE = "\0"


@functools.cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """The files of the program that name a command, or put one together."""
    told = ((file, file.read_text(encoding="utf-8")) for file in sorted(SOURCE.rglob("*.py")))
    return tuple(
        (str(file.relative_to(ROOT)), ast.parse(text))
        for file, text in told
        if "pasted(" in text or NAMED.search(text)
    )


@functools.cache
def texts() -> tuple[tuple[str, str, list[str]], ...]:
    """Where each text that names a command stands, the text with a hole for each value, and the values; no
    docstrings."""
    found = []
    for file, tree in trees():
        parts: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr):
                parts.add(id(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts |= {id(part) for part in node.values}
                told = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else HOLE
                    for part in node.values
                )
                values = [
                    part.value for part in node.values if isinstance(part, ast.FormattedValue)
                ]
                if NAMED.search(told):
                    found.append((f"{file}:{node.lineno}", told, [*map(ast.unparse, values)]))
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in parts
                and NAMED.search(node.value)
            ):
                found.append((f"{file}:{node.lineno}", node.value, []))
    return tuple(found)


def typed(said: str) -> tuple[list[str], str]:
    """The words of a command at the beginning of a text, and what comes after it."""
    at: click.Command = raudit
    words, rest = [], said
    value = False
    while found := re.match(r"\s*(\S+)", rest):
        word = found[1].rstrip(".,;:)")
        context = click.Context(at)
        inner = at.get_command(context, word) if isinstance(at, click.Group) else None
        if inner is not None:
            at = inner
        elif value or word in ("raudit.yaml", "gdpr-dpia") or WORD.fullmatch(word):
            value = False
        elif word.startswith("-"):
            value = any(
                isinstance(one, click.Option) and word in one.opts and not one.is_flag
                for one in at.params
            )
        else:
            break
        words.append(word)
        rest = rest[found.end() :]
        if word != found[1]:
            break
    return words, rest.strip()


def wrong(words: list[str]) -> str:
    """What the program's own parser says against a command; empty if it takes it whole."""
    at: click.Command = raudit
    context = click.Context(raudit, info_name="raudit")
    while isinstance(at, click.Group):
        if not words:
            return "" if at.no_args_is_help else "no command"
        inner = at.get_command(context, words[0])
        if inner is None:
            return f"no command {words[0]}"
        at, words = inner, words[1:]
        context = click.Context(at, parent=context)
    if "--help" in words:
        words = [*words[: words.index("--help")], "--help"]
    try:
        values, left, _order = at.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    if left:
        return f"words left over: {left}"
    missing = [
        one.human_readable_name
        for one in at.params
        if one.required and not _given(values.get(one.name or "")) and "--help" not in words
    ]
    return f"it lacks {', '.join(missing)}" if missing else ""


def _given(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, tuple | list) and any(isinstance(one, str) for one in value)
    )


def test_commands_in_messages_parse_whole() -> None:
    said, faults = 0, []
    for where, text, _values in texts():
        for found in NAMED.finditer(text):
            words, after = typed(found[1])
            bare = not any(word.startswith("-") or WORD.fullmatch(word) for word in words)
            if bare and (SPOKEN.search(text[: found.start()]) or DONE.match(after)):
                continue
            said += 1
            if words[-1].startswith("-") and text[found.end() :][:1] == '"':
                words.append("x")
            if why := wrong(words):
                faults.append(f"{where}: raudit {' '.join(words)}: {why}")
    assert said > 60
    assert faults == []


def test_values_in_commands_are_quoted() -> None:
    loose = [
        f"{where}: {value}"
        for where, text, values in texts()
        for found in NAMED.finditer(text)
        for value in values[text[: found.start(1)].count(HOLE) :][
            : "".join(typed(found[1])[0]).count(HOLE)
        ]
        if value not in QUOTED
    ]
    assert loose == []


def test_commands_put_together_parse_whole() -> None:
    made, faults = 0, []
    for file, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pasted"):
                continue
            given = [one for one in node.args if not isinstance(one, ast.Starred)]
            words = [str(one.value) if isinstance(one, ast.Constant) else "x" for one in given]
            made += 1
            if why := wrong(words):
                faults.append(f"{file}:{node.lineno}: {words}: {why}")
    assert made > 9
    assert faults == []


@pytest.mark.parametrize("name", ["plain.yaml", "my plan.yaml", "it's $HOME; rm.yaml", "-x.yaml"])
def test_what_is_pasted_is_what_was_meant(name: str) -> None:
    assert shlex.split(pasted("assess", "status", f"a/{name}"))[1:] == [
        "assess",
        "status",
        f"a/{name}",
    ]


def test_what_a_first_command_prints_next_runs(tmp_path: Path) -> None:
    folder = tmp_path / "my folder"
    folder.mkdir()
    (folder / "people.csv").write_text("sex,granted\n" + "f,yes\nm,no\n" * 40)
    done = run("init", folder / "people.csv", "-o", folder / "the plan.yaml")
    printed = re.findall(r"raudit run .*", done.stdout)
    assert [shlex.split(line)[1:] for line in printed] == [["run", str(folder / "the plan.yaml")]]
    started = run("assess", "start", "gdpr-dpia", "-o", folder / "the answers.yaml", cwd=folder)
    (line,) = re.findall(r"raudit assess .*", started.stdout)
    assert run(*shlex.split(line)[1:], cwd=folder).returncode in (0, 1, 3)


def test_the_check_finds_what_cannot_be_pasted() -> None:
    assert wrong(["log", "init"]) == "it lacks LOG, key_file"
    assert "lacks" in wrong(["assess", "review", "a.yaml"])
    assert wrong(["log", "init", "LOG", "--key", "FILE"]) == ""
    assert typed(f"serve: {HOLE} at {HOLE}/")[0] == ["serve"]
    assert typed(f"run {HOLE} and more")[0] == ["run", HOLE]
    assert "left over" in wrong(["assess", "status", "my", "answers.yaml"])
    assert typed("assess status ANSWERS lists them")[0] == ["assess", "status", "ANSWERS"]
