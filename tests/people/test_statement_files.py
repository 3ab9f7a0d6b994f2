"""Where statements lie: what is there and is no file is said, before anything is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from raudit.errors import StatementError
from raudit.statements import (
    Kind,
    PersonKey,
    Statement,
    add_statement,
    read_statements,
    sign_statement,
    statements_path,
    whole_statements,
)


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


def envelope() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    said = Statement(
        kind=Kind.REVOCATION,
        person="ann",
        subjects={"waiver": "a" * 64},
        at=datetime(2026, 11, 20, tzinfo=UTC),
        nonce="0" * 32,
    )
    return sign_statement(said, PersonKey(private=private, spki=b""))


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"junk", 2),
        (b"{}", 2),
        (b"null", 2),
        (b'{"payload": 1}', 2),
        (b"\xff\xfe", 2),
        (b"\n\n[]", 4),
        (b"[" * 100_000, 2),
        (b"# a comment", 2),
        (b"half of one", 2),
    ],
)
def test_to_judge_by_a_line_that_is_no_statement_is_named(tmp_path, line, number):
    answers = tmp_path / "small-answers.yaml"
    add_statement(answers, envelope())
    path = statements_path(answers)
    path.write_bytes(path.read_bytes() + line + b"\n" * (line != b"half of one"))
    with pytest.raises(StatementError, match=f"line {number} of") as refused:
        whole_statements(answers)
    assert refused.value.where == f"{path}:{number}"
    assert refused.value.got
    assert "take the line out" in refused.value.hint
    assert read_statements(answers)[0] == envelope()  # who adds one is not stopped by it


def test_to_judge_by_whole_statements_are_taken_as_they_lie(tmp_path):
    answers = tmp_path / "small-answers.yaml"
    assert whole_statements(answers) == ()
    statements_path(answers).write_bytes(envelope() + b"\n\r\n" + envelope())
    assert whole_statements(answers) == (envelope(), envelope())
