"""The weights of spaCy's entity recogniser, applied to many short texts at once.

spaCy runs its convolutions text by text and once for every token. Cells of a column repeat: the same words, and the
same words beside each other. Here every layer is computed once for each *different* window of tokens in a batch, and
the transitions of all texts advance together. The arithmetic is spaCy's, layer by layer; only the order in which
floating-point sums are taken differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BLOCK = 4096
"""Windows that are multiplied at a time, so that what is between two steps stays in the cache."""


LEXICAL = ("ORTH", "LOWER", "NORM", "SHAPE", "PREFIX", "SUFFIX")
"""Attributes that a token has whatever stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One residual layer: a window of tokens, maxout, layer normalisation."""

    weights: Any
    """Array of shape (3 × width, pieces × width), the pieces one after the other."""
    bias: Any
    scale: Any
    shift: Any
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All weights of one entity recogniser."""

    columns: tuple[int, ...]
    """Lexical attributes that the embedding reads."""
    embed: Any
    """spaCy's own embedding, which sees every token by itself."""
    layers: tuple[Layer, ...]
    to_hidden: tuple[Any, Any]
    """Weights and bias from a token's vector to the parser's."""
    lower: Any
    """Array of shape (hidden, features × pieces × units): what each token adds to a state, by feature."""
    lower_bias: Any
    """Array of shape (pieces × units,)."""
    missing: Any
    """Array of shape (features, pieces × units): what a missing token adds."""
    upper: tuple[Any, Any]
    moves: tuple[str, ...]
    """Names of the transitions, such as ``B-PERSON``."""

    @property
    def reach(self) -> int:
        """Tokens to either side that a token's vector depends on."""
        return len(self.layers)


def read_network(pipe: Any) -> Network | None:
    """Take the weights out of a spaCy pipeline; None if its recogniser is built otherwise."""
    recognizer = pipe.get_pipe("ner")
    try:
        return _read(recognizer)
    except (AttributeError, IndexError, KeyError, ValueError, TypeError):
        return None


def _read(recognizer: Any) -> Network | None:
    import numpy as np
    from spacy import attrs

    to_vector, lower, upper = recognizer.model.layers
    tok2vec, _, linear = to_vector.layers
    embed, encode = tok2vec.layers
    names = {node.name for node in embed.walk() if not node.layers}
    plain = names <= {
        "extract_features",
        "static_vectors",
        "ints-getitem",
        "hashembed",
        "list2ragged",
        "ragged2list",
        "maxout",
        "layernorm",
        "dropout",
    }
    greedy = (
        recognizer.cfg.get("beam_width", 1) == 1 and not recognizer.model.attrs["unseen_classes"]
    )
    residuals = encode.layers[0].layers
    features, units, pieces, hidden = lower.get_param("W").shape
    fits = (
        features == 3
        and recognizer.model.attrs["has_upper"]
        and encode.attrs["pad"] == len(residuals)
    )
    if not (
        plain
        and greedy
        and fits
        and all(r.name.startswith("residual(expand_window>>maxout") for r in residuals)
    ):
        return None

    def piecewise(array: Any) -> Any:
        return np.ascontiguousarray(np.swapaxes(array, -1, -2)).reshape(
            *array.shape[:-2], pieces * units
        )

    weights = np.moveaxis(lower.get_param("W"), 3, 0)  # hidden, features, units, pieces
    moves = recognizer.moves
    (extractor,) = [node for node in embed.walk() if node.name == "extract_features"]
    columns = tuple(int(attrs.intify_attr(c)) for c in extractor.attrs["columns"])
    if not set(columns) <= {attrs.IDS[name] for name in LEXICAL}:
        return None
    return Network(
        columns=columns,
        embed=embed,
        layers=tuple(_layer(r) for r in residuals),
        to_hidden=(np.ascontiguousarray(linear.get_param("W").T), linear.get_param("b")),
        lower=np.ascontiguousarray(piecewise(weights).reshape(hidden, features * pieces * units)),
        lower_bias=piecewise(lower.get_param("b")),
        missing=piecewise(lower.get_param("pad")[0]),
        upper=(np.ascontiguousarray(upper.get_param("W").T), upper.get_param("b")),
        moves=tuple(moves.get_class_name(i) for i in range(moves.n_moves)),
    )


