"""Checksums: of numbers that presidio does not know, and of payment cards for whole columns at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def fr_nir(text: str) -> bool:
    """French social security number: key = 97 - (number mod 97), with 2A and 2B of Corsica as 19 and 18."""
    plain = text.replace(" ", "").upper()
    if len(plain) != 15:
        return False
    body = plain[:13].replace("2A", "19").replace("2B", "18")
    return body.isascii() and body.isdigit() and plain[13:].isdigit() and 97 - int(body) % 97 == int(plain[13:])


def de_tax_id(text: str) -> bool:
    """German tax number: ISO 7064 MOD 11,10, and one digit two or three times among the first ten."""
    plain = text.replace(" ", "")
    if len(plain) != 11 or not (plain.isascii() and plain.isdigit()) or plain[0] == "0":
        return False
    counts = sorted(plain[:10].count(digit) for digit in set(plain[:10]))
    if counts[-1] not in {2, 3} or counts.count(counts[-1]) != 1 or (len(counts) > 1 and counts[-2] != 1):
        return False
    product = 10
    for digit in plain[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(plain[10])


VALIDATORS: Mapping[str, Callable[[str], bool]] = {"fr_nir": fr_nir, "de_tax_id": de_tax_id}
"""Validators by the name that rules use."""


def luhn(numbers: Any) -> np.ndarray:
    """Which of many whole numbers pass the Luhn check.

    Parameters
    ----------
    numbers
        Array of uint64 of shape (n,).

    Returns
    -------
    np.ndarray
        Booleans of shape (n,); about one random number in ten is True.

    References
    ----------
    ISO/IEC 7812-1, annex B.
    """
    import numpy as np

    rest = np.asarray(numbers, dtype=np.uint64)
    total = np.zeros(rest.shape, dtype=np.uint64)
    ten = np.uint64(10)
    double = False
    for _ in range(20):
        digit = rest % ten
        if double:
            digit = digit * np.uint64(2)
            digit = digit - np.uint64(9) * (digit > np.uint64(9))
        total += digit
        rest = rest // ten
        double = not double
    passed: np.ndarray = total % ten == 0
    return passed
