"""Column-level precision and recall of the profile mode on labelled tables, public and generated, with intervals.

    uv run --group benchmark python benchmarks/pii_quality.py [--part tuning|"held out"|both|fresh|unseen|met|all] [--typed] [--show]

Public tables come from installed packages (``pii_public.py``), labels from ``pii_labels.yaml``; generated tables and their
labels from ``pii_tables.py``; tables in ``--shared`` are read if they are there. Cells are scanned as text, as a CSV file
gives them, or with ``--typed`` as the numbers and dates they are. The rules were written on "tuning"; "held out", "fresh" and
"unseen" were each scanned once blind, then looked at, and the rules mended; docs/reference/pii.md holds both figures. The last
two were collected and labelled by somebody who had not read the rules (``pii_fresh.py``; most of their public tables need
``--packs``). "met" (``pii_met.py``) was scanned once, and no rule was mended on it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pii_fresh import fresh_public
from pii_fresh_kinds import fresh_generated
from pii_met import doubtful_in, met_tables
from pii_public import as_arrow, part_of, public_tables, versions
from pii_shared import shared_tables
from pii_tables import generated_tables

from raudit.data import wrap_table
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.count.profile import clopper_pearson
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare

BLIND = ("fresh", "unseen")
PARTS = ("tuning", "held out", *BLIND, "met")
LABELS = Path(__file__).with_name("pii_labels.yaml")


@dataclass(frozen=True)
class Labelled:
    """A table, which part it belongs to, and what its columns hold."""

    key: str
    part: str
    origin: str
    """public, shared or generated"""
    table: Any
    personal: frozenset[str]
    doubtful: frozenset[str]


def labelled_tables(parts: set[str], shared: Path, only: str) -> Iterator[Labelled]:
    """All tables of the wanted parts; tables that repeat another one are left out."""
    from ruamel.yaml import YAML

    labels = YAML(typ="safe").load(LABELS)
    seen: set[int] = set()
    unused = set(labels["personal"]) | set(labels["doubtful"])
    for key, load in public_tables():
        unused.discard(key)
        if part_of(key) not in parts or only not in key:
            continue
        table = as_arrow(load)
        if (
            table is None
            or (same := hash((*table.column_names, table.num_rows, str(table.slice(0, 20)))))
            in seen
        ):
            continue
        seen.add(same)
        sure, unsure = labels["personal"].get(key, {}), labels["doubtful"].get(key, {})
        if missing := {*sure, *unsure} - set(table.column_names):
            sys.exit(f"{key}: no column {missing}")
        yield Labelled(key, part_of(key), "public", table, frozenset(sure), frozenset(unsure))
    for origin, tables in (("shared", shared_tables(shared)), ("generated", generated_tables())):
        for key, part, table, personal in tables:
            if part in parts and only in key:
                yield Labelled(key, part, origin, table, frozenset(personal), frozenset())
    absent = {key.split("/")[0] for key in unused}
    if absent:
        print("labels without their table:", ", ".join(sorted(absent)), file=sys.stderr)


def blind_tables(part: str, folders: Sequence[Path], only: str) -> Iterator[Labelled]:
    """All tables of one of the parts that were labelled by somebody who had not read the rules."""
    for item in fresh_public(part, folders, only):
        yield Labelled(item.key, part, "public", item.table, item.personal, item.doubtful)
    for item in fresh_generated(part, only):
        yield Labelled(item.key, part, "generated", item.table, item.personal, item.doubtful)


def tables_met(only: str) -> Iterator[Labelled]:
    """All tables of the part that was labelled before the scan had seen one of them."""
    for key, table, personal in met_tables():
        if only in key:
            yield Labelled(key, "met", "generated", table, personal, doubtful_in(key))


def as_text(table: Any) -> Any:
    """Every column as text, as a CSV file gives it."""
    import pyarrow as pa

    columns = []
    for column in table.columns:
        try:
            columns.append(column.cast(pa.large_string()))
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            columns.append(
                pa.array(
                    [None if v is None else str(v) for v in column.to_pylist()], pa.large_string()
                )
            )
    return pa.table(columns, names=table.column_names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=[*PARTS, "both", "all"], default="tuning")
    parser.add_argument("--typed", action="store_true", help="keep numbers and dates typed")
    parser.add_argument(
        "--show", action="store_true", help="print each wrong column with the evidence"
    )
    parser.add_argument("--only", default="", help="tables whose key holds this")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--packs", type=Path, nargs="+", default=[], help="folders that pii_packs.py filled"
    )
    parser.add_argument(
        "--count", action="store_true", help="count tables and columns, scan nothing"
    )
    parser.add_argument("--out", type=Path, help="write each column's result as JSON lines")
    parser.add_argument("--sample", type=int, default=1_000)
    parser.add_argument("--second-opinion", action="store_true")
    args = parser.parse_args()
    parts = {"both": set(PARTS[:2]), "all": set(PARTS)}.get(args.part, {args.part})
    seen = parts - {*BLIND, "met"}
    tables = labelled_tables(seen, args.shared, args.only) if seen else iter(())
    tables = chain(
        tables,
        *(blind_tables(part, args.packs, args.only) for part in BLIND if part in parts),
        tables_met(args.only) if "met" in parts else (),
    )
    if args.count:
        count_columns(tables)
        return
    print("packages:", ", ".join(f"{n} {v or 'not installed'}" for n, v in versions().items()))
    more = {"second_opinion": "installed"} if args.second_opinion else {}
    scanner = prepare(Options(sample=args.sample, **more), seed=0)
    counts: dict[tuple[str, str], Counter[str]] = {}
    out = args.out.open("w") if args.out else None
    began = time.process_time()
    for item in tables:
        table = item.table if args.typed else as_text(item.table)
        count = counts.setdefault((item.part, item.origin), Counter())
        count["tables"] += 1
        for verdict in scan_table(wrap_table(table, name=item.key), scanner):
            tally(item, verdict, count, args.show, out)
    for part in sorted(parts, reverse=True):
        report(part, {origin: c for (p, origin), c in counts.items() if p == part})
    print(f"{time.process_time() - began:.0f} CPU seconds")


def count_columns(tables: Iterator[Labelled]) -> None:
    """Print how many tables and columns there are, without a scan; columns without a value are left out."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for item in tables:
        filled = {
            n
            for n, column in zip(item.table.column_names, item.table.columns, strict=True)
            if column.null_count < len(column)
        }
        personal, doubtful = len(filled & item.personal), len(filled & item.doubtful)
        counts.setdefault((item.part, item.origin), Counter()).update(
            {
                "tables": 1,
                "with personal columns": personal > 0,
                "personal": personal,
                "doubtful": doubtful,
                "clean": len(filled) - personal - doubtful,
            }
        )
    for (part, origin), count in counts.items():
        print(f"{part}, {origin}: " + ", ".join(f"{n:,} {what}" for what, n in count.items()))


