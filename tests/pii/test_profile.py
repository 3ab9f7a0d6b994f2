"""Scans of parts merge to the scan of the whole, and samples cover what they estimate."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from raudit.data import wrap_table
from raudit.stages.pii.assess import conclude, scan_table
from raudit.stages.pii.count.parts import merge_parts, scan_part
from raudit.stages.pii.count.profile import clopper_pearson
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare
from raudit.stages.pii.vocabulary.names_of_columns import hint_table
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["Angela Jones", "a.jones@example.org", "4539 1488 0343 6467", "+1 212 555 0123", "1.2.3.4"]
    ),
    st.emails(),
)


RULES = load_rulebook(("en",))
HINTS = hint_table(RULES)


def facts(part):
    return {
        name: (
            scan.n_rows,
            scan.n_empty,
            scan.cut,
            sorted(scan.sample.cells()),
            {
                e: (c.k, c.passed, c.whole, c.sound, c.agreed)
                for e, c in sorted(scan.counts.items())
            },
        )
        for name, scan in part.columns.items()
    }


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(CELLS, CELLS), max_size=60),
    cuts=st.sets(st.integers(0, 60), max_size=4),
    turn=st.integers(0, 5),
)
def test_any_cut_merged_in_any_order_is_the_whole(values, cuts, turn):
    table = pa.table(
        {"a": pa.array([v[0] for v in values], pa.string()), "email": [v[1] or "" for v in values]}
    )
    kinds = wrap_table(table).kinds

    def scanned(begin, end):
        batches = table.slice(begin, end - begin).to_batches()
        return scan_part(
            batches, kinds, rulebook=RULES, hints=HINTS, seed=5, sample=7, first_row=begin
        )

    edges = sorted({0, len(values), *(c for c in cuts if c < len(values))})
    parts = [scanned(a, b) for a, b in pairwise(edges)] or [scanned(0, 0)]
    parts = parts[turn % len(parts) :] + parts[: turn % len(parts)]
    assert facts(merge_parts(parts)) == facts(scanned(0, len(values)))


@pytest.fixture(scope="module")
def table():
    people = [
        "Angela Jones",
        "Robert Miller",
        "Maria Garcia",
        "James Smith",
        "Linda Brown",
        "Carlos Lopez",
    ]
    return pa.table(
        {
            "who": [people[i % 6] for i in range(3_000)],
            "mail": [f"user{i}@example.org" if i % 3 else None for i in range(3_000)],
            "n": list(range(3_000)),
        }
    )


def test_a_merged_scan_gives_the_verdicts_of_the_whole(table):
    scanner = prepare(Options(sample=200), seed=3)
    data = wrap_table(table)
    parts = [
        scan_part(
            table.slice(begin, 1_000).to_batches(),
            data.kinds,
            rulebook=scanner.rulebook,
            seed=3,
            sample=200,
            first_row=begin,
        )
        for begin in (2_000, 0, 1_000)
    ]
    assert conclude(merge_parts(parts), scanner) == scan_table(data, scanner)


def test_the_number_of_workers_changes_nothing(table, monkeypatch):
    monkeypatch.setattr("raudit.stages.pii.count.parts.ROWS", 700)
    one = scan_table(wrap_table(table), prepare(Options(sample=200), seed=3))
    assert scan_table(wrap_table(table), prepare(Options(sample=200, workers=2), seed=3)) == one


def test_nor_does_it_in_full_mode(table, monkeypatch):
    monkeypatch.setattr("raudit.stages.pii.count.full.CHUNK", 60)
    few = table.slice(0, 90)
    one = scan_table(wrap_table(few), prepare(Options(mode="full"), seed=3))
    assert scan_table(wrap_table(few), prepare(Options(mode="full", workers=2), seed=3)) == one


@pytest.mark.parametrize(("n", "p"), [(100, 0.01), (250, 0.1), (1_000, 0.02), (1_000, 0.5)])
def test_intervals_cover_at_their_level(n, p):
    k = np.arange(n + 1)
    inside = [low <= p <= high for low, high in (clopper_pearson(int(x), n) for x in k)]
    assert binom.pmf(k[inside], n, p).sum() >= 0.95


def test_a_sample_of_a_stream_is_simple_random():
    table = pa.table({"a": [f"cell{i}" for i in range(40)]})
    kinds = wrap_table(table).kinds
    drawn = np.zeros(40)
    for seed in range(200):
        part = scan_part(
            table.to_batches(), kinds, rulebook=RULES, hints=HINTS, seed=seed, sample=10
        )
        drawn[[int(cell[4:]) for cell in part.columns["a"].sample.cells()]] += 1
    assert drawn.sum() == 2_000
    assert ((drawn - 50) ** 2 / (50 * 0.75)).sum() < 80  # chi-square, about 40 degrees of freedom
