"""Keys and the log that a plan names, opened for a command or the browser."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from raudit.errors import KeyFileError, LogError
from raudit.log import (
    PASSPHRASE_VARIABLE,
    Log,
    LogKey,
    ReadableLog,
    create_log_key,
    load_log_key,
    open_log,
    read_log,
)
from raudit.log.keys import read_vkey
from raudit.plan import Plan
from raudit.signing import SigningKey, TimeStamping, load_signer, source_from_environment

SIGNING_KEY = "raudit-signing.key"
SIGNING_CERTIFICATE = "raudit-signing.crt"
LOG_KEY = "log-key.txt"
LOG_VKEY = "log-vkey.txt"
LOG_KEY_VARIABLE = "RAUDIT_LOG_KEY_FILE"


def signer_of(plan: Plan) -> SigningKey:
    """Load the key that the plan or the environment names.

    Raises
    ------
    KeyFileError
        If there is none, or it cannot be used.
    """
    section = plan.file.signing
    source = source_from_environment(
        os.environ,
        key_file=plan.path(section.key) if section.key else None,
        certificate_file=plan.path(section.certificate) if section.certificate else None,
    )
    if source is None:
        raise KeyFileError(
            "there is no key to sign the report with",
            reference="no-signing-key",
            where=plan.yaml.where(("signing",)),
            expected="signing.key in the plan, or RAUDIT_KEY_FILE",
            hint="make one: raudit keys init --name NAME --folder keys",
        )
    return load_signer(source)


def log_place(plan: Plan) -> Path | str:
    """Where the plan's log is: a file, or a database's address."""
    named = plan.file.log.path
    return named if "://" in named else plan.path(named)


def log_key_file(plan: Plan) -> Path | None:
    """File of the log's key that the plan or the environment names; it need not be there."""
    named = plan.file.log.key or os.environ.get(LOG_KEY_VARIABLE)
    return plan.path(named) if named else None


def log_of(plan: Plan) -> Log:
    """Open the log that the plan names with its key, making it on first use.

    Raises
    ------
    KeyFileError
        If there is no log key.
    """
    key_file = log_key_file(plan)
    if key_file is None:
        raise KeyFileError(
            "there is no key for the log",
            reference="no-log-key",
            where=plan.yaml.where(("log",)),
            expected=f"log.key in the plan, or {LOG_KEY_VARIABLE}",
            hint="make one: raudit log key NAME FILE",
        )
    return open_log(log_place(plan), key=_log_key(key_file), create=True)


def log_if_any(plan: Plan) -> tuple[Log | None, str]:
    """The plan's log, made on first use if its key is there; else why there is none.

    Whoever may not sign checkpoints, since the key cannot be read, may still append.
    """
    place, key_file = log_place(plan), log_key_file(plan)
    if isinstance(place, str) or place.exists():
        try:
            key = _log_key(key_file) if key_file else None
        except KeyFileError:
            key = None
        # A log whose making was killed is a file without tables, or without a name: it is made now.
        begun = key is not None and isinstance(place, Path)
        return open_log(place, key=key, create=begun), ""
    if key_file is None or not key_file.is_file():
        return None, f"the log {plan.file.log.path} has not been made yet"
    try:
        return log_of(plan), ""
    except LogError as error:
        return None, error.message


UNASKED = "approvals of a baseline, the order of enrolment and the last word of each decision"
"""What only a log can tell of decisions."""


def log_to_ask(
    plan: Plan | None, *, location: str | None = None, vkey: str | None = None, offline: bool
) -> tuple[ReadableLog | None, str]:
    """A log to hold decisions against with its verifier key alone; else what was not checked, and why.

    Parameters
    ----------
    location, vkey
        Where the log, a copy or an export of it is, and its verifier key or a file that holds it; by default the
        plan's log, and the verifier key beside the log's own.

    Raises
    ------
    LogError, KeyFileError
        If one that was named cannot be read.
    """
    place: Path | str | None = location or (log_place(plan) if plan is not None else None)
    if place is None:
        return None, ""
    if offline and "://" in str(place):
        return None, _not_asked("the log is on a server, and --offline was given")
    known = vkey or (_vkey_beside(plan) if plan is not None else None)
    there = "://" in str(place) or Path(place).exists()
    named = location is not None or vkey is not None
    if known is not None and (there or named):
        return read_log(place, read_vkey(known)), ""
    if there:
        return None, _not_asked(f"no verifier key of {place} is here; give it with --log-key")
    keyed = plan is not None and log_key_file(plan) is not None
    return None, _not_asked(f"there is no {place}; name a copy with --log") if keyed else ""


def _not_asked(why: str) -> str:
    return f"not checked against a log, since {why}: {UNASKED}"


def _vkey_beside(plan: Plan) -> str | None:
    """The verifier key's file that lies beside the log's key, or where that would be."""
    key_file = log_key_file(plan)
    beside = key_file.parent / LOG_VKEY if key_file is not None else None
    return str(beside) if beside is not None and beside.is_file() else None


def _log_key(path: Path) -> LogKey:
    return load_log_key(path, passphrase=os.environ.get(PASSPHRASE_VARIABLE))


def stamping_of(plan: Plan) -> TimeStamping | None:
    """The time stamp authority of the plan, if it names one."""
    from raudit.signing import Level

    section = plan.file.signing
    if section.timestamp_url is None or section.level == "b-b":
        return None
    trust = (plan.path(section.timestamp_trust).read_bytes(),) if section.timestamp_trust else ()
    return TimeStamping(url=section.timestamp_url, level=Level(section.level.upper()), trust=trust)


def first_keys(folder: Path, *, name: str, log_name: str, clock: datetime) -> tuple[str, LogKey]:
    """Make a signing key with its certificate and a log key, for first use.

    Returns
    -------
    tuple
        The notice that says what such a certificate proves, and the log key.
    """
    from raudit.signing import init_keys

    paths = init_keys(folder, name=name, clock=clock)
    log_key = create_log_key(
        folder / LOG_KEY, log_name, passphrase=os.environ.get(PASSPHRASE_VARIABLE)
    )
    (folder / LOG_VKEY).write_text(log_key.vkey + "\n")
    return paths.notice, log_key
