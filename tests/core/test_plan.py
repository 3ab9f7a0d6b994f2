"""A plan says what it must, and an error names file, line, key and what to do."""

import jsonschema
import pytest

from raudit.errors import PlanError
from raudit.plan import load_plan, parse_plan
from raudit.plan.schema import PlanFile

PLAN = """schema: raudit.plan/1
system: {name: Credit, version: "2"}
data:
  path: data.csv
  label: {column: y, favourable: ">50K"}
sensitive_features: [sex, {column: age, edges: [25, 45]}]
"""


@pytest.fixture
def parse(tmp_path):
    return lambda text: parse_plan(text, folder=tmp_path)


def test_a_good_plan_is_read(parse):
    plan = parse(PLAN)
    assert plan.file.data.label.favourable == (">50K",)
    assert [a.column for a in plan.file.sensitive_features] == ["sex", "age"]
    assert plan.file.sensitive_features[1].edges == (25.0, 45.0)


@pytest.mark.parametrize(
    ("change", "reference", "line", "hint"),
    [
        (("schema:", "shema:"), "unknown-key", 1, "schema"),
        (("favourable", "favorable"), "unknown-key", 5, "favourable"),
        (("edges", "edge"), "unknown-key", 6, "edges"),
        ((', favourable: ">50K"', ""), "favourable-missing", 5, "good for the person"),
        (("[25, 45]", "[young]"), "bad-value", 6, ""),
        (('version: "2"', 'name2: "2"'), "unknown-key", 2, "name"),
        (
            ('favourable: ">50K"', "favourable: a, unfavourable: a"),
            "label-contradiction",
            5,
            "one of the two",
        ),
        (("  path: data.csv\n", ""), "data-nowhere", 3, "path"),
    ],
)
def test_a_fault_is_named_with_its_line(parse, change, reference, line, hint):
    with pytest.raises(PlanError) as caught:
        parse(PLAN.replace(*change))
    assert caught.value.reference == reference
    assert caught.value.where.startswith(f"raudit.yaml:{line}")
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["", "- a", "just text", "schema: raudit.plan/2"])
def test_what_is_no_plan_is_refused(parse, text):
    with pytest.raises(PlanError):
        parse(text)


def test_the_editor_schema_accepts_a_good_plan_and_refuses_a_slip():
    schema = PlanFile.model_json_schema(by_alias=True)
    plan = {
        "schema": "raudit.plan/1",
        "system": {"name": "a", "version": "1"},
        "data": {"path": "a.csv"},
    }
    jsonschema.validate(plan, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plan | {"sede": 1}, schema)


def test_a_bad_value_is_told_with_its_key(tmp_path):
    """Where no line is shown, as in a form, the key alone says what to mend."""
    from raudit.errors import PlanError
    from raudit.plan import parse_plan

    text = 'schema: raudit.plan/1\nsystem: {name: s, version: "1"}\ndata: {path: "", weight: w}\n'
    with pytest.raises(PlanError, match=r"]: 'path': String should have at least 1 character"):
        parse_plan(text, folder=tmp_path)
    text = text.replace('path: "", weight: w', "path: d.csv, weight: w, count: n")
    with pytest.raises(PlanError, match=r"]: 'data': rows that stand for many people"):
        parse_plan(text, folder=tmp_path)


def test_a_link_that_leads_in_a_circle_is_a_path_like_any_other(tmp_path):
    (tmp_path / "raudit.yaml").write_text(PLAN)
    (tmp_path / "log.db").symlink_to(tmp_path / "log.db")
    plan = load_plan(tmp_path / "raudit.yaml")
    assert plan.path("log.db").name == "log.db"
