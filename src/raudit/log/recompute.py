"""Recomputing a log's tree from its entries, and comparing every stored hash with it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from raudit.errors import LogIntegrityError
from raudit.log.events import MIN_SALT, salted_digest
from raudit.log.stores.store import KINDS, META, SIGNED, Reader
from raudit.log.tree import merkle
from raudit.sentences import say

_BLOCK_LEVEL = 10
_BLOCK = 1 << _BLOCK_LEVEL


def check_counts(store: Reader, size: int) -> None:
    """Refuse a store with fewer or more rows than its size asks for.

    Raises
    ------
    LogIntegrityError
        With both numbers.
    """
    entries, nodes = store.counts()
    if (entries, nodes) != (size, merkle.stored_count(size)):
        raise LogIntegrityError(
            "rows are missing or too many",
            reference="log-rows",
            got=f"{entries:,} entries and {nodes:,} hashes",
            expected=f"{size:,} and {merkle.stored_count(size):,}",
            hint="rows were added or removed behind the log's back; keep this store for evidence",
        )


def check_side_rows(store: Reader) -> None:
    """Refuse notes and names that no store of ours would have kept; the tree does not cover them.

    Raises
    ------
    LogIntegrityError
        If a note is of no known kind or was taken out between others, if checkpoints do not grow, or
        if a name is not the one that its pseudonym was made from.
    """
    rows = store.side_rows()
    numbers = [number for number, _ in rows.notes]
    kinds = {kind for _, kind in rows.notes}
    if not kinds <= KINDS or (rows.gapless and numbers != list(range(1, len(numbers) + 1))):
        raise LogIntegrityError(
            "the store's notes were edited: one was taken out or is of no known kind",
            reference="log-notes",
            where=store.location,
            got=", ".join(sorted(kinds - KINDS)) or f"numbers {numbers[:20]}",
            hint="the store was edited; keep it for evidence",
        )
    sizes = [note.size for note in store.notes(SIGNED)]
    if sizes != sorted(sizes):
        raise LogIntegrityError(
            "the store's checkpoints do not stand in the order in which they were signed",
            reference="log-notes",
            where=store.location,
            got=f"sizes {sizes[-20:]}",
            expected="sizes that grow",
            hint="the store was edited; keep it for evidence",
        )
    foreign = set(store.meta()) - META
    if foreign:
        raise LogIntegrityError(
            "the store says of itself what no log of raudit's says",
            reference="log-meta",
            where=store.location,
            got=", ".join(sorted(foreign))[:80],
            hint="the store was edited; keep it for evidence",
        )
    wrong = [name for name, salt, value in rows.people if not _gives(name, salt, value)]
    if wrong:
        raise LogIntegrityError(
            "a name in the store is not the one that its pseudonym was made from",
            reference="log-person",
            where=store.location,
            got=wrong[0],
            hint="the store was edited: whoever is shown under this pseudonym did not do it",
        )


def _gives(pseudonym: str, salt: bytes, value: str) -> bool:
    return len(salt) >= MIN_SALT and salted_digest(value, salt) == pseudonym


def recompute(entries: Iterator[bytes], nodes: Iterator[bytes]) -> bytes:
    """Hash all entries, rebuild the tree, compare each stored hash, and return the root.

    Works in blocks of complete subtrees of 1,024 entries, level by level, because the interpreter then spends its
    time in SHA-256.

    Parameters
    ----------
    entries, nodes
        Entries' bytes and stored hashes, in stored order.

    Raises
    ------
    LogIntegrityError
        Naming the first entry from which the stored hashes differ.
    """
    order = _block_order()
    above = merkle.Frontier()
    rest = merkle.Frontier()
    done = 0
    while len(block := list(islice(entries, _BLOCK))) == _BLOCK:
        level = [sha256(b"\x00" + entry).digest() for entry in block]
        flat = list(level)
        while len(level) > 1:
            level = [
                sha256(b"\x01" + a + b).digest()
                for a, b in zip(level[::2], level[1::2], strict=True)
            ]
            flat += level
        expected = [flat[place] for place in order] + above.push(level[0])[1:]
        _compare(expected, nodes, done)
        done += _BLOCK
    for entry in block:
        _compare(rest.push(merkle.leaf_hash(entry)), nodes, done)
        done += 1
    return merkle.Frontier(done, [*above.hashes, *rest.hashes]).root()


def _block_order() -> list[int]:
    """Where each hash of a block stands level by level, in the order in which hashes are stored."""
    starts = [0]
    for level in range(_BLOCK_LEVEL):
        starts.append(starts[-1] + (_BLOCK >> level))
    order = []
    for leaf in range(_BLOCK):
        completed = ((leaf + 1) ^ leaf).bit_length()
        order += [starts[level] + (leaf >> level) for level in range(completed)]
    return order


def _compare(expected: list[bytes], nodes: Iterator[bytes], first: int) -> None:
    stored = list(islice(nodes, len(expected)))
    if stored == expected:
        return
    where = next(
        (i for i, (a, b) in enumerate(zip(expected, stored, strict=False)) if a != b), len(stored)
    )
    # Nodes come in the order of completion, so the first difference tells the entry that completed it.
    low = next(
        n
        for n in range(first, first + len(expected))
        if merkle.stored_count(n + 1) > merkle.stored_count(first) + where
    )
    raise LogIntegrityError(
        say("entry {index} does not match its stored hash", index=low),
        reference="log-tree",
        where=f"entry {low}",
        got=stored[where].hex() if where < len(stored) else "no hash",
        expected=expected[where].hex(),
        hint="the entry or the tree was changed behind the log's back; keep this store for evidence",
    )
