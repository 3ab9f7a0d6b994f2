"""The second model: joining its tokens, its errors in one line, and, where it is installed, what it reads."""

import importlib.util

import pytest

from raudit.errors import PlanError
from raudit.stages.pii.count.profile import ColumnProfile, EntityCount
from raudit.stages.pii.judge.verdicts import judge
from raudit.stages.pii.recognise.second_opinion import (
    PACKAGE,
    Part,
    find_second_opinion,
    joined_parts,
)
from raudit.stages.pii.vocabulary.names_of_columns import hint_table
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

BOOK = load_rulebook(("en",))
HINTS = hint_table(BOOK)
INSTALLED = all(importlib.util.find_spec(name) for name in (PACKAGE, "onnxruntime", "tokenizers"))


def test_tokens_of_one_name_and_of_one_address_are_joined():
    text = "Dr. Ann Miller, 12 Elm Street, Dayton and Bob"
    words = [
        Part("PERSON", 4, 7),
        Part("PERSON", 8, 14),
        Part("ADDRESS", 16, 18),
        Part("ADDRESS", 19, 29),
        Part("PLACE", 31, 37),
        Part("PERSON", 42, 45),
    ]
    found = [(p.kind, text[p.start : p.end]) for p in joined_parts(text, words)]
    assert found == [
        ("PERSON", "Ann Miller"),
        ("ADDRESS", "12 Elm Street, Dayton"),
        ("PERSON", "Bob"),
    ]


def test_a_folder_without_weights_is_said_in_one_line(tmp_path):
    with pytest.raises(PlanError, match="no model for a second opinion") as error:
        find_second_opinion(str(tmp_path))
    assert "--no-deps" in error.value.hint


def column(second_person=None, second_address=None, model=0.4, listed=0.3):
    names = EntityCount(
        entity_type="PERSON",
        k=int(100 * model),
        n=100,
        exact=False,
        whole=int(100 * model),
        agreed=int(100 * min(model, listed)),
    )
    profile = ColumnProfile(
        name="c7",
        kind="text",
        n_rows=100,
        n_empty=0,
        n_sampled=100,
        distinct_in_sample=90,
        mean_words=2.0,
        name_shape=1.0,
        name_listed=listed,
        counts=(names,),
        language_model=True,
        second_person=second_person,
        second_address=second_address,
    )
    return [(f.entity_type, str(f.sureness)) for f in judge(profile, HINTS, BOOK).found]


def test_two_models_that_agree_are_believed_and_one_alone_is_not():
    assert column() == []
    assert column(second_person=0.8) == [("PERSON", "values")]
    assert column(second_person=0.2) == []
    assert column(second_person=0.8, model=0.1) == []
    # The first model and the lists agree without it; a second model that says no to a weak yes is believed too.
    assert column(model=0.6, listed=0.6) == [("PERSON", "values")]
    assert column(second_person=0.0, model=0.2, listed=0.7) == []


def test_addresses_are_found_by_the_second_model_alone_only_if_nearly_all_are():
    assert column(second_address=0.9) == [("ADDRESS", "values")]
    assert column(second_address=0.5) == []


@pytest.mark.skipif(not INSTALLED, reason="the second model is not installed")
def test_the_weights_read_names_and_addresses():
    opinion = find_second_opinion("installed")
    assert opinion.described()["onnx_sha256"].startswith("9f27d24949b05817")
    names, none = ["Miller, Ann", "JAMES BROWN", "Maria Garcia"], ["lamp", "order 17", "3.5 kg"]
    assert opinion.shares(names) == (1.0, 0.0)
    assert opinion.shares(["12 Elm Street, Dayton, OH 45402", "400 Main St Apt 3"])[1] == 1.0
    assert opinion.shares(none) == (0.0, 0.0)
    long = "word " * 2_000 + "please call Ann Miller"
    assert any(long[p.start : p.end] == "Ann Miller" for p in opinion.parts([long])[0])
