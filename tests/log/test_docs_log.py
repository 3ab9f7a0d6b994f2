"""The Python example of the log's reference runs as it is printed, and the reference names every event and command."""

from __future__ import annotations

import re
from pathlib import Path

import click

from raudit.cli.log import command
from raudit.log import EventType

REFERENCE = Path(__file__).parents[2] / "docs/reference/log.md"


def test_the_example_runs(tmp_path, monkeypatch):
    (example,) = re.findall(
        r"```python\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(REFERENCE), "exec"), {})


def test_every_event_and_command_is_named():
    text = REFERENCE.read_text(encoding="utf-8")
    assert [kind for kind in EventType if f"| `{kind}` |" not in text] == []
    assert isinstance(command, click.Group)
    assert [name for name in command.commands if f"| `{name} " not in text] == []
