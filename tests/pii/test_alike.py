"""What is worked out once for rows or cells that are alike is what all of them would give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from raudit.stages.pii.recognise import native
from raudit.stages.pii.recognise.native import Search, count_patterns
from raudit.stages.pii.risk import generalise
from raudit.stages.pii.risk.generalise import Step, steps_to_k
from raudit.stages.pii.risk.singling_out import group_codes, measure


def row_by_row(frame, columns, k):
    """The greedy steps over all rows, as they are defined."""
    codes = group_codes(frame, columns)
    ones = np.ones(len(frame), dtype=np.int64)
    ladders = {name: list(generalise._ladder(frame[name], codes[name], ones)) for name in columns}

    def told(codes):
        return generalise._told_apart(codes, ones)

    apart = {name: told(codes[name]) for name in columns}
    below, steps = measure(codes, columns, k).below, []
    while below and len(frame) >= k:
        tried = []
        for name in (name for name in columns if ladders[name]):
            words, coarse = ladders[name][0]
            left = measure({**codes, name: coarse}, columns, k).below
            lost = (told(codes[name]) - told(coarse)) / max(apart[name], 1e-12)
            tried.append(((below - left) / max(lost, 1e-6), name, words, left))
        _, name, words, below = max(tried, key=lambda one: (one[0], one[1]))
        codes[name] = ladders[name].pop(0)[1]
        kept = [told(codes[name]) / apart[name] for name in columns if apart[name]]
        steps.append(Step(column=name, to=words, below=below, loss=1 - sum(kept) / len(kept)))
    return tuple(steps)


@pytest.mark.parametrize("seed", range(6))
def test_steps_to_k_of_alike_rows_are_those_of_all_rows(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 400))
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "zip": [f"{z:05}" for z in rng.integers(10_000, 10_000 + 40 * (seed + 1), n)],
            "sex": rng.choice(["F", "M", None], n),
            "job": rng.choice([f"job {i}" for i in range(20)], n),
        }
    )
    columns = list(frame.columns)[: 2 + seed % 3]
    assert steps_to_k(frame, columns, 5) == row_by_row(frame, columns, 5)


def test_patterns_of_repeated_cells_are_counted_as_those_of_all(monkeypatch):
    cells = pa.array(["a@example.org", "4111 1111 1111 1111", "see b@example.org", "12", "x"] * 30)
    searches = {
        "mail": Search(
            entity_type="EMAIL_ADDRESS",
            native=r"[a-z]@[a-z.]+",
            finders=((r"[a-z]@[a-z.]+", ""),),
        ),
        "card": Search(
            entity_type="CREDIT_CARD", native=r"[0-9 ]{12,}", finders=((r"[0-9 ]{12,}", "luhn"),)
        ),
        "digits": Search(entity_type="D", native="^[0-9]+$"),
    }
    found = {}
    for first in (20, 10_000):
        monkeypatch.setattr(native, "FIRST", first)
        assert native._repeats(cells) is (first == 20)
        count_patterns(cells, searches, found.setdefault(first, {}))
    assert found[20] == found[10_000]
    assert found[20]["mail"].k == 60


WORDS = "date of birth|birthday|geboren am|née? le|date de naissance|fecha de nacimiento|data di nascita"
BORN = f"(?i)(?:{WORDS})[^0-9]{{0,9}}[0-9]{{4}}"


def test_words_at_the_begin_of_a_pattern_are_looked_for_first():
    words, whole = native._by_steps(BORN)
    assert (words, whole) == (f"(?i)(?:{WORDS})", BORN)
    cells = pa.array(["née le 1970", "Birthday: 1981", "birthday", "1970", "x=1"] * 700)
    counts: dict = {}
    count_patterns(cells, {"a": Search(entity_type="a", native=BORN)}, counts)
    assert counts["a"].k == 1_400


@pytest.mark.parametrize("rest", ["|[0-9]{9}", "[|]|x", "(a|b)|c", r"\(|d", "?[0-9]", "{2}9", "*9"])
def test_words_are_no_condition_beside_an_alternative(rest):
    assert len(native._by_steps(f"(?:{WORDS}){rest}")) == 1


def test_a_bar_within_a_group_or_a_class_is_no_alternative():
    assert len(native._by_steps(f"(?:{WORDS})(?:a|b)[|(]\\|")) == 2
