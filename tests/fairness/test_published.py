"""Published tables recompute at their printed rounding."""

from __future__ import annotations

import csv
from collections import defaultdict

import pandas as pd
import pytest

from raudit.data import wrap_table
from raudit.data.count import CellSpec, count_cells
from raudit.data.roles import Outcome
from raudit.plan import Attribute
from raudit.stages.fairness.measures.metrics import FN, FP, TN, TP, estimate, group_counts


@pytest.fixture(scope="module")
def published(vectors):
    tables = defaultdict(dict)
    with (vectors / "fairness" / "published_tables.csv").open() as file:
        for row in csv.DictReader(file):
            tables[row["table"].split()[0]][row["item"]] = float(row["published"])
    return tables


def people(path):
    """One row a person from a table of counts."""
    counts = pd.read_csv(path)
    return counts.loc[counts.index.repeat(counts["people"])].reset_index(drop=True)


def compas(vectors):
    return people(vectors / "fairness" / "compas-two-years.csv")


def counted(frame, attributes, label, prediction):
    spec = CellSpec(
        attributes=tuple(Attribute(column=name) for name in attributes),
        label=Outcome(column=label[0], favourable=frozenset(label[1:])) if label else None,
        prediction=Outcome(column=prediction[0], favourable=frozenset(prediction[1:])),
    )
    return count_cells(wrap_table(frame), spec)


def test_propublica_confusion_tables(vectors, published):
    frame = compas(vectors)
    checked = 0
    for cut, positive in (("med", ("High", "Medium")), ("high", ("High",))):
        table = counted(frame, ["race"], ("two_year_recid", "1"), ("score_text", *positive))
        for name, groups in (
            ("all", group_counts(table, ())),
            ("race", group_counts(table, ("race",))),
        ):
            fpr, fnr = (
                estimate(groups, f"false_{kind}_rate").value * 100
                for kind in ("positive", "negative")
            )
            for i, group in enumerate(groups.names):
                who = (
                    "all"
                    if name == "all"
                    else {"African-American": "Black", "Caucasian": "White"}.get(group[0])
                )
                for item, cell in (("tn", TN), ("fp", FP), ("fn", FN), ("tp", TP)):
                    if f"{who}/{cut} {item}" in published["T1"]:
                        assert groups.counts[i, cell] == published["T1"][f"{who}/{cut} {item}"]
                        checked += 1
                for item, value in (("FPR%", fpr[i]), ("FNR%", fnr[i])):
                    if f"{who}/{cut} {item}" in published["T1"]:
                        assert round(value, 2) == published["T1"][f"{who}/{cut} {item}"]
                        checked += 1
    assert checked == len(published["T1"])


def test_aequitas_counts(vectors, published):
    frame = pd.read_csv(vectors / "fairness" / "aequitas-compas.csv")
    checked = 0
    for name in ("race", "sex", "age_cat"):
        groups = group_counts(counted(frame, [name], ("label_value", "1"), ("score", "1")), (name,))
        for i, (group,) in enumerate(groups.names):
            for item, cell in (("tn", TN), ("fp", FP), ("fn", FN), ("tp", TP)):
                assert groups.counts[i, cell] == published["T3"][f"{group} {item}"]
                checked += 1
    assert checked == len(published["T3"])


def test_propublica_filter(vectors, published):
    frame = compas(vectors)
    frame = frame[frame.kept.eq(1)]
    table = counted(frame, ["sex", "race", "decile_score"], None, ("two_year_recid", "1"))
    want = published["T2"]
    whole = group_counts(table, ())
    assert (whole.n[0], estimate(whole, "selection_rate").events[0]) == (want["n"], want["recid"])
    for by, name in ((("sex", "race"), "{0}/{1}"), (("race", "decile_score"), "{0} decile {1}")):
        groups = group_counts(table, by)
        short = {"African-American": "AA", "Caucasian": "CA"} if "decile_score" in by else {}
        for group, n in zip(groups.names, groups.n, strict=True):
            item = name.format(*(short.get(level, level) for level in group))
            if "decile" not in item or item[:2] in ("AA", "CA"):
                assert n == want[item]


def test_violent_filter(vectors, published):
    frame = people(vectors / "fairness" / "compas-two-years-violent.csv")
    frame = frame[frame.kept.eq(1)]
    whole = group_counts(counted(frame, ["sex"], None, ("two_year_recid", "1")), ())
    want = published["T2"]
    assert (whole.n[0], estimate(whole, "selection_rate").events[0]) == (
        want["violent n"],
        want["violent recid"],
    )


def test_berkeley(vectors, published):
    frame = pd.read_csv(vectors / "fairness" / "berkeley.csv")
    spec = CellSpec(
        attributes=(Attribute(column="Dept"), Attribute(column="Gender")),
        prediction=Outcome(column="Admit", favourable=frozenset({"Admitted"})),
        weight="Freq",
    )
    groups = group_counts(count_cells(wrap_table(frame), spec), ("Dept", "Gender"))
    rates = estimate(groups, "selection_rate").value
    for (dept, gender), rate in zip(groups.names, rates, strict=True):
        assert round(rate * 100) == published["T10"][f"{dept} {gender.lower()}"]


def test_adult(vectors, published):
    frame = pd.read_parquet(vectors / "fairness" / "adult.parquet")
    want = published["T11"]
    table = counted(frame, ["split"], None, ("income", ">50K"))
    sizes = dict(
        zip(group_counts(table, ("split",)).names, group_counts(table, ("split",)).n, strict=True)
    )
    assert sorted(sizes.values()) == sorted([want["train rows"], want["test rows"]])
    share = estimate(group_counts(table, ()), "selection_rate").value[0]
    assert round(share * 100, 2) == want["%>50K train+test (adult.names 23.93)"]
    known = frame.drop(columns="split").replace("?", pd.NA).dropna()
    rest = group_counts(counted(known, ["sex"], None, ("income", ">50K")), ())
    assert rest.n[0] == want["rows w/o unknowns"]
    assert (
        round(estimate(rest, "selection_rate").value[0] * 100, 2)
        == want["%>50K w/o unknowns (24.78)"]
    )
