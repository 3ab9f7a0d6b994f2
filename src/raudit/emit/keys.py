"""Keys and the log that a plan names, opened for a command or the browser."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from raudit.errors import KeyFileError
from raudit.log import PASSPHRASE_VARIABLE, Log, LogKey, create_log_key, load_log_key, open_log
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


def log_of(plan: Plan) -> Log:
    """Open the log that the plan names, making it on first use.

    Raises
    ------
    KeyFileError
        If there is no log key.
    """
    section = plan.file.log
    named = section.key or os.environ.get(LOG_KEY_VARIABLE)
    if not named:
        raise KeyFileError(
            "there is no key for the log",
            reference="no-log-key",
            where=plan.yaml.where(("log",)),
            expected=f"log.key in the plan, or {LOG_KEY_VARIABLE}",
            hint="make one: raudit log key NAME FILE",
        )
    key = load_log_key(plan.path(named), passphrase=os.environ.get(PASSPHRASE_VARIABLE))
    location = section.path if "://" in section.path else plan.path(section.path)
    return open_log(location, key=key, create=True)


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
