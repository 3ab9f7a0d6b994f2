"""Every command says in a whole sentence what it does, in its own help and in the list of its group."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from raudit.cli import raudit


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all commands."""
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        yield (*above, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*above, name))


@pytest.mark.parametrize("path", list(commands(raudit)), ids=" ".join)
def test_no_command_is_cut_short_in_its_list(path: tuple[str, ...]) -> None:
    found: click.Command = raudit
    for name in path:
        assert isinstance(found, click.Group)
        step = found.get_command(click.Context(found), name)
        assert step is not None
        found = step
    assert found.help
    short = found.get_short_help_str(limit=55)
    assert short.endswith("."), short
    assert not short.endswith("..."), short
