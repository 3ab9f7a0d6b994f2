"""Whole numbers that were stored as something else: their digits, so that they are searched as what they are."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SCIENTIFIC = r"[+]?[0-9](?:[.,][0-9]{1,17})?[eE][+]?[0-9]{1,2}"
GROUPS = r"[0-9]{1,3}(?:(?:,[0-9]{3}){2,6}|(?:['\x{2019}][0-9]{3}){2,6}|(?:[\x{a0}\x{2009}\x{202f}][0-9]{3}){2,6})"
"""Thousands parted by commas, apostrophes, or blanks that do not break; two groups at least."""
REWRITTEN = rf"^\s*(?:{SCIENTIFIC}|{GROUPS})(?:\.0*)?\s*$"
"""Spreadsheets write long numbers so: 4.53914880343647E+15, and 4,539,148,803,436,467."""
LONGEST_NUMBER = 24
"""Digits of a number that could be somebody's; longer ones are measured."""


FOREIGN = (
    r"[\x{a0}\x{660}-\x{669}\x{6f0}-\x{6f9}\x{966}-\x{96f}\x{9e6}-\x{9ef}\x{be6}-\x{bef}\x{e50}-\x{e59}"
    r"\x{2007}\x{2009}-\x{2015}\x{202f}\x{2212}\x{3000}\x{ff0b}-\x{ff0f}\x{ff10}-\x{ff1a}\x{ff20}-\x{ff5a}]"
)
"""Digits of other scripts, wide letters, dashes and blanks that stand for those of ASCII."""


def in_digits(column: pa.Array) -> pa.Array:
    """Text whose cells are plain digits where they are whole numbers written with an exponent or thousands.

    Digits, dashes and blanks of other scripts become those of ASCII in every cell, of which none changes its length.

    Parameters
    ----------
    column
        Array of text of shape (n_rows,).

    Returns
    -------
    pa.Array
        Of the same shape; the column itself if no cell is such a number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    foreign = pc.fill_null(pc.match_substring_regex(column, FOREIGN), fill_value=False)
    written = pc.fill_null(pc.match_substring_regex(column, REWRITTEN), fill_value=False)
    if pc.any(written).as_py():
        digits = [digits_of(cell) for cell in column.filter(written).to_pylist()]
        column = pc.replace_with_mask(column, written, pa.array(digits, column.type))
    if pc.any(foreign).as_py():
        plain_cells = [plain(cell) for cell in column.filter(foreign).to_pylist()]
        column = pc.replace_with_mask(column, foreign, pa.array(plain_cells, column.type))
    return column


def plain(text: str) -> str:
    """Text of the same length with ASCII's digits, dashes and blanks.

    >>> plain("219\u201109\u20119999"), plain("\uff14\uff11")
    ('219-09-9999', '41')
    """
    return text if text.isascii() else text.translate(_plain_forms())


@functools.cache
def _plain_forms() -> dict[int, str]:
    forms = dict.fromkeys([0x2212, *range(0x2010, 0x2016)], "-")
    forms |= dict.fromkeys([0xA0, 0x2007, 0x2009, 0x200A, 0x202F, 0x3000], " ")
    forms |= {code: chr(code - 0xFEE0) for code in range(0xFF0B, 0xFF5B)}
    digits = (code for code in range(0x660, 0x11000) if chr(code).isdecimal())
    return forms | {code: str(unicodedata.decimal(chr(code))) for code in digits}


def digits_of(cell: str) -> str:
    """Digits of one whole number; the cell itself if it is a fraction or too long for anybody's number.

    >>> digits_of("4.53914880343647E+15"), digits_of("219,099,999"), digits_of("1.25E+01")
    ('4539148803436470', '219099999', '1.25E+01')
    """
    mantissa, _, exponent = cell.strip().lower().partition("e")
    if not exponent:
        return re.sub(r"\.0*$", "", mantissa) if mantissa.isdigit() else _grouped(mantissa)
    whole, _, fraction = mantissa.lstrip("+").replace(",", ".").partition(".")
    fraction, places = fraction.rstrip("0"), int(exponent)
    if len(fraction) > places or places >= LONGEST_NUMBER:
        return cell
    return whole + fraction + "0" * (places - len(fraction))


def _grouped(number: str) -> str:
    return re.sub(r"\D", "", re.sub(r"\.0*$", "", number))


def whole_numbers(column: pa.Array) -> pa.Array | None:
    """Decimals and floats as the digits of whole numbers; None if one of them is a fraction.

    One missing value makes pandas store whole numbers as floats, and warehouses export them as decimals of scale 0.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = column.drop_null()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
        filled = column.drop_null()
    if pa.types.is_decimal(column.type):
        if len(filled) and not pc.all(pc.equal(filled, pc.trunc(filled))).as_py():
            return None
        return pc.replace_substring_regex(column.cast(pa.large_string()), r"\.0*$", "")
    floats = column.cast(pa.float64())
    finite = pc.is_finite(floats)  # not a number is an empty cell
    held = floats.filter(pc.fill_null(finite, fill_value=False))
    if len(held) and not bool(
        pc.all(pc.and_(pc.equal(held, pc.trunc(held)), pc.less(pc.abs(held), 2.0**63))).as_py()
    ):
        return None
    kept = pc.if_else(pc.fill_null(finite, fill_value=False), floats, pa.scalar(None, pa.float64()))
    return kept.cast(pa.int64()).cast(pa.large_string())
