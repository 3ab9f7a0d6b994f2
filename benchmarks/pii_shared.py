"""Tables of the shared data folder for the labelled set: the US Congress and tables known from fairness research."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

Shared = tuple[str, str, Any, frozenset[str]]
"""Key, part, table, personal columns."""

LEGISLATORS = frozenset(
    {
        "id_wikipedia",
        "id_ballotpedia",
        "name_first",
        "name_last",
        "name_middle",
        "name_nickname",
        "name_official_full",
        "family_name",
        "bio_birthday",
        "terms_phone",
        "terms_fax",
        "terms_address",
    }
)
OFFICES = frozenset({"address", "phone", "fax"})
COMPAS = frozenset({"name", "first", "last", "dob"})
"""``c_case_number`` and ``id`` are keys of cases and rows, and clean."""

FAIRNESS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("compas/compas-scores-two-years.csv", "tuning", COMPAS),
    ("compas/compas-scores-two-years-violent.csv", "held out", COMPAS),
    ("aequitas_samples/compas_for_aequitas.csv", "tuning", frozenset()),
    ("adult/adult.parquet", "tuning", frozenset()),
    ("acs_income/ACSIncome.test.parquet", "held out", frozenset()),
    ("german/german_tailequy.csv", "tuning", frozenset()),
    ("law_school/law_school_clean.csv", "held out", frozenset()),
    ("ucb_admissions/UCBAdmissions.csv", "held out", frozenset()),
)


def shared_tables(folder: Path) -> Iterator[Shared]:
    """Tables that are there; ``folder`` is the shared data folder."""
    congress = folder / "pii" / "congress"
    if congress.is_dir():
        yield from _congress(congress)
    for name, part, personal in FAIRNESS:
        if (folder / "fairness" / name).is_file():
            yield f"shared/{name}", part, _read(folder / "fairness" / name), personal


def _read(path: Path) -> Any:
    import pandas as pd
    import pyarrow as pa

    frame = (
        pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, low_memory=False)
    )
    frame = frame.loc[:, ~frame.columns.str.endswith(".1")]
    return pa.Table.from_pandas(frame.head(2_000), preserve_index=False)


def _congress(folder: Path) -> Iterator[Shared]:
    import pyarrow as pa
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    people = [_flat(person) for person in yaml.load(folder / "legislators-current.yaml")]
    offices = [
        _flat(o)
        for place in yaml.load(folder / "legislators-district-offices.yaml")
        for o in place["offices"]
    ]
    for key, part, rows, personal in (
        ("legislators", "tuning", people, LEGISLATORS),
        ("offices", "held out", offices, OFFICES),
    ):
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {n: [None if r.get(n) is None else str(r[n]) for r in rows] for n in names}
        yield f"shared/congress/{key}", part, pa.table(columns), personal


def _flat(entry: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}_")
        elif isinstance(value, list):
            found |= (
                _flat(value[-1], f"{prefix}{key}_") if value and isinstance(value[-1], dict) else {}
            )
        else:
            found[prefix + key] = value
    return found
