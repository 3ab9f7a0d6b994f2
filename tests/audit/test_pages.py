"""Step 6: when the pages are compared with the record, and what a difference means."""

from __future__ import annotations

import io

import pikepdf
import pytest

from raudit.errors import TemplateError
from raudit.report.letters import LentFont
from raudit.report.renderer import layout_digest, renderer_of
from raudit.report.templates import find_template
from raudit.signing import check_pdf
from raudit.verify import StepStatus, verify_report

OK, FAILED, NOT_CHECKED = StepStatus.OK, StepStatus.FAILED, StepStatus.NOT_CHECKED


def made_by(pdf: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.docinfo["/Producer"] = pikepdf.String(name)
        opened.save(out)
    return out.getvalue()


@pytest.fixture
def remade(given, monkeypatch):
    """Verify the report where rendering it again gives what a test says."""
    base = check_pdf(given[0]).base

    def verify(change, *, remake=None, **more):
        rendered = []

        def render_pdf(record, **_how):
            rendered.append(record.run.id)
            return change(base)

        monkeypatch.setattr("raudit.report.render_pdf", render_pdf)
        found = verify_report(given[0], **(given[1] | more), remake=remake)
        (step,) = [step for step in found.steps if step.number == 6]
        return found, step, rendered

    return verify


def test_the_same_bytes_are_the_same_pages(remade):
    found, step, rendered = remade(lambda base: base)
    assert (step.status, found.verdict) == (OK, "VERIFIED with what was given")
    assert len(rendered) == 1


def test_other_bytes_by_the_same_renderer_are_other_pages(remade):
    found, step, _ = remade(lambda base: base + b"%")
    assert (step.status, found.exit_status) == (FAILED, 6)


@pytest.mark.parametrize(("remake", "status"), [(None, 0), (True, 3)])
def test_what_another_renderer_made_cannot_be_compared(remade, remake, status):
    """A report made by an earlier raudit is no forgery; who demands the comparison is told that there was none."""
    found, step, _ = remade(lambda base: made_by(base, "raudit 9, WeasyPrint 99"), remake=remake)
    assert (step.status, found.exit_status) == (NOT_CHECKED, status)
    assert "raudit 9, WeasyPrint 99" in step.detail
    assert "layout" in step.detail
    assert not found.pages_compared


def test_a_template_that_is_not_here_is_no_fault_of_the_report(remade):
    def no_template(_base):
        raise TemplateError("no report template 'own'", reference="unknown-template")

    found, step, _ = remade(no_template)
    assert (step.status, found.exit_status) == (NOT_CHECKED, 0)
    assert found.verdict == "VERIFIED, pages not compared with the record"


@pytest.mark.parametrize("more", [{"trust": []}, {"vkey": None}])
def test_nothing_is_rendered_for_a_file_that_does_not_hold_otherwise(remade, more):
    _found, step, rendered = remade(lambda base: base, **more)
    assert (step.status, rendered) == (NOT_CHECKED, [])
    assert "another step" in step.detail
    _found, step, rendered = remade(lambda base: base, remake=True, **more)
    assert len(rendered) == 1


def test_a_report_names_what_laid_it_out(given):
    said = renderer_of(check_pdf(given[0]).base)
    digest = layout_digest(find_template("standard"))
    assert said.startswith("raudit ")
    assert said.endswith(f"layout {digest[:16]}")


def test_template_catalogue_and_lent_fonts_are_part_of_the_layout(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "template.yaml").write_text("description: Own\n")
    page = tmp_path / "own" / "report.html.j2"
    page.write_text("<p>One</p>")
    one = layout_digest(find_template("own", tmp_path))
    assert one == layout_digest(find_template("own", tmp_path))
    font = LentFont(file=page, sha256="0" * 64)
    page.write_text("<p>Two</p>")
    two = layout_digest(find_template("own", tmp_path))
    lent = layout_digest(find_template("own", tmp_path), [font])
    assert len({one, two, lent, layout_digest(find_template("standard"))}) == 4


def test_what_is_no_pdf_names_no_renderer():
    assert renderer_of(b"%PDF-1.7 and no more") == ""
