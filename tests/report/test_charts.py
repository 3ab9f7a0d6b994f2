"""Charts: well-formed, escaped, in bounds, described."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.pictures import KINDS, Dots, Estimate, as_json, read_picture
from raudit.record import Figure
from raudit.report.charts import Ink, draw
from raudit.report.charts.canvas import COLOURS, WIDTH, text_width, ticks
from raudit.report.numbers import Numbers
from raudit.report.text import clean

from . import synthetic

INK = Ink(clean=clean, numbers=Numbers())
FIGURES = [figure for stage in synthetic.make_record().stages for figure in stage.figures]


def test_the_fixture_has_every_kind():
    assert {figure.kind for figure in FIGURES} >= set(KINDS)


@pytest.mark.parametrize("figure", [f for f in FIGURES if f.kind in KINDS], ids=lambda f: f.id)
def test_a_chart_is_well_formed_and_says_what_it_shows(figure):
    svg = draw(figure, INK)
    root = ET.fromstring(svg)
    assert root[0].tag.endswith("title")
    assert root[0].text == figure.alt
    assert not re.search(r"\s(style|on\w+|href)=", svg)
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            if name in element.attrib:
                assert -1 <= float(element.attrib[name]) <= WIDTH + 1


def test_a_label_stands_whole_where_there_is_room():
    name = "Female, Black or African American"
    rows = [Estimate(label=name, value=0.5), Estimate(label="x" * 300, value=0.25)]
    svg = draw(Figure.of("f", Dots(rows=rows, x_label="rate"), title="t", alt="a"), INK)
    assert f">{name}<" in svg
    assert svg.count("…") == 1


def test_numbers_beside_a_chart_have_as_many_decimals():
    rows = [Estimate(label="a", value=0.13), Estimate(label="b", value=0.1405)]
    svg = draw(Figure.of("f", Dots(rows=rows, x_label="exposure"), title="t", alt="a"), INK)
    assert ">0.130<" in svg
    assert ">0.140<" in svg


def test_hostile_labels_stay_text():
    rows = [{"label": name, "value": 0.5, "series": name} for name in synthetic.HOSTILE]
    svg = draw(
        Figure(
            id="x",
            kind="dots",
            title="t",
            alt='"><script>',
            data={"rows": rows, "x_label": "</svg>"},
        ),
        INK,
    )
    root = ET.fromstring(svg)
    assert {e.tag.rpartition("}")[2] for e in root.iter()} <= {
        "svg",
        "title",
        "line",
        "text",
        "circle",
        "rect",
        "polygon",
        "path",
    }


@pytest.mark.parametrize(
    "data", [{}, {"rows": None}, {"rows": [{"label": "a", "value": "x"}], "x_label": ""}]
)
def test_data_of_another_shape_are_not_drawn(data):
    assert draw(Figure(id="x", kind="dots", title="t", alt="a", data=data), INK) is None


@pytest.mark.parametrize("figure", [f for f in FIGURES if f.kind in KINDS], ids=lambda f: f.id)
def test_what_a_record_holds_is_the_picture(figure):
    assert figure.picture is not None
    again = Figure.of(figure.id, figure.picture, title=figure.title, alt=figure.alt)
    assert again.kind == figure.kind
    assert again.picture == figure.picture


def test_what_is_at_its_default_is_not_written():
    dots = Dots(rows=[Estimate(label="a", value=None, n=3)], x_label="x", band=(None, 0.2))
    data = as_json(dots)
    assert data == {
        "rows": [{"label": "a", "value": None, "n": 3}],
        "x_label": "x",
        "band": [None, 0.2],
    }
    assert read_picture("dots", data) == dots


def test_a_matrix_without_its_cells_is_not_drawn():
    data = {"rows": ["a", "b"], "columns": ["c"], "cells": [[{"text": "1", "level": 1}]]}
    assert read_picture("matrix", data) is None


def test_unknown_kinds_are_not_drawn():
    assert draw(Figure(id="x", kind="hologram", title="t", alt="a", data={}), INK) is None


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_cover_the_range_and_are_few(low, span):
    marks = ticks(low, low + span)
    hair = 1e-6 * (1 + abs(low) + span)  # what no eye sees at this scale
    assert marks[0] <= low + hair
    assert marks[-1] >= low + span - hair
    assert 2 <= len(marks) <= 9


def test_dots_are_where_the_numbers_say():
    rows = [
        {"label": "a", "value": 0.0},
        {"label": "b", "value": 0.5},
        {"label": "c", "value": 1.0},
    ]
    root = ET.fromstring(
        draw(
            Figure(id="x", kind="dots", title="t", alt="a", data={"rows": rows, "x_label": ""}), INK
        )
    )
    at = [float(e.attrib["cx"]) for e in root.iter() if e.tag.endswith("circle")]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1])


def _lines(*labels):
    series = [{"label": label, "x": [0, 1], "y": [i, i + 1]} for i, label in enumerate(labels)]
    data = {"series": series, "x_label": "x", "y_label": "y"}
    return Figure(id="f", kind="lines", title="t", alt="a", data=data)


def test_a_group_keeps_its_colour_whatever_the_order():
    ink = replace(INK, places={"White": 0, "Black": 1})
    for labels in (("White", "Black"), ("Black", "White")):
        svg = draw(_lines(*labels), ink)
        marks = re.findall(r'<circle[^>]*fill="([^"]+)"', svg)
        assert set(marks) == {COLOURS[0]}  # the largest group is the blue circle


def test_a_long_legend_goes_on_in_a_further_row():
    names = [f"A group with a long name {i}" for i in range(6)]
    svg = draw(_lines(*names), INK)
    for name in names:
        assert name[:8] in svg
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1])
    texts = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)', svg)
    keys = [
        (float(x) + text_width(t, 11), float(y)) for x, y, t in texts if t.startswith("A group")
    ]
    assert len(keys) == 6
    assert len({y for _, y in keys}) > 1
    assert all(x <= WIDTH and y < height for x, y in keys)
