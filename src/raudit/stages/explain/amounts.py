"""Parts, gaps and errors as people write them: signs, thousands apart, no powers of ten."""

from __future__ import annotations

from raudit.findings import small, written
from raudit.sentences import say, term

__all__ = ["amount", "of_unit", "signed", "small"]
SHARES = ("probability", "share of favourable decisions")
"""Units of which nobody counts pieces."""


def amount(value: float) -> str:
    """Two digits that count, four from a hundred on: ``0.038``, ``4.1``, ``105,200``.

    Examples
    --------
    >>> amount(0.0384), amount(-4.12), amount(105_170.0), amount(2.6e-7)
    ('0.038', '-4.1', '105,200', '0.00000026')
    """
    digits = 4 if abs(value) >= 100 else 2
    return written(_rounded(float(value), digits), digits=digits)


def signed(value: float) -> str:
    """As ``amount``, with its sign: ``+0.038``, ``-105,200``; zero has none."""
    text = amount(value)
    return f"+{text}" if value > 0 else text


def of_unit(written_amount: str, unit: str) -> str:
    """An amount with its unit: "0.3 dollars", or of a share "0.3 in probability".

    Examples
    --------
    >>> str(of_unit("0.3", "log-odds")), str(of_unit("0.3", "probability"))
    ('0.3 log-odds', '0.3 in probability')
    """
    if unit in SHARES:
        return say("{amount} in {unit}", amount=written_amount, unit=term(unit))
    return say("{amount} {unit}", amount=written_amount, unit=term(unit))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")
