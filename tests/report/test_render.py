"""HTML, Markdown and languages, from the synthetic record."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from raudit.errors import TemplateError
from raudit.record import StageRecord, record_sha256
from raudit.report import Limits, render_html, render_markdown, template_names
from raudit.report.language import load_language
from raudit.report.numbers import exact, exact_interval
from raudit.report.templates import find_template

from . import synthetic

RECORD = synthetic.make_record()


class Elements(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text, self.ids, self.links = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.ids += [v for k, v in attrs if k == "id"]
        self.links += [v[1:] for k, v in attrs if k == "href"]

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    elements = Elements()
    elements.feed(html)
    return elements


@pytest.fixture(scope="module")
def html():
    return render_html(RECORD)


def test_the_page_is_one_file_that_asks_for_nothing(html):
    elements = parsed(html)
    assert not set(elements.tags) & {
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "audio",
        "video",
    }
    assert elements.tags.count("script") == 1
    urls = re.findall(r"url\(([^)]{0,12})", re.sub(r"[^>]*127.0.0.1[^<]*", "", html))
    assert all(url.startswith("data:") for url in urls)
    assert not [a for a in elements.attributes if a[1].startswith("on") or a[1] in {"src", "style"}]


def test_every_link_has_its_target_and_ids_are_unique(html):
    elements = parsed(html)
    assert set(elements.links) <= set(elements.ids)
    assert len(elements.ids) == len(set(elements.ids))


def test_hostile_names_are_text(html):
    text = "".join(parsed(html).text)
    for name in (
        '<img src="http://127.0.0.1:9/x.png">',
        "</td></tr></table><script>alert(1)</script>",
        "{{ 7*7 }}",
    ):
        assert name in text
    assert "\u202e" not in html
    assert "age⟨U+202E⟩gnp.exe" in text


def test_page_one_leads_to_the_themes(html):
    brief = html[html.index('id="brief"') : html.index('class="contents"')]
    assert 'href="#theme-' in brief
    assert "Qualified opinion" in brief
    assert "Drift (broke off)" in brief
    assert "W-014" in brief
    assert record_sha256(RECORD) in brief


def test_the_annexes_hold_all_findings_with_exact_numbers():
    text = "".join(parsed(render_html(RECORD, template="annexes")).text)
    for finding in RECORD.findings:
        assert finding.fingerprint[:8] in text
        if finding.measurement:
            assert exact(finding.measurement.value) in text
            assert exact_interval(finding.measurement.interval) in text


@pytest.mark.parametrize("template", sorted(template_names()))
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_template_speaks_every_language(template, language):
    page = render_markdown(synthetic.for_template(template), template=template, language=language)
    assert RECORD.system["name"] in page
    assert "None" not in page
    assert not re.search(r"<(script|img)", page)


def test_german_marks_numbers_the_german_way():
    page = render_markdown(RECORD, template="annexes", language="de")
    assert "10,9\u202f%" in page
    assert "16.192" in page
    assert "21. November 2026" in render_markdown(RECORD, language="de")
    assert "0.19628431005" in page  # the register keeps to the record


def test_catalogues_hold_the_same_messages_of_the_report():
    folders = find_template("standard").language_folders()
    english, german = (load_language(code, folders).messages for code in ("en", "de"))
    assert [key for key in german if key in english] == list(english)


def test_unknown_language_is_named():
    with pytest.raises(TemplateError, match="de, en"):
        render_markdown(RECORD, language="xx")


def test_a_stage_nobody_has_seen_renders():
    stage = synthetic.fairness()
    novel = replace(stage, name="brand-new", title="Brand new", rules=())
    page = render_markdown(replace(RECORD, stages=(*RECORD.stages, novel)))
    assert "Brand new" in page


def test_an_empty_record_renders():
    empty = replace(RECORD, stages=(), verdict=None, inputs=(), system={})
    assert "No policy was applied" in render_markdown(empty)


def test_a_users_template_may_reuse_parts(tmp_path):
    folder = tmp_path / "mine"
    (folder / "languages").mkdir(parents=True)
    (folder / "template.yaml").write_text("description: mine\n")
    (folder / "languages" / "en.po").write_text('msgid "audit-report"\nmsgstr "Our own words"\n')
    (folder / "report.html.j2").write_text(
        '{% extends "base.html.j2" %}{% import "parts.html.j2" as parts with context %}'
        "{% block body %}{{ parts.brief_page(t, report, false) }}{% endblock %}"
    )
    page = render_html(RECORD, template="mine", templates_dir=tmp_path)
    assert "Our own words" in page


def test_time_is_bounded(tmp_path):
    (tmp_path / "template.yaml").write_text("description: x\n")
    loops = "{% for a in range(9999) %}" * 4 + "{% endfor %}" * 4
    (tmp_path / "report.html.j2").write_text(loops)
    with pytest.raises(TemplateError, match=r"at most 3 s, report\.limits\.seconds") as caught:
        render_html(RECORD, template=str(tmp_path), limits=Limits(seconds=3, megabytes=2048))
    assert caught.value.where == str(tmp_path)


def test_memory_is_bounded(tmp_path):
    (tmp_path / "template.yaml").write_text("description: x\n")
    (tmp_path / "report.html.j2").write_text(
        "{% set ns = namespace(t='xxxxxxxx') %}"
        "{% for a in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}"
    )
    with pytest.raises(TemplateError, match=r"GiB, report\.limits\.memory_gib"):
        render_html(RECORD, template=str(tmp_path), limits=Limits(seconds=20, megabytes=700))


def test_very_many_findings_stay_within_the_page():
    stage: StageRecord = RECORD.stages[0]
    many = replace(stage, findings=stage.findings * 30)
    page = render_markdown(replace(RECORD, stages=(many,)), template="annexes")
    assert page.count("e8636adb") or page.count(stage.findings[0].fingerprint[:8]) >= 30