def _layer(residual: Any) -> Layer:
    import numpy as np

    nodes = {node.name: node for node in residual.walk() if not node.layers}
    weights = nodes["maxout"].get_param("W")
    width, pieces, inputs = weights.shape
    if inputs != 3 * width or nodes["expand_window"].attrs["window_size"] != 1:
        raise ValueError(inputs)
    return Layer(
        weights=np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(inputs, pieces * width)),
        bias=np.ascontiguousarray(nodes["maxout"].get_param("b").T.reshape(-1)),
        scale=nodes["layernorm"].get_param("G"),
        shift=nodes["layernorm"].get_param("b"),
        pieces=pieces,
    )


def encode(network: Network, vectors: Any, tokens: Any, lengths: Any) -> tuple[Any, Any]:
    """Vectors of tokens in their context.

    Parameters
    ----------
    network
        The weights.
    vectors
        Array of shape (n_different, width): the embeddings of the different tokens.
    tokens
        Array of shape (n_tokens,): which of them stands at each place, text after text.
    lengths
        Array of shape (n_texts,): tokens of each text, at least one.

    Returns
    -------
    tuple
        Vectors of the different contexts, and which of them belongs to each token.
    """
    import numpy as np

    # (1) As in spaCy, texts lie side by side with as many blank places between them as the network reaches.
    reach = network.reach
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    at = np.repeat(reach * (1 + np.arange(len(lengths))) + before, lengths) + ramp(lengths)
    size = len(tokens) + reach * (len(lengths) + 1)
    ids = np.zeros(size, np.int64)
    ids[at] = tokens + 1
    table = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors])
    for depth, layer in enumerate(network.layers, 1):
        # (2) Blanks farther from a text than the layers to come can reach are never looked at.
        near = reach - depth
        places = np.unique((at[:, None] + np.arange(-near, near + 1)).ravel()) if near else at
        base = len(table)
        keys = (ids[places - 1] * base + ids[places]) * base + ids[places + 1]
        which, different = _distinct(keys)
        rest, right = np.divmod(different, base)
        left, middle = np.divmod(rest, base)
        table = _convolved(layer, table, left, middle, right)
        ids = np.zeros(size, np.int64)
        ids[places] = which
    return table, ids[at]


def ramp(lengths: Any) -> Any:
    """0, 1, 2, … for each of some lengths."""
    import numpy as np

    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _distinct(keys: Any) -> tuple[Any, Any]:
    """For each key its number among the different ones, and these."""
    import pyarrow as pa

    coded = pa.array(keys).dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_numpy()


def _convolved(layer: Layer, table: Any, left: Any, middle: Any, right: Any) -> Any:
    import numpy as np

    width = table.shape[1]
    out = np.empty((len(middle), width), np.float32)
    window = np.empty((BLOCK, 3 * width), np.float32)
    for begin in range(0, len(middle), BLOCK):
        rows = slice(begin, begin + BLOCK)
        n = len(middle[rows])
        for third, which in enumerate((left, middle, right)):
            window[:n, third * width : (third + 1) * width] = table[which[rows]]
        raised = window[:n] @ layer.weights
        raised += layer.bias
        best = raised[:, :width]
        for piece in range(1, layer.pieces):
            best = np.maximum(best, raised[:, piece * width : (piece + 1) * width])
        best -= best.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", best, best)[:, None] / np.float32(width) + np.float32(1e-8)
        best *= spread ** np.float32(-0.5)
        best *= layer.scale
        best += layer.shift
        best += window[:n, width : 2 * width]
        out[rows] = best
    return out


