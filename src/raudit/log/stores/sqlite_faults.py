"""What SQLite says, as errors of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError, RauditError

BUSY_SECONDS = 60
_NOT_READ = (
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
    *(sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS),
)
"""What reading alone ends in; a disk that takes no writing is the machine's fault, also while a log is opened."""


@contextmanager
def faults(path: Path, *, named: bool = False) -> Iterator[None]:
    """Turn SQLite's errors into ours, once.

    Parameters
    ----------
    named
        While a log is opened that is to be there: one that cannot be read is another's mistake than the machine's.
    """
    try:
        yield
    except RauditError:
        raise
    except sqlite3.IntegrityError as error:
        raise LogIntegrityError(
            "the store already holds what should be new",
            reference="log-store",
            where=str(path),
            got=str(error),
            hint="run `raudit log verify LOG`",
        ) from error
    except OverflowError as error:
        raise LogIntegrityError(
            "an entry has a number that no log reaches",
            reference="log-rows",
            where=str(path),
            hint="rows were added or removed behind the log's back; keep this store for evidence",
        ) from error
    except sqlite3.OperationalError as error:
        # Python's own errors of this kind have no code.
        if named and getattr(error, "sqlite_errorcode", None) in _NOT_READ:
            raise LogError(
                "the log cannot be read",
                reference="log-unreadable",
                where=str(path),
                got=str(error),
                hint="name the file that `raudit log init` made; check its permissions, its folder's and the disk",
            ) from error
        raise _operational(error, path) from error
    except sqlite3.DatabaseError as error:
        raise LogIntegrityError(
            "the file is damaged or no log",
            reference="log-damaged",
            where=str(path),
            got=str(error),
            hint="keep the file for evidence; restore with "
            "`raudit log import FOLDER NEW-LOG --vkey VKEY` from an export",
        ) from error


def _operational(error: sqlite3.OperationalError, path: Path) -> EnvironmentFault:
    text = str(error)
    if "locked" in text or "busy" in text:
        return EnvironmentFault(
            f"the log was locked by others for {BUSY_SECONDS} seconds",
            reference="log-busy",
            where=str(path),
            hint="find the process that holds it; nothing was written",
        )
    hint = (
        "free some space"
        if "full" in text
        else "check the disk, its space and the file's permissions"
    )
    return EnvironmentFault(
        "the log could not be read or written; nothing was acknowledged",
        reference="log-storage",
        where=str(path),
        got=text,
        hint=hint,
    )
