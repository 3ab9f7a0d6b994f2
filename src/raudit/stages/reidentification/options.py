"""Options of the stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from raudit.validate import Strict

Attack = Literal["singling_out", "linkability", "inference", "membership"]


class Options(Strict):
    """Options of the stage."""

    attacks: tuple[Attack, ...] = ("singling_out", "linkability", "inference", "membership")
    """Which attacks to try; one that lacks what it needs says so."""
    n_attacks: int = Field(default=500, ge=50, le=20_000)
    """People attacked, or queries asked, in each attack."""
    n_columns: int = Field(default=3, ge=2, le=10)
    """Columns that a query for singling out combines."""
    linked: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """The two sets of columns that an attacker holds apart; by default every other column of the table."""
    secrets: tuple[str, ...] = ()
    """Columns that an attacker wants to learn; by default the label and the sensitive features."""
    max_risk: float = Field(default=0.1, gt=0, lt=1)
    """Largest accepted risk: success beyond what succeeds against people who are not in the table."""
    max_tpr: float = Field(default=0.05, gt=0, lt=1)
    """Largest accepted share of training rows that are recognised while 1 % of others are taken for them."""
    min_group: int = Field(default=100, ge=30, le=100_000)
    """Fewest training rows of a group whose recognition is measured by itself."""
