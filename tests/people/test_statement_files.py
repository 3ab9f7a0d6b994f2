"""Where statements lie: what is there and is no file is said, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from raudit.errors import StatementError
from raudit.statements import add_statement, read_statements, statements_path


def a_folder(path: Path) -> None:
    path.mkdir()


def a_circle(path: Path) -> None:
    path.symlink_to(path)


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere" / "else")


@pytest.mark.parametrize("put", [a_folder, a_circle])
def test_what_is_no_file_is_neither_read_nor_written(tmp_path, put):
    answers = tmp_path / "small-answers.yaml"
    put(statements_path(answers))
    with pytest.raises(StatementError, match="cannot be read"):
        read_statements(answers)
    with pytest.raises(StatementError, match="this is no file") as refused:
        add_statement(answers, b"{}")
    assert refused.value.where == str(statements_path(answers))


def test_a_link_to_nowhere_is_not_no_statements(tmp_path):
    answers = tmp_path / "small-answers.yaml"
    assert read_statements(answers) == ()
    a_link_to_nowhere(statements_path(answers))
    with pytest.raises(StatementError, match="cannot be read"):
        read_statements(answers)


def test_statements_are_lines_in_their_order(tmp_path):
    answers = tmp_path / "small-answers.yaml"
    for line in (b'{"a":1}', b'{"b":2}'):
        add_statement(answers, line)
    assert read_statements(answers) == (b'{"a":1}', b'{"b":2}')
