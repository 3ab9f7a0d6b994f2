"""RFC 6962 Merkle trees: hashes, proofs over stored nodes, and their verification. Pure functions on bytes.

A log of ``n`` entries stores the hash of every complete subtree, in the order in which they become complete: the
leaf, then each parent that the leaf completes. The place of a node in that order is `stored_index`, so a store needs
one growing column and never rewrites a row.

References
----------
RFC 6962, section 2.1; RFC 9162, section 2.1 (the verification loops); draft-ietf-plants-merkle-tree-certs, section 4
(subtrees).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from raudit.errors import LogIntegrityError

HASH_SIZE = 32
"""Bytes of a SHA-256 hash."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""

NodeReader = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree at (level, position)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry: ``SHA-256(0x00 || entry)``."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children: ``SHA-256(0x01 || left || right)``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(entries: Iterable[bytes]) -> bytes:
    """Compute the root over entries, keeping one hash a level in memory."""
    frontier = Frontier()
    for entry in entries:
        frontier.push(leaf_hash(entry))
    return frontier.root()


# ---------------------------------------------------------------------------------------------------------------
# Stored nodes


def stored_count(size: int) -> int:
    """Count the stored nodes of a tree of ``size`` leaves: ``2·size - popcount(size)``."""
    return 2 * size - size.bit_count()


def stored_index(level: int, position: int) -> int:
    """Return the place of the complete subtree (level, position) in the order of completion."""
    last_leaf = ((position + 1) << level) - 1
    return stored_count(last_leaf) + level


class Frontier:
    """The complete subtrees along the right edge of a growing tree; enough to append and to know the root."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)

    @classmethod
    def read(cls, size: int, node: NodeReader) -> Frontier:
        """Read the right edge of a tree of ``size`` leaves from stored nodes."""
        return cls(size, [node(level, position) for level, position in _edge(0, size)])

    def push(self, leaf: bytes) -> list[bytes]:
        """Append one leaf hash; return the nodes it completes, in the order in which they are stored."""
        new = [leaf]
        carry = self.size
        sha256, hashes = hashlib.sha256, self.hashes
        while carry & 1:
            leaf = sha256(b"\x01" + hashes.pop() + leaf).digest()
            new.append(leaf)
            carry >>= 1
        hashes.append(leaf)
        self.size += 1
        return new

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        return _fold(self.hashes)


def root_at(size: int, node: NodeReader) -> bytes:
    """Return the root of the first ``size`` leaves, read from stored nodes."""
    return Frontier.read(size, node).root()


def inclusion_proof(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Prove that leaf ``index`` is in the tree of ``size`` leaves: sibling hashes from the leaf up (RFC 6962, 2.1.1).

    Raises
    ------
    LogIntegrityError
        If there is no such leaf.
    """
    if not 0 <= index < size:
        raise _refused(f"there is no entry {index} in a tree of size {size}")
    return tuple(_path(index, 0, size, node))


def consistency_proof(old: int, new: int, node: NodeReader) -> tuple[bytes, ...]:
    """Prove that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves (RFC 6962, 2.1.2).

    Raises
    ------
    LogIntegrityError
        If ``old`` is more than ``new``.
    """
    if not 0 <= old <= new:
        raise _refused(f"a tree of size {old} cannot be a prefix of a tree of size {new}")
    if old in {0, new}:
        return ()
    return tuple(_subproof(old, 0, new, True, node))


def _path(index: int, start: int, stop: int, node: NodeReader) -> list[bytes]:
    if stop - start == 1:
        return []
    middle = start + _split(stop - start)
    if index < middle:
        return [*_path(index, start, middle, node), _range_root(middle, stop, node)]
    return [*_path(index, middle, stop, node), _range_root(start, middle, node)]


def _subproof(old: int, start: int, stop: int, known: bool, node: NodeReader) -> list[bytes]:
    if old == stop:
        return [] if known else [_range_root(start, stop, node)]
    middle = start + _split(stop - start)
    if old <= middle:
        return [*_subproof(old, start, middle, known, node), _range_root(middle, stop, node)]
    return [*_subproof(old, middle, stop, False, node), _range_root(start, middle, node)]


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _edge(start: int, stop: int) -> list[tuple[int, int]]:
    """Cut ``[start, stop)`` into complete subtrees from the left; ``start`` is a multiple of the largest of them."""
    pieces = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        pieces.append((level, start >> level))
        start += 1 << level
    return pieces


