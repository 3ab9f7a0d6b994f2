"""Sentences remember how they were made, and nobody's template can reach further."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.canonical import canonical_bytes, parse_canonical
from raudit.sentences import (
    Message,
    Sentence,
    capital,
    joined,
    message_of,
    messages_in,
    rebuilt,
    say,
    term,
)


def stored(sentence):
    """A message as it comes back from a record."""
    made = message_of(sentence)
    plain = {"template": made.template, "parameters": dict(made.parameters)}
    return Message(**parse_canonical(canonical_bytes(plain)))


def test_a_sentence_is_the_text_that_an_f_string_gives():
    n, share = 1234, 0.0567
    assert say("{n:,} rows ({share:.1%})", n=n, share=share) == f"{n:,} rows ({share:.1%})"


def test_sentences_in_sentences_are_kept():
    inner = say("{n:,} rows", n=12)
    outer = capital(say("the {what} of {who}", what=inner, who="Ann")) + say(" ended")
    assert outer == "The 12 rows of Ann ended"
    assert rebuilt(outer, stored(outer)) == outer
    assert "plain " + inner == "plain 12 rows"
    assert joined(" and ", ["a", inner]) == "a and 12 rows"
    assert joined(", ", []) == ""


@given(
    st.text(max_size=20),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
def test_every_sentence_can_be_made_again_from_what_is_stored(name, n, value):
    sentence = say(
        "{name}: {n:,} of {value:.3g}; {more}", name=name, n=n, value=value, more=term(name)
    )
    assert rebuilt(str(sentence), stored(sentence)) == sentence


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, None, True, np.float32(0.5)])
def test_odd_values_are_stored_as_json(value):
    sentence = say("it is {value}", value=value)
    assert canonical_bytes(dict(message_of(sentence).parameters))


@pytest.mark.parametrize(
    "template",
    [
        "{a.__class__}",
        "{a[0]}",
        "{a!r}",
        "{a:>1000000000}",
        "{a:1000000000}",
        "{0}",
        "{b}",
        "{a:{b.__class__}}",
        "{",
    ],
)
def test_a_template_of_a_strangers_record_reaches_no_further_than_its_parameters(template):
    assert rebuilt("x", Message(template=template, parameters={"a": "x"})) is None


def test_a_message_that_does_not_give_the_text_is_no_message_of_it():
    assert rebuilt("3 rows", Message(template="{n} rows", parameters={"n": 4})) is None
    assert rebuilt("3 rows", Message(template="{n} rows", parameters={"n": 3})) == "3 rows"


def test_messages_are_collected_from_whatever_holds_them():
    one, two = say("{n} rows", n=1), say("no row")
    found = messages_in(({"a": [one, "plain"]}, (two,)))
    assert set(found) == {"1 rows", "no row"}
    assert found["1 rows"].parameters == {"n": 1}


def test_a_copy_of_a_sentence_is_one():
    one = say("{n} rows", n=1)
    for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert isinstance(other, Sentence)
        assert other.template == "{n} rows"
