"""Names of persons in sentences, by lists: the language model reads names of some origins better than of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from raudit.stages.pii.vocabulary.names_of_columns import fold
from raudit.stages.pii.vocabulary.rulebook import Rulebook

_UNCASED = re.compile("[\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff\u0e00-\u0e7f]")
"""Letters of scripts without capitals, whose words are parted by blanks or not."""
_TOKENS = re.compile(
    r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])|[\u0300-\u036f\u0900-\u0903\u093a-\u094f])*"
)
FEWEST_WORDS = 4


def listed_names(
    text: str, entities: Sequence[tuple[str, int, int]], names: Rulebook
) -> Iterator[tuple[int, int]]:
    """Where a sentence names a person by the lists alone.

    Parameters
    ----------
    text
        A cell.
    entities
        What the language model found; what it calls a place or a date is no person.
    names
        The lists.

    Yields
    ------
    tuple of int
        Start and end of a given name with the capitalised words beside it that are names too.
    """
    tokens = [(m.start(), m.end()) for m in _TOKENS.finditer(text)]
    if len(tokens) < FEWEST_WORDS:
        return
    lower = sum(text[a].islower() for a, _ in tokens)
    uncased = bool(_UNCASED.search(text))
    if not uncased and lower < 0.5 * len(tokens):
        return
    taken = [(a, b) for kind, a, b in entities if kind != "PERSON"]
    index = 0
    while index < len(tokens):
        run = _run(text, tokens, index, uncased)
        index += max(len(run), 1)
        if (
            run
            and (span := _name(text, run, names, alone=not uncased))
            and not _overlaps(span, taken)
        ):
            yield span


def _run(
    text: str, tokens: Sequence[tuple[int, int]], index: int, uncased: bool
) -> list[tuple[int, int]]:
    """Capitalised words side by side, parted by single blanks; in scripts without capitals two words at most."""
    run: list[tuple[int, int]] = []
    for begin, end in tokens[index : index + (2 if uncased else 4)]:
        if run and text[run[-1][1] : begin] != " ":
            break
        if not (text[begin].isupper() or (uncased and _UNCASED.match(text[begin]))):
            break
        run.append((begin, end))
    return run


def _name(
    text: str, run: Sequence[tuple[int, int]], names: Rulebook, *, alone: bool
) -> tuple[int, int] | None:
    """The part of a run that is a name: from a given name to the end of the names, or a given name alone."""
    words = [fold(text[a:b]) for a, b in run]
    given = [any(part in names.given_names for part in re.split("['’-]", w)) for w in words]
    family = [any(part in names.family_names for part in re.split("['’-]", w)) for w in words]
    for first in range(len(run)):
        last = first
        while last + 1 < len(run) and (given[last + 1] or family[last + 1]):
            last += 1
        several = last > first and any(given[first : last + 1]) and (given[first] or family[first])
        if several:
            return run[first][0], run[last][1]
        # A sentence begins with a capital, so its first word must not be a name by itself.
        if alone and given[first] and len(words[first]) > 3 and run[first][0] > 0:
            return run[first][0], run[-1][1]
    return None


def _overlaps(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in taken)