def _range_root(start: int, stop: int, node: NodeReader) -> bytes:
    return _fold([node(level, position) for level, position in _edge(start, stop)])


def _fold(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


# ---------------------------------------------------------------------------------------------------------------
# Verification


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash is at ``index`` in the tree of ``size`` leaves with this root.

    Raises
    ------
    LogIntegrityError
        If it is not shown by this proof.

    References
    ----------
    RFC 9162, section 2.1.3.2.
    """
    _lengths(leaf, root, *proof)
    if not 0 <= index < size:
        raise _refused(f"there is no entry {index} in a tree of size {size}")
    fn, sn, got = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise _refused("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            got = node_hash(sibling, got)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            got = node_hash(got, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise _refused("the inclusion proof is too short")
    if got != root:
        raise _refused(
            f"entry {index} is not in the tree of size {size}",
            got=got.hex(),
            expected=f"root {root.hex()}",
        )


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree (``old``, ``old_root``) is a prefix of the tree (``new``, ``new_root``).

    Raises
    ------
    LogIntegrityError
        If it is not shown by this proof; also for ``old`` = 0, where every tree is a prefix and nothing is shown.

    References
    ----------
    RFC 9162, section 2.1.4.2.
    """
    _lengths(old_root, new_root, *proof)
    if old == 0:
        raise _refused("an empty tree is a prefix of everything: such a proof shows nothing")
    verify_subtree_consistency(0, old, new, proof, old_root, new_root)


def verify_subtree_inclusion(
    index: int, start: int, stop: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash is at ``index`` in the subtree over ``[start, stop)`` with this root.

    Raises
    ------
    LogIntegrityError
        If it is not shown by this proof, or if that is no subtree.
    """
    _subtree(start, stop)
    verify_inclusion(index - start, stop - start, leaf, proof, root)


def verify_subtree_consistency(
    start: int, stop: int, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Check that the subtree over ``[start, stop)`` is part of the tree of ``size`` leaves with this root.

    An empty subtree has the empty root and an empty proof, and is part of every tree.

    Raises
    ------
    LogIntegrityError
        If it is not shown by this proof, or if that is no subtree.

    References
    ----------
    draft-ietf-plants-merkle-tree-certs, section 4.4.3.
    """
    if start == stop and 0 <= stop <= size and not proof and subtree_root == EMPTY_ROOT:
        return
    _subtree(start, stop)
    if stop > size:
        raise _refused(f"the older tree (size {stop}) is larger than the newer (size {size})")
    # (1) Skip the levels at which the subtree's right edge needs no sibling from outside.
    fn, sn, tn = start, stop - 1, size - 1
    while fn != sn and (sn & 1 or stop == size):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    # (2) Unless the subtree is complete, the proof opens with the complete subtree at its right edge.
    hashes = list(proof)
    if fn == sn:
        sub = whole = subtree_root
    elif hashes:
        sub = whole = hashes.pop(0)
    else:
        raise _refused("the consistency proof is empty")
    # (3) Climb: `sub` rebuilds the subtree's root, `whole` the tree's.
    for sibling in hashes:
        if tn == 0:
            raise _refused("the consistency proof is too long")
        if sn & 1 or sn == tn:
            sub = node_hash(sibling, sub) if fn < sn else sub
            whole = node_hash(sibling, whole)
            while not sn & 1:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            whole = node_hash(whole, sibling)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn != 0:
        raise _refused("the consistency proof is too short")
    if sub != subtree_root or whole != root:
        raise _refused(f"the tree of size {stop} is not part of the tree of size {size}")


def _subtree(start: int, stop: int) -> None:
    """Refuse ``[start, stop)`` unless ``start`` is a multiple of the least power of two not below its length."""
    if not 0 <= start < stop or start % (1 << (stop - start - 1).bit_length()):
        raise _refused(f"[{start}, {stop}) is no subtree")


def _lengths(*hashes: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise _refused(f"a hash is not {HASH_SIZE} bytes long")


def _refused(why: str, *, got: str = "", expected: str = "") -> LogIntegrityError:
    return LogIntegrityError(why, reference="log-proof-refused", got=got, expected=expected)
