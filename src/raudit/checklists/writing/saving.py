"""Change an answers file in one step, alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from raudit.checklists.form.checklist import Checklist
from raudit.checklists.history import keep_change
from raudit.errors import AnswersError
from raudit.files import locked, write_whole
from raudit.yamltext import read_yaml


def save(path: Path, change: Callable[[str], str], *, checklist: Checklist | None = None) -> str:
    """Apply a change to a file in one step, alone; nothing is written if nothing changes.

    Writers wait for one another, threads and processes alike, and the file is read anew each time, so
    what someone else saved in between is kept. When this returns, the change is on disk.

    Parameters
    ----------
    checklist
        The checklist; with it the history beside the file keeps what the answers said before and since.

    Examples
    --------
    ``save(path, lambda text: record_answer(text, checklist, "need.basis", "consent", at=now, by="ann@example.org"))``
    """
    path = path.resolve()  # a link and its file have one lock
    with locked(path):
        return save_locked(path, change, checklist=checklist)


def save_locked(
    path: Path, change: Callable[[str], str], *, checklist: Checklist | None = None
) -> str:
    """``save`` for who holds the lock of ``files.locked`` already."""
    before = read_yaml(path, error=AnswersError).text
    after = change(before)
    if after != before:
        if checklist is not None:
            keep_change(
                path, before, after, checklist
            )  # first, so that no change is ever without its history
        write_whole(path, after.encode("utf-8"))
    return after
