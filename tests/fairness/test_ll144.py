"""New York City's example, and the command that checks a published table."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.command_line import raudit

from raudit.data.build import cells
from raudit.findings import Status
from raudit.stages.fairness import check_ll144_file, impact_ratios
from raudit.stages.fairness.nyc_ll144.check import follows
from raudit.stages.fairness.nyc_ll144.impact_ratios import _table_row

_spec = importlib.util.spec_from_file_location("dcwp", Path(__file__).with_name("dcwp.py"))
dcwp = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dcwp)


@pytest.mark.parametrize("section", [dcwp.SEX, dcwp.RACE, dcwp.BOTH], ids=["sex", "race", "both"])
def test_the_rules_example_follows_from_its_counts(section):
    names = [(name,) if isinstance(name, str) else name for name in section]
    rows = impact_ratios(
        names, [row[0] for row in section.values()], [row[1] for row in section.values()]
    )
    for row, (_, _, rate, ratio) in zip(rows, section.values(), strict=True):
        assert follows(rate, row.rate)
        assert follows(ratio, row.impact_ratio)


def test_unknown_and_small_categories_get_no_ratio():
    rows = impact_ratios(
        [("a",), ("b",), ("c",), ("unknown",)],
        [500, 480, 10, 300],
        [250, 120, 10, 300],
        excluded_share=0.02,
    )
    assert [row.impact_ratio for row in rows] == [1.0, 0.5, None, None]
    assert rows[2].left_out == "under 2 % of the data"
    assert rows[3].left_out == "unknown category"


def test_few_people_of_unknown_category_are_counted_and_others_hidden():
    """The rule asks how many have no category; 3 must not be printed as 0."""
    rows = impact_ratios([("a",), ("b",), ("unknown",)], [500, 3, 3], [250, 1, 2])
    context = SimpleNamespace(speech=SimpleNamespace(group=", ".join))
    told = [_table_row(row, 10, context) for row in rows]
    assert told[0]["selected"] == 250
    assert told[1] == {"category": "b", "note": "fewer than 10 people"}
    assert told[2] == {"category": "unknown", "assessed": 3, "note": "unknown category"}


def command(*args):
    return raudit("check-ll144", *args)


def test_the_command_finds_the_rules_own_inconsistency(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text(dcwp.as_csv())
    done = command(path)
    assert done.returncode == 1
    assert "add up to 395 assessed and 172 selected" in done.stdout
    assert "of the 13 people who are in no part, 32 would have been selected" in done.stdout
    assert "64 numbers recomputed; 1 does not follow." in done.stdout


def test_a_wrong_cell_is_named_with_its_line(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text(
        "Category,Applicants,Selected,Selection rate,Impact ratio\nMale,100,50,50%,1.00\nFemale,100,40,40%,0.85\n"
    )
    done = command(path, "--json")
    assert done.returncode == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert (fault["line"], fault["category"], fault["printed"], fault["expected"]) == (
        3,
        "Female",
        "0.85",
        "0.80",
    )


def test_a_right_table_passes(tmp_path):
    path = tmp_path / "published.csv"
    head = "Sex,# of Applicants,# Selected,Selection Rate,Impact Ratio"
    path.write_text(f'{head}\nMale,"1,390",667,48%,1.00\nFemale,1181,555,47%,0.979\n')
    done = command(path)
    assert (done.returncode, done.stdout) == (
        0,
        "2 rows read: 2 follow, 0 do not. 4 numbers recomputed; all follow.\n",
    )


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("a,b\n1,2\n", "ll144-columns"),
        ("sex,applicants,selected\n", "ll144-empty"),
        ("sex,applicants,selected,rate\nMale,ten,5,0.5\n", "ll144-count"),
        ("sex,applicants,selected,rate\nMale,10,5,half\n", "ll144-number"),
        ("sex,applicants,selected,rate\nMale,5,10,0.5\n", "ll144-counts"),
        ("sex,applicants,selected,rate\n" + "Male,10,5,0.5\n" * 1_001, "ll144-too-long"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, reference):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = command(path)
    assert done.returncode == 2
    assert reference in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_printed_is_nothing_checked(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("sex,applicants,selected\nMale,10,5\n")
    assert command(path).returncode == 5


def test_no_such_file(tmp_path):
    assert command(tmp_path / "none.csv").returncode == 2


def test_preset_from_counted_rows(run, finding):
    table = {"g": [], "p": []}
    for name, (assessed, selected, _, _) in dcwp.RACE.items():
        table["g"] += [name] * assessed
        table["p"] += [1] * selected + [0] * (assessed - selected)
    result = run(table, prediction=("p", "1"), options={"presets": "nyc-ll144"})
    found = finding(result, "RA-FAIR-016")
    assert round(found.measurement.value, 2) == 0.84
    assert found.status is Status.INDETERMINATE
    rows = {
        row["category"]: row for row in next(t for t in result.tables if t.id == "ll144-g").rows
    }
    assert rows["Native American or Alaska Native"]["note"] == "under 2 % of the data"


def test_scoring_rate_counts_scores_above_the_median(run):
    scores = [i / 1000 for i in range(1000)]
    table = {"g": ["a"] * 500 + ["b"] * 500, "s": scores}
    result = run(table, task="score", score="s", options={"presets": ["nyc-ll144"]})
    rows = {
        row["category"]: row["rate"]
        for row in next(t for t in result.tables if t.id == "ll144-g").rows
    }
    assert rows["a"] == 0
    assert rows["b"] == pytest.approx(1, abs=0.01)


def test_counts_in_a_column():
    table = cells(
        {"sex": ["m", "m", "f", "f"], "hired": [1, 0, 1, 0], "n": [667, 723, 555, 626]},
        sensitive_features=["sex"],
        prediction="hired",
        count="n",
    )
    assert table.total == 2571
    assert check_ll144_file
