"""Cells that are checked by columns are counted as they are one by one, and what is made ready faster finds no less."""

import string
from dataclasses import replace
from importlib import import_module

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raudit.stages.pii.recognise import native, prefilter
from raudit.stages.pii.vocabulary.languages import NAMES, stop_words
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

RULES = load_rulebook(("en",)).entities
PHONE = RULES["PHONE_NUMBER"]
SEARCHES = {
    "phones": native.Search(
        entity_type="PHONE_NUMBER",
        native=PHONE.native_with_hint,
        finders=((PHONE.native_with_hint, PHONE.validator_with_hint),),
        cover=PHONE.cover,
    ),
    **{
        entity: native.Search(
            entity_type=entity,
            native=rule.native,
            finders=((rule.find or rule.native, rule.validator),),
            cover=rule.cover,
        )
        for entity, rule in RULES.items()
        if entity in native.WHOLE
    },
}
PARTS = st.one_of(
    st.text(alphabet="0123456789", max_size=6),
    st.text(alphabet=" +()./-", max_size=2),
    st.sampled_from(
        ["+49", "(030)", "00", "2024-01-02", "1.5", "a@b.org", "x@y.invalid", "4111 1111 1111 1111"]
    ),
    st.sampled_from(["\u2010", "\xa0", "\t", "ext 12", "Tel. ", "٣", "a.b+c@example.co.uk", ", "]),
)
CELLS = st.lists(st.lists(PARTS, max_size=7).map("".join), min_size=1, max_size=30)


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
@settings(max_examples=40, deadline=None)
@given(cells=CELLS)
@example(cells=["4111 1111 1111 111100"])
def test_by_columns_is_one_by_one(search, cells):
    column = pa.array([*cells, "+49 30 901820", "4111-1111-1111-1111", "ann@example.org"])
    hits = column.filter(pc.match_substring_regex(column, search.native))
    one_by_one = native.PatternCount(k=len(hits))
    for cell in hits.to_pylist():
        native._look(search, cell, 1, one_by_one)
    by_columns = native._counted(search, hits)
    if search.entity_type != "PHONE_NUMBER":
        # What fails its check is part of a cell one by one, and all of it by columns.
        one_by_one = replace(one_by_one, whole=by_columns.whole)
    assert by_columns == one_by_one


def test_phones_in_groups_are_counted_by_columns(monkeypatch):
    looked = []
    monkeypatch.setattr(native, "_look", lambda _search, cell, _n, _count: looked.append(cell))
    cells = pa.array(["+49 30 901820", "(030) 90 18 20", "030/901820", "030901820", "2024-01-02"])
    count = native._counted(SEARCHES["phones"], cells)
    assert looked == ["030901820"]
    assert (count.whole, count.passed) == (4, 3)


def test_a_repetition_without_its_upper_bound_matches_no_less():
    letters = string.ascii_letters + "äéß"
    for pattern, text in [
        (r"\b[A-Z]{2}\d{2,30}\b", "DE" + "4" * 30),
        (rf"(?:[{letters}]{{1,40}} ){{1,3}}\d{{1,4}}", "Am Alten Markt 7"),
        (r"\{1,2\}x{0,1}y", "{1,2}y"),
        (r"[{1,2}]c", "2c"),
    ]:
        wide = prefilter.widen(pattern)
        assert regex.search(pattern, text)
        assert pc.match_substring_regex(pa.array([text]), wide).to_pylist() == [True]
    assert prefilter.widen(r"a{2,40}b") == "a{2,}b"


@pytest.mark.parametrize(
    "codes",
    [
        [code for code in NAMES if code.islower() and code != "fr"],
        pytest.param(["fr"], marks=pytest.mark.slow),  # takes 4 s to import
    ],
    ids=["all but French", "French"],
)
def test_common_words_are_those_of_the_library(codes):
    for code in codes:
        listed = import_module(f"spacy.lang.{code}.stop_words").STOP_WORDS
        assert stop_words(code) == listed
