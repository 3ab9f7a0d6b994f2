"""Column-level precision and recall on the labelled set: generated tables and the US Congress, labels in the open.

uv run --with faker python benchmarks/pii_quality.py [--congress ../shared/data/pii/congress]
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pii_tables import TABLES

from raudit.stages.pii.assess import prepare, scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.sources import StreamedTable, open_source

CONGRESS = {
    "legislators.csv": {
        "id_wikipedia", "id_ballotpedia", "name_first", "name_last", "name_middle", "name_nickname", "name_official_full",
        "family_name", "bio_birthday", "terms_phone", "terms_fax", "terms_address",
    },
    "offices.csv": {"address", "phone", "fax"},
}  # fmt: skip
"""Personal columns of two tables of public persons; all others are clean."""


def congress(folder: Path, out: Path) -> None:
    """Flatten the two YAML files into tables."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    people = yaml.load(folder / "legislators-current.yaml")
    offices = yaml.load(folder / "legislators-district-offices.yaml")
    write(out / "legislators.csv", [flat(person) for person in people])
    write(out / "offices.csv", [flat(place) for office in offices for place in office["offices"]])


def flat(entry: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}_")
        elif isinstance(value, list):
            found |= flat(value[-1], f"{prefix}{key}_") if value and isinstance(value[-1], dict) else {}
        else:
            found[prefix + key] = value
    return found


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--congress", type=Path, default=Path("../shared/data/pii/congress"))
    args = parser.parse_args()
    labels = {f"{t}.csv": {n for n, k in columns if not k.startswith("-")} for t, (_, columns) in TABLES.items()}
    scanner = prepare(Options(sample=300), seed=0)
    right = wrong = missed = clean = 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        subprocess.run([sys.executable, str(Path(__file__).with_name("pii_tables.py")), folder], check=True)
        if args.congress.is_dir():
            congress(args.congress, out)
            labels |= CONGRESS
        else:
            print("skipped: the Congress tables are not there")
        for name, personal in labels.items():
            (source,) = open_source(str(out / name))
            assert isinstance(source, StreamedTable)
            for verdict in scan_table(source, scanner):
                found, want = verdict.personal, verdict.name in personal
                right, wrong = right + (found and want), wrong + (found and not want)
                missed, clean = missed + (want and not found), clean + (not want)
                if found != want:
                    kinds = ", ".join(f.entity_type for f in verdict.found)
                    print(f"{'false alarm' if found else 'missed'}: {name} {verdict.name} {kinds}")
    print(f"{len(labels)} tables, {right + missed} personal and {clean} clean columns")
    print(
        f"precision {right / (right + wrong):.3f}, recall {right / (right + missed):.3f}, clean flagged {wrong / clean:.2%}"
    )


if __name__ == "__main__":
    main()
