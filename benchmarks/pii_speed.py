"""Full and profile mode against presidio's tuned BatchAnalyzerEngine: CPU seconds, agreement, coverage, and the limit.

    python benchmarks/pii_speed.py TABLE.parquet --peer peer.pickle [--large ROWS] [--runs 20]

``peer.pickle`` comes from ``pii_peer.py`` on the same table and machine; without it the peer runs first (about 25
minutes for 100,000 x 12). One thread everywhere. Exit status 1 if a bar is missed.
"""

# ruff: noqa: E402 -- thread counts must be set before anything is imported
from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import pickle
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from raudit.scan.sources import StreamedTable, open_source
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.count.full import spans_of
from raudit.stages.pii.count.scan import start
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.engine import build_engine
from raudit.stages.pii.scanner import Scanner, prepare

THRESHOLD = 0.4


def full_mode(path: Path, peer: dict[str, Any], scanner: Scanner) -> tuple[float, float]:
    """Every distinct value with presidio's own recognisers; CPU of both and the share of equal cells.

    First without any gate: every value of every column, numbers too, through patterns and language model. Then what
    each type gate would save, and what presidio finds in the cells that it keeps from being read.
    """
    engine = build_engine(scanner.rulebook, scanner.model, own_patterns=False)
    table = pq.read_table(path)
    cpu = peer_cpu = gated_cpu = 0.0
    cells = equal = 0
    gates = []
    print(f"\nfull mode, no gate, cell by cell, score >= {THRESHOLD}")
    print(f"{'column':14}{'cells':>9}{'peer s':>9}{'ours s':>9}{'ratio':>8}{'cells not equal':>17}")
    for name in table.column_names:
        theirs = peer["columns"][name]
        begin = time.process_time()
        counted = pc.value_counts(pc.drop_null(table.column(name)).combine_chunks())
        values = [str(v) for v in counted.field("values").to_pylist()]
        found = dict(spans_of(values, engine))
        spent = time.process_time() - begin
        counts = dict(zip(values, counted.field("counts").to_pylist(), strict=True))
        differ, hits = 0, Counter()
        for value, spans in theirs["spans"].items():
            want = {s[:3] for s in spans if s[3] >= THRESHOLD}
            differ += counts[value] if want != {s[:3] for s in found[value]} else 0
            hits.update(dict.fromkeys({s[0] for s in want}, counts[value]))
        cpu, peer_cpu = cpu + spent, peer_cpu + theirs["cpu"]
        cells, equal = cells + theirs["cells"], equal + theirs["cells"] - differ
        print(
            f"{name:14}{theirs['cells']:9,}{theirs['cpu']:9.1f}{spent:9.1f}{theirs['cpu'] / spent:8.1f}{differ:17,}",
            flush=True,
        )
        gate, left = _gated(name, table.schema.field(name).type, values, scanner)
        gated_cpu += left if gate else spent
        if gate:
            shares = ", ".join(
                f"{entity} in {k / theirs['cells']:.1%}" for entity, k in hits.most_common(3)
            )
            gates.append(
                f"  {name}: {gate}; saves {spent - left:.1f} CPU-s; presidio says {shares or 'nothing'}"
            )
    print(
        f"no gate: {peer_cpu:,.1f} / {cpu:,.1f} CPU-s = {peer_cpu / cpu:.1f} x; {equal / cells:.5%} of cells equal"
    )
    print("type gates of the scan, and what presidio finds in the cells that they leave out:")
    print("\n".join(gates))
    print(
        f"with the gates: {peer_cpu:,.1f} / {gated_cpu:,.1f} CPU-s = {peer_cpu / gated_cpu:.1f} x"
    )
    return peer_cpu / cpu, equal / cells


def numeric_kind(arrow_type: object) -> str:
    """The kind of a column that the language model is kept from; empty for text."""
    import pyarrow as pa

    t = pa.types
    gates = {
        "boolean": t.is_boolean,
        "integer": t.is_integer,
        "number": t.is_floating,
        "time": t.is_temporal,
    }
    return next((kind for kind, test in gates.items() if test(arrow_type)), "")