def tally(item: Labelled, verdict: Any, count: Counter[str], show: bool, out: Any) -> None:
    """Hold one verdict against its label."""
    found, want = verdict.personal, verdict.name in item.personal
    words = verdict.profile.mean_words > 0 and verdict.profile.digit_share < 0.5
    if verdict.name in item.doubtful:
        count["doubtful"] += 1
        count["doubtful flagged"] += found
        outcome = "doubtful flagged" if found else "doubtful left"
    elif not verdict.profile.n_filled:
        return
    else:
        outcome = {(1, 1): "right", (1, 0): "false alarm", (0, 1): "missed", (0, 0): "clean"}[
            found, want
        ]
        count[outcome] += 1
        count[f"{outcome} in words"] += words
    if show and outcome in {"false alarm", "missed"}:
        kinds = ", ".join(f"{f.entity_type} ({f.sureness})" for f in verdict.found)
        print(f"{outcome}: {item.key} {verdict.name} {kinds}", flush=True)
    if out is not None:
        p = verdict.profile
        line = {
            "table": item.key,
            "column": verdict.name,
            "outcome": outcome,
            "shaped": p.name_shape,
        } | {
            "listed": p.name_listed,
            "words": p.mean_words,
            "digits": p.digit_share,
            "distinct": p.distinct_in_sample,
            "n": p.n_sampled,
            "separated": p.separated,
            "gates": p.gates,
            "hints": {k: str(v) for k, v in verdict.hints.items()},
            "found": [(f.entity_type, str(f.sureness)) for f in verdict.found],
            "special": verdict.special,
            "counts": [(c.entity_type, c.k, c.n, c.whole, c.checksum, c.agreed) for c in p.counts],
        }
        out.write(json.dumps(line, default=str) + "\n")


def report(part: str, counts: dict[str, Counter[str]]) -> None:
    """One line for each origin of tables and one for all."""
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    print(f"\n{part}")
    print(
        "| tables | | personal | clean | precision | recall | clean flagged | of clean columns of words |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for origin, c in (*sorted(counts.items()), ("all", total)):
        right, wrong, missed, clean = c["right"], c["false alarm"], c["missed"], c["clean"]
        words = c["clean in words"] + c["false alarm in words"]
        print(
            f"| {c['tables']:,} {origin} | {c['doubtful flagged']} of {c['doubtful']} doubtful flagged | {right + missed} | "
            f"{clean + wrong:,} | {share(right, right + wrong)} | {share(right, right + missed)} | "
            f"{share(wrong, clean + wrong, 2)} | {share(c['false alarm in words'], words, 2)} |"
        )


def share(k: int, n: int, digits: int = 1) -> str:
    """A share in per cent with its Clopper-Pearson interval."""
    low, high = clopper_pearson(k, n)
    return f"{k / n if n else 0:.{digits}%} ({low:.{digits}%} to {high:.{digits}%})"


if __name__ == "__main__":
    main()
