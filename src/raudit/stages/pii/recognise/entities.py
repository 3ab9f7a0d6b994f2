"""Named entities of many texts at once, equal to those of spaCy's pipeline on each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from raudit.stages.pii.recognise.network import Network, decode, encode, ramp

SEPARATOR = "\x1e"
"""White space to spaCy's tokenizer: many pieces of text are cut into tokens as if they were one text."""
JOINED = 256
TEXTS = 8_192
CHARACTERS = 400_000
"""Texts and characters of a batch; they bound memory."""

LONGEST_RUN = 1_000
"""Characters without a blank that are read; spaCy's tokenizer takes quadratic time for what goes on like ``((((``."""

Found = list[tuple[str, int, int]]


def entities(pipe: object, network: Network, texts: Sequence[str]) -> Iterator[Found]:
    """Label, start and end in characters of the entities in each text, in order of the text."""
    for batch in _batches(texts):
        yield from _of_batch(pipe, network, batch)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    begin = weight = 0
    for index, text in enumerate(texts):
        weight += len(text)
        if index - begin >= TEXTS or weight > CHARACTERS:
            if index > begin:
                yield texts[begin:index]
            begin, weight = index, len(text)
    if begin < len(texts):
        yield texts[begin:]


def _of_batch(pipe: Any, network: Network, texts: Sequence[str]) -> list[Found]:
    import numpy as np

    found: list[Found] = [[] for _ in texts]
    # The vocabulary forgets the strings of a batch, or a scan of millions of values would keep them all.
    with pipe.memory_zone():
        attributes, places, owner = _tokens(pipe, network, texts)
        if not len(owner):
            return found
        words, vectors = _embedded(pipe, network, attributes)
    which, lengths = np.unique(owner, return_counts=True)
    table, ids = encode(network, vectors, words, lengths)
    first = np.cumsum(lengths) - lengths
    blank = attributes[:, SPACE] != 0
    for text, begin, end, labels in decode(network, table, ids, lengths, blank):
        starts = places[first[text] + begin]
        last = first[text] + end
        ends = places[last] + attributes[last, LENGTH].astype(np.int64)
        for owner_, start, stop, label in zip(
            which[text].tolist(), starts.tolist(), ends.tolist(), labels, strict=True
        ):
            found[owner_].append((label, start, stop))
    return found


ORTH, NORM, LENGTH, PLACE, SPACE = range(5)


def _tokens(pipe: object, network: Network, texts: Sequence[str]) -> tuple[Any, Any, Any]:
    """Attributes of all tokens, their place within their text, and which text they belong to.

    spaCy cuts a text at white space and then every piece by itself. Here each different piece is cut once.
    """
    import numpy as np

    numbers: dict[str, int] = {}
    flat: list[int] = []
    per_text: list[int] = []
    for text in texts:
        parts = text.split()
        if " ".join(parts) != text:
            parts = [text]  # white space other than single blanks makes tokens of its own
        flat += [numbers.setdefault(part, len(numbers)) for part in parts if part]
        per_text.append(len(parts) if text else 0)
    rows, counts = _pieces(pipe, network, list(numbers))
    occurs = np.asarray(flat, np.int64)
    widths = np.fromiter(map(len, numbers), np.int64, len(numbers))[occurs] + 1
    text_of = np.repeat(np.arange(len(texts)), per_text)
    ends = np.cumsum(widths)
    begins_text = np.concatenate([[0], ends])[np.cumsum(per_text) - per_text]
    place = ends - widths - begins_text[text_of]
    n = counts[occurs]
    which = np.repeat((np.cumsum(counts) - counts)[occurs], n) + ramp(n)
    attributes = rows[which]
    return (
        attributes,
        np.repeat(place, n) + attributes[:, PLACE].astype(np.int64),
        np.repeat(text_of, n),
    )


def _pieces(pipe: Any, network: Network, pieces: Sequence[str]) -> tuple[Any, Any]:
    """Attributes of the tokens of each piece of text, and how many it has; places count from the piece's beginning."""
    import numpy as np
    from spacy import attrs

    columns = [attrs.ORTH, attrs.NORM, attrs.LENGTH, attrs.IDX, attrs.IS_SPACE, *network.columns]
    counts = np.zeros(len(pieces), np.int64)
    arrays = [np.zeros((0, len(columns)), np.uint64)]
    for group in _groups(pieces):
        read = [_readable(piece) for piece in pieces[group.start : group.stop]]
        array = pipe.tokenizer(SEPARATOR.join(read)).to_array(columns)
        begins = np.cumsum([0] + [len(piece) + 1 for piece in read])
        at = array[:, PLACE].astype(np.int64)
        inner = np.searchsorted(begins, at, side="right") - 1
        kept = at < begins[inner + 1] - 1  # the others are separators
        array, inner = array[kept], inner[kept]
        array[:, PLACE] -= begins[inner].astype(np.uint64)
        counts[group.start : group.stop] = np.bincount(inner, minlength=len(group))
        arrays.append(array)
    return np.concatenate(arrays), counts


def _readable(piece: str) -> str:
    """The piece, cut where it first goes on too long without a blank."""
    if len(piece) <= LONGEST_RUN:
        return piece
    long = _RUN.search(piece)
    return piece[: long.end()] if long else piece


_RUN = re.compile(rf"\S{{{LONGEST_RUN}}}(?=\S)")


def _groups(pieces: Sequence[str]) -> Iterator[range]:
    """Runs of pieces without white space, which can be joined, and single ones with."""
    begin = 0
    for index, piece in enumerate(pieces):
        alone = len(piece.split(None, 1)) != 1 or piece[-1].isspace() or piece[0].isspace()
        if alone or index - begin >= JOINED:
            if begin < index:
                yield range(begin, index)
            begin = index
        if alone:
            yield range(index, index + 1)
            begin = index + 1
    if begin < len(pieces):
        yield range(begin, len(pieces))


def _embedded(pipe: Any, network: Network, attributes: Any) -> tuple[Any, Any]:
    """Which different token each token is, and the embeddings of the different ones."""
    import numpy as np
    import pyarrow as pa

    # ORTH and NORM are hashes of strings; together they determine every other attribute that an embedding reads.
    keys = attributes[:, ORTH] * np.uint64(0x9E3779B97F4A7C15) ^ attributes[:, NORM]
    coded = pa.array(keys).dictionary_encode()
    words = coded.indices.to_numpy().astype(np.int64)
    sample = np.empty(len(coded.dictionary), np.int64)
    sample[words[::-1]] = np.arange(len(words))[::-1]
    return words, network.embed.predict([_Words(pipe.vocab, attributes[sample], network.columns)])[
        0
    ]


class _Words:
    """Stands for a document of the different tokens, as far as an embedding looks at one."""

    def __init__(self, vocab: Any, rows: Any, columns: tuple[int, ...]) -> None:
        self.vocab = vocab
        self._rows = rows
        self._columns = columns

    def __len__(self) -> int:
        return len(self._rows)

    def to_array(self, attributes: Any) -> Any:
        """The attributes asked for: those of the network, or the hash of the string for a table of vectors."""
        import numpy as np

        if isinstance(attributes, (list, tuple)):
            return np.ascontiguousarray(self._rows[:, 5:])
        return np.ascontiguousarray(self._rows[:, ORTH])
