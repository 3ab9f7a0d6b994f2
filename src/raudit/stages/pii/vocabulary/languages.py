"""The language of a text by its most common words or its script: a model of another one misses its names."""

from __future__ import annotations

import functools
import re
import runpy
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources

NAMES: Mapping[str, str] = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "pl": "Polish",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "fi": "Finnish",
    "cs": "Czech",
    "ro": "Romanian",
    "hu": "Hungarian",
    "tr": "Turkish",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "hr": "Croatian",
    "CYRILLIC": "a language in Cyrillic script",
    "GREEK": "Greek",
    "ARABIC": "a language in Arabic script",
    "HEBREW": "Hebrew",
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "DEVANAGARI": "a language in Devanagari script",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "THAI": "Thai",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
}
"""Plain words for a language that is told by its stop words, or for a script."""
FEWEST_WORDS = 40
"""Words that must be read before anything is said."""
LEAST = 0.12
"""Share of a text's words that are the most common ones of its language; English prose has about 0.4."""
CLEARLY = 1.3
"""How much more common the words of another language must be than those of the model's."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def other_language(cells: Sequence[str], expected: str) -> str:
    """The language of some texts, if it is clearly another than the expected one.

    Parameters
    ----------
    cells
        Texts of one column.
    expected
        Two letters: the language of the model.

    Returns
    -------
    str
        A key of ``NAMES``; empty if the texts are in the expected language, or too short to tell.
    """
    words = [word.lower() for cell in cells for word in _WORD.findall(cell)]
    scripts = Counter(unicodedata.name(word[0], "LATIN").split()[0] for word in words)
    script, n = scripts.most_common(1)[0] if scripts else ("", 0)
    letters = sum(len(word) for word in words)
    if script in NAMES and letters >= FEWEST_WORDS and n >= 0.5 * len(words):
        return script
    if len(words) < FEWEST_WORDS:
        return ""
    shares = {
        code: sum(word in stop_words(code) for word in words) / len(words)
        for code in NAMES
        if code.islower()
    }
    best = max(shares, key=lambda code: shares[code])
    clear = shares[best] >= LEAST and shares[best] >= CLEARLY * shares.get(expected, 0.0)
    return best if best != expected and clear else ""


@functools.cache
def stop_words(code: str) -> frozenset[str]:
    """The most common words of a language, as spaCy lists them.

    The file of words is run alone: importing it as a module imports the language's tokenizer too, and compiling the
    French one takes longer than scanning a table.
    """
    folder = resources.files("spacy.lang").joinpath(code)
    with resources.as_file(folder.joinpath("stop_words.py")) as path:
        module = runpy.run_path(str(path))
    words: frozenset[str] = frozenset(module["STOP_WORDS"])
    return words
