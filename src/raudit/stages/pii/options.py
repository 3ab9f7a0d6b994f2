"""What the plan may say about the scan."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from raudit.validate import Strict

Language = Literal[
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "pl",
    "sv",
    "fi",
    "cs",
    "ro",
    "hu",
    "tr",
    "el",
    "uk",
    "hr",
    "ja",
    "am",
    "hi",
    "id",
    "mi",
]


class Options(Strict):
    """Options of the stage ``pii``."""

    mode: Literal["profile", "full"] = "profile"
    """``profile`` counts patterns in every row and samples for names; ``full`` reads every distinct value."""
    columns: tuple[str, ...] = ()
    """Columns to scan; all if empty."""
    sample: int = Field(default=1_000, ge=100, le=1_000_000)
    """Cells drawn from each column for the language model and presidio."""
    workers: int = Field(default=1, ge=1, le=256)
    """Threads (processes in full mode) that share the work; the result is the same for any number."""
    languages: tuple[Language, ...] = get_args(Language)
    """Languages whose column names are understood. ``sv`` stands for Danish and Norwegian too, ``cs`` for Slovak,
    ``uk`` for Russian and Bulgarian, ``hr`` for Serbian and Slovene, ``ja`` for Chinese and Korean, ``hi`` for Bengali
    and Tamil, ``id`` for Malay and Vietnamese, ``mi`` for Hawaiian."""
    model_language: Literal["en", "de", "fr", "es"] = "en"
    """Language of the values, which chooses the language model."""
    model: str | None = None
    """Folder of a spaCy model; the best installed one if absent. ``none`` for patterns only."""
    second_opinion: str | None = None
    """A second model for names and addresses: ``installed``, or the folder of its files; none if absent."""
    rules: str | None = None
    """Folder with further rules (``entities/``, ``hints/``, ``special/``)."""
    recognizers: tuple[dict[str, Any], ...] = ()
    """Recognisers in presidio's YAML shape."""
    allow: tuple[str, ...] = ()
    """Values that are never reported, such as the address of a help desk."""
    deny: tuple[str, ...] = ()
    """Values that are always reported."""
    expected: tuple[str, ...] = ()
    """Columns kept on purpose. Their findings stay, as ``info`` for review: a declaration is no waiver, which carries
    who, why and until when. Secrets, and columns that the model takes, cannot be declared away."""
    quasi_identifiers: tuple[str, ...] = ()
    """Columns by which people can be singled out; found by name if empty."""
    sensitive_column: str | None = None
    """Column whose values must differ within each group (l-diversity); the label if absent."""
    k: int = Field(default=5, ge=2, le=10_000)
    """Smallest accepted group of rows with the same quasi-identifiers."""
    l: int = Field(default=2, ge=2, le=100)  # noqa: E741 -- the literature's name, as k and t
    """Fewest different values of the sensitive column that every group must hold (distinct l-diversity)."""
    t: float | None = Field(default=None, gt=0, le=1)
    """Largest accepted distance of a group from everybody in the sensitive column (t-closeness); reported without a
    limit if absent."""
    small_count: int = Field(default=0, ge=0, le=1_000)
    """Counts from 1 to this are printed as ``<= n``, so that a report does not single anybody out."""
    examples: bool = True
    """Print masked shapes of what was found."""
