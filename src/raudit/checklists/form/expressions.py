"""The expression language of checklists: a small, closed part of Python's grammar, never run by Python.

Allowed: ``and or not``, comparisons, ``in``, ``+ - * /``, ``a if c else b``, words in quotes, numbers, lists of those,
dotted names, and calls of the functions in ``FUNCTIONS``. Numbers are decimals. Everything else is an error that
says what was refused; nothing is looked up in Python, so no expression reaches anything but answers and facts.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from raudit.checklists.form import lattice
from raudit.checklists.form.lattice import MAYBE, MISSING, Value
from raudit.errors import ChecklistError

MAX_LENGTH = 1_000
MAX_NODES = 200
MAX_DEPTH = 25

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "ans": (1, 1),
    "has": (2, 20),
    "count": (1, 1),
    "answered": (1, 1),
    "unknown": (1, 1),
    "points": (1, 1),
    "rows": (1, 1),
    "any_row": (3, 20),
    "worst": (2, 2),
    "days": (2, 2),
    "outcome": (1, 1),
    "fact": (1, 1),
    "measured": (1, 1),
    "size": (1, 1),
    "label": (1, 1),
    "round": (1, 2),
    "min": (1, 20),
    "max": (1, 20),
}
"""Name to smallest and largest number of arguments."""

BY_QUESTION = frozenset(
    {
        "ans",
        "has",
        "count",
        "answered",
        "unknown",
        "points",
        "rows",
        "any_row",
        "worst",
        "label",
        "days",
    }
)
"""Functions whose first argument is the id of a question, written out in quotes."""


class Scope(Protocol):
    """Where an expression finds its names."""

    def name(self, dotted: str) -> Value:
        """Value of a name such as ``risk.score``."""

    def call(self, function: str, args: tuple[str, ...]) -> Value:
        """Value of a function that looks at answers, outcomes or facts."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    text: str
    """As written."""
    tree: ast.expr
    """Its checked syntax tree."""

    def evaluate(self, scope: Scope) -> Value:
        """Compute the value."""
        return _value(self.tree, scope)

    def calls(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every call of a function that looks something up, with its words."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                words = tuple(
                    a.value
                    for a in node.args
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                )
                yield _called(node), words

    def names(self) -> Iterator[str]:
        """Every dotted name it uses."""
        inner: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                inner.add(id(node.func))
            elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
                if isinstance(node, ast.Attribute):
                    inner.add(id(node.value))
                yield _dotted(node)

    def compared_words(self) -> Iterator[tuple[str, str]]:
        """Pairs of a question id and a word that ``ans`` of it is compared with; a misspelt option shows up here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Compare) and len(node.comparators) == 1:
                sides = (node.left, node.comparators[0])
                for side, other in (sides, sides[::-1]):
                    if (
                        isinstance(side, ast.Call)
                        and _called(side) == "ans"
                        and isinstance(side.args[0], ast.Constant)
                    ):
                        yield from ((str(side.args[0].value), word) for word in _words(other))


def compile_expression(text: str, *, where: str) -> Expression:
    """Parse and check an expression.

    Parameters
    ----------
    text
        The expression.
    where
        File, line and key for messages.

    Raises
    ------
    ChecklistError
        If it is too long, not an expression, or uses anything outside the language.
    """
    if len(text) > MAX_LENGTH:
        raise _refuse(
            "the expression is too long", where, f"{len(text)} characters", f"at most {MAX_LENGTH}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # CPython warns of odd literals; they are refused below
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise _refuse(
            "this is not an expression", where, repr(text[:80]), "such as ans('x') == 'yes'"
        ) from fault
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise _refuse("the expression is too large", where, text[:80], f"at most {MAX_NODES} parts")
    _check(tree, where, 0)
    return Expression(text, tree)


def _refuse(message: str, where: str, got: str, expected: str) -> ChecklistError:
    return ChecklistError(
        message,
        reference="bad-expression",
        where=where,
        got=got,
        expected=expected,
        hint="see the expression language in docs/reference/checklists.md",
    )


_COMPARE = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)


def _check(node: ast.AST, where: str, depth: int) -> None:
    """Refuse whatever is not listed here; what a newer Python may add to its grammar is refused too."""
    if depth > MAX_DEPTH:
        raise _refuse(
            "the expression is nested too deeply", where, "", f"at most {MAX_DEPTH} levels"
        )
    children: list[ast.AST]
    match node:
        case ast.BoolOp(values=values):
            children = list(values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            children = [operand]
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            children = [node.left, node.right]
        case ast.Compare(ops=[op]) if isinstance(op, _COMPARE):
            children = [node.left, *node.comparators]
        case ast.IfExp():
            children = [node.test, node.body, node.orelse]
        case ast.List() | ast.Tuple():
            children = list(node.elts)
        case ast.Constant(value=value):
            _check_constant(value, where)
            return
        case ast.Call():
            _check_call(node, where)
            children = list(node.args)
        case ast.Attribute() | ast.Name():
            if "__" in _dotted(node) or _dotted(node).startswith("?"):
                raise _refuse(
                    "this name is not allowed",
                    where,
                    _dotted(node).lstrip("?"),
                    "a plain dotted name",
                )
            return
        case ast.Compare():
            raise _refuse(
                "one comparison at a time", where, ast.unparse(node)[:80], "a < b and b < c"
            )
        case _:
            kind = (
                type(node.op).__name__
                if isinstance(node, ast.BinOp | ast.UnaryOp)
                else type(node).__name__
            )
            raise _refuse(
                "this is outside the language",
                where,
                kind,
                "comparisons, and/or/not, + - * /, listed functions",
            )
    for child in children:
        _check(child, where, depth + 1)


def _check_constant(value: object, where: str) -> None:
    if isinstance(value, bool | str):
        return
    if isinstance(value, int | float) and abs(value) < 10**12:  # infinities and bombs fail this
        return
    raise _refuse(
        "this constant is not allowed",
        where,
        repr(value)[:40],
        "a word in quotes, a number below 10^12, True or False",
    )


def _check_call(node: ast.Call, where: str) -> None:
    name = _called(node)
    if name not in FUNCTIONS:
        raise _refuse("this function is not known", where, name[:60], ", ".join(sorted(FUNCTIONS)))
    fewest, most = FUNCTIONS[name]
    if node.keywords or not fewest <= len(node.args) <= most:
        raise _refuse(
            f"'{name}' is called wrongly",
            where,
            ast.unparse(node)[:80],
            f"{fewest} to {most} plain arguments",
        )
    plain = name in {"round", "min", "max", "size"}
    if not plain and not all(
        isinstance(a, ast.Constant) and isinstance(a.value, str) for a in node.args
    ):
        raise _refuse(
            f"'{name}' takes words in quotes", where, ast.unparse(node)[:80], f"{name}('...')"
        )


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)


def _dotted(node: ast.AST) -> str:
    """``a.b.c`` of nested attributes; a leading ``?`` if its root is not a plain name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return ".".join(reversed(parts))


