"""The expression language: what it computes, and what it refuses."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.checklists.form import lattice
from raudit.checklists.form.expressions import compile_expression
from raudit.checklists.form.lattice import Range, Value
from raudit.errors import ChecklistError


class Names:
    """A scope with names only."""

    def __init__(self, **names: Value) -> None:
        self.names = names

    def name(self, dotted: str) -> Value:
        return self.names.get(dotted, lattice.MISSING)

    def call(self, function: str, args: tuple[str, ...]) -> Value:
        raise AssertionError(function)


def value(text: str, **names: Value) -> Value:
    return compile_expression(text, where="test").evaluate(Names(**names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", Decimal("0.3")),
        ("round(2.5)", Decimal(3)),
        ("round(0.125, 2)", Decimal("0.13")),
        ("min(3, 1, 2)", Decimal(1)),
        ("max([3, 1, 2])", Decimal(3)),
        ("1 if 2 > 1 else 0", Decimal(1)),
        ("'a' in ['a', 'b']", True),
        ("not ('a' == 'b')", True),
        ("-1 + 2 * 3", Decimal(5)),
    ],
)
def test_plain_expressions_compute_in_decimals(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "ans.__class__",
        "().__class__.__bases__",
        "9 ** 9 ** 9",
        "lambda: 1",
        "[x for x in [1]]",
        "{'a': 1}",
        "f'{1}'",
        "(x := 1)",
        "ans('a')('b')",
        "ans(*['a'])",
        "ans(name)",
        "min(1, key=2)",
        "1e999",
        "1000000000000",
        "1 < 2 < 3",
        "1 // 2",
        "1 % 2",
        "b'x'",
        "None",
        "a[0]",
        "",
        "a b",
        "\x00",
        "(" * 300 + "1" + ")" * 300,
        "not " * 100 + "True",
        "+".join("1" * 300),
        "1" * 1001,
    ],
)
def test_a_hostile_expression_is_a_clean_error(text: str) -> None:
    with pytest.raises(ChecklistError) as caught:
        compile_expression(text, where="file:1")
    assert caught.value.where == "file:1"


@given(st.text(max_size=80))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    with contextlib.suppress(ChecklistError):
        compile_expression(text, where="file:1").evaluate(_Missing())


class _Missing(Names):
    def call(self, function: str, args: tuple[str, ...]) -> Value:
        return lattice.MISSING


NUMBERS = st.integers(-20, 20).map(Decimal)


@given(
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.sampled_from(["a + b", "a - b", "a * b", "a * 2 - b", "a - a"]),
)
def test_a_range_contains_every_value_of_its_ends(
    a: Decimal, b: Decimal, c: Decimal, d: Decimal, text: str
) -> None:
    low, high = sorted((a, c))
    span = value(text, a=Range(low, high), b=Range(min(b, d), max(b, d)))
    for left in (low, high):
        for right in (b, d):
            exact = value(text, a=left, b=right)
            assert isinstance(exact, Decimal)
            match span:
                case Range(least, most):
                    assert least <= exact <= most
                case _:
                    assert span == exact


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_comparison_over_a_range_is_never_sure_and_wrong(
    a: Decimal, b: Decimal, c: Decimal
) -> None:
    low, high = sorted((a, b))
    sure = value("x <= y", x=Range(low, high), y=c)
    if isinstance(sure, bool):
        assert sure is (low <= c)
        assert sure is (high <= c)
    else:
        assert (low <= c) != (high <= c) or low == high


def test_what_may_be_either_lies_between_both() -> None:
    assert value("1 if x > 2 else 3", x=Range(Decimal(1), Decimal(5))) == Range(
        Decimal(1), Decimal(3)
    )
    assert value("1 if x > 2 else 3", x=Decimal(5)) == Decimal(1)
    assert value("1 if x > 2 else 3", x=Decimal(2)) == Decimal(3)


def test_not_in_is_the_other_of_in() -> None:
    assert value("x not in ['a', 'b']", x="a") is False
    assert value("x not in ['a', 'b']", x="c") is True
    assert value("x not in ['a', 'b']", x=lattice.OneOf(frozenset("ac"))) is lattice.MAYBE


def test_the_largest_expression_and_one_part_more() -> None:
    def parts(count: int) -> str:
        return (
            f"max([{','.join('1' * count)}])"  # a call, its name, a list and two contexts besides
        )

    assert value(parts(195)) == Decimal(1)
    with pytest.raises(ChecklistError, match="too large"):
        value(parts(196))
