"""Where a database is, as the plan names it; a secret comes from the environment or a keyring and goes nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from raudit.errors import DataError
from raudit.extras import require

ENGINES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "sc": "spark",
}
"""Engine by the scheme of an address; every other scheme is one of Ibis."""


def address_of(connection: str, environment: Mapping[str, str] = os.environ) -> str:
    """The address behind ``data.connection``: itself, a variable's value, or an entry of a keyring.

    Raises
    ------
    DataError
        If the variable or entry is not there; only its name is printed.
    """
    kind, colon, name = connection.partition(":")
    if kind == "env" and colon:
        if not environment.get(name):
            raise _absent(
                f"the environment variable {name} is not set",
                f"export {name}=postgresql://user:...@host/db",
            )
        return environment[name]
    if kind == "keyring" and colon:
        service, _, user = name.partition("/")
        keyring = require("keyring", extra="warehouse", purpose="read an address from a keyring")
        found = keyring.get_password(service, user)
        if not found:
            raise _absent(f"the keyring has no entry {name}", f"keyring set {service} {user}")
        return str(found)
    return connection


def engine_of(address: str) -> str:
    """Which engine an address is of."""
    scheme = urlsplit(address).scheme.partition("+")[0]
    if address.startswith(("local[", "spark://")):
        return "spark"
    return ENGINES.get(scheme, "ibis")


def _absent(message: str, hint: str) -> DataError:
    return DataError(message, reference="connection-secret", where="data.connection", hint=hint)
