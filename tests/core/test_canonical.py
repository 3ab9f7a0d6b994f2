"""Canonical bytes: RFC 8785, round trip, and refusal of what has no canonical form."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.canonical import canonical_bytes, digest, parse_canonical, sha256
from raudit.errors import RecordIntegrityError

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_example_of_rfc_8785():
    # RFC 8785, section 3.2.2 and 3.2.3
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_bytes(value).decode() == expected


@given(values)
def test_bytes_survive_reading_and_writing(value):
    data = canonical_bytes(value)
    assert canonical_bytes(parse_canonical(data)) == data


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), scalars, max_size=6))
def test_order_of_keys_does_not_matter(value):
    assert digest(dict(reversed(value.items()))) == digest(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**60, {1: 2}, object(), b"x", "\ud800"])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(RecordIntegrityError):
        canonical_bytes({"a": value})


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b"[" * 200_000]
)
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(RecordIntegrityError):
        parse_canonical(data)


def test_sha256_of_the_standard_vector():
    # FIPS 180-2, appendix B.1
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_reads_what_was_written():
    assert json.loads(canonical_bytes({"\u20ac": [1, 2.5]})) == {"\u20ac": [1, 2.5]}