def _words(node: ast.AST) -> Iterator[str]:
    for item in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def _value(node: ast.AST, scope: Scope) -> Value:
    match node:
        case ast.Constant(value=bool() | str() as plain):
            return plain
        case ast.Constant(value=figure):
            return Decimal(str(figure))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(_value(item, scope) for item in items)
        case ast.BoolOp(op=op, values=values):
            join = lattice.both if isinstance(op, ast.And) else lattice.either
            return join([_value(v, scope) for v in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return lattice.negate(_value(operand, scope))
        case ast.UnaryOp(operand=operand):
            return lattice.subtract(Decimal(0), _value(operand, scope))
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, scope), _value(right, scope))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compare(_value(left, scope), op, _value(right, scope))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _choose(lattice.truth(_value(test, scope)), body, orelse, scope)
        case ast.Call():
            return _call(node, scope)
        case _:
            return scope.name(_dotted(node))


_ARITHMETIC = {
    ast.Add: lattice.add,
    ast.Sub: lattice.subtract,
    ast.Mult: lattice.multiply,
    ast.Div: lattice.divide,
}


def _compare(left: Value, op: ast.cmpop, right: Value) -> Value:
    match op:
        case ast.Eq():
            return lattice.equal(left, right)
        case ast.NotEq():
            return lattice.negate(lattice.equal(left, right))
        case ast.In():
            return lattice.contains(left, right)
        case ast.NotIn():
            return lattice.negate(lattice.contains(left, right))
        case ast.Lt() | ast.LtE():
            return lattice.ordered(left, right, strict=isinstance(op, ast.Lt))
        case _:
            return lattice.ordered(right, left, strict=isinstance(op, ast.Gt))


def _choose(test: bool | lattice.Truth, body: ast.expr, orelse: ast.expr, scope: Scope) -> Value:
    if test is MISSING:
        return MISSING
    if test is MAYBE:
        return lattice.hull(_value(body, scope), _value(orelse, scope))
    return _value(body if test else orelse, scope)


def _call(node: ast.Call, scope: Scope) -> Value:
    name = _called(node)
    if name not in {"round", "min", "max", "size"}:
        return scope.call(
            name, tuple(str(a.value) for a in node.args if isinstance(a, ast.Constant))
        )
    values = [_value(a, scope) for a in node.args]
    if name == "round":
        places = values[1] if len(values) > 1 else Decimal(0)
        return lattice.round_half_up(
            values[0], int(places) if isinstance(places, Decimal) and abs(places) < 10 else 0
        )
    if name == "size":
        return (
            Decimal(len(values[0]))
            if isinstance(values[0], tuple | str)
            else (lattice.ANY if values[0] in (MAYBE, lattice.ANY) else MISSING)
        )
    spread = list(values[0]) if len(values) == 1 and isinstance(values[0], tuple) else values
    return lattice.lowest(spread) if name == "min" else lattice.highest(spread)