def _gated(name: str, arrow_type: Any, values: list[str], scanner: Scanner) -> tuple[str, float]:
    """The gate on a column in full mode, and the CPU that is still spent on it."""
    kind = numeric_kind(arrow_type)
    if not kind:
        return "", 0.0
    scan = start(name, kind, rulebook=scanner.rulebook, hints=scanner.hints, seed=0, sample_size=1)
    if kind == "integer" and scan.searches:
        begin = time.process_time()
        list(spans_of(values, scanner.engine, ner=False))
        return "whole numbers: no language model", time.process_time() - begin
    return f"{kind}: values are not read", 0.0


def profile_mode(path: Path, peer: dict[str, Any], scanner: Scanner, scale: int) -> float:
    """Profile mode; the peer's CPU is multiplied where the table was repeated."""
    (data,) = open_source(str(path))
    assert isinstance(data, StreamedTable)
    cells = data.n_rows * len(data.kinds)
    begin = time.process_time()
    verdicts = scan_table(data, scanner)
    cpu = time.process_time() - begin
    peer_cpu = sum(c["cpu"] for c in peer["columns"].values()) * scale
    print(
        f"\nprofile mode, {cells:,} cells: {peer_cpu:,.0f} / {cpu:.2f} CPU-s = {peer_cpu / cpu:,.0f} x",
        end="",
    )
    print(f" (peer measured at 1/{scale} of the rows and multiplied)" if scale > 1 else "")
    print("found: " + ", ".join(v.name for v in verdicts if v.personal))
    return peer_cpu / cpu


def coverage(path: Path, peer: dict[str, Any], scanner: Scanner, runs: int) -> tuple[float, int]:
    """How often the interval of a sample covers the peer's full scan, and the pairs of at least 1 % that were missed."""
    table = pq.read_table(path)
    inside = total = missed = 0
    ours = {
        "PERSON",
        "LOCATION",
        "NRP",
        "PHONE_NUMBER",
        "EMAIL_ADDRESS",
        "IP_ADDRESS",
        "CREDIT_CARD",
        "URL",
        "DATE_TIME",
    }
    truth: dict[tuple[str, str], float] = {}
    for name, column in peer["columns"].items():
        if numeric_kind(table.schema.field(name).type):
            continue
        counts = {
            str(e["values"]): e["counts"].as_py()
            for e in pc.value_counts(pc.drop_null(table.column(name)))
        }
        for entity in ours:
            k = sum(
                counts[v]
                for v, ss in column["spans"].items()
                if any(s[0] == entity and s[3] >= THRESHOLD for s in ss)
            )
            if k / column["cells"] >= 0.01:
                truth[name, entity] = k / column["cells"]
    engine = build_engine(scanner.rulebook, scanner.model, own_patterns=False)
    from raudit.stages.pii.count.profile import clopper_pearson

    for seed in range(runs):
        for name in {name for name, _ in truth}:
            scan = start(
                name,
                "text",
                rulebook=scanner.rulebook,
                hints=scanner.hints,
                seed=seed,
                sample_size=1000,
            )
            for chunk in table.column(name).chunks:
                scan.sample.add(chunk.cast(pa.large_string()))
            cells = scan.sample.cells()
            found = engine.spans(cells)
            for (column, entity), share in truth.items():
                if column == name:
                    k = sum(any(s.entity_type == entity for s in spans) for spans in found)
                    low, high = clopper_pearson(k, len(cells))
                    total += 1
                    missed += k == 0
                    inside += low <= share <= high
    print(
        f"\nsample of 1,000 against the peer's full scan: {len(truth)} (column, entity) pairs of at least 1 %, {runs} seeds:"
    )
    print(f"intervals cover {inside:,} of {total:,} = {inside / total:.1%}; pairs missed: {missed}")
    return inside / total, missed


