"""What a signed box shows, and that a template's folder holds all that it reads."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest

from raudit.errors import TemplateError
from raudit.report.stamp import render_stamp
from raudit.report.templates import find_template

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["Dora", "Bank בנק", "😀" * 40, "x" * 5000, "<b>&amp;", "", "a\x00\x1b[31m"]
)
def test_any_name_is_drawn_on_one_page_with_fonts_inside(name):
    data = render_stamp(name=name, role="dpo", clock=NOW, fingerprint="ab" * 32, size=(221.1, 73.7))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        (page,) = pdf.pages
        assert [round(float(side), 1) for side in page.MediaBox] == [0, 0, 221.1, 73.7]
        fonts = [
            f
            for f in pdf.objects
            if isinstance(f, pikepdf.Dictionary) and f.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
        assert "/Annots" not in page


def test_an_unknown_language_is_drawn_in_english():
    shown = [
        render_stamp(
            name="Dora",
            role="",
            clock=NOW,
            fingerprint="ab" * 32,
            size=(221, 74),
            language=language,
        )
        for language in ("en", "xx", "de")
    ]
    assert len(shown[0]) == len(shown[1]) != len(shown[2])


def test_a_link_out_of_a_templates_folder_is_refused(tmp_path):
    folder, secret = tmp_path / "own", tmp_path / "secret.txt"
    folder.mkdir()
    (folder / "template.yaml").write_text("description: own\n")
    (folder / "report.html.j2").write_text("<p>{{ t('issuer') }}</p>")
    secret.write_text("not yours")
    assert find_template("own", tmp_path).folder == folder.resolve()
    (folder / "style.css").symlink_to(secret)
    with pytest.raises(TemplateError, match="leads out of its folder"):
        find_template("own", tmp_path)
