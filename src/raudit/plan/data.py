"""What the keys under ``data`` may not say together; a secret among them is refused and never repeated."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from raudit.errors import PlanError
from raudit.plan.schema import DataSection, PlanFile
from raudit.yamltext import YamlText

SECRET_WORDS = re.compile(
    r"(^|[?&;\s])[a-z_]*(passw|pwd|secret|token|api_?key|private_?key|credential)[a-z_]*\s*=",
    re.IGNORECASE,
)
ELSEWHERE = ("env:", "keyring:")
MASTERS = ("local[", "local", "spark://")


def check_data(file: PlanFile, yaml: YamlText) -> None:
    """Refuse a data section that names its data twice, not at all, or with a secret.

    Raises
    ------
    PlanError
        Without what was written: it may be a password.
    """
    section = file.data
    if section.path is None and section.connection is None:
        raise _error(
            yaml,
            (),
            "the plan does not say where the data is",
            "data-nowhere",
            "add data.path or data.connection",
        )
    if section.connection is not None:
        _check_connection(section, section.connection, yaml)
    if section.stays:
        _check_staying(file, yaml)
    if section.table is not None and section.query is not None:
        raise _error(
            yaml,
            ("query",),
            "both a table and a query are named",
            "data-twice",
            "keep one of the two",
        )
    if section.engine == "postgresql" and section.connection is None:
        raise _error(
            yaml, ("engine",), "PostgreSQL has no path", "data-nowhere", "add data.connection"
        )


def _check_connection(section: DataSection, connection: str, yaml: YamlText) -> None:
    if section.path is not None and section.engine != "spark":
        raise _error(
            yaml,
            ("path",),
            "both a path and a connection are named",
            "data-twice",
            "keep one of the two",
        )
    if not connection.startswith((*ELSEWHERE, *MASTERS)) and "://" not in connection:
        hint = "write an address such as postgresql://reader@host/db, or env:NAME"
        raise _error(yaml, ("connection",), "the connection is no address", "connection-form", hint)
    if has_secret(connection):
        raise _error(
            yaml,
            ("connection",),
            "the connection holds a secret, and the plan is recorded and printed",
            "connection-secret",
            "keep the whole address in an environment variable: env:NAME, or in a keyring (keyring:SERVICE/USER)",
        )


def _check_staying(file: PlanFile, yaml: YamlText) -> None:
    """Refuse what needs rows, of rows that stay where they are."""
    section, engine = file.data, file.data.engine
    score = section.score
    needs: dict[tuple[str, ...], bool] = {
        ("connection",): engine in {"spark", "ibis"} or _keeps_rows(str(section.connection)),
        ("model",): file.model is not None,
        ("data", "turns"): section.turns is not None,
        ("data", "attributes"): section.attributes is not None,
        ("data", "types"): bool(section.types),
        ("data", "score", "higher_is_favourable"): score is not None
        and not score.higher_is_favourable,
    }
    for at, asked in needs.items():
        if asked:
            raise PlanError(
                "this needs the rows on this machine, and the plan does not allow them to be copied",
                reference="copy-undeclared",
                where=yaml.where(at if at[0] != "connection" else ("data", *at)),
                hint="add data.copy with max_rows, the most rows that may be copied for the length of a run; "
                "types and turned scores can also be written in data.query",
            )


def _keeps_rows(connection: str) -> bool:
    """Whether the address is of an engine that cannot say what its table holds; a variable is looked into later."""
    return connection.startswith(("sc://", *MASTERS)) or not connection.startswith(
        (*ELSEWHERE, "duckdb:", "sqlite:", "postgres:", "postgresql:", "postgresql+")
    )


def has_secret(connection: str) -> bool:
    """Whether an address holds a password, a token or the like."""
    try:
        password = urlsplit(connection).password
    except ValueError:
        return True
    return bool(password) or SECRET_WORDS.search(connection) is not None


def _error(
    yaml: YamlText, at: tuple[str, ...], message: str, reference: str, hint: str
) -> PlanError:
    return PlanError(message, reference=reference, where=yaml.where(("data", *at)), hint=hint)
