"""The column profile: what was counted in one column, mergeable, and free of any value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raudit.findings import Interval

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCount:
    """How many cells of a column hold one entity type."""

    entity_type: str
    k: int
    """Cells that hold it."""
    n: int
    """Cells that were looked at."""
    exact: bool
    """True if every non-empty cell was looked at; else n cells were drawn at random."""
    whole: int
    """Of k, those in which it covers the cell as the rule demands."""
    checksum: int | None = None
    """Of k, those that pass the checksum; None if there is none."""
    agreed: int = 0
    """Of k, those that a second opinion supports: the lists of common names, or the form of a phone number."""
    by_form: bool = False
    """True if a pattern counted it that only such values fit, such as a telephone number with its country."""
    finder: tuple[str, str] = ("", "")
    """Pattern and check that cut plain numbers of one kind out of cells that hold more; empty for all others."""
    examples: tuple[str, ...] = ()
    """Masked: shapes of values, never values."""

    @property
    def share(self) -> float:
        """K / n; 0 for no cells."""
        return self.k / self.n if self.n else 0.0

    @property
    def whole_share(self) -> float:
        """Share of cells that the entity covers."""
        return self.whole / self.n if self.n else 0.0

    @property
    def valid(self) -> int:
        """Cells that pass the checksum, if there is one."""
        return self.k if self.checksum is None else self.checksum

    def interval(self) -> Interval | None:
        """Interval of the share for a sample; None for a full count."""
        if self.exact:
            return None
        low, high = clopper_pearson(self.k, self.n)
        return Interval(low=low, high=high, level=LEVEL, method="clopper-pearson")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What is known of one column after the scan."""

    name: str
    kind: str
    n_rows: int
    n_empty: int
    n_sampled: int
    """Non-empty cells drawn for the language model and presidio."""
    distinct_in_sample: int
    mean_words: float = 0.0
    digit_share: float = 0.0
    """Share of sampled cells with a digit."""
    name_shape: float = 0.0
    """Share of sampled cells written like a name: one to six words of letters."""
    name_listed: float = 0.0
    """Share of sampled cells with a word from the lists of common names."""
    separated: float = 0.0
    """Share of sampled cells that group digits with blanks, dashes, dots or brackets."""
    date_shape: float = 0.0
    """Share of sampled cells written like a date."""
    number_share: float = 0.0
    """Share of sampled cells that are numbers."""
    titled: float = 0.0
    """Share of sampled cells with a form of address such as Mr before a word."""
    initialed: float = 0.0
    """Share of sampled cells that are initials and a word, in either order."""
    dialled: float = 0.0
    """Of the sampled cells that are not digits alone, the share written as only telephone numbers are."""
    wordy: float = 0.0
    """Share of sampled cells with three words of two letters or more."""
    prose: float = 0.0
    """Share of sampled cells most words of which begin with a small letter."""
    foreign: float = 0.0
    """Share of sampled cells in another script than the Latin one."""
    fractions: float = 0.0
    """Share of sampled cells that are numbers with a fraction."""
    name_given: float = 0.0
    """Share of sampled cells of which every word is a common given name."""
    hosts: float = 1.0
    """Of the sampled cells with four numbers and points between, the share spread like those of IP addresses."""
    counts: tuple[EntityCount, ...] = ()
    gates: tuple[str, ...] = ()
    """What was not searched for, and why."""
    language_model: bool = False
    """True if the language model saw the sample."""
    language: str = ""
    """Language or script of sentences, if it is another than the model's."""
    cut: int = 0
    """Cells of which only the beginning was read."""
    encoded: int = 0
    """Cells, at least, that hold text in base64, which is not read."""
    second_person: float | None = None
    """Share of sampled cells that a second model reads as a person's name; None if it was not asked."""
    second_address: float | None = None
    """Share of sampled cells that a second model reads as an address; None if it was not asked."""

    @property
    def n_filled(self) -> int:
        """Cells that are not empty."""
        return self.n_rows - self.n_empty

    @property
    def free_text(self) -> bool:
        """True for columns of sentences."""
        return self.mean_words >= 4.0 and self.wordy >= 0.3 and self.distinct_in_sample > 5

    def count(self, entity_type: str) -> EntityCount | None:
        """The count of one entity type, if it was found at all."""
        return next((c for c in self.counts if c.entity_type == entity_type), None)


def clopper_pearson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Exact interval of a proportion.

    Parameters
    ----------
    k, n
        Hits and trials; ``0 <= k <= n``.
    level
        Coverage that is never undercut.

    Returns
    -------
    tuple of float
        Low and high end in [0, 1]; (0, 1) for no trials.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26, 404-413.
    """
    if n == 0:
        return 0.0, 1.0
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high


def profile_to_json(profile: ColumnProfile) -> dict[str, Any]:
    """The mergeable evidence of one column, for the record."""
    return {
        "column": profile.name,
        "kind": profile.kind,
        "rows": profile.n_rows,
        "empty": profile.n_empty,
        "sampled": profile.n_sampled,
        "language_model": profile.language_model,
        "other_language": profile.language or None,
        "cut": profile.cut,
        "encoded": profile.encoded,
        "second_opinion": None
        if profile.second_person is None
        else {"person": profile.second_person, "address": profile.second_address},
        "gates": list(profile.gates),
        "entities": [
            {
                "entity_type": c.entity_type,
                "k": c.k,
                "n": c.n,
                "exact": c.exact,
                "whole": c.whole,
                "checksum": c.checksum,
            }
            for c in profile.counts
        ],
    }