ALONE = """
import sys, time
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.scanner import prepare
from raudit.stages.pii.options import Options
from raudit.scan.sources import open_source
if __name__ == "__main__":
    scanner = prepare(Options(workers=int(sys.argv[2])), seed=0)
    (data,) = open_source(sys.argv[1])
    begin = time.perf_counter()
    scan_table(data, scanner)
    wall = time.perf_counter() - begin
    print(wall, next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def alone(path: Path, workers: int) -> tuple[float, float]:
    """Wall seconds and peak memory in GB of a scan in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "alone.py"  # workers import it again, so it must be a file
        script.write_text(ALONE)
        command = [sys.executable, str(script), str(path), str(workers)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory) / 2**20


def limit(path: Path, scanner: Scanner) -> None:
    """One OR-ed regular expression over the same bytes: nothing that looks at every byte can be faster."""
    table = pq.read_table(path)
    text = [table.column(n).cast(pa.large_string()) for n in table.column_names]
    patterns = [r.native for r in scanner.rulebook.entities.values() if r.native]
    pattern = "|".join(f"(?:{p})" for p in patterns if not p.startswith("^"))
    begin = time.process_time()
    for column in text:
        pc.match_substring_regex(column, pattern)
    cpu = time.process_time() - begin
    cells = table.num_rows * table.num_columns
    print(
        f"for comparison, one OR-ed expression over the bytes of the given table (it outgrows RE2's automaton): {cpu:.2f} CPU-s, {cells / cpu / 1e6:.1f} million cells a second"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument(
        "--large", type=int, default=10, help="repeat the table so often for the large run"
    )
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--skip-full", action="store_true")
    parser.add_argument("--only-full", action="store_true")
    args = parser.parse_args()
    if args.peer is None:
        from pii_peer import run

        peer = run(args.table, None, None)
    else:
        peer = pickle.loads(args.peer.read_bytes())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    scanner = prepare(Options(), seed=0)
    warm_up(args.table, scanner)
    ok = True
    if not args.skip_full:
        ratio, equal = full_mode(args.table, peer, scanner)
        ok = ok and ratio >= 10 and equal >= 0.9999
    if args.only_full:
        raise SystemExit(0 if ok else 1)
    ok = profile_mode(args.table, peer, scanner, 1) >= 250 and ok
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "large.parquet"
        repeated(args.table, big, args.large)
        ok = profile_mode(big, peer, scanner, args.large) >= 1000 and ok
        limit(args.table, scanner)
        one, memory = alone(big, 1)
        two, _ = alone(big, 2)
        print(
            f"\nthe large table in a process of its own: {one:.1f} s, {memory:.2f} GB at its peak"
        )
        print(f"with two workers: {two:.1f} s wall = {one / two:.2f} x (each worker starts afresh)")
        ok = ok and memory < 1
    covered, missed = coverage(args.table, peer, scanner, args.runs)
    ok = ok and covered >= 0.95 and not missed
    print("every bar met" if ok else "a bar was missed")
    raise SystemExit(0 if ok else 1)


def warm_up(path: Path, scanner: Scanner) -> None:
    """Load lazily compiled patterns, which the peer's clock does not count either."""
    from raudit.data import wrap_table

    scan_table(wrap_table(pq.read_table(path).slice(0, 50)), scanner)


def repeated(path: Path, out: Path, times: int) -> None:
    """A larger table with different values: every text gets its letters and digits shifted by row block."""
    table = pq.read_table(path)
    with pq.ParquetWriter(out, table.schema) as writer:
        for turn in range(times):
            columns = []
            for name in table.column_names:
                column = table.column(name)
                if turn and name == "email":
                    prefix = pa.scalar(chr(96 + turn), pa.large_string())
                    column = pc.binary_join_element_wise(
                        prefix, column, pa.scalar("", pa.large_string())
                    )
                columns.append(column)
            writer.write_table(
                pa.table(dict(zip(table.column_names, columns, strict=True))).cast(table.schema)
            )


if __name__ == "__main__":
    main()
