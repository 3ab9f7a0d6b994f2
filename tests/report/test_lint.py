"""What templates may not do: found before they run, or stopped when they do."""

from __future__ import annotations

import pytest

from raudit.errors import TemplateError
from raudit.report import template_names
from raudit.report.lint import lint
from raudit.report.templates import find_template, run_template

BAD = {
    "unquoted attribute": "<p class={{ x }}>",
    "unquoted after quoted": '<p id="a" class={{ x }}>',
    "part of unquoted": "<p class=a{{ x }}>",
    "attribute name": '<p {{ x }}="1">',
    "bare in tag": "<p {{ x }}>",
    "href from data": '<a href="{{ x }}">',
    "href scheme": '<a href="javascript:{{ x }}">',
    "external link": '<a href="https://example.org/">',
    "image": '<img src="{{ x }}">',
    "image fixed": '<img src="logo.png">',
    "link": '<link rel="attachment" href="file:///etc/passwd">',
    "iframe": '<iframe src="#x"></iframe>',
    "base": '<base href="#x">',
    "object": '<object data="#x"></object>',
    "style attribute": '<p style="color: {{ x }}">',
    "event": '<p onclick="{{ x }}">',
    "style element": "<style>p { color: {{ x }} }</style>",
    "script element": "<script>var a = {{ x }}</script>",
    "comment": "<!-- {{ x }} -->",
    "safe": "{{ x | safe }}",
    "autoescape": "{% autoescape false %}{{ x }}{% endautoescape %}",
    "xmlattr": "<p{{ x | xmlattr }}>",
}


@pytest.mark.parametrize("source", BAD.values(), ids=BAD.keys())
def test_what_escaping_cannot_help_with_is_refused(source):
    with pytest.raises(TemplateError) as refused:
        lint(f"<div>\n{source}", "x.html.j2")
    assert refused.value.where == "x.html.j2:2"


@pytest.mark.parametrize(
    "source",
    [
        '<p class="a {{ x }}">{{ y }}</p>',
        '<a href="#f-{{ x }}">',
        "<style>{{ css }}</style>",
        "<p>a < b {{ x }}</p>",
    ],
)
def test_what_is_escaped_is_accepted(source):
    lint(source, "x.html.j2")


def test_every_shipped_template_is_clean():
    assert set(template_names()) == {
        "annexes",
        "brief",
        "eu-annex-iv",
        "eu-fria",
        "model-card",
        "nyc-ll144",
        "series",
        "standard",
        "us-sr-26-2",
    }
    for name in template_names():
        find = find_template(name)
        for file in (*find.folder.glob("*.j2"), *find.shared.glob("*.j2")):
            lint(file.read_text(encoding="utf-8"), file.name)


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ t.__call__.__globals__ }}",
    "{{ record.__init__.__globals__ }}",
    "{{ things.append(1) }}",
    "{{ '%s' | format(x.__class__) }}",
    "{{ ('{0.__class__.__init__.__globals__}').format(t) }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../pyproject.toml' %}",
    "{{ 'x' * 9999999999 }}",
    "{% for i in range(999999999) %}{% endfor %}",
    "{{ missing }}",
    "{{ 1 / 0 }}",
    "{% if %}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_templates_do_not_leave_the_sandbox(tmp_path, source):
    (tmp_path / "template.yaml").write_text("description: x\n")
    (tmp_path / "report.html.j2").write_text(source)
    template = find_template(str(tmp_path))
    with pytest.raises(TemplateError):
        run_template(
            template,
            "html",
            {"t": find_template, "record": template, "things": [1], "x": "a"},
            lambda v: v,
        )


def test_a_missing_template_names_the_nearest():
    with pytest.raises(TemplateError, match="standard"):
        find_template("standart")
