"""The tree against published vectors, a naive tree written from RFC 6962's definitions, and pymerkle."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle

DEVIATION = "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"
"""Uses roots of 12 bytes; a verifier that insists on 32 refuses it, and that is right."""


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def stored(leaves: list[bytes]) -> tuple[list[bytes], merkle.NodeReader]:
    tree = merkle.Frontier()
    nodes = [node for leaf in leaves for node in tree.push(merkle.leaf_hash(leaf))]
    return nodes, lambda level, position: nodes[merkle.stored_index(level, position)]


def test_all_published_vectors(vectors):
    cases = json.loads((vectors / "merkle" / "proofs.json").read_text())
    seen = {"inclusion": 0, "consistency": 0, "subtreeinclusion": 0, "subtreeconsistency": 0}
    wrong = []
    for name, case in cases.items():
        kind = name.split("/")[0]
        seen[kind] += 1
        if accepted(kind, case) == case["wantErr"]:
            wrong.append(name)
    assert seen == {
        "inclusion": 98,
        "consistency": 98,
        "subtreeinclusion": 204,
        "subtreeconsistency": 118,
    }
    assert wrong == [DEVIATION]


def accepted(kind: str, case: dict) -> bool:
    def raw(name: str) -> bytes:
        return base64.b64decode(case[name])

    proof = [base64.b64decode(text) for text in case["proof"] or []]
    try:
        match kind:
            case "inclusion":
                merkle.verify_inclusion(
                    case["leafIdx"], case["treeSize"], raw("leafHash"), proof, raw("root")
                )
            case "consistency":
                merkle.verify_consistency(
                    case["size1"], case["size2"], proof, raw("root1"), raw("root2")
                )
            case "subtreeinclusion":
                span = (case["leafIdx"], case["start"], case["end"])
                merkle.verify_subtree_inclusion(*span, raw("leafHash"), proof, raw("root"))
            case _:
                span = (case["start"], case["end"], case["size"])
                merkle.verify_subtree_consistency(*span, proof, raw("root1"), raw("root2"))
    except LogIntegrityError:
        return False
    return True


def test_published_roots(vectors):
    published = json.loads((vectors / "merkle" / "rfc6962_roots.json").read_text())
    leaves = [bytes.fromhex(text) for text in published["leaf_inputs_hex"]]
    for size, expected in enumerate(published["root_hashes_hex_by_size"]):
        assert merkle.root_of(leaves[:size]).hex() == expected


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_roots_equal_the_naive_tree_at_every_size(leaves):
    _, node = stored(leaves)
    for size in range(len(leaves) + 1):
        assert merkle.root_at(size, node) == naive_root(leaves[:size])


def test_roots_equal_pymerkle():
    tree = InmemoryTree(algorithm="sha256")
    leaves = [f"entry {i}".encode() for i in range(300)]
    for size, leaf in enumerate(leaves, 1):
        tree.append_entry(leaf)
        assert merkle.root_of(leaves[:size]) == tree.get_root(size)


def test_stored_order_has_no_gaps():
    places = [
        merkle.stored_index(level, leaf >> level)
        for leaf in range(600)
        for level in range(((leaf + 1) ^ leaf).bit_length())
    ]
    assert places == list(range(merkle.stored_count(600)))


@given(st.integers(1, 130), st.data())
def test_every_proof_verifies_and_every_change_to_it_fails(size, data):
    leaves = [bytes([i]) for i in range(size)]
    _, node = stored(leaves)
    index = data.draw(st.integers(0, size - 1))
    root, leaf = naive_root(leaves), merkle.leaf_hash(leaves[index])
    proof = list(merkle.inclusion_proof(index, size, node))
    merkle.verify_inclusion(index, size, leaf, proof, root)
    for changed in mutations(data, proof):
        with pytest.raises(LogIntegrityError):
            merkle.verify_inclusion(index, size, leaf, changed, root)
    if size > 1:
        with pytest.raises(LogIntegrityError):
            merkle.verify_inclusion((index + 1) % size, size, leaf, proof, root)


@given(st.integers(1, 130), st.data())
def test_consistency_between_all_sizes(size, data):
    leaves = [bytes([i]) for i in range(size)]
    _, node = stored(leaves)
    old = data.draw(st.integers(1, size))
    roots = naive_root(leaves[:old]), naive_root(leaves)
    proof = list(merkle.consistency_proof(old, size, node))
    merkle.verify_consistency(old, size, proof, *roots)
    for changed in mutations(data, proof):
        with pytest.raises(LogIntegrityError):
            merkle.verify_consistency(old, size, changed, *roots)
    with pytest.raises(LogIntegrityError):
        merkle.verify_consistency(old, size, proof, roots[0], bytes(32))


def mutations(data, proof):
    yield [*proof, bytes(32)]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        flipped = bytearray(proof[place])
        flipped[bit // 8] ^= 1 << bit % 8
        yield [*proof[:place], bytes(flipped), *proof[place + 1 :]]


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 3)])
def test_impossible_proofs_are_refused(old, new):
    _, node = stored([b"x"] * 8)
    with pytest.raises(LogIntegrityError, match="cannot be a prefix"):
        merkle.consistency_proof(old, new, node)
    with pytest.raises(LogIntegrityError, match="no entry"):
        merkle.inclusion_proof(new + 5, new, node)
