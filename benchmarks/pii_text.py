"""Text-level precision, recall and F1 per entity: plain presidio against raudit's engine with the same language model.

    python benchmarks/pii_text.py [--shared ../shared/data/pii] [--second-opinion] [--limit N]

``synth_dataset_v2``: 1,500 made-up sentences of presidio-research (MIT). ``wikigold``: Wikipedia prose (CC-BY 4.0). A hit
is a span of the right type that shares at least half of the characters of both. Places and streets count as one type,
since presidio has no street addresses. Types that neither side looks for are left out and named.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pii_peer import engine as peer_engine

from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.engine import build_engine
from raudit.stages.pii.recognise.models import find_model
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

Marks = list[tuple[str, int, int]]
Finder = Callable[[Sequence[str]], Iterable[Marks]]

SAME = {
    "GPE": "LOCATION",
    "STREET_ADDRESS": "LOCATION",
    "ADDRESS": "LOCATION",
    "DOMAIN_NAME": "URL",
    "PER": "PERSON",
    "LOC": "LOCATION",
    "PLACE": "LOCATION",
}
"""Other names of one type."""
LEFT_OUT = {"TITLE", "AGE", "ZIP_CODE", "ORGANIZATION", "ORG", "MISC"}


def synth(folder: Path) -> list[tuple[str, Marks]]:
    entries = json.loads((folder / "synth_dataset_v2.json").read_text())
    return [
        (
            e["full_text"],
            [(s["entity_type"], s["start_position"], s["end_position"]) for s in e["spans"]],
        )
        for e in entries
    ]


def wikigold(folder: Path) -> list[tuple[str, Marks]]:
    def sentence(lines: str) -> tuple[str, Marks]:
        text, marks, last = "", [], ""
        for line in lines.splitlines():
            word, tag = line.rsplit(" ", 1)
            start = len(text) + bool(text)
            text = f"{text} {word}".strip()
            kind = tag[2:]
            if kind and kind == last:
                marks[-1] = (kind, marks[-1][1], len(text))
            elif kind:
                marks.append((kind, start, len(text)))
            last = kind
        return text, marks

    blocks = (folder / "wikigold.conll.txt").read_text().split("\n\n")
    return [sentence(block) for block in blocks if block.strip()]


def presidio() -> Finder:
    batch = peer_engine()

    def find(texts: Sequence[str]) -> Iterator[Marks]:
        for results in batch.analyze_iterator(list(texts), language="en", batch_size=512):
            yield [(r.entity_type, r.start, r.end) for r in results if r.score >= 0.4]

    return find


def ours(second: str = "") -> Finder:
    engine = build_engine(load_rulebook(Options().languages), find_model("en"))
    opinion = None
    if second:
        from raudit.stages.pii.recognise.second_opinion import find_second_opinion

        opinion = find_second_opinion("installed")

    def find(texts: Sequence[str]) -> Iterator[Marks]:
        first = [
            [(s.entity_type, s.start, s.end) for s in spans] for spans in engine.spans(list(texts))
        ]
        if opinion is None:
            yield from first
            return
        for marks, parts in zip(first, opinion.parts(list(texts)), strict=True):
            more = [(p.kind, p.start, p.end) for p in parts]
            rest = [m for m in marks if SAME.get(m[0], m[0]) not in {"PERSON", "LOCATION"}]
            yield rest + (united(marks, more) if second == "either" else agreed(marks, more))

    return find


def united(marks: Marks, more: Marks) -> Marks:
    """Names and places that either model found; where both did, the longer span."""
    both = [(SAME.get(k, k), s, e) for k, s, e in (*marks, *more)]
    kept: Marks = []
    for mark in sorted(
        (m for m in both if m[0] in {"PERSON", "LOCATION"}), key=lambda m: m[1] - m[2]
    ):
        if not any(k[0] == mark[0] and k[1] < mark[2] and mark[1] < k[2] for k in kept):
            kept.append(mark)
    return kept


def agreed(marks: Marks, more: Marks) -> Marks:
    """Names and places of the first model that overlap one of the second's."""
    both = [(SAME.get(k, k), s, e) for k, s, e in marks if SAME.get(k, k) in {"PERSON", "LOCATION"}]
    other = [(SAME.get(k, k), s, e) for k, s, e in more]
    return [m for m in both if any(o[0] == m[0] and o[1] < m[2] and m[1] < o[2] for o in other)]


def hits(gold: Marks, found: Marks) -> int:
    """Gold spans that are found, each found span used once."""
    free = list(found)
    count = 0
    for kind, start, end in gold:
        for mark in free:
            shared = min(end, mark[2]) - max(start, mark[1])
            if mark[0] == kind and 2 * shared >= max(end - start, mark[2] - mark[1]):
                free.remove(mark)
                count += 1
                break
    return count


def score(texts: Sequence[str], gold: Sequence[Marks], find: Finder) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for want, got in zip(gold, find(texts), strict=True):
        mine = list(dict.fromkeys((SAME.get(k, k), s, e) for k, s, e in got))
        theirs = [(SAME.get(k, k), s, e) for k, s, e in want]
        for kind in {m[0] for m in (*mine, *theirs)} - LEFT_OUT:
            count = counts.setdefault(kind, Counter())
            a, b = [m for m in theirs if m[0] == kind], [m for m in mine if m[0] == kind]
            count.update(hit=hits(a, b), gold=len(a), found=len(b))
    return counts


def f1(count: Counter[str]) -> str:
    p = count["hit"] / count["found"] if count["found"] else 0.0
    r = count["hit"] / count["gold"] if count["gold"] else 0.0
    return f"{p:.2f} / {r:.2f} / **{2 * p * r / (p + r) if p + r else 0:.2f}**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data/pii"))
    parser.add_argument("--second-opinion", action="store_true")
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    finders: dict[str, Finder] = {"presidio": presidio(), "raudit": ours()}
    if args.second_opinion:
        finders |= {"raudit, either model": ours("either"), "raudit, both models": ours("both")}
    for name, load in (("synth_dataset_v2", synth), ("wikigold", wikigold)):
        entries = load(args.shared)[: args.limit]
        texts, gold = [t for t, _ in entries], [g for _, g in entries]
        scores: dict[str, dict[str, Counter[str]]] = {}
        for finder, find in finders.items():
            began = time.process_time()
            scores[finder] = score(texts, gold, find)
            print(f"{finder}: {len(texts)} texts, {time.process_time() - began:.0f} CPU seconds")
        table(name, scores, {k for g in gold for k, _, _ in g})


def table(name: str, scores: dict[str, dict[str, Counter[str]]], gold: set[str]) -> None:
    wanted = sorted({SAME.get(k, k) for k in gold} - LEFT_OUT)
    print(f"\n{name}: precision / recall / F1; left out: {', '.join(sorted(gold & LEFT_OUT))}")
    print("| entity | spans | " + " | ".join(scores) + " |")
    print("|---|---|" + "---|" * len(scores))
    for kind in wanted:
        row: list[Any] = [s.get(kind, Counter()) for s in scores.values()]
        print(f"| {kind} | {row[0]['gold']} | " + " | ".join(f1(c) for c in row) + " |")
    sums = [sum((s.get(k, Counter()) for k in wanted), Counter()) for s in scores.values()]
    print(f"| all of these | {sums[0]['gold']} | " + " | ".join(f1(c) for c in sums) + " |")


if __name__ == "__main__":
    main()
