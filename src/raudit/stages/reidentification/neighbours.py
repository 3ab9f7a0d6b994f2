"""Linkability and inference: what the nearest row of the released table tells of a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from raudit.stages.reidentification.risk import Attacked
from raudit.stages.reidentification.tables import Encoded, nearest

TOLERANCE = 0.05
"""Share by which a guessed number may be off."""


def linkability(
    original: Encoded,
    released: Encoded,
    control: Encoded | None,
    *,
    linked: tuple[Sequence[str], Sequence[str]],
    n: int,
    rng: np.random.Generator,
) -> Attacked:
    """Attack by two sets of columns of the same person, which are linked if both lead to the same row."""

    def links(people: Encoded) -> tuple[int, int]:
        targets = _drawn(people, n, rng)
        # Among equally near rows an attacker can but choose; a fixed choice would link by its own doing.
        first, second = (_shuffled_nearest(targets, released, side, rng) for side in linked)
        return int((first == second).sum()), targets.n

    successes, attempts = links(original)
    guesses = rng.integers(released.n, size=(2, attempts))
    against, others = links(control) if control is not None else (None, 0)
    return Attacked(
        n=attempts,
        successes=successes,
        guessed=int((guesses[0] == guesses[1]).sum()),
        control=against,
        n_control=others,
        detail=f"{len(linked[0])} and {len(linked[1])} columns",
    )


def inference(
    original: Encoded,
    released: Encoded,
    control: Encoded | None,
    *,
    secret: str,
    n: int,
    rng: np.random.Generator,
) -> Attacked:
    """Attack one secret by all other columns."""
    known = [name for name in released.columns if name != secret]
    told = released.of([secret])[:, 0]

    def right(people: Encoded) -> tuple[int, Encoded]:
        targets = _drawn(people, n, rng)
        guesses = told[nearest(targets, released, known)]
        return int(_hit(guesses, targets, secret).sum()), targets

    successes, targets = right(original)
    guesses = told[rng.integers(released.n, size=targets.n)]
    against, others = right(control) if control is not None else (None, None)
    return Attacked(
        n=targets.n,
        successes=successes,
        guessed=int(_hit(guesses, targets, secret).sum()),
        control=against,
        n_control=others.n if others is not None else 0,
        detail=secret,
    )


def _hit(guesses: NDArray[np.float64], targets: Encoded, secret: str) -> NDArray[np.bool_]:
    """Guesses that are right: alike, or numbers within the tolerance of the guess."""
    true = targets.of([secret])[:, 0]
    missing = np.isnan(guesses) & np.isnan(true)
    if secret not in targets.numeric:
        return np.asarray(missing | (guesses == true), dtype=bool)
    with np.errstate(invalid="ignore"):
        near = np.abs(guesses - true) <= TOLERANCE * np.abs(guesses)
    return np.asarray(missing | near, dtype=bool)


def _drawn(people: Encoded, n: int, rng: np.random.Generator) -> Encoded:
    return people.rows(rng.choice(people.n, size=min(n, people.n), replace=False))


def _shuffled_nearest(
    targets: Encoded, released: Encoded, columns: Sequence[str], rng: np.random.Generator
) -> NDArray[np.int64]:
    order = rng.permutation(released.n)
    return np.asarray(order[nearest(targets, released.rows(order), columns)])