def decode(
    network: Network, table: Any, tokens: Any, lengths: Any, blank: Any
) -> Sequence[tuple[Any, Any, Any, str]]:
    """Run the transitions of all texts in step.

    Parameters
    ----------
    network
        The weights.
    table, tokens
        What ``encode`` returned.
    lengths
        Array of shape (n_texts,), at least one token each.
    blank
        Boolean array of shape (n_tokens,): tokens of white space, where no entity begins.

    Returns
    -------
    sequence of tuple
        Arrays (text, first token, last token) of the entities found, and their label; tokens count within the text.
    """
    import numpy as np

    hidden = table @ network.to_hidden[0]
    hidden += network.to_hidden[1]
    units = network.lower_bias.shape[0]
    adds = (hidden @ network.lower).reshape(len(table), 3, units)
    labels = sorted({name[2:] for name in network.moves if name[1:2] == "-"})
    moves = _Moves.of(network.moves, labels)
    order = np.argsort(-lengths, kind="stable")
    start = (np.cumsum(lengths) - lengths)[order]
    rest = lengths[order]
    opened = np.full(len(order), -1, np.int64)  # the label of the open entity
    begun = np.zeros(len(order), np.int64)
    found: list[tuple[Any, Any, Any, Any]] = []
    for step in range(int(rest[0]) if len(rest) else 0):
        n = int(np.searchsorted(-rest, -step, side="left"))  # texts with more than ``step`` tokens
        here = tokens[start[:n] + step]
        inside = np.flatnonzero(opened[:n] >= 0)
        state = adds[here, 0] + (network.lower_bias + network.missing[1] + network.missing[2])
        if len(inside):
            state[inside] = adds[here[inside], 0] + network.lower_bias
            state[inside] += adds[tokens[start[inside] + begun[inside]], 1]
            state[inside] += adds[tokens[start[inside] + step - 1], 2]
        state = np.maximum(state[:, : units // 2], state[:, units // 2 :])
        scores = state @ network.upper[0]
        scores += network.upper[1]
        scores += moves.mask[moves.case(opened[:n], rest[:n] - step == 1, blank[start[:n] + step])]
        move = scores.argmax(axis=1)
        kind, label = moves.kind[move], moves.label[move]
        begins = (kind == BEGIN) | (kind == UNIT)
        begun[:n][begins] = step
        opened[:n][kind == BEGIN] = label[kind == BEGIN]
        ends = np.flatnonzero((kind == LAST) | (kind == UNIT))
        if len(ends):
            found.append((order[ends], begun[ends].copy(), np.full(len(ends), step), label[ends]))
            opened[ends] = -1
    return [(*entry[:3], [labels[i] for i in entry[3]]) for entry in found]  # type: ignore[misc]


BEGIN, IN, LAST, UNIT, OUT = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """Which transitions are allowed in which case."""

    kind: Any
    label: Any
    mask: Any
    """Array of shape (n_cases, n_moves): 0 where allowed, else minus infinity."""

    @classmethod
    def of(cls, names: Sequence[str], labels: Sequence[str]) -> _Moves:
        import numpy as np

        kind = np.array(["BILUO".index(name[0]) for name in names])
        label = np.array(
            [labels.index(name[2:]) if name[1:2] == "-" and name[2:] else -1 for name in names]
        )
        mask = np.full((4 + 2 * len(labels), len(names)), -np.inf, np.float32)
        real = label >= 0
        for last in (0, 1):
            for space in (0, 1):
                allowed = (kind == OUT) | (real & (kind == UNIT) & (not space))
                allowed |= real & (kind == BEGIN) & (not space) & (not last)
                mask[2 * last + space, allowed] = 0
            for index in range(len(labels)):
                allowed = (label == index) & ((kind == LAST) | ((kind == IN) & (not last)))
                mask[4 + 2 * index + last, allowed] = 0
        return cls(kind=kind, label=label, mask=mask)

    @staticmethod
    def case(opened: Any, last: Any, space: Any) -> Any:
        """Row of ``mask`` for each text."""
        import numpy as np

        return np.where(opened >= 0, 4 + 2 * opened + last, 2 * last + space)
