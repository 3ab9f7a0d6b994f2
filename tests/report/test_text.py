"""What names may hold, and what is printed of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raudit.report.markdown import markdown_text
from raudit.report.text import clean, has_long_word, is_right_to_left, shorten


def test_direction_and_control_characters_become_visible():
    assert clean("age\u202egnp.exe") == "age⟨U+202E⟩gnp.exe"
    assert clean("a\x00b\x1b[31m") == "a⟨U+0000⟩b⟨U+001B⟩[31m"
    assert clean("zero\u200bwidth\ufeff") == "zero⟨U+200B⟩width⟨U+FEFF⟩"


def test_letters_that_no_font_has_become_visible():
    assert clean("名前", coverage=frozenset(range(0x250))) == "⟨U+540D⟩⟨U+524D⟩"
    assert clean("名前") == "名前"
    assert clean("e\u0301té") == "été"


@given(st.text())
def test_cleaning_leaves_nothing_that_reorders_or_hides(text):
    cleaned = clean(text)
    assert not set(cleaned) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x00\x1b\r\t\ufeff"
    )
    assert clean(cleaned) == cleaned


def test_right_to_left_is_told():
    assert is_right_to_left("شخص")
    assert not is_right_to_left("age")


def test_long_words():
    assert has_long_word("a" * 30)
    assert not has_long_word("short words " * 10)


@given(st.text(alphabet="<>&[]()|*_`#-+!\\ab1. \n", max_size=30))
def test_markdown_text_is_one_inert_line(text):
    escaped = markdown_text(text)
    assert "\n" not in escaped
    assert "<" not in escaped
    assert ">" not in escaped.replace("&gt;", "")
    assert "|" not in escaped.replace("\\|", "")


def test_endless_words_are_cut_and_say_so():
    assert shorten("a" * 15000) == f"{'a' * 160} ⟨+14800⟩ {'a' * 40}"
    assert shorten("word " * 100) == "word " * 100
    assert shorten("w " * 20000).endswith("⟨+20000⟩")
