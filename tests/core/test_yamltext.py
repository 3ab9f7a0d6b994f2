"""YAML stays text, and what could surprise a reader is refused with its line."""

import time

import pytest

from raudit.errors import PlanError
from raudit.yamltext import MAX_BYTES, parse_yaml, read_yaml


def parse(text):
    return parse_yaml(text, source="x.yaml", error=PlanError)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: 12:30:00", {"a": "12:30:00"}),
        ("a: 1_0", {"a": "1_0"}),
        ("a: 008", {"a": "008"}),
        ("a: 2026-11-21", {"a": "2026-11-21"}),
        ("a: ~", {"a": None}),
        ("a: 'null'", {"a": "null"}),
        ("a:", {"a": None}),
        ("- 1.0\n- [x, {y: Yes}]", ["1.0", ["x", {"y": "Yes"}]]),
    ],
)
def test_scalars_stay_text(text, value):
    assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "reference", "line"),
    [
        ("a: &x 1\nb: *x", "yaml-alias", 2),
        ("a: 1\nb: !!python/object/apply:os.system [x]", "yaml-tag", 2),
        ("a: 1\n\na: 2", "yaml-duplicate-key", 3),
        ("a: 1\nb: [1", "yaml-syntax", 2),
        ("a: 1\n---\nb: 2", "yaml-documents", 2),
        ("? [1, 2]\n: 3", "yaml-key", 1),
        ("[" * 60 + "]" * 60, "yaml-too-deep", 1),
        ("a: !!binary aGk=", "yaml-tag", 1),
    ],
)
def test_surprises_are_refused_with_their_line(text, reference, line):
    with pytest.raises(PlanError) as caught:
        parse(text)
    assert caught.value.reference == reference
    assert caught.value.where == f"x.yaml:{line}"
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "a: [" + "x," * 110_000 + "]",
        "a:\n" + "- x\n" * 110_000,
        "a: !t [" + "x," * 110_000,
        "---\na: 1\n" * 200_000,
    ],
    ids=["flow", "block", "pure", "documents"],
)
def test_many_small_values_are_refused_before_they_take_time_or_memory(text):
    before = time.process_time()
    with pytest.raises(PlanError) as caught:
        parse(text)
    assert caught.value.reference in {"yaml-too-large", "yaml-tag", "yaml-documents"}
    assert time.process_time() - before < 10


def test_blank_lines_cost_no_more_than_their_number():
    before = time.process_time()
    assert parse("\n" * 300_000 + "a: 1").value == {"a": "1"}
    assert time.process_time() - before < 5


def test_a_bomb_of_nested_brackets_ends_in_an_error():
    with pytest.raises(PlanError):
        parse("[" * 100_000)


def test_every_key_and_item_has_its_line():
    parsed = parse("a: 1\nb:\n  - c: 2\n  - d: 3\n")
    assert parsed.line(("b", 1, "d")) == 4
    assert parsed.line(("b", 1, "nowhere")) == 4
    assert parsed.where(("b", 0)) == "x.yaml:3 (b.0)"


def test_size_and_encoding_are_bounded(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a: " + b"x" * MAX_BYTES)
    with pytest.raises(PlanError, match="too large"):
        read_yaml(big, error=PlanError)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: caf\u00e9".encode("latin-1"))
    with pytest.raises(PlanError, match="UTF-8"):
        read_yaml(latin, error=PlanError)
    with pytest.raises(PlanError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml", error=PlanError)
