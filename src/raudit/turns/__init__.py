"""Recorded turns of language models: one table, from whatever tool wrote them; their texts stay in the data set."""

from raudit.turns.dataset import TurnsDataSet, open_turns
from raudit.turns.detect import detected, format_named
from raudit.turns.formats import FieldMap, Format, known_formats
from raudit.turns.front import LIMITS, Limits
from raudit.turns.reading import Reading
from raudit.turns.table import SCHEMA, Turns, TurnsFile, read_turns, text_batches

__all__ = [
    "LIMITS",
    "SCHEMA",
    "FieldMap",
    "Format",
    "Limits",
    "Reading",
    "Turns",
    "TurnsDataSet",
    "TurnsFile",
    "detected",
    "format_named",
    "known_formats",
    "open_turns",
    "read_turns",
    "text_batches",
]
